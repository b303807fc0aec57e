"""What the card of a household and of a person shows of the directory, in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, String, column, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased, joinedload

from directory.errors import HouseholdNotFound
from directory.models import (
    Contact,
    Correction,
    Dwelling,
    Flag,
    Household,
    Jurisdiction,
    Label,
    Person,
    Provenance,
    Residence,
    Suppression,
)
from directory.queries import consents
from directory.queries.consents import ConsentLine
from directory.queries.people import flags_of
from directory.queries.places import jurisdiction_path
from directory.queries.scoping import within
from directory.scope import Scope

PERSONS = 50
"""Persons on one card; a hostel has more and is paged."""
HISTORY = 50
"""Lines of what sources said on one page of a person."""
FORMER = 20


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a person with what its owner agreed to."""

    contact: Contact
    owner: Person | None  # whose telephone it is, when another's whom the reader may see
    others: int  # how many other persons use it
    wishes: tuple[ConsentLine, ...]  # newest first
    stops: tuple[Suppression, ...]


@dataclass(frozen=True, slots=True)
class SourceOf:
    """Where a value that stands now comes from."""

    field: str
    value: str
    source: str
    batch_id: int | None
    as_of: date | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PersonFile:
    """One person with his numbers, his homes and where his values come from, also of rows merged into him."""

    person: Person
    ids: tuple[int, ...]  # his own and those merged into him
    numbers: tuple[Number, ...]
    residences: tuple[Residence, ...]  # the newest first
    sources: tuple[SourceOf, ...]
    mistakes: tuple[Correction, ...]  # told and not yet settled
    helped: tuple[Person, ...]  # who named him to get their messages


@dataclass(frozen=True, slots=True)
class HouseholdCard:
    """One household whole."""

    household: Household
    path: tuple[Jurisdiction, ...]
    flags: tuple[Flag, ...]
    files: tuple[PersonFile, ...]
    count: int  # persons, also those on further pages
    former: tuple[Residence, ...]  # of those who live here no more


def household_card(session: Session, scope: Scope, household_id: int, *, today: date, offset: int = 0) -> HouseholdCard:
    """A household with a page of its persons from `offset` on. Raises HouseholdNotFound, also outside the scope."""
    home = session.scalar(
        select(Household)
        .where(Household.id == household_id, within(Household.community_code, scope))
        .options(joinedload(Household.community), joinedload(Household.dwelling).joinedload(Dwelling.building))
    )
    if home is None:
        raise HouseholdNotFound
    mine = _standing().where(Person.household_id == home.id)
    persons = session.scalars(
        mine.options(joinedload(Person.helper).joinedload(Person.household))
        .order_by(
            Person.id != func.coalesce(home.head_id, 0),
            or_(Person.died_on.is_not(None), Person.left_on.is_not(None)),
            Person.id,
        )
        .limit(PERSONS)
        .offset(offset)
    ).all()
    return HouseholdCard(
        household=home,
        path=tuple(jurisdiction_path(session, home.community_code)),
        flags=tuple(flags_of(session, scope, home.id, today)),
        files=person_files(session, scope, persons),
        count=session.scalar(select(func.count()).select_from(mine.subquery())) or 0,
        former=tuple(session.scalars(_former(home.id))),
    )


def person_files(session: Session, scope: Scope, persons: Sequence[Person]) -> tuple[PersonFile, ...]:
    """The files of persons whom the reader may see, in the same order. The same number of statements for any count."""
    clusters = _clusters(session, [person.id for person in persons])
    kept_of = {one: kept for kept, ids in clusters.items() for one in ids}
    numbers = _numbers(session, scope, kept_of)
    homes: dict[int, list[Residence]] = defaultdict(list)
    for residence in session.scalars(
        select(Residence)
        .where(Residence.person_id.in_(kept_of))
        .options(joinedload(Residence.household).joinedload(Household.community))
        .order_by(Residence.until_on.is_not(None), Residence.from_on.desc().nulls_last(), Residence.id.desc())
    ):
        homes[kept_of[residence.person_id]].append(residence)
    sources = _sources(session, kept_of)
    mistakes: dict[int, list[Correction]] = defaultdict(list)
    for told in session.scalars(
        select(Correction)
        .where(Correction.person_id.in_(kept_of), Correction.settled_at.is_(None))
        .order_by(Correction.id)
    ):
        mistakes[kept_of[told.person_id]].append(told)
    helped: dict[int, list[Person]] = defaultdict(list)
    for one in session.scalars(
        _standing()
        .join(Household, Household.id == Person.household_id)
        .where(Person.helper_id.in_(kept_of), within(Household.community_code, scope))
        .order_by(Person.id)
    ):
        helped[kept_of[one.helper_id or 0]].append(one)
    return tuple(
        PersonFile(
            person=person,
            ids=tuple(clusters[person.id]),
            numbers=tuple(numbers[person.id]),
            residences=tuple(homes[person.id]),
            sources=tuple(sources[person.id]),
            mistakes=tuple(mistakes[person.id]),
            helped=tuple(helped[person.id]),
        )
        for person in persons
    )


def history(session: Session, scope: Scope, person_id: int, before: int | None = None) -> list[Provenance]:
    """A page of what sources said of a person, also what lost, the newest first; `before` is the last id seen."""
    mine = aliased(Person)
    wanted = (
        select(Provenance)
        .join(mine, mine.id == Provenance.person_id)
        .join(Person, Person.id == func.coalesce(mine.merged_into_id, mine.id))
        .join(Household, Household.id == Person.household_id)
        .where(Person.id == person_id, within(Household.community_code, scope))
        .order_by(Provenance.id.desc())
        .limit(HISTORY)
    )
    if before is not None:
        wanted = wanted.where(Provenance.id < before)
    return list(session.scalars(wanted))


def labels_of(session: Session, scope: Scope, person_id: int) -> list[Label]:
    """The sensitive labels of a person, those that hold first. For readers with the right to see labels only."""
    mine = aliased(Person)
    return list(
        session.scalars(
            select(Label)
            .join(mine, mine.id == Label.person_id)
            .join(Person, Person.id == func.coalesce(mine.merged_into_id, mine.id))
            .join(Household, Household.id == Person.household_id)
            .where(Person.id == person_id, within(Household.community_code, scope))
            .order_by(Label.ended_at.is_not(None), Label.id.desc())
        )
    )


def labels_due(
    session: Session, scope: Scope, by: date, after: tuple[date, int] | None = None, limit: int = 50
) -> list[tuple[Label, Person]]:
    """Labels that have to be looked at by a day, the most overdue first, with the person and his home."""
    mine = aliased(Person)
    wanted = (
        select(Label, Person)
        .join(mine, mine.id == Label.person_id)
        .join(Person, Person.id == func.coalesce(mine.merged_into_id, mine.id))
        .join(Household, Household.id == Person.household_id)
        .where(
            Label.ended_at.is_(None),
            Label.review_by <= by,
            Person.erased_at.is_(None),
            within(Household.community_code, scope),
        )
        .options(joinedload(Person.household).joinedload(Household.community))
        .order_by(Label.review_by, Label.id)
        .limit(limit)
    )
    if after is not None:
        day, last = after
        wanted = wanted.where(or_(Label.review_by > day, (Label.review_by == day) & (Label.id > last)))
    return [(row[0], row[1]) for row in session.execute(wanted)]


def _standing() -> Select[Any]:
    """Persons that are rows of their own: not merged into another, not erased. The dead and the gone stay on cards."""
    return select(Person).where(Person.merged_into_id.is_(None), Person.erased_at.is_(None))


def _former(household_id: int) -> Select[Any]:
    """The last homes here of people who live elsewhere now."""
    return (
        select(Residence)
        .join(Person, Person.id == Residence.person_id)
        .where(
            Residence.household_id == household_id,
            Residence.until_on.is_not(None),
            Person.household_id != household_id,
            Person.merged_into_id.is_(None),
            Person.erased_at.is_(None),
        )
        .options(joinedload(Residence.person))
        .order_by(Residence.until_on.desc(), Residence.id.desc())
        .limit(FORMER)
    )


def _clusters(session: Session, ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of each person's rows: his own first, then those merged into him."""
    found = {one: [one] for one in ids}
    absorbed = session.execute(
        select(Person.merged_into_id, Person.id).where(Person.merged_into_id.in_(ids)).order_by(Person.id)
    )
    for kept, gone in absorbed:
        found[kept or gone].append(gone)
    return found


def _numbers(session: Session, scope: Scope, kept_of: dict[int, int]) -> dict[int, list[Number]]:
    rows = session.scalars(select(Contact).where(Contact.person_id.in_(kept_of)).order_by(Contact.id)).all()
    listed = {row.msisdn for row in rows}
    mine = aliased(Person)
    kept = func.coalesce(mine.merged_into_id, mine.id)
    users = {
        row.msisdn: row.users
        for row in session.execute(
            select(Contact.msisdn, func.count(kept.distinct()).label("users"))
            .join(mine, mine.id == Contact.person_id)
            .where(Contact.msisdn.in_(listed), Contact.wrong_since.is_(None), mine.erased_at.is_(None))
            .group_by(Contact.msisdn)
        )
    }
    owners = {
        one.id: one
        for one in session.scalars(
            _standing()
            .join(Household, Household.id == Person.household_id)
            .where(Person.id.in_({row.owner_id for row in rows}), within(Household.community_code, scope))
        )
    }
    wishes: dict[str, list[ConsentLine]] = defaultdict(list)
    for line in consents.history(session, listed):
        wishes[line.msisdn].append(line)
    stops: dict[str, list[Suppression]] = defaultdict(list)
    for stop in consents.stops(session, listed):
        stops[stop.msisdn].append(stop)
    found: dict[int, list[Number]] = defaultdict(list)
    seen: set[tuple[int, str]] = set()
    for row in rows:
        owner = kept_of[row.person_id]
        if (owner, row.msisdn) in seen:
            continue  # the same number on two merged rows
        seen.add((owner, row.msisdn))
        others = users.get(row.msisdn, 0) - (row.wrong_since is None)
        found[owner].append(
            Number(
                row, owners.get(row.owner_id or 0), max(others, 0), tuple(wishes[row.msisdn]), tuple(stops[row.msisdn])
            )
        )
    return found


def _sources(session: Session, kept_of: dict[int, int]) -> dict[int, list[SourceOf]]:
    """The newest source that was taken for each field of each person."""
    taken = func.jsonb_array_elements_text(Provenance.taken).table_valued(column("value", String))
    field = taken.c.value
    kept = func.coalesce(Person.merged_into_id, Person.id)
    newest = (
        select(
            kept,
            field,
            Provenance.said,
            Provenance.source,
            Provenance.batch_id,
            Provenance.as_of,
            Provenance.at,
        )
        .select_from(Provenance)
        .join(Person, Person.id == Provenance.person_id)
        .join(taken, true())
        .where(Provenance.person_id.in_(kept_of))
        .ext(distinct_on(kept, field))
        .order_by(kept, field, Provenance.at.desc(), Provenance.id.desc())
    )
    found: dict[int, list[SourceOf]] = defaultdict(list)
    for owner, name, said, source, batch_id, as_of, at in session.execute(newest):
        found[owner].append(SourceOf(name, str(said.get(name) or ""), source, batch_id, as_of, at))
    return found
