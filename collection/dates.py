"""Dates as lists write them, read without guessing; what cannot be a birthday is refused with the reason."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

OLDEST = 120  # years
_YEAR_FIRST = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?(?:[T ]0{1,2}:00(?::00(?:\.0+)?)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0+)?")
_MONTH = re.compile(r"(\d{4})[-/.\u5e74](\d{1,2})\u6708?")
_YEAR = re.compile(r"(\d{4})(?:\u5e74|\.0+)?")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_DAY_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})")


class Bad(StrEnum):
    """Why something is not the date that it should be."""

    UNREADABLE = "unreadable"
    NO_SUCH_DAY = "no_such_day"  # 29 February of a common year, 31 June
    UNCLEAR = "unclear"  # 03/04/1980: whose month?
    SERIAL = "serial"  # the number that a spreadsheet keeps instead
    NOT_WHOLE = "not_whole"  # a year or a month only
    IN_FUTURE = "in_future"
    TOO_OLD = "too_old"


class BadDate(ValueError):
    """Not a date that can be kept; `kind` says why."""

    def __init__(self, kind: Bad) -> None:
        super().__init__(f"not a date: {kind}")
        self.kind = kind


def read(words: str) -> date:
    """The one day that these words name: year first, divided by dashes, slashes, dots or characters, or eight digits.

    Raises BadDate: a day that the calendar does not have, an order that could be read two ways, a bare number.
    """
    text = unicodedata.normalize("NFKC", words).strip()
    found = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        raise BadDate(_why(text))
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise BadDate(Bad.NO_SUCH_DAY) from None


def birthday(words: str, today: date) -> date:
    """A day on which somebody who lives today can have been born. Raises BadDate."""
    return _sensible(read(words), today)


def since(words: str, today: date) -> date:
    """A day since when, also a month or a year, which mean their first day. Raises BadDate."""
    text = unicodedata.normalize("NFKC", words).strip()
    found = _MONTH.fullmatch(text) or _YEAR.fullmatch(text)
    if found is None:
        return _sensible(read(words), today)
    try:
        return _sensible(date(int(found[1]), int(found[2]) if found.re is _MONTH else 1, 1), today)
    except ValueError as err:
        raise err if isinstance(err, BadDate) else BadDate(Bad.NO_SUCH_DAY) from None


def _sensible(day: date, today: date) -> date:
    if day > today:
        raise BadDate(Bad.IN_FUTURE)
    if day.year < today.year - OLDEST:
        raise BadDate(Bad.TOO_OLD)
    return day


def _why(text: str) -> Bad:
    if _SERIAL.fullmatch(text):
        return Bad.SERIAL
    if _DAY_FIRST.fullmatch(text):
        return Bad.UNCLEAR
    if _YEAR.fullmatch(text) or _MONTH.fullmatch(text):
        return Bad.NOT_WHOLE
    return Bad.UNREADABLE
