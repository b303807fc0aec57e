"""Reads of tickets: where one stands, what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from providers.models import Provider, ProviderService
from sms.models import OutboundSms
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.lifecycle import OVER, State
from ticketing.models import Dispatch, FollowUp, FollowUpState, Task, Ticket, TicketEvent

LEFT_LYING_AFTER = timedelta(hours=24)
"""How long nothing may happen to a ticket that has no clock left."""
FOLLOW_UPS_WAITING = frozenset({FollowUpState.DUE, FollowUpState.SENT, FollowUpState.CALL_DUE})
"""Not answered yet: each is looked at again when it is due."""


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What a requester may hear of his ticket: never an address, never another resident's name."""

    state: State
    provider_name: str | None  # who comes, or is there
    eta: datetime | None  # UTC; when he said he would be there, until he is


def status_facts(session: Session, ticket: Ticket) -> StatusFacts:
    """Where a ticket stands and who comes when."""
    row = session.execute(
        select(Provider.name, Dispatch.promised_at, Dispatch.state)
        .join(Provider, Provider.id == Dispatch.provider_id)
        .where(Dispatch.ticket_id == ticket.id, Dispatch.state.in_(HOLDING))
    ).first()
    if row is None:
        return StatusFacts(ticket.state, None, None)
    return StatusFacts(ticket.state, row[0], row[1] if row[2] is DispatchState.ACCEPTED else None)


def held_by(session: Session, msisdn: str) -> list[tuple[Dispatch, Ticket]]:
    """The jobs that the provider of this number holds, the oldest first."""
    rows = session.execute(
        select(Dispatch, Ticket)
        .join(Ticket, Ticket.id == Dispatch.ticket_id)
        .join(Provider, Provider.id == Dispatch.provider_id)
        .where(Provider.msisdn == msisdn, Dispatch.state.in_(HOLDING))
        .order_by(Dispatch.id)
    )
    return [(row[0], row[1]) for row in rows]


def held_for(session: Session, ticket: Ticket) -> Dispatch | None:
    """The dispatch by which somebody holds the ticket."""
    return session.scalar(select(Dispatch).where(Dispatch.ticket_id == ticket.id, Dispatch.state.in_(HOLDING)))


def waiting(session: Session, limit: int = 500) -> list[Ticket]:
    """Open tickets, the nearest closing time first."""
    return list(
        session.scalars(
            select(Ticket).where(Ticket.state.not_in(OVER)).order_by(Ticket.close_by, Ticket.id).limit(limit)
        )
    )


def to_match(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of open tickets whose turn it is to be matched, the most pressing first."""
    return list(
        session.scalars(
            select(Ticket.id).where(Ticket.match_at <= now).order_by(Ticket.tier, Ticket.match_at).limit(limit)
        )
    )


def run_out(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of offers whose time is over."""
    return list(
        session.scalars(
            select(Dispatch.id)
            .where(Dispatch.state == DispatchState.OFFERED, Dispatch.expires_at <= now)
            .order_by(Dispatch.expires_at)
            .limit(limit)
        )
    )


def offered_by(session: Session, outbound_id: int) -> int | None:
    """The id of the offer that this text made, while it waits for an answer.

    The text and its copies are useful until that offer runs out: the text of an earlier offer of the same ticket to
    the same provider is none of it.
    """
    return session.scalar(
        select(Dispatch.id)
        .join(Ticket, Ticket.id == Dispatch.ticket_id)
        .join(Provider, Provider.id == Dispatch.provider_id)
        .join(
            OutboundSms,
            and_(
                OutboundSms.about == Ticket.code,
                OutboundSms.msisdn == Provider.msisdn,
                OutboundSms.useful_until == Dispatch.expires_at,
            ),
        )
        .where(
            OutboundSms.id == outbound_id,
            Ticket.released_at.is_(None),
            Dispatch.state == DispatchState.OFFERED,
        )
    )


def clocks_passed(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of open tickets whose closing clock has passed a mark that nobody was told of, the latest first.

    Compared in seconds: 50, 80 and 100 percent of the time between start and end of the clock.
    """
    used = func.extract("epoch", now - Ticket.clock_from)
    whole = func.extract("epoch", Ticket.close_by - Ticket.clock_from)
    next_mark = case((Ticket.warned < 50, 50), (Ticket.warned < 80, 80), else_=100)
    return list(
        session.scalars(
            select(Ticket.id)
            .where(Ticket.state.not_in((*OVER, State.DONE, State.FOLLOWING_UP)), Ticket.warned < 100)
            .where(used * 100 >= whole * next_mark)
            .order_by(Ticket.close_by)
            .limit(limit)
        )
    )


def to_follow_up(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of follow-ups whose question, or whose end, is due."""
    return list(
        session.scalars(
            select(FollowUp.id)
            .where(FollowUp.state.in_(FOLLOW_UPS_WAITING), FollowUp.due_at <= now)
            .order_by(FollowUp.due_at, FollowUp.id)
            .limit(limit)
        )
    )


def without_provider(session: Session, provider_id: int) -> list[int]:
    """The ids of open tickets that wait for a person to find somebody, for a service that this provider offers."""
    return list(
        session.scalars(
            select(Ticket.id)
            .join(Task, Task.ticket_id == Ticket.id)
            .where(
                Task.done_at.is_(None),
                Task.reason == "no_provider",
                Ticket.state == State.OPEN,
                Ticket.match_at.is_(None),
                Ticket.service.in_(select(ProviderService.service).where(ProviderService.provider_id == provider_id)),
            )
            .order_by(Ticket.id)
        )
    )


def left_lying(session: Session, now: datetime, limit: int, *, after: timedelta = LEFT_LYING_AFTER) -> list[int]:
    """The ids of tickets that are not over, for which nothing is due any more and nobody has anything to do.

    Their closing clock has run out or they are followed up without a question on its way, no task is open, and
    nothing happened for `after`. Nothing may lie there unseen because somebody ticked a task off.
    """
    has_task = exists().where(Task.ticket_id == Ticket.id, Task.done_at.is_(None))
    is_asked = exists().where(FollowUp.ticket_id == Ticket.id, FollowUp.state.in_(FOLLOW_UPS_WAITING))
    is_offered = exists().where(Dispatch.ticket_id == Ticket.id, Dispatch.state == DispatchState.OFFERED)
    moved = exists().where(TicketEvent.ticket_id == Ticket.id, TicketEvent.at > now - after)
    was_minded = exists().where(Task.ticket_id == Ticket.id, Task.done_at > now - after)
    has_run_out = Ticket.warned >= 100
    return list(
        session.scalars(
            select(Ticket.id)
            .where(
                Ticket.state.not_in(OVER),
                or_(has_run_out, Ticket.state.in_((State.DONE, State.FOLLOWING_UP))),
                Ticket.match_at.is_(None),
                ~has_task,
                ~is_asked,
                ~is_offered,
                ~moved,
                ~was_minded,
            )
            .order_by(Ticket.close_by)
            .limit(limit)
        )
    )


def contact_missed(session: Session, now: datetime, limit: int) -> list[int]:
    """The ids of open tickets whose requester nobody has spoken to in time, and nobody was told of that."""
    told = exists().where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == "contact_late")
    return list(
        session.scalars(
            select(Ticket.id)
            .where(Ticket.state.not_in(OVER), Ticket.contacted_at.is_(None), Ticket.contact_by <= now, ~told)
            .order_by(Ticket.contact_by)
            .limit(limit)
        )
    )
