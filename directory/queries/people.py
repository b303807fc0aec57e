"""Reads of persons, households and their numbers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from directory import caller as recognition
from directory import language
from directory.caller import Caller, PersonCard
from directory.errors import CorrectionNotFound, HouseholdNotFound, PersonNotFound
from directory.models import Contact, ContactKind, Correction, Flag, FlagKind, Household, Person
from directory.queries.places import names
from directory.queries.scoping import within
from directory.scope import Scope


def persons_of(session: Session, msisdn: str) -> list[Person]:
    """Everybody known by this E.164 number, with household, community and numbers, in the order they were entered.

    Who died or moved away is nobody's caller any more; who was merged into another answers as that one.
    """
    return list(
        session.scalars(
            select(Person)
            .where(
                Person.id.in_(_owners(msisdn)),
                Person.erased_at.is_(None),
                Person.died_on.is_(None),
                Person.left_on.is_(None),
            )
            .options(
                joinedload(Person.household).joinedload(Household.community),
                joinedload(Person.contacts),
                selectinload(Person.absorbed).selectinload(Person.contacts),
                joinedload(Person.helper).options(
                    selectinload(Person.contacts), selectinload(Person.absorbed).selectinload(Person.contacts)
                ),
            )
            .order_by(Person.id)
        ).unique()
    )


def caller(session: Session, msisdn: str | None, *, today: date, from_age: int) -> Caller:
    """Who calls. None (withheld) and unknown numbers give a caller without persons, never an error.

    `today` is the day in the city (`uow.local_now.date()`), `from_age` is `policy.ivr.prefer_person_from_age`.
    """
    persons = tuple(card(person) for person in persons_of(session, msisdn)) if msisdn else ()
    return recognition.recognise(msisdn or None, persons, today=today, from_age=from_age)


def person_card(session: Session, person_id: int) -> PersonCard | None:
    """One person by id, for a call that has learnt who is speaking; None for one who is not there or was erased."""
    person = session.get(Person, person_id)
    if person is not None and person.merged_into_id is not None:
        person = session.get(Person, person.merged_into_id)
    return card(person) if person is not None and person.erased_at is None else None


def card(person: Person) -> PersonCard:
    """What a call or text needs of a person. Texts go to the helper when one is named and can get them."""
    community = person.household.community
    own, helpers = _mobile(person), _mobile(person.helper) if _helps(person.helper) else None
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
        mobile=helpers or own,
        own_mobile=own,
        helper_mobile=helpers,
        household_lang=language.of_person(person.household.lang) if person.household.lang else "",
    )


def _helps(helper: Person | None) -> bool:
    return helper is not None and helper.died_on is None and helper.erased_at is None


def _mobile(person: Person | None) -> str | None:
    """The first mobile of a person, or of a row that was merged into him; one that was verified comes first."""
    if person is None:
        return None
    numbers = [
        one
        for row in (person, *person.absorbed)
        for one in row.contacts
        if one.kind is ContactKind.MOBILE and one.wrong_since is None
    ]
    return min(numbers, key=lambda one: one.verified_at is None).msisdn if numbers else None


def _owners(msisdn: str) -> Select[int]:
    """Ids of the persons behind a number. One who was merged into another answers as that one."""
    mine = aliased(Person)
    return (
        select(func.coalesce(mine.merged_into_id, mine.id))
        .join(Contact, Contact.person_id == mine.id)
        .where(Contact.msisdn == msisdn, Contact.wrong_since.is_(None), mine.erased_at.is_(None))
    )


def household(session: Session, scope: Scope, household_id: int) -> Household:
    """One household with those who live there and their numbers. Raises HouseholdNotFound, also outside the scope."""
    found = session.scalar(
        select(Household)
        .where(Household.id == household_id, within(Household.community_code, scope))
        .options(
            joinedload(Household.community),
            selectinload(Household.persons.and_(*lives_here())).selectinload(Person.contacts),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise HouseholdNotFound
    return found


def lives_here() -> tuple[ColumnElement[bool], ...]:
    """The conditions that a row of persons is somebody who lives where it says: not merged, erased, dead or gone."""
    return (
        Person.merged_into_id.is_(None),
        Person.erased_at.is_(None),
        Person.died_on.is_(None),
        Person.left_on.is_(None),
    )


def person(session: Session, scope: Scope, person_id: int) -> Person:
    """One person with household, community and helper; of a merged one, him whom he became.

    Raises PersonNotFound, also outside the scope and for one who was erased.
    """
    row = aliased(Person)
    now = select(func.coalesce(row.merged_into_id, row.id)).where(row.id == person_id).scalar_subquery()
    found = session.scalar(
        select(Person)
        .join(Household, Household.id == Person.household_id)
        .where(
            Person.id == now,
            Person.merged_into_id.is_(None),
            Person.erased_at.is_(None),
            within(Household.community_code, scope),
        )
        .options(
            joinedload(Person.household).joinedload(Household.community),
            joinedload(Person.helper).joinedload(Person.household),
        )
    )
    if found is None:
        raise PersonNotFound
    return found


def flags_of(session: Session, scope: Scope, household_id: int, today: date) -> list[Flag]:
    """What is to be known of a household before somebody speaks with it, what may hurt first. `today` is the city's."""
    standing = (
        select(Flag)
        .join(Household, Household.id == Flag.household_id)
        .where(
            Flag.household_id == household_id,
            Flag.ended_at.is_(None),
            Flag.expires_on > today,
            within(Household.community_code, scope),
        )
        .order_by(Flag.kind != FlagKind.VIOLENCE, Flag.id)
    )
    return list(session.scalars(standing))


def person_of_correction(session: Session, scope: Scope, correction_id: int) -> int:
    """The id of whom a report of a mistake is about. Raises CorrectionNotFound, also outside the scope."""
    row = aliased(Person)
    found = session.scalar(
        select(Person.id)
        .select_from(Correction)
        .join(row, row.id == Correction.person_id)
        .join(Person, Person.id == func.coalesce(row.merged_into_id, row.id))
        .join(Household, Household.id == Person.household_id)
        .where(Correction.id == correction_id, within(Household.community_code, scope))
    )
    if found is None:
        raise CorrectionNotFound
    return found


def is_textable(session: Session, msisdn: str) -> bool | None:
    """Whether the list knows the number as a mobile (True) or a landline (False); None when it does not know it."""
    kinds = set(session.scalars(select(Contact.kind).where(Contact.msisdn == msisdn)))
    return ContactKind.MOBILE in kinds if kinds else None
