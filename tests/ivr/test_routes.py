"""What the carrier may ask of the line, and what it gets: signed or nothing, always a document, always a way on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from config.settings import Settings
from core import db, jobs
from ivr.models import CallOutcome
from tests.factories.ivr import DUTY, HOTLINE, Phone, taken_apart
from tests.factories.people import a_person
from tests.factories.providers import a_provider
from tests.ivr.conftest import Book, NewPhone, Work
from tests.statements import counted

NOBODY_THERE = "127.0.0.1:9"
BODY_LIMIT = 64_000  # bytes of one document that the carrier reads
HEARD_AT_ONCE = {"zh": 36, "en": 20}  # Chinese characters, English words of the greeting
STATEMENTS = 24  # of one webhook; a ticket with its text and its history is the longest
WEBHOOKS = [
    "/ivr/incoming",
    "/ivr/answer/open/1",
    "/ivr/dialled/2",
    "/ivr/duty/2/whisper",
    "/ivr/duty/2/answered",
    "/ivr/recorded/3",
    "/ivr/recording",
    "/ivr/status",
    "/ivr/placed/1",
    "/ivr/placed/1/answer",
    "/ivr/placed/1/status",
    "/ivr/apology/dialled",
    "/ivr/apology/recorded",
]
TOLD = ("/ivr/recording", "/ivr/status", "/ivr/placed/1/status", "/ivr/duty/2/answered")
HEARD = [path for path in WEBHOOKS if path not in (*TOLD, "/ivr/duty/2/whisper")]


@contextmanager
def database_away(engine: Engine) -> Iterator[None]:
    """Nobody answers where the database was; afterwards it is back."""
    away = db.connect(f"postgresql+psycopg://{NOBODY_THERE}/nothing")
    yield
    away.dispose()
    db.sessions.configure(bind=engine)


@pytest.fixture
def resident(work: Work, noon: datetime, at: Callable[[datetime], None]) -> None:
    """It is noon; Mr Chen lives in Wutongli, and a plumber works there."""
    at(noon)
    with work() as uow:
        a_person(uow)
        a_provider(uow)


@pytest.mark.expects_errors
@pytest.mark.parametrize("path", WEBHOOKS)
def test_what_the_carrier_did_not_sign_is_refused_and_leaves_nothing(
    path: str, client: FlaskClient, book: Book
) -> None:
    form = {"CallSid": "CA1", "From": "+8616200000901", "To": HOTLINE, "CallStatus": "ringing"}

    unsigned = client.post(path, data=form)
    forged = client.post(path, data=form, headers={"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="})

    assert (unsigned.status_code, unsigned.data) == (403, b"")
    assert (forged.status_code, forged.data) == (403, b"")
    assert book.calls() == []
    assert book.tasks() == []


@pytest.mark.parametrize("path", WEBHOOKS)
def test_a_webhook_is_never_redirected_and_never_read_by_get(path: str, client: FlaskClient) -> None:
    assert client.get(path).status_code in (404, 405)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_greeting_is_short_and_asks_at_once(lang: str, work: Work, new_phone: NewPhone) -> None:
    with work() as uow:
        a_person(uow, lang=lang)

    heard = new_phone().dial()

    said = heard.words
    length = sum(one.isalnum() for one in said) if lang == "zh" else len(said.split())
    assert length <= HEARD_AT_ONCE[lang]
    assert heard.verb == "Gather"
    assert heard.attributes["input"] == "dtmf speech"
    assert heard.langs == (lang,)


def test_the_greeting_tells_of_the_recording_and_of_the_way_to_a_person(phone: Phone) -> None:
    words = phone.dial().words

    assert "录音" in words
    assert "按0" in words
    assert "按7" not in words  # no menu before anybody has been listened to


def test_the_caller_may_interrupt_and_has_time_to_think(phone: Phone) -> None:
    heard = phone.dial()

    assert "<Gather" in heard.xml
    assert heard.xml.index("<Gather") < heard.xml.index("<Say")  # spoken inside: the first key or word stops it
    assert int(heard.attributes["timeout"]) >= 6
    assert heard.attributes.get("bargeIn", "true") == "true"
    assert heard.attributes["actionOnEmptyResult"] == "true"


def test_a_webhook_needs_few_statements(resident: None, phone: Phone) -> None:
    used: dict[str, int] = {}
    steps: list[tuple[str, Callable[[], object]]] = [
        ("greeting", phone.dial),
        ("request", lambda: phone.say("我家水管爆了，水都淹到客厅了")),
        ("service", lambda: phone.say("对")),
        ("address and ticket", lambda: phone.say("对，就是八号楼")),
        ("goodbye", lambda: phone.say("没有了")),
        ("end", phone.hang_up),
    ]

    for name, step in steps:
        with counted() as statements:
            step()
        used[name] = len(statements)

    assert used["greeting"] <= 4
    assert used["goodbye"] <= 5
    assert used["end"] <= 5
    assert max(used.values()) <= STATEMENTS, used


def test_statements_do_not_grow_with_the_callers_history(resident: None, new_phone: NewPhone) -> None:
    def booked() -> int:
        call = new_phone()
        call.dial()
        call.press("2")
        with counted() as statements:
            call.say("对")
        call.say("没有了")
        call.hang_up()
        return len(statements)

    first = booked()
    later = [booked() for _ in range(4)]

    assert max(later) <= first


def test_every_document_is_far_from_the_carriers_limit(resident: None, phone: Phone) -> None:
    documents = [phone.dial(), phone.keep_silent(), phone.press("8"), phone.press("9"), phone.press("7")]

    assert max(len(one.xml.encode()) for one in documents) < BODY_LIMIT / 10


def test_the_same_call_announced_twice_is_one_call(phone: Phone, book: Book) -> None:
    first = phone.dial()
    second = phone.dial()

    assert first.xml == second.xml
    assert len(book.calls()) == 1


def test_the_same_answer_told_twice_has_one_effect(resident: None, phone: Phone, book: Book) -> None:
    phone.dial()
    phone.press("1")
    action = phone.open_action

    first = phone.say("对")
    ticket = book.tickets()
    again = taken_apart(phone.post(action, CallSid=phone.sid, From=phone.number, To=HOTLINE, SpeechResult="对"))

    assert again.xml == first.xml
    assert len(ticket) == len(book.tickets()) == 1
    assert [turn.words for turn in book.turns(phone) if turn.who == "caller"] == ["", "对"]


def test_an_answer_to_an_earlier_question_hears_the_open_one(resident: None, phone: Phone, book: Book) -> None:
    phone.dial()
    earlier = phone.open_action
    now = phone.press("1")

    late = taken_apart(phone.post(earlier, CallSid=phone.sid, From=phone.number, To=HOTLINE, SpeechResult="我要开锁"))

    assert late.xml == now.xml
    assert book.call(phone).step == 1


def test_an_answer_that_runs_ahead_changes_nothing(phone: Phone, book: Book) -> None:
    greeting = phone.dial()

    ahead = taken_apart(phone.post("/ivr/answer/book/7", CallSid=phone.sid, From=phone.number, To=HOTLINE, Digits="1"))

    assert ahead.xml == greeting.xml
    assert book.tickets() == []


def test_an_answer_of_a_call_that_nobody_announced_begins_the_call(phone: Phone, book: Book) -> None:
    heard = taken_apart(phone.post("/ivr/answer/confirm_service/3", CallSid=phone.sid, From=phone.number, To=HOTLINE))

    assert heard.verb == "Gather"
    assert "请直接说要办什么" in heard.words
    assert book.call(phone).msisdn == phone.number


@pytest.mark.parametrize("path", ["/ivr/dialled/2", "/ivr/recorded/2"])
def test_other_steps_of_a_call_that_nobody_announced_begin_it_too(path: str, phone: Phone, book: Book) -> None:
    heard = taken_apart(phone.post(path, CallSid=phone.sid, From=phone.number, To=HOTLINE, DialCallStatus="busy"))

    assert heard.verb == "Gather"
    assert book.outcome(phone) is CallOutcome.OPEN


def test_the_end_of_a_call_that_nobody_announced_is_written_down(phone: Phone, book: Book) -> None:
    assert phone.hang_up(seconds=14).status_code == 200

    assert book.call(phone).seconds == 14
    assert book.outcome(phone) is CallOutcome.RETURN_CALL
    assert book.tasks() == [("return_call", "hung_up")]


def test_the_end_may_be_told_three_times_and_late(phone: Phone, book: Book) -> None:
    phone.dial()

    phone.hang_up(sequence=3)
    phone.hang_up(sequence=3)
    ended_at = book.call(phone).ended_at
    phone.post("/ivr/status", CallSid=phone.sid, CallStatus="in-progress", SequenceNumber="1", Direction="inbound")
    phone.hang_up()

    assert book.call(phone).ended_at == ended_at
    assert book.tasks() == [("return_call", "hung_up")]


def test_an_answer_after_the_end_changes_nothing(resident: None, phone: Phone, book: Book) -> None:
    phone.dial()
    phone.press("1")
    action = phone.open_action
    phone.hang_up()
    before = book.call(phone)

    late = phone.post(action, CallSid=phone.sid, From=phone.number, To=HOTLINE, SpeechResult="对")

    assert late.status_code == 200
    assert book.call(phone).step == before.step
    assert len(book.tickets()) == 1


def test_reports_about_no_call_are_answered_and_not_repeated_for_ever(twilio: Callable[..., TestResponse]) -> None:
    assert twilio("/ivr/status", CallStatus="completed").status_code == 404
    assert twilio("/ivr/recording", RecordingStatus="completed").status_code == 404
    assert twilio("/ivr/placed/77/status", CallStatus="completed", CallSid="CA77").status_code == 404
    assert twilio("/ivr/duty/2/answered", CallStatus="in-progress", CallSid="CA77").status_code == 404


@pytest.mark.parametrize("path", HEARD)
def test_a_request_that_names_no_call_still_hears_something(path: str, twilio: Callable[..., TestResponse]) -> None:
    heard = taken_apart(twilio(path, From="anonymous"))

    assert heard.verb in ("Dial", "Record", "Hangup")


@pytest.mark.parametrize(
    "form",
    [
        {"From": "", "To": ""},
        {"From": "anonymous"},
        {"From": "client:agent_7"},
        {"From": "sip:someone@example.org"},
        {"From": "+266696687"},
        {"From": "\x00" * 40, "To": "☎" * 400, "CallStatus": "ringing\n", "Direction": "sideways"},
    ],
)
def test_whoever_calls_is_greeted(form: dict[str, str], twilio: Callable[..., TestResponse], book: Book) -> None:
    heard = taken_apart(twilio("/ivr/incoming", CallSid="CA9", **form))

    assert heard.verb == "Gather"
    assert [call.msisdn for call in book.calls()] == [None]


@pytest.mark.parametrize("words", ["'; drop table calls; --", "𝟙\u202e😀" * 200, "\x00\ud7ff<Say>", "啊" * 1600])
def test_hostile_words_get_a_question_or_a_person(words: str, phone: Phone, book: Book) -> None:
    phone.dial()

    first = phone.say(words)
    second = phone.say(words) if first.verb == "Gather" else first

    assert second.verb in ("Gather", "Dial")
    assert book.call(phone).step >= 1


@pytest.mark.expects_errors
def test_while_the_database_is_away_the_caller_reaches_the_duty_phone(engine: Engine, phone: Phone, book: Book) -> None:
    with database_away(engine):
        greeting = phone.dial()
        unanswered = phone.duty("no-answer")
        goodbye = phone.leave_message()

    assert (greeting.verb, greeting.dialled) == ("Dial", DUTY)
    assert set(greeting.langs) == {"zh", "en"}
    assert unanswered.verb == "Record"
    assert goodbye.verb == "Hangup"


@pytest.mark.expects_errors
def test_a_message_left_while_the_database_was_away_is_kept_once_it_is_back(
    engine: Engine, phone: Phone, book: Book
) -> None:
    done = {
        "CallSid": phone.sid,
        "RecordingSid": "RE1",
        "RecordingUrl": "http://127.0.0.1:9/RE1",
        "RecordingStatus": "completed",
        "RecordingDuration": "14",
    }
    with database_away(engine):
        phone.dial()
        phone.duty("busy")
        phone.leave_message()
        refused = phone.post("/ivr/recording", **done)

    repeated = phone.post("/ivr/recording", **done)
    phone.hang_up()

    assert (refused.status_code, repeated.status_code) == (500, 200)  # after a 5xx the carrier tells it again
    assert [one.about for one in book.voicemails()] == [one.code for one in book.tickets()]
    assert book.outcome(phone) is CallOutcome.VOICEMAIL
    assert book.call(phone).msisdn == phone.number


@pytest.mark.expects_errors
def test_a_call_goes_on_where_it_stood_when_the_database_comes_back(
    resident: None, engine: Engine, phone: Phone, book: Book
) -> None:
    phone.dial()
    phone.press("1")
    action = phone.open_action
    with database_away(engine):
        assert phone.say("对").dialled == DUTY

    heard = taken_apart(phone.post(action, CallSid=phone.sid, From=phone.number, To=HOTLINE, SpeechResult="对"))

    assert "单号" in heard.words
    assert len(book.tickets()) == 1


@pytest.mark.expects_errors
@pytest.mark.parametrize(
    ("status", "verb"), [("completed", "Hangup"), ("answered", "Hangup"), ("busy", "Record"), ("", "Record")]
)
def test_whoever_talked_to_the_duty_officer_is_not_asked_for_a_message(
    status: str, verb: str, engine: Engine, phone: Phone
) -> None:
    phone.dial()
    phone.press("0")

    with database_away(engine):
        heard = phone.duty(status)

    assert heard.verb == verb


@pytest.mark.expects_errors
def test_the_end_told_while_the_database_is_away_is_asked_for_again(engine: Engine, phone: Phone, book: Book) -> None:
    phone.dial()

    with database_away(engine):
        assert phone.hang_up().status_code == 500
    assert phone.hang_up().status_code == 200

    assert book.outcome(phone) is CallOutcome.RETURN_CALL


def test_a_redis_that_is_away_costs_the_caller_nothing(
    resident: None, settings: Settings, phone: Phone, book: Book
) -> None:
    jobs.connect(f"redis://{NOBODY_THERE}/0")

    phone.dial()
    phone.press("1")
    heard = phone.say("对")
    jobs.connect(settings.redis_url)

    assert "单号" in heard.words
    ticket = book.tickets()[0]
    assert ticket.match_at is not None  # due for the ticker, which needs no doorbell
