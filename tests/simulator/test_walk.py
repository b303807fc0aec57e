"""TwiML walked on a call: every verb, keys and speech, what is requested next and with which parameters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from twilio.rest import Client

from simulator.client import Phones
from tests.simulator.application import Application, Reply
from tests.simulator.conftest import ACCOUNT, ANNA, BERT, LINE


def dialled(phones: Phones, application: Application, *documents: str) -> str:
    """Anna calls the line, which answers so; the call's id."""
    application.says("/voice", *documents)
    return phones.dial(ANNA, LINE)


def test_a_caller_is_told_of_with_every_parameter_and_a_signature(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, "<Say>hello</Say>")

    asked = application.at("/voice")[0]
    assert asked.is_signed
    assert asked.form == {
        "CallSid": call,
        "AccountSid": ACCOUNT,
        "From": ANNA,
        "To": LINE,
        "Caller": ANNA,
        "Called": LINE,
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
    }
    assert application.last("/over")["CallStatus"] == "completed"


def test_a_withheld_number_is_shown_as_the_carrier_shows_it(phones: Phones, application: Application) -> None:
    application.says("/voice", "")

    call = phones.dial(ANNA, LINE, shown_as="anonymous")

    assert application.last("/voice")["From"] == "anonymous"
    assert [one["sid"] for one in phones.calls(ANNA)] == [call]


def test_say_and_play_are_heard_with_their_language(phones: Phones, application: Application) -> None:
    call = dialled(
        phones,
        application,
        '<Say voice="Polly.Zhiyu" language="cmn-CN">您<break time="1s"/>好</Say>'
        '<Say loop="2"><prosody rate="slow">slowly &amp; twice</prosody></Say>'
        '<Play>https://example.org/a.mp3</Play><Play digits="1w2"/>',
    )

    said = [line for line in phones.call(call)["transcript"] if line["who"] == "line"]
    assert [line["text"] for line in said] == [
        *("您好", "slowly & twice", "slowly & twice"),
        *("♪ https://example.org/a.mp3", "♪ 1w2"),
    ]
    assert (said[0]["lang"], said[0]["voice"]) == ("cmn-CN", "Polly.Zhiyu")


def test_an_endless_play_ends_with_the_call(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, '<Play loop="0">https://example.org/a.mp3</Play><Say>never</Say>')

    phones.advance(600)
    assert phones.call(call)["status"] == "in-progress"
    phones.hang_up(call)

    assert phones.heard(call) == ["♪ https://example.org/a.mp3"]


def test_a_pause_takes_its_time_whatever_is_pressed(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, '<Pause length="10"/><Say>after</Say>')

    phones.advance(6)
    phones.digits(call, "5")
    phones.advance(3)
    assert phones.heard(call) == []
    phones.advance(1)

    assert phones.heard(call) == ["after"]


def test_hangup_ends_the_call(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, "<Say>bye</Say><Hangup/><Say>never</Say>")

    assert phones.heard(call) == ["bye"]
    assert phones.call(call)["status"] == "completed"


@pytest.mark.parametrize(
    ("document", "status"),
    [('<Reject reason="busy"/>', "busy"), ("<Reject/>", "failed"), ("<Say>x</Say>", "completed")],
)
def test_a_rejected_call_was_never_answered(
    phones: Phones, application: Application, document: str, status: str
) -> None:
    call = dialled(phones, application, document)

    assert phones.call(call)["status"] == status
    assert application.last("/over")["CallStatus"] == status


def test_a_redirect_goes_on_beside_the_document(phones: Phones, application: Application) -> None:
    application.says("/menu/two", "<Say>two</Say>")
    application.says("/menu/one", '<Say>one</Say><Redirect method="GET">two?x=1</Redirect><Say>never</Say>')
    call = dialled(phones, application, "<Redirect>/menu/one</Redirect>")

    assert phones.heard(call) == ["one", "two"]
    asked = application.at("/menu/two")[0]
    assert (asked.method, asked.query["x"], asked.query["CallSid"]) == ("GET", "1", call)


def test_an_endless_loop_of_redirects_is_ended_loudly(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, "<Redirect>/voice</Redirect>")

    assert phones.call(call)["status"] == "completed"
    assert len(application.at("/voice")) == 100
    assert "loop" in phones.debugger()[-1]["what"]


def test_a_loop_in_which_time_passes_goes_on(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, '<Pause length="1"/><Redirect>/voice</Redirect>')

    phones.advance(300)

    assert phones.call(call)["status"] == "in-progress"
    assert len(application.at("/voice")) == 301
    assert phones.debugger() == []


# --- Gather --------------------------------------------------------------------------------------------------------


def gathering(phones: Phones, application: Application, attributes: str, inside: str = "", after: str = "") -> str:
    """A call that waits in a Gather with these attributes, whose action answers 'thanks'."""
    application.says("/got", "<Say>thanks</Say>")
    return dialled(
        phones, application, f'<Gather action="/got" {attributes}>{inside}</Gather>{after or "<Say>nothing</Say>"}'
    )


def test_keys_end_with_the_finish_key_which_is_not_among_them(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, "", "<Say>your code</Say>")

    phones.digits(call, "12")
    assert application.at("/got") == []
    phones.digits(call, "34#56")

    assert application.last("/got")["Digits"] == "1234"
    assert application.last("/got")["FinishedOnKey"] == "#"
    assert phones.heard(call) == ["your code", "thanks"]


@pytest.mark.parametrize(
    ("attributes", "keys", "digits"),
    [
        ('numDigits="1"', "7", "7"),
        ('numDigits="3"', "12345", "123"),
        ('finishOnKey="*"', "1#2*", "1#2"),
        ('finishOnKey="" numDigits="4"', "1#*2", "1#*2"),
    ],
)
def test_enough_keys_are_submitted_at_once(
    phones: Phones, application: Application, attributes: str, keys: str, digits: str
) -> None:
    call = gathering(phones, application, attributes)

    phones.digits(call, keys)

    assert application.last("/got")["Digits"] == digits


def test_the_time_between_keys_ends_the_input(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, 'timeout="4" finishOnKey=""')

    phones.digits(call, "1")
    phones.advance(3)
    phones.digits(call, "2#")
    phones.advance(3)
    assert application.at("/got") == []
    phones.advance(1)

    assert application.last("/got")["Digits"] == "12#"


def test_silence_falls_through_to_the_next_verb(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, "")

    phones.advance(5)

    assert phones.heard(call) == ["nothing"]
    assert application.at("/got") == []


def test_the_finish_key_alone_counts_as_nothing(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, "")

    phones.digits(call, "#")

    assert phones.heard(call) == ["nothing"]


def test_silence_is_told_where_that_is_wanted(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, 'actionOnEmptyResult="true" timeout="7"')

    phones.advance(6)
    assert application.at("/got") == []
    phones.advance(1)

    assert application.last("/got")["Digits"] == ""
    assert phones.heard(call) == ["thanks"]


def test_speech_comes_with_its_confidence(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, 'input="speech dtmf" language="cmn-Hans-CN" hints="水管,停电"')

    waiting = phones.call(call)["waiting_for"]
    assert (waiting["input"], waiting["hints"], waiting["lang"]) == (["speech", "dtmf"], "水管,停电", "cmn-Hans-CN")
    phones.say(call, "我家水管爆了", 0.75)

    heard = application.last("/got")
    assert heard["SpeechResult"] == "我家水管爆了"
    assert float(heard["Confidence"]) == 0.75
    assert "Digits" not in heard


def test_who_began_with_keys_is_not_heard_any_more(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, 'input="dtmf speech"')

    phones.digits(call, "1")
    phones.say(call, "a person please")
    phones.digits(call, "2#")

    assert application.last("/got")["Digits"] == "12"


def test_only_the_wanted_kind_of_input_counts(phones: Phones, application: Application) -> None:
    by_keys = gathering(phones, application, 'input="dtmf"')
    phones.say(by_keys, "hello")
    assert application.at("/got") == []
    by_voice = gathering(phones, application, 'input="speech"')
    phones.digits(by_voice, "12#")

    assert application.at("/got") == []
    assert phones.call(by_voice)["waiting_for"]["verb"] == "Gather"


def test_a_gather_without_action_asks_its_own_address_again(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, '<Gather numDigits="1"><Say>menu</Say></Gather>', "<Say>again</Say>")

    phones.digits(call, "1")

    assert application.last("/voice")["Digits"] == "1"
    assert phones.heard(call) == ["menu", "again"]


def test_an_action_may_be_a_get(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, 'method="GET" numDigits="1"')

    phones.digits(call, "*")

    asked = application.at("/got")[0]
    assert (asked.method, asked.query["Digits"], asked.is_signed) == ("GET", "*", True)


def test_everything_inside_a_gather_is_said_first(phones: Phones, application: Application) -> None:
    inside = '<Say>one</Say><Pause length="3"/><Play>https://example.org/two.mp3</Play>'
    call = gathering(phones, application, "", inside)

    assert phones.heard(call) == ["one"]
    phones.advance(3)

    assert phones.heard(call) == ["one", "♪ https://example.org/two.mp3"]


def test_a_key_interrupts_the_prompt(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, 'numDigits="1"', '<Pause length="30"/><Say>never</Say>')

    phones.digits(call, "1")

    assert application.last("/got")["Digits"] == "1"
    assert phones.heard(call) == ["thanks"]


def test_speech_does_not_interrupt_where_that_is_forbidden(phones: Phones, application: Application) -> None:
    call = gathering(phones, application, 'input="speech" bargeIn="false"', '<Pause length="30"/><Say>listen</Say>')

    phones.say(call, "hello")
    assert application.at("/got") == []
    phones.advance(30)
    phones.say(call, "hello again")

    assert application.last("/got")["SpeechResult"] == "hello again"


def test_a_caller_who_hangs_up_ends_the_walk_at_every_verb(phones: Phones, application: Application) -> None:
    for document in ('<Gather timeout="60"/>', '<Pause length="60"/>', "<Dial><Number>+12025550133</Number></Dial>"):
        call = dialled(phones, application, f"{document}<Say>never</Say>")
        phones.hang_up(call)

        assert phones.call(call)["status"] == "completed"
        assert phones.heard(call) == []
    assert phones.ringing("+12025550133") == []


# --- Record --------------------------------------------------------------------------------------------------------


def recording(phones: Phones, application: Application, attributes: str = "") -> str:
    """A call that records after a tone and then says 'kept', or 'nothing' when there was nothing to keep."""
    application.says("/kept", "<Say>kept</Say>")
    application.says("/sound", "")
    verb = f'<Record action="/kept" recordingStatusCallback="/sound" {attributes}/>'
    return dialled(phones, application, f"{verb}<Say>nothing</Say>")


def test_what_was_said_is_kept_and_can_be_fetched(phones: Phones, application: Application, twilio: Client) -> None:
    call = recording(phones, application)

    phones.say(call, "the lift is stuck")
    phones.advance(4)
    phones.digits(call, "#")

    done, sound = application.last("/kept"), application.last("/sound")
    assert (done["Digits"], done["RecordingDuration"], done["CallStatus"]) == ("#", "4", "in-progress")
    assert sound["RecordingSid"] == done["RecordingSid"]
    assert (sound["RecordingStatus"], sound["RecordingSource"]) == ("completed", "RecordVerb")
    assert phones.heard(call) == ["kept"]
    kept = twilio.recordings(done["RecordingSid"]).fetch()
    assert (kept.call_sid, kept.duration, kept.source) == (call, "4", "RecordVerb")


def test_silence_ends_a_recording(phones: Phones, application: Application) -> None:
    call = recording(phones, application, 'timeout="3"')

    phones.say(call, "hello")
    phones.advance(2)
    phones.say(call, "still here")
    phones.advance(2)
    assert application.at("/kept") == []
    phones.advance(1)

    assert application.last("/kept")["Digits"] == ""


def test_nothing_said_is_not_kept_and_the_next_verb_follows(phones: Phones, application: Application) -> None:
    call = recording(phones, application, 'recordingStatusCallbackEvent="completed absent"')

    phones.advance(5)

    assert phones.heard(call) == ["nothing"]
    assert application.at("/kept") == []
    assert application.last("/sound")["RecordingStatus"] == "absent"


def test_a_recording_is_no_longer_than_it_may_be(phones: Phones, application: Application) -> None:
    call = recording(phones, application, 'maxLength="10" timeout="600"')

    phones.say(call, "I have a long story to tell")
    phones.advance(10)

    assert application.last("/kept")["RecordingDuration"] == "10"


def test_who_hangs_up_has_still_left_his_message(phones: Phones, application: Application) -> None:
    call = recording(phones, application)

    phones.say(call, "call me back")
    phones.hang_up(call)

    done = application.last("/kept")
    assert (done["Digits"], done["CallStatus"]) == ("hangup", "completed")
    assert int(done["RecordingDuration"]) >= 1
    assert phones.heard(call) == []


@pytest.mark.parametrize(("finish", "keeps_on"), [('finishOnKey="9"', "1"), ('finishOnKey=""', "#")])
def test_only_a_finish_key_ends_a_recording(
    phones: Phones, application: Application, finish: str, keeps_on: str
) -> None:
    call = recording(phones, application, finish)

    phones.say(call, "hello")
    phones.digits(call, keeps_on)

    assert application.at("/kept") == []


# --- loud errors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("<Response><Sing>la</Sing></Response>"), "12200"),
        (Reply('<Response><Say volume="11">hello</Say></Response>'), "12200"),
        (Reply("<Response><Say>hello</Response>"), "12100"),
        (Reply("hello", content_type="text/csv"), "12300"),
        (Reply("", status=204), "12100"),
        (Reply("<Response/>", status=500), "11200"),
        (Reply("<Response/>", status=404), "11200"),
    ],
)
def test_a_document_that_is_none_is_a_loud_error_and_the_caller_hears_so(
    phones: Phones, application: Application, reply: Reply, code: str
) -> None:
    application.says("/voice", reply)

    call = phones.dial(ANNA, LINE)

    assert [(one["code"], one["call"]) for one in phones.debugger()] == [(code, call)]
    assert phones.heard(call) == ["We are sorry, an application error has occurred. Goodbye."]
    assert phones.call(call)["status"] == "failed"


def test_a_wrong_verb_is_found_before_anything_is_said(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, "<Say>hello</Say><Enqueue>support</Enqueue>")

    assert "hello" not in phones.heard(call)


def test_an_error_in_the_middle_of_a_call_is_loud_too(phones: Phones, application: Application) -> None:
    call = dialled(phones, application, '<Gather action="/gone" numDigits="1"/>')
    phones.digits(call, "1")

    assert [one["code"] for one in phones.debugger()] == ["11200"]
    assert phones.call(call)["status"] == "completed"


def test_plain_words_are_spoken_and_sound_is_played(phones: Phones, application: Application) -> None:
    application.says("/voice", Reply("good day", content_type="text/plain"))
    spoken = phones.dial(ANNA, LINE)
    application.says("/voice", Reply("RIFF", content_type="audio/wav"))
    played = phones.dial(ANNA, LINE)

    assert phones.heard(spoken) == ["good day"]
    assert phones.heard(played) == [f"♪ {application.url}/voice"]


def test_fifty_calls_are_walked_at_once(phones: Phones, application: Application) -> None:
    application.says("/got", "<Say>thanks</Say>")
    application.says("/voice", '<Gather action="/got" numDigits="4"><Say>your code</Say></Gather>')
    numbers = [f"+1202555{number:04}" for number in range(50)]

    def one_call(number: str) -> tuple[str, str]:
        call = phones_of(phones).dial(number, LINE)
        phones_of(phones).digits(call, number[-4:])
        return number, call

    with ThreadPoolExecutor(10) as pool:
        calls = dict(pool.map(one_call, numbers))
    phones.wait_idle()

    assert {one.form["CallSid"]: one.form["Digits"] for one in application.at("/got")} == {
        call: number[-4:] for number, call in calls.items()
    }
    assert all(phones.heard(call) == ["your code", "thanks"] for call in calls.values())


def phones_of(phones: Phones) -> Phones:
    """The same telephones on a connection of their own, for another thread."""
    return Phones(phones.url)


def test_a_number_that_is_no_line_cannot_be_reached(phones: Phones, application: Application) -> None:
    call = phones.dial(ANNA, BERT)

    assert phones.call(call)["status"] == "failed"
    assert application.asked == []
