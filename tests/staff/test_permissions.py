"""What a role may do, and over which part of the tree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from staff.permissions import GIVES, Granted, Permission, Role, scope_for

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def granted(role: Role, place: str, *, from_at: datetime = NOW - DAY, until_at: datetime | None = None) -> Granted:
    return Granted(role, place, from_at, until_at)


def test_every_role_is_spoken_for() -> None:
    assert set(GIVES) == set(Role)


def test_an_agent_does_the_whole_work_of_the_desk_and_manages_nobody() -> None:
    desk = {one for one in Permission if one.startswith(("tickets.", "texts.", "tasks.", "numbers."))}

    assert desk <= GIVES[Role.AGENT]
    assert not GIVES[Role.AGENT] & {Permission.USERS_MANAGE, Permission.LABELS_SEE, Permission.EXPORTS_RUN}


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DISTRICT_OFFICER, Role.CITY_OFFICER])
def test_who_looks_on_changes_no_ticket(role: Role) -> None:
    assert {one for one in GIVES[role] if one.startswith(("tickets.", "texts.", "tasks."))} == {Permission.TICKETS_READ}


def test_labels_are_seen_by_committee_and_data_steward_alone() -> None:
    assert {role for role in Role if Permission.LABELS_SEE in GIVES[role]} == {Role.CLERK, Role.DATA_STEWARD}


def test_the_scope_is_where_the_permission_was_given() -> None:
    scope = scope_for([granted(Role.AGENT, "AH0102")], Permission.TICKETS_TAKE, NOW)

    assert scope.prefixes == ("AH0102",)
    assert scope.may("tickets.take")


def test_roles_do_not_add_up_across_places() -> None:
    both = [granted(Role.AUDITOR, "AH"), granted(Role.AGENT, "AH0102")]

    reading, closing = (scope_for(both, one, NOW) for one in (Permission.TICKETS_READ, Permission.TICKETS_CLOSE))

    assert reading.prefixes == ("AH",)
    assert not reading.may("tickets.close")
    assert closing.prefixes == ("AH0102",)
    assert not closing.covers("AH020301")


def test_two_places_of_one_role_are_both_seen() -> None:
    scope = scope_for([granted(Role.CLERK, "AH010201"), granted(Role.CLERK, "AH020301")], Permission.TICKETS_READ, NOW)

    assert scope.prefixes == ("AH010201", "AH020301")
    assert scope.may("tickets.note")


@pytest.mark.parametrize(
    "grant",
    [
        granted(Role.AGENT, "AH", until_at=NOW),
        granted(Role.AGENT, "AH", from_at=NOW + DAY),
        granted(Role.ELECTION_WORKER, "AH"),
    ],
)
def test_a_grant_that_is_over_or_to_come_or_for_other_work_opens_nothing(grant: Granted) -> None:
    scope = scope_for([grant], Permission.TICKETS_READ, NOW)

    assert scope.prefixes == ()
    assert not scope.may("tickets.read")
