"""Users for tests, and a browser that signs in as a person would."""

from __future__ import annotations

import re

import pyotp
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core import clock
from core.uow import UnitOfWork, unit_of_work
from staff import second_factor, service
from staff.models import User
from staff.permissions import NEEDS_SECOND_FACTOR, Role
from staff.queries import user_by_login
from tests.factories.people import a_place

PASSWORD = "a sentence to remember"


def a_user(
    uow: UnitOfWork,
    login: str = "g02",
    *,
    name: str = "李敏",
    role: Role | None = Role.AGENT,
    place: str = "AH",
    password: str = PASSWORD,
    must_change_password: bool = False,
    second_factor: bool | None = None,
) -> User:
    """Somebody with one role in one place, a password of his own, and a second factor if the role asks for one.

    That he was made is no part of what a test looks at, so the audit log does not hold it.
    """
    before = len(uow.notes)
    user = service.add_user(uow, login, name, password, must_change_password=must_change_password)
    if role is not None:
        service.grant(uow, login, role, a_place(uow, place))
    del uow.notes[before:]
    if role in NEEDS_SECOND_FACTOR if second_factor is None else second_factor:
        with_second_factor(uow, user)
    return user


def with_second_factor(uow: UnitOfWork, user: User) -> None:
    """An authenticator that is set up."""
    user.totp_salt, user.totp_since, user.totp_last_step = "tests-only", uow.now, None


def code_for(login: str = "g02") -> str:
    """What the authenticator of a user shows now."""
    with unit_of_work("test") as uow:
        user = user_by_login(uow.session, login)
        assert user is not None
        secret = second_factor.secret_of(uow.settings.secret_key, user.id, user.totp_salt)
    return pyotp.TOTP(secret).at(clock.outside())


def sign_in(client: FlaskClient, login: str = "g02", password: str = PASSWORD, **more: str) -> TestResponse:
    """Open the sign-in page and send it, with the token that stands in it; then give the code that is asked for.

    Who gets a role that needs an authenticator later in a test has it by then.
    """
    answer = post_form(client, "/sign-in", "/sign-in", login=login, password=password, **more)
    if not (answer.location or "").startswith("/second-factor"):
        return answer
    with unit_of_work("test") as uow:
        user = user_by_login(uow.session, login)
        assert user is not None
        with_second_factor(uow, user)  # and no code of it was taken yet
    return post_form(client, "/second-factor", "/second-factor", code=code_for(login), **more)


def post_form(client: FlaskClient, page: str, action: str, **fields: str) -> TestResponse:
    """Send a form to `action` with the CSRF token of `page`, as a browser on that page does."""
    return client.post(action, data={"csrf_token": csrf_token(client, page), **fields})


def csrf_token(client: FlaskClient, page: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).get_data(as_text=True))
    assert found is not None, f"{page} has no form"
    return found[1]
