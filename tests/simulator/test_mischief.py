"""What goes wrong when it is told to: refused, overloaded, lost after it was taken, repeated, late, out of order."""

from __future__ import annotations

import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from simulator.client import Phones
from simulator.testing import SimulatorThread
from tests.simulator.application import TOKEN, Application, until
from tests.simulator.conftest import ACCOUNT, ANNA, LINE


@pytest.fixture
def hurried(simulator: SimulatorThread) -> Client:
    """A client that does not wait for long."""
    http = TwilioHttpClient(timeout=0.3)
    http.session.trust_env = False
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = simulator.url
    return client


@pytest.mark.parametrize(
    ("how", "more", "status", "code"),
    [
        ("refuse", {}, 400, 21211),
        ("refuse", {"code": 21408}, 400, 21408),
        ("refuse", {"code": 21611}, 400, 21611),
        ("429", {}, 429, 20429),
        ("5xx", {}, 500, 20500),
    ],
)
def test_a_text_that_is_refused_was_never_there(
    phones: Phones, twilio: Client, how: str, more: dict[str, float], status: int, code: int
) -> None:
    phones.misbehave("message", how, count=1, **more)

    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=ANNA, from_=LINE, body="hello")

    assert (refused.value.status, refused.value.code) == (status, code)
    assert phones.received(ANNA) == []
    assert twilio.messages.create(to=ANNA, from_=LINE, body="again").status == "queued"


def test_an_overloaded_carrier_says_when_to_come_back(phones: Phones, simulator: SimulatorThread) -> None:
    phones.misbehave("message", "429")

    answer = requests.post(
        f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data={"To": ANNA, "From": LINE, "Body": "hello"},
        auth=(ACCOUNT, TOKEN),
        timeout=5,
    )

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.json()["message"] == "Too Many Requests"


def test_a_text_whose_answer_never_comes_was_sent_all_the_same(phones: Phones, hurried: Client, twilio: Client) -> None:
    phones.misbehave("message", "hang", seconds=2, count=1)

    with pytest.raises(requests.exceptions.ReadTimeout):
        hurried.messages.create(to=ANNA, from_=LINE, body="hello")

    assert phones.received(ANNA) == ["hello"]
    assert [one.body for one in twilio.messages.list(to=ANNA)] == ["hello"]


def test_a_text_whose_line_drops_was_sent_all_the_same(phones: Phones, twilio: Client) -> None:
    phones.misbehave("message", "drop", count=1)

    with pytest.raises(requests.exceptions.ConnectionError):
        twilio.messages.create(to=ANNA, from_=LINE, body="hello")

    assert phones.received(ANNA) == ["hello"]


def test_a_text_after_which_the_carrier_breaks_was_sent_all_the_same(phones: Phones, twilio: Client) -> None:
    phones.misbehave("message", "5xx_after", count=1)

    with pytest.raises(TwilioRestException) as broken:
        twilio.messages.create(to=ANNA, from_=LINE, body="hello")

    assert (broken.value.status, broken.value.code) == (500, 20500)
    assert phones.received(ANNA) == ["hello"]


def test_a_slow_carrier_takes_its_time(phones: Phones, twilio: Client) -> None:
    phones.misbehave("message", "slow", seconds=0.3)

    began = time.monotonic()
    twilio.messages.create(to=ANNA, from_=LINE, body="hello")

    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("how", ["hang", "drop", "5xx_after"])
def test_a_call_whose_answer_is_lost_rings_all_the_same(phones: Phones, hurried: Client, how: str) -> None:
    phones.misbehave("call", how, seconds=2, count=1)

    with pytest.raises((requests.exceptions.RequestException, TwilioRestException)):
        hurried.calls.create(to=ANNA, from_=LINE, url="http://127.0.0.1:9/")

    assert len(phones.ringing(ANNA)) == 1


@pytest.mark.parametrize(("how", "status"), [("refuse", 400), ("429", 429), ("5xx", 500)])
def test_a_call_that_is_refused_does_not_ring(phones: Phones, twilio: Client, how: str, status: int) -> None:
    phones.misbehave("call", how, count=1)

    with pytest.raises(TwilioRestException) as refused:
        twilio.calls.create(to=ANNA, from_=LINE, url="http://127.0.0.1:9/")

    assert refused.value.status == status
    assert phones.ringing(ANNA) == []


def test_misbehaviour_lasts_as_often_as_it_was_told(phones: Phones, twilio: Client) -> None:
    phones.misbehave("message", "5xx", count=2)

    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(twilio.messages.create(to=ANNA, from_=LINE, body="hello").status)
        except TwilioRestException as err:
            outcomes.append(err.status)

    assert outcomes == [500, 500, "queued", "queued"]


def test_without_a_count_it_lasts_until_it_is_taken_back(phones: Phones, twilio: Client) -> None:
    phones.misbehave("message", "5xx")
    for _ in range(3):
        with pytest.raises(TwilioRestException):
            twilio.messages.create(to=ANNA, from_=LINE, body="hello")

    phones.misbehave("message")

    assert twilio.messages.create(to=ANNA, from_=LINE, body="hello").status == "queued"


def receipts(phones: Phones, twilio: Client, application: Application) -> list[str]:
    """The states that are told of one text within a minute."""
    address = application.says("/receipts", "")
    twilio.messages.create(to=ANNA, from_=LINE, body="hello", status_callback=address)
    phones.advance(60)
    return [one.form["MessageStatus"] for one in application.at("/receipts")]


def test_receipts_are_repeated(phones: Phones, twilio: Client, application: Application) -> None:
    phones.misbehave("callback", "repeat", times=2)

    assert sorted(receipts(phones, twilio, application)) == ["delivered"] * 3 + ["sent"] * 3


def test_receipts_are_lost(phones: Phones, twilio: Client, application: Application) -> None:
    phones.misbehave("callback", "drop", count=1)

    assert receipts(phones, twilio, application) == ["delivered"]


def test_receipts_come_in_the_wrong_order(phones: Phones, twilio: Client, application: Application) -> None:
    phones.misbehave("callback", "shuffle")

    assert receipts(phones, twilio, application) == ["delivered", "sent"]


def test_receipts_come_late(phones: Phones, twilio: Client, application: Application) -> None:
    phones.misbehave("callback", "delay", seconds=90, count=1)

    assert receipts(phones, twilio, application) == ["delivered"]
    phones.advance(60)

    assert [one.form["MessageStatus"] for one in application.at("/receipts")] == ["delivered", "sent"]


@pytest.mark.parametrize(
    ("code", "states"), [(30003, ["sent", "undelivered"]), (30007, ["sent", "undelivered"]), (30001, ["failed"])]
)
def test_a_text_does_not_arrive(
    phones: Phones, twilio: Client, application: Application, code: int, states: list[str]
) -> None:
    phones.misbehave("delivery", "undelivered", code=code, count=1)

    assert receipts(phones, twilio, application) == states
    assert application.last("/receipts")["ErrorCode"] == str(code)
    (logged,) = twilio.messages.list(to=ANNA)
    assert (logged.status, logged.error_code) == (states[-1], code)


def test_webhooks_are_repeated_and_the_first_answer_counts(phones: Phones, application: Application) -> None:
    application.says("/voice", "<Say>first</Say>", "<Say>second</Say>")
    application.says("/sms", "")
    phones.misbehave("webhook", "repeat", times=1)

    call = phones.dial(ANNA, LINE)
    text = phones.text(ANNA, LINE, "hello")

    assert phones.heard(call) == ["first"]
    assert len(application.at("/voice")) == 2
    assert [one.form["MessageSid"] for one in application.at("/sms")] == [text, text]


def test_one_text_is_delivered_several_times_at_once_or_again_later(phones: Phones, application: Application) -> None:
    application.says("/sms", "")

    sid = phones.text(ANNA, LINE, "hello", times=3)
    phones.text(ANNA, LINE, "hello", sid=sid)

    assert [one.form["MessageSid"] for one in application.at("/sms")] == [sid] * 4
    assert [one.body for one in phones.thread(ANNA)] == ["hello"]


def test_forty_texts_at_once_all_arrive(phones: Phones, application: Application) -> None:
    application.says("/sms", "")

    for number in range(40):
        phones.text(ANNA, LINE, f"text {number}")

    until(lambda: len(application.at("/sms")) == 40)
    assert {one.form["Body"] for one in application.at("/sms")} == {f"text {number}" for number in range(40)}
