"""What providers and residents text about a job, over signed posts: early, late, twice, from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.uow import UnitOfWork
from sms.models import OutboundSms
from tests.factories.people import RESIDENT, a_person
from tests.factories.providers import PROVIDER, a_provider
from tests.factories.requests import a_request, a_ticket, texts_to
from ticketing import jobs
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.lifecycle import State
from ticketing.models import Dispatch, FollowUp, Quote, Task, Ticket, TicketEvent
from ticketing.service import tickets

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
Texts = Callable[[str, str], None]
SECOND = "+8616500000902"
STRANGER = "+8616500000977"


def offered(work: Work, *, lang: str = "zh", second: bool = False) -> str:
    """A ticket of 陈先生 that the first plumber has just been asked to take."""
    with work() as uow:
        person = a_person(uow, lang=lang)
        a_provider(uow, rating="5.0", ratings=200, lang=lang)
        if second:
            a_provider(uow, "P902", name="第二家", msisdn=SECOND)
        code = a_ticket(uow, a_request(person=person, lang=lang)).code
    jobs.match()
    return code


def held(work: Work, text_in: Texts, *, lang: str = "zh", second: bool = False) -> str:
    """A ticket whose job the first plumber has just taken."""
    code = offered(work, lang=lang, second=second)
    text_in("1 40分钟到" if lang == "zh" else "1 40 min", PROVIDER)
    return code


def state_of(work: Work, code: str) -> State:
    with work() as uow:
        return uow.session.scalars(select(Ticket.state).where(Ticket.code == code)).one()


def dispatch_states(work: Work) -> list[DispatchState]:
    with work() as uow:
        return list(uow.session.scalars(select(Dispatch.state).order_by(Dispatch.id)))


def last_to(work: Work, msisdn: str) -> tuple[str, str]:
    """Name and words of the latest text to a number."""
    with work() as uow:
        sent = uow.session.scalars(
            select(OutboundSms).where(OutboundSms.msisdn == msisdn).order_by(OutboundSms.id.desc()).limit(1)
        ).one()
        return sent.wording, sent.body


def count_of(work: Work, kind: str) -> int:
    """How often a step was written down."""
    with work() as uow:
        return uow.session.scalars(select(func.count()).where(TicketEvent.kind == kind)).one()


def reasons(work: Work) -> list[str]:
    """What persons have to do."""
    with work() as uow:
        return list(uow.session.scalars(select(Task.reason).where(Task.done_at.is_(None)).order_by(Task.id)))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ("1 40分钟到", "到了", "完工 120元")),
        ("en", ("1 40 min", "arrived", "done 120")),
    ],
)
def test_a_job_from_the_offer_to_the_score(work: Work, text_in: Texts, lang: str, said: tuple[str, ...]) -> None:
    code = offered(work, lang=lang)
    accepts, arrives, finishes = said
    name, offer = last_to(work, PROVIDER)
    assert name == "offer"
    assert not any(secret in offer for secret in ("陈", "301", RESIDENT[3:]))
    text_in(accepts, PROVIDER)
    name, won = last_to(work, PROVIDER)
    assert name == "offer_won"
    assert all(fact in won for fact in ("陈先生", "301", RESIDENT[3:]))
    assert last_to(work, RESIDENT)[0] == "visit_told"
    text_in(arrives, PROVIDER)
    assert state_of(work, code) is State.IN_PROGRESS
    text_in(finishes, PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    jobs.follow_up()
    name, asked = last_to(work, RESIDENT)
    assert name == "resolved"
    assert "120" in asked
    text_in("1", RESIDENT)
    assert last_to(work, RESIDENT)[0] == "csat"
    text_in("5", RESIDENT)
    assert last_to(work, RESIDENT)[0] == "thanks_rating"
    assert state_of(work, code) is State.CLOSED
    with work() as uow:
        assert uow.session.execute(select(FollowUp.is_solved, FollowUp.score)).all() == [(True, 5)]
    assert reasons(work) == []


def test_an_english_provider_reads_the_address_in_english(work: Work, text_in: Texts) -> None:
    offered(work, lang="en")
    assert "Wutongli, building 8" in last_to(work, PROVIDER)[1]
    text_in("1 40 min", PROVIDER)
    assert "Wutongli building 8, unit 2, room 301" in last_to(work, PROVIDER)[1]


def test_what_is_not_solved_opens_the_ticket_and_asks_the_same_one_again(work: Work, text_in: Texts) -> None:
    code = held(work, text_in, second=True)
    text_in("完工 120元", PROVIDER)
    jobs.follow_up()
    text_in("2", RESIDENT)
    assert last_to(work, RESIDENT)[0] == "sorry_not_solved"
    assert state_of(work, code) is State.OPEN
    jobs.match()
    assert last_to(work, PROVIDER)[0] == "offer"
    assert dispatch_states(work) == [DispatchState.COMPLETED, DispatchState.OFFERED]


def test_who_said_solved_and_finds_it_is_not_gets_the_ticket_opened_again(work: Work, text_in: Texts) -> None:
    code = held(work, text_in)
    text_in("完工 120元", PROVIDER)
    jobs.follow_up()
    text_in("1", RESIDENT)
    text_in("还是漏，没解决", RESIDENT)
    assert last_to(work, RESIDENT)[0] in ("sorry_not_solved", "reopened")
    assert state_of(work, code) is State.OPEN
    assert count_of(work, "reopened") == 1


def test_a_refusal_asks_the_next_and_a_later_yes_of_the_first_is_too_late(work: Work, text_in: Texts) -> None:
    code = offered(work, second=True)
    text_in("没空", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "offer_refused_ok"
    jobs.match()
    assert last_to(work, SECOND)[0] == "offer"
    text_in("1 20分钟到", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "offer_over"
    assert dispatch_states(work) == [DispatchState.REFUSED, DispatchState.OFFERED]
    text_in("1 30分钟到", SECOND)
    assert last_to(work, SECOND)[0] == "offer_won"
    assert state_of(work, code) is State.ACKNOWLEDGED


@pytest.mark.parametrize("has_drained", [True, False])
def test_a_yes_after_the_offer_ended_wins_nothing_and_is_told(
    work: Work, at: At, noon: datetime, text_in: Texts, has_drained: bool
) -> None:
    offered(work)
    at(noon + timedelta(minutes=11))
    if has_drained:
        jobs.expire_offers()
    text_in("1 40分钟到", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "offer_over"
    assert not set(dispatch_states(work)) & HOLDING
    assert count_of(work, "accepted") == 0


def test_nobody_left_to_ask_is_a_task_and_the_resident_hears_it(work: Work, text_in: Texts) -> None:
    code = offered(work)
    text_in("2", PROVIDER)
    jobs.match()
    assert state_of(work, code) is State.OPEN
    assert reasons(work) == ["no_provider"]
    assert last_to(work, RESIDENT)[0] == "nobody_found"


@pytest.mark.parametrize("words", ["1 40分钟到", "{code} 1", "{code}完工 90元", "到了"])
def test_from_another_phone_of_the_firm_nothing_is_taken_and_nothing_is_given_away(
    work: Work, text_in: Texts, words: str
) -> None:
    code = offered(work)
    text_in(words.format(code=code), STRANGER)
    assert dispatch_states(work) == [DispatchState.OFFERED]
    with work() as uow:
        told = uow.session.scalars(select(OutboundSms.body).where(OutboundSms.msisdn == STRANGER)).all()
    assert not any(secret in body for body in told for secret in ("陈", "301", RESIDENT[3:]))


def test_done_with_two_jobs_in_hand_asks_for_the_code_and_ends_only_that_one(work: Work, text_in: Texts) -> None:
    first = held(work, text_in)
    with work() as uow:
        second = a_ticket(uow, a_request(msisdn=SECOND, notify_msisdn=SECOND)).code
    jobs.match()
    text_in("1 2小时到", PROVIDER)
    text_in("完工 90元", PROVIDER)
    name, asks = last_to(work, PROVIDER)
    assert name == "ask_code"
    assert (first in asks, second in asks) == (True, True)
    assert dispatch_states(work) == [DispatchState.ACCEPTED, DispatchState.ACCEPTED]
    text_in(second, PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    assert dispatch_states(work) == [DispatchState.ACCEPTED, DispatchState.COMPLETED]
    with work() as uow:
        assert uow.session.scalars(select(Dispatch.amount).where(Dispatch.amount.is_not(None))).all() == [9000]


@pytest.mark.parametrize(
    "words",
    [
        "完工 120 4821",
        "完工120元 完工码4821",
        "{code}完工 120 4821",
        "完工，4821，收了120元",
        "done 120 4821",
        "完工 ４８２１ 120元",
    ],
)
def test_with_a_code_of_completion_sum_and_code_are_told_apart(work: Work, text_in: Texts, words: str) -> None:
    code = held(work, text_in)
    switch_pin_on(work)
    text_in(words.format(code=code), PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    with work() as uow:
        assert uow.session.execute(select(Dispatch.state, Dispatch.amount)).all() == [(DispatchState.COMPLETED, 12000)]


@pytest.mark.parametrize("words", ["完工 120元", "完工 120 4822", "完工 120元 48210", "完工 120元 14821"])
def test_without_the_code_of_completion_nothing_is_done(work: Work, text_in: Texts, words: str) -> None:
    held(work, text_in)
    switch_pin_on(work)
    text_in(words, PROVIDER)
    assert last_to(work, PROVIDER)[0] == "pin_ask"
    assert dispatch_states(work) == [DispatchState.ACCEPTED]


def test_the_code_of_completion_alone_is_no_sum(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    switch_pin_on(work)
    text_in("完工 4821", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "amount_ask"
    assert dispatch_states(work) == [DispatchState.ACCEPTED]


def switch_pin_on(work: Work) -> None:
    """The resident of the only job has four digits to give."""
    with work() as uow:
        uow.session.scalars(select(Ticket)).one().completion_pin = "4821"


def test_done_twice_is_done_once_and_confirmed_twice(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    text_in("完工 120元", PROVIDER)
    text_in("完工 120元", PROVIDER)
    with work() as uow:
        assert texts_to(uow, PROVIDER).count("job_done_noted") == 2
        assert uow.session.scalars(select(func.count()).select_from(FollowUp)).one() == 1
    assert count_of(work, "completed") == 1


def test_another_sum_after_the_end_is_read_by_a_person(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    text_in("完工 120元", PROVIDER)
    text_in("完工 150元", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "person_called"
    assert reasons(work) == ["provider_question"]
    with work() as uow:
        assert uow.session.scalars(select(Dispatch.amount)).all() == [12000]


def test_who_arrives_at_a_job_that_was_called_off_is_told_again(work: Work, text_in: Texts) -> None:
    code = held(work, text_in)
    with work() as uow:
        tickets.cancel(uow, code, "by_phone")
    text_in("到了", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_cancelled"
    assert state_of(work, code) is State.CANCELLED


def test_a_sum_above_the_band_waits_for_the_residents_yes(work: Work, text_in: Texts) -> None:
    code = held(work, text_in)
    text_in("到了", PROVIDER)
    text_in("完工 3000元", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "quote_needed"
    assert state_of(work, code) is State.IN_PROGRESS
    for _ in range(2):
        text_in("报价 3000元", PROVIDER)
    with work() as uow:
        assert uow.session.scalars(select(func.count()).select_from(Quote)).one() == 1
        assert texts_to(uow, RESIDENT).count("quote") == 1
    text_in("1", RESIDENT)
    assert last_to(work, PROVIDER)[0] == "quote_agreed"
    text_in("完工 3000元", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"


def test_the_same_time_twice_is_told_once(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    for _ in range(2):
        text_in("明天9点到", PROVIDER)
    with work() as uow:
        assert texts_to(uow, RESIDENT).count("rescheduled") + texts_to(uow, RESIDENT).count("eta_told") == 1


def test_the_resident_may_agree_ask_for_another_time_and_call_it_off(work: Work, text_in: Texts) -> None:
    code = held(work, text_in)
    text_in("2 明天下午3点", RESIDENT)
    assert last_to(work, RESIDENT)[0] == "change_passed_on"
    assert last_to(work, PROVIDER)[0] == "reschedule_asked"
    text_in("3", RESIDENT)
    assert last_to(work, RESIDENT)[0] == "ticket_cancelled"
    assert last_to(work, PROVIDER)[0] == "job_cancelled"
    assert state_of(work, code) is State.CANCELLED


def test_silence_after_the_question_ends_with_a_call(work: Work, at: At, noon: datetime, text_in: Texts) -> None:
    code = held(work, text_in)
    text_in("完工 120元", PROVIDER)
    jobs.follow_up()
    at(noon + timedelta(hours=25))
    jobs.follow_up()
    jobs.follow_up()
    assert reasons(work) == ["follow_up_by_phone"]
    assert state_of(work, code) is State.FOLLOWING_UP
    text_in("1", RESIDENT)
    assert (state_of(work, code), reasons(work)) == (State.CLOSED, [])


@pytest.mark.parametrize(
    ("words", "answer", "resident", "left"),
    [
        ("到门口没人开门", "job_noted", "no_access_told", ["no_access"]),
        ("nobody home", "job_noted", "no_access_told", ["no_access"]),
        ("配件没有，明天再来", "job_noted", "incomplete_told", ["incomplete"]),
        ("住户说不修了", "job_noted", "visit_told", ["said_called_off"]),
        ("车坏了，来不了了", "offer_refused_ok", "provider_changed", []),
        ("sorry, cannot make it", "offer_refused_ok", "provider_changed", []),
    ],
)
def test_what_goes_wrong_opens_the_ticket_again_and_everybody_hears_the_truth(
    work: Work, text_in: Texts, words: str, answer: str, resident: str, left: list[str]
) -> None:
    code = held(work, text_in, second=True)
    text_in(words, PROVIDER)
    assert (last_to(work, PROVIDER)[0], last_to(work, RESIDENT)[0]) == (answer, resident)
    assert (state_of(work, code), reasons(work)) == (State.OPEN, left)
    jobs.match()
    assert len(dispatch_states(work)) == (1 if left else 2)


@pytest.mark.parametrize(("words", "next_one_asked"), [("收到", False), ("没法接", True), ("老王去，他近", True)])
def test_an_offer_is_heard_refused_or_passed_on(work: Work, text_in: Texts, words: str, next_one_asked: bool) -> None:
    offered(work, second=True)
    text_in(words, PROVIDER)
    jobs.match()
    assert (dispatch_states(work)[0] is DispatchState.REFUSED) is next_one_asked
    assert (len(dispatch_states(work)) == 2) is next_one_asked


def test_a_question_about_an_offer_is_called_about_and_the_offer_stands(work: Work, text_in: Texts) -> None:
    offered(work)
    text_in("几楼？有电梯吗", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "person_called"
    assert reasons(work) == ["provider_question"]
    text_in("1 40分钟到", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "offer_won"


def test_a_sum_that_is_not_named_is_asked_for(work: Work, text_in: Texts) -> None:
    held(work, text_in)
    text_in("完工", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "amount_ask"
    assert dispatch_states(work) == [DispatchState.ACCEPTED]
    text_in("完工 免费", PROVIDER)
    assert last_to(work, PROVIDER)[0] == "job_done_noted"
    assert dispatch_states(work) == [DispatchState.COMPLETED]


@pytest.mark.parametrize("words", ["", "😀😀😀", "完工" * 800, "1" * 1600, "1 99999999999分钟到", "1 2099年1月1日到"])
def test_no_odd_text_of_a_provider_breaks_anything(work: Work, text_in: Texts, words: str) -> None:
    code = offered(work)
    text_in(words, PROVIDER)
    assert state_of(work, code) in (State.DISPATCHED, State.ACKNOWLEDGED)
    with work() as uow:
        assert uow.session.scalars(select(Dispatch.promised_at)).all() == [None]
