"""Reads of one ticket with everything that belongs to it, and of the newest steps of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from console.audit_log import user_names
from directory.models import Jurisdiction, Person
from directory.queries.scoping import within
from directory.scope import Scope
from ivr.models import Call, CallTurn, Voicemail
from providers.models import Provider
from sms.models import InboundSms, OutboundSms
from staff.models import User
from ticketing.dispatch_lifecycle import HOLDING
from ticketing.errors import TicketNotFound
from ticketing.lifecycle import OVER
from ticketing.models import Candidate, Dispatch, FollowUp, Task, Ticket, TicketEvent


@dataclass(frozen=True, slots=True)
class Whole:
    """One ticket with everything its page shows, read in a fixed number of statements."""

    ticket: Ticket
    place: Jurisdiction | None
    person: Person | None
    owner: str | None
    events: Sequence[TicketEvent]
    dispatches: Sequence[tuple[Dispatch, Provider]]
    candidates: Sequence[tuple[Candidate, Provider]]
    follow_up: FollowUp | None
    tasks: Sequence[Task]
    texts_out: Sequence[OutboundSms]
    texts_in: Sequence[InboundSms]
    calls: Sequence[Call]
    turns: Sequence[CallTurn]
    voicemails: Sequence[Voicemail]
    also: Sequence[Ticket]
    user_names: dict[str, str]  # of those who did one of its steps: `user:3` to a name


def mark(session: Session, ticket: Ticket) -> str:
    """A short mark that changes when the ticket, its history or its texts do."""
    texts = session.execute(
        select(
            func.count(), func.count().filter(OutboundSms.settled_at.is_not(None)), func.max(OutboundSms.submitted_at)
        ).where(_texts_out(ticket))
    ).one()
    inbound = session.scalar(select(func.count()).select_from(InboundSms).where(_texts_in(ticket)))
    events = session.scalar(select(func.count()).select_from(TicketEvent).where(TicketEvent.ticket_id == ticket.id))
    return f"{ticket.version}-{events}-{texts[0]}-{texts[1]}-{inbound}"


def find(session: Session, scope: Scope, code: str) -> Ticket:
    """The newest ticket of this code that the reader may see. Raises TicketNotFound."""
    found = session.scalar(
        select(Ticket)
        .where(Ticket.code == code.upper(), within(Ticket.jurisdiction_code, scope))
        .order_by(Ticket.id.desc())
        .limit(1)
    )
    if found is None:
        raise TicketNotFound(code)
    return found


def held(session: Session, scope: Scope, code: str) -> Ticket:
    """The ticket that holds this code today, for a change. Raises TicketNotFound unless the reader may see that one."""
    found = session.scalar(
        select(Ticket).where(
            Ticket.code == code.upper(), Ticket.released_at.is_(None), within(Ticket.jurisdiction_code, scope)
        )
    )
    if found is None:
        raise TicketNotFound(code)
    return found


def holder_number(session: Session, ticket: Ticket) -> str | None:
    """The telephone of the provider who has the job, if one has."""
    return session.scalar(
        select(Provider.msisdn)
        .join(Dispatch, Dispatch.provider_id == Provider.id)
        .where(Dispatch.ticket_id == ticket.id, Dispatch.state.in_(HOLDING))
    )


def whole(session: Session, scope: Scope, code: str) -> Whole:
    """Everything of one ticket. Raises TicketNotFound when there is none, or none the reader may see."""
    ticket = find(session, scope, code)
    dispatches = session.execute(
        select(Dispatch, Provider)
        .join(Provider, Provider.id == Dispatch.provider_id)
        .where(Dispatch.ticket_id == ticket.id)
        .order_by(Dispatch.id)
    ).all()
    candidates = session.execute(
        select(Candidate, Provider)
        .join(Provider, Provider.id == Candidate.provider_id)
        .where(Candidate.ticket_id == ticket.id, Candidate.round == ticket.round)
        .order_by(Candidate.rank.nulls_last(), Candidate.id)
    ).all()
    calls = session.scalars(select(Call).where(_calls(ticket)).order_by(Call.started_at)).all()
    call_ids = [call.id for call in calls]
    events = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    ).all()
    return Whole(
        ticket=ticket,
        place=session.get(Jurisdiction, ticket.jurisdiction_code) if ticket.jurisdiction_code else None,
        person=session.get(Person, ticket.person_id) if ticket.person_id else None,
        owner=session.scalar(select(User.name).where(User.id == ticket.owner_id)) if ticket.owner_id else None,
        events=events,
        dispatches=[(row[0], row[1]) for row in dispatches],
        candidates=[(row[0], row[1]) for row in candidates],
        follow_up=session.scalar(
            select(FollowUp).where(FollowUp.ticket_id == ticket.id).order_by(FollowUp.id.desc()).limit(1)
        ),
        tasks=session.scalars(
            select(Task).where(Task.ticket_id == ticket.id, Task.done_at.is_(None)).order_by(Task.due_at)
        ).all(),
        texts_out=session.scalars(select(OutboundSms).where(_texts_out(ticket)).order_by(OutboundSms.id)).all(),
        texts_in=session.scalars(select(InboundSms).where(_texts_in(ticket)).order_by(InboundSms.id)).all(),
        calls=calls,
        turns=session.scalars(select(CallTurn).where(CallTurn.call_id.in_(call_ids)).order_by(CallTurn.id)).all(),
        voicemails=session.scalars(select(Voicemail).where(Voicemail.call_id.in_(call_ids))).all(),
        also=session.scalars(
            select(Ticket)
            .where(
                Ticket.household_id == ticket.household_id,
                Ticket.id != ticket.id,
                Ticket.state.not_in(OVER),
                within(Ticket.jurisdiction_code, scope),
            )
            .order_by(Ticket.id.desc())
            .limit(5)
        ).all()
        if ticket.household_id
        else (),
        user_names=user_names(session, {event.actor for event in events}),
    )


def latest_steps(session: Session, after: int, limit: int) -> list[tuple[TicketEvent, str]]:
    """The newest steps of all tickets after an id, oldest first, with the ticket's code."""
    newest = (
        select(TicketEvent, Ticket.code)
        .join(Ticket, Ticket.id == TicketEvent.ticket_id)
        .where(TicketEvent.id > after)
        .order_by(TicketEvent.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in reversed(session.execute(newest).all())]


def _calls(ticket: Ticket) -> ColumnElement[bool]:
    """A code is used again after months: what is older, or younger than its release, belongs to another ticket."""
    about = and_(
        Call.about == ticket.code,
        Call.started_at >= ticket.opened_at,
        Call.started_at <= ticket.released_at if ticket.released_at else true(),
    )
    return or_(about, Call.carrier_sid == ticket.call_sid) if ticket.call_sid else about


def _texts_out(ticket: Ticket) -> ColumnElement[bool]:
    return and_(
        OutboundSms.about == ticket.code,
        OutboundSms.created_at >= ticket.opened_at,
        OutboundSms.created_at <= ticket.released_at if ticket.released_at else true(),
    )


def _texts_in(ticket: Ticket) -> ColumnElement[bool]:
    mine = and_(
        InboundSms.about == ticket.code,
        InboundSms.received_at >= ticket.opened_at,
        InboundSms.received_at <= ticket.released_at if ticket.released_at else true(),
    )
    return or_(mine, InboundSms.id == ticket.message_id) if ticket.message_id else mine
