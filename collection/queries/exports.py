"""Reads of people and households that go out, a page at a time: a slow reader holds no transaction open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ARRAY, BigInteger, ColumnElement, and_, any_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from directory.models import Contact, ContactKind, Household, Jurisdiction, Person
from directory.queries.borders import is_home
from directory.queries.scoping import within
from directory.scope import Scope

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PersonOut:
    """One person as he goes out. Labels and identity never do."""

    person_id: int
    name: str
    sex: str
    birth_date: date | None
    community_code: str
    community: dict[str, str]
    address: str
    mobiles: tuple[str, ...]
    landlines: tuple[str, ...]
    lang: str
    access_need: str
    is_head: bool


@dataclass(frozen=True, slots=True)
class HouseholdOut:
    """One household as it goes out."""

    household_id: int
    community_code: str
    community: dict[str, str]
    address: str
    persons: int
    head: str


def count_people(session: Session, scope: Scope, within_code: str) -> int:
    """How many people an export of this place holds."""
    counted = select(func.count(Person.id)).join(Household, Household.id == Person.household_id)
    return session.scalar(counted.where(*_there(scope, within_code), *_living())) or 0


def count_households(session: Session, scope: Scope, within_code: str) -> int:
    """How many households an export of this place holds."""
    return session.scalar(select(func.count(Household.id)).where(is_home(), *_there(scope, within_code))) or 0


def people(session: Session, scope: Scope, within_code: str, after: int) -> Sequence[PersonOut]:
    """The next thousand people behind an id, with their numbers and those of rows merged into them; two statements."""
    rows = session.execute(
        select(
            Person.id,
            Person.name,
            Person.sex,
            Person.birth_date,
            Person.lang,
            Person.access_need,
            Household.community_code,
            Household.address,
            Household.head_id,
            Jurisdiction.name_zh,
            Jurisdiction.name_en,
        )
        .join(Household, Household.id == Person.household_id)
        .join(Jurisdiction, Jurisdiction.code == Household.community_code)
        .where(Person.id > after, *_there(scope, within_code), *_living())
        .order_by(Person.id)
        .limit(AT_ONCE)
    ).all()
    numbers = _numbers(session, [row.id for row in rows])
    return [
        PersonOut(
            person_id=row.id,
            name=row.name,
            sex=row.sex,
            birth_date=row.birth_date,
            community_code=row.community_code,
            community={"zh": row.name_zh, "en": row.name_en},
            address=row.address,
            mobiles=tuple(numbers.get((row.id, ContactKind.MOBILE), ())),
            landlines=tuple(numbers.get((row.id, ContactKind.FIXED), ())),
            lang=row.lang,
            access_need=row.access_need.value if row.access_need else "",
            is_head=row.head_id == row.id,
        )
        for row in rows
    ]


def _numbers(session: Session, ids: Sequence[int]) -> dict[tuple[int, ContactKind], list[str]]:
    """The numbers of these people by whose and which kind, each once; their own before those of merged rows."""
    found: dict[tuple[int, ContactKind], list[str]] = {}
    wanted = literal(ids, ARRAY(BigInteger))  # one array: see core.bulk
    kept = func.coalesce(Person.merged_into_id, Person.id)
    for person_id, kind, msisdn in session.execute(
        select(kept, Contact.kind, Contact.msisdn)
        .join(Person, Person.id == Contact.person_id)
        .where(or_(Person.id == any_(wanted), Person.merged_into_id == any_(wanted)), Contact.wrong_since.is_(None))
        .order_by(Person.merged_into_id.is_not(None), Contact.id)
    ):
        known = found.setdefault((person_id, kind), [])
        if msisdn not in known:
            known.append(msisdn)
    return found


def households(session: Session, scope: Scope, within_code: str, after: int) -> Sequence[HouseholdOut]:
    """The next thousand households behind an id, with how many live there; one statement."""
    head = aliased(Person)
    rows = session.execute(
        select(Household, Jurisdiction, head.name, _living_there())
        .join(Jurisdiction, Jurisdiction.code == Household.community_code)
        .outerjoin(head, and_(head.id == Household.head_id, head.household_id == Household.id, *_living(head)))
        .where(Household.id > after, is_home(), *_there(scope, within_code))
        .order_by(Household.id)
        .limit(AT_ONCE)
    ).all()
    return [
        HouseholdOut(
            household_id=home.id,
            community_code=home.community_code,
            community={"zh": place.name_zh, "en": place.name_en},
            address=home.address,
            persons=persons,
            head=head_name or "",
        )
        for home, place, head_name, persons in rows
    ]


def _living_there() -> ColumnElement[int]:
    return select(func.count(Person.id)).where(Person.household_id == Household.id, *_living()).scalar_subquery()


def _there(scope: Scope, within_code: str) -> tuple[ColumnElement[bool], ...]:
    return within(Household.community_code, scope), Household.community_code.startswith(within_code, autoescape=True)


def _living(person: type[Person] = Person) -> tuple[ColumnElement[bool], ...]:
    return (
        person.merged_into_id.is_(None),
        person.erased_at.is_(None),
        person.died_on.is_(None),
        person.left_on.is_(None),
    )
