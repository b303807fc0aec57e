"""What tickets hold about a person: facts, steps, who was told, what is to be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from console.privacy import without_numbers_of_others
from console.subject_facts import Fact, facts
from core import wording
from core.uow import UnitOfWork
from directory.events import Traces
from directory.models import (
    Unplaced,
)
from providers.models import Provider
from ticketing import prompts
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.models import Dispatch, FollowUp, Task, Ticket, TicketEvent

TOLD = (DispatchState.ACCEPTED, DispatchState.ARRIVED, DispatchState.COMPLETED)
"""A provider learns name, number and address when he takes the job."""


def of_tickets(session: Session, tickets: Sequence[Ticket], own: frozenset[str]) -> list[list[Fact]]:
    """Each of his tickets."""
    ids = [one.id for one in tickets]
    asked: dict[int, list[FollowUp]] = defaultdict(list)
    for row in session.scalars(select(FollowUp).where(FollowUp.ticket_id.in_(ids)).order_by(FollowUp.id)):
        asked[row.ticket_id].append(row)
    subjects = {f"ticket:{number}": number for number in ids}
    places = {
        subjects[row.subject]: row.words
        for row in session.scalars(select(Unplaced).where(Unplaced.subject.in_(subjects)))
    }
    found = []
    for one in tickets:
        answers = asked[one.id]
        answer = answers[-1] if answers else None
        comments = " · ".join(filter(None, (each.comment for each in answers)))
        found.append(
            facts(
                {
                    "code": one.code,
                    "kind": one.kind,
                    "service": one.service,
                    "state": one.state,
                    "opened_at": one.opened_at,
                    "closed_at": one.closed_at,
                    "name": one.requester_name,
                    "number": one.msisdn if one.msisdn in own else None,
                    "address": one.address,
                    "words": without_numbers_of_others(one.description, own),
                    "place_words": without_numbers_of_others(places.get(one.id, ""), own),
                    "reason": without_numbers_of_others(one.close_reason, own),
                    "is_solved": answer.is_solved if answer is not None else None,
                    "score": answer.score if answer is not None else None,
                    "comment": without_numbers_of_others(comments, own),
                }
            )
        )
    return found


def steps(uow: UnitOfWork, tickets: Sequence[Ticket], own: frozenset[str], lang: str) -> list[list[Fact]]:
    """What happened to his tickets, in `lang`."""
    codes = {one.id: one.code for one in tickets}
    steps = uow.session.scalars(select(TicketEvent).where(TicketEvent.ticket_id.in_(codes)).order_by(TicketEvent.id))
    return [
        facts(
            {
                "code": codes[step.ticket_id],
                "at": step.at,
                "step": _sentence(uow, step, lang),
                "words": without_numbers_of_others(step.note, own),
            }
        )
        for step in steps
    ]


def _sentence(uow: UnitOfWork, step: TicketEvent, lang: str) -> str:
    told = {"who": step.actor, **prompts.facts(step.data, lang, uow.zone)}
    return wording.say("ticketing", f"event.{step.kind}", lang, **told)


def handed_out(session: Session, tickets: Sequence[Ticket]) -> list[list[Fact]]:
    """Who got his name, number and address, and when."""
    codes = {one.id: one.code for one in tickets}
    rows = session.execute(
        select(Dispatch, Provider.name)
        .join(Provider, Provider.id == Dispatch.provider_id)
        .where(Dispatch.ticket_id.in_(codes), Dispatch.state.in_(TOLD))
        .order_by(Dispatch.id)
    )
    return [facts({"code": codes[row.ticket_id], "provider": name, "at": row.answered_at}) for row, name in rows]


def of_tasks(session: Session, traces: Traces, tickets: Sequence[Ticket]) -> list[list[Fact]]:
    """What staff have or had to do about him."""
    his = or_(Task.ticket_id.in_([one.id for one in tickets]), Task.msisdn.in_(traces.own))
    return [
        facts({"kind": one.kind, "reason": one.reason, "at": one.opened_at, "done_at": one.done_at})
        for one in session.scalars(select(Task).where(his).order_by(Task.id))
    ]
