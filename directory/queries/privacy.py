"""Reads of what people ask about their own data, of holds, and of who belongs together when somebody is erased."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_, union
from sqlalchemy.orm import Session, aliased

from core import tries
from directory.errors import PersonNotFound, RequestNotFound
from directory.models import (
    Contact,
    HandlerUnit,
    Household,
    LegalHold,
    Person,
    PrivacyRequest,
    RequestKind,
    RequestState,
)
from directory.queries.scoping import within
from directory.scope import Scope

PAGE = 50
OPEN = (RequestState.OPEN, RequestState.HELD)


@dataclass(frozen=True, slots=True)
class GoneRow:
    """Somebody who died or moved away, and when."""

    person: Person
    household: Household
    since: date


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request with the person whom it is about."""

    request: PrivacyRequest
    person: Person
    household: Household


def requests(
    session: Session, scope: Scope, *, is_open: bool = True, kind: str = "", after: tuple[datetime, int] | None = None
) -> list[RequestRow]:
    """A page of requests, one statement: the open ones by due time, or the settled ones, the newest first.

    `after` are due time (of settled ones: when they were settled) and id of the last row of the page before.
    """
    statement = _requests(scope).limit(PAGE)
    if kind in set(RequestKind):
        statement = statement.where(PrivacyRequest.kind == kind)
    if is_open:
        statement = statement.where(PrivacyRequest.done_at.is_(None)).order_by(PrivacyRequest.due_by, PrivacyRequest.id)
        if after is not None:
            due_by, number = after
            later = and_(PrivacyRequest.due_by == due_by, PrivacyRequest.id > number)
            statement = statement.where(or_(PrivacyRequest.due_by > due_by, later))
    else:
        statement = statement.where(PrivacyRequest.done_at.is_not(None))
        statement = statement.order_by(PrivacyRequest.done_at.desc(), PrivacyRequest.id.desc())
        if after is not None:
            done_at, number = after
            earlier = and_(PrivacyRequest.done_at == done_at, PrivacyRequest.id < number)
            statement = statement.where(or_(PrivacyRequest.done_at < done_at, earlier))
    return [RequestRow(*row) for row in session.execute(statement)]


def request(session: Session, scope: Scope, request_id: int) -> RequestRow:
    """One request with its person. Raises RequestNotFound, also outside the scope."""
    row = session.execute(_requests(scope).where(PrivacyRequest.id == request_id)).one_or_none()
    if row is None:
        raise RequestNotFound
    return RequestRow(*row)


def requests_of(session: Session, person_ids: Collection[int]) -> list[PrivacyRequest]:
    """Everything that a person ever asked, the newest first."""
    wanted = select(PrivacyRequest).where(PrivacyRequest.person_id.in_(person_ids))
    return list(session.scalars(wanted.order_by(PrivacyRequest.id.desc())))


def subject(session: Session, scope: Scope, person_id: int) -> tuple[Person, Household]:
    """The person whom a page of the privacy desk is about; one who was merged stands for the one who was kept.

    Raises PersonNotFound, also outside the scope.
    """
    seen, kept = 0, session.get(Person, person_id)
    while kept is not None and kept.merged_into_id is not None and seen < PAGE:
        seen, kept = seen + 1, session.get(Person, kept.merged_into_id)
    if kept is None:
        raise PersonNotFound
    home = session.scalar(
        select(Household).where(Household.id == kept.household_id, within(Household.community_code, scope))
    )
    if home is None:
        raise PersonNotFound
    return kept, home


def cluster(session: Session, person_id: int) -> frozenset[int]:
    """The ids of everybody who was merged with this person, in whatever order, and his own."""
    merged = select(Person.id, Person.merged_into_id.label("kept_id")).where(Person.id == person_id).cte(recursive=True)
    other = aliased(Person)
    whole = merged.union(
        select(other.id, other.merged_into_id).join(
            merged, or_(other.merged_into_id == merged.c.id, other.id == merged.c.kept_id)
        )
    )
    return frozenset(session.scalars(select(whole.c.id)))


def numbers(session: Session, person_ids: Collection[int]) -> frozenset[str]:
    """Every number that these persons have or had."""
    return frozenset(session.scalars(select(Contact.msisdn).where(Contact.person_id.in_(person_ids))))


def number_ids(session: Session, person_ids: Collection[int]) -> dict[int, str]:
    """The numbers of these persons by the id of the contact, each number once."""
    rows = session.execute(
        select(func.min(Contact.id), Contact.msisdn)
        .where(Contact.person_id.in_(person_ids))
        .group_by(Contact.msisdn)
        .order_by(Contact.msisdn)
    )
    return {contact_id: msisdn for contact_id, msisdn in rows}  # noqa: C416  rows are no pairs to a type checker


def shared_numbers(session: Session, msisdns: Collection[str], person_ids: Collection[int]) -> set[str]:
    """Which of these numbers somebody else has, too: another living person, or a body that answers for something.

    So has whoever answered when a number turned out to be wrong: what comes from there is not these persons' word.
    """
    others = (
        select(Contact.msisdn)
        .join(Person, Person.id == Contact.person_id)
        .where(
            Contact.msisdn.in_(msisdns),
            Contact.person_id.not_in(person_ids),
            Contact.wrong_since.is_(None),
            Person.erased_at.is_(None),
            Person.died_on.is_(None),
        )
    )
    bodies = select(HandlerUnit.msisdn).where(HandlerUnit.msisdn.in_(msisdns))
    wrong = (
        select(Contact.msisdn)
        .where(Contact.msisdn.in_(msisdns), Contact.person_id.in_(person_ids))
        .group_by(Contact.msisdn)
        .having(func.bool_and(Contact.wrong_since.is_not(None)))
    )
    return set(session.scalars(union(others, bodies, wrong)))


def holds(session: Session, person_ids: Collection[int]) -> list[LegalHold]:
    """Every hold that was ever set on these persons, the newest first."""
    wanted = select(LegalHold).where(LegalHold.person_id.in_(person_ids)).order_by(LegalHold.id.desc())
    return list(session.scalars(wanted))


def held_page(session: Session, scope: Scope, *, before: int | None = None) -> list[tuple[LegalHold, Person]]:
    """A page of the holds that are in force, the newest first."""
    statement = (
        select(LegalHold, Person)
        .join(Person, Person.id == LegalHold.person_id)
        .join(Household, Household.id == Person.household_id)
        .where(LegalHold.ended_at.is_(None), within(Household.community_code, scope))
        .order_by(LegalHold.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        statement = statement.where(LegalHold.id < before)
    return [(row[0], row[1]) for row in session.execute(statement)]


def hold(session: Session, scope: Scope, hold_id: int) -> LegalHold:
    """One hold. Raises RequestNotFound, also outside the scope."""
    found = session.scalar(
        select(LegalHold)
        .join(Person, Person.id == LegalHold.person_id)
        .join(Household, Household.id == Person.household_id)
        .where(LegalHold.id == hold_id, within(Household.community_code, scope))
    )
    if found is None:
        raise RequestNotFound
    return found


def held_persons() -> Select[int]:
    """The ids of everybody under a hold, and of those who were merged with them: a subquery for retention."""
    held = select(LegalHold.person_id).where(LegalHold.ended_at.is_(None))
    kept = select(Person.merged_into_id).where(Person.id.in_(held), Person.merged_into_id.is_not(None))
    gone = select(Person.id).where(or_(Person.merged_into_id.in_(held), Person.merged_into_id.in_(kept)))
    return select(union(held, kept, gone).subquery().c[0])


def held_numbers() -> Select[str]:
    """The numbers of everybody under a hold: a subquery for retention."""
    return select(Contact.msisdn).where(Contact.person_id.in_(held_persons()))


def long_gone(before: datetime) -> Select[int]:
    """The ids of people who died or moved away before this and are still known: a subquery for retention.

    Not of those under a hold, and of nobody whose erasure was asked for already.
    """
    return _long_gone(before).where(Person.id.not_in(held_persons()))


def long_gone_held(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _long_gone(before).where(Person.id.in_(held_persons()))


def gone_people(
    session: Session, scope: Scope, before: datetime, *, after: tuple[date, int] | None = None
) -> list[GoneRow]:
    """A page of the same people, those longest gone first; `after`: since when and id of the last one seen."""
    statement = (
        select(Person, Household, _gone_on())
        .join(Household, Household.id == Person.household_id)
        .where(Person.id.in_(long_gone(before)), within(Household.community_code, scope))
        .order_by(_gone_on(), Person.id)
        .limit(PAGE)
    )
    if after is not None:
        statement = statement.where(tuple_(_gone_on(), Person.id) > after)
    return [GoneRow(*row) for row in session.execute(statement)]


def waiting_erasures(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of erasures that were decided, are held up and may be tried now, the oldest first."""
    wanted = select(PrivacyRequest.id).where(
        PrivacyRequest.kind == RequestKind.ERASURE,
        PrivacyRequest.state == RequestState.HELD,
        tries.is_due(PrivacyRequest, now),
    )
    return list(session.scalars(wanted.order_by(PrivacyRequest.id).limit(limit)))


def _gone_on() -> ColumnElement[date]:
    """When a person died or moved away; null for who lives here."""
    return func.greatest(Person.died_on, Person.left_on)


def _long_gone(before: datetime) -> Select[int]:
    asked = exists().where(
        PrivacyRequest.person_id == Person.id,
        PrivacyRequest.kind == RequestKind.ERASURE,
        PrivacyRequest.state.in_(OPEN),
    )
    is_known = and_(Person.erased_at.is_(None), Person.merged_into_id.is_(None))
    return select(Person.id).where(_gone_on() < before.date(), is_known, ~asked)


def _requests(scope: Scope) -> Select[PrivacyRequest, Person, Household]:
    return (
        select(PrivacyRequest, Person, Household)
        .join(Person, Person.id == PrivacyRequest.person_id)
        .join(Household, Household.id == Person.household_id)
        .where(within(Household.community_code, scope))
    )
