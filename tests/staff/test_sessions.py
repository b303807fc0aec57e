"""Sessions one can see and end; idle ones and those of who was shut out are over; grants end at the second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.uow import UnitOfWork, unit_of_work
from staff import service
from staff.device import device
from staff.errors import SessionOver
from staff.models import Grant, SignedIn, User
from staff.permissions import Role
from staff.queries import user_of_token
from staff.service import sessions, users
from tests.factories.staff import PASSWORD, a_user, sign_in
from tests.statements import counted

IDLE = timedelta(hours=4)
At = Callable[[datetime], None]


def begun(uow: UnitOfWork) -> str:
    return service.sign_in(uow, "g02", PASSWORD, "192.0.2.7").token or ""


@pytest.mark.parametrize(("minutes", "is_open"), [(239, True), (240, False)])
def test_a_session_that_nobody_uses_is_over_after_four_hours(uow: UnitOfWork, minutes: int, is_open: bool) -> None:
    a_user(uow)
    token = begun(uow)

    found = user_of_token(uow.session, token, uow.now + timedelta(minutes=minutes), IDLE)

    assert (found is not None) is is_open


def test_a_used_session_goes_on_and_is_noted_at_most_once_a_minute(client: FlaskClient, at: At, noon: datetime) -> None:
    at(noon)
    with unit_of_work("test") as uow:
        a_user(uow)
    sign_in(client)
    at(noon + timedelta(hours=3))
    client.get("/console/")
    with counted() as seen:
        client.get("/console/")
    at(noon + timedelta(hours=6))

    assert not any(statement.startswith("UPDATE sessions") for statement in seen)
    assert client.get("/console/").status_code == 200


def test_a_page_that_asks_by_itself_keeps_no_session_alive(client: FlaskClient, at: At, noon: datetime) -> None:
    at(noon)
    with unit_of_work("test") as uow:
        a_user(uow)
    sign_in(client)
    at(noon + timedelta(hours=3))
    assert client.get("/console/", headers={"Sec-Fetch-Dest": "empty"}).status_code == 200
    at(noon + timedelta(hours=4, minutes=1))

    assert client.get("/console/").location == "/sign-in?next=/console/"


@pytest.mark.parametrize("act", [users.take_password_away, users.shut_out])
@pytest.mark.usefixtures("clean", "settings")
def test_a_first_password_that_is_taken_away_meanwhile_is_replaced_by_nobody(act: Callable[..., None]) -> None:
    with unit_of_work("test") as uow:
        user_id = a_user(uow, must_change_password=True).id

    with unit_of_work("test") as slow:
        as_read = slow.session.get_one(User, user_id)
        with unit_of_work("test") as uow:
            act(uow, uow.session.get_one(User, user_id))
        with pytest.raises(SessionOver):
            service.change_password(slow, as_read.id, "", "a new one to keep", "a new one to keep", "192.0.2.7")


def test_who_is_shut_out_is_signed_out_at_once(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        a_user(uow)
    sign_in(client)

    with unit_of_work("test") as uow:
        users.shut_out(uow, uow.session.scalars(select(User)).one())

    assert client.get("/console/").status_code == 303
    with unit_of_work("test") as uow:
        users.let_in(uow, uow.session.scalars(select(User)).one())
    assert client.get("/console/").status_code == 303  # letting in again revives no session


@pytest.mark.parametrize(("seconds", "status"), [(-30, 200), (0, 403)])
def test_a_grant_opens_nothing_from_the_second_at_which_it_ends(
    client: FlaskClient, at: At, noon: datetime, seconds: int, status: int
) -> None:
    at(noon - timedelta(hours=1))
    with unit_of_work("test") as uow:
        a_user(uow)
        uow.session.scalars(select(Grant)).one().until_at = noon
    sign_in(client)

    at(noon + timedelta(seconds=seconds))

    assert client.get("/console/").status_code == status


def test_ending_one_session_leaves_the_others_and_nobody_ends_a_strangers(uow: UnitOfWork) -> None:
    user, stranger = a_user(uow), a_user(uow, "g03")
    first, second = begun(uow), begun(uow)
    ids = uow.session.scalars(select(SignedIn.id).order_by(SignedIn.id)).all()

    assert not sessions.end_session(uow, stranger.id, ids[0])
    assert sessions.end_session(uow, user.id, ids[0])

    assert user_of_token(uow.session, first, uow.now) is None
    assert user_of_token(uow.session, second, uow.now) is not None
    assert not sessions.end_session(uow, user.id, ids[0])  # over already


def test_ending_all_others_keeps_this_one(uow: UnitOfWork) -> None:
    user = a_user(uow)
    tokens = [begun(uow) for _ in range(4)]
    mine = user_of_token(uow.session, tokens[2], uow.now)
    assert mine is not None

    assert sessions.end_sessions(uow, user.id, but=mine.session_id) == 3

    open_ones = [token for token in tokens if user_of_token(uow.session, token, uow.now)]
    assert open_ones == [tokens[2]]


def test_a_new_role_of_who_signs_in_needs_no_other_session(uow: UnitOfWork) -> None:
    a_user(uow, role=Role.AUDITOR)
    token = begun(uow)

    found = user_of_token(uow.session, token, uow.now)

    assert found is not None
    assert found.due == "code"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) Version/18.6 Safari/605.1.15", "Safari · Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Version/18.6 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 MicroMessenger/8.0", "WeChat · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox · Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("x" * 500, "x" * 100),
    ],
)
def test_a_device_is_named_as_people_name_it(agent: str, name: str) -> None:
    assert device(agent) == name
