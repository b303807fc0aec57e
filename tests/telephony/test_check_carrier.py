"""bin/check-carrier: good recordings pass, every kind of mistake is named, and nothing to check is no success."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from telephony import twiml
from telephony.twiml import Line

PROGRAM = Path(__file__).parents[2] / "bin" / "check-carrier"
URL = "https://line.example.org/ivr/answer#rt=5000&rc=1&rp=5xx,ct,rt"
ACCOUNT = "/2010-04-01/Accounts/AC" + "0" * 32
CONTRACT = Path(__file__).with_name("contract")

GOOD_TEXT: list[list[str]] = [
    *(["To", "+8616200000001"], ["From", "+869785550156"], ["Body", "您好"]),
    *(["StatusCallback", "https://line.example.org/sms/status/7#rc=2&rp=5xx,ct,rt"], ["ValidityPeriod", "300"]),
]
GOOD_CALL: list[list[str]] = [
    *(["To", "+8616700000110"], ["From", "+869785550156"], ["Url", URL], ["Method", "POST"]),
    *(["StatusCallbackEvent", "ringing"], ["StatusCallbackEvent", "answered"], ["Timeout", "25"]),
]


def document(xml: str) -> dict[str, object]:
    return {"kind": "twiml", "document": xml, "url": "/ivr/incoming"}


def request(method: str, path: str, form: list[list[str]]) -> dict[str, object]:
    return {"kind": "rest", "method": method, "path": path, "form": form}


GOOD = [document("<Response><Hangup /></Response>"), request("POST", f"{ACCOUNT}/Messages.json", GOOD_TEXT)]


def checked(folder: Path, *lines: object) -> tuple[int, str]:
    """Exit code and everything printed for one recording."""
    (folder / "journey.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, PROGRAM, folder, "--data", CONTRACT], capture_output=True, text=True, timeout=30, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_everything_that_the_house_makes_fits(tmp_path: Path) -> None:
    lines = [Line("您好 <&>", "zh", slow=True), Line("hello", "en")]
    made = [
        twiml.say(lines),
        twiml.ask(lines, URL, digits=1, hints=["水管", "停电"]),
        twiml.ask(lines, URL, speech=False, finish_on_key="", lang="en"),
        twiml.redirect(URL, lines),
        twiml.hang_up(lines),
        twiml.dial("+8616700000110", URL, caller_id="+869785550156", timeout=timedelta(seconds=25)),
        twiml.dial("+8616700000110", URL, caller_id="+869785550156", whisper_url=URL, answered_url=URL),
        twiml.whisper(lines),
        twiml.record(lines, URL, URL),
        twiml.reject(busy=True),
        twiml.message("您好", URL),
        twiml.empty(),
    ]
    asked = [
        request("POST", f"{ACCOUNT}/Messages.json", GOOD_TEXT),
        request("POST", f"/api/laml{ACCOUNT}/Calls.json", GOOD_CALL),
        request("GET", f"{ACCOUNT}/Messages.json?To=%2B8616200000001&PageSize=200", []),
        request("POST", f"{ACCOUNT}/Calls/CA{'1' * 32}.json", [["Status", "completed"]]),
        request("GET", f"{ACCOUNT}/Recordings/RE{'1' * 32}", []),
        request("GET", f"{ACCOUNT}/Recordings/RE{'1' * 32}.mp3", []),
    ]

    code, said = checked(tmp_path, *map(document, made), *asked, {"kind": "webhook"})

    assert code == 0, said
    assert "12 TwiML documents, 6 REST requests, 0 violations" in said


WRONG_DOCUMENTS = [
    ("<Response><Say>a</Response>", "not XML"),
    ("", "not XML"),
    ("<Reply/>", "<Reply> instead of <Response>"),
    ("<Response><say>a</say></Response>", "<say> may not stand in <Response>"),
    ("<Response><Gather><Dial>+1</Dial></Gather></Response>", "<Dial> may not stand in <Gather>"),
    ("<Response><Hangup now='yes'/></Response>", "no such attribute"),
    ("<Response><Gather numDigits='one'/></Response>", "not a value of it"),
    ("<Response><Gather actionOnEmptyResult='True'/></Response>", "not a value of it"),
    ("<Response><Gather input='dtmf voice'/></Response>", "not a value of it"),
    ("<Response><Gather language='chinese!'/></Response>", "not a language code"),
    ("<Response><Say voice='Google.cmn-CN-Neural2-A'>a</Say></Response>", "not a value of it"),
    ("<Response><Say> </Say></Response>", "says nothing"),
    (f"<Response><Say>{'a' * 4097}</Say></Response>", "longer than 4096"),
    ("<Response><Redirect/></Response>", "<Redirect> is empty"),
    ("<Response><Dial/></Response>", "calls nobody"),
    ("<Response><Dial timeout='2'>+1</Dial></Response>", "between 5 and 600"),
    (f"<Response><Dial>{'<Number>+1</Number>' * 11}</Dial></Response>", "more than 10"),
    ("<Response><Gather finishOnKey='#*'/></Response>", "more than one key"),
    (f"<Response><Gather hints='{'a' * 101}'/></Response>", "hints"),
    ("<Response><Gather speechModel='deepgram' speechTimeout='auto'/></Response>", "speechModel"),
    ("<Response><Say>a</Say><Reject/></Response>", "not the first verb"),
    ("<Response>hello</Response>", "text directly"),
    ("<Response><Hangup>now</Hangup></Response>", "holds text"),
    ("<Response><Message>a</Message><Say>b</Say></Response>", "<Say> may not stand in <Response>"),
    (f"<Response><!--{'a' * 65536}--><Hangup/></Response>", "larger than"),
]


@pytest.mark.parametrize(("xml", "complaint"), WRONG_DOCUMENTS, ids=[why for _, why in WRONG_DOCUMENTS])
def test_a_wrong_document_is_named(tmp_path: Path, xml: str, complaint: str) -> None:
    code, said = checked(tmp_path, *GOOD, document(xml))

    assert code == 1
    assert complaint in said


@pytest.mark.parametrize(
    ("method", "path", "form", "complaint"),
    [
        ("POST", f"{ACCOUNT}/Faxes.json", [], "no such operation"),
        ("PUT", f"{ACCOUNT}/Messages.json", GOOD_TEXT, "no such operation"),
        ("GET", f"{ACCOUNT}/Recordings/1", [], "no such operation"),
        ("POST", f"{ACCOUNT}/Recordings/RE{'1' * 32}", [], "no such operation"),
        ("POST", "/2010-04-01/Accounts/me/Messages.json", GOOD_TEXT, "AccountSid in the path does not match"),
        ("POST", f"{ACCOUNT}/Messages.json", GOOD_TEXT[1:], "To is missing"),
        ("POST", f"{ACCOUNT}/Messages.json", [GOOD_TEXT[0], GOOD_TEXT[2]], "one of From, MessagingServiceSid"),
        ("POST", f"{ACCOUNT}/Messages.json", GOOD_TEXT[:2], "one of Body, ContentSid, MediaUrl"),
        ("POST", f"{ACCOUNT}/Messages.json", [*GOOD_TEXT, ["Text", "a"]], "no field Text"),
        ("POST", f"{ACCOUNT}/Messages.json", [*GOOD_TEXT, ["Body", "a"]], "Body stands there twice"),
        ("POST", f"{ACCOUNT}/Messages.json", [*GOOD_TEXT, ["Attempt", "two"]], "not a whole number"),
        ("POST", f"{ACCOUNT}/Messages.json", [*GOOD_TEXT, ["SmartEncoded", "True"]], "neither true nor false"),
        ("POST", f"{ACCOUNT}/Messages.json", [["StatusCallback", "/sms"], *GOOD_TEXT[:3]], "not an absolute address"),
        ("POST", f"{ACCOUNT}/Messages.json", [["StatusCallback", "https://a_b/"], *GOOD_TEXT[:3]], "host name"),
        ("POST", f"{ACCOUNT}/Calls.json", GOOD_CALL[:2], "one of ApplicationSid, Twiml, Url"),
        ("POST", f"{ACCOUNT}/Calls.json", [*GOOD_CALL[:3], ["Method", "FETCH"]], "is none of GET, POST"),
        ("POST", f"{ACCOUNT}/Calls/CA{'1' * 32}.json", [["Status", "over"]], "is none of canceled, completed"),
        ("GET", f"{ACCOUNT}/Messages.json?Sender=x", [], "no field Sender"),
    ],
)
def test_a_wrong_request_is_named(
    tmp_path: Path, method: str, path: str, form: list[list[str]], complaint: str
) -> None:
    code, said = checked(tmp_path, *GOOD, request(method, path, form))

    assert code == 1
    assert complaint in said
    assert "+8616200000001" not in said


@pytest.mark.parametrize("lines", [[], GOOD[:1], GOOD[1:], [{"kind": "webhook"}]])
def test_a_recording_with_nothing_to_check_is_no_success(tmp_path: Path, lines: list[object]) -> None:
    code, said = checked(tmp_path, *lines)

    assert code == 1
    assert "nothing to check" in said


@pytest.mark.parametrize("line", ["not json", ["a list"], {"kind": "twiml"}, {"kind": "rest", "method": "GET"}, {}])
def test_a_line_that_is_no_recording_is_a_violation(tmp_path: Path, line: object) -> None:
    code, said = checked(tmp_path, *GOOD, line)

    assert (code, "journey.jsonl:3: a line that is no recording" in said) == (1, True)


def test_a_missing_contract_is_told_apart_from_a_broken_one(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, PROGRAM, tmp_path, "--data", tmp_path / "nowhere"],
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert ran.returncode == 2
