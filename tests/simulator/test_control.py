"""The telephones over HTTP: senseless requests get one sentence, events can be followed, the clock obeys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from simulator.client import Phones
from simulator.clock import FIRST_MOMENT
from simulator.config import Config
from simulator.testing import SimulatorThread
from tests.simulator.application import Application, Reply
from tests.simulator.conftest import ANNA, BERT, LINE


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sim/phones/+1/dial", b""),
        ("/sim/phones/+1/dial", b"{"),
        ("/sim/phones/+1/dial", b"[]"),
        ("/sim/phones/+1/dial", b'"x"'),
        ("/sim/phones/+1/text", b'{"to": "+1"}'),
        ("/sim/phones/+1/text", b'{"to": "+1", "body": "x", "times": []}'),
        ("/sim/misbehave", b'{"kind": "weather", "how": "rain"}'),
        ("/sim/misbehave", b'{"kind": "message", "how": "shuffle"}'),
        ("/sim/misbehave", b'{"kind": "message", "how": "slow", "seconds": "x"}'),
        ("/sim/misbehave", b'{"kind": []}'),
        ("/sim/clock", b"{}"),
        ("/sim/clock", b'{"advance": "soon"}'),
        ("/sim/wait", b'{"timeout": {}}'),
        ("/sim/wait", b"\xff\xfe"),
    ],
)
def test_a_senseless_request_gets_one_sentence(simulator: SimulatorThread, path: str, body: bytes) -> None:
    answer = requests.post(simulator.url + path, data=body, headers={"Content-Type": "application/json"}, timeout=5)

    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("act", ["say", "digits", "dance", "answer"])
def test_a_telephone_does_only_what_telephones_do(phones: Phones, application: Application, act: str) -> None:
    application.says("/voice", '<Gather timeout="60"/>')
    call = phones.dial(ANNA, LINE)

    for asked in ({}, {"digits": "12x"}, {"digits": ""}):
        answer = requests.post(f"{phones.url}/sim/calls/{call}/{act}", json=asked, timeout=5)
        assert answer.status_code == 400

    assert phones.call(call)["status"] == "in-progress"


def test_a_page_of_another_site_cannot_reach_the_telephones(simulator: SimulatorThread) -> None:
    answer = requests.post(
        f"{simulator.url}/sim/phones/{ANNA}/text",
        data=json.dumps({"to": BERT, "body": "not I"}),
        headers={"Content-Type": "text/plain", "Origin": "https://elsewhere.example.org"},
        timeout=5,
    )

    assert answer.status_code == 400
    assert simulator.phones.received(BERT) == []


def test_an_unknown_call_is_not_found(simulator: SimulatorThread) -> None:
    assert requests.get(f"{simulator.url}/sim/calls/CA1", timeout=5).status_code == 404
    assert requests.post(f"{simulator.url}/sim/calls/CA1/hangup", timeout=5).status_code == 404


def test_the_state_tells_a_page_what_it_needs_at_first(phones: Phones, application: Application) -> None:
    application.says("/voice", f"<Dial>{BERT}</Dial>")
    phones.dial(ANNA, LINE)
    phones.text(ANNA, BERT, "hello")
    phones.misbehave("callback", "drop", count=3)

    state = requests.get(f"{phones.url}/sim/state", timeout=5).json()

    assert state["lines"] == [LINE]
    assert state["manual"] is True
    assert [call["phone"] for call in state["ringing"]] == [BERT]
    assert state["misbehaviour"]["callback"]["count"] == 3


def test_events_are_numbered_and_followed_from_any_of_them(phones: Phones) -> None:
    phones.text(ANNA, BERT, "one")
    seen = phones.events()
    phones.text(BERT, ANNA, "two")

    fresh = phones.events(after=seen[-1]["id"])

    assert [(event["kind"], event["body"]) for event in fresh] == [("text_in", "two")]
    assert [event["id"] for event in seen] == list(range(1, len(seen) + 1))


def test_a_stream_tells_events_as_they_happen_and_resumes(phones: Phones) -> None:
    phones.text(ANNA, BERT, "one")
    with requests.get(f"{phones.url}/sim/stream", headers={"Last-Event-ID": "0"}, stream=True, timeout=5) as stream:
        lines = told(stream)
        assert next(lines)["body"] == "one"
        phones.text(BERT, ANNA, "two")
        assert next(lines)["body"] == "two"


def told(stream: requests.Response) -> Iterator[dict[str, str]]:
    """The events of a stream."""
    for line in stream.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


def test_waiting_is_over_when_nothing_is_under_way(phones: Phones, application: Application) -> None:
    application.says("/voice", Reply("<Response><Say>slowly</Say></Response>", takes=0.3))

    call = phones.dial(ANNA, LINE)

    assert phones.heard(call) == ["slowly"]


def test_waiting_gives_up_when_its_time_is_over(phones: Phones, application: Application) -> None:
    application.says("/sms", Reply("<Response/>", takes=0.5))
    requests.post(f"{phones.url}/sim/phones/{ANNA}/text", json={"to": LINE, "body": "hello"}, timeout=5)

    with pytest.raises(requests.HTTPError) as late:
        phones.wait_idle(0.1)

    assert late.value.response.status_code == 504
    phones.wait_idle()


def test_a_manual_clock_moves_only_when_told(phones: Phones) -> None:
    def now() -> datetime:
        return datetime.fromisoformat(requests.get(f"{phones.url}/sim/state", timeout=5).json()["now"])

    assert now() == FIRST_MOMENT
    phones.advance(90)

    assert now() == FIRST_MOMENT + timedelta(seconds=90)


def test_timers_fire_in_their_order_at_their_moments(phones: Phones, application: Application) -> None:
    application.says("/voice", '<Pause length="10"/><Say>ten</Say><Pause length="20"/><Say>thirty</Say>')
    call = phones.dial(ANNA, LINE)

    phones.advance(3600)

    lines = phones.call(call)["transcript"]
    assert [(line["text"], datetime.fromisoformat(line["at"]) - FIRST_MOMENT) for line in lines] == [
        ("ten", timedelta(seconds=10)),
        ("thirty", timedelta(seconds=30)),
    ]
    assert phones.call(call)["seconds"] == 30


def test_a_real_clock_follows_the_applications_and_moves_it(config: Config, application: Application) -> None:
    night = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)
    first, second = (
        Reply(json.dumps({"now": moment.isoformat()}), content_type="application/json")
        for moment in (night, night + timedelta(hours=10))
    )
    url = application.says("/clock", first, second)

    with SimulatorThread(replace(config, is_manual=False, clock_url=url)) as simulator:
        before = datetime.fromisoformat(requests.get(f"{simulator.url}/sim/state", timeout=5).json()["now"])
        simulator.phones.advance(36000)
        after = datetime.fromisoformat(requests.get(f"{simulator.url}/sim/state", timeout=5).json()["now"])

    assert timedelta() <= before - night < timedelta(seconds=20)
    assert timedelta() <= after - night - timedelta(hours=10) < timedelta(seconds=20)
    assert [one.method for one in application.at("/clock")] == ["GET", "POST"]


def test_a_clock_that_does_not_answer_is_named(config: Config, application: Application) -> None:
    url = application.says("/clock", Reply("never", status=500))

    with SimulatorThread(replace(config, is_manual=False, clock_url=url)) as simulator:
        answer = requests.post(f"{simulator.url}/sim/clock", json={"advance": 60}, timeout=5)

    assert answer.status_code == 502
    assert "clock" in answer.json()["error"]


def test_speech_takes_time_where_a_rate_is_set(config: Config, application: Application) -> None:
    application.says("/voice", '<Gather numDigits="1" action="/got"><Say>twenty characters ok</Say></Gather>')
    application.says("/got", "<Say>short</Say><Say>after</Say>")

    with SimulatorThread(replace(config, speaking_rate=0.1)) as simulator:
        call = simulator.phones.dial(ANNA, LINE)
        simulator.phones.advance(1)
        simulator.phones.digits(call, "1")
        during = simulator.phones.heard(call)
        simulator.phones.advance(0.5)
        after = simulator.phones.heard(call)

    assert during == ["twenty characters ok", "short"]
    assert after == ["twenty characters ok", "short", "after"]
