"""Who may give which role where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from staff.giving import may_give, may_handle, roles_to_give
from staff.permissions import GIVES, Granted, Permission, Role

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
EVER = datetime(2026, 1, 1, tzinfo=UTC)


def has(role: Role, place: str, until: datetime | None = None, since: datetime = EVER) -> Granted:
    return Granted(role, place, since, until)


SUPERVISOR = (has(Role.SHIFT_SUPERVISOR, "AH01"),)


@pytest.mark.parametrize(
    ("role", "place", "may"),
    [
        (Role.AGENT, "AH01", True),
        (Role.AGENT, "AH010203", True),
        (Role.SHIFT_SUPERVISOR, "AH0102", True),
        (Role.AGENT, "AH", False),
        (Role.AGENT, "AH02", False),
        (Role.AGENT, "", False),
        (Role.CLERK, "AH0102", False),
        (Role.AUDITOR, "AH01", False),
        (Role.ADMIN, "AH01", False),
    ],
)
def test_a_supervisor_gives_what_he_has_where_he_has_it(role: Role, place: str, may: bool) -> None:
    assert may_give(SUPERVISOR, role, place, NOW) is may


@pytest.mark.parametrize("role", list(Role))
def test_an_administrator_gives_every_role_of_his_area_and_none_outside(role: Role) -> None:
    mine = (has(Role.ADMIN, "AH01"),)

    assert may_give(mine, role, "AH0102", NOW)
    assert not may_give(mine, role, "AH02", NOW)
    assert not may_give(mine, role, "AH", NOW)


@pytest.mark.parametrize("role", [role for role in Role if Permission.USERS_MANAGE not in GIVES[role]])
def test_who_does_not_manage_users_gives_nothing(role: Role) -> None:
    assert roles_to_give((has(role, "AH"),), NOW) == []


def test_roles_of_different_places_do_not_add_up() -> None:
    mine = (has(Role.SHIFT_SUPERVISOR, "AH0101"), has(Role.CLERK, "AH0102"))

    assert not may_give(mine, Role.CLERK, "AH0102", NOW)
    assert not may_give(mine, Role.CLERK, "AH0101", NOW)
    assert not may_give(mine, Role.AGENT, "AH0102", NOW)


@pytest.mark.parametrize("seconds", [-1, 0])
def test_a_grant_that_is_over_gives_nothing_from_that_second(seconds: int) -> None:
    ends = NOW
    mine = (has(Role.ADMIN, "AH", until=ends),)

    assert may_give(mine, Role.AGENT, "AH", ends + timedelta(seconds=seconds)) is (seconds < 0)


def test_an_account_is_handled_by_who_could_give_all_of_its_grants_also_later_ones() -> None:
    agent, later = has(Role.AGENT, "AH0102"), has(Role.ADMIN, "AH", since=NOW + timedelta(days=9))
    over = has(Role.ADMIN, "AH", until=NOW - timedelta(days=1))
    undone = has(Role.ADMIN, "AH", since=NOW + timedelta(days=9), until=NOW + timedelta(days=1))

    assert may_handle(SUPERVISOR, [agent], NOW)
    assert may_handle(SUPERVISOR, [agent, over, undone], NOW)
    assert not may_handle(SUPERVISOR, [over], NOW)
    assert may_handle(SUPERVISOR, [has(Role.AGENT, "AH0102", until=NOW), undone], NOW)
    assert not may_handle(SUPERVISOR, [agent, later], NOW)
    assert not may_handle(SUPERVISOR, [agent, has(Role.AGENT, "AH02")], NOW)
