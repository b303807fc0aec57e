"""Texts that answer no question, over signed posts: which ticket is meant, and who comes back to work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from sms.models import OutboundSms
from tests.factories.people import RESIDENT, a_person
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_held_job, a_request, a_ticket, texts_to
from ticketing import jobs
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Task, Ticket, TicketKind
from ticketing.service import dispatches, tickets

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
Texts = Callable[[str, str], None]


def state_of(work: Work, code: str) -> State:
    with work() as uow:
        return uow.session.scalars(select(Ticket.state).where(Ticket.code == code)).one()


def last_to(work: Work, msisdn: str) -> str:
    with work() as uow:
        return texts_to(uow, msisdn)[-1]


def a_closed_job(work: Work) -> str:
    """A resident's plumbing, closed a moment ago."""
    return closed_jobs(work, "plumbing")[0]


def closed_jobs(work: Work, *services: str) -> list[str]:
    """A resident's jobs, all of them closed a moment ago."""
    with work() as uow:
        person = a_person(uow)
        codes: list[str] = []
        for service in services:
            a_provider(uow, f"P9{len(codes):02d}", services=(service,), msisdn=f"+86165000009{len(codes):02d}")
            job = a_held_job(uow, a_ticket(uow, a_request(person=person, service=service)))
            dispatches.complete(uow, job.id, 12000)
            ticket = uow.session.get_one(Ticket, job.ticket_id)
            ticket.state = State.FOLLOWING_UP
            codes.append(tickets.close(uow, ticket.code, "solved", tells=False).code)
        return codes


def test_of_two_closed_jobs_the_named_one_is_opened_again(work: Work, text_in: Texts) -> None:
    first, second = closed_jobs(work, "plumbing", "cleaning")
    text_in(f"{second}没解决，还是不行", RESIDENT)
    assert (state_of(work, first), state_of(work, second)) == (State.CLOSED, State.OPEN)
    assert last_to(work, RESIDENT) == "reopened"


def test_of_two_closed_jobs_none_is_guessed(work: Work, text_in: Texts) -> None:
    first, second = closed_jobs(work, "plumbing", "cleaning")
    text_in("没解决，还是不行", RESIDENT)
    assert (state_of(work, first), state_of(work, second)) == (State.CLOSED, State.CLOSED)


@pytest.mark.parametrize("words", ["还是没修好", "师傅修完还是漏", "not solved", "2天了还没解决"])
def test_days_later_the_only_closed_job_is_opened_again(
    work: Work, text_in: Texts, at: At, noon: datetime, words: str
) -> None:
    code = a_closed_job(work)
    at(noon + timedelta(days=6))
    text_in(words, RESIDENT)
    assert (state_of(work, code), last_to(work, RESIDENT)) == (State.OPEN, "reopened")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("kind", "service", "reply"),
    [
        (TicketKind.SERVICE, "plumbing", "reopened"),
        (TicketKind.QUESTION, "policy", "ticket_noted"),
        (TicketKind.COMPLAINT, "", "ticket_noted"),
    ],
)
def test_what_the_text_of_closing_asks_for_opens_the_ticket_again(
    work: Work, text_in: Texts, at: At, noon: datetime, lang: str, kind: TicketKind, service: str, reply: str
) -> None:
    with work() as uow:
        person = a_person(uow, lang=lang)
        ticket = a_ticket(uow, a_request(person=person, lang=lang, kind=kind, service=service))
        tickets.close(uow, ticket.code, "answered")
        code = ticket.code
        told = uow.session.scalars(select(OutboundSms.body).where(OutboundSms.wording == "ticket_closed")).one()
    at(noon + timedelta(days=6, hours=23))
    text_in(told.split('"')[1], RESIDENT)
    assert (state_of(work, code), last_to(work, RESIDENT)) == (State.OPEN, reply)


@pytest.mark.parametrize("words", ["2", "②", "不", "没有", "谢谢", "好的"])
def test_a_mere_no_or_digit_opens_nothing_again(work: Work, text_in: Texts, words: str) -> None:
    code = a_closed_job(work)
    text_in(words, RESIDENT)
    assert state_of(work, code) is State.CLOSED


def test_after_the_days_for_it_nothing_is_opened_again_by_text(
    work: Work, text_in: Texts, at: At, noon: datetime
) -> None:
    code = a_closed_job(work)
    at(noon + timedelta(days=8))
    text_in("还是没修好", RESIDENT)
    assert state_of(work, code) is State.CLOSED


def test_a_neighbours_job_is_not_opened_again(work: Work, text_in: Texts) -> None:
    code = a_closed_job(work)
    text_in(f"{code}还是没修好", "+8616200000955")
    assert state_of(work, code) is State.CLOSED


@pytest.mark.parametrize("words", ["{code}不要了，取消吧", "不用来了，取消"])
def test_what_is_done_already_is_not_called_off_but_its_state_is_told(work: Work, text_in: Texts, words: str) -> None:
    with work() as uow:
        a_provider(uow)
        job = a_held_job(uow, a_ticket(uow, a_request(person=a_person(uow))))
        dispatches.complete(uow, job.id, 12000)
        code = uow.session.get_one(Ticket, job.ticket_id).code
    text_in(words.format(code=code), RESIDENT)
    assert state_of(work, code) is State.DONE
    assert last_to(work, RESIDENT) == "status"


def test_who_comes_back_is_asked_for_what_nobody_was_left_for(work: Work, text_in: Texts) -> None:
    with work() as uow:
        a_provider(uow)
        a_person(uow)
    text_in("停单", PROVIDER)
    with work() as uow:
        code = a_ticket(uow).code
    jobs.match()
    with work() as uow:
        assert uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None))).all() == ["no_provider"]
        assert texts_to(uow, RESIDENT)[-1] == "nobody_found"
    text_in("可以派单了", PROVIDER)
    jobs.match()
    assert state_of(work, code) is State.DISPATCHED
    assert last_to(work, PROVIDER) == "offer"
    text_in("1 40分钟到", PROVIDER)
    with work() as uow:
        assert uow.session.scalars(select(Dispatch.state)).all() == [DispatchState.ACCEPTED]
        assert uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None))).all() == []


def test_who_comes_back_for_another_trade_changes_nothing(work: Work, text_in: Texts) -> None:
    with work() as uow:
        a_provider(uow, services=("electrical",))
        code = a_ticket(uow).code
    jobs.match()
    text_in("可以派单了", PROVIDER)
    with work() as uow:
        assert uow.session.scalars(select(Ticket.match_at).where(Ticket.code == code)).one() is None


def test_while_a_person_looks_the_resident_is_not_told_again_that_nobody_was_found(work: Work) -> None:
    with work() as uow:
        a_provider(uow, services=("electrical",))
        ticket = a_ticket(uow)
    jobs.match()
    with work() as uow:
        tickets.set_facts(uow, ticket.code, address="8号楼2单元302")
    jobs.match()
    with work() as uow:
        assert texts_to(uow, RESIDENT).count("nobody_found") == 1
        assert len(uow.session.scalars(select(Task.id)).all()) == 1


def test_who_holds_the_job_is_told_when_the_address_was_wrong(work: Work) -> None:
    with work() as uow:
        a_provider(uow)
        code = uow.session.get_one(Ticket, a_held_job(uow).ticket_id).code
    with work() as uow:
        tickets.set_facts(uow, code, address="9号楼1单元101")
    with work() as uow:
        told = uow.session.scalars(
            select(OutboundSms.body).where(OutboundSms.msisdn == PROVIDER, OutboundSms.wording == "offer_won")
        ).all()
    assert [("9号楼1单元101" in body, code in body) for body in told] == [(True, True)]
