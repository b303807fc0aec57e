"""Asking the resident in two steps: is it solved, and how was it."""

from __future__ import annotations

from sqlalchemy import select

from core.uow import UnitOfWork
from providers import service as provider_service
from sms import queries as texts
from sms import service as sms
from ticketing import follow_up as rule
from ticketing import queries
from ticketing.lifecycle import State
from ticketing.models import Dispatch, FollowUp, FollowUpState, TaskKind, Ticket
from ticketing.service import tasks, tickets
from ticketing.service.history import locked_by_id, move, record

ASK = "ticketing.follow_up"


def plan(uow: UnitOfWork, ticket: Ticket, dispatch: Dispatch) -> FollowUp:
    """Write down that the resident is to be asked about a job that was just reported done."""
    spoke_at = texts.last_inbound_at(uow.session, ticket.notify_msisdn) if ticket.notify_msisdn else None
    due_at = rule.ask_at(
        uow.local_now, spoke_at.astimezone(uow.zone) if spoke_at is not None else None, uow.policy.follow_up
    )
    planned = FollowUp(ticket_id=ticket.id, dispatch_id=dispatch.id, state=FollowUpState.DUE, due_at=due_at)
    uow.session.add(planned)
    uow.session.flush()
    uow.wake(ASK)
    return planned


def ask(uow: UnitOfWork, follow_up_id: int) -> None:
    """Ask by text; where no text can go, or none was answered, let a person call; after some tries give up.

    A call that nobody has made yet is no try: its task waits as long as it takes.
    """
    asked, ticket = _both(uow, follow_up_id)
    if asked.state not in queries.FOLLOW_UPS_WAITING or asked.due_at > uow.now:
        return
    if ticket.state is State.DONE:
        move(ticket, State.FOLLOWING_UP)
    asked.due_at = rule.ask_again_at(uow.local_now, uow.policy.follow_up)
    if tasks.is_open(uow, _call(asked)):
        return
    if rule.is_given_up(asked.tries, uow.policy.follow_up):
        asked.state = FollowUpState.UNREACHED
        tickets.close(uow, ticket.code, "unreached")
        return
    asked.tries += 1
    if asked.state is FollowUpState.DUE and _ask_by_text(uow, asked, ticket):
        asked.state, asked.asked_at = FollowUpState.SENT, uow.now
        record(uow, ticket, "asked", tries=asked.tries)
        return
    asked.state = FollowUpState.CALL_DUE
    tasks.open_task(uow, TaskKind.FOLLOW_UP, _call(asked), "follow_up_by_phone", ticket=ticket)
    record(uow, ticket, "follow_up_by_phone")


def solved(uow: UnitOfWork, follow_up_id: int) -> FollowUp:
    """The resident says that it is solved: the ticket closes, the score may still come.

    Said after we gave up asking, it is written down all the same.
    """
    asked, ticket = _both(uow, follow_up_id)
    if asked.is_solved is None and ticket.state in (State.FOLLOWING_UP, State.CLOSED):
        asked.is_solved, asked.answered_at, asked.state = True, uow.now, FollowUpState.ANSWERED
        tickets.mark_contacted(uow, ticket)
        if ticket.state is State.FOLLOWING_UP:
            tickets.close(uow, ticket.code, "solved", tells=False)
    return asked


def not_solved(uow: UnitOfWork, follow_up_id: int) -> FollowUp:
    """The resident says that it is not solved: the ticket is open again, also when he had said yes before."""
    asked, ticket = _both(uow, follow_up_id)
    if asked.is_solved is not False and _may_come_back(uow, ticket):
        asked.is_solved, asked.answered_at, asked.state = False, uow.now, FollowUpState.DONE
        tasks.meet(uow, cause=_call(asked))
        tickets.mark_contacted(uow, ticket)
        tickets.reopen(uow, ticket.code, "not_solved", tells=False)
    return asked


def rate(uow: UnitOfWork, follow_up_id: int, score: int) -> bool:
    """Keep the resident's score of 1 to 5. A low one goes to a person. False when there is one already."""
    asked, ticket = _both(uow, follow_up_id)
    if asked.score is not None:
        record(uow, ticket, "rated_again", score=score)
        return False
    asked.score, asked.state = score, FollowUpState.DONE
    record(uow, ticket, "rated", score=score)
    dispatch = uow.session.get(Dispatch, asked.dispatch_id) if asked.dispatch_id is not None else None
    if dispatch is not None:
        provider_service.record_rating(uow, dispatch.provider_id, score)
    if rule.is_low(score, uow.policy.follow_up):
        ticket.is_supervised = True
        tasks.open_task(uow, TaskKind.CALL_BACK, f"follow_up:{asked.id}:score", "low_rating", ticket=ticket)
    return True


def _ask_by_text(uow: UnitOfWork, asked: FollowUp, ticket: Ticket) -> bool:
    dispatch = uow.session.get(Dispatch, asked.dispatch_id) if asked.dispatch_id is not None else None
    told = sms.ask(
        uow,
        ticket.notify_msisdn,
        "resolved",
        kind="resolved",
        about=ticket.code,
        reference=asked.id,
        lang=ticket.lang,
        facts={"code": ticket.code, "amount": dispatch.amount if dispatch is not None else None},
    )
    return told is not None


def _may_come_back(uow: UnitOfWork, ticket: Ticket) -> bool:
    """Whether "not solved" still opens the ticket: while it is asked about, and some days after it was closed."""
    if ticket.state is State.CLOSED and ticket.closed_at is not None:
        return uow.now - ticket.closed_at <= uow.policy.dispatch.reopen_within
    return ticket.state is State.FOLLOWING_UP


def _call(asked: FollowUp) -> str:
    return f"follow_up:{asked.id}"


def _both(uow: UnitOfWork, follow_up_id: int) -> tuple[FollowUp, Ticket]:
    ticket_id = uow.session.scalars(select(FollowUp.ticket_id).where(FollowUp.id == follow_up_id)).one()
    ticket = locked_by_id(uow.session, ticket_id)
    return uow.session.get_one(FollowUp, follow_up_id, populate_existing=True), ticket
