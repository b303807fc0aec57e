"""Grants given and ended at the console: in one's own area, never to oneself, and never the last administrator's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from staff.errors import (
    GrantOver,
    GrantThere,
    LastAdmin,
    NobodyActsOnHimself,
    NoSuchPlace,
    NotYours,
    NotYoursToGive,
    WrongTime,
)
from staff.models import Grant, User
from staff.permissions import Role
from staff.queries.signed_in import granted
from staff.service import grants, invitations, users
from tests.factories.people import a_place
from tests.factories.staff import PASSWORD, a_user

DAY = timedelta(days=1)


def mine(uow: UnitOfWork, user: User) -> list[object]:
    return [granted(grant) for grant in users.grants_of(uow, user.id)]


def give(uow: UnitOfWork, by: User, to: User, role: Role = Role.AGENT, place: str = "AH0102", **more: object) -> Grant:
    when = {"from_at": None, "until_at": None, **more}
    own = [granted(grant) for grant in users.grants_of(uow, by.id)]
    return grants.give(uow, to.id, role, place, by=by.id, mine=own, **when)  # type: ignore[arg-type]


def end(uow: UnitOfWork, by: User, grant: Grant) -> Grant:
    own = [granted(one) for one in users.grants_of(uow, by.id)]
    return grants.end(uow, grant.id, by=by.id, mine=own)


@pytest.fixture
def boss(uow: UnitOfWork) -> User:
    """An administrator of the whole city, in a city with a few streets."""
    for code in ("AH", "AH01", "AH0102", "AH02"):
        a_place(uow, code)
    return a_user(uow, "boss", role=Role.ADMIN)


@pytest.fixture
def clerk(uow: UnitOfWork, boss: User) -> User:
    """Somebody without a role yet."""
    return a_user(uow, "g05", role=None)


def test_a_grant_says_who_gave_it_and_stands_in_the_audit_log(uow: UnitOfWork, boss: User, clerk: User) -> None:
    uow.actor = f"user:{boss.id}"

    given = give(uow, boss, clerk, Role.CLERK, until_at=uow.now + DAY)

    assert (given.granted_by, given.from_at, given.until_at) == (f"user:{boss.id}", uow.now, uow.now + DAY)
    note = uow.notes[-1]
    assert (note.action, note.subject, note.place) == ("grant.given", f"user:{clerk.id}", "AH0102")
    assert note.data["role"] == "clerk"


def test_ending_is_at_once_and_says_who_did_it(uow: UnitOfWork, boss: User, clerk: User) -> None:
    given = give(uow, boss, clerk)
    uow.now += DAY

    end(uow, boss, given)

    assert (given.until_at, given.ended_by) == (uow.now, "test")
    assert (uow.notes[-1].action, uow.notes[-1].place) == ("grant.ended", "AH0102")
    with pytest.raises(GrantOver):
        end(uow, boss, given)


def test_a_grant_that_has_not_begun_can_be_ended_and_never_counts(uow: UnitOfWork, boss: User, clerk: User) -> None:
    given = give(uow, boss, clerk, from_at=uow.now + DAY)

    end(uow, boss, given)

    assert given.until_at is not None
    assert given.until_at < given.from_at


@pytest.mark.parametrize(
    ("role", "place"),
    [(Role.ADMIN, "AH01"), (Role.CLERK, "AH0102"), (Role.AGENT, "AH02"), (Role.AGENT, "AH"), (Role.AGENT, "")],
)
def test_nobody_gives_more_than_he_has_or_outside_his_area(
    uow: UnitOfWork, clerk: User, role: Role, place: str
) -> None:
    supervisor = a_user(uow, "sv1", role=Role.SHIFT_SUPERVISOR, place="AH01")

    with pytest.raises(NotYoursToGive):
        give(uow, supervisor, clerk, role, place)
    assert users.grants_of(uow, clerk.id) == []


def test_nobody_gives_to_himself_or_ends_his_own(uow: UnitOfWork, boss: User) -> None:
    own = users.grants_of(uow, boss.id)[0]

    with pytest.raises(NobodyActsOnHimself):
        give(uow, boss, boss)
    with pytest.raises(NobodyActsOnHimself):
        end(uow, boss, own)
    with pytest.raises(NobodyActsOnHimself):
        users.to_handle(uow, boss.id, by=boss.id, mine=[granted(own)])


def test_a_supervisor_ends_no_grant_that_he_could_not_give(uow: UnitOfWork, boss: User, clerk: User) -> None:
    given = give(uow, boss, clerk, Role.AUDITOR, "AH01")
    supervisor = a_user(uow, "sv1", role=Role.SHIFT_SUPERVISOR, place="AH01")

    with pytest.raises(NotYoursToGive):
        end(uow, supervisor, given)


def test_a_supervisor_cannot_take_over_an_administrators_account(uow: UnitOfWork, boss: User) -> None:
    supervisor = a_user(uow, "sv1", role=Role.SHIFT_SUPERVISOR, place="AH")
    own = [granted(grant) for grant in users.grants_of(uow, supervisor.id)]

    with pytest.raises(NotYours):
        users.to_handle(uow, boss.id, by=supervisor.id, mine=own)


def test_the_last_lasting_administrator_stays(uow: UnitOfWork, boss: User) -> None:
    second = a_user(uow, "boss2", role=Role.ADMIN)
    for_a_day = a_user(uow, "boss3", role=None)
    give(uow, boss, for_a_day, Role.ADMIN, "AH", until_at=uow.now + DAY)
    below = a_user(uow, "boss4", role=Role.ADMIN, place="AH01")

    end(uow, boss, users.grants_of(uow, second.id)[0])

    for other in (second, for_a_day, below):
        own = [granted(grant) for grant in users.grants_of(uow, second.id)] if other is second else mine(uow, other)
        with pytest.raises((LastAdmin, NotYoursToGive)):
            grants.end(uow, users.grants_of(uow, boss.id)[0].id, by=other.id, mine=own)  # type: ignore[arg-type]
    with pytest.raises(LastAdmin):
        users.shut_out(uow, boss)


def test_an_administrator_who_is_shut_out_does_not_count_as_another(uow: UnitOfWork, boss: User) -> None:
    second = a_user(uow, "boss2", role=Role.ADMIN)
    users.shut_out(uow, second)

    with pytest.raises(LastAdmin):
        users.shut_out(uow, boss)


def test_an_administrator_who_was_invited_counts_as_another_once_he_has_a_password(uow: UnitOfWork, boss: User) -> None:
    second = users.add_without_password(uow, "boss2", "王芳")
    grants.grant(uow, "boss2", Role.ADMIN, "AH")
    link = invitations.invite(uow, second)

    with pytest.raises(LastAdmin):
        users.shut_out(uow, boss)
    accepted = invitations.accept(uow, link.rpartition("/")[2], PASSWORD, PASSWORD)
    users.shut_out(uow, boss)

    assert accepted.token is not None
    assert not boss.is_active


def test_an_administrator_whose_password_was_taken_away_counts_when_he_has_another(uow: UnitOfWork, boss: User) -> None:
    second = a_user(uow, "boss2", role=Role.ADMIN)
    users.take_password_away(uow, second)

    with pytest.raises(LastAdmin):
        end(uow, second, users.grants_of(uow, boss.id)[0])


@pytest.mark.usefixtures("clean", "settings")
def test_two_administrators_who_end_each_other_do_not_both_succeed() -> None:
    with unit_of_work("test") as uow:
        pair = [a_user(uow, login, role=Role.ADMIN) for login in ("boss1", "boss2")]
        rows = [users.grants_of(uow, user.id)[0] for user in pair]
        jobs = [(pair[0].id, rows[1].id, granted(rows[0])), (pair[1].id, rows[0].id, granted(rows[1]))]

    def one(job: tuple[int, int, object]) -> bool:
        try:
            with unit_of_work("test") as uow:
                grants.end(uow, job[1], by=job[0], mine=[job[2]])  # type: ignore[list-item]
        except HotlineError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(one, jobs)) == 1
    with unit_of_work("test") as uow:
        assert len(uow.session.scalars(select(Grant).where(Grant.until_at.is_(None))).all()) == 1


def test_the_same_role_is_not_given_twice_for_the_same_time(uow: UnitOfWork, boss: User, clerk: User) -> None:
    give(uow, boss, clerk, until_at=uow.now + DAY)

    with pytest.raises(GrantThere):
        give(uow, boss, clerk)
    with pytest.raises(GrantThere):
        give(uow, boss, clerk, from_at=uow.now + DAY / 2)
    assert give(uow, boss, clerk, from_at=uow.now + DAY).from_at == uow.now + DAY


def test_a_grant_ends_after_it_began(uow: UnitOfWork, boss: User, clerk: User) -> None:
    with pytest.raises(WrongTime):
        give(uow, boss, clerk, from_at=uow.now + DAY, until_at=uow.now + DAY)
    with pytest.raises(WrongTime):
        give(uow, boss, clerk, until_at=uow.now - DAY)


def test_a_place_that_is_not_there_or_no_longer_cannot_be_given(uow: UnitOfWork, boss: User, clerk: User) -> None:
    with pytest.raises(NoSuchPlace):
        give(uow, boss, clerk, place="AH99")
