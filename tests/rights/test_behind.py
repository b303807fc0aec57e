"""The uses of the scope that no page gets past: what stands before them refuses, so each is read here by itself.

Two places have rows of every kind. A reader of one reads with the ids of the other: he is told nothing of it, and as
soon as one single use of the scope is opened he is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from inspect import getsourcefile

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from collection.queries import batches, exports
from config import catalogue as catalogue_file
from config import policy as policy_file
from config.settings import Settings
from console.dealings import Whom, dealings
from console.places import open_tickets
from core.uow import UnitOfWork
from directory.borders import Change, ChangeKind, Plan, Wanted
from directory.errors import PlaceNotFound
from directory.models import Contact, ContactKind, Dwelling, Person
from directory.queries.borders import affected, changes, planned
from directory.queries.cards import person_files
from directory.queries.places import aliases, buildings, dwellings_of
from directory.scope import EVERYTHING, Scope
from sms.models import InboundSms, Outcome
from staff.errors import UserNotSeen
from staff.queries.roster import emergency_grants, grant_in
from tests.rights.opening import ROOT, Site, spelt, uses_of_the_scope, watched
from tests.rights.planting import plant, plant_readers
from tests.rights.test_leaks import BEHIND
from tests.rights.world import AT, NODES, base, canary, next_to, node_of_code, number_at, put

MINE = "AH010102"
THEIRS = next_to(MINE)
"""Where a request about a household of his lies."""
READER, NEIGHBOUR = (Scope((node,), frozenset({EVERYTHING})) for node in (MINE, THEIRS))
Read = Callable[[Session, Scope], list[str]]


@pytest.fixture(scope="module")
def city(engine: Engine, settings: Settings) -> Iterator[Session]:
    """Rows of every kind in two places, and what only these queries come to. Nothing of it is ever committed."""
    with engine.connect() as connection, Session(connection) as session:
        uow = UnitOfWork(session, AT, "test", policy_file.current(), catalogue_file.current(), settings)
        plant_readers(uow)
        plant(uow, (MINE, THEIRS))
        first, own = base(THEIRS), base(MINE) + 1
        loose = f"{canary(THEIRS)}2"
        put(session, Dwelling, {"id": first + 1, "community_code": THEIRS, "address": loose, "plain": loose})
        session.execute(update(Person).where(Person.id == first + 2).values(helper_id=own))
        session.execute(update(Contact).where(Contact.id == own).values(owner_id=first + 3))
        shared = {"person_id": first + 1, "msisdn": number_at(MINE, 1), "kind": ContactKind.MOBILE}
        put(session, Contact, {"id": first + 50} | shared)
        text = {"carrier_sid": "SMshared", "msisdn": number_at(MINE, 1), "body": canary(THEIRS), "received_at": AT}
        put(session, InboundSms, {"id": first + 60, "intent": "", "about": "", "outcome": Outcome.QUEUED} | text)
        session.flush()
        session.expire_all()
        yield session
        session.rollback()


def _count_people(session: Session, scope: Scope) -> list[str]:
    return _counted(exports.count_people(session, scope, THEIRS))


def _people(session: Session, scope: Scope) -> list[str]:
    return [one.name for one in exports.people(session, scope, THEIRS, 0)]


def _count_households(session: Session, scope: Scope) -> list[str]:
    return _counted(exports.count_households(session, scope, THEIRS))


def _households(session: Session, scope: Scope) -> list[str]:
    return [one.address for one in exports.households(session, scope, THEIRS, 0)]


def _origins(session: Session, scope: Scope) -> list[str]:
    return [one.place for one in batches.origins(session, scope, [base(THEIRS)]).values()]


def _dealings(session: Session, scope: Scope) -> list[str]:
    whom = Whom((base(MINE) + 1,), base(MINE), frozenset({number_at(MINE, 1)}))
    return [f"{one.words} {one.about and node_of_code(one.about)}" for one in dealings(session, scope, whom)]


def _open_tickets(session: Session, scope: Scope) -> list[str]:
    return _counted(open_tickets(session, scope, [THEIRS]))


def _affected(session: Session, scope: Scope) -> list[str]:
    found = affected(session, scope, Plan(ends=(THEIRS,)))
    return _counted(found.dwellings, found.households, found.persons)


def _planned(session: Session, scope: Scope) -> list[str]:
    change = Change(ChangeKind.RENAME, AT.date(), (THEIRS,), (Wanted("新名", "New"),))
    try:
        plan = planned(session, scope, change)
    except PlaceNotFound:
        return []
    return [plan.renamed.code] if plan.renamed is not None else []


def _changes(session: Session, scope: Scope) -> list[str]:
    return [row.note for row in changes(session, scope, THEIRS)]


def _person_files(session: Session, scope: Scope) -> list[str]:
    (file,) = person_files(session, scope, [session.get_one(Person, base(MINE) + 1)])
    return [one.name for one in (*file.helped, *(number.owner for number in file.numbers if number.owner))]


def _aliases(session: Session, scope: Scope) -> list[str]:
    return [one.words for one in aliases(session, scope, THEIRS)]


def _buildings(session: Session, scope: Scope) -> list[str]:
    return [name or f"{count} of no house in {THEIRS}" for _, name, count in buildings(session, scope, THEIRS)]


def _dwellings_of(session: Session, scope: Scope) -> list[str]:
    return [one.address for house in (base(THEIRS), None) for one, _ in dwellings_of(session, scope, THEIRS, house)]


def _grant_in(session: Session, scope: Scope) -> list[str]:
    try:
        return [grant_in(session, scope, base(THEIRS) + 100).jurisdiction_code]
    except UserNotSeen:
        return []


def _emergency_grants(session: Session, scope: Scope) -> list[str]:
    found = emergency_grants(session, scope, "cli:staff", AT - timedelta(hours=2))
    return [grant.jurisdiction_code for grant, _ in found]


PROOFS: Mapping[Callable[..., object], Read] = {
    exports.count_people: _count_people,
    exports.people: _people,
    exports.count_households: _count_households,
    exports.households: _households,
    batches.origins: _origins,
    dealings: _dealings,
    open_tickets: _open_tickets,
    affected: _affected,
    planned: _planned,
    changes: _changes,
    person_files: _person_files,
    aliases: _aliases,
    buildings: _buildings,
    dwellings_of: _dwellings_of,
    grant_in: _grant_in,
    emergency_grants: _emergency_grants,
}
"""How each of them is read with what is the neighbour's; what comes back in words that name their place."""


def test_what_the_walk_leaves_out_is_proved_here() -> None:
    left_out = {(path, name) for path, names in BEHIND.items() for name in names}

    assert left_out == set(map(_place, PROOFS))


@pytest.mark.parametrize("query", PROOFS, ids=lambda query: query.__name__)
def test_nothing_of_another_place_is_told_until_one_use_of_the_scope_is_opened(
    city: Session, query: Callable[..., object]
) -> None:
    path, name = _place(query)
    reached: set[Site] = set()
    opened: set[Site] = set()

    def opens(site: Site) -> bool:
        reached.add(site)
        return site in opened

    with watched(opens):
        told = PROOFS[query](city, READER)
        own = {site for site in reached if (site[0][0], site[-1][1]) == (path, name)}
        silent = []
        for site in sorted(own):
            opened = {site}
            if not _of_theirs(PROOFS[query](city, READER)):
                silent.append(spelt(site))
    passed_by = [
        str(use)
        for use in uses_of_the_scope()
        if (use.path, use.function) == (path, name) and not any(use.is_at(site) for site in own)
    ]

    assert not _of_theirs(told)
    assert own
    assert not silent, f"without its scope nothing more is told: {silent}"
    assert not passed_by


@pytest.mark.parametrize("query", PROOFS, ids=lambda query: query.__name__)
def test_whose_place_it_is_is_told(city: Session, query: Callable[..., object]) -> None:
    told = PROOFS[query](city, NEIGHBOUR)

    assert _of_theirs(told)


def _place(query: Callable[..., object]) -> tuple[str, str]:
    path = getsourcefile(query)
    assert path is not None
    return path.removeprefix(f"{ROOT}/"), query.__name__


def _counted(*counts: int) -> list[str]:
    return [f"{count} in {THEIRS}" for count in counts if count]


def _of_theirs(told: list[str]) -> list[str]:
    return [words for words in told if THEIRS in words]


def test_the_two_places_lie_apart() -> None:
    assert {MINE, THEIRS} < set(NODES)
    assert not THEIRS.startswith(MINE)
    assert not MINE.startswith(THEIRS)
