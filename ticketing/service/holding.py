"""Who has an offer or holds a job, the end of it, and news of the visit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.uow import UnitOfWork
from providers import queries as providers
from ticketing.dispatch_lifecycle import HOLDING, DispatchState, check_move
from ticketing.errors import OfferGone
from ticketing.models import Dispatch, TaskKind, Ticket
from ticketing.service import tasks
from ticketing.service.history import locked_by_id
from ticketing.service.telling import tell_requester, withdraw_news

TIMES = ("rescheduled", "eta_told")
"""Texts that say when somebody comes."""


def tell_or_call(uow: UnitOfWork, ticket: Ticket, wording: str, **facts: object) -> None:
    """News of the visit by text; where no text can go a person calls, with what holds by then."""
    if tell_requester(uow, ticket, wording, **facts) is not None:
        return
    if wording in TIMES:
        tasks.open_task(uow, TaskKind.CALL_BACK, visit_cause(ticket), "tell_visit", ticket=ticket)
    else:
        tasks.meet(uow, cause=visit_cause(ticket))  # who was to come does not
        tasks.open_task(uow, TaskKind.CALL_BACK, untold_cause(ticket), "text_failed", ticket=ticket)


def end_job(uow: UnitOfWork, ticket: Ticket, dispatch: Dispatch, state: DispatchState, reason: str = "") -> None:
    """Somebody has the job no more; what still waits to be sent about his coming is withdrawn. Raises IllegalMove."""
    check_move(dispatch.state, state)
    dispatch.state, dispatch.reason, dispatch.ended_at = state, reason, uow.now
    withdraw_news(uow, ticket, dispatch.provider_id)
    uow.session.flush()


def with_ticket(uow: UnitOfWork, dispatch_id: int) -> tuple[Dispatch, Ticket]:
    """A dispatch with its ticket; always the ticket is locked first, so that nobody waits in a circle."""
    ticket_id = uow.session.scalar(select(Dispatch.ticket_id).where(Dispatch.id == dispatch_id))
    if ticket_id is None:
        raise OfferGone(str(dispatch_id))
    ticket = locked_by_id(uow.session, ticket_id)
    dispatch = uow.session.get_one(Dispatch, dispatch_id, with_for_update=True, populate_existing=True)
    return dispatch, ticket


def held(uow: UnitOfWork, dispatch_id: int) -> tuple[Dispatch, Ticket]:
    """A dispatch that holds its job, with the ticket, locked. Raises OfferGone when it does no more."""
    dispatch, ticket = with_ticket(uow, dispatch_id)
    if dispatch.state not in HOLDING:
        raise OfferGone(ticket.code)
    return dispatch, ticket


def name_of(uow: UnitOfWork, dispatch: Dispatch) -> str:
    """The provider's name."""
    return providers.by_id(uow.session, dispatch.provider_id).name


def visit_cause(ticket: Ticket) -> str:
    """Cause of the task to tell the requester who comes and when."""
    return f"ticket:{ticket.id}:visit"


def untold_cause(ticket: Ticket) -> str:
    """Cause of the task to tell the requester other news that no text could."""
    return f"ticket:{ticket.id}:untold"


def iso(at: datetime | None) -> str | None:
    """A moment as the history keeps it."""
    return at.isoformat() if at is not None else None
