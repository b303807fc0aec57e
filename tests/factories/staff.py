"""Users for tests, and a browser that signs in as a person would."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.uow import UnitOfWork
from staff import service
from staff.models import User
from staff.permissions import Role
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
) -> User:
    """Somebody with one role in one place and a password of his own."""
    user = service.add_user(uow, login, name, password, must_change_password=must_change_password)
    if role is not None:
        service.grant(uow, login, role, a_place(uow, place))
    return user


def sign_in(client: FlaskClient, login: str = "g02", password: str = PASSWORD, **more: str) -> TestResponse:
    """Open the sign-in page and send it, with the token that stands in it."""
    return post_form(client, "/sign-in", "/sign-in", login=login, password=password, **more)


def post_form(client: FlaskClient, page: str, action: str, **fields: str) -> TestResponse:
    """Send a form to `action` with the CSRF token of `page`, as a browser on that page does."""
    return client.post(action, data={"csrf_token": csrf_token(client, page), **fields})


def csrf_token(client: FlaskClient, page: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).get_data(as_text=True))
    assert found is not None, f"{page} has no form"
    return found[1]
