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
    return value.isascii() and value.isdigit() and len(value) <= 6


def _flag(value: str) -> bool:
    return value in ("true", "false")


def _words(*words: str) -> Check:
    return lambda value: value in words


def _list(*words: str) -> Check:
    return lambda value: bool(value.split()) and set(value.split()) <= set(words)


def _seconds(value: str) -> bool:
    return value == "auto" or _number(value)


def _key(value: str) -> bool:
    return value in ("", *"0123456789*#")


def _keys(value: str) -> bool:
    return not set(value) - set("0123456789*#")


METHOD = _words("GET", "POST")
VOICE = re.compile(r"(Polly|Google)\.[\w-]+|man|woman|alice").fullmatch
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{4})?(-[A-Z]{2})?").fullmatch
CALL_EVENTS = _list("initiated", "ringing", "answered", "completed")
RECORDING_EVENTS = _list("in-progress", "completed", "absent")
TRACK = _words("inbound", "outbound", "both")
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
        "finishOnKey": _key,
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
        "finishOnKey": _keys,
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
        "recordingTrack": TRACK,
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
    "Message": {"to": _any, "action": _any, "method": METHOD, "statusCallback": _any},
    "Body": {},
}
CHILDREN = {
    "voice": {"Say", "Play", "Pause", "Gather", "Redirect", "Hangup", "Reject", "Record", "Dial"},
    "messaging": {"Message", "Redirect"},
    "Gather": {"Say", "Play", "Pause"},
    "Dial": {"Number"},
    "Message": {"Body"},
}
"""What is walked here. Twilio knows more (queues, conferences, media): those are as loud as what it does not know."""
HOLDS_TEXT = {"Say", "Play", "Redirect", "Number", "Message", "Body", "Dial"}
LONGEST_SAY = 4096
MOST_HINTS = 500
LONGEST_HINT = 100
MOST_NOUNS = 10


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
    if "<!" in document.replace("<!--", "").replace("<![CDATA[", ""):
        raise BadDocument("12100", "a document type, or entities of its own")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - without a document type there is nothing to expand
    except (ElementTree.ParseError, ValueError) as err:
        raise BadDocument("12100", f"not XML: {err}") from err
    if root.tag != "Response":
        raise BadDocument("12100", f"the document begins with {root.tag}, not Response")
    if _own_text(root):
        raise BadDocument("12200", "text directly in Response")
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
        verb = Verb(name, dict(element.attrib), _spoken(element), ())
    else:
        verbs = tuple(_verb(child, name) for child in element)
        text = _own_text(element)
        if name == "Dial" and text:
            verbs = (*verbs, Verb("Number", {}, text, ()))
        verb = Verb(name, dict(element.attrib), text, verbs)
    _check_limits(verb)
    return verb


def _own_text(element: ElementTree.Element) -> str:
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def _check_limits(verb: Verb) -> None:
    """What the documentation forbids and no list of attributes can say. Raises BadDocument."""
    hints = verb.attributes.get("hints", "").split(",")
    wrong = {
        "holds text": bool(verb.text) and verb.name not in HOLDS_TEXT,
        "is too long": verb.name == "Say" and len(verb.text) > LONGEST_SAY,
        "has too many hints": len(hints) > MOST_HINTS or any(len(hint) > LONGEST_HINT for hint in hints),
        "calls nobody": verb.name == "Dial" and not verb.inside,
        "calls too many": verb.name == "Dial" and len(verb.inside) > MOST_NOUNS,
        "plays nothing": verb.name == "Play" and not verb.text and not verb.attributes.get("digits"),
        "takes no speechTimeout auto with a model": "speechModel" in verb.attributes
        and verb.attributes.get("speechTimeout") == "auto",
    }
    for what, is_so in wrong.items():
        if is_so:
            raise BadDocument("12200", f"{verb.name} {what}")


def _spoken(element: ElementTree.Element) -> str:
    for child in element.iter():
        if child is not element and child.tag not in SSML:
            raise BadDocument("12200", f"{child.tag} may not stand in Say")
    return "".join(element.itertext()).strip()
