"""TwiML as this simulator walks it: elements, attributes and their values; anything else is a loud error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

Check = Callable[[str], bool]


class BadDocument(Exception):
    """A document that Twilio would refuse; `code` is the one of its debugger."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code


def _any(value: str) -> bool:
    return True


def _number(value: str) -> bool:
    return value.isdecimal()


def _flag(value: str) -> bool:
    return value in ("true", "false")


def _words(*words: str) -> Check:
    return lambda value: value in words


def _list(*words: str) -> Check:
    return lambda value: bool(value.split()) and set(value.split()) <= set(words)


def _seconds(value: str) -> bool:
    return value == "auto" or value.isdecimal()


METHOD = _words("GET", "POST")
VOICE = re.compile(r"(Polly|Google)\.[\w-]+|man|woman|alice").fullmatch
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{4})?(-[A-Z]{2})?").fullmatch
CALL_EVENTS = _list("initiated", "ringing", "answered", "completed")
RECORDING_EVENTS = _list("in-progress", "completed", "absent")
RECORDED = _words(
    "do-not-record", "record-from-answer", "record-from-ringing", "record-from-answer-dual", "record-from-ringing-dual"
)


def _voice(value: str) -> bool:
    return VOICE(value) is not None


def _language(value: str) -> bool:
    return LANGUAGE(value) is not None


SSML = {"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"}
ATTRIBUTES: Mapping[str, Mapping[str, Check]] = {
    "Say": {"voice": _voice, "language": _language, "loop": _number},
    "Play": {"loop": _number, "digits": _any},
    "Pause": {"length": _number},
    "Gather": {
        "input": _list("dtmf", "speech"),
        "action": _any,
        "method": METHOD,
        "timeout": _number,
        "speechTimeout": _seconds,
        "maxSpeechTime": _number,
        "profanityFilter": _flag,
        "finishOnKey": re.compile(r"[0-9*#]?").fullmatch,
        "numDigits": _number,
        "partialResultCallback": _any,
        "partialResultCallbackMethod": METHOD,
        "language": _language,
        "hints": _any,
        "bargeIn": _flag,
        "actionOnEmptyResult": _flag,
        "speechModel": _any,
        "enhanced": _flag,
        "debug": _flag,
    },
    "Redirect": {"method": METHOD},
    "Hangup": {},
    "Reject": {"reason": _words("rejected", "busy")},
    "Record": {
        "action": _any,
        "method": METHOD,
        "timeout": _number,
        "finishOnKey": _any,
        "maxLength": _number,
        "playBeep": _flag,
        "trim": _words("trim-silence", "do-not-trim"),
        "recordingStatusCallback": _any,
        "recordingStatusCallbackMethod": METHOD,
        "recordingStatusCallbackEvent": RECORDING_EVENTS,
        "transcribe": _flag,
        "transcribeCallback": _any,
    },
    "Dial": {
        "action": _any,
        "method": METHOD,
        "timeout": _number,
        "hangupOnStar": _flag,
        "timeLimit": _number,
        "callerId": _any,
        "record": RECORDED,
        "trim": _words("trim-silence", "do-not-trim"),
        "recordingStatusCallback": _any,
        "recordingStatusCallbackMethod": METHOD,
        "recordingStatusCallbackEvent": RECORDING_EVENTS,
        "answerOnBridge": _flag,
        "ringTone": _any,
        "sequential": _flag,
    },
    "Number": {
        "sendDigits": _any,
        "url": _any,
        "method": METHOD,
        "statusCallback": _any,
        "statusCallbackMethod": METHOD,
        "statusCallbackEvent": CALL_EVENTS,
    },
    "Message": {"to": _any, "from": _any, "action": _any, "method": METHOD, "statusCallback": _any},
    "Body": {},
    "Media": {},
}
CHILDREN = {
    "voice": {"Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Reject", "Record", "Dial"},
    "messaging": {"Message", "Redirect"},
    "Gather": {"Say", "Play", "Pause"},
    "Dial": {"Number"},
    "Message": {"Body", "Media"},
}


@dataclass(frozen=True, slots=True)
class Verb:
    """One element with its attributes, its own text, and what stands inside."""

    name: str
    attributes: dict[str, str]
    text: str
    inside: tuple[Verb, ...]

    def number(self, name: str, default: int) -> int:
        """A whole number among the attributes."""
        return int(self.attributes.get(name, default))

    def flag(self, name: str) -> bool:
        """A true or false among the attributes."""
        return self.attributes.get(name) == "true"


def read(document: str, kind: str) -> list[Verb]:
    """The verbs of a document of a kind (`voice`, `messaging`). Raises BadDocument."""
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - the application is ours, entities are off in expat
    except ElementTree.ParseError as err:
        raise BadDocument("12100", f"not XML: {err}") from err
    if root.tag != "Response":
        raise BadDocument("12100", f"the document begins with {root.tag}, not Response")
    return [_verb(element, kind) for element in root]


def _verb(element: ElementTree.Element, inside: str) -> Verb:
    name = element.tag
    if name not in CHILDREN.get(inside, set()):
        raise BadDocument("12200", f"{name} may not stand in {inside}")
    known = ATTRIBUTES[name]
    for attribute, value in element.attrib.items():
        if attribute not in known:
            raise BadDocument("12200", f"{name} has no attribute {attribute}")
        if not known[attribute](value):
            raise BadDocument("12200", f"{name} {attribute} cannot be {value!r}")
    if name == "Say":
        return Verb(name, dict(element.attrib), _spoken(element), ())
    verbs = tuple(_verb(child, name) for child in element)
    text = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if name == "Dial" and text:
        verbs = (*verbs, Verb("Number", {}, text, ()))
    return Verb(name, dict(element.attrib), text, verbs)


def _spoken(element: ElementTree.Element) -> str:
    for child in element.iter():
        if child is not element and child.tag not in SSML:
            raise BadDocument("12200", f"{child.tag} may not stand in Say")
    return "".join(element.itertext()).strip()
