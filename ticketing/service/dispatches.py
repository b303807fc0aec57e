"""The course of a job that was taken: promised, arrived, done, not done, called off."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from core.uow import UnitOfWork
from sms import service as sms
from ticketing.dispatch_lifecycle import DispatchState, check_move
from ticketing.lifecycle import State
from ticketing.models import Dispatch, TaskKind, Ticket, TicketEvent
from ticketing.promise import Window
from ticketing.service import follow_ups, tasks
from ticketing.service.history import move, record
from ticketing.service.holding import end_job, held, iso, name_of, tell_or_call, visit_cause
from ticketing.service.telling import tell_provider, tell_requester
from ticketing.service.tickets import mark_contacted, match_now


def promise(uow: UnitOfWork, dispatch_id: int, promised: Window) -> Dispatch:
    """The provider says when he will be there; the requester is told. Raises OfferGone when he holds it no more."""
    dispatch, ticket = held(uow, dispatch_id)
    if (dispatch.promised_at, dispatch.promised_until) == (promised.at, promised.until):
        return dispatch
    is_first = dispatch.promised_at is None
    dispatch.promised_at, dispatch.promised_until = promised.at, promised.until
    record(uow, ticket, "eta" if is_first else "rescheduled", provider=name_of(uow, dispatch), when=iso(promised.at))
    tasks.meet(uow, cause=f"ticket:{ticket.id}:no_show")
    if promised.until > promised.at or (not is_first and promised.at - uow.now > timedelta(hours=12)):
        tell_or_call(uow, ticket, "rescheduled", at=promised.at, until=promised.until)
    else:
        tell_or_call(uow, ticket, "eta_told", provider=name_of(uow, dispatch), at=promised.at)
    return dispatch


def arrive(uow: UnitOfWork, dispatch_id: int) -> Dispatch:
    """The provider is at the door. Said twice, it counts once. Raises OfferGone when he holds the job no more."""
    dispatch, ticket = held(uow, dispatch_id)
    if dispatch.state is DispatchState.ACCEPTED:
        _arrived(uow, ticket, dispatch, is_assumed=False)
        tell_requester(uow, ticket, "arrived_told", provider=name_of(uow, dispatch))
    return dispatch


def complete(
    uow: UnitOfWork, dispatch_id: int, amount: int | None, labour: int | None = None, parts: int | None = None
) -> Dispatch:
    """The work is said to be done for so many fen; only the resident can say that it is. Asks him.

    `amount` None: nothing was to be paid. Raises OfferGone when the provider holds the job no more.
    """
    dispatch, ticket = held(uow, dispatch_id)
    assume_arrival(uow, ticket, dispatch)
    if ticket.state is State.WAITING_QUOTE:
        move(ticket, State.IN_PROGRESS)
    end_job(uow, ticket, dispatch, DispatchState.COMPLETED)
    dispatch.amount, dispatch.labour, dispatch.parts = amount, labour, parts
    move(ticket, State.DONE)
    ticket.done_at = uow.now
    record(uow, ticket, "completed", provider=name_of(uow, dispatch), amount=amount)
    sms.close_questions(uow, about=ticket.code)
    follow_ups.plan(uow, ticket, dispatch)
    return dispatch


def incomplete(uow: UnitOfWork, dispatch_id: int, words: str) -> Dispatch:
    """Not finished this time: the ticket is open again and a person arranges the rest."""
    dispatch, ticket = held(uow, dispatch_id)
    assume_arrival(uow, ticket, dispatch)
    _back_to_a_person(uow, ticket, dispatch, DispatchState.INCOMPLETE, "incomplete", words)
    tell_requester(uow, ticket, "incomplete_told")
    return dispatch


def no_access(uow: UnitOfWork, dispatch_id: int, words: str) -> Dispatch:
    """Nobody opened: the requester is told, and a person agrees on another time with him."""
    dispatch, ticket = held(uow, dispatch_id)
    name = name_of(uow, dispatch)
    _back_to_a_person(uow, ticket, dispatch, DispatchState.NO_ACCESS, "no_access", words)
    tell_requester(uow, ticket, "no_access_told", provider=name)
    return dispatch


def called_off_at_the_door(uow: UnitOfWork, dispatch_id: int, words: str) -> Dispatch:
    """The provider says that the resident called it off: only the resident can, so a person asks him."""
    dispatch, ticket = held(uow, dispatch_id)
    _back_to_a_person(uow, ticket, dispatch, DispatchState.CANCELLED, "said_called_off", words)
    return dispatch


def cancel_by_provider(uow: UnitOfWork, dispatch_id: int, reason: str) -> Dispatch:
    """The provider cannot come after all: the requester is told and the others are asked."""
    dispatch, ticket = held(uow, dispatch_id)
    name = name_of(uow, dispatch)
    end_job(uow, ticket, dispatch, DispatchState.CANCELLED, reason)
    move(ticket, State.OPEN)
    ticket.rounds_before = ticket.round
    record(uow, ticket, "cancelled_by_provider", provider=name, reason=reason)
    sms.close_questions(uow, about=ticket.code)
    tell_or_call(uow, ticket, "provider_changed")
    match_now(uow, ticket)
    return dispatch


def ask_to_reschedule(uow: UnitOfWork, dispatch_id: int, wanted: Window | None, words: str) -> None:
    """The resident would like another time: the provider is asked, and agrees by naming it."""
    dispatch, ticket = held(uow, dispatch_id)
    mark_contacted(uow, ticket)
    at = wanted.at if wanted is not None else None
    record(uow, ticket, "reschedule_asked", when=iso(at), note=words)
    tell_provider(uow, ticket, dispatch.provider_id, "reschedule_asked", at=at, words=words[:60])


def confirm_visit(uow: UnitOfWork, dispatch_id: int) -> Dispatch:
    """The resident says that the time suits him."""
    dispatch, ticket = held(uow, dispatch_id)
    mark_contacted(uow, ticket)
    record(uow, ticket, "visit_confirmed")
    return dispatch


def late_ones(uow: UnitOfWork) -> int:
    """Ask a person, once for each promise, about providers who should have been there long ago. Returns how many.

    Who named no time is expected when the resident wanted him, or from the moment he took the job.
    """
    expected = func.coalesce(Dispatch.promised_until, func.greatest(Dispatch.answered_at, Ticket.wanted_by))
    before = uow.now - uow.policy.dispatch.no_show_after
    is_told = (
        select(TicketEvent.id)
        .where(
            TicketEvent.ticket_id == Dispatch.ticket_id,
            TicketEvent.kind == "late",
            TicketEvent.data["dispatch"].as_integer() == Dispatch.id,
            TicketEvent.at > expected,
        )
        .exists()
    )
    rows = uow.session.execute(
        select(Dispatch, Ticket)
        .join(Ticket, Ticket.id == Dispatch.ticket_id)
        .where(Dispatch.state == DispatchState.ACCEPTED, expected < before, ~is_told)
        .with_for_update(skip_locked=True)
    ).all()
    for dispatch, ticket in rows:
        tasks.open_task(uow, TaskKind.CHECK, f"ticket:{ticket.id}:no_show", "no_show", ticket=ticket)
        record(uow, ticket, "late", provider=name_of(uow, dispatch), dispatch=dispatch.id)
    return len(rows)


def assume_arrival(uow: UnitOfWork, ticket: Ticket, dispatch: Dispatch) -> None:
    """Who reports what can only be known at the door has been there, though he did not say so."""
    if dispatch.state is DispatchState.ACCEPTED:
        _arrived(uow, ticket, dispatch, is_assumed=True)


def _arrived(uow: UnitOfWork, ticket: Ticket, dispatch: Dispatch, *, is_assumed: bool) -> None:
    check_move(dispatch.state, DispatchState.ARRIVED)
    dispatch.state, dispatch.arrived_at, dispatch.is_arrival_assumed = DispatchState.ARRIVED, uow.now, is_assumed
    move(ticket, State.IN_PROGRESS)
    mark_contacted(uow, ticket)
    record(uow, ticket, "arrival_assumed" if is_assumed else "arrived", provider=name_of(uow, dispatch))
    sms.close_questions(uow, kind="visit", reference=dispatch.id)
    for cause in (f"ticket:{ticket.id}:no_show", visit_cause(ticket)):
        tasks.meet(uow, cause=cause)
    uow.session.flush()


def _back_to_a_person(
    uow: UnitOfWork, ticket: Ticket, dispatch: Dispatch, state: DispatchState, reason: str, words: str
) -> None:
    name = name_of(uow, dispatch)
    end_job(uow, ticket, dispatch, state, reason)
    move(ticket, State.OPEN)
    ticket.rounds_before = ticket.round
    record(uow, ticket, reason, provider=name, note=words)
    sms.close_questions(uow, about=ticket.code)
    tasks.open_task(uow, TaskKind.CALL_BACK, f"ticket:{ticket.id}:{reason}", reason, ticket=ticket)
