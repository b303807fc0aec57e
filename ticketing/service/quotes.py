"""A price above what is published: no work before the resident's yes."""

from __future__ import annotations

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from core.uow import UnitOfWork
from sms import service as sms
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.errors import OfferGone
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Quote, Task, TaskKind, Ticket
from ticketing.service import dispatches, tasks, telling, tickets
from ticketing.service.history import locked_by_id, move, record


def quote(uow: UnitOfWork, dispatch_id: int, amount: int, labour: int | None = None, parts: int | None = None) -> Quote:
    """The provider states a total in fen; the resident is asked, and the work waits.

    Whoever can see what it costs is at the door. A newer quote takes the place of one that waits; the same once more
    is not asked again. Raises OfferGone when the provider holds the job no more.
    """
    dispatch, ticket = _job(uow, dispatch_id)
    before = _unanswered(uow, dispatch_id)
    if before is not None and before.amount == amount and ticket.state is State.WAITING_QUOTE:
        return before
    dispatches.assume_arrival(uow, ticket, dispatch)
    if ticket.state is State.IN_PROGRESS:
        move(ticket, State.WAITING_QUOTE)
    stated = Quote(dispatch_id=dispatch.id, amount=amount, labour=labour, parts=parts, stated_at=uow.now)
    uow.session.add(stated)
    uow.session.flush()
    record(uow, ticket, "quoted", amount=amount)
    told = sms.ask(
        uow,
        ticket.notify_msisdn,
        "quote",
        kind="quote",
        about=ticket.code,
        reference=stated.id,
        lang=ticket.lang,
        facts={"code": ticket.code, "total": amount, "labour": labour, "parts": parts},
    )
    if told is None:
        _call_about(uow, stated, ticket)
    return stated


def unanswered(uow: UnitOfWork) -> int:
    """Somebody stands at the door and the resident does not answer: a person calls, once. Returns how many."""
    before = uow.now - uow.policy.tasks.call_back_within
    is_called = exists().where(Task.cause == func.concat("quote:", Quote.id))
    newer = aliased(Quote)
    rows = uow.session.execute(
        select(Quote, Ticket)
        .join(Dispatch, Dispatch.id == Quote.dispatch_id)
        .join(Ticket, Ticket.id == Dispatch.ticket_id)
        .where(
            Ticket.state == State.WAITING_QUOTE,
            Dispatch.state.in_(HOLDING),
            Quote.is_agreed.is_(None),
            Quote.stated_at < before,
            ~exists().where(newer.dispatch_id == Quote.dispatch_id, newer.id > Quote.id),
            ~is_called,
        )
        .with_for_update(of=Ticket, skip_locked=True)
    ).all()
    for stated, ticket in rows:
        _call_about(uow, stated, ticket)
    return len(rows)


def agree(uow: UnitOfWork, quote_id: int) -> Quote:
    """The resident says yes: the provider may go on. Said twice, it counts once."""
    stated, dispatch, ticket = _waiting(uow, quote_id)
    if stated.is_agreed is None and ticket.state is State.WAITING_QUOTE:
        stated.is_agreed, stated.answered_at = True, uow.now
        tasks.meet(uow, cause=f"quote:{stated.id}")
        move(ticket, State.IN_PROGRESS)
        tickets.mark_contacted(uow, ticket)
        record(uow, ticket, "quote_agreed", amount=stated.amount)
        telling.tell_provider(uow, ticket, dispatch.provider_id, "quote_agreed", total=stated.amount)
    return stated


def decline(uow: UnitOfWork, quote_id: int) -> Quote:
    """The resident says no: nothing is done or charged, and the ticket ends."""
    stated, dispatch, ticket = _waiting(uow, quote_id)
    if stated.is_agreed is None and ticket.state is State.WAITING_QUOTE:
        stated.is_agreed, stated.answered_at = False, uow.now
        tasks.meet(uow, cause=f"quote:{stated.id}")
        tickets.mark_contacted(uow, ticket)
        record(uow, ticket, "quote_declined", amount=stated.amount)
        dispatch.state, dispatch.reason, dispatch.ended_at = DispatchState.CANCELLED, "quote_declined", uow.now
        telling.withdraw_news(uow, ticket, dispatch.provider_id)
        telling.tell_provider(uow, ticket, dispatch.provider_id, "quote_declined")
        tickets.cancel(uow, ticket.code, "quote_declined", tells=False)
    return stated


def amount_agreed(uow: UnitOfWork, dispatch_id: int) -> int | None:
    """The highest total in fen that the resident agreed to for this dispatch; None when nothing was quoted."""
    return uow.session.scalar(
        select(Quote.amount)
        .where(Quote.dispatch_id == dispatch_id, Quote.is_agreed.is_(True))
        .order_by(Quote.amount.desc())
        .limit(1)
    )


def _call_about(uow: UnitOfWork, stated: Quote, ticket: Ticket) -> None:
    tasks.open_task(uow, TaskKind.CALL_BACK, f"quote:{stated.id}", "quote_by_phone", ticket=ticket)


def _unanswered(uow: UnitOfWork, dispatch_id: int) -> Quote | None:
    """The latest quote of a job, while the resident has not answered it."""
    latest = uow.session.scalar(
        select(Quote).where(Quote.dispatch_id == dispatch_id).order_by(Quote.id.desc()).limit(1)
    )
    return latest if latest is not None and latest.is_agreed is None else None


def _job(uow: UnitOfWork, dispatch_id: int) -> tuple[Dispatch, Ticket]:
    dispatch = uow.session.get_one(Dispatch, dispatch_id)
    ticket = locked_by_id(uow.session, dispatch.ticket_id)
    uow.session.refresh(dispatch)
    if dispatch.state not in HOLDING:
        raise OfferGone(ticket.code)
    return dispatch, ticket


def _waiting(uow: UnitOfWork, quote_id: int) -> tuple[Quote, Dispatch, Ticket]:
    dispatch_id = uow.session.scalars(select(Quote.dispatch_id).where(Quote.id == quote_id)).one()
    dispatch, ticket = _job(uow, dispatch_id)
    return uow.session.get_one(Quote, quote_id, populate_existing=True), dispatch, ticket
