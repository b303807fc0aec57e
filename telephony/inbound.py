"""What comes in from the carrier, in our words: calls, keys and speech, texts, receipts. Forms are read tolerantly."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Self

from telephony.statuses import FINAL_CALLS, CallState, Delivery, call_state, delivery

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# What a withheld caller looks like as digits: the letters of a telephone's keypad (from memory, not documented).
WITHHELD = frozenset(
    {
        "+266696687",  # ANONYMOUS
        "+7378742833",  # RESTRICTED
        "+8656696",  # UNKNOWN
        "+86282452253",  # UNAVAILABLE
        "+2562533",  # BLOCKED
    }
)
SID_LENGTH = 64
NAME_LENGTH = 64
BODY_LENGTH = 1600  # characters: the carrier's own limit of a text
SPEECH_LENGTH = 1600
URL_LENGTH = 2000

# PostgreSQL cannot store NUL, nothing can encode half a surrogate pair, and no text needs the other control
# characters; line breaks and tabs stay.
UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
KEYS = re.compile(r"[^0-9*#]")


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class OptOutType(StrEnum):
    """What the carrier itself understood of a text when its own opt-out handling is on, and answered already."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


OPT_OUT_WORDS = {kind.value: kind for kind in OptOutType}


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call that reached the line, or one of ours that was answered."""

    call_sid: str
    msisdn: str | None  # E.164 of the caller; None when withheld, or no telephone number at all
    dnis: str | None  # E.164 of the number called
    direction: Direction
    status: CallState

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read a voice request. Never raises."""
        return cls(
            call_sid=_sid(form, "CallSid"),
            msisdn=msisdn_of(form.get("From", "")),
            dnis=msisdn_of(form.get("To", "")),
            direction=_direction(form),
            status=call_state(form.get("CallStatus", "")),
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """What a caller pressed or said after a question; both empty when there was nothing."""

    call_sid: str
    digits: str  # only 0-9, * and #
    speech: str
    confidence: float | None  # of the speech, 0 to 1; carriers may leave it out

    @property
    def is_silence(self) -> bool:
        """Nothing was pressed and nothing was understood."""
        return not self.digits and not self.speech

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read the answer to a Gather. Never raises."""
        return cls(
            call_sid=_sid(form, "CallSid"),
            digits=KEYS.sub("", form.get("Digits", ""))[:SID_LENGTH],
            speech=_text(form, "SpeechResult", SPEECH_LENGTH).strip(),
            confidence=_share(form.get("Confidence", "")),
        )


@dataclass(frozen=True, slots=True)
class CallStatus:
    """One step in a call's life. Steps arrive in any order and twice: order by `sequence`, keep what is final."""

    call_sid: str
    status: CallState
    sequence: int | None  # from 0; None at the single report of an inbound call's end
    duration: timedelta | None  # only at the end
    at: datetime | None  # UTC
    msisdn: str | None  # E.164 of the caller
    dnis: str | None  # E.164 of the number called
    direction: Direction

    @property
    def is_final(self) -> bool:
        """The call is over."""
        return self.status in FINAL_CALLS

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read a call status callback. Never raises."""
        seconds = _count(form.get("CallDuration", ""))
        return cls(
            call_sid=_sid(form, "CallSid"),
            status=call_state(form.get("CallStatus", "")),
            sequence=_count(form.get("SequenceNumber", "")),
            duration=None if seconds is None else timedelta(seconds=seconds),
            at=_moment(form.get("Timestamp", "")),
            msisdn=msisdn_of(form.get("From", "")),
            dnis=msisdn_of(form.get("To", "")),
            direction=_direction(form),
        )


@dataclass(frozen=True, slots=True)
class DialResult:
    """How connecting a caller to somebody ended."""

    call_sid: str  # the caller's
    status: CallState
    dialled_sid: str | None  # the other leg's
    duration: timedelta | None  # of the other leg
    is_apart: bool = False  # the carrier says that the two were never connected, whatever became of the other leg

    @property
    def was_answered(self) -> bool:
        """Somebody picked up, and the caller was put through."""
        return self.status is CallState.COMPLETED and not self.is_apart

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read the request after a Dial. Never raises."""
        word = form.get("DialCallStatus", "").strip().lower()
        seconds = _count(form.get("DialCallDuration", ""))
        return cls(
            call_sid=_sid(form, "CallSid"),
            status=CallState.COMPLETED if word == "answered" else call_state(word),
            dialled_sid=_sid(form, "DialCallSid") or None,
            duration=None if seconds is None else timedelta(seconds=seconds),
            is_apart=form.get("DialBridged", "").strip().lower() == "false",
        )


@dataclass(frozen=True, slots=True)
class DialledLeg:
    """The telephone that a Dial rings: what its own requests tell before, and while, the two are connected."""

    call_sid: str  # its own
    caller_sid: str  # of the call that is being put through; empty when the carrier does not say
    status: CallState

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read a request about the dialled side of a Dial. Never raises."""
        return cls(
            call_sid=_sid(form, "CallSid"),
            caller_sid=_sid(form, "ParentCallSid"),
            status=call_state(form.get("CallStatus", "")),
        )


@dataclass(frozen=True, slots=True)
class RecordingDone:
    """A recording ended. It can be fetched only when `is_ready`: the request after Record comes before that."""

    call_sid: str
    recording_sid: str
    url: str
    status: str  # in-progress, completed, absent, failed; empty in the request after Record
    duration: timedelta | None
    has_hung_up: bool

    @property
    def is_ready(self) -> bool:
        """The carrier says that the sound is complete."""
        return self.status == "completed"

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read the request after a Record, or a recording status callback. Never raises."""
        seconds = _count(form.get("RecordingDuration", ""))
        return cls(
            call_sid=_sid(form, "CallSid"),
            recording_sid=_sid(form, "RecordingSid"),
            url=_text(form, "RecordingUrl", URL_LENGTH),
            status=_text(form, "RecordingStatus", NAME_LENGTH).strip().lower(),
            duration=None if seconds is None else timedelta(seconds=seconds),
            has_hung_up=form.get("Digits", "") == "hangup",
        )


@dataclass(frozen=True, slots=True)
class MoMessage:
    """One text from a handset."""

    carrier_sid: str
    msisdn: str | None  # E.164; None for short codes, names and other channels
    sender: str  # as the carrier wrote it
    to: str | None  # E.164 of our number that got it
    body: str  # at most 1,600 characters
    media_count: int
    opt_out_type: OptOutType | None

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read an inbound text. Never raises."""
        word = form.get("OptOutType", "").strip().upper()
        return cls(
            carrier_sid=_sid(form, "MessageSid") or _sid(form, "SmsSid"),
            msisdn=msisdn_of(form.get("From", "")),
            sender=_text(form, "From", NAME_LENGTH),
            to=msisdn_of(form.get("To", "")),
            body=_text(form, "Body", BODY_LENGTH),
            media_count=_count(form.get("NumMedia", "")) or 0,
            opt_out_type=OPT_OUT_WORDS.get(word),
        )


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What became of a text of ours. Receipts arrive in any order, twice, and before our own commit."""

    carrier_sid: str
    status: Delivery | None  # None: a word that says nothing about an outbound text
    error_code: str | None
    to: str | None  # E.164

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Self:
        """Read a message status callback. Never raises."""
        code = form.get("ErrorCode", "").strip()
        return cls(
            carrier_sid=_sid(form, "MessageSid") or _sid(form, "SmsSid"),
            status=delivery(form.get("MessageStatus", "") or form.get("SmsStatus", "")),
            error_code=code if code.isascii() and code.isdigit() and len(code) <= 8 and code != "0" else None,
            to=msisdn_of(form.get("To", "")),
        )


def msisdn_of(raw: str) -> str | None:
    """The E.164 number in a From or To; None for withheld callers, clients, SIP addresses and anything else."""
    number = raw.strip()
    return number if E164.fullmatch(number) and number not in WITHHELD else None


def _text(form: Mapping[str, str], name: str, longest: int) -> str:
    return UNWANTED.sub("", form.get(name, ""))[:longest]


def _sid(form: Mapping[str, str], name: str) -> str:
    """Ids are opaque words: other carriers write UUIDs where Twilio writes CA and 32 hexadecimal digits."""
    return _text(form, name, SID_LENGTH).strip()


def _count(raw: str) -> int | None:
    digits = raw.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def _share(raw: str) -> float | None:
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= 1 else None


def _moment(raw: str) -> datetime | None:
    """An RFC 2822 date; one without a zone is UTC, as the carrier writes them."""
    try:
        moment = parsedate_to_datetime(raw.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _direction(form: Mapping[str, str]) -> Direction:
    return Direction.OUTBOUND if form.get("Direction", "").startswith("outbound") else Direction.INBOUND
