"""`flask staff`."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from core.audit import AuditEntry
from core.uow import unit_of_work
from directory.scope import Scope
from staff import service
from staff.cli import staff
from staff.models import Grant, SignedIn, User
from staff.permissions import Permission, Role, scope_for
from staff.queries import roster, user_by_login, user_of_token
from staff.service import invitations
from tests.factories.people import a_place
from tests.factories.staff import PASSWORD, a_user

REASON = "nobody can sign in since the move"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(staff, list(arguments))


def token_of(link: str) -> str:
    """The token of a printed link."""
    return link.strip().rpartition("/")[2]


@pytest.mark.usefixtures("clean", "settings")
def test_a_new_user_gets_a_link_and_no_password() -> None:
    with unit_of_work("test") as uow:
        a_place(uow, "AH0102")

    told = run("add", "g07", "王芳", "--role", "agent", "--place", "AH0102")

    assert told.output.startswith("https://line.example.org/welcome/")
    with unit_of_work("test") as uow:
        accepted = invitations.accept(uow, token_of(told.output), PASSWORD, PASSWORD)
        assert accepted.token is not None
        assert service.sign_in(uow, "g07", PASSWORD, "").token is not None


@pytest.mark.usefixtures("clean", "settings")
def test_a_lost_password_is_dead_and_a_link_gives_a_new_one() -> None:
    with unit_of_work("test") as uow:
        a_user(uow)

    told = run("reset", "g02")

    new = "quite another sentence"
    with unit_of_work("test") as uow:
        assert service.sign_in(uow, "g02", PASSWORD, "").token is None
        assert invitations.accept(uow, token_of(told.output), new, new).token is not None


@pytest.mark.usefixtures("clean", "settings")
def test_a_reset_takes_the_second_factor_only_when_told_to() -> None:
    with unit_of_work("test") as uow:
        a_user(uow, role=Role.AUDITOR)

    run("reset", "g02")
    with unit_of_work("test") as uow:
        kept = uow.session.scalars(select(User.totp_since)).one()
    run("reset", "g02", "--second-factor")

    assert kept is not None
    with unit_of_work("test") as uow:
        assert uow.session.scalars(select(User.totp_since)).one() is None


@pytest.mark.usefixtures("clean", "settings")
@pytest.mark.parametrize("command", [("reset",), ("off",), ("on",)])
def test_an_unknown_login_is_told_in_a_sentence(command: tuple[str, ...]) -> None:
    told = run(*command, "nobody")

    assert told.exit_code == 1
    assert "Nobody has the staff number nobody." in told.output


@pytest.mark.usefixtures("clean", "settings")
def test_an_unknown_place_is_told_in_a_sentence_and_adds_nobody() -> None:
    told = run("add", "g07", "王芳", "--role", "agent", "--place", "XX")

    assert told.exit_code == 1
    assert "No place has the code XX." in told.output
    with unit_of_work("test") as uow:
        assert user_by_login(uow.session, "g07") is None


@pytest.mark.usefixtures("clean", "settings")
def test_who_is_shut_out_is_let_in_again_with_what_he_had() -> None:
    with unit_of_work("test") as uow:
        a_user(uow)

    run("off", "g02")
    with unit_of_work("test") as uow:
        assert service.sign_in(uow, "g02", PASSWORD, "").token is None
    run("on", "g02")

    with unit_of_work("test") as uow:
        assert service.sign_in(uow, "g02", PASSWORD, "").token is not None


@pytest.mark.usefixtures("clean", "settings")
def test_break_glass_opens_a_locked_account_for_an_hour_loudly(caplog: pytest.LogCaptureFixture) -> None:
    with unit_of_work("test") as uow:
        user = a_user(uow, "root1", role=Role.ADMIN)
        uow.session.flush()
        uow.session.execute(delete(Grant))
        user.is_active = False
        for _ in range(5):
            service.sign_in(uow, "root1", "wrong password", "")

    with caplog.at_level(logging.WARNING):
        told = run("break-glass", "root1", "--reason", REASON)

    assert "break-glass: user 1 is administrator until" in caplog.text
    assert REASON not in caplog.text
    with unit_of_work("test") as uow:
        accepted = invitations.accept(uow, token_of(told.output), PASSWORD, PASSWORD)
        assert accepted.token is not None
        assert not accepted.needs_code  # the telephone is lost, too: it is set up anew
        current = user_of_token(uow.session, accepted.token, uow.now)
        assert current is not None
        seconds = timedelta(seconds=3599)
        assert scope_for(current.grants, Permission.USERS_MANAGE, uow.now + seconds).prefixes == ("AH",)
        assert scope_for(current.grants, Permission.USERS_MANAGE, uow.now + timedelta(hours=1)).prefixes == ()
    with unit_of_work("test") as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "break_glass.opened")).one()
        assert (entry.actor, entry.subject, entry.place, entry.reason) == ("cli:break-glass", "user:1", "AH", REASON)


@pytest.mark.usefixtures("clean", "settings")
def test_break_glass_makes_an_account_where_there_is_none() -> None:
    with unit_of_work("test") as uow:
        a_place(uow, "AH")

    told = run("break-glass", "rescue", "--reason", REASON)

    assert told.exit_code == 0
    with unit_of_work("test") as uow:
        assert invitations.invited(uow, token_of(told.output)).login == "rescue"
        assert uow.session.scalars(select(SignedIn)).all() == []


@pytest.mark.usefixtures("clean", "settings")
@pytest.mark.parametrize("begins", [timedelta(days=7), timedelta()])
def test_break_glass_counts_now_and_is_listed_whatever_else_the_account_has(begins: timedelta) -> None:
    with unit_of_work("test") as uow:
        a_user(uow, "root1", role=Role.ADMIN)
        uow.session.flush()
        uow.session.execute(update(Grant).values(from_at=uow.now + begins))

    told = run("break-glass", "root1", "--reason", REASON)

    with unit_of_work("test") as uow:
        accepted = invitations.accept(uow, token_of(told.output), PASSWORD, PASSWORD)
        current = user_of_token(uow.session, accepted.token or "", uow.now)
        assert current is not None
        assert scope_for(current.grants, Permission.USERS_MANAGE, uow.now).prefixes == ("AH",)
        (listed,) = roster.emergency_grants(
            uow.session, Scope.system(), "cli:break-glass", uow.now - timedelta(hours=1)
        )
        assert listed[0].until_at is not None


@pytest.mark.usefixtures("clean", "settings")
def test_break_glass_asks_for_a_reason_that_says_something() -> None:
    told = run("break-glass", "rescue", "--reason", "x")

    assert told.exit_code == 1
    assert "Say why" in told.output
    with unit_of_work("test") as uow:
        assert user_by_login(uow.session, "rescue") is None


def test_a_link_of_break_glass_is_dead_after_an_hour(client: FlaskClient, at: object, noon: datetime) -> None:
    assert callable(at)
    at(noon)
    with unit_of_work("test") as uow:
        a_place(uow, "AH")
    path = run("break-glass", "rescue", "--reason", REASON).output.strip().removeprefix("https://line.example.org")
    assert client.get(path).status_code == 200

    at(noon + timedelta(hours=1, seconds=30))

    assert client.get(path).status_code == 404
