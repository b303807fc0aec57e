"""Texts from people: what the application is told, how it answers, and what the carrier does on its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.client import Phones
from simulator.config import Config, Line
from simulator.segments import segments
from simulator.testing import SimulatorThread
from simulator.texts import HELPED, STARTED, STOPPED
from tests.simulator.application import Application, Reply
from tests.simulator.conftest import ACCOUNT, ANNA, BERT, LINE


def test_a_text_is_told_with_every_parameter_and_a_signature(phones: Phones, application: Application) -> None:
    application.says("/sms", "")

    sid = phones.text(ANNA, LINE, "我家水管爆了 😀")

    asked = application.at("/sms")[0]
    assert asked.is_signed
    assert asked.form == {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": ANNA,
        "To": LINE,
        "Body": "我家水管爆了 😀",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
    }


def test_pictures_are_told_listed_and_deleted_one_by_one(
    phones: Phones, application: Application, twilio: Client
) -> None:
    application.says("/sms", "")

    sid = phones.text(ANNA, LINE, "", media=["image/jpeg", "image/png"])
    told = application.last("/sms")
    listed = twilio.messages(sid).media.list()
    twilio.messages(sid).media(listed[0].sid).delete()

    assert (sid[:2], told["NumMedia"], told["MediaContentType0"]) == ("MM", "2", "image/jpeg")
    assert told["MediaUrl1"].endswith(f"/Accounts/{ACCOUNT}/Messages/{sid}/Media/{listed[1].sid}")
    assert [(one.parent_sid, one.content_type) for one in listed] == [(sid, "image/jpeg"), (sid, "image/png")]
    assert [one.sid for one in twilio.messages(sid).media.list()] == [listed[1].sid]
    assert twilio.messages(sid).fetch().num_media == "1"
    with pytest.raises(TwilioRestException) as refusal:
        twilio.messages(sid).media(listed[0].sid).delete()
    assert (refusal.value.status, refusal.value.code) == (404, 20404)


@pytest.mark.parametrize("body", ["", "😀" * 40, "水" * 1600, "a\nb & <c> %41 +"])
def test_any_body_arrives_as_it_was_written(phones: Phones, application: Application, body: str) -> None:
    application.says("/sms", "")

    phones.text(ANNA, LINE, body)

    assert application.last("/sms")["Body"] == body
    assert application.at("/sms")[0].is_signed


def test_an_answer_by_twiml_reaches_the_sender_and_is_followed(phones: Phones, application: Application) -> None:
    receipts = application.says("/receipts", "")
    application.says("/sms", f'<Message statusCallback="{receipts}">one</Message><Message><Body>two</Body></Message>')

    phones.text(ANNA, LINE, "hello")
    phones.advance(1)

    assert phones.received(ANNA) == ["one", "two"]
    assert [one.form["MessageStatus"] for one in application.at("/receipts")] == ["sent", "delivered"]


def test_an_answer_may_go_to_somebody_else_or_be_plain_words(phones: Phones, application: Application) -> None:
    application.says(
        "/sms",
        f'<Message to="{BERT}">for you</Message>',
        Reply("plain", content_type="text/plain"),
    )

    phones.text(ANNA, LINE, "one")
    phones.text(ANNA, LINE, "two")

    assert phones.received(BERT) == ["for you"]
    assert phones.received(ANNA) == ["plain"]


def test_a_redirect_is_followed_but_not_for_ever(phones: Phones, application: Application) -> None:
    application.says("/sms", "<Redirect>/second</Redirect>")
    application.says("/second", "<Message>from there</Message>", "<Redirect>/second</Redirect>")

    phones.text(ANNA, LINE, "one")
    phones.text(ANNA, LINE, "two")

    assert phones.received(ANNA) == ["from there"]
    assert application.at("/second")[0].form["Body"] == "one"
    assert "loop" in phones.debugger()[-1]["what"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("<Response><Say>hello</Say></Response>"), "12200"),
        (Reply("<Response><Message>"), "12100"),
        (Reply("<Response><Message><Media>https://example.org/a.png</Media></Message></Response>"), "12200"),
        (Reply("{}", content_type="application/json"), "12300"),
        (Reply("", status=500), "11200"),
        (Reply("<Response><Message/></Response>"), "21602"),
    ],
)
def test_a_wrong_answer_is_a_loud_error(phones: Phones, application: Application, reply: Reply, code: str) -> None:
    application.says("/sms", reply)

    phones.text(ANNA, LINE, "hello")

    assert [one["code"] for one in phones.debugger()] == [code]
    assert phones.received(ANNA) == []


def test_the_fallback_of_texts_is_asked_with_what_went_wrong(config: Config, application: Application) -> None:
    line = Line(LINE, sms_url=f"{application.url}/gone", sms_fallback_url=application.says("/fallback", ""))
    with SimulatorThread(replace(config, lines=(line,))) as simulator:
        simulator.phones.text(ANNA, LINE, "hello")

    told = application.last("/fallback")
    assert (told["Body"], told["ErrorCode"], told["ErrorUrl"]) == ("hello", "11200", f"{application.url}/gone")


def test_a_line_may_be_told_of_texts_by_get(config: Config, application: Application) -> None:
    line = Line(LINE, sms_url=application.says("/sms", ""), sms_method="GET")
    with SimulatorThread(replace(config, lines=(line,))) as simulator:
        simulator.phones.text(ANNA, LINE, "two words & more")

    asked = application.at("/sms")[0]
    assert (asked.method, asked.query["Body"], asked.is_signed) == ("GET", "two words & more", True)


# --- opt-outs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", " Stopall ", "unsubscribe", "CANCEL", "End", "quit", "REVOKE", "optout"])
def test_who_says_stop_gets_nothing_more_and_the_application_is_told_all_the_same(
    phones: Phones, application: Application, twilio: Client, word: str
) -> None:
    application.says("/sms", "")

    phones.text(ANNA, LINE, word)

    assert phones.received(ANNA) == [STOPPED]
    assert application.last("/sms")["Body"] == word
    with pytest.raises(TwilioRestException) as refused:
        twilio.messages.create(to=ANNA, from_=LINE, body="hello")
    assert (refused.value.status, refused.value.code) == (400, 21610)
    assert twilio.messages.create(to=BERT, from_=LINE, body="hello").status == "queued"


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_who_says_start_is_reached_again(phones: Phones, application: Application, twilio: Client, word: str) -> None:
    application.says("/sms", "")

    phones.text(ANNA, LINE, "STOP")
    phones.text(ANNA, LINE, word)
    twilio.messages.create(to=ANNA, from_=LINE, body="welcome back")

    assert phones.received(ANNA) == [STOPPED, STARTED, "welcome back"]


@pytest.mark.parametrize("word", ["HELP", "info"])
def test_help_is_answered_by_the_carrier(phones: Phones, application: Application, word: str) -> None:
    application.says("/sms", "")

    phones.text(ANNA, LINE, word)

    assert phones.received(ANNA) == [HELPED]
    assert application.last("/sms")["Body"] == word


@pytest.mark.parametrize("words", ["please stop", "STOP!", "停", "yes please", "cancel my order"])
def test_only_the_whole_text_counts(phones: Phones, application: Application, twilio: Client, words: str) -> None:
    application.says("/sms", "")

    phones.text(ANNA, LINE, words)

    assert phones.received(ANNA) == []
    assert twilio.messages.create(to=ANNA, from_=LINE, body="hello").status == "queued"


def test_an_answer_to_stop_is_not_delivered(phones: Phones, application: Application) -> None:
    application.says("/sms", "<Message>sorry to see you go</Message>")

    phones.text(ANNA, LINE, "STOP")

    assert phones.received(ANNA) == [STOPPED]
    assert [one["code"] for one in phones.debugger()] == ["21610"]


def test_a_text_between_two_people_is_nobodys_business(phones: Phones, application: Application) -> None:
    phones.text(ANNA, BERT, "STOP")

    assert phones.received(BERT) == ["STOP"]
    assert phones.received(ANNA) == []
    assert application.asked == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("水" * 70, 1),
        ("水" * 71, 2),
        ("水" * 134, 2),
        ("水" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("“quoted”", 1),
    ],
)
def test_segments_are_counted_as_they_are_billed(text: str, count: int) -> None:
    assert segments(text) == count
