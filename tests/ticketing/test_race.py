"""Who is quicker, on the real database: a hundred who accept in the same moment, and a yes against the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, text
from twilio.request_validator import RequestValidator

from config.settings import Settings
from core import db
from core.uow import UnitOfWork, unit_of_work
from providers.models import Provider
from sms import service as sms
from sms.models import OpenQuestion, OutboundSms
from tests.conftest import PUBLIC_URL, TOKEN
from tests.factories.people import RESIDENT
from tests.factories.providers import a_provider
from tests.factories.requests import a_ticket, steps_of, texts_to
from tests.phone_line import PhoneLine
from ticketing import jobs
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Ticket
from ticketing.service import offering, tickets
from ticketing.service.history import locked_by_id
from ticketing.service.ranking import rank_for

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
MANY = 100
DRAINS = (jobs.expire_offers, jobs.match)


@pytest.fixture
def wide(engine: Engine, settings: Settings) -> Iterator[None]:
    """A connection for every thread, so that all of them are in the database at once."""
    opened = db.connect(settings.database_url, pool_size=MANY // 2)
    yield
    opened.dispose()
    db.sessions.configure(bind=engine)


def everybody_asked(work: Work, many: int) -> tuple[int, list[int]]:
    """A ticket that so many providers were offered, and the ids of their offers."""
    with work() as uow:
        for n in range(many):
            a_provider(uow, f"P{n + 500}", msisdn=f"+86165000{n + 10000}")
        ticket = a_ticket(uow)
        offering.make_round(uow, ticket)
        first = uow.session.scalars(select(Dispatch)).one()
        uow.session.add_all(
            Dispatch(
                ticket_id=ticket.id,
                provider_id=choice.facts.provider_id,
                round=1,
                state=DispatchState.OFFERED,
                offered_at=uow.now,
                expires_at=first.expires_at,
            )
            for choice in rank_for(uow, ticket)
            if choice.facts.provider_id != first.provider_id
        )
        uow.session.flush()
        return ticket.id, list(uow.session.scalars(select(Dispatch.id).order_by(Dispatch.id)))


def all_at_once(acts: Sequence[Callable[[UnitOfWork], object]]) -> list[object]:
    """Each in a transaction and a thread of its own, none before all have begun."""
    start = Barrier(len(acts))

    def run(act: Callable[[UnitOfWork], object]) -> object:
        with unit_of_work("test") as uow:
            uow.session.execute(text("select 1"))
            start.wait(timeout=30)
            return act(uow)

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def test_of_a_hundred_who_accept_in_the_same_moment_one_wins_and_all_others_are_told(
    work: Work, at: At, noon: datetime, wide: None
) -> None:
    at(noon)
    ticket_id, offers = everybody_asked(work, MANY)
    assert len(offers) == MANY
    won = all_at_once([partial(offering.accept, dispatch_id=one) for one in offers])
    assert (won.count(True), won.count(False)) == (1, MANY - 1)
    with work() as uow:
        ticket = uow.session.get_one(Ticket, ticket_id)
        assert ticket.state is State.ACKNOWLEDGED
        ended = uow.session.execute(select(Dispatch.state, Dispatch.reason, func.count()).group_by("state", "reason"))
        assert {(row[0], row[1]): row[2] for row in ended} == {
            (DispatchState.ACCEPTED, ""): 1,
            (DispatchState.WITHDRAWN, "taken"): MANY - 1,
        }
        told = uow.session.execute(
            select(OutboundSms.msisdn, func.count()).where(OutboundSms.wording == "offer_lost").group_by("msisdn")
        ).all()
        assert [row[1] for row in told] == [1] * (MANY - 1)
        assert texts_to(uow, RESIDENT) == ["ticket_opened", "visit_told"]
        assert steps_of(uow, ticket).count("accepted") == 1
        asked = uow.session.scalars(select(OpenQuestion.kind).where(OpenQuestion.closed_at.is_(None))).all()
        assert sorted(asked) == ["job", "visit"]


def test_of_thirty_texts_that_say_yes_at_once_one_is_told_that_it_won_and_each_other_once_that_it_lost(
    app: Flask, work: Work, at: At, noon: datetime, phone_line: PhoneLine
) -> None:
    at(noon)
    _, offers = everybody_asked(work, 30)
    with work() as uow:
        for one in uow.session.scalars(select(Dispatch).order_by(Dispatch.id).offset(1)).all():
            number = uow.session.get_one(Provider, one.provider_id).msisdn
            code = uow.session.get_one(Ticket, one.ticket_id).code
            sms.open_question(uow, number, "offer", code, one.id)
        numbers = list(uow.session.scalars(select(Provider.msisdn)))
    start = Barrier(len(numbers))

    def say_yes(number: str) -> int:
        form = {"MessageSid": f"SM{number[1:]}", "From": number, "To": "+869785550156", "Body": "1 40分钟到"}
        signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC_URL}/sms/inbound", form)
        caller = app.test_client()
        start.wait(timeout=30)
        return caller.post("/sms/inbound", data=form, headers={"X-Twilio-Signature": signature}).status_code

    with ThreadPoolExecutor(len(numbers)) as threads:
        assert set(threads.map(say_yes, numbers)) == {200}
    with work() as uow:
        news = [[name for name in texts_to(uow, number) if name != "offer"] for number in numbers]
        assert sorted(news) == [["offer_lost"]] * (len(offers) - 1) + [["offer_won"]]
        assert texts_to(uow, RESIDENT) == ["ticket_opened", "visit_told"]


def test_a_yes_and_the_clock_in_the_same_moment_end_in_one_of_the_two(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    ticket_id, offers = everybody_asked(work, 1)
    accepted, expired = all_at_once(
        [lambda uow: offering.accept(uow, offers[0]), lambda uow: offering.expire(uow, offers[0], "not_reached")]
    )
    assert {accepted, expired} == {True, False}
    with work() as uow:
        state = uow.session.get_one(Ticket, ticket_id).state
        assert state is (State.ACKNOWLEDGED if accepted else State.OPEN)


def test_a_yes_and_a_cancellation_in_the_same_moment_leave_nobody_on_the_way(
    work: Work, at: At, noon: datetime
) -> None:
    at(noon)
    ticket_id, offers = everybody_asked(work, 3)
    with work() as uow:
        code = uow.session.get_one(Ticket, ticket_id).code
    all_at_once(
        [
            *[partial(offering.accept, dispatch_id=one) for one in offers],
            lambda uow: tickets.cancel(uow, code, "by_phone"),
        ]
    )
    with work() as uow:
        assert uow.session.get_one(Ticket, ticket_id).state is State.CANCELLED
        active = (DispatchState.OFFERED, DispatchState.ACCEPTED)
        assert uow.session.scalars(select(Dispatch).where(Dispatch.state.in_(active))).all() == []


def test_two_drains_at_once_make_one_round(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    with work() as uow:
        for n in range(5):
            a_provider(uow, f"P{n + 500}", msisdn=f"+86165000{n + 10000}")
        ticket_id = a_ticket(uow).id

    def match(uow: UnitOfWork) -> int:
        return len(offering.make_round(uow, locked_by_id(uow.session, ticket_id)))

    made = all_at_once([match] * 4)
    assert sorted(str(one) for one in made) == ["0", "0", "0", "1"]
    with work() as uow:
        assert uow.session.scalars(select(Dispatch.state)).all() == [DispatchState.OFFERED]
        assert uow.session.get_one(Ticket, ticket_id).match_at is None


def test_offers_in_rounds_go_on_where_they_were_after_a_stop_of_hours(work: Work, at: At, noon: datetime) -> None:
    """Nothing but rows says what is next: whoever starts the drains again finds it."""
    at(noon)
    with work() as uow:
        for n in range(8):
            a_provider(uow, f"P{n + 500}", msisdn=f"+86165000{n + 10000}", rating=str(5 - n / 10), ratings=500)
        ticket_id = a_ticket(uow).id
    counts = []
    for hours in range(0, 12, 3):
        at(noon + timedelta(hours=hours))
        for drain in DRAINS * 2:
            drain()
        with work() as uow:
            open_ones = select(func.count()).where(Dispatch.state == DispatchState.OFFERED)
            counts.append(uow.session.scalars(open_ones).one())
    assert counts == [1, 3, 3, 0]
    with work() as uow:
        ticket = uow.session.get_one(Ticket, ticket_id)
        assert (ticket.state, ticket.round) == (State.OPEN, 3)
        assert steps_of(uow, ticket).count("expired") == 7
        assert texts_to(uow, RESIDENT)[-1] == "nobody_found"
