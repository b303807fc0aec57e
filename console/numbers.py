"""Whose number it is that a page shows masked: each kind of subject leads to one number and its place, in scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from console.errors import NumberNotFound
from console.paging import read_id
from directory.models import Contact, Household, Person
from directory.queries.scoping import within
from directory.scope import Scope
from ivr.models import Call
from sms.models import InboundSms, OutboundSms
from ticketing.models import Task, Ticket


@dataclass(frozen=True, slots=True)
class Found:
    """A number with the place of what it belongs to (empty: not known)."""

    e164: str
    place: str


def number_of(session: Session, scope: Scope, subject: str) -> Found:
    """The number behind a subject such as `ticket:12`. Raises NumberNotFound, also outside the scope."""
    kind, _, word = subject.partition(":")
    row_id = read_id(word)
    wanted = OF_SUBJECT.get(kind)
    row = session.execute(wanted(row_id, scope).limit(1)).first() if wanted is not None and row_id else None
    if row is None or not row[0]:
        raise NumberNotFound
    return Found(row[0], row[1] or "")


def _pair(number: Any, place: Any) -> Select[Any]:
    return select(number, place)


def _requester(row_id: int, scope: Scope) -> Select[Any]:
    wanted = _pair(Ticket.msisdn, Ticket.jurisdiction_code)
    return wanted.where(Ticket.id == row_id, within(Ticket.jurisdiction_code, scope))


def _texted(row_id: int, scope: Scope) -> Select[Any]:
    wanted = _pair(Ticket.notify_msisdn, Ticket.jurisdiction_code)
    return wanted.where(Ticket.id == row_id, within(Ticket.jurisdiction_code, scope))


def _task(row_id: int, scope: Scope) -> Select[Any]:
    """A task lies where its ticket does, and one without a ticket where it says itself."""
    own = and_(Task.ticket_id.is_(None), within(Task.jurisdiction_code, scope))
    wanted = _pair(Task.msisdn, func.coalesce(Ticket.jurisdiction_code, Task.jurisdiction_code))
    return wanted.outerjoin(Ticket, Ticket.id == Task.ticket_id).where(
        Task.id == row_id, or_(own, within(Ticket.jurisdiction_code, scope))
    )


def _contact(row_id: int, scope: Scope) -> Select[Any]:
    wanted = _pair(Contact.msisdn, Household.community_code)
    return (
        wanted.join(Person, Person.id == Contact.person_id)
        .join(Household, Household.id == Person.household_id)
        .where(Contact.id == row_id, Person.erased_at.is_(None), within(Household.community_code, scope))
    )


def _about(number: Any, code: Any, at: Any, this: Any, scope: Scope) -> Select[Any]:
    """The number of a text or call: it lies where the ticket lies that had its code at that moment."""
    ticket = and_(
        Ticket.code == code, Ticket.opened_at <= at, or_(Ticket.released_at.is_(None), at <= Ticket.released_at)
    )
    nowhere = and_(Ticket.id.is_(None), true() if scope.sees_unplaced else Ticket.id.is_not(None))
    return (
        _pair(number, Ticket.jurisdiction_code)
        .outerjoin(Ticket, ticket)
        .where(this, or_(nowhere, within(Ticket.jurisdiction_code, scope)))
    )


def _text_in(row_id: int, scope: Scope) -> Select[Any]:
    return _about(InboundSms.msisdn, InboundSms.about, InboundSms.received_at, InboundSms.id == row_id, scope)


def _text_out(row_id: int, scope: Scope) -> Select[Any]:
    return _about(OutboundSms.msisdn, OutboundSms.about, OutboundSms.created_at, OutboundSms.id == row_id, scope)


def _call(row_id: int, scope: Scope) -> Select[Any]:
    return _about(Call.msisdn, Call.about, Call.started_at, Call.id == row_id, scope)


OF_SUBJECT: Mapping[str, Callable[[int, Scope], Select[Any]]] = MappingProxyType(
    {
        "ticket": _requester,
        "ticket_texts": _texted,
        "task": _task,
        "contact": _contact,
        "text": _text_in,
        "text_out": _text_out,
        "call": _call,
    }
)
"""`kind:id` as templates give it to `m.number(e164, subject)`."""
