"""Telephone numbers as people write them -> E.164, and back: masked for pages, spoken digit by digit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from telephony import msisdn_china, msisdn_typed
from telephony.bad_number import Bad, BadNumber
from telephony.msisdn_typed import Typed

__all__ = ("Bad", "BadNumber", "Line", "Number", "is_fixed", "is_mobile", "masked", "read", "spoken", "to_e164")

HOME = "CN"
TRUNK_ZERO = re.compile("0(?!0|86)")  # behind a plus: +0372-5912345 is no number of country 372
NOWHERE = "001"  # satellites, ships, relief: nobody's who lives in a city, but easily met by a slip
MEXICAN = 13  # digits with country code and the old 1
DIALLED_IN_MEXICO = re.compile(r"(?:01|04[45])(?=\d{10}$)")  # until 2019
CACHED = 8192  # numbers; a hit takes a hundredth of the reading
AREA_CODE = re.compile(r"0?(10|2\d|[3-9]\d{2})")


class Line(StrEnum):
    """What kind of line a number is."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"  # North America does not tell them apart
    TOLL_FREE = "toll_free"
    SHARED_COST = "shared_cost"
    OTHER = "other"


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

    `region` (two letters) is where a number without country code belongs; `area_code` (with or without its 0)
    completes a local one. Undressed first, parsed then: the library alone turns the letter O into a 6 and reads
    somebody else's number. A wrong number is worse than a refusal. Raises BadNumber.
    """
    typed = msisdn_typed.undressed(raw)
    try:
        return _read(typed, region.strip().upper() or HOME, area_code)
    except BadNumber:
        if typed.by_x:  # what stands before the x is no number, so the x hid a digit
            raise BadNumber(Bad.MASKED) from None
        raise


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


def _read(typed: Typed, region: str, area_code: str | None) -> Number:
    digits = typed.digits
    if len(digits) <= 2:
        raise BadNumber(Bad.TOO_SHORT)
    if typed.has_plus:
        if TRUNK_ZERO.match(digits):
            raise BadNumber(Bad.INVALID)
        return _international(typed, re.sub("^0{1,2}", "", digits))
    if region == HOME:
        if digits.startswith("00"):
            found = _international(typed, digits[2:])
            if found.line is Line.OTHER:  # more likely a slip in a number of ours than a foreign service
                raise BadNumber(Bad.INVALID)
            return found
        digits, has_country = msisdn_china.without_country(digits)
        return _chinese(typed, digits, has_country=has_country, area_code=msisdn_china.area_code_in(area_code))
    return _elsewhere(typed, region, area_code)


def _chinese(typed: Typed, digits: str, *, has_country: bool, area_code: str | None = None) -> Number:
    national, extension = msisdn_china.national(typed, digits, has_country=has_country, area_code=area_code)
    kind = msisdn_china.kind_of(national)
    if kind == PhoneNumberType.UNKNOWN:
        raise BadNumber(Bad.INVALID)
    return Number(f"+{msisdn_china.COUNTRY}{national}", extension, LINES.get(kind, Line.OTHER))


def _international(typed: Typed, digits: str) -> Number:
    """What was written with its country code."""
    if digits.startswith("86"):
        rest = digits[2:]
        if rest.startswith("86") and msisdn_china.MOBILE.fullmatch(rest[2:]):
            rest = rest[2:]  # a program put the code before a number that had it
        return _chinese(typed, rest, has_country=True)
    if digits.startswith("521") and len(digits) == MEXICAN:
        digits = "52" + digits[3:]  # the 1 before mobiles was given up in 2019
    parsed = _parsed("+" + digits, None)
    if _is_divided_within_code(typed, str(parsed.country_code)):
        raise BadNumber(Bad.INVALID)
    return _valid(parsed, typed.extension)


def _is_divided_within_code(typed: Typed, code: str) -> bool:
    """Whether a group ends inside the country code: of +8 162 000 1001 a digit is lost, it is no number of Japan's."""
    if all(len(group) == 1 for group in typed.groups):
        return False
    first = next((group.lstrip("0") for group in typed.groups if group.lstrip("0")), code)
    return len(first) < len(code)


def _elsewhere(typed: Typed, region: str, area_code: str | None) -> Number:
    """A number without plus in another region's sheet; one dialled with that region's exit code may be Chinese."""
    digits = typed.digits
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadNumber(Bad.INVALID)
    if region == "MX":
        digits = DIALLED_IN_MEXICO.sub("", digits)
    if len(digits) <= 6 and phonenumbers.is_valid_short_number_for_region(_short(digits, region), region):
        raise BadNumber(Bad.SHORT_CODE)
    parsed = _parsed(digits, region)
    if parsed.country_code == msisdn_china.COUNTRY:
        return _chinese(typed, str(parsed.national_number), has_country=True)
    try:
        return _valid(parsed, typed.extension)
    except BadNumber as err:
        if err.kind is Bad.NEEDS_AREA_CODE and area_code and area_code.isascii() and area_code.isdecimal():
            return _valid(_parsed(area_code + digits, region), typed.extension)
        if digits.startswith("00") and not digits.startswith("000"):
            return _international(typed, digits[2:])
        raise


def _short(digits: str, region: str) -> PhoneNumber:
    zeros = len(digits) - len(digits.lstrip("0"))
    return PhoneNumber(
        country_code=phonenumbers.country_code_for_region(region),
        national_number=int(digits),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=min(zeros, len(digits) - 1) or None,
    )


def _parsed(digits: str, region: str | None) -> PhoneNumber:
    try:
        return phonenumbers.parse(digits, region)
    except NumberParseException as err:
        if err.error_type == NumberParseException.TOO_LONG:
            raise BadNumber(Bad.TOO_LONG) from None
        if err.error_type == NumberParseException.TOO_SHORT_NSN:
            raise BadNumber(Bad.TOO_SHORT) from None
        raise BadNumber(Bad.INVALID) from None


def _valid(number: PhoneNumber, extension: str | None) -> Number:
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:  # which is what the library calls a number that is not valid
        raise BadNumber(_fault(number))
    if kind not in LINES and phonenumbers.region_code_for_number(number) == NOWHERE:
        raise BadNumber(Bad.INVALID)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Number(e164, extension, LINES.get(kind, Line.OTHER))


def _fault(number: PhoneNumber) -> Bad:
    """Whether it is shorter or longer than any line of its region: the library also knows lengths that none has."""
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return Bad.NEEDS_AREA_CODE
        case ValidationResult.TOO_SHORT:
            return Bad.TOO_SHORT
        case ValidationResult.TOO_LONG:
            return Bad.TOO_LONG
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    about = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    kinds = (about.fixed_line, about.mobile) if about else ()
    lengths = {length for kind in kinds if kind for length in kind.possible_length}
    length = len(phonenumbers.national_significant_number(number))
    if any(kind and length in kind.possible_length_local_only for kind in kinds):
        return Bad.NEEDS_AREA_CODE
    if lengths and length < min(lengths):
        return Bad.TOO_SHORT
    return Bad.TOO_LONG if lengths and length > max(lengths) else Bad.INVALID


def _area_of(national: str) -> str:
    area = AREA_CODE.match(national)
    return area[0] if area else national[:3]
