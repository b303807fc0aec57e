"""The numbering plan of the mainland: which digits are whose, by their own lengths, which the library takes loosely."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber

from telephony.bad_number import Bad, BadNumber
from telephony.msisdn_typed import Typed

COUNTRY = 86
SECTION = 7  # leading digits that decide what kind of line a number is
LONGEST = 12  # digits, with the 0 before the area code
MOBILE = re.compile(r"1[3-9]\d{9}")
MOBILES = re.compile(r"(?:1[3-9]\d{9}){2,}")
AREA_CODE = re.compile(r"(10|2\d|[3-9]\d{2})")
SHORT_CODE = re.compile(r"999|1[0-2]\d|1[0-2]\d{3}|1[01]\d{4}|9[56]\d{3,4}|100\d{2}\d{1,2}")
LONGER_CODE = re.compile(r"95\d{4,6}|96\d{4,5}|10086\d+")  # of firms and carriers
DIALLED_FIRST = re.compile(
    r"(?:17951|17950|17911|17910|17909|17908|17901|17900|12593|10193|11808)(?=1[3-9]\d{9}$|0\d{10,11}$)"
)
FREEPHONE = ("400", "800")
LOCAL_FIRST = "2345678"  # no local number begins with another
LOCAL_GROUPS = frozenset(
    {(7,), (3, 4), (4, 3), (3, 2, 2), (8,), (4, 4), (3, 5), (5, 3), (2, 3, 3), (3, 3, 2), (2, 2, 2, 2)}
)
LIKE_NORTH_AMERICA = (3, 3, 4)
DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
ONE_NUMBER = re.compile(r"1[3-9]\d{9}|0[1-9]\d{8,10}|[2-8]\d{6,7}")


def national(typed: Typed, digits: str, *, has_country: bool, area_code: str | None) -> tuple[str, str | None]:
    """The national number without trunk zero, and the extension. `digits` come without the country code.

    Raises BadNumber.
    """
    try:
        return _national(typed, digits, has_country=has_country, area_code=area_code), typed.extension
    except BadNumber as err:
        if err.kind not in {Bad.TOO_LONG, Bad.INVALID}:
            raise
        return _with_extension(typed, digits, has_country=has_country, area_code=area_code, error=err)


def without_country(digits: str) -> tuple[str, bool]:
    """The digits without a country code that was typed without a plus, and whether there was one."""
    for start, shortest in (("086", 13), ("86", 12)):
        if digits.startswith(start) and len(digits) >= shortest:
            return digits.removeprefix(start), True
    return DIALLED_FIRST.sub("", digits), False


def area_code_in(words: str | None) -> str | None:
    """An area code without its zero, from whatever it was written like; None when it is none."""
    plain = unicodedata.normalize("NFKC", words or "")
    found = re.fullmatch(r"0*(?:86)?0*(10|2\d|[3-9]\d{2})", re.sub(r"\D", "", plain))
    return found[1] if found else None


def _national(typed: Typed, digits: str, *, has_country: bool, area_code: str | None) -> str:
    if digits.startswith("0") and digits[1:2] == "1" and digits[2:3] != "0":
        digits = digits[1:]  # the old long-distance 0 before a mobile
    if SHORT_CODE.fullmatch(digits) or (LONGER_CODE.fullmatch(digits) and not _is_peking(typed, digits, has_country)):
        raise BadNumber(Bad.SHORT_CODE)
    if MOBILES.fullmatch(digits):
        raise BadNumber(Bad.MULTIPLE)
    if len(digits) > LONGEST:
        raise BadNumber(Bad.TOO_LONG)
    if DATE.fullmatch(digits) and not has_country:
        raise BadNumber(Bad.NOT_A_NUMBER)
    if digits.startswith(("0400", "0800")):
        digits = digits[1:]
    if digits.startswith("0"):
        return _landline(digits[1:], typed, has_zero=True, has_country=has_country, area_code=area_code)
    if digits.startswith("1") and not _is_peking(typed, digits, has_country):
        return _mobile(digits, typed, has_country=has_country)
    if digits.startswith(FREEPHONE):
        return _of_length(digits, 10)
    if len(digits) in {7, 8} and not has_country:
        return _local(digits, typed, area_code)
    if len(digits) < 7:
        raise BadNumber(Bad.TOO_SHORT)
    if typed.has_word_digit and not has_country:
        raise BadNumber(Bad.LETTERS)
    return _landline(digits, typed, has_zero=False, has_country=has_country, area_code=area_code)


def _is_peking(typed: Typed, digits: str, has_country: bool) -> bool:
    """Ten digits with Peking's 10 before them. A firm's port begins like a local 65 to 69: the form decides."""
    if len(digits) != 10 or digits[:2] != "10" or digits[2] not in LOCAL_FIRST:
        return False
    return has_country or "10" in typed.groups[:1] or not re.match(r"106[5-9]", digits)


def _mobile(digits: str, typed: Typed, *, has_country: bool) -> str:
    if not has_country and tuple(map(len, typed.groups)) == (1, *LIKE_NORTH_AMERICA):
        raise BadNumber(Bad.INVALID)
    return _of_length(digits, 11)


def _landline(digits: str, typed: Typed, *, has_zero: bool, has_country: bool, area_code: str | None) -> str:
    """Area code and local number. Without its zero only where the groups do not speak against it."""
    found = AREA_CODE.match(digits)
    if found is None:
        raise BadNumber(Bad.INVALID)
    area, local = found[0], digits[found.end() :]
    if (SHORT_CODE.fullmatch(local) or LONGER_CODE.fullmatch(local)) and (len(local) > 3 or local in typed.groups):
        raise BadNumber(Bad.SHORT_CODE)
    if not has_country and not _is_divided_well(area, typed, has_zero=has_zero, area_code=area_code):
        raise BadNumber(Bad.INVALID)
    return area + _of_city(area, local)


def _is_divided_well(area: str, typed: Typed, *, has_zero: bool, area_code: str | None) -> bool:
    """Whether the first group is the area code: 090-1234-5678 is Japan's, (202) 555-0143 America's."""
    first = typed.groups[0].removeprefix("0") if has_zero else typed.groups[0]
    if first and len(first) < len(area):
        return False
    if has_zero or not first:
        return True
    if len(typed.groups) > 1 and first != area:
        return False
    return tuple(map(len, typed.groups)) != LIKE_NORTH_AMERICA or area == area_code


def _local(digits: str, typed: Typed, area_code: str | None) -> str:
    if digits[0] not in LOCAL_FIRST or tuple(map(len, typed.groups)) not in LOCAL_GROUPS:
        raise BadNumber(Bad.INVALID)
    if area_code is None:
        raise BadNumber(Bad.NEEDS_AREA_CODE)
    if typed.has_word_digit:
        raise BadNumber(Bad.LETTERS)
    return area_code + _of_city(area_code, digits)


def _of_city(area: str, local: str) -> str:
    lengths = local_lengths(area)
    if not lengths:
        raise BadNumber(Bad.INVALID)
    if len(local) < min(lengths):
        raise BadNumber(Bad.TOO_SHORT)
    if len(local) > max(lengths):
        raise BadNumber(Bad.TOO_LONG)
    if local[0] not in LOCAL_FIRST:
        raise BadNumber(Bad.INVALID)
    return local


def _with_extension(
    typed: Typed, digits: str, *, has_country: bool, area_code: str | None, error: BadNumber
) -> tuple[str, str | None]:
    """A landline whose last group, behind a hyphen, is an extension; or two numbers; else the error again."""
    last = typed.groups[-1]
    base = digits.removesuffix(last)
    is_line = base.startswith(("0", *FREEPHONE)) or has_country or len(base) in {7, 8}
    if typed.by_hyphen and len(typed.groups) > 1 and len(last) <= 6 and is_line and not MOBILE.match(base.lstrip("0")):
        shorter = Typed(typed.groups[:-1], typed.has_plus)
        with suppress(BadNumber):
            return _national(shorter, base, has_country=has_country, area_code=area_code), last
    for at in range(1, len(typed.groups)):
        left, right = "".join(typed.groups[:at]), "".join(typed.groups[at:])
        if ONE_NUMBER.fullmatch(left) and ONE_NUMBER.fullmatch(right):
            raise BadNumber(Bad.MULTIPLE) from None
    raise error


def _of_length(digits: str, length: int) -> str:
    if len(digits) != length:
        raise BadNumber(Bad.TOO_SHORT if len(digits) < length else Bad.TOO_LONG)
    return digits


@lru_cache(maxsize=1024)
def local_lengths(area: str) -> frozenset[int]:
    """How many digits local numbers of an area have, as the library knows them; empty: no such area."""
    return frozenset(
        length
        for length in (7, 8)
        if phonenumbers.is_valid_number(
            PhoneNumber(country_code=COUNTRY, national_number=int(area + "55501010"[:length]))
        )
    )


def kind_of(national: str) -> int:
    """The library's kind of a national number; unknown where there is no such number.

    In this plan the first seven digits and the length decide, so that an import asks the library once a section.
    """
    return _kind_of(national[:SECTION], len(national))


@lru_cache(maxsize=16384)
def _kind_of(section: str, length: int) -> int:
    number = PhoneNumber(country_code=COUNTRY, national_number=int(section.ljust(length, "5")))
    return phonenumbers.number_type(number)
