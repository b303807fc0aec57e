"""The drains, as a worker runs them: due rows only, each in its own transaction, safe to run twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core import events as announcements
from core.uow import UnitOfWork
from tests.factories.people import RESIDENT
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_request, a_ticket, steps_of, texts_to
from ticketing import events, jobs
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Task, Ticket, TicketKind
from ticketing.service import dispatches, offering

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]


def test_open_tickets_are_matched_once_and_offers_run_out(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    with work() as uow:
        a_provider(uow)
        a_provider(uow, "P902", msisdn="+8616500000902")
        code = a_ticket(uow).code
    jobs.match()
    jobs.match()
    with work() as uow:
        assert uow.session.scalars(select(Dispatch.state)).all() == [DispatchState.OFFERED]
    at(noon + timedelta(minutes=11))
    jobs.expire_offers()
    jobs.match()
    with work() as uow:
        states = uow.session.scalars(select(Dispatch.state).order_by(Dispatch.id)).all()
        assert states == [DispatchState.EXPIRED, DispatchState.OFFERED]
        assert uow.session.scalars(select(Ticket.state).where(Ticket.code == code)).one() is State.DISPATCHED


def test_clocks_warn_once_at_each_mark_and_the_end_is_told_upwards(work: Work, at: At, noon: datetime) -> None:
    heard: list[object] = []
    announcements.subscribe({events.TicketEscalated: (lambda uow, event: heard.append(event),)})
    at(noon)
    with work() as uow:
        ticket = a_ticket(uow, a_request(kind=TicketKind.REPORT, service="", is_urgent=True))
    for hours in (3, 3.1, 13, 13.1, 20, 25, 26):
        at(noon + timedelta(hours=hours))
        jobs.watch_clocks()
    with work() as uow:
        told = [kind for kind in steps_of(uow, ticket) if kind in ("warned", "overdue", "contact_late")]
        assert told == ["contact_late", "warned", "warned", "overdue"]
        assert uow.session.get_one(Ticket, ticket.id).is_overdue
        assert set(uow.session.scalars(select(Task.reason))) == {"contact_late", "overdue"}
    assert heard == [events.TicketEscalated(ticket.code, "overdue", f"escalated:{ticket.id}:0:overdue")]


@pytest.mark.expects_errors
def test_one_ticket_that_fails_costs_no_other_its_turn(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    with work() as uow:
        a_provider(uow)
        broken, fine = a_ticket(uow), a_ticket(uow, a_request(msisdn="+8616200000955", notify_msisdn=None))
        broken.service = "no_such_service"
    jobs.match()
    with work() as uow:
        assert uow.session.get_one(Ticket, broken.id).state is State.OPEN
        assert uow.session.get_one(Ticket, fine.id).state is State.DISPATCHED


def test_follow_ups_go_out_by_their_job(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    with work() as uow:
        a_provider(uow)
        a_ticket(uow)
    jobs.match()
    with work() as uow:
        offer = uow.session.scalars(select(Dispatch)).one()
        offering.accept(uow, offer.id)
        dispatches.complete(uow, offer.id, 12000)
    jobs.follow_up()
    with work() as uow:
        assert texts_to(uow, RESIDENT)[-1] == "resolved"
        assert texts_to(uow, PROVIDER) == ["offer"]


def test_a_whole_job_with_every_drain_run_again_and_at_once_sends_every_text_once(
    work: Work, at: At, noon: datetime
) -> None:
    def drain() -> None:
        everything = (jobs.match, jobs.expire_offers, jobs.watch_clocks, jobs.follow_up)
        with ThreadPoolExecutor(len(everything) * 2) as threads:
            for _ in range(2):  # what one drain brings about is the work of the next
                assert [ran.result() for ran in [threads.submit(one) for one in everything * 2]] == [False] * 8

    at(noon)
    with work() as uow:
        for n in range(5):
            a_provider(uow, f"P90{n}", msisdn=f"+861650000090{n}", rating=str(5 - n / 10), ratings=500)
        a_ticket(uow)
    drain()
    at(noon + timedelta(minutes=11))
    drain()
    with work() as uow:
        offers = select(Dispatch.id).where(Dispatch.state == DispatchState.OFFERED).order_by(Dispatch.id)
        taken = uow.session.scalars(offers).all()[0]
        assert offering.accept(uow, taken)
    at(noon + timedelta(hours=4))
    drain()
    with work() as uow:
        dispatches.complete(uow, taken, 12000)
    drain()
    at(noon + timedelta(hours=30))
    drain()
    with work() as uow:
        assert texts_to(uow, RESIDENT) == ["ticket_opened", "visit_told", "resolved"]
        told = [texts_to(uow, f"+861650000090{n}") for n in range(5)]
        assert told == [["offer"], ["offer"], ["offer", "offer_lost"], ["offer", "offer_lost"], []]
        assert uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None))).all() == ["follow_up_by_phone"]
