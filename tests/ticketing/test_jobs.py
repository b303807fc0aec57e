"""The drains, as a worker runs them: due rows only, each in its own transaction, safe to run twice."""

from __future__ import annotations

from collections.abc import Callable
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
from ticketing.service import dispatches

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
    assert heard == [events.TicketEscalated(ticket.code, "overdue")]


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
        dispatches.accept(uow, offer.id)
        dispatches.complete(uow, offer.id, 12000)
    jobs.follow_up()
    with work() as uow:
        assert texts_to(uow, RESIDENT)[-1] == "resolved"
        assert texts_to(uow, PROVIDER) == ["offer"]
