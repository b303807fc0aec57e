"""Telephone numbers as people write them -> E.164, and back: masked for pages, spoken digit by digit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, ValidationResult

LONGEST = 200  # characters; what is longer is a letter, not a number
CACHED = 8192  # numbers; parsing takes 30 microseconds, a hit a fifth of one

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\uff0d\u2500_]")
SCIENTIFIC = re.compile(r"(\d)\.?(\d*)E\+?(\d{1,2})", re.IGNORECASE)
FLOAT = re.compile(r"(\d{7,})\.0+")
HIDDEN = re.compile(r"\d\s*[*\u2022\u25cf\u00d7]|\d[xX]{2,}")
EXTENSION = re.compile(
    r"(?<=\d)\s*\(?\s*(?:转|轉|分机|分機|内线|內線|ext(?:ension)?\.?|x|#)\s*:?\s*(\d{1,6})\s*\)?\s*$", re.I
)
SECOND_HYPHEN = re.compile(r"^(\(?0\d{2,3}\)?[-\s]\d{7,8})-(\d{1,6})$")
NOTE = re.compile(r"\([^()\d]*\)|\[[^\[\]\d]*\]|【[^【】\d]*】")
TRUNK_ZERO = re.compile(r"\(0\)")
LETTER_AT_DIGIT = re.compile(rf"\d[^\W\d_{HAN}]|[^\W\d_{HAN}]\d")
LETTER_BETWEEN = re.compile(rf"\d[^\d]*[^\W\d_{HAN}][^\d]*\d")
DIVIDED = re.compile(rf"[/\\,;|、；，&{HAN}]+")
LONG_GROUP = re.compile(r"\d{7,}")
NOT_DIALLED = re.compile(r"[^\d+]")

AREA_CODE = re.compile(r"0?(10|2\d|[3-9]\d{2})")


class Bad(StrEnum):
    """Why something is not a telephone number that can be kept."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    LETTERS = "letters"  # the letter O for a zero: never guessed
    MASKED = "masked"  # digits hidden by stars
    MULTIPLE = "multiple"
    SCIENTIFIC = "scientific"  # a spreadsheet threw digits away
    SHORT_CODE = "short_code"  # 110, 12345, 10086: no E.164 form
    NEEDS_AREA_CODE = "needs_area_code"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    INVALID = "invalid"  # the right length, but no such numbers exist


class Line(StrEnum):
    """What kind of line a number is."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"  # North America does not tell them apart
    TOLL_FREE = "toll_free"
    SHARED_COST = "shared_cost"
    OTHER = "other"


class BadNumber(ValueError):
    """Not a telephone number that can be kept; `kind` says why. The number itself is not in the message."""

    def __init__(self, kind: Bad) -> None:
        super().__init__(f"not a telephone number: {kind}")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Number:
    """A number read from what somebody wrote."""

    e164: str
    extension: str | None
    line: Line


LINES: Mapping[int, Line] = MappingProxyType(
    {
        PhoneNumberType.MOBILE: Line.MOBILE,
        PhoneNumberType.FIXED_LINE: Line.FIXED,
        PhoneNumberType.FIXED_LINE_OR_MOBILE: Line.FIXED_OR_MOBILE,
        PhoneNumberType.TOLL_FREE: Line.TOLL_FREE,
        PhoneNumberType.SHARED_COST: Line.SHARED_COST,
    }
)


def to_e164(raw: str, *, region: str = "CN", area_code: str | None = None) -> str:
    """The one written form of a number. Raises BadNumber; see `read`."""
    return read(raw, region=region, area_code=area_code).e164


@lru_cache(maxsize=CACHED)
def read(raw: str, *, region: str = "CN", area_code: str | None = None) -> Number:
    """Read a number as typed into a form, a spreadsheet or a text.

    `region` is where a number without country code belongs; `area_code` (with or without its 0) completes a local
    one. Cleaned first, parsed then: the library alone turns the letter O into a 6 and reads somebody else's number.
    Raises BadNumber.
    """
    text = _clean(raw)
    text, extension = _without_extension(text)
    _refuse_what_is_no_number(text)
    digits = _dialled(text, region)
    if region == "CN":
        digits = _chinese(digits, area_code)
    return _parsed(digits, region, extension)


def is_mobile(e164: str) -> bool:
    """Whether texts can be expected to arrive; North American numbers may be either, so they count."""
    return _line_of(e164) in {Line.MOBILE, Line.FIXED_OR_MOBILE}


def is_fixed(e164: str) -> bool:
    """Whether this is a landline for certain: speech only."""
    return _line_of(e164) is Line.FIXED


def masked(e164: str) -> str:
    """A number of which a page shows no more than needed to recognise it: `162 •••• 0901`, `0978 ••• 0156`."""
    digits = e164.removeprefix("+")
    if e164.startswith("+861") and len(digits) == 13:
        return f"{digits[2:5]} •••• {digits[-4:]}"
    if e164.startswith("+86") and len(digits) >= 12:
        area = _area_of(digits[2:])
        return f"0{area} {'•' * (len(digits) - 6 - len(area))} {digits[-4:]}"
    return f"•••• {digits[-4:]}" if len(digits) > 6 else "••••"


def spoken(e164: str) -> str:
    """The digits one by one with pauses between groups, in the form that people of its country dial."""
    digits = e164.removeprefix("+")
    if digits.startswith("861") and len(digits) == 13:
        groups = [digits[2:5], digits[5:9], digits[9:]]
    elif digits.startswith("86") and len(digits) >= 10:
        area = _area_of(digits[2:])
        rest = digits[2 + len(area) :]
        groups = [f"0{area}", rest[:-4], rest[-4:]]
    else:
        groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    return ", ".join(" ".join(group) for group in groups)


@lru_cache(maxsize=CACHED)
def _line_of(e164: str) -> Line:
    try:
        return LINES.get(phonenumbers.number_type(phonenumbers.parse(e164)), Line.OTHER)
    except NumberParseException:
        return Line.OTHER


def _clean(raw: str) -> str:
    """Full-width signs, spreadsheet marks, bracketed notes and long dashes put right; empty ones refused."""
    text = unicodedata.normalize("NFKC", raw).replace("\u200b", "").strip().lstrip("'").strip()
    if not text:
        raise BadNumber(Bad.EMPTY)
    if len(text) > LONGEST:
        raise BadNumber(Bad.NOT_A_NUMBER)
    if number := SCIENTIFIC.fullmatch(text):
        whole, fraction, exponent = number[1], number[2], int(number[3])
        if len(fraction) < exponent or fraction[exponent:].strip("0"):
            raise BadNumber(Bad.SCIENTIFIC)
        return whole + fraction[:exponent]
    if number := FLOAT.fullmatch(text):
        return number[1]
    return TRUNK_ZERO.sub("", NOTE.sub(" ", DASHES.sub("-", text))).strip()


def _without_extension(text: str) -> tuple[str, str | None]:
    if found := EXTENSION.search(text):
        return text[: found.start()], found[1]
    if found := SECOND_HYPHEN.match(text):
        return found[1], found[2]
    return text, None


def _refuse_what_is_no_number(text: str) -> None:
    if not any(char.isdecimal() for char in text):
        raise BadNumber(Bad.NOT_A_NUMBER)
    if HIDDEN.search(text):
        raise BadNumber(Bad.MASKED)
    if LETTER_AT_DIGIT.search(text) or LETTER_BETWEEN.search(text):
        raise BadNumber(Bad.LETTERS)
    pieces = [piece for piece in DIVIDED.split(text) if any(char.isdecimal() for char in piece)]
    if len(pieces) > 1 or len(LONG_GROUP.findall(text)) > 1:
        raise BadNumber(Bad.MULTIPLE)


def _dialled(text: str, region: str) -> str:
    """The digits, with a plus where they name a country."""
    has_plus = "+" in text.partition(next(char for char in text if char.isdecimal()))[0]
    digits = NOT_DIALLED.sub("", text).replace("+", "")
    if not digits.isascii():
        raise BadNumber(Bad.LETTERS)
    if len(digits) <= 2:
        raise BadNumber(Bad.TOO_SHORT)
    if len(digits) <= 6 and not has_plus:
        raise BadNumber(Bad.SHORT_CODE)
    if not has_plus and region != "CN":
        return digits
    if not has_plus and digits.startswith("00"):
        has_plus, digits = True, digits[2:]
    return f"+{digits}" if has_plus else digits


def _chinese(digits: str, area_code: str | None) -> str:
    """Chinese numbers by their own lengths, which the library takes loosely."""
    foreign = digits.startswith("+") and not digits.startswith("+86")
    if foreign:
        return digits
    national = digits.removeprefix("+86")
    if not digits.startswith("+") and national.startswith("86") and len(national) >= 12:
        national = national[2:]
    if national.startswith("01") and national[2:3] != "0" and len(national) == 12:
        national = national[1:]  # the old long-distance 0 before a mobile
    if national.startswith("1"):
        return _of_length(national, 11, 11)
    if national.startswith("0"):
        area = AREA_CODE.match(national)
        if area is None:
            raise BadNumber(Bad.INVALID)
        return _of_length(national, len(area[0]) + 7, len(area[0]) + 8)
    if national[:3] in {"400", "800"}:
        return _of_length(national, 10, 10)
    if len(national) in {7, 8} and not digits.startswith("+"):
        if area_code is None:
            raise BadNumber(Bad.NEEDS_AREA_CODE)
        return f"+86{area_code.lstrip('0')}{national}"
    return _of_length(national, 9, 11)


def _of_length(national: str, shortest: int, longest: int) -> str:
    if len(national) < shortest:
        raise BadNumber(Bad.TOO_SHORT)
    if len(national) > longest:
        raise BadNumber(Bad.TOO_LONG)
    return f"+86{national.removeprefix('0')}"


def _parsed(digits: str, region: str, extension: str | None) -> Number:
    try:
        number = phonenumbers.parse(digits, region)
    except NumberParseException as err:
        too_long = err.error_type == NumberParseException.TOO_LONG
        raise BadNumber(Bad.TOO_LONG if too_long else Bad.INVALID) from None
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise BadNumber(Bad.NEEDS_AREA_CODE)
        case ValidationResult.TOO_SHORT:
            raise BadNumber(Bad.TOO_SHORT)
        case ValidationResult.TOO_LONG:
            raise BadNumber(Bad.TOO_LONG)
    if not phonenumbers.is_valid_number(number):
        raise BadNumber(Bad.INVALID)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Number(e164, extension, LINES.get(phonenumbers.number_type(number), Line.OTHER))


def _area_of(national: str) -> str:
    area = AREA_CODE.match(national)
    return area[0] if area else national[:3]
