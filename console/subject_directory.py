"""What the directory holds about a person, with the source of each value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from console.privacy import without_numbers_of_others
from console.subject_facts import Fact, Section, facts, rows_of
from directory.events import Traces
from directory.models import (
    Contact,
    Correction,
    Flag,
    Household,
    Jurisdiction,
    Label,
    Merge,
    Person,
    Provenance,
    Residence,
)
from directory.queries import consents

OF_PERSON = (
    "name",
    "sex",
    "birth_date",
    "lang",
    "access_need",
    "id_last4",
    "registered_place",
    "nationality",
    "died_on",
    "left_on",
)
FIELD_OF_SOURCE = {"id_last4": "identity", "home": "address"}
"""Where a column and its word in the rows of provenance differ."""


def of_directory(session: Session, traces: Traces) -> list[Section]:
    """The sections of the directory."""
    ids = traces.person_ids
    persons = list(session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)))
    rows = list(session.scalars(select(Provenance).where(Provenance.person_id.in_(ids)).order_by(Provenance.id)))
    source = _sources(rows)
    names = {
        person.id: person.name
        for person in session.scalars(
            select(Person).where(Person.id.in_([one.helper_id for one in persons if one.helper_id is not None]))
        )
    }
    homes = _homes(session, persons, ids)
    return [
        Section("person", [_person(person, source, names, homes) for person in persons]),
        Section("homes", [*_residences(session, ids, homes), *_heads(homes, ids)]),
        Section("numbers", _numbers(session, ids, source)),
        Section("consents", _consents(session, traces)),
        Section("labels", [_label(one, traces.numbers) for one in rows_of(session, Label, ids)]),
        Section("flags", _flags(session, homes, persons, traces.numbers)),
        Section("corrections", [_correction(one) for one in rows_of(session, Correction, ids)]),
        Section("merges", _merges(session, ids)),
        Section("sources", [_provenance(row, traces.numbers) for row in rows]),
    ]


def _sources(rows: Sequence[Provenance]) -> dict[tuple[int, str], str]:
    """By person and field, which source's value was written last."""
    found: dict[tuple[int, str], str] = {}
    for row in rows:
        for field in row.taken:
            found[row.person_id, str(field)] = " · ".join(
                filter(None, (row.source, row.as_of.isoformat() if row.as_of else ""))
            )
    return found


def _homes(
    session: Session, persons: Sequence[Person], ids: Iterable[int]
) -> dict[int, tuple[Household, Jurisdiction]]:
    lived = select(Residence.household_id).where(Residence.person_id.in_(ids))
    found = session.execute(
        select(Household, Jurisdiction)
        .join(Jurisdiction, Jurisdiction.code == Household.community_code)
        .where(or_(Household.id.in_([one.household_id for one in persons]), Household.id.in_(lived)))
    )
    return {home.id: (home, place) for home, place in found}


def _person(
    person: Person,
    source: Mapping[tuple[int, str], str],
    names: Mapping[int, str],
    homes: Mapping[int, tuple[Household, Jurisdiction]],
) -> list[Fact]:
    home, place = homes[person.household_id]
    values = {name: getattr(person, name) for name in OF_PERSON}
    values |= {"home": f"{place.name_zh} {home.address}", "helper": names.get(person.helper_id or 0, "")}
    values |= {"list_id": person.source_id, "has_identity_hash": True if person.id_hash else None}
    return [
        Fact(fact.name, fact.value, source.get((person.id, FIELD_OF_SOURCE.get(fact.name, fact.name)), ""))
        for fact in facts(values)
    ]


def _residences(
    session: Session, ids: Iterable[int], homes: Mapping[int, tuple[Household, Jurisdiction]]
) -> list[list[Fact]]:
    return [
        facts(
            {
                "home": f"{homes[one.household_id][1].name_zh} {homes[one.household_id][0].address}",
                "as": one.kind,
                "from": one.from_on,
                "until": one.until_on,
            }
        )
        for one in rows_of(session, Residence, ids)
    ]


def _heads(homes: Mapping[int, tuple[Household, Jurisdiction]], ids: Collection[int]) -> list[list[Fact]]:
    return [
        facts({"home": f"{place.name_zh} {home.address}", "is_head": True})
        for home, place in homes.values()
        if home.head_id in ids
    ]


def _numbers(session: Session, ids: Iterable[int], source: Mapping[tuple[int, str], str]) -> list[list[Fact]]:
    found = []
    for one in rows_of(session, Contact, ids):
        field = "landline" if one.kind == "fixed" else "mobile"
        values = {
            "extension": one.extension,
            "kind": one.kind,
            "label": one.label,
            "is_of_another": True if one.owner_id else None,
            "verified_at": one.verified_at,
            "verified_how": one.verified_how,
            "wrong_since": one.wrong_since,
        }
        found.append([Fact("number", one.msisdn, source.get((one.person_id, field), "")), *facts(values)])
    return found


def _consents(session: Session, traces: Traces) -> list[list[Fact]]:
    told = [
        facts(
            {
                "number": line.msisdn,
                "purpose": line.purpose,
                "channel": line.channel,
                "is_given": line.is_given,
                "at": line.at,
                "evidence": line.evidence,
                "wording_version": line.wording_version,
            }
        )
        for line in consents.history(session, traces.numbers)
    ]
    stopped = [
        facts({"number": row.msisdn, "channel": row.channel, "stopped": row.scope, "at": row.since})
        for row in consents.stops(session, traces.numbers)
    ]
    return [*told, *stopped]


def _label(one: Label, own: Collection[str]) -> list[Fact]:
    return facts(
        {
            "kind": one.kind,
            "basis": without_numbers_of_others(one.basis, own),
            "from": one.from_on,
            "review_by": one.review_by,
            "until": one.ended_at,
        }
    )


def _flags(
    session: Session,
    homes: Mapping[int, tuple[Household, Jurisdiction]],
    persons: Sequence[Person],
    own: Collection[str],
) -> list[list[Fact]]:
    """What is noted of the households in which he is now."""
    now = sorted({person.household_id for person in persons if person.merged_into_id is None})
    notes = [
        facts({"kind": "note", "words": without_numbers_of_others(home.note, own), "lang": home.lang})
        for home in (homes[number][0] for number in now)
        if home.note or home.lang
    ]
    flags = session.scalars(select(Flag).where(Flag.household_id.in_(now)).order_by(Flag.id))
    return notes + [
        facts(
            {
                "kind": one.kind,
                "words": without_numbers_of_others(one.note, own),
                "at": one.added_at,
                "expires_on": one.expires_on,
                "until": one.ended_at,
            }
        )
        for one in flags
    ]


def _correction(one: Correction) -> list[Fact]:
    return facts({"words": one.words, "at": one.told_at, "is_right": one.is_right, "settled_at": one.settled_at})


def _merges(session: Session, ids: Iterable[int]) -> list[list[Fact]]:
    found = session.scalars(select(Merge).where(or_(Merge.kept_id.in_(ids), Merge.gone_id.in_(ids))).order_by(Merge.id))
    return [facts({"at": one.at, "kept": one.kept_id, "gone": one.gone_id, "until": one.undone_at}) for one in found]


def _provenance(row: Provenance, own: Collection[str]) -> list[Fact]:
    """What a source said, and what stood there before."""
    told = {f"said_{name}": value for name, value in row.said.items()}
    told |= {f"before_{name}": value for name, value in row.before.items()}
    words = {name: without_numbers_of_others(str(value), own) for name, value in told.items() if value}
    return facts({"source": row.source, "row": row.row_no, "as_of": row.as_of, "at": row.at, **words})
