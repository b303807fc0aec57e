"""What each role may do, and over which part of the tree: grants become the scope of one page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from directory.scope import Scope


class Permission(StrEnum):
    """Everything a page or a button can ask for."""

    TICKETS_READ = "tickets.read"
    TICKETS_TAKE = "tickets.take"
    TICKETS_NOTE = "tickets.note"
    TICKETS_DISPATCH = "tickets.dispatch"
    TICKETS_CLOSE = "tickets.close"
    TICKETS_REOPEN = "tickets.reopen"
    TICKETS_CANCEL = "tickets.cancel"
    TEXTS_WRITE = "texts.write"
    NUMBERS_SEE = "numbers.see"
    TASKS_DO = "tasks.do"
    USERS_MANAGE = "users.manage"


class Role(StrEnum):
    """The roles that sign in."""

    AGENT = "agent"
    SHIFT_SUPERVISOR = "shift_supervisor"
    CLERK = "clerk"
    STREET_OFFICER = "street_officer"
    DEPARTMENT_OFFICER = "department_officer"
    DISTRICT_OFFICER = "district_officer"
    CITY_OFFICER = "city_officer"
    ELECTION_WORKER = "election_worker"
    DATA_STEWARD = "data_steward"
    AUDITOR = "auditor"
    ADMIN = "admin"


_DESK = frozenset(Permission) - {Permission.USERS_MANAGE}
_READER = frozenset({Permission.TICKETS_READ})

GIVES: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _DESK,
    Role.SHIFT_SUPERVISOR: _DESK | {Permission.USERS_MANAGE},
    Role.CLERK: _READER | {Permission.TICKETS_NOTE, Permission.NUMBERS_SEE, Permission.TASKS_DO},
    Role.STREET_OFFICER: _READER | {Permission.TICKETS_NOTE},
    Role.DEPARTMENT_OFFICER: _READER | {Permission.TICKETS_NOTE},
    Role.DISTRICT_OFFICER: _READER,
    Role.CITY_OFFICER: _READER,
    Role.ELECTION_WORKER: frozenset(),
    Role.DATA_STEWARD: frozenset(),
    Role.AUDITOR: _READER,
    Role.ADMIN: frozenset({Permission.USERS_MANAGE}),
}


@dataclass(frozen=True, slots=True)
class Granted:
    """A role in a jurisdiction for a time (UTC); `until_at` None: until it is taken back."""

    role: Role
    jurisdiction_code: str
    from_at: datetime
    until_at: datetime | None


def in_force(grants: Iterable[Granted], now: datetime) -> list[Granted]:
    """The grants that count at a moment."""
    return [grant for grant in grants if grant.from_at <= now and (grant.until_at is None or now < grant.until_at)]


def scope_for(grants: Iterable[Granted], permission: Permission, now: datetime) -> Scope:
    """Where somebody may do this one thing, and what else he may do in all of that area.

    Roles do not add up across places: who reads the city and dispatches in one street sees the city's tickets but no
    button that would only work in the street. The scope is empty when no grant gives the permission.
    """
    counting = in_force(grants, now)
    prefixes = _prefixes(counting, permission)
    everywhere = {other for other in Permission if _covers(_prefixes(counting, other), prefixes)}
    return Scope(prefixes, frozenset(everywhere if prefixes else ()))


def _prefixes(grants: Iterable[Granted], permission: Permission) -> tuple[str, ...]:
    codes = sorted({grant.jurisdiction_code for grant in grants if permission in GIVES[grant.role]})
    return tuple(code for code in codes if not _covers([other for other in codes if other != code], [code]))


def _covers(these: Collection[str], those: Collection[str]) -> bool:
    return all(any(code.startswith(prefix) for prefix in these) for code in those)
