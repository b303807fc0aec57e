"""Texts by REST, with Twilio's own client: taken, refused with its codes, logged, redacted, followed by receipts."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.client import Phones
from simulator.clock import FIRST_MOMENT
from simulator.testing import SimulatorThread
from tests.simulator.application import TOKEN, Application
from tests.simulator.conftest import ACCOUNT, ANNA, BERT, LINE

LANDLINE = "+861012345678"


def test_a_text_is_taken_and_stands_on_the_handset(twilio: Client, phones: Phones) -> None:
    taken = twilio.messages.create(to=ANNA, from_=LINE, body="您好")

    assert taken.sid.startswith("SM")
    assert len(taken.sid) == 34
    assert (taken.status, taken.num_segments, taken.direction) == ("queued", "1", "outbound-api")
    assert phones.received(ANNA) == ["您好"]


def test_a_text_is_fetched_as_it_was_created(twilio: Client) -> None:
    taken = twilio.messages.create(to=ANNA, from_=LINE, body="hello")
    fetched = twilio.messages(taken.sid).fetch()

    assert (fetched.to, fetched.from_, fetched.body, fetched.account_sid) == (ANNA, LINE, "hello", ACCOUNT)
    assert fetched.date_created == FIRST_MOMENT
    assert fetched.date_sent is None


def test_receipts_come_in_order_and_none_for_the_first_state(
    twilio: Client, phones: Phones, application: Application
) -> None:
    receipts = application.says("/receipts", "")

    taken = twilio.messages.create(to=ANNA, from_=LINE, body="hello", status_callback=f"{receipts}#rc=2&rp=5xx")
    phones.wait_idle()
    assert application.at("/receipts") == []
    phones.advance(1)

    got = application.at("/receipts")
    assert [one.form["MessageStatus"] for one in got] == ["sent", "delivered"]
    assert {(one.form["MessageSid"], one.form["SmsSid"], one.form["To"]) for one in got} == {
        (taken.sid, taken.sid, ANNA)
    }
    assert all(one.is_signed for one in got)
    assert twilio.messages(taken.sid).fetch().status == "delivered"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (21211, {"to": "12025550111"}),
        (21211, {"to": "+1 202 555"}),
        (21212, {"from_": "hotline"}),
        (21606, {"from_": BERT}),
        (21602, {"body": ""}),
        (21602, {"body": " \n"}),
        (21617, {"body": "x" * 1601}),
        (21614, {"to": LANDLINE}),
        (21609, {"status_callback": "/receipts"}),
        (21609, {"status_callback": "http://under_score.example.org/"}),
        (20001, {"validity_period": 36001}),
        (20001, {"media_url": ["https://example.org/a.png"]}),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_code(
    twilio: Client, phones: Phones, code: int, changes: dict[str, object]
) -> None:
    wanted: dict[str, object] = {"to": ANNA, "from_": LINE, "body": "hello"} | changes

    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(**wanted)

    assert (refused.value.status, refused.value.code) == (400, code)
    assert phones.received(ANNA) == []


def test_sixteen_hundred_characters_are_taken(twilio: Client, phones: Phones) -> None:
    taken = twilio.messages.create(to=ANNA, from_=LINE, body="水" * 1600)

    assert taken.num_segments == "24"
    assert phones.received(ANNA) == ["水" * 1600]


@pytest.mark.parametrize(("form", "code"), [({}, 21604), ({"To": ANNA}, 21603)])
def test_what_is_missing_is_named(simulator: SimulatorThread, form: dict[str, str], code: int) -> None:
    answer = requests.post(
        f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data=form, auth=(ACCOUNT, TOKEN), timeout=5
    )

    told = answer.json()
    assert answer.status_code == 400
    assert told["code"] == code
    assert told["status"] == 400
    assert told["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert told["message"]


@pytest.mark.parametrize(("account", "token"), [(ACCOUNT, "wrong"), ("AC" + "6" * 32, TOKEN)])
def test_wrong_credentials_are_refused(simulator: SimulatorThread, account: str, token: str) -> None:
    url = f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    answer = requests.post(url, data={"To": ANNA}, auth=(account, token), timeout=5)

    assert answer.status_code == 401
    assert answer.json()["code"] == 20003
    assert "Basic" in answer.headers["WWW-Authenticate"]


def test_another_account_and_an_unknown_resource_are_not_found(simulator: SimulatorThread, twilio: Client) -> None:
    other = requests.get(
        f"{simulator.url}/2010-04-01/Accounts/AC{'6' * 32}/Messages.json", auth=(ACCOUNT, TOKEN), timeout=5
    )
    with pytest.raises(TwilioRestException) as text:
        twilio.messages("SM" + "0" * 32).fetch()
    with pytest.raises(TwilioRestException) as queue:
        twilio.queues.create("support")

    assert (other.status_code, other.json()["code"]) == (404, 20404)
    assert (text.value.status, text.value.code) == (404, 20404)
    assert (queue.value.status, queue.value.code) == (404, 20404)


def test_the_log_is_newest_first_and_filtered(twilio: Client, phones: Phones) -> None:
    for body, to in (("one", ANNA), ("two", BERT), ("three", ANNA)):
        twilio.messages.create(to=to, from_=LINE, body=body)
    phones.advance(60)
    twilio.messages.create(to=ANNA, from_=LINE, body="four")

    late = FIRST_MOMENT + timedelta(seconds=30)
    assert [one.body for one in twilio.messages.list()] == ["four", "three", "two", "one"]
    assert [one.body for one in twilio.messages.list(to=ANNA)] == ["four", "three", "one"]
    assert [one.body for one in twilio.messages.list(to=ANNA, date_sent_after=late)] == ["four"]
    assert [one.body for one in twilio.messages.list(to=ANNA, date_sent_before=late)] == ["three", "one"]


def test_a_long_log_comes_page_by_page(twilio: Client) -> None:
    sent = [twilio.messages.create(to=ANNA, from_=LINE, body=f"text {number}").sid for number in range(7)]

    pages = twilio.messages.page(page_size=3)
    sizes = [len(list(pages))]
    while (pages := pages.next_page()) is not None:
        sizes.append(len(list(pages)))

    assert sizes == [3, 3, 1]
    assert [one.sid for one in twilio.messages.list(page_size=3)] == sent[::-1]
    assert len(twilio.messages.list(limit=4, page_size=3)) == 4


@pytest.mark.parametrize("query", ["PageSize=x", "PageSize=0", "Page=-1", "DateSent=soon", "PageSize=9999"])
def test_a_senseless_page_is_refused(simulator: SimulatorThread, query: str) -> None:
    url = f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    requests.post(url, data={"To": ANNA, "From": LINE, "Body": "x"}, auth=(ACCOUNT, TOKEN), timeout=5)

    answer = requests.get(f"{url}?{query}", auth=(ACCOUNT, TOKEN), timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_a_text_is_redacted_and_deleted(twilio: Client) -> None:
    taken = twilio.messages.create(to=ANNA, from_=LINE, body="a secret")

    assert twilio.messages(taken.sid).update(body="").body == ""
    assert twilio.messages(taken.sid).fetch().body == ""
    with pytest.raises(TwilioRestException):
        twilio.messages(taken.sid).update(body="another")
    assert twilio.messages(taken.sid).delete()
    with pytest.raises(TwilioRestException):
        twilio.messages(taken.sid).fetch()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"\xff\xfe=\x80", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"To=x", {"Content-Type": "application/x-www-form-urlencoded; charset=nonsense"}),
        (b'{"To": 1}', {"Content-Type": "application/json"}),
        (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
        (b"", {}),
    ],
)
def test_a_hostile_body_is_refused_in_twilios_words(
    simulator: SimulatorThread, body: bytes, headers: dict[str, str]
) -> None:
    answer = requests.post(
        f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data=body,
        headers=headers,
        auth=(ACCOUNT, TOKEN),
        timeout=5,
    )

    assert answer.status_code == 400
    assert answer.json()["code"] in (20001, 21604)
