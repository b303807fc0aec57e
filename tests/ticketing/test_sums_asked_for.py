"""A provider is asked for a sum and sends it alone: what the job cost, what a quote comes to, and no call for help."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sms.models import InboundSms, OpenQuestion
from tests.factories.people import a_person
from tests.factories.providers import PROVIDER
from tests.factories.requests import a_request, a_ticket
from tests.ticketing.test_answers import (
    Texts,
    Work,
    count_of,
    dispatch_states,
    held,
    last_to,
    reasons,
    state_of,
    switch_pin_on,
)
from ticketing import jobs
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State
from ticketing.models import Dispatch, Quote, Ticket, TicketKind


def emergencies(work: Work) -> int:
    """How many emergency tickets there are."""
    with work() as uow:
        return len(uow.session.scalars(select(Ticket.id).where(Ticket.kind == TicketKind.EMERGENCY)).all())


def amounts(work: Work) -> list[int | None]:
    with work() as uow:
        return list(uow.session.scalars(select(Dispatch.amount).order_by(Dispatch.id)))


def sums_asked_for(work: Work) -> list[str]:
    """The sums that we wait for, by kind of question."""
    with work() as uow:
        kinds = ("amount", "quote_amount")
        open_ones = select(OpenQuestion.kind).where(OpenQuestion.closed_at.is_(None), OpenQuestion.kind.in_(kinds))
        return list(uow.session.scalars(open_ones))


@pytest.mark.parametrize(
    ("words", "fen"),
    [("120", 12000), ("110", 11000), ("119", 11900), ("120。", 12000), ("100", 10000), ("120元", 12000), ("0", 0)],
)
def test_the_sum_asked_for_ends_the_job_and_calls_nobody(work: Work, text_in: Texts, words: str, fen: int) -> None:
    code = held(work, text_in)
    text_in("完工", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "amount_ask"
    text_in(words, PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    assert dispatch_states(work) == [DispatchState.COMPLETED]
    assert amounts(work) == [fen]
    assert state_of(work, code) is State.DONE
    assert sums_asked_for(work) == []
    assert emergencies(work) == 0
    with work() as uow:
        last = select(InboundSms.intent, InboundSms.question).order_by(InboundSms.id.desc()).limit(1)
        assert uow.session.execute(last).one() == ("complete", "amount")


def test_the_same_in_english(work: Work, text_in: Texts) -> None:
    held(work, text_in, lang="en")
    text_in("done", PROVIDER)
    text_in("120", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    assert amounts(work) == [12000]


def test_a_bare_emergency_number_calls_for_help_where_no_sum_was_asked_for(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    text_in("120", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "emergency"
    assert emergencies(work) == 1
    assert dispatch_states(work) == [DispatchState.ACCEPTED]


@pytest.mark.parametrize("words", ["快打120", "着火了，119", "住户晕倒了 120"])
def test_danger_in_words_is_heard_though_a_sum_was_asked_for(work: Work, text_in: Texts, words: str) -> None:
    held(work, text_in)
    text_in("完工", PROVIDER)
    text_in(words, PROVIDER)
    assert last_to(work, PROVIDER)[0] == "emergency"
    assert emergencies(work) == 1
    assert dispatch_states(work) == [DispatchState.ACCEPTED]


def test_when_the_job_is_over_a_bare_emergency_number_calls_for_help_again(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    text_in("完工", PROVIDER)
    text_in("100", PROVIDER)
    text_in("120", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "emergency"
    assert amounts(work) == [10000]


def test_a_sum_that_two_jobs_wait_for_waits_for_the_code(work: Work, text_in: Texts) -> None:
    first = held(work, text_in)
    with work() as uow:
        other = a_ticket(uow, a_request(person=a_person(uow, "N902", msisdn="+8616200000902"))).code
    jobs.match()
    text_in("1 40分钟到", PROVIDER)
    text_in(f"{first}完工", PROVIDER)
    text_in(f"{other}完工", PROVIDER)
    assert sums_asked_for(work) == ["amount", "amount"]
    text_in("120", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "ask_code"
    text_in(first, PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    assert dispatch_states(work) == [DispatchState.COMPLETED, DispatchState.ACCEPTED]
    assert amounts(work) == [12000, None]
    assert emergencies(work) == 0


def test_a_sum_above_the_band_needs_a_quote(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    text_in("完工", PROVIDER)
    text_in("9999", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "quote_needed"
    assert dispatch_states(work) == [DispatchState.ACCEPTED]


@pytest.mark.parametrize("words", ["120", "完工 120 4821"])
def test_the_code_of_completion_is_named_once(work: Work, text_in: Texts, words: str) -> None:
    held(work, text_in)
    switch_pin_on(work)
    text_in("完工 4821", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "amount_ask"
    text_in(words, PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    assert amounts(work) == [12000]


def test_the_code_of_completion_once_more_is_no_sum(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    switch_pin_on(work)
    text_in("完工 4821", PROVIDER)
    text_in("4821", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "amount_ask"
    assert amounts(work) == [None]


@pytest.mark.parametrize(("lang", "words"), [("zh", "要换配件，让住户同意"), ("en", "need approval for the quote")])
def test_a_quote_without_a_sum_is_asked_for_its_sum(work: Work, text_in: Texts, lang: str, words: str) -> None:
    code = held(work, text_in, lang=lang)
    text_in(words, PROVIDER)
    name, asked = last_to(work, PROVIDER)
    assert name == "quote_ask"
    assert (f'"{code}报价 金额"' if lang == "zh" else f'"{code} quote"') in asked
    text_in("120", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "quote_noted"
    assert dispatch_states(work) == [DispatchState.ARRIVED]
    assert state_of(work, code) is State.WAITING_QUOTE
    assert sums_asked_for(work) == []
    assert emergencies(work) == 0
    assert count_of(work, "completed") == 0
    assert reasons(work) == []
    with work() as uow:
        assert uow.session.scalars(select(Quote.amount)).all() == [12000]
