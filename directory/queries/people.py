"""Reads of persons, households and their numbers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from directory import caller as recognition
from directory import language
from directory.caller import Caller, PersonCard
from directory.errors import HouseholdNotFound
from directory.models import Contact, ContactKind, Household, Person
from directory.queries.places import names
from directory.queries.scoping import within
from directory.scope import Scope


def persons_of(session: Session, msisdn: str) -> list[Person]:
    """Everybody known by this E.164 number, with household, community and numbers, in the order they were entered."""
    return list(
        session.scalars(
            select(Person)
            .where(Person.id.in_(_owners(msisdn)))
            .options(joinedload(Person.household).joinedload(Household.community), selectinload(Person.contacts))
            .order_by(Person.id)
        )
    )


def caller(session: Session, msisdn: str | None, *, today: date, from_age: int) -> Caller:
    """Who calls. None (withheld) and unknown numbers give a caller without persons, never an error.

    `today` is the day in the city (`uow.local_now.date()`), `from_age` is `policy.ivr.prefer_person_from_age`.
    """
    persons = tuple(card(person) for person in persons_of(session, msisdn)) if msisdn else ()
    return recognition.recognise(msisdn or None, persons, today=today, from_age=from_age)


def person_card(session: Session, person_id: int) -> PersonCard | None:
    """One person by id, for a call that has learnt who is speaking."""
    person = session.get(Person, person_id)
    return card(person) if person is not None else None


def card(person: Person) -> PersonCard:
    """What a call or text needs of a person."""
    community = person.household.community
    return PersonCard(
        person_id=person.id,
        name=person.name,
        lang=language.of_person(person.lang),
        speaks=person.lang,
        household_id=person.household_id,
        address=person.household.address,
        community_code=community.code,
        community_name=names(community),
        birth_date=person.birth_date,
        access_need=person.access_need,
        mobile=next(
            (one.msisdn for one in person.contacts if one.kind is ContactKind.MOBILE and one.wrong_since is None), None
        ),
    )


def _owners(msisdn: str) -> Select[int]:
    """Ids of the persons behind a number. One who was merged into another answers as that one."""
    mine = aliased(Person)
    return (
        select(func.coalesce(mine.merged_into_id, mine.id))
        .join(Contact, Contact.person_id == mine.id)
        .where(Contact.msisdn == msisdn, Contact.wrong_since.is_(None), mine.erased_at.is_(None))
    )


def household(session: Session, scope: Scope, household_id: int) -> Household:
    """One household with its persons and their numbers. Raises HouseholdNotFound, also outside the scope."""
    found = session.scalar(
        select(Household)
        .where(Household.id == household_id, within(Household.community_code, scope))
        .options(joinedload(Household.community), selectinload(Household.persons).selectinload(Person.contacts))
    )
    if found is None:
        raise HouseholdNotFound
    return found


def household_numbers(session: Session, household_id: int) -> frozenset[str]:
    """Every number in use in a household: any of them may ask about the household's tickets."""
    return frozenset(
        session.scalars(
            select(Contact.msisdn)
            .join(Person, Person.id == Contact.person_id)
            .where(Person.household_id == household_id, Contact.wrong_since.is_(None))
        )
    )


def is_textable(session: Session, msisdn: str) -> bool | None:
    """Whether the list knows the number as a mobile (True) or a landline (False); None when it does not know it."""
    kinds = set(session.scalars(select(Contact.kind).where(Contact.msisdn == msisdn)))
    return ContactKind.MOBILE in kinds if kinds else None
