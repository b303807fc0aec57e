"""How many segments a text takes: GSM-7 or UCS-2 as carriers count, and the mainland's own way of billing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")  # two septets each: an escape and the character
BEYOND_BMP = 0x10000  # from here a character is two UTF-16 units


class Profile(StrEnum):
    """Who counts: the telephone standard (3GPP TS 23.038), or the gateways of the mainland."""

    GSM = "gsm"
    CN_DOMESTIC = "cn_domestic"


@dataclass(frozen=True, slots=True)
class Size:
    """What a text costs: `units` are septets or UTF-16 units, `encoding` is GSM-7, UCS-2 or cn."""

    encoding: str
    units: int
    segments: int


def count(text: str, profile: Profile = Profile.GSM) -> Size:
    """The size of a whole text, signature included.

    GSM: 160 septets alone or 153 each, else 70 UTF-16 units alone or 67 each. Mainland: always 70 or 67, whatever the
    alphabet. A character of two units is never divided, so a text may need a segment more than its units say.
    """
    if profile is Profile.CN_DOMESTIC:
        return _sized("cn", [_utf16_units(char) for char in text], 70, 67)
    if all(char in BASIC or char in EXTENDED for char in text):
        return _sized("GSM-7", [2 if char in EXTENDED else 1 for char in text], 160, 153)
    return _sized("UCS-2", [_utf16_units(char) for char in text], 70, 67)


def beyond_gsm(text: str) -> list[str]:
    """The characters that make a text UCS-2, each once, in the order they come."""
    return list(dict.fromkeys(char for char in text if char not in BASIC and char not in EXTENDED))


def _sized(encoding: str, widths: list[int], alone: int, each: int) -> Size:
    units = sum(widths)
    if units <= alone:
        return Size(encoding, units, 1 if units else 0)
    return Size(encoding, units, _segments(widths, each))


def _segments(widths: Iterable[int], room: int) -> int:
    segments, left = 1, room
    for width in widths:
        if width > left:
            segments, left = segments + 1, room
        left -= width
    return segments


def _utf16_units(char: str) -> int:
    return 2 if ord(char) >= BEYOND_BMP else 1
