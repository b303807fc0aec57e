"""The rules of the channel, one by one: where a text stands, when it is tried again, whom a "1" belongs to."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from config import policy as policy_file
from sms import carrier_words, loop_guard, reply_language, retry, textable, unknown
from sms.carrier_words import RESERVED, START_WORDS, STOP_WORDS, Verb
from sms.delivery import FINAL, Delivery, moved, moved_by
from sms.unknown import Next
from sms.urgency import Urgency
from sms.which_question import Candidate, Choice, choose, choose_ended
from telephony.carrier import LoggedMessage
from telephony.inbound import OptOutType
from telephony.statuses import Delivery as CarrierDelivery
from telephony.statuses import Fault
from tests.conftest import NOON, minutes
from understanding import Intent, Reading

SMS = policy_file.current().sms
DAY = timedelta(days=1)


# Where a text stands


@pytest.mark.parametrize(
    "reports",
    list(permutations([Delivery.SUBMITTED, Delivery.SENT, Delivery.DELIVERED])),
    ids=lambda one: "-".join(one),
)
def test_receipts_lead_to_the_same_end_in_every_order(reports: tuple[Delivery, ...]) -> None:
    stands = Delivery.SENDING
    for reported in reports:
        stands = moved(stands, reported)

    assert stands is Delivery.DELIVERED


@pytest.mark.parametrize("last", sorted(FINAL))
def test_a_last_word_is_never_taken_back(last: Delivery) -> None:
    for reported in (Delivery.SUBMITTED, Delivery.SENT):
        assert moved(last, reported) is last


def test_a_text_that_arrived_once_has_arrived() -> None:
    assert moved(Delivery.UNDELIVERED, Delivery.DELIVERED) is Delivery.DELIVERED
    assert moved(Delivery.DELIVERED, Delivery.UNDELIVERED) is Delivery.DELIVERED
    assert Delivery.DELIVERED not in moved_by(Delivery.FAILED)


def test_a_receipt_proves_that_a_text_went_out_whatever_we_thought() -> None:
    ours = {Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN, Delivery.EXPIRED, Delivery.SUPPRESSED}

    assert moved_by(Delivery.SUBMITTED) == ours


# When it is tried again


@pytest.mark.parametrize("fault", sorted(set(Fault) - set(retry.RARELY) - {Fault.LATER, Fault.CONFIGURATION}))
def test_what_is_hopeless_is_never_tried_again(fault: Fault) -> None:
    assert retry.pause(fault, attempts=1, age=timedelta(), row_id=1, policy=SMS) is None


def test_pauses_grow_from_the_first_to_ten_minutes() -> None:
    pauses = [
        retry.pause(Fault.LATER, attempts=attempts, age=timedelta(), row_id=7, policy=SMS) for attempts in range(1, 9)
    ]

    for pause, wanted in zip(pauses, [30, 60, 120, 240, 480, 600, 600, 600], strict=True):
        assert pause is not None
        assert wanted * 0.8 <= pause.total_seconds() <= wanted * 1.2


def test_a_thousand_texts_that_failed_together_do_not_come_back_together() -> None:
    pauses = {retry.pause(Fault.LATER, attempts=1, age=timedelta(), row_id=row, policy=SMS) for row in range(1000)}

    assert len({pause.total_seconds() // 1 for pause in pauses if pause}) >= 12


def test_an_outage_of_hours_costs_no_text_and_one_of_a_day_ends_in_a_refusal() -> None:
    def after(attempts: int, age: timedelta) -> timedelta | None:
        return retry.pause(Fault.LATER, attempts=attempts, age=age, row_id=1, policy=SMS)

    assert after(100, timedelta(hours=23)) is not None
    assert after(SMS.attempts - 1, 2 * DAY) is not None
    assert after(100, DAY) is None


def test_what_may_work_once_more_is_tried_once_more() -> None:
    for fault in retry.RARELY:
        assert retry.pause(fault, attempts=1, age=timedelta(), row_id=1, policy=SMS) is not None
        assert retry.pause(fault, attempts=2, age=timedelta(), row_id=1, policy=SMS) is None


# Unknown outcomes


def test_an_unknown_text_waits_for_its_receipt_the_shorter_the_more_it_matters() -> None:
    assert [unknown.first_ask(urgency, SMS).total_seconds() for urgency in Urgency] == [10, 20, 120, 120]


def test_a_text_that_the_log_misses_twice_is_sent_again_once() -> None:
    assert unknown.after_a_miss(1, was_resent=False, is_useful=True) is Next.ASK_AGAIN
    assert unknown.after_a_miss(2, was_resent=False, is_useful=True) is Next.SEND_AGAIN
    assert unknown.after_a_miss(2, was_resent=False, is_useful=False) is Next.GIVE_UP
    assert unknown.after_a_miss(1, was_resent=True, is_useful=True) is Next.ASK_AGAIN
    assert unknown.after_a_miss(2, was_resent=True, is_useful=True) is Next.PERSON


def logged(sid: str, body: str, at: datetime) -> LoggedMessage:
    """A line of the carrier's log."""
    return LoggedMessage(sid, "+8616200000001", body, CarrierDelivery.SENT, None, at)


def test_ours_in_the_log_is_the_oldest_of_the_same_words_that_no_other_row_owns() -> None:
    log = [
        logged("SM3", "one", NOON + minutes(3)),
        logged("SM2", "one ", NOON + minutes(2)),
        logged("SM1", "one", NOON + minutes(1)),
        logged("SM0", "another", NOON),
    ]

    assert unknown.find("one", log, owned={"SM1"}) == log[1]
    assert unknown.find("two", log, owned=()) is None
    assert unknown.find("one", log, owned={"SM1", "SM2", "SM3"}) is None


# Whom an answer belongs to


def asked(
    number: int,
    about: str,
    intent: Intent,
    *,
    ago: timedelta = timedelta(hours=1),
    takes_digits: bool = True,
    certainty: float = 0.95,
    answered_by: frozenset[str] | None = None,
    values: dict[str, str] | None = None,
) -> Candidate:
    """A question, and the text read as an answer to it."""
    intents = answered_by if answered_by is not None else frozenset({intent.value})
    return Candidate(number, about, NOON - ago, takes_digits, intents, Reading(intent, values or {}, certainty))


def chosen(*candidates: Candidate, named: tuple[str, ...] = (), has_digit: bool = True) -> Choice:
    """Choose at noon with the policy's day."""
    return choose(
        candidates,
        named=named,
        has_digit=has_digit,
        now=NOON,
        newest_wins_after=SMS.newest_question_wins_after,
    )


def test_a_bare_digit_belongs_to_the_only_question() -> None:
    only = asked(1, "A1023", Intent.AFFIRM)

    assert chosen(only) == Choice(only)


def test_a_named_code_decides() -> None:
    newer, older = asked(2, "B4077", Intent.AFFIRM), asked(1, "A1023", Intent.AFFIRM, ago=timedelta(hours=2))

    assert chosen(newer, older, named=("A1023",)) == Choice(older)


def test_a_foreign_code_or_two_codes_answer_nothing() -> None:
    only = asked(1, "A1023", Intent.AFFIRM)

    assert chosen(only, named=("C9150",)) == Choice()
    assert chosen(only, named=("A1023", "B4077")) == Choice()


def test_between_two_of_the_same_day_only_the_sender_can_tell() -> None:
    newer, older = asked(2, "B4077", Intent.AFFIRM), asked(1, "A1023", Intent.AFFIRM, ago=timedelta(hours=24))

    assert chosen(newer, older) == Choice(codes=("A1023", "B4077"))


def test_the_newest_wins_when_the_others_are_older_than_a_day() -> None:
    newer = asked(2, "B4077", Intent.AFFIRM)
    older = asked(1, "A1023", Intent.AFFIRM, ago=timedelta(hours=24, seconds=1))

    assert chosen(newer, older) == Choice(newer)


def test_reports_on_two_jobs_are_never_guessed_however_old() -> None:
    newer = asked(2, "B4077", Intent.COMPLETE, takes_digits=False, values={"amount": "120"})
    older = asked(1, "A1023", Intent.COMPLETE, ago=3 * DAY, takes_digits=False, values={"amount": "120"})

    assert chosen(newer, older, has_digit=False) == Choice(codes=("A1023", "B4077"))


def test_two_questions_about_one_ticket_are_one_matter() -> None:
    newer, older = asked(2, "A1023", Intent.RATE, values={"score": "5"}), asked(1, "A1023", Intent.RESOLVED)

    assert chosen(newer, older) == Choice(newer)


def test_a_digit_goes_to_a_question_that_takes_digits() -> None:
    job = asked(2, "B4077", Intent.ETA, takes_digits=False, values={"minutes": "40"})
    offer = asked(1, "A1023", Intent.ACCEPT, values={"minutes": "40"})

    assert chosen(job, offer) == Choice(offer)
    assert chosen(job, offer, has_digit=False) == Choice(codes=("A1023", "B4077"))


def test_what_could_be_said_to_anything_goes_to_the_newest() -> None:
    newer, older = asked(2, "B4077", Intent.ACK), asked(1, "A1023", Intent.ACK)

    assert chosen(newer, older, has_digit=False) == Choice(newer)


@pytest.mark.parametrize(
    ("intent", "values", "certainty", "is_answered"),
    [
        (Intent.ACCEPT, {}, 0.74, False),
        (Intent.ACCEPT, {}, 0.75, True),
        (Intent.QUOTE, {"amount": "320"}, 0.45, True),
        (Intent.COMPLETE, {}, 0.6, True),
        (Intent.COMPLETE, {"amount": "120"}, 0.6, False),
        (Intent.QUESTION, {}, 0.44, False),
    ],
)
def test_what_binds_somebody_must_be_sure(
    intent: Intent, values: dict[str, str], certainty: float, is_answered: bool
) -> None:
    assert asked(1, "A1023", intent, certainty=certainty, values=values).is_answered is is_answered


def test_an_intent_that_the_question_does_not_take_answers_nothing() -> None:
    assert chosen(asked(1, "A1023", Intent.PAUSE, answered_by=frozenset({"accept"}))) == Choice()


def test_an_ended_question_is_answered_late_by_plain_words_only() -> None:
    late, thanks = asked(1, "A1023", Intent.ACCEPT), asked(2, "A1023", Intent.THANKS)

    assert choose_ended([thanks, late], named=()) is late
    assert choose_ended([thanks], named=()) is None
    assert choose_ended([late], named=("B4077",)) is None
    assert choose_ended([late], named=("A1023",)) is late


# Words that the carrier acts upon


@pytest.mark.parametrize("word", sorted(STOP_WORDS))
def test_every_stop_word_of_the_carrier_stops_alone_and_in_any_case(word: str) -> None:
    for written in (word, word.lower(), f"  {word.title()}\n"):
        assert carrier_words.acted_upon(written, None, has_stopped=False) is Verb.STOP
        assert carrier_words.stops_everything(f"{written}!!")


@pytest.mark.parametrize("words", ["stop the leak", "cancel A1023", "the end", "no"])
def test_a_stop_word_among_others_is_not_the_carriers(words: str) -> None:
    assert carrier_words.acted_upon(words, None, has_stopped=False) is None
    assert not carrier_words.stops_everything(words)


def test_a_yes_ends_a_stop_and_is_an_answer_otherwise() -> None:
    assert carrier_words.acted_upon("Yes", None, has_stopped=True) is Verb.START
    assert carrier_words.acted_upon("Yes", None, has_stopped=False) is None
    assert {carrier_words.acted_upon(word, None, has_stopped=False) for word in START_WORDS} == {Verb.START}


def test_what_the_carrier_says_of_a_text_counts_more_than_its_words() -> None:
    assert carrier_words.acted_upon("退订", OptOutType.STOP, has_stopped=False) is Verb.STOP
    assert carrier_words.acted_upon("HELP", OptOutType.HELP, has_stopped=True) is Verb.HELP


def test_the_reserved_words_are_these() -> None:
    assert {"STOP", "CANCEL", "END", "QUIT", "YES", "START", "HELP", "INFO"} <= RESERVED


# Machines, and in which language to answer


@pytest.mark.parametrize(
    "text",
    [
        "【中国移动】您的余额不足",
        " 【10086】套餐已变更",
        "Auto-Reply: I'm driving",
        "[自动回复] 我在开会",
        "I am OUT OF OFFICE today",
    ],
)
def test_a_machine_is_known_by_what_it_says_of_itself(text: str) -> None:
    assert loop_guard.is_automatic(text, marks=("自动回复", "auto-reply", "out of office"), signatures={"【安禾社区】"})


@pytest.mark.parametrize("text", ["【安禾社区】单号A1023 好的", "师傅说【急】", "自动门坏了", "1"])
def test_a_person_is_not_taken_for_a_machine(text: str) -> None:
    assert not loop_guard.is_automatic(text, marks=("自动回复",), signatures={"【安禾社区】"})


def test_only_answers_that_understood_nothing_count_for_the_loop_guard() -> None:
    assert loop_guard.may_answer("unknown", ["unknown", "ask_code", "job_noted"], 3)
    assert not loop_guard.may_answer("unknown", ["unknown", "ask_code", "help_resident"], 3)
    assert loop_guard.may_answer("job_noted", ["unknown"] * 9, 3)
    assert loop_guard.may_answer("unknown", ["person_called", "opt_in_done", "emergency", "status"] * 9, 3)


@pytest.mark.parametrize(
    ("words", "known", "lang"),
    [
        ("1", {"last_written": "en", "listed": "zh"}, "en"),
        ("水管爆了", {"last_written": None, "listed": "en"}, "en"),
        ("no water at all", {"last_written": None, "listed": None}, "en"),
        ("ok", {"last_written": None, "listed": None}, "zh"),
        ("OK 好的", {"last_written": None, "listed": None}, "zh"),
    ],
)
def test_the_language_of_an_answer(words: str, known: dict[str, str | None], lang: str) -> None:
    assert reply_language.choose(words, **known, guessed="zh") == lang


@pytest.mark.parametrize(
    ("msisdn", "listed", "is_textable"),
    [
        ("+8616200000901", None, True),
        ("+8616200000901", False, False),
        ("+869785559901", None, False),
        ("+869785559901", True, True),
        ("+12065550100", None, True),  # there a mobile looks like a landline
        ("10086", None, False),
        ("", None, False),
    ],
)
def test_which_numbers_are_texted(msisdn: str, listed: bool | None, is_textable: bool) -> None:
    assert textable.is_textable(msisdn, listed) is is_textable


def test_codes_overtake_offers_and_offers_overtake_the_rest() -> None:
    assert sorted(Urgency) == [Urgency.CODE, Urgency.DISPATCH, Urgency.SERVICE, Urgency.BULK]
