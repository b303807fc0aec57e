"""Calls by REST, with Twilio's own client: placed, refused with its codes, followed, sent elsewhere, ended."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.client import Phones
from tests.simulator.application import Application
from tests.simulator.conftest import ANNA, BERT, LINE

EVENTS = ["initiated", "ringing", "answered", "completed"]


def test_a_call_rings_until_it_is_answered_and_then_hears_its_document(
    twilio: Client, phones: Phones, application: Application
) -> None:
    url = application.says("/hello", "<Say>hello</Say>")

    placed = twilio.calls.create(to=ANNA, from_=LINE, url=url)
    assert placed.status == "queued"
    assert placed.direction == "outbound-api"
    assert phones.ringing(ANNA) == [placed.sid]
    assert application.at("/hello") == []
    phones.answer(str(placed.sid))

    assert phones.heard(str(placed.sid)) == ["hello"]
    asked = application.last("/hello")
    assert (asked["From"], asked["To"], asked["Direction"]) == (LINE, ANNA, "outbound-api")
    assert asked["CallStatus"] == "in-progress"
    assert twilio.calls(placed.sid).fetch().status == "completed"


def test_every_step_of_a_call_is_called_back_in_sequence(
    twilio: Client, phones: Phones, application: Application
) -> None:
    url = application.says("/hello", '<Pause length="65"/>')
    steps = application.says("/steps", "")

    placed = twilio.calls.create(to=ANNA, from_=LINE, url=url, status_callback=steps, status_callback_event=EVENTS)
    phones.answer(str(placed.sid))
    phones.advance(65)

    got = sorted((one.form for one in application.at("/steps")), key=lambda form: int(form["SequenceNumber"]))
    assert [form["CallStatus"] for form in got] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in got] == ["0", "1", "2", "3"]
    assert (got[-1]["CallDuration"], got[-1]["Duration"]) == ("65", "2")
    assert "CallDuration" not in got[0]
    assert all(one.is_signed and one.form["Timestamp"] for one in application.at("/steps"))


def test_without_events_only_the_end_is_called_back(twilio: Client, phones: Phones, application: Application) -> None:
    url, steps = application.says("/hello", ""), application.says("/steps", "")

    placed = twilio.calls.create(to=ANNA, from_=LINE, url=url, status_callback=steps)
    phones.decline(str(placed.sid))

    assert [one.form["CallStatus"] for one in application.at("/steps")] == ["busy"]


def test_a_call_that_nobody_answers_ends_when_its_time_is_over(
    twilio: Client, phones: Phones, application: Application
) -> None:
    placed = twilio.calls.create(to=ANNA, from_=LINE, url=application.says("/hello", ""), timeout=20)

    phones.advance(19)
    assert phones.ringing(ANNA) == [placed.sid]
    phones.advance(1)

    assert twilio.calls(placed.sid).fetch().status == "no-answer"
    assert application.at("/hello") == []


def test_the_method_of_a_call_is_kept(twilio: Client, phones: Phones, application: Application) -> None:
    url = application.says("/hello", "<Say>hello</Say>")

    placed = twilio.calls.create(to=ANNA, from_=LINE, url=f"{url}?page=1&name=阿明", method="GET")
    phones.answer(str(placed.sid))

    asked = application.at("/hello")[0]
    assert (asked.method, asked.form, asked.is_signed) == ("GET", {}, True)
    assert (asked.query["page"], asked.query["name"], asked.query["CallSid"]) == ("1", "阿明", placed.sid)


def test_a_document_may_come_with_the_request(twilio: Client, phones: Phones) -> None:
    placed = twilio.calls.create(to=ANNA, from_=LINE, twiml="<Response><Say>by hand</Say></Response>")
    phones.answer(str(placed.sid))

    assert phones.heard(str(placed.sid)) == ["by hand"]


def test_in_such_a_document_a_relative_action_is_a_loud_error(twilio: Client, phones: Phones) -> None:
    document = '<Response><Gather action="/next" actionOnEmptyResult="true"/></Response>'
    placed = twilio.calls.create(to=ANNA, from_=LINE, twiml=document)
    phones.answer(str(placed.sid))
    phones.silence(str(placed.sid))

    assert [one["code"] for one in phones.debugger()] == ["11100"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (21211, {"to": "911"}),
        (21212, {"from_": "hotline"}),
        (21210, {"from_": BERT}),
        (21205, {"url": "/relative"}),
        (32018, {"twiml": "<Response><Say>" + "x" * 4000 + "</Say></Response>"}),
        (20001, {"timeout": 601}),
        (20001, {"time_limit": 0}),
        (20001, {"status_callback_event": ["rung"]}),
        (20001, {"machine_detection": "Enable"}),
        (21609, {"status_callback": "nowhere"}),
    ],
)
def test_what_cannot_be_placed_is_refused_with_its_code(
    twilio: Client, phones: Phones, code: int, changes: dict[str, object]
) -> None:
    wanted: dict[str, object] = {"to": ANNA, "from_": LINE} | changes
    if "twiml" not in changes:
        wanted = {"url": "http://127.0.0.1:9/"} | wanted

    with pytest.raises(TwilioRestException) as refused:
        twilio.calls.create(**wanted)

    assert (refused.value.status, refused.value.code) == (400, code)
    assert phones.calls(ANNA) == []


def test_a_live_call_is_sent_to_another_address(twilio: Client, phones: Phones, application: Application) -> None:
    application.says("/voice", '<Gather timeout="60"><Say>one</Say></Gather>')
    other = application.says("/other", "<Say>two</Say>")

    call = phones.dial(ANNA, LINE)
    twilio.calls(call).update(url=other, method="GET")
    phones.wait_idle()

    assert phones.heard(call) == ["one", "two"]
    assert application.at("/other")[0].method == "GET"
    assert phones.call(call)["status"] == "completed"


def test_a_live_call_is_sent_to_a_document(twilio: Client, phones: Phones, application: Application) -> None:
    application.says("/voice", '<Pause length="60"/>')

    call = phones.dial(ANNA, LINE)
    twilio.calls(call).update(twiml="<Response><Say>now this</Say></Response>")
    phones.wait_idle()

    assert phones.heard(call) == ["now this"]


def test_a_ringing_call_that_is_sent_elsewhere_begins_there(
    twilio: Client, phones: Phones, application: Application
) -> None:
    first, other = application.says("/first", "<Say>first</Say>"), application.says("/other", "<Say>other</Say>")

    placed = twilio.calls.create(to=ANNA, from_=LINE, url=first)
    twilio.calls(placed.sid).update(url=other)
    phones.answer(str(placed.sid))

    assert phones.heard(str(placed.sid)) == ["other"]
    assert application.at("/first") == []


def test_a_live_call_is_ended(twilio: Client, phones: Phones, application: Application) -> None:
    application.says("/voice", '<Gather timeout="60"/>')

    call = phones.dial(ANNA, LINE)
    phones.advance(12)
    twilio.calls(call).update(status="completed")
    phones.wait_idle()

    assert phones.call(call)["status"] == "completed"
    assert application.last("/over")["CallStatus"] == "completed"
    assert application.last("/over")["CallDuration"] == "12"


def test_canceled_ends_only_what_still_rings(twilio: Client, phones: Phones, application: Application) -> None:
    url = application.says("/hello", '<Pause length="60"/>')
    ringing, answered = (twilio.calls.create(to=to, from_=LINE, url=url).sid for to in (ANNA, BERT))
    phones.answer(str(answered))

    assert twilio.calls(ringing).update(status="canceled").status == "canceled"
    assert twilio.calls(answered).update(status="canceled").status == "in-progress"


def test_a_call_that_is_over_is_sent_nowhere(twilio: Client, phones: Phones, application: Application) -> None:
    application.says("/voice", "")
    call = phones.dial(ANNA, LINE)

    with pytest.raises(TwilioRestException) as refused:
        twilio.calls(call).update(status="completed")
    with pytest.raises(TwilioRestException) as unknown:
        twilio.calls("CA" + "0" * 32).fetch()

    assert (refused.value.status, refused.value.code) == (400, 21220)
    assert (unknown.value.status, unknown.value.code) == (404, 20404)


def test_a_call_lasts_no_longer_than_its_limit(twilio: Client, phones: Phones, application: Application) -> None:
    url = application.says("/hello", '<Pause length="900"/><Say>late</Say>')
    placed = twilio.calls.create(to=ANNA, from_=LINE, url=url, time_limit=30)
    phones.answer(str(placed.sid))

    phones.advance(31)

    assert phones.call(str(placed.sid))["status"] == "completed"
    assert phones.heard(str(placed.sid)) == []


def test_the_log_of_calls_is_newest_first_and_filtered(
    twilio: Client, phones: Phones, application: Application
) -> None:
    application.says("/voice", "")
    dialled = phones.dial(ANNA, LINE)
    placed = twilio.calls.create(to=BERT, from_=LINE, url=application.says("/hello", "")).sid

    assert [one.sid for one in twilio.calls.list()] == [placed, dialled]
    assert [one.sid for one in twilio.calls.list(to=BERT)] == [placed]
    assert [one.sid for one in twilio.calls.list(from_=ANNA)] == [dialled]
    assert [one.sid for one in twilio.calls.list(status="completed")] == [dialled]


def test_a_whole_call_is_recorded_when_that_was_asked_for(
    twilio: Client, phones: Phones, application: Application
) -> None:
    url = application.says("/hello", '<Say>hello</Say><Pause length="9"/>')
    sound, over = application.says("/sound", ""), application.says("/steps", "")
    placed = twilio.calls.create(
        to=ANNA, from_=LINE, url=url, record=True, recording_status_callback=sound, status_callback=over
    )
    phones.answer(str(placed.sid))
    phones.advance(9)

    told = application.last("/sound")
    assert (told["RecordingStatus"], told["RecordingSource"], told["RecordingDuration"]) == (
        "completed",
        "OutboundAPI",
        "9",
    )
    assert application.last("/steps")["RecordingSid"] == told["RecordingSid"]
    assert [one.sid for one in twilio.calls(placed.sid).recordings.list()] == [told["RecordingSid"]]
