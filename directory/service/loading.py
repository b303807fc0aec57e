"""People entered and changed many at once, in a few statements for a thousand of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import ARRAY, String, any_, func, literal, select, text, update

from core.bulk import copy_in, insert_missing
from core.uow import UnitOfWork
from directory import erased
from directory.city_list import ResidentLine
from directory.models import (
    Building,
    Consent,
    Contact,
    ContactKind,
    Dwelling,
    Household,
    Person,
    Provenance,
    Purpose,
    Residence,
    ResidenceKind,
)
from directory.queries.homes import Home
from directory.service import consents, dwellings, flags, search
from directory.service.erasure import erased_keys
from directory.service.turns import one_load_at_a_time

IMPORTED = "import"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a list gives it."""

    msisdn: str  # E.164
    kind: ContactKind
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which list the values come from."""

    source: str
    as_of: date | None
    batch_id: int | None = None

    @property
    def evidence(self) -> str:
        """What stands beside a consent that the list brings."""
        return IMPORTED if self.batch_id is None else f"{IMPORTED}:{self.batch_id}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whom we do not know yet. Empty: the list says nothing of it."""

    name: str
    home: Home
    said: Mapping[str, str]  # field to value as text, for "where does this come from"
    row_no: int | None = None
    source_id: str | None = None
    sex: str = ""
    birth_date: date | None = None
    lang: str = "zh"
    access_need: str | None = None
    id_hash: str | None = None
    id_last4: str = ""
    registered_place: str = ""
    nationality: str = ""
    residence_kind: ResidenceKind = ResidenceKind.UNKNOWN
    living_since: date | None = None
    numbers: tuple[Number, ...] = ()
    is_head: bool = False
    has_consent: bool | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What of a list is taken over into a person that we know."""

    person_id: int
    said: Mapping[str, str]
    taken: Sequence[str]
    before: Mapping[str, Any]
    row_no: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)  # columns of persons
    home: Home | None = None  # where he lives now; None: no move
    moved_on: date | None = None
    residence: Mapping[str, Any] = field(default_factory=dict)  # columns of the residence that goes on
    numbers: tuple[Number, ...] = ()
    is_head: bool = False
    has_consent: bool | None = None
    consent_of: str = ""  # the number that the consent is about, E.164


@dataclass(slots=True)
class Entered:
    """Who was entered, in the order of the arrivals, and which places were made for them."""

    person_ids: list[int]
    made: dict[str, list[int]]  # building, dwelling, household -> ids


def import_residents(uow: UnitOfWork, lines: Sequence[ResidentLine]) -> int:
    """Enter the residents that are missing, with household, numbers and consent. Returns how many were entered.

    A person who is there keeps what people changed since; a number that has any history of consent keeps it, so that
    an import never undoes a withdrawal.
    """
    one_load_at_a_time(uow)
    wanted = {line.source_id: line for line in lines}
    known = set(uow.session.scalars(select(Person.source_id).where(Person.source_id == _any(wanted))))
    arrivals = _without_erased(uow, [_arrival(line) for source_id, line in wanted.items() if source_id not in known])
    enter(uow, arrivals, Origin(IMPORTED, None))
    return len(arrivals)


def _without_erased(uow: UnitOfWork, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those of them who did not ask to be forgotten."""
    keys = [
        erased.keys(one.name, one.birth_date, tuple(phone.msisdn for phone in one.numbers), one.id_hash, one.source_id)
        for one in arrivals
    ]
    gone = erased_keys(uow, {key for mine in keys for key in mine})
    return [one for one, mine in zip(arrivals, keys, strict=True) if not mine & gone]


def enter(uow: UnitOfWork, arrivals: Sequence[Arrival], origin: Origin) -> Entered:
    """Enter these people with home, residence, numbers, consent and where it all comes from; the search finds them.

    About fifteen statements however many there are. Raises what `dwellings.ensure` raises.
    """
    if not arrivals:
        return Entered([], {})
    uow.session.flush()
    homes, made = _homes(uow, [one.home for one in arrivals])
    flags.forget_those_before_all(uow, homes.values())
    ids = _next_ids(uow, len(arrivals))
    people = list(zip(ids, arrivals, strict=True))
    copy_in(
        uow.session,
        Person,
        (
            *("id", "source_id", "name", "sex", "birth_date", "lang", "access_need", "household_id", "id_hash"),
            *("id_last4", "registered_place", "nationality"),
        ),
        (
            (
                *(number, one.source_id, one.name, one.sex, one.birth_date, one.lang, one.access_need),
                *(homes[one.home], one.id_hash, one.id_last4, one.registered_place, one.nationality),
            )
            for number, one in people
        ),
    )
    copy_in(
        uow.session,
        Residence,
        ("person_id", "household_id", "kind", "from_on"),
        ((number, homes[one.home], one.residence_kind.value, one.living_since) for number, one in people),
    )
    copy_in(
        uow.session,
        Contact,
        ("person_id", "msisdn", "extension", "kind"),
        ((number, tel.msisdn, tel.extension, tel.kind.value) for number, one in people for tel in one.numbers),
    )
    _note(uow, [(number, one.said, sorted(one.said), {}, one.row_no) for number, one in people], origin)
    told = [(number, one.numbers[0].msisdn if one.numbers else "", one.has_consent) for number, one in people]
    _consent(uow, told, origin)
    _heads(uow, {homes[one.home]: number for number, one in people if one.is_head})
    search.reindex(uow, ids)
    return Entered(ids, made)


def change(uow: UnitOfWork, changes: Sequence[Change], origin: Origin) -> Entered:
    """Take these values over, each with what stood there before. Returns the ids in order, and places made."""
    if not changes:
        return Entered([], {})
    session = uow.session
    session.flush()
    homes, made = _homes(uow, [one.home for one in changes if one.home is not None])
    if new := [{"id": one.person_id, **one.values} for one in changes if one.values]:
        session.execute(update(Person), new)
    _make_room(uow, [one.person_id for one in changes if one.home is not None], homes.values())
    _move(uow, [one for one in changes if one.home is not None], homes, origin)
    for one in changes:
        if one.residence and one.home is None:
            session.execute(
                update(Residence)
                .where(Residence.person_id == one.person_id, Residence.until_on.is_(None))
                .values(**one.residence)
            )
    insert_missing(
        session,
        Contact,
        [
            {"person_id": one.person_id, "msisdn": tel.msisdn, "kind": tel.kind, "extension": tel.extension}
            for one in changes
            for tel in one.numbers
        ],
        "person_id",
        "msisdn",
    )
    _note(uow, [(one.person_id, one.said, one.taken, one.before, one.row_no) for one in changes], origin)
    _consent(uow, [(one.person_id, one.consent_of, one.has_consent) for one in changes], origin)
    _heads(uow, _new_heads(uow, [one.person_id for one in changes if one.is_head]))
    session.expire_all()
    ids = [one.person_id for one in changes]
    search.reindex(uow, ids)
    return Entered(ids, made)


def _homes(uow: UnitOfWork, homes: Iterable[Home]) -> tuple[dict[Home, int], dict[str, list[int]]]:
    """The household of each home, and what had to be made: rows of this very transaction behind the last known id."""
    kinds: dict[str, type[Building | Dwelling | Household]] = {
        "building": Building,
        "dwelling": Dwelling,
        "household": Household,
    }
    last = {kind: uow.session.scalar(select(func.coalesce(func.max(table.id), 0))) for kind, table in kinds.items()}
    found = dwellings.ensure(uow, homes)
    made = {
        kind: list(
            uow.session.scalars(select(table.id).where(table.id > last[kind], text("xmin = pg_current_xact_id()::xid")))
        )
        for kind, table in kinds.items()
    }
    return found, {kind: ids for kind, ids in made.items() if ids}


def _make_room(uow: UnitOfWork, moving: Collection[int], home_ids: Iterable[int]) -> None:
    """What was noted of people before does not wait for those who move in; who comes back finds it as it was."""
    if moving:
        own = set(uow.session.scalars(select(Person.household_id).where(Person.id.in_(moving))))
        flags.forget_those_before_all(uow, set(home_ids) - own)


def _next_ids(uow: UnitOfWork, count: int) -> list[int]:
    drawn = text("select nextval(pg_get_serial_sequence('persons', 'id')) from generate_series(1, :count)")
    return list(uow.session.scalars(drawn, {"count": count}))


def _note(
    uow: UnitOfWork,
    notes: Iterable[tuple[int, Mapping[str, str], Sequence[str], Mapping[str, Any], int | None]],
    origin: Origin,
) -> None:
    copy_in(
        uow.session,
        Provenance,
        ("person_id", "source", "batch_id", "row_no", "as_of", "at", "said", "taken", "before"),
        (
            (
                *(person_id, origin.source, origin.batch_id, row_no, origin.as_of, uow.now),
                *(Jsonb(dict(said)), Jsonb(list(taken)), Jsonb(dict(before))),
            )
            for person_id, said, taken, before, row_no in notes
        ),
    )


def _consent(uow: UnitOfWork, told: Iterable[tuple[int, str, bool | None]], origin: Origin) -> None:
    """Write down what a list says of consent, for one number of each person. A number with any history, or one that
    was stopped, keeps what its owner said; only a withdrawal is taken over, since the stricter wish counts, also
    where two people of a list share a number."""
    wishes: dict[str, tuple[int, bool]] = {}
    for person_id, msisdn, has_consent in told:
        if msisdn and has_consent is not None and (msisdn not in wishes or not has_consent):
            wishes[msisdn] = person_id, has_consent
    latest = consents.notices_wished(uow, wishes)
    new = [
        (msisdn, person_id, Purpose.NOTICE.value, is_given, uow.now, origin.evidence, uow.actor)
        for msisdn, (person_id, is_given) in wishes.items()
        if msisdn not in latest or (latest[msisdn] and not is_given)
    ]
    copy_in(uow.session, Consent, ("msisdn", "person_id", "purpose", "is_given", "at", "evidence", "actor"), new)


def _any(words: Iterable[str]) -> Any:
    return any_(literal(list(words), ARRAY(String)))


def _heads(uow: UnitOfWork, heads: Mapping[int, int]) -> None:
    """Household to the person who is its head, where it has none."""
    if heads:
        uow.session.execute(
            text(
                "update households h set head_id = n.person_id "
                "from unnest(cast(:homes as int[]), cast(:persons as int[])) as n (home_id, person_id) "
                "where h.id = n.home_id and h.head_id is null"
            ),
            {"homes": list(heads), "persons": list(heads.values())},
        )


def _new_heads(uow: UnitOfWork, person_ids: Collection[int]) -> dict[int, int]:
    if not person_ids:
        return {}
    rows = uow.session.execute(select(Person.household_id, Person.id).where(Person.id.in_(person_ids)))
    return dict(rows.all())


MOVE = (
    "update households set head_id = null where head_id = any(:ids)",
    "update residences r set until_on = greatest(n.day, r.from_on) "
    "from unnest(cast(:ids as int[]), cast(:days as date[])) as n (id, day) "
    "where r.person_id = n.id and r.until_on is null",
    "update persons p set household_id = n.home_id, left_on = null "
    "from unnest(cast(:ids as int[]), cast(:homes as int[])) as n (id, home_id) where p.id = n.id",
)
ASK_AGAIN = """
insert into consents (msisdn, person_id, purpose, channel, is_given, at, evidence, wording_version, actor)
select distinct on (c.msisdn) c.msisdn, c.person_id, 'notice', 'sms', false, :now, :evidence, '', :actor
from contacts c
where c.person_id = any(:ids)
  and not exists (select from contacts o
                  where o.msisdn = c.msisdn and o.person_id <> all(:ids) and o.wrong_since is null)
  and (select x.is_given from consents x where x.msisdn = c.msisdn and x.purpose = 'notice' and x.channel = 'sms'
       order by x.at desc, x.id desc limit 1)
"""
"""Consent to notices does not move along to another committee: it has to be asked for again."""


def _move(uow: UnitOfWork, moving: Sequence[Change], homes: Mapping[Home, int], origin: Origin) -> None:
    """End the residences that go on, begin the next, in one step; history is kept."""
    if not moving:
        return
    told = {
        "ids": [one.person_id for one in moving],
        "days": [one.moved_on for one in moving],
        "homes": [homes[one.home] for one in moving if one.home is not None],
    }
    for statement in MOVE:
        uow.session.execute(text(statement), {name: told[name] for name in told if f":{name}" in statement})
    copy_in(
        uow.session,
        Residence,
        ("person_id", "household_id", "kind", "from_on"),
        (
            (one.person_id, homes[one.home], one.residence.get("kind", ResidenceKind.UNKNOWN.value), one.moved_on)
            for one in moving
            if one.home is not None
        ),
    )
    elsewhere = [
        one.person_id for one in moving if one.home is not None and one.before.get("community_code", "") != one.home[0]
    ]
    uow.session.execute(
        text(ASK_AGAIN),
        {"ids": elsewhere, "now": uow.now, "evidence": f"{origin.evidence}:moved", "actor": uow.actor},
    )


def _arrival(line: ResidentLine) -> Arrival:
    numbers = [(line.mobile, ContactKind.MOBILE), (line.landline, ContactKind.FIXED)]
    said = {
        "name": line.name,
        "sex": line.sex,
        "birth_date": line.birth_date.isoformat() if line.birth_date else "",
        "community_code": line.community_code,
        "address": line.address,
        "mobile": line.mobile or "",
        "landline": line.landline or "",
        "lang": line.lang,
        "access_need": line.access_need or "",
        "consent": {True: "granted", False: "withdrawn", None: ""}[line.has_consent],
    }
    return Arrival(
        name=line.name,
        home=(line.community_code, line.address),
        said={name: value for name, value in said.items() if value},
        source_id=line.source_id,
        sex=line.sex,
        birth_date=line.birth_date,
        lang=line.lang,
        access_need=line.access_need or None,
        numbers=tuple(Number(msisdn, kind) for msisdn, kind in numbers if msisdn),
        has_consent=line.has_consent,
    )
