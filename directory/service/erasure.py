"""Erasure: forget a person and keep what statistics count, and know him again when a list brings him back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Date, String, any_, cast, delete, exists, false, func, literal, or_, select, update

from core.bulk import insert_missing
from core.keyed import keyed
from core.uow import UnitOfWork
from directory import erased
from directory.errors import AlreadyErased, PersonNotFound
from directory.events import Obstacle, PersonErased, PersonTraced, Traces
from directory.models import (
    Contact,
    Correction,
    ErasedKey,
    ErasedKind,
    Flag,
    Household,
    Label,
    LegalHold,
    Merge,
    Person,
    PersonSearch,
    PrivacyRequest,
    Provenance,
    Residence,
)
from directory.queries import privacy
from directory.service import consents, dwellings
from directory.service.turns import one_load_at_a_time

KEYS_AT_ONCE = 10_000
NOWHERE = ""
"""The address of the household to which erased persons of a community belong: they are counted there, not found."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What went, by kind; or what stands against it, and then nothing went."""

    gone: Counter[str]
    obstacles: Sequence[Obstacle]
    traces: Traces


def erased_keys(uow: UnitOfWork, candidates: Collection[str]) -> set[str]:
    """Which of these keys (made by `directory.erased`) are of somebody who was erased. One statement for 10,000.

    A row of a list of which any key comes back must not be entered.
    """
    by_hash = {_hash(uow, key): key for key in candidates if key}
    hashes = list(by_hash)
    found: set[str] = set()
    for start in range(0, len(hashes), KEYS_AT_ONCE):
        some = hashes[start : start + KEYS_AT_ONCE]
        among = ErasedKey.key == any_(literal(some, ARRAY(String)))  # one array: see core.bulk
        found.update(by_hash[one] for one in uow.session.scalars(select(ErasedKey.key).where(among)))
    return found


def trace(uow: UnitOfWork, person_id: int) -> Traces:
    """By what a person's traces are found in every domain, and what stands against erasing him now."""
    session = uow.session
    session.flush()
    ids = privacy.cluster(session, person_id)
    numbers = privacy.numbers(session, ids)
    traces = Traces(ids, numbers, privacy.shared_numbers(session, numbers, ids))
    traces.obstacles += [
        Obstacle("hold", str(hold.id)) for hold in privacy.holds(session, ids) if hold.ended_at is None
    ]
    uow.have_done(PersonTraced(traces))
    return traces


def preview(uow: UnitOfWork, person_id: int) -> Erasure:
    """What `erase` would do now, by doing it and taking it back; obstacles are told, and looked past.

    Files of lists that nobody has read are counted (`unread_lists`), not looked through: that may take a minute.
    """
    notes, wakes = list(uow.notes), set(uow.wakes)
    nested = uow.session.begin_nested()
    try:
        return _erase(uow, person_id, minds_obstacles=False)
    finally:
        nested.rollback()
        uow.session.expire_all()
        uow.notes[:], uow.wakes = notes, wakes


def erase(uow: UnitOfWork, person_id: int) -> Erasure:
    """Take out everything that says who a person is, with everybody who was merged into him; one transaction.

    Sex, year of birth and community stay for statistics, stops and consents under the keyed hash of the number.
    Files and recordings go after the commit. When a hold, an open ticket or a call stands against it nothing is
    done. Raises PersonNotFound or AlreadyErased.
    """
    one_load_at_a_time(uow)  # a list that has looked at him already would write his name and numbers back
    return _erase(uow, person_id, minds_obstacles=True)


def _erase(uow: UnitOfWork, person_id: int, *, minds_obstacles: bool) -> Erasure:
    session = uow.session
    ids = privacy.cluster(session, person_id)
    persons = list(
        session.scalars(
            select(Person)
            .where(Person.id.in_(ids))
            .order_by(Person.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    if not persons:
        raise PersonNotFound
    if all(person.erased_at is not None for person in persons):
        raise AlreadyErased
    traces = trace(uow, person_id)
    if minds_obstacles and traces.obstacles:
        return Erasure(Counter(), traces.obstacles, traces)
    gone: Counter[str] = Counter()
    _keep_keys(uow, persons, traces)
    uow.have_done(PersonErased(person_id, traces, gone, is_preview=not minds_obstacles))
    _leave_homes(uow, persons, gone)
    _take_out_rows(uow, ids, gone)
    gone["consents"] += consents.hide(uow, traces.own, ids)
    _make_nameless(uow, ids, gone)
    session.flush()
    session.expire_all()
    return Erasure(+gone, traces.obstacles, traces)


def _keep_keys(uow: UnitOfWork, persons: Sequence[Person], traces: Traces) -> None:
    """Every name at every number of the cluster: a list may know him by any of them."""
    wanted: set[str] = set()
    for person in persons:
        wanted |= erased.keys(person.name, person.birth_date, tuple(traces.numbers), person.id_hash, person.source_id)
    rows = [
        {"key": _hash(uow, key), "kind": ErasedKind(key.partition(":")[0]), "at": uow.now} for key in sorted(wanted)
    ]
    insert_missing(uow.session, ErasedKey, rows, "key")


def _leave_homes(uow: UnitOfWork, persons: Sequence[Person], gone: Counter[str]) -> None:
    """Move the persons, with their history of homes, to the household without an address of the same community.

    What was noted about a household in which nobody is left goes; where somebody is left, the words that name him do.
    """
    session, ids = uow.session, [person.id for person in persons]
    residences = list(session.scalars(select(Residence).where(Residence.person_id.in_(ids))))
    home_ids = {person.household_id for person in persons} | {one.household_id for one in residences}
    homes = {home.id: home for home in session.scalars(select(Household).where(Household.id.in_(home_ids)))}
    nowhere = _nowhere(uow, {home.community_code for home in homes.values()})
    for person in persons:
        person.household_id = nowhere[homes[person.household_id].community_code]
    for one in residences:
        one.household_id = nowhere[homes[one.household_id].community_code]
    gone["homes"] += len(home_ids)
    session.flush()
    session.execute(update(Household).where(Household.head_id.in_(ids)).values(head_id=None))
    is_left = exists().where(
        Person.household_id == Household.id,
        Person.erased_at.is_(None),
        Person.merged_into_id.is_(None),
        Person.id.not_in(ids),
    )
    empty = select(Household.id).where(Household.id.in_(home_ids), ~is_left)
    empty_ids = list(session.scalars(empty))
    gone["flags"] += _deleted(uow, Flag, Flag.household_id.in_(empty_ids))
    names = {person.name for person in persons if person.name}
    for table, in_homes in ((Household, Household.id.in_(home_ids)), (Flag, Flag.household_id.in_(home_ids))):
        names_him = or_(*(table.note.contains(name, autoescape=True) for name in names), false())
        session.execute(update(table).where(in_homes, names_him).values(note=""))
    session.execute(update(Household).where(Household.id.in_(empty_ids)).values(note="", lang=""))


def _nowhere(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, int]:
    """With its dwelling: where a dwelling lay on a day tells where those behind it are counted."""
    homes = dwellings.ensure(uow, [(code, NOWHERE) for code in codes], is_asked=False)
    return {code: household_id for (code, _), household_id in homes.items()}


def _take_out_rows(uow: UnitOfWork, ids: Collection[int], gone: Counter[str]) -> None:
    session = uow.session
    gone["numbers"] += _deleted(uow, Contact, Contact.person_id.in_(ids))
    gone["labels"] += _deleted(uow, Label, Label.person_id.in_(ids))
    gone["sources"] += _deleted(uow, Provenance, Provenance.person_id.in_(ids))
    _deleted(uow, PersonSearch, PersonSearch.person_id.in_(ids))
    session.execute(update(Contact).where(Contact.owner_id.in_(ids)).values(owner_id=None))
    session.execute(update(Person).where(Person.helper_id.in_(ids)).values(helper_id=None))
    of_them = or_(Merge.kept_id.in_(ids), Merge.gone_id.in_(ids))
    session.execute(update(Merge).where(of_them).values(reasons=[], before={}))
    session.execute(update(Correction).where(Correction.person_id.in_(ids)).values(words=""))
    session.execute(
        update(Correction)
        .where(Correction.person_id.in_(ids), Correction.settled_at.is_(None))
        .values(settled_at=uow.now, settled_by=uow.actor)
    )
    session.execute(update(PrivacyRequest).where(PrivacyRequest.person_id.in_(ids)).values(outcome=""))
    session.execute(update(LegalHold).where(LegalHold.person_id.in_(ids)).values(reason=""))


def _make_nameless(uow: UnitOfWork, ids: Collection[int], gone: Counter[str]) -> None:
    """Only the year is left of a birth date, and of a death."""
    names = uow.session.execute(
        update(Person)
        .where(Person.id.in_(ids))
        .values(
            name="",
            birth_date=cast(func.date_trunc("year", Person.birth_date), Date),
            died_on=cast(func.date_trunc("year", Person.died_on), Date),
            lang="zh",
            access_need=None,
            source_id=None,
            id_hash=None,
            id_last4="",
            registered_place="",
            nationality="",
            helper_id=None,
            erased_at=uow.now,
        )
        .execution_options(synchronize_session=False)
    )
    gone["persons"] += names.rowcount  # type: ignore[attr-defined]


def _deleted(uow: UnitOfWork, table: type, condition: object) -> int:
    done = uow.session.execute(delete(table).where(condition))  # type: ignore[arg-type]
    return int(done.rowcount)  # type: ignore[attr-defined]


def _hash(uow: UnitOfWork, key: str) -> str:
    return keyed(uow.settings.hash_key, "erased", key)
