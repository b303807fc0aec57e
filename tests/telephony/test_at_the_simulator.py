"""The adapter at the simulator: two programs that know nothing of each other agree on the carrier's contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests

from simulator.config import Config
from simulator.config import Line as SimulatedLine
from simulator.testing import SimulatorThread
from telephony.carrier import CarrierAway, CarrierRefused, OutcomeUnknown, Outgoing, Sent
from telephony.inbound import RecordingDone
from telephony.signature import is_signed
from telephony.statuses import CallState, Delivery, Fault
from telephony.twilio_carrier import TwilioCarrier
from tests.simulator.application import Application
from tests.telephony.line_settings import ACCOUNT, HOTLINE, RESIDENT, TOKEN, line_settings

DUTY = "+8616700000110"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def application() -> Iterator[Application]:
    """Whoever is behind the hotline's number."""
    running = Application(TOKEN)
    running.says("/over", "")
    yield running
    running.stop()


@pytest.fixture
def simulator(application: Application) -> Iterator[SimulatorThread]:
    """A carrier with the hotline's number, on a clock that only the test moves."""
    line = SimulatedLine(HOTLINE, voice_url=f"{application.url}/voice", sms_url=f"{application.url}/sms")
    with SimulatorThread(Config(ACCOUNT, TOKEN, (line,), is_manual=True)) as running:
        yield running


@pytest.fixture
def carrier(simulator: SimulatorThread) -> Iterator[TwilioCarrier]:
    """The adapter at that carrier."""
    opened = TwilioCarrier(
        line_settings(twilio_api_base=simulator.url),
        connect_timeout=timedelta(seconds=1),
        read_timeout=timedelta(seconds=1),
    )
    yield opened
    opened.close()


def outgoing(application: Application, body: str = "您好", to: str = RESIDENT) -> Outgoing:
    """A text whose receipts come to the application."""
    return Outgoing("1", to, body, f"{application.says('/receipts', '')}#rc=2&rp=5xx,ct,rt")


def test_a_text_is_sent_and_its_receipts_bear_our_signature(
    carrier: TwilioCarrier, simulator: SimulatorThread, application: Application
) -> None:
    sent = carrier.send_sms(outgoing(application))
    simulator.phones.advance(1)

    assert sent == Sent(simulator.phones.thread(RESIDENT)[0].sid, Delivery.SUBMITTED)
    receipts = application.at("/receipts")
    assert [one.form["MessageStatus"] for one in receipts] == ["sent", "delivered"]
    for one in receipts:
        form = {name: [value] for name, value in one.form.items()}
        signature = one.headers["X-Twilio-Signature"]
        assert is_signed(f"{application.url}/receipts", form, signature, ("another token", TOKEN))
        assert not is_signed(f"{application.url}/receipts", form, signature, ("another token",))


@pytest.mark.parametrize(
    ("to", "kind"), [("+861012345678", Fault.NOT_MOBILE), ("+86", Fault.BAD_NUMBER), (RESIDENT, Fault.OPTED_OUT)]
)
def test_a_refusal_is_understood(
    carrier: TwilioCarrier, simulator: SimulatorThread, application: Application, to: str, kind: Fault
) -> None:
    application.says("/sms", "")
    simulator.phones.text(RESIDENT, HOTLINE, "STOP")

    with pytest.raises(CarrierRefused) as refused:
        carrier.send_sms(outgoing(application, to=to))

    assert refused.value.kind is kind


@pytest.mark.parametrize(
    ("how", "failure", "arrives"),
    [
        ("429", CarrierAway, False),
        ("5xx", OutcomeUnknown, False),
        ("5xx_after", OutcomeUnknown, True),
        ("drop", OutcomeUnknown, True),
        ("hang", OutcomeUnknown, True),
        ("refuse", CarrierRefused, False),
    ],
)
def test_every_mischief_has_its_failure_class(
    carrier: TwilioCarrier,
    simulator: SimulatorThread,
    application: Application,
    how: str,
    failure: type[Exception],
    arrives: bool,
) -> None:
    simulator.phones.misbehave("message", how, count=1, seconds=3)

    with pytest.raises(failure):
        carrier.send_sms(outgoing(application))

    assert simulator.phones.received(RESIDENT) == (["您好"] if arrives else [])
    assert [row.body for row in carrier.find_messages(RESIDENT, LONG_AGO, FAR_AHEAD)] == (["您好"] if arrives else [])


def test_the_log_is_read_page_by_page(
    carrier: TwilioCarrier, simulator: SimulatorThread, application: Application
) -> None:
    ended: list[object] = []
    batch = [outgoing(application, f"text {number}") for number in range(60)]
    carrier.send_batch(batch, on_outcome=lambda _, outcome: ended.append(outcome))
    simulator.phones.advance(1)

    found = carrier.find_messages(RESIDENT, LONG_AGO, FAR_AHEAD)

    assert all(isinstance(outcome, Sent) for outcome in ended)
    assert {row.body for row in found} == {message.body for message in batch}
    assert {row.status for row in found} == {Delivery.DELIVERED}
    assert carrier.find_messages(RESIDENT, FAR_AHEAD, FAR_AHEAD) == []


def test_a_call_is_placed_led_elsewhere_and_ended(
    carrier: TwilioCarrier, simulator: SimulatorThread, application: Application
) -> None:
    first = application.says("/first", '<Gather timeout="60"><Say>first</Say></Gather>')
    other = application.says("/other", '<Gather timeout="60"><Say>other</Say></Gather>')
    call = carrier.dial(to=DUTY, url=first, status_url=f"{application.url}/over", timeout=timedelta(seconds=25))
    assert carrier.call_status(call) is CallState.RINGING
    simulator.phones.answer(call)
    carrier.redirect(call, other)
    simulator.phones.wait_idle()
    carrier.hang_up(call)
    simulator.phones.wait_idle()

    assert simulator.phones.heard(call) == ["first", "other"]
    assert carrier.call_status(call) is CallState.COMPLETED
    assert [(row.call_sid, row.status) for row in carrier.find_calls(DUTY, LONG_AGO)] == [(call, CallState.COMPLETED)]
    steps = {one.form["CallStatus"] for one in application.at("/over")}
    assert steps == {"initiated", "ringing", "in-progress", "completed"}
    with pytest.raises(CarrierRefused):
        carrier.hang_up(call)


def test_a_recording_is_fetched_and_deleted(
    carrier: TwilioCarrier, simulator: SimulatorThread, application: Application
) -> None:
    application.says("/voice", '<Record action="/kept" recordingStatusCallback="/sound"/>')
    application.says("/kept", "")
    application.says("/sound", "")
    call = simulator.phones.dial(RESIDENT, HOTLINE)
    simulator.phones.say(call, "水管爆了，请回电")
    simulator.phones.hang_up(call)
    done = RecordingDone.from_form(application.last("/sound"))

    sound = carrier.fetch_recording(done.url)
    carrier.delete_recording(done.recording_sid)
    carrier.delete_recording(done.recording_sid)

    assert done.is_ready
    assert urlsplit(done.url).netloc == urlsplit(simulator.url).netloc
    assert sound.content.startswith(b"RIFF")
    with pytest.raises(CarrierRefused):
        carrier.fetch_recording(done.url)


def test_pictures_of_a_text_are_deleted_and_the_text_stays(
    carrier: TwilioCarrier, simulator: SimulatorThread, application: Application
) -> None:
    application.says("/sms", "")
    sid = simulator.phones.text(RESIDENT, HOTLINE, "看照片", media=["image/jpeg"] * 3)
    other = simulator.phones.text(RESIDENT, HOTLINE, "别的", media=["image/jpeg"])

    carrier.delete_media(sid)
    carrier.delete_media(sid)
    carrier.delete_media("MM" + "0" * 32)

    account = f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}"
    left = [requests.get(f"{account}/Messages/{one}.json", auth=(ACCOUNT, TOKEN), timeout=5) for one in (sid, other)]
    assert [(one.json()["body"], one.json()["num_media"]) for one in left] == [("看照片", "0"), ("别的", "1")]
