"""Reads of places, persons and households."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from directory import caller as recognition
from directory import language, place_words
from directory.caller import Caller, PersonCard
from directory.errors import HouseholdNotFound, PlaceNotFound
from directory.jurisdiction import Level, level_of, path
from directory.models import Contact, ContactKind, Household, Jurisdiction, Person
from directory.scope import Scope


def persons_of(session: Session, msisdn: str) -> list[Person]:
    """Everybody known by this E.164 number, with household, community and numbers, in the order they were entered."""
    return list(
        session.scalars(
            select(Person)
            .where(
                Person.id.in_(select(Contact.person_id).where(Contact.msisdn == msisdn, Contact.wrong_since.is_(None)))
            )
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
            .join(Person)
            .where(Person.household_id == household_id, Contact.wrong_since.is_(None))
        )
    )


def is_textable(session: Session, msisdn: str) -> bool | None:
    """Whether the list knows the number as a mobile (True) or a landline (False); None when it does not know it."""
    kinds = set(session.scalars(select(Contact.kind).where(Contact.msisdn == msisdn)))
    return ContactKind.MOBILE in kinds if kinds else None


def place_names(session: Session, code: str) -> dict[str, str]:
    """The name of a place in zh and en; two empty names for the empty code (place not known).

    Raises PlaceNotFound for a code that is not in the tree.
    """
    if not code:
        return {"zh": "", "en": ""}
    place = session.get(Jurisdiction, code)
    if place is None:
        raise PlaceNotFound(code)
    return names(place)


def names(place: Jurisdiction) -> dict[str, str]:
    """The names of a place by language."""
    return {"zh": place.name_zh, "en": place.name_en}


def names_of(session: Session, codes: Collection[str]) -> dict[str, dict[str, str]]:
    """Names in zh and en of many places in one statement; codes that are not in the tree are left out."""
    if not codes:
        return {}
    return {place.code: names(place) for place in session.scalars(_places(codes))}


def jurisdiction_path(session: Session, code: str) -> list[Jurisdiction]:
    """The places from the city down to this one. Raises PlaceNotFound."""
    places = list(session.scalars(_places(path(code)).order_by(Jurisdiction.code)))
    if not places or places[-1].code != code:
        raise PlaceNotFound(code)
    return places


def communities(session: Session, scope: Scope) -> list[Jurisdiction]:
    """The communities and villages that a reader sees, by code."""
    return [
        place
        for place in session.scalars(
            select(Jurisdiction).where(within(Jurisdiction.code, scope)).order_by(Jurisdiction.code)
        )
        if level_of(place.code) is Level.COMMUNITY
    ]


def community_by_words(session: Session, text: str) -> tuple[str, float] | None:
    """The community that the words name, with a certainty of 0 to 1; None when none or more than one is named."""
    return place_words.find(
        text,
        [
            place_words.Place(place.code, (place.name_zh, place.name_en), level_of(place.code) is Level.COMMUNITY)
            for place in session.scalars(select(Jurisdiction))
        ],
    )


def within(column: Any, scope: Scope) -> ColumnElement[bool]:
    """The condition that a row's jurisdiction code lies in the scope; rows without a place: see Scope.sees_unplaced."""
    conditions = [column.startswith(prefix, autoescape=True) for prefix in scope.prefixes]
    if scope.sees_unplaced:
        conditions.append(column == "")
    return or_(false(), *conditions)


def _places(codes: Collection[str]) -> Any:
    return select(Jurisdiction).where(Jurisdiction.code.in_(codes))
