"""Messages after the tone: one ticket for one recording, the sound kept by us and deleted at the carrier."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from ivr import jobs
from ivr.models import CallOutcome
from telephony.carrier import CarrierAway, LoggedCall, Recording
from telephony.statuses import CallState
from tests.factories.ivr import Phone
from tests.ivr.conftest import Book, NewPhone
from tests.phone_line import PhoneLine

At = Callable[[datetime], None]
SOUND = Recording(b"RIFF....WAVE", "audio/x-wav")
URL = "http://127.0.0.1:9/Recordings/RE1"
OWNER_ONLY = 0o600


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Private data in a folder of this test."""
    monkeypatch.setenv("PRIVATE_DIR", str(tmp_path / "private"))
    return jobs.folder_of_recordings()


def at_the_tone(phone: Phone) -> None:
    """A call for a person whom nobody answers."""
    phone.dial()
    phone.press("0")
    phone.duty("no-answer")


def report(phone: Phone, status: str = "completed", **more: str) -> TestResponse:
    """The carrier tells of the recording."""
    form = {"RecordingSid": "RE1", "RecordingUrl": URL, "RecordingStatus": status, "RecordingDuration": "12"}
    return phone.post("/ivr/recording", CallSid=phone.sid, **{**form, **more})


def test_a_message_becomes_one_ticket_with_a_task(phone: Phone, book: Book) -> None:
    at_the_tone(phone)

    goodbye = phone.leave_message(seconds=12)
    report(phone)
    phone.hang_up()

    assert "留言已收到" in goodbye.words
    assert len(book.tickets()) == 1
    assert book.tickets()[0].description == "电话留言，12秒。"
    assert book.tasks() == [("voicemail", "voicemail")]
    assert book.outcome(phone) is CallOutcome.VOICEMAIL


@pytest.mark.parametrize("order", [("message", "report", "end"), ("end", "report", "message"), ("report", "end")])
def test_it_is_one_ticket_in_whatever_order_we_hear_of_it(order: tuple[str, ...], phone: Phone, book: Book) -> None:
    at_the_tone(phone)
    action = phone.open_action
    message = {"RecordingSid": "RE1", "RecordingUrl": URL, "RecordingDuration": "12", "Digits": "hangup"}
    tell: dict[str, Callable[[], object]] = {
        "message": lambda: phone.post(action, CallSid=phone.sid, From=phone.number, **message),
        "report": lambda: report(phone),
        "end": phone.hang_up,
    }

    for one in (*order, *order):
        tell[one]()

    assert len(book.tickets()) == len(book.voicemails()) == 1
    assert book.tasks() == [("voicemail", "voicemail")]
    assert book.outcome(phone) is CallOutcome.VOICEMAIL


def test_the_message_belongs_to_the_ticket_that_was_begun(phone: Phone, book: Book) -> None:
    phone.dial()
    phone.say("我家水管爆了，水都淹到客厅了")
    phone.press("0")
    phone.duty("busy")

    phone.leave_message()

    assert [one.service for one in book.tickets()] == ["plumbing"]
    assert [one.about for one in book.voicemails()] == [book.tickets()[0].code]


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_breath_is_no_message_and_owes_a_return_call(seconds: int, phone: Phone, book: Book) -> None:
    at_the_tone(phone)

    goodbye = phone.leave_message(seconds=seconds)
    phone.hang_up()

    assert "给您回电话" in goodbye.words
    assert book.tickets() == []
    assert book.tasks() == [("return_call", "hung_up")]


def test_the_sound_is_fetched_kept_for_us_alone_and_deleted_at_the_carrier(
    phone: Phone, carrier_line: PhoneLine, book: Book, folder: Path
) -> None:
    at_the_tone(phone)
    phone.leave_message()
    carrier_line.recordings[URL] = SOUND

    report(phone)
    jobs.fetch_recordings()
    jobs.fetch_recordings()

    kept = folder / hashlib.sha256(SOUND.content).hexdigest()
    assert kept.read_bytes() == SOUND.content
    assert kept.stat().st_mode & 0o777 == OWNER_ONLY
    assert carrier_line.deleted == ["RE1"]
    assert [(one.sha256, one.content_type, one.fetch_at) for one in book.voicemails()] == [
        (kept.name, "audio/x-wav", None)
    ]


def test_whatever_the_carrier_calls_a_sound_it_is_kept(phone: Phone, carrier_line: PhoneLine, book: Book) -> None:
    at_the_tone(phone)
    phone.leave_message()
    carrier_line.recordings[URL] = Recording(b"RIFF", f"audio/x-wav; codecs={'x' * 90}")
    report(phone)

    jobs.fetch_recordings()

    assert [one.content_type for one in book.voicemails()] == ["audio/x-wav"]


def test_the_sound_is_not_asked_for_before_the_carrier_says_that_it_is_complete(
    phone: Phone, carrier_line: PhoneLine, at: At, noon: datetime
) -> None:
    at(noon)
    at_the_tone(phone)
    phone.leave_message()
    report(phone, status="in-progress")

    jobs.fetch_recordings()

    assert carrier_line.deleted == []


def test_a_report_that_got_lost_does_not_cost_the_sound(
    phone: Phone, carrier_line: PhoneLine, at: At, noon: datetime
) -> None:
    at(noon)
    at_the_tone(phone)
    phone.leave_message()
    carrier_line.recordings[URL] = SOUND

    at(noon + timedelta(minutes=11))
    jobs.fetch_recordings()

    assert carrier_line.deleted == ["RE1"]


def test_a_report_told_again_fetches_nothing_again(phone: Phone, carrier_line: PhoneLine, book: Book) -> None:
    at_the_tone(phone)
    phone.leave_message()
    carrier_line.recordings[URL] = SOUND
    report(phone)
    jobs.fetch_recordings()

    report(phone)
    jobs.fetch_recordings()

    assert carrier_line.deleted == ["RE1"]
    assert [one.attempts for one in book.voicemails()] == [1]


def test_a_recording_that_is_not_handed_out_is_a_matter_for_somebody(phone: Phone, book: Book) -> None:
    at_the_tone(phone)
    phone.leave_message()

    report(phone)
    jobs.fetch_recordings()

    assert book.tasks() == [("voicemail", "voicemail"), ("check", "recording_not_fetched")]
    assert [one.fetch_at for one in book.voicemails()] == [None]


class AwayLine(PhoneLine):
    """A carrier that hands out nothing for the moment."""

    asked = 0

    def fetch_recording(self, url: str) -> Recording:
        """Not now."""
        self.asked += 1
        raise CarrierAway


@pytest.fixture
def away_line(carrier_line: PhoneLine) -> AwayLine:
    """The carrier hands out no recording for the moment."""
    from telephony import carrier

    line = AwayLine()
    carrier.use(line)
    return line


def test_a_carrier_that_is_away_is_asked_with_growing_pauses_and_given_up_in_the_end(
    away_line: AwayLine, phone: Phone, at: At, noon: datetime, book: Book
) -> None:
    at(noon)
    at_the_tone(phone)
    phone.leave_message()
    report(phone)
    asked: list[int] = []

    for minutes in (0.1, 1, 3, 8, 20, 50, 120, 300, 900, 3000):
        at(noon + timedelta(minutes=minutes))
        jobs.fetch_recordings()
        asked.append(away_line.asked)

    assert asked == [1, 1, 2, 3, 4, 5, 6, 7, 8, 8]
    assert ("check", "recording_not_fetched") in book.tasks()


def test_a_call_whose_end_was_never_told_ends_once_the_carrier_says_so(
    new_phone: NewPhone, carrier_line: PhoneLine, at: At, noon: datetime, book: Book
) -> None:
    at(noon)
    forgotten, going_on = new_phone(), new_phone("+8616200000902")
    forgotten.dial()
    going_on.dial()
    carrier_line.calls = [LoggedCall(going_on.sid, "+869785550156", CallState.IN_PROGRESS, noon)]

    jobs.end_forgotten()
    too_early = [call.ended_at for call in book.calls()]
    at(noon + timedelta(hours=5))
    jobs.end_forgotten()

    assert too_early == [None, None]
    assert [call.outcome for call in book.calls()] == [CallOutcome.RETURN_CALL, CallOutcome.OPEN]
