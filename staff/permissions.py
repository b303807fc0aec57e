"""What each role may do, and over which part of the tree: grants become the scope of one page."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

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
    NUMBERS_REVEAL = "numbers.reveal"  # one number at a time, with a reason that is logged
    PEOPLE_READ = "people.read"
    PEOPLE_WRITE = "people.write"
    PEOPLE_FREELY = "people.freely"  # opens a household without saying why: who works with it every day
    FLAGS_WRITE = "flags.write"
    LABELS_SEE = "labels.see"
    LABELS_WRITE = "labels.write"
    IMPORTS_RUN = "imports.run"
    EXPORTS_RUN = "exports.run"
    MATCHES_DECIDE = "matches.decide"
    PLACES_READ = "places.read"
    PLACES_SETTLE = "places.settle"  # say where something lies whose place is not known
    PLACES_MANAGE = "places.manage"
    DUTIES_SET = "duties.set"  # who answers for what
    USERS_MANAGE = "users.manage"
    AUDIT_READ = "audit.read"
    PRIVACY_DO = "privacy.do"
    RETENTION_SET = "retention.set"


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


_P = Permission
_READER = frozenset({_P.TICKETS_READ, _P.PLACES_READ})
_DESK = _READER | {
    _P.TICKETS_TAKE,
    _P.TICKETS_NOTE,
    _P.TICKETS_DISPATCH,
    _P.TICKETS_CLOSE,
    _P.TICKETS_REOPEN,
    _P.TICKETS_CANCEL,
    _P.TEXTS_WRITE,
    _P.NUMBERS_SEE,
    _P.NUMBERS_REVEAL,
    _P.TASKS_DO,
    _P.PEOPLE_READ,
    _P.PEOPLE_FREELY,
    _P.FLAGS_WRITE,
    _P.PLACES_SETTLE,
}
_RECORDS = frozenset(
    {
        _P.PEOPLE_READ,
        _P.PEOPLE_WRITE,
        _P.PEOPLE_FREELY,
        _P.FLAGS_WRITE,
        _P.LABELS_SEE,
        _P.LABELS_WRITE,
        _P.IMPORTS_RUN,
        _P.EXPORTS_RUN,
        _P.MATCHES_DECIDE,
        _P.PLACES_SETTLE,
    }
)
_OFFICER = _READER | {_P.TICKETS_NOTE, _P.PEOPLE_READ, _P.NUMBERS_REVEAL}

GIVES: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _DESK,
    Role.SHIFT_SUPERVISOR: _DESK | {_P.USERS_MANAGE, _P.PEOPLE_WRITE},
    Role.CLERK: _READER | _RECORDS | {_P.TICKETS_NOTE, _P.NUMBERS_SEE, _P.TASKS_DO},
    Role.STREET_OFFICER: _OFFICER | {_P.EXPORTS_RUN, _P.DUTIES_SET, _P.PLACES_SETTLE},
    Role.DEPARTMENT_OFFICER: _OFFICER,
    Role.DISTRICT_OFFICER: _READER | {_P.PEOPLE_READ, _P.NUMBERS_REVEAL, _P.DUTIES_SET},
    Role.CITY_OFFICER: _READER | {_P.PLACES_MANAGE, _P.DUTIES_SET},
    Role.ELECTION_WORKER: frozenset(),
    Role.DATA_STEWARD: _RECORDS
    | {_P.PLACES_READ, _P.PLACES_MANAGE, _P.NUMBERS_REVEAL, _P.PRIVACY_DO, _P.RETENTION_SET},
    Role.AUDITOR: _READER | {_P.AUDIT_READ},
    Role.ADMIN: frozenset({_P.USERS_MANAGE, _P.PLACES_READ, _P.PLACES_MANAGE, _P.AUDIT_READ, _P.RETENTION_SET}),
}
"""Clerks work with their own community's people every day. Streets and districts see people masked and say why they
open one; the city holds the tree and counts. Labels (income, illness) are seen by committee and data steward only."""
NEEDS_SECOND_FACTOR = frozenset(Role) - {Role.AGENT, Role.CLERK, Role.ELECTION_WORKER}
"""Supervisors and above, and whoever reads across areas, sign in with a second factor."""


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
    return _scope(tuple((grant.role, grant.jurisdiction_code) for grant in in_force(grants, now)), permission)


@lru_cache(maxsize=4096)
def _scope(counting: tuple[tuple[Role, str], ...], permission: Permission) -> Scope:
    """Kept: the navigation of every page asks it for each entry."""
    prefixes = _prefixes(counting, permission)
    everywhere = {other for other in Permission if _covers(_prefixes(counting, other), prefixes)}
    return Scope(prefixes, frozenset(everywhere if prefixes else ()))


def _prefixes(grants: Iterable[tuple[Role, str]], permission: Permission) -> tuple[str, ...]:
    codes = sorted({code for role, code in grants if permission in GIVES[role]})
    return tuple(code for code in codes if not _covers([other for other in codes if other != code], [code]))


def _covers(these: Collection[str], those: Collection[str]) -> bool:
    return all(any(code.startswith(prefix) for prefix in these) for code in those)
