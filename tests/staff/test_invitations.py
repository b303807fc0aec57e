"""Links of invitation: one password each, in time, and only for who is not shut out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core.uow import UnitOfWork, unit_of_work
from staff import service
from staff.errors import InvitationOver, NobodyIsShutOutAndInvited
from staff.models import Invitation, User
from staff.permissions import Role
from staff.service import invitations, links, users
from tests.factories.people import a_place
from tests.factories.staff import PASSWORD, a_user, post_form


def newcomer(uow: UnitOfWork, role: Role = Role.AGENT) -> tuple[User, str]:
    """Somebody who was invited, and the token of his link."""
    user = users.add_without_password(uow, "g09", "王芳")
    service.grant(uow, "g09", role, a_place(uow, "AH"))
    return user, invitations.invite(uow, user).rpartition("/")[2]


def test_nothing_opens_the_account_before_the_link_does(uow: UnitOfWork) -> None:
    newcomer(uow)

    for guess in ("", "g09", "王芳", "password"):
        assert service.sign_in(uow, "g09", guess, "").token is None


def test_the_database_does_not_hold_the_link(uow: UnitOfWork) -> None:
    _, token = newcomer(uow)

    stored = uow.session.scalars(select(Invitation)).one()

    assert token not in (stored.token_hash, str(stored.id))
    assert len(token) >= 43  # 256 bits


def test_a_link_works_once(uow: UnitOfWork) -> None:
    _, token = newcomer(uow)

    assert invitations.accept(uow, token, PASSWORD, PASSWORD).token is not None
    with pytest.raises(InvitationOver):
        invitations.accept(uow, token, "quite another one", "quite another one")
    assert service.sign_in(uow, "g09", PASSWORD, "").token is not None


def test_a_weak_password_leaves_the_link_good(uow: UnitOfWork) -> None:
    _, token = newcomer(uow)

    assert invitations.accept(uow, token, "short", "short").refusal is not None
    assert invitations.accept(uow, token, PASSWORD, "another sentence").refusal is not None
    assert invitations.accept(uow, token, PASSWORD, PASSWORD).token is not None


@pytest.mark.parametrize(("hours", "is_good"), [(71, True), (72, False)])
def test_a_link_is_good_for_three_days(uow: UnitOfWork, hours: int, is_good: bool) -> None:
    _, token = newcomer(uow)
    uow.now += timedelta(hours=hours)

    if is_good:
        assert invitations.invited(uow, token).login == "g09"
    else:
        with pytest.raises(InvitationOver):
            invitations.invited(uow, token)


def test_a_newer_link_and_a_withdrawal_kill_the_older_ones(uow: UnitOfWork) -> None:
    user, first = newcomer(uow)
    second = invitations.invite(uow, user).rpartition("/")[2]

    with pytest.raises(InvitationOver):
        invitations.invited(uow, first)
    assert links.withdraw(uow, user.id) == 1
    with pytest.raises(InvitationOver):
        invitations.accept(uow, second, PASSWORD, PASSWORD)
    assert [note.action for note in uow.notes].count("invitation.withdrawn") == 2


def test_who_is_shut_out_cannot_come_by_a_link_nor_get_one(uow: UnitOfWork) -> None:
    user, token = newcomer(uow)
    users.shut_out(uow, user)

    with pytest.raises(InvitationOver):
        invitations.accept(uow, token, PASSWORD, PASSWORD)
    with pytest.raises(NobodyIsShutOutAndInvited):
        invitations.invite(uow, user)
    users.let_in(uow, user)
    with pytest.raises(InvitationOver):
        invitations.invited(uow, token)


def test_a_changed_password_kills_the_link_that_would_set_another(uow: UnitOfWork) -> None:
    user = a_user(uow)
    token = invitations.invite(uow, user).rpartition("/")[2]
    new = "quite another sentence"

    assert service.change_password(uow, user.id, PASSWORD, new, new, "").token is not None

    with pytest.raises(InvitationOver):
        invitations.invited(uow, token)


@pytest.mark.usefixtures("clean", "settings")
def test_two_at_the_same_moment_do_not_both_get_the_account() -> None:
    with unit_of_work("test") as uow:
        _, token = newcomer(uow)

    def one(number: int) -> bool:
        try:
            with unit_of_work("test") as uow:
                words = f"the sentence number {number}"
                return invitations.accept(uow, token, words, words).token is not None
        except InvitationOver:
            return False

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(one, range(4))) == 1


def test_the_page_of_a_link_leads_to_the_second_factor_where_the_role_needs_one(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        _, token = newcomer(uow, Role.STREET_OFFICER)
    page = f"/welcome/{token}"

    shown = client.get(page)
    weak = post_form(client, page, page, new="short", again="short")
    done = post_form(client, page, page, new=PASSWORD, again=PASSWORD)

    assert "g09" in shown.text
    assert "王芳" in shown.text
    assert weak.status_code == 422
    assert done.location == "/second-factor/set-up"
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 500, "%00", "../sign-in"])
def test_a_link_that_nobody_made_says_so_and_nothing_else(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/welcome/{token}")

    assert answer.status_code in (400, 404)


def test_the_reset_password_of_somebody_with_a_second_factor_still_asks_for_the_code(client: FlaskClient) -> None:
    with unit_of_work("test") as uow:
        user = a_user(uow, role=Role.AUDITOR)
        users.take_password_away(uow, user)
        page = "/welcome/" + invitations.invite(uow, user).rpartition("/")[2]

    done = post_form(client, page, page, new=PASSWORD, again=PASSWORD)

    assert done.location == "/second-factor"
    assert client.get("/console/").location == "/second-factor?next=/console/"


def test_a_link_ends_at_the_second(client: FlaskClient, at: Callable[[datetime], None], noon: datetime) -> None:
    at(noon)
    with unit_of_work("test") as uow:
        _, token = newcomer(uow)
        ends = uow.session.scalars(select(Invitation)).one()
        ends.ends_at = noon + timedelta(hours=1)

    at(noon + timedelta(minutes=59, seconds=30))
    before = client.get(f"/welcome/{token}").status_code
    at(noon + timedelta(hours=1))

    assert (before, client.get(f"/welcome/{token}").status_code) == (200, 404)
