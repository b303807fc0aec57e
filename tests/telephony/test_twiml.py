"""TwiML documents: well formed whatever is said, with the attributes that the carrier's grammar knows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import twiml
from telephony.twiml import Document, Line

URL = "https://line.example.org/ivr/answer/need/1?x=1&y=2#rt=5000&rc=1&rp=5xx,ct,rt"
HELLO = (Line("您好", "zh"),)
HOSTILE = "</Say></Response><Dial>+19005550100</Dial><!-- ]]> & \"quotes\" 'apostrophe' <![CDATA["

MAKERS: list[Callable[[str], Document]] = [
    lambda text: twiml.say([Line(text, "zh")]),
    lambda text: twiml.ask([Line(text, "en", slow=True)], URL, hints=[text]),
    lambda text: twiml.redirect(URL, [Line(text, "zh")]),
    lambda text: twiml.hang_up([Line(text, "zh")]),
    lambda text: twiml.dial("+8616700000110", URL, caller_id="+869785550156", lines=[Line(text, "zh")]),
    lambda text: twiml.whisper([Line(text, "zh")]),
    lambda text: twiml.record([Line(text, "zh")], URL, URL),
    lambda text: twiml.message(text),
]


def root(document: Document) -> ElementTree.Element:
    return ElementTree.fromstring(document)  # noqa: S314 - our own document


@given(st.text(max_size=200), st.sampled_from(MAKERS))
def test_whatever_is_said_the_document_is_well_formed(text: str, make: Callable[[str], Document]) -> None:
    assert root(make(text)).tag == "Response"


@pytest.mark.parametrize("make", MAKERS)
def test_a_hostile_text_stays_text(make: Callable[[str], Document]) -> None:
    plain, hostile = root(make("plain words")), root(make(HOSTILE))

    assert [element.tag for element in plain.iter()] == [element.tag for element in hostile.iter()]
    assert HOSTILE in "".join(hostile.itertext())


def test_what_xml_cannot_write_is_left_out() -> None:
    document = twiml.say([Line("a\x00b\x08c\ud83dd\ufffee\tf", "zh")])

    assert "".join(root(document).itertext()) == "abcde\tf"


def test_a_question_listens_to_keys_and_speech_in_its_language_and_reports_silence() -> None:
    gather = root(twiml.ask(HELLO, URL, digits=1, hints=["水管", "a,b"], lang="zh", timeout=timedelta(seconds=7)))[0]

    assert gather.attrib == {
        "input": "dtmf speech",
        "action": URL,
        "method": "POST",
        "timeout": "7",
        "numDigits": "1",
        "finishOnKey": "#",
        "actionOnEmptyResult": "true",
        "language": "cmn-Hans-CN",
        "hints": "水管,a b",
        "speechTimeout": "auto",
        "profanityFilter": "false",
    }
    assert [(say.attrib, say.text) for say in gather] == [({"voice": "Polly.Zhiyu", "language": "cmn-CN"}, "您好")]


def test_a_question_for_keys_only_names_no_language() -> None:
    gather = root(twiml.ask(HELLO, URL, speech=False, finish_on_key="", hints=["水管"]))[0]

    assert (gather.get("input"), gather.get("finishOnKey")) == ("dtmf", "")
    assert not {"language", "hints", "speechTimeout", "numDigits"} & set(gather.attrib)


def test_each_line_has_the_voice_of_its_language_and_slow_ones_are_slow() -> None:
    first, second = root(twiml.say([Line("您好", "zh", slow=True), Line("hello", "en")]))

    assert (first.get("voice"), first[0].tag, first[0].get("rate"), first[0].text) == (
        *("Polly.Zhiyu", "prosody", "slow", "您好"),
    )
    assert (second.attrib, second.text) == ({"voice": "Polly.Joanna", "language": "en-US"}, "hello")


def test_a_very_long_line_is_said_in_parts() -> None:
    parts = [say.text or "" for say in root(twiml.say([Line("很" * 9000, "zh")]))]

    assert [len(part) for part in parts] == [4096, 4096, 808]


def test_connecting_names_our_own_number_and_rings_on_only_without_words() -> None:
    silent = root(twiml.dial("+8616700000110", URL, caller_id="+869785550156", timeout=timedelta(seconds=25)))[0]
    spoken = root(twiml.dial("+8616700000110", URL, caller_id="+869785550156", lines=HELLO))[1]

    assert silent.attrib == {
        **{"action": URL, "method": "POST", "timeout": "25", "callerId": "+869785550156", "answerOnBridge": "true"}
    }
    assert [(child.tag, child.text) for child in silent] == [("Number", "+8616700000110")]
    assert "answerOnBridge" not in spoken.attrib


def test_who_picks_up_may_hear_something_first_and_is_told_of_at_once() -> None:
    dialled = root(twiml.dial("+8616700000110", URL, caller_id="+869785550156", whisper_url="/w", answered_url="/a"))[0]

    assert dialled[0].attrib == {
        **{"url": "/w", "method": "POST"},
        **{"statusCallback": "/a", "statusCallbackMethod": "POST", "statusCallbackEvent": "answered"},
    }


def test_what_is_whispered_ends_without_a_way_on() -> None:
    assert [child.tag for child in root(twiml.whisper(HELLO))] == ["Say"]
    assert list(root(twiml.whisper(()))) == []


def test_a_recording_says_where_it_goes() -> None:
    record = root(twiml.record(HELLO, URL, "https://x/r", timedelta(minutes=2)))[1]

    assert (record.get("maxLength"), record.get("action"), record.get("recordingStatusCallback")) == (
        *("120", URL, "https://x/r"),
    )


def test_small_documents() -> None:
    assert twiml.empty() == '<?xml version="1.0" encoding="UTF-8"?><Response />'
    assert root(twiml.reject(busy=True))[0].attrib == {"reason": "busy"}
    assert root(twiml.redirect(URL))[0].text == URL
    assert [element.tag for element in root(twiml.hang_up())] == ["Hangup"]


def test_an_equal_document_is_made_once() -> None:
    assert twiml.ask(HELLO, URL, hints=["水管"]) is twiml.ask([Line("您好", "zh")], URL, hints=["水管"])
