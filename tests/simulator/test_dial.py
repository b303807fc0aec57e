"""Dial: who rings, who is bridged, what the action hears, and who is still on the line afterwards."""

from __future__ import annotations

import pytest
from twilio.rest import Client

from simulator.client import Phones
from tests.simulator.application import Application
from tests.simulator.conftest import ANNA, BERT, LINE

CARL = "+12025550133"


def dialling(phones: Phones, application: Application, attributes: str = "", nouns: str = "") -> tuple[str, str]:
    """Anna calls the line, which rings Bert; both calls' ids."""
    application.says("/done", "<Say>that was it</Say>")
    inside = nouns or f"<Number>{BERT}</Number>"
    application.says("/voice", f'<Dial action="/done" {attributes}>{inside}</Dial>')
    call = phones.dial(ANNA, LINE)
    return call, next(iter(phones.ringing(BERT)), "")


def test_both_talk_until_the_called_one_hangs_up_and_the_caller_goes_on(
    phones: Phones, application: Application
) -> None:
    call, leg = dialling(phones, application)

    phones.answer(leg)
    assert phones.call(call)["bridged"]
    phones.say(call, "is that you?")
    phones.say(leg, "it is")
    phones.advance(30)
    phones.hang_up(leg)

    done = application.last("/done")
    assert (done["DialCallStatus"], done["DialCallSid"], done["DialCallDuration"]) == ("completed", leg, "30")
    assert (done["DialBridged"], done["CallStatus"]) == ("true", "in-progress")
    assert [line["text"] for line in phones.call(leg)["transcript"] if line["who"] == "other"] == ["is that you?"]
    assert [line["text"] for line in phones.call(call)["transcript"] if line["who"] == "other"] == ["it is"]
    assert phones.heard(call) == ["that was it"]


def test_a_caller_who_hangs_up_takes_the_other_along(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application)

    phones.answer(leg)
    phones.hang_up(call)

    assert phones.call(leg)["status"] == "completed"
    assert (application.last("/done")["DialCallStatus"], application.last("/done")["CallStatus"]) == (
        "completed",
        "completed",
    )
    assert phones.heard(call) == []


def test_a_caller_who_gives_up_lets_the_telephone_stop_ringing(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application)

    phones.hang_up(call)

    assert phones.call(leg)["status"] == "canceled"
    assert application.last("/done")["DialCallStatus"] == "canceled"


def test_the_called_one_sees_who_calls(phones: Phones, application: Application) -> None:
    _, plain = dialling(phones, application)
    assert phones.call(plain)["from"] == ANNA
    phones.decline(plain)
    _, shown = dialling(phones, application, f'callerId="{LINE}"')

    assert phones.call(shown)["from"] == LINE


def test_a_foreign_caller_id_is_a_loud_error_and_the_dial_fails(phones: Phones, application: Application) -> None:
    _, leg = dialling(phones, application, f'callerId="{CARL}"')

    assert leg == ""
    assert [one["code"] for one in phones.debugger()] == ["13214"]
    assert application.last("/done")["DialCallStatus"] == "failed"


def test_what_is_no_number_is_a_loud_error(phones: Phones, application: Application) -> None:
    dialling(phones, application, nouns="<Number>the boss</Number>")

    assert [one["code"] for one in phones.debugger()] == ["13224"]
    assert application.last("/done")["DialCallStatus"] == "failed"


def test_nobody_answers(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application, 'timeout="20"')

    phones.advance(19)
    assert phones.ringing(BERT) == [leg]
    phones.advance(1)

    assert phones.call(leg)["status"] == "no-answer"
    assert application.last("/done")["DialCallStatus"] == "no-answer"
    assert "DialCallDuration" not in application.last("/done")
    assert phones.heard(call) == ["that was it"]


def test_the_called_one_declines(phones: Phones, application: Application) -> None:
    _, leg = dialling(phones, application)

    phones.decline(leg)

    assert application.last("/done")["DialCallStatus"] == "busy"


def test_without_action_the_document_goes_on(phones: Phones, application: Application) -> None:
    application.says("/voice", f"<Dial>{BERT}</Dial><Say>afterwards</Say>")
    call = phones.dial(ANNA, LINE)
    phones.decline(phones.ringing(BERT)[0])

    assert phones.heard(call) == ["afterwards"]


def test_of_several_the_first_to_answer_wins(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application, nouns=f"<Number>{BERT}</Number><Number>{CARL}</Number>")
    (other,) = phones.ringing(CARL)

    phones.answer(other)

    assert phones.call(leg)["status"] == "canceled"
    assert phones.call(other)["bridged"]
    assert phones.call(call)["bridged"]
    phones.hang_up(other)
    assert application.last("/done")["DialCallSid"] == other


def test_one_after_the_other_where_that_is_wanted(phones: Phones, application: Application) -> None:
    nouns = f"<Number>{BERT}</Number><Number>{CARL}</Number>"
    _, leg = dialling(phones, application, 'sequential="true" timeout="10"', nouns)
    assert phones.ringing(CARL) == []

    phones.advance(10)
    (other,) = phones.ringing(CARL)
    assert phones.ringing(BERT) == []
    phones.answer(other)
    phones.hang_up(other)

    assert phones.call(leg)["status"] == "no-answer"
    assert application.last("/done")["DialCallStatus"] == "completed"


def test_the_legs_steps_are_called_back(phones: Phones, application: Application) -> None:
    steps = application.says("/leg", "")
    noun = (
        f'<Number statusCallback="{steps}" statusCallbackEvent="initiated ringing answered completed">{BERT}</Number>'
    )
    call, leg = dialling(phones, application, nouns=noun)

    phones.answer(leg)
    phones.hang_up(leg)

    got = sorted((one.form for one in application.at("/leg")), key=lambda form: int(form["SequenceNumber"]))
    assert [form["CallStatus"] for form in got] == ["initiated", "ringing", "in-progress", "completed"]
    assert {(form["CallSid"], form["ParentCallSid"], form["Direction"]) for form in got} == {
        (leg, call, "outbound-dial")
    }


def test_a_whisper_asks_the_called_one_first(phones: Phones, application: Application) -> None:
    application.says("/whisper", '<Gather numDigits="1" action="/choice"><Say>press 1</Say></Gather><Hangup/>')
    application.says("/choice", "<Say>connecting</Say>")
    call, leg = dialling(phones, application, nouns=f'<Number url="/whisper">{BERT}</Number>')

    phones.answer(leg)
    assert phones.heard(leg) == ["press 1"]
    assert not phones.call(call)["bridged"]
    phones.digits(leg, "1")

    assert phones.call(call)["bridged"]


def test_who_does_not_press_is_not_connected(phones: Phones, application: Application) -> None:
    application.says("/whisper", '<Gather numDigits="1"><Say>press 1</Say></Gather><Hangup/>')
    call, leg = dialling(phones, application, nouns=f'<Number url="/whisper">{BERT}</Number>')

    phones.answer(leg)
    phones.advance(5)

    assert phones.call(leg)["status"] == "completed"
    done = application.last("/done")
    assert (done["DialCallStatus"], done["DialBridged"], done["DialCallSid"]) == ("completed", "false", leg)
    assert phones.heard(call) == ["that was it"]


def whispering(phones: Phones, application: Application, document: str) -> tuple[str, str]:
    """Bert is rung and picks up, and hears this document first; both calls' ids."""
    application.says("/whisper", document)
    call, leg = dialling(phones, application, nouns=f'<Number url="/whisper">{BERT}</Number>')
    phones.answer(leg)
    return call, leg


def test_what_the_called_one_hears_first_the_caller_does_not_hear(phones: Phones, application: Application) -> None:
    call, leg = whispering(phones, application, '<Say language="en-US">there is a dog</Say><Play>/bell.mp3</Play>')
    phones.say(call, "hello")

    assert phones.heard(leg) == ["there is a dog", "♪ /bell.mp3"]
    assert phones.heard(call) == []
    who = [line["who"] for line in phones.call(leg)["transcript"]]
    assert who == ["line", "line", "system", "other"]  # heard, then connected, then spoken to
    asked = application.last("/whisper")
    assert (asked["CallSid"], asked["ParentCallSid"], asked["Direction"]) == (leg, call, "outbound-dial")
    assert (asked["CallStatus"], asked["To"]) == ("in-progress", BERT)


def test_an_empty_document_connects_at_once(phones: Phones, application: Application) -> None:
    call, _ = whispering(phones, application, "")

    assert phones.call(call)["bridged"]


def test_a_document_that_hangs_up_ends_the_leg_and_the_caller_goes_on(phones: Phones, application: Application) -> None:
    call, leg = whispering(phones, application, "<Say>not now</Say><Hangup/><Say>unheard</Say>")

    assert phones.heard(leg) == ["not now"]
    assert phones.call(leg)["status"] == "completed"
    assert (application.last("/done")["DialCallStatus"], application.last("/done")["DialBridged"]) == (
        "completed",
        "false",
    )
    assert phones.heard(call) == ["that was it"]


@pytest.mark.parametrize(
    "verb",
    [
        f"<Dial>{CARL}</Dial>",
        '<Record action="/done"/>',
        "<Redirect>/elsewhere</Redirect>",
        '<Pause length="1"/>',
        "<Reject/>",
    ],
)
@pytest.mark.parametrize("place", ["first", "after a key"])
def test_another_verb_there_is_a_loud_error_and_nobody_is_connected(
    phones: Phones, application: Application, verb: str, place: str
) -> None:
    if place == "first":
        call, leg = whispering(phones, application, f"<Say>hello</Say>{verb}")
    else:
        application.says("/choice", verb)
        call, leg = whispering(phones, application, '<Gather numDigits="1" action="/choice"/>')
        phones.digits(leg, "1")

    assert [one["code"] for one in phones.debugger()] == ["12200"]
    assert phones.call(leg)["status"] == "completed"
    assert "hello" not in phones.heard(leg)
    assert phones.ringing(CARL) == []
    assert application.last("/done")["DialBridged"] == "false"
    assert phones.heard(call) == ["that was it"]


def test_a_caller_who_hangs_up_meanwhile_takes_the_called_one_along(phones: Phones, application: Application) -> None:
    call, leg = whispering(phones, application, '<Gather numDigits="1" timeout="60"><Say>press 1</Say></Gather>')

    phones.hang_up(call)

    assert phones.call(leg)["status"] == "completed"
    assert (application.last("/done")["CallStatus"], application.last("/done")["DialBridged"]) == ("completed", "false")


def test_a_caller_who_is_sent_elsewhere_meanwhile_leaves_the_called_one(
    phones: Phones, application: Application, twilio: Client
) -> None:
    call, leg = whispering(phones, application, '<Gather numDigits="1" timeout="60"><Say>press 1</Say></Gather>')

    twilio.calls(call).update(url=application.says("/elsewhere", "<Say>elsewhere</Say>"))
    phones.wait_idle()

    assert phones.call(leg)["status"] == "completed"
    assert phones.heard(call) == ["elsewhere"]


def test_a_called_one_who_hangs_up_meanwhile_is_not_connected(phones: Phones, application: Application) -> None:
    call, leg = whispering(phones, application, '<Gather numDigits="1" timeout="60"><Say>press 1</Say></Gather>')

    phones.hang_up(leg)

    assert application.last("/done")["DialBridged"] == "false"
    assert phones.heard(call) == ["that was it"]


def test_a_document_that_cannot_be_had_ends_the_leg(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application, nouns=f'<Number url="/nowhere">{BERT}</Number>')
    phones.answer(leg)

    assert [one["code"] for one in phones.debugger()] == ["11200"]
    assert phones.call(leg)["status"] == "completed"
    assert phones.heard(call) == ["that was it"]


def test_a_caller_keeps_ringing_until_he_is_bridged(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application, 'answerOnBridge="true"')

    assert phones.call(call)["status"] == "ringing"
    phones.advance(8)
    phones.answer(leg)
    phones.advance(5)

    assert phones.call(call)["status"] == "in-progress"
    phones.hang_up(call)
    assert application.last("/over")["CallDuration"] == "5"


def test_a_star_ends_the_talk_where_that_is_wanted(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application, 'hangupOnStar="true"')
    phones.answer(leg)

    phones.digits(call, "*")

    assert phones.call(leg)["status"] == "completed"
    assert phones.heard(call) == ["that was it"]


def test_a_talk_lasts_no_longer_than_its_limit(phones: Phones, application: Application) -> None:
    call, leg = dialling(phones, application, 'timeLimit="60"')
    phones.answer(leg)

    phones.advance(60)

    assert application.last("/done")["DialCallDuration"] == "60"
    assert phones.heard(call) == ["that was it"]


def test_a_talk_is_recorded_where_that_is_wanted(phones: Phones, application: Application) -> None:
    application.says("/sound", "")
    call, leg = dialling(phones, application, 'record="record-from-answer" recordingStatusCallback="/sound"')
    phones.answer(leg)
    phones.say(call, "hello")
    phones.advance(7)
    phones.hang_up(leg)

    assert application.last("/sound")["RecordingSource"] == "DialVerb"
    assert application.last("/sound")["RecordingDuration"] == "7"
    assert application.last("/done")["RecordingSid"] == application.last("/sound")["RecordingSid"]


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_caller_who_is_sent_elsewhere_leaves_the_other(
    phones: Phones, application: Application, twilio: Client, is_answered: bool
) -> None:
    call, leg = dialling(phones, application)
    if is_answered:
        phones.answer(leg)

    twilio.calls(call).update(url=application.says("/elsewhere", "<Say>elsewhere</Say>"))
    phones.wait_idle()

    assert phones.heard(call) == ["elsewhere"]
    assert phones.call(leg)["status"] == ("completed" if is_answered else "canceled")
    assert application.at("/done") == []


def test_a_called_one_who_is_sent_elsewhere_leaves_the_caller(
    phones: Phones, application: Application, twilio: Client
) -> None:
    call, leg = dialling(phones, application)
    phones.answer(leg)

    twilio.calls(leg).update(url=application.says("/elsewhere", '<Say>elsewhere</Say><Pause length="5"/>'))
    phones.wait_idle()

    assert phones.heard(leg) == ["elsewhere"]
    assert phones.call(leg)["status"] == "in-progress"
    assert phones.heard(call) == ["that was it"]
