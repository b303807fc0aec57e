"""Calls that the house makes: dialled by a job, heard by signed webhooks, repeated until somebody presses a key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from ivr import jobs
from ivr.models import CallToPlace, Placing
from ivr.service import placing
from telephony.carrier import CarrierAway, CarrierRefused, LoggedCall, OutcomeUnknown
from telephony.statuses import CallState
from tests.factories.ivr import DUTY, Document, Phone, taken_apart
from tests.factories.people import a_person
from tests.factories.requests import a_request, a_ticket
from tests.ivr.conftest import Book, Work
from tests.phone_line import PhoneLine
from ticketing.service import clocks, offering, tickets
from ticketing.service.history import locked_by_id

At = Callable[[datetime], None]
Post = Callable[..., TestResponse]


@pytest.fixture
def due(work: Work, at: At, noon: datetime, carrier_line: PhoneLine) -> CallToPlace:
    """A ticket that nobody wants, about which the duty phone is to be called; it is noon."""
    at(noon)
    with work() as uow:
        a_person(uow)
        ticket = a_ticket(uow, a_request())
        placing.page_duty(uow, "nobody_to_send", ticket.code, "nobody:1", {})
    with work() as uow:
        return uow.session.get_one(CallToPlace, 1)


def picked_up(twilio: Post, path: str = "/ivr/placed/1", **form: str) -> Document:
    """What the one hears who picks up, or presses a key."""
    common = {"CallSid": "CA" + "0" * 31 + "1", "From": "+869785550156", "To": DUTY, "Direction": "outbound-api"}
    return taken_apart(twilio(path, **common, **form))


def over(twilio: Post, call_sid: str = "CA" + "0" * 31 + "1", status: str = "completed") -> int:
    """The carrier tells that the call is over."""
    form = {"CallSid": call_sid, "CallStatus": status, "Direction": "outbound-api"}
    return twilio("/ivr/placed/1/status", **form).status_code


def test_a_due_call_is_dialled_once(due: CallToPlace, carrier_line: PhoneLine, book: Book) -> None:
    jobs.place_calls()
    jobs.place_calls()

    assert [number for number, _ in carrier_line.dialled] == [DUTY]
    assert book.placing() == [Placing.PLACED]


def test_a_call_that_is_due_later_waits(work: Work, at: At, noon: datetime, carrier_line: PhoneLine) -> None:
    at(noon)
    with work() as uow:
        placing.page_duty(uow, "emergency_text", "", "later", {"danger": "gas"}, after=timedelta(minutes=1))

    jobs.place_calls()
    before = len(carrier_line.dialled)
    at(noon + timedelta(minutes=2))
    jobs.place_calls()

    assert (before, len(carrier_line.dialled)) == (0, 1)


def test_one_cause_is_one_call(due: CallToPlace, work: Work, book: Book) -> None:
    with work() as uow:
        placing.page_duty(uow, "nobody_to_send", due.about, "nobody:1", {})

    assert len(book.to_place()) == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_ticket_that_was_opened_again_rings_the_duty_phone_again(
    work: Work, at: At, noon: datetime, carrier_line: PhoneLine, book: Book, *, late: bool
) -> None:
    at(noon)
    with work() as uow:
        ticket = a_ticket(uow, a_request(is_urgent=True))

    def comes_to_grief() -> None:
        for _ in range(2):
            with work() as uow:
                if late:
                    uow.now += timedelta(days=30)
                    clocks.warn(uow, ticket.id)
                else:
                    offering.make_round(uow, locked_by_id(uow.session, ticket.id))

    comes_to_grief()
    with work() as uow:
        tickets.close(uow, ticket.code, "solved")
        tickets.reopen(uow, ticket.code, "by_phone")
    comes_to_grief()

    wording = "escalated" if late else "nobody_to_send"
    assert [(call.wording, call.about) for call in book.to_place()] == [(wording, ticket.code)] * 2


def test_the_duty_officer_hears_code_and_matter_but_nothing_of_the_resident(
    due: CallToPlace, twilio: Post, book: Book
) -> None:
    jobs.place_calls()

    heard = picked_up(twilio)

    assert heard.verb == "Gather"
    assert f"{due.about[0]}，{due.about[1:3]}，{due.about[3:]}" in heard.words
    assert "按1" in heard.words
    assert "陈" not in heard.words
    assert "8号楼" not in heard.words


def test_pressing_one_settles_it(due: CallToPlace, twilio: Post, carrier_line: PhoneLine, book: Book) -> None:
    jobs.place_calls()
    picked_up(twilio)

    thanks = picked_up(twilio, "/ivr/placed/1/answer", Digits="1")
    over(twilio)
    jobs.place_calls()

    assert thanks.verb == "Hangup"
    assert book.placing() == [Placing.ANSWERED]
    assert len(carrier_line.dialled) == 1


def test_star_says_it_again(due: CallToPlace, twilio: Post) -> None:
    jobs.place_calls()
    first = picked_up(twilio)

    assert picked_up(twilio, "/ivr/placed/1/answer", Digits="*").xml == first.xml


def test_a_machine_that_picks_up_confirms_nothing(
    due: CallToPlace, twilio: Post, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    jobs.place_calls()
    picked_up(twilio)
    silence = picked_up(twilio, "/ivr/placed/1/answer")
    over(twilio)

    after_end = book.placing()
    at(noon + timedelta(minutes=3))
    jobs.place_calls()

    assert silence.verb == "Hangup"
    assert after_end == [Placing.DUE]
    assert len(carrier_line.dialled) == 2


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_duty_phone_that_is_never_reached_becomes_a_task(
    status: str, due: CallToPlace, twilio: Post, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    for attempt in range(1, 7):
        jobs.place_calls()
        over(twilio, f"CA{attempt:032d}", status)
        at(noon + timedelta(minutes=3 * attempt))

    assert len(carrier_line.dialled) == 4
    assert book.placing() == [Placing.FAILED]
    assert book.tasks() == [("check", "duty_not_reached")]


def test_the_end_of_an_earlier_attempt_told_late_changes_nothing(
    due: CallToPlace, twilio: Post, at: At, noon: datetime, book: Book
) -> None:
    jobs.place_calls()
    over(twilio, "CA" + "0" * 31 + "1", "busy")
    at(noon + timedelta(minutes=3))
    jobs.place_calls()

    over(twilio, "CA" + "0" * 31 + "1", "busy")

    assert book.placing() == [Placing.PLACED]


def test_steps_before_the_end_change_nothing(due: CallToPlace, twilio: Post, book: Book) -> None:
    jobs.place_calls()

    over(twilio, status="ringing")
    over(twilio, status="in-progress")

    assert book.placing() == [Placing.PLACED]


def test_a_carrier_that_is_away_is_asked_again(
    due: CallToPlace, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    carrier_line.fails_with = CarrierAway("20429")
    jobs.place_calls()
    waiting = book.placing()

    carrier_line.fails_with = None
    at(noon + timedelta(minutes=3))
    jobs.place_calls()

    assert waiting == [Placing.DUE]
    assert book.placing() == [Placing.PLACED]


def test_a_number_that_the_carrier_refuses_is_not_tried_again(
    due: CallToPlace, carrier_line: PhoneLine, book: Book
) -> None:
    carrier_line.fails_with = CarrierRefused("21217")

    jobs.place_calls()

    assert book.placing() == [Placing.FAILED]
    assert book.tasks() == [("check", "duty_not_reached")]


@pytest.fixture
def unknown(due: CallToPlace, carrier_line: PhoneLine) -> CallToPlace:
    """The carrier took the call, perhaps, and dropped the line."""
    carrier_line.fails_with = OutcomeUnknown("timeout")
    jobs.place_calls()
    carrier_line.fails_with = None
    return due


def test_a_call_of_unknown_outcome_is_not_dialled_again_at_once(
    unknown: CallToPlace, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    jobs.place_calls()
    at(noon + timedelta(seconds=30))
    jobs.place_calls()

    assert carrier_line.dialled == []
    assert book.placing() == [Placing.UNKNOWN]


def test_a_call_that_the_carriers_log_knows_is_adopted(
    unknown: CallToPlace, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    carrier_line.calls = [LoggedCall("CA77", DUTY, CallState.RINGING, noon + timedelta(seconds=1))]
    at(noon + timedelta(seconds=30))

    jobs.place_calls()

    assert carrier_line.dialled == []
    assert [(one.placing, one.carrier_sid) for one in book.to_place()] == [(Placing.PLACED, "CA77")]


def test_a_call_of_somebody_else_to_the_same_number_is_not_adopted(
    unknown: CallToPlace, work: Work, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    with work() as uow:
        placing.page_duty(uow, "emergency_text", "", "other", {"danger": "fire"})
    jobs.place_calls()
    theirs = book.to_place()[1].carrier_sid or ""
    carrier_line.calls = [LoggedCall(theirs, DUTY, CallState.RINGING, noon + timedelta(seconds=1))]
    at(noon + timedelta(seconds=30))

    jobs.place_calls()

    assert [one.placing for one in book.to_place()] == [Placing.UNKNOWN, Placing.PLACED]


def test_a_call_that_the_log_does_not_know_in_two_asks_is_dialled_again(
    unknown: CallToPlace, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    for seconds in (30, 100, 300):
        at(noon + timedelta(seconds=seconds))
        jobs.place_calls()

    assert [number for number, _ in carrier_line.dialled] == [DUTY]
    assert book.placing() == [Placing.PLACED]


def test_while_the_log_is_away_nothing_is_dialled(
    unknown: CallToPlace, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    carrier_line.log_is_away = True
    for minutes in (1, 3, 5, 9):
        at(noon + timedelta(minutes=minutes))
        jobs.place_calls()

    assert carrier_line.dialled == []
    assert book.placing() == [Placing.UNKNOWN]


def test_whoever_picks_up_a_call_of_unknown_outcome_settles_it(
    unknown: CallToPlace, twilio: Post, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    picked_up(twilio)
    picked_up(twilio, "/ivr/placed/1/answer", Digits="1")
    at(noon + timedelta(minutes=5))
    jobs.place_calls()

    assert carrier_line.dialled == []
    assert book.placing() == [Placing.ANSWERED]


def test_a_process_that_died_while_dialling_leaves_no_call_behind(
    due: CallToPlace, work: Work, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    with work() as uow:
        placing.claim_due(uow)

    at(noon + timedelta(seconds=90))
    jobs.place_calls()
    asked = book.placing()
    at(noon + timedelta(seconds=180))
    jobs.place_calls()
    at(noon + timedelta(seconds=400))
    jobs.place_calls()

    assert asked == [Placing.UNKNOWN]
    assert book.placing() == [Placing.PLACED]
    assert len(carrier_line.dialled) == 1


def test_an_end_that_was_never_told_is_not_waited_for(
    due: CallToPlace, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    jobs.place_calls()

    at(noon + timedelta(minutes=11))
    jobs.place_calls()
    at(noon + timedelta(minutes=14))
    jobs.place_calls()

    assert len(carrier_line.dialled) == 2


def test_two_workers_never_take_the_same_call(due: CallToPlace, work: Work) -> None:
    with work() as first, work() as second:
        taken = [len(placing.claim_due(first)), len(placing.claim_due(second))]

    assert taken == [1, 0]


def test_an_emergency_rings_the_duty_phone_by_itself_only_if_nobody_talked_to_the_caller(
    phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    at(noon)
    phone.dial()
    phone.say("厨房着火了")
    jobs.place_calls()
    while_ringing = len(carrier_line.dialled)

    phone.duty("completed")
    at(noon + timedelta(minutes=5))
    jobs.place_calls()

    assert while_ringing == 0
    assert carrier_line.dialled == []
    assert book.placing() == [Placing.ANSWERED]


@pytest.mark.parametrize("how", ["hang up", "no answer"])
def test_an_emergency_that_nobody_heard_rings_the_duty_phone(
    how: str, phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine, book: Book
) -> None:
    at(noon)
    phone.dial()
    phone.say("厨房着火了")

    if how == "hang up":
        phone.hang_up()
    else:
        phone.duty("no-answer")
        at(noon + timedelta(minutes=1))
    jobs.place_calls()

    assert [number for number, _ in carrier_line.dialled] == [DUTY]
    assert book.placing() == [Placing.PLACED]


def test_a_message_about_an_emergency_rings_the_duty_phone_at_once(
    phone: Phone, at: At, noon: datetime, carrier_line: PhoneLine
) -> None:
    at(noon)
    phone.dial()
    phone.say("厨房着火了")
    phone.duty("busy")

    phone.leave_message()
    jobs.place_calls()

    assert len(carrier_line.dialled) == 1


def test_the_duty_officer_is_told_of_the_danger(phone: Phone, at: At, noon: datetime, twilio: Post, book: Book) -> None:
    at(noon)
    phone.dial()
    phone.say("厨房着火了")
    phone.hang_up()
    jobs.place_calls()

    heard = picked_up(twilio)

    assert "紧急" in heard.words
    assert "火情" in heard.words
