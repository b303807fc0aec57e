"""Any order of wishes, answers, silence and passing time: no ticket gets into a state that nobody minds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from core.errors import HotlineError
from core.uow import UnitOfWork
from sms.models import OpenQuestion
from tests.factories.people import COMMUNITY
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_request, a_ticket
from ticketing import lifecycle, queries
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.lifecycle import OVER, State
from ticketing.models import Dispatch, FollowUp, Quote, Task, Ticket
from ticketing.promise import Window
from ticketing.service import clocks, dispatches, follow_ups, offering, quotes, tasks, tickets
from ticketing.service.history import locked_by_id

HELD = (State.ACKNOWLEDGED, State.IN_PROGRESS, State.WAITING_QUOTE)
MANY = 50
ENDS = frozenset({"the resident calls it off", "an agent closes it"})
NEGLECT = "an agent ticks off every task"
Act = Callable[[UnitOfWork, Ticket], object]


def test_every_state_leads_to_an_end() -> None:
    for state in State:
        reached, seen = {state}, set[State]()
        while reached - seen:
            seen |= reached
            reached |= {new for old in reached for new in lifecycle.MOVES[old]}
        assert reached & OVER, state


def newest(uow: UnitOfWork, ticket: Ticket, *states: DispatchState) -> int:
    """The newest dispatch of the ticket in one of these states, or any at all: providers answer late, too."""
    ids = select(Dispatch.id).where(Dispatch.ticket_id == ticket.id).order_by(Dispatch.id.desc()).limit(1)
    found = uow.session.scalar(ids.where(Dispatch.state.in_(states))) or uow.session.scalar(ids)
    return found or 0


def held(uow: UnitOfWork, ticket: Ticket) -> int:
    return newest(uow, ticket, *HOLDING)


def offered(uow: UnitOfWork, ticket: Ticket) -> int:
    return newest(uow, ticket, DispatchState.OFFERED)


def last_quote(uow: UnitOfWork, ticket: Ticket) -> int:
    return uow.session.scalars(select(Quote.id).order_by(Quote.id.desc()).limit(1)).one()


def last_question(uow: UnitOfWork, ticket: Ticket) -> int:
    return uow.session.scalars(select(FollowUp.id).order_by(FollowUp.id.desc()).limit(1)).one()


def pass_by(time: timedelta) -> Act:
    def wait(uow: UnitOfWork, _: Ticket) -> None:
        uow.now += time

    return wait


def run_the_jobs(uow: UnitOfWork, _: Ticket) -> None:
    """One turn of each drain, as the ticker rings them."""
    session = uow.session
    for dispatch_id in queries.run_out(session, uow.now, MANY):
        offering.expire(uow, dispatch_id)
    for ticket_id in queries.to_match(session, uow.now, MANY):
        offering.make_round(uow, locked_by_id(session, ticket_id))
    assert queries.to_match(session, uow.now, MANY) == [], "matched, and at once to be matched again"
    dispatches.late_ones(uow)
    quotes.unanswered(uow)
    for due, act in (
        (queries.contact_missed, clocks.contact_is_late),
        (queries.clocks_passed, clocks.warn),
        (queries.left_lying, clocks.remind),
        (queries.to_follow_up, follow_ups.ask),
    ):
        for row_id in due(session, uow.now, MANY):
            act(uow, row_id)
        session.flush()
        assert due(session, uow.now, MANY) == [], f"{due.__name__} is due again in the same moment"


def tick_off_every_task(uow: UnitOfWork, _: Ticket) -> None:
    """The worst agent there is: says that everything is done, and does nothing."""
    for task_id in uow.session.scalars(select(Task.id).where(Task.done_at.is_(None))).all():
        tasks.finish(uow, task_id)


def go_on_as_it_should(uow: UnitOfWork, ticket: Ticket) -> None:
    """One step on the way that most tickets take, so that walks get deep."""
    match ticket.state:
        case State.NEW:
            tickets.set_facts(uow, ticket.code, jurisdiction_code=COMMUNITY)
        case State.DISPATCHED:
            offering.accept(uow, offered(uow, ticket))
        case State.ACKNOWLEDGED:
            dispatches.arrive(uow, held(uow, ticket))
        case State.IN_PROGRESS:
            dispatches.complete(uow, held(uow, ticket), 12000)
        case State.WAITING_QUOTE:
            quotes.agree(uow, last_quote(uow, ticket))
        case State.CLOSED:
            tickets.reopen(uow, ticket.code, "又来了")
        case _:
            run_the_jobs(uow, ticket)


ACTS: dict[str, Act] = {
    "it goes on as it should": go_on_as_it_should,
    "ten minutes pass": pass_by(timedelta(minutes=10)),
    "three hours pass": pass_by(timedelta(hours=3)),
    "a day passes": pass_by(timedelta(days=1)),
    "the jobs run": run_the_jobs,
    "a provider accepts": lambda uow, t: offering.accept(uow, offered(uow, t)),
    "a provider accepts for three o'clock": lambda uow, t: offering.accept(
        uow, offered(uow, t), Window(uow.now + timedelta(hours=3), uow.now + timedelta(hours=3))
    ),
    "a provider refuses": lambda uow, t: offering.refuse(uow, offered(uow, t), "busy"),
    "the provider arrives": lambda uow, t: dispatches.arrive(uow, held(uow, t)),
    "the provider says done": lambda uow, t: dispatches.complete(uow, held(uow, t), 12000),
    "the provider has not finished": lambda uow, t: dispatches.incomplete(uow, held(uow, t), "缺件"),
    "the provider finds nobody": lambda uow, t: dispatches.no_access(uow, held(uow, t), "没人"),
    "the provider gives it back": lambda uow, t: dispatches.cancel_by_provider(uow, held(uow, t), "sick"),
    "the provider says it was called off": lambda uow, t: dispatches.called_off_at_the_door(uow, held(uow, t), "不要"),
    "the provider states a price": lambda uow, t: quotes.quote(uow, held(uow, t), 90000),
    "the resident agrees": lambda uow, t: quotes.agree(uow, last_quote(uow, t)),
    "the resident declines": lambda uow, t: quotes.decline(uow, last_quote(uow, t)),
    "the resident calls it off": lambda uow, t: tickets.cancel(uow, t.code, "by_text"),
    "the resident says solved": lambda uow, t: follow_ups.solved(uow, last_question(uow, t)),
    "the resident says not solved": lambda uow, t: follow_ups.not_solved(uow, last_question(uow, t)),
    "the resident gives a score": lambda uow, t: follow_ups.rate(uow, last_question(uow, t), 2),
    "an agent opens it again": lambda uow, t: tickets.reopen(uow, t.code, "又来了"),
    "an agent names a provider": lambda uow, t: offering.dispatch_by_hand(uow, t.code, "P902", "住户要他"),
    "an agent closes it": lambda uow, t: tickets.close(uow, t.code, "电话里答复了"),
    NEGLECT: tick_off_every_task,
}

WALK = (
    [name for name in sorted(ACTS) if name not in ENDS] * 2
    + ["it goes on as it should"] * 14
    + ["the jobs run"] * 4
    + sorted(ENDS)
)
"""Every act, the ends less often than the rest."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(WALK), min_size=5, max_size=40),
    request=st.sampled_from(
        [
            a_request(),
            a_request(service="cleaning"),
            a_request(place=""),
            a_request(is_draft=True),
            a_request(msisdn="+869785559901", notify_msisdn=None),
        ]
    ),
)
def test_whatever_happens_somebody_or_a_clock_minds_the_ticket(
    uow: UnitOfWork, session: Session, names: list[str], request: tickets.Request
) -> None:
    began = uow.now
    try:
        for n, msisdn in enumerate((PROVIDER, "+8616500000902", "+8616500000903"), start=1):
            a_provider(uow, f"P90{n}", msisdn=msisdn, services=("plumbing", "cleaning"))
        ticket = a_ticket(uow, request)
        is_neglected = False
        for name in names:
            _try(uow, ticket, ACTS[name])
            session.expire_all()
            is_neglected |= name == NEGLECT
            _check(uow, ticket, name, is_neglected=is_neglected)
    finally:
        session.rollback()
        uow.now = began


def _try(uow: UnitOfWork, ticket: Ticket, act: Act) -> None:
    """What is not allowed at the moment is refused, and then nothing has changed."""
    with contextlib.suppress(HotlineError, NoResultFound), uow.session.begin_nested():
        act(uow, ticket)


def _check(uow: UnitOfWork, ticket: Ticket, after: str, *, is_neglected: bool) -> None:
    session = uow.session
    states = session.scalars(select(Dispatch.state).where(Dispatch.ticket_id == ticket.id)).all()
    holders = sum(state in HOLDING for state in states)
    offers = states.count(DispatchState.OFFERED)
    assert holders == (1 if ticket.state in HELD else 0), after
    assert (offers > 0) == (ticket.state is State.DISPATCHED), after
    open_tasks = session.scalars(
        select(Task.cause).where(Task.ticket_id == ticket.id, Task.done_at.is_(None)).order_by(Task.id)
    ).all()
    if ticket.state in OVER:
        assert ticket.match_at is None, after
        questions = session.scalars(select(OpenQuestion.kind).where(OpenQuestion.closed_at.is_(None))).all()
        assert not set(questions) & {"offer", "job", "visit", "quote"}, after
        assert [one for one in open_tasks if one.startswith(f"ticket:{ticket.id}:")] == [], after
        return
    if ticket.state is State.OPEN and not is_neglected:
        assert ticket.match_at is not None or open_tasks, after
    is_clocked = ticket.warned < 100 and ticket.state not in (State.DONE, State.FOLLOWING_UP)
    is_asked = session.scalar(
        select(FollowUp.id).where(FollowUp.ticket_id == ticket.id, FollowUp.state.in_(queries.FOLLOW_UPS_WAITING))
    )
    if ticket.match_at is None and not offers and not open_tasks and not is_clocked and not is_asked:
        later = uow.now + queries.LEFT_LYING_AFTER + timedelta(seconds=1)
        assert ticket.id in queries.left_lying(session, later, MANY), after
