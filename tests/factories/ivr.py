"""A telephone for tests: dials the line by signed webhooks, hears the documents, answers them as the carrier would."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.etree import ElementTree

from werkzeug.test import TestResponse

HOTLINE = "+869785550156"
DUTY = "+8616700000110"
WAYS_ON = ("Gather", "Dial", "Record", "Hangup")
LANGUAGES = {"cmn-CN": "zh", "en-US": "en"}

Post = Callable[..., TestResponse]
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Document:
    """What the line answered, taken apart. `xml` is the document as it came."""

    xml: str
    words: str
    verb: str  # Gather, Dial, Record or Hangup
    action: str  # path of the next request; empty for Hangup
    attributes: dict[str, str]
    dialled: str
    langs: tuple[str, ...]
    is_slow: bool
    whisper: str = ""  # path of what the one who picks up hears first; empty: nothing
    answered: str = ""  # path that is told when somebody picks up


@dataclass
class Phone:
    """One call. Every request is a signed post; the last document heard is `heard`."""

    post: Post
    number: str = "+8616200000901"
    sid: str = field(default_factory=lambda: f"CA{next(_numbers):032x}")
    heard: Document | None = None
    transcript: list[str] = field(default_factory=list)

    def dial(self, **more: str) -> Document:
        """Call the line."""
        return self._send("/ivr/incoming", CallStatus="ringing", **more)

    def say(self, words: str, confidence: float | None = 0.92) -> Document:
        """Answer the open question in words."""
        sure = {} if confidence is None else {"Confidence": str(confidence)}
        return self._send(self.open_action, SpeechResult=words, **sure)

    def press(self, digits: str) -> Document:
        """Answer the open question by keys."""
        return self._send(self.open_action, Digits=digits)

    def keep_silent(self) -> Document:
        """Do not answer the open question."""
        return self._send(self.open_action)

    def duty(self, status: str, **more: str) -> Document:
        """The duty phone, which is ringing: completed, no-answer, busy, failed."""
        return self._send(self.open_action, DialCallStatus=status, DialCallSid=self.duty_sid, **more)

    def picked_up(self, status: str = "in-progress") -> TestResponse:
        """Somebody picks up the duty phone, as the carrier tells at once."""
        assert self.heard is not None
        return self.about_duty(self.heard.answered, CallStatus=status)

    def whispered(self) -> list[tuple[str, str]]:
        """What the one who picked up the duty phone hears before the caller: language and words of each sentence."""
        assert self.heard is not None
        response = self.about_duty(self.heard.whisper)
        assert (response.status_code, response.mimetype) == (200, "text/xml")
        root = ElementTree.fromstring(response.data)  # noqa: S314  our own document
        assert {child.tag for child in root} <= {"Say"}
        return [(LANGUAGES[say.get("language", "")], "".join(say.itertext())) for say in root]

    def about_duty(self, path: str, **form: str) -> TestResponse:
        """A request about the leg to the duty phone."""
        leg = {"CallSid": self.duty_sid, "ParentCallSid": self.sid, "From": HOTLINE, "To": DUTY}
        return self.post(path, **{"CallStatus": "in-progress", "Direction": "outbound-dial", **leg, **form})

    @property
    def duty_sid(self) -> str:
        """The carrier's id of the leg to the duty phone."""
        return f"{self.sid[:30]}dd{self.sid[-2:]}"

    def leave_message(self, seconds: int = 12, recording: str = "RE1") -> Document:
        """Speak after the tone, then press a key."""
        return self._send(
            self.open_action,
            RecordingSid=recording,
            RecordingUrl=f"http://127.0.0.1:9/Recordings/{recording}",
            RecordingDuration=str(seconds),
            Digits="#",
        )

    def hang_up(self, seconds: int = 30, sequence: int | None = None) -> TestResponse:
        """Put the telephone down: the carrier tells us of the end."""
        number = {} if sequence is None else {"SequenceNumber": str(sequence)}
        return self.post(
            "/ivr/status",
            CallSid=self.sid,
            CallStatus="completed",
            CallDuration=str(seconds),
            From=self.number,
            To=HOTLINE,
            Direction="inbound",
            **number,
        )

    @property
    def open_action(self) -> str:
        """Where the next answer goes."""
        assert self.heard is not None
        assert self.heard.action, f"the call is over: {self.heard.words}"
        return self.heard.action

    @property
    def words(self) -> str:
        """What the line said last."""
        assert self.heard is not None
        return self.heard.words

    def _send(self, path: str, **form: str) -> Document:
        common = {"CallSid": self.sid, "From": self.number, "To": HOTLINE, "Direction": "inbound"}
        response = self.post(path, **{"CallStatus": "in-progress", **common, **form})
        assert response.status_code == 200, response.status
        self.heard = taken_apart(response)
        self.transcript += [_written_down(form), f"line: {self.heard.words} [{self.heard.verb}]"]
        return self.heard


def _written_down(form: Mapping[str, str]) -> str:
    if words := form.get("SpeechResult"):
        return f"caller: {words}"
    if digits := form.get("Digits"):
        return f"caller presses {digits}"
    return f"duty phone: {form['DialCallStatus']}" if "DialCallStatus" in form else "caller: ..."


def taken_apart(response: TestResponse) -> Document:
    """Read a document, and check that it is one and that it leads somewhere."""
    assert response.mimetype == "text/xml"
    root = ElementTree.fromstring(response.data)  # noqa: S314  our own document
    assert root.tag == "Response"
    says = list(root.iter("Say"))
    assert says, "a caller must hear something"
    ways = [child for child in root if child.tag in WAYS_ON]
    assert len(ways) == 1, f"one way on, not {[child.tag for child in root]}"
    assert ways[0] is root[-1], "nothing may follow the way on"
    way = ways[0]
    parts = urlsplit(way.get("action", ""))
    noun = way.find("Number")
    of_leg = {} if noun is None else noun.attrib
    assert way.tag == "Hangup" or parts.path.startswith("/ivr/"), way.attrib
    return Document(
        xml=response.get_data(as_text=True),
        words=" ".join("".join(say.itertext()).strip() for say in says),
        verb=way.tag,
        action=parts.path,
        attributes=dict(way.attrib),
        dialled="".join(way.itertext()).strip() if way.tag == "Dial" else "",
        langs=tuple(LANGUAGES[say.get("language", "")] for say in says),
        is_slow=any(True for _ in root.iter("prosody")),
        whisper=urlsplit(of_leg.get("url", "")).path,
        answered=urlsplit(of_leg.get("statusCallback", "")).path,
    )
