"""Every TwiML document of the house, made by the carrier's own library out of lines, keys and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NewType

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Gather, Say, VoiceResponse

Document = NewType("Document", str)

CONTENT_TYPE = "text/xml; charset=utf-8"
SAY_LENGTH = 4096  # characters that one Say may hold
HINTS = 500  # entries of a hint list
HINT_LENGTH = 100
SLOW = "slow"  # SSML's own word: about four fifths of the usual speed
SILENCE_ENDS_RECORDING = timedelta(seconds=5)
ANY_KEY = "1234567890*#"
CACHED = 512  # documents; a menu in two languages and two speeds has some dozens

# XML 1.0 has no way to write these, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Line:
    """One spoken sentence."""

    text: str
    lang: str  # zh or en
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Tongue:
    """How the carrier is told which language to speak and to listen for; the two lists of codes differ."""

    voice: str
    says: str
    hears: str


# Standard voices on purpose: neural ones cost more.
TONGUES: Mapping[str, Tongue] = MappingProxyType(
    {
        "zh": Tongue("Polly.Zhiyu", "cmn-CN", "cmn-Hans-CN"),
        "en": Tongue("Polly.Joanna", "en-US", "en-US"),
    }
)


def say(lines: Sequence[Line]) -> Document:
    """Speak, then end the call, as every document does that leads nowhere."""
    return _say(tuple(lines))


def ask(
    lines: Sequence[Line],
    action_url: str,
    *,
    digits: int | None = None,
    finish_on_key: str = "#",
    speech: bool = True,
    hints: Sequence[str] = (),
    lang: str = "zh",
    timeout: timedelta = timedelta(seconds=5),
) -> Document:
    """Speak, and send what is pressed or said to `action_url`, also when there was nothing.

    `digits`: this many end the input at once; None: the finish key or the time-out does. `finish_on_key` is one key,
    or empty for none. The caller may interrupt the lines. `timeout` counts from the end of the lines.
    """
    return _ask(tuple(lines), action_url, digits, finish_on_key, speech, tuple(hints), lang, _seconds(timeout))


def redirect(url: str, lines: Sequence[Line] = ()) -> Document:
    """Speak, then go on at another address."""
    return _redirect(url, tuple(lines))


def hang_up(lines: Sequence[Line] = ()) -> Document:
    """Speak, then end the call."""
    return _hang_up(tuple(lines))


def dial(
    number: str,
    action_url: str,
    *,
    caller_id: str,
    timeout: timedelta = timedelta(seconds=20),
    lines: Sequence[Line] = (),
    whisper_url: str | None = None,
    answered_url: str | None = None,
) -> Document:
    """Speak, connect the caller to a number (E.164), and tell `action_url` how that ended.

    `caller_id` is a number of ours. Without lines the caller keeps hearing the ring until somebody answers.
    `whisper_url` gives what only the one who picks up hears before the two are connected; `answered_url` is told at
    once when somebody picks up. Ask telephony.gate first whether the number may be reached.
    """
    return _dial(number, action_url, caller_id, _seconds(timeout), tuple(lines), whisper_url, answered_url)


def whisper(lines: Sequence[Line]) -> Document:
    """Speak to the one who picked up; when that is over, or there is nothing to say, the caller is put through."""
    return _xml(_spoken(lines))


def record(
    lines: Sequence[Line], action_url: str, recording_url: str, max_length: timedelta = timedelta(minutes=2)
) -> Document:
    """Speak, beep and record; `action_url` goes on, `recording_url` hears when the sound can be fetched."""
    return _record(tuple(lines), action_url, recording_url, _seconds(max_length))


def reject(*, busy: bool = False) -> Document:
    """Do not take the call at all, which costs nothing."""
    return _reject(busy)


def message(body: str, status_url: str | None = None) -> Document:
    """Answer an inbound text. Such an answer is not in our records: only for texts that need no tracking."""
    response = MessagingResponse()
    response.message(_clean(body), status_callback=status_url)
    return _xml(response)


@lru_cache(maxsize=1)
def empty() -> Document:
    """No answer: for texts and status callbacks."""
    return _xml(MessagingResponse())


@lru_cache(maxsize=CACHED)
def _say(lines: tuple[Line, ...]) -> Document:
    return _xml(_spoken(lines))


@lru_cache(maxsize=CACHED)
def _ask(
    lines: tuple[Line, ...],
    action_url: str,
    digits: int | None,
    finish_on_key: str,
    speech: bool,
    hints: tuple[str, ...],
    lang: str,
    timeout: int,
) -> Document:
    response = VoiceResponse()
    gather = response.gather(
        input="dtmf speech" if speech else "dtmf",
        action=action_url,
        method="POST",
        timeout=timeout,
        num_digits=digits,
        finish_on_key=finish_on_key,
        action_on_empty_result=True,
        language=TONGUES[lang].hears if speech else None,
        hints=_hints(hints) if speech and hints else None,
        speech_timeout="auto" if speech else None,
        profanity_filter=False if speech else None,
    )
    _speak(gather, lines)
    return _xml(response)


@lru_cache(maxsize=CACHED)
def _redirect(url: str, lines: tuple[Line, ...]) -> Document:
    response = _spoken(lines)
    response.redirect(url, method="POST")
    return _xml(response)


@lru_cache(maxsize=CACHED)
def _hang_up(lines: tuple[Line, ...]) -> Document:
    response = _spoken(lines)
    response.hangup()
    return _xml(response)


@lru_cache(maxsize=CACHED)
def _dial(
    number: str,
    action_url: str,
    caller_id: str,
    timeout: int,
    lines: tuple[Line, ...],
    whisper_url: str | None,
    answered_url: str | None,
) -> Document:
    response = _spoken(lines)
    connected = response.dial(
        action=action_url,
        method="POST",
        timeout=timeout,
        caller_id=caller_id,
        answer_on_bridge=None if lines else True,
    )
    connected.number(
        number,
        url=whisper_url,
        method="POST" if whisper_url else None,
        status_callback=answered_url,
        status_callback_method="POST" if answered_url else None,
        status_callback_event="answered" if answered_url else None,
    )
    return _xml(response)


@lru_cache(maxsize=CACHED)
def _record(lines: tuple[Line, ...], action_url: str, recording_url: str, max_length: int) -> Document:
    response = _spoken(lines)
    response.record(
        action=action_url,
        method="POST",
        max_length=max_length,
        timeout=_seconds(SILENCE_ENDS_RECORDING),
        finish_on_key=ANY_KEY,
        play_beep=True,
        recording_status_callback=recording_url,
        recording_status_callback_method="POST",
        recording_status_callback_event="completed absent",
    )
    return _xml(response)


@lru_cache(maxsize=2)
def _reject(busy: bool) -> Document:
    response = VoiceResponse()
    response.reject(reason="busy" if busy else "rejected")
    return _xml(response)


def _spoken(lines: Iterable[Line]) -> VoiceResponse:
    response = VoiceResponse()
    _speak(response, lines)
    return response


def _speak(parent: VoiceResponse | Gather, lines: Iterable[Line]) -> None:
    for line in lines:
        tongue = TONGUES[line.lang]
        text = _clean(line.text)
        for start in range(0, len(text), SAY_LENGTH):
            part = text[start : start + SAY_LENGTH]
            sentence = Say(message=None if line.slow else part, voice=tongue.voice, language=tongue.says)
            if line.slow:
                sentence.prosody(part, rate=SLOW)
            parent.append(sentence)


def _hints(hints: Iterable[str]) -> str:
    """The list as the recogniser takes it: commas divide, so none may stand inside an entry."""
    entries = (" ".join(_clean(hint).replace(",", " ").split())[:HINT_LENGTH] for hint in hints)
    return ",".join([entry for entry in entries if entry][:HINTS])


def _clean(text: str) -> str:
    return UNWRITABLE.sub("", text)


def _seconds(duration: timedelta) -> int:
    return max(1, round(duration.total_seconds()))


def _xml(response: VoiceResponse | MessagingResponse) -> Document:
    return Document(response.to_xml())
