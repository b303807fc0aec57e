"""What the channel of texts announces to the domains above."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnclearText:
    """Nobody could act upon a text: a person reads it."""

    message_id: int  # InboundSms.id
    msisdn: str
    about: str  # ticket code; empty when none is known


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """Somebody asked by text to be called by a person."""

    message_id: int
    msisdn: str
    about: str


@dataclass(frozen=True, slots=True)
class DangerTexted:
    """A text speaks of danger to life. The sender was told the number to dial."""

    message_id: int
    msisdn: str
    kind: str  # fire, gas, medical, police
    number: str  # 119, 120, 110
    words: str  # what was written


@dataclass(frozen=True, slots=True)
class TextUnsettled:
    """Nobody can tell whether a text went out: a person decides."""

    outbound_id: int
    about: str
    msisdn: str


@dataclass(frozen=True, slots=True)
class PicturesRemain:
    """Pictures of a text that must go cannot be deleted at the carrier: a person sees to it; it is tried on."""

    disposal_id: int


@dataclass(frozen=True, slots=True)
class TextFailed:
    """A text will not reach its receiver: refused, undelivered for good, or stopped by the receiver."""

    outbound_id: int
    about: str
    msisdn: str
    wording: str
