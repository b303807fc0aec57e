"""Days in a workbook: a number under a format. What the format does not show nobody typed, so it is not taken over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum

from openpyxl.styles.numbers import BUILTIN_FORMATS, STRIP_RE, is_date_format
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring


class Shows(StrEnum):
    """What of a day a format shows."""

    DAY = "day"
    MONTH = "month"  # year and month
    NO_YEAR = "no_year"  # month and day: the spreadsheet added the year in which it was typed
    TIME = "time"


Formats = Mapping[int, Shows]
"""Style of a cell -> what is shown; styles that show no date are not in it."""
CHINESE = {
    **dict.fromkeys((27, 36, 50, 52, 57), "yyyy-m"),
    **dict.fromkeys((28, 29, 51, 53, 54, 58), "m-d"),
    **dict.fromkeys((30, 31), "yyyy-m-d"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm"),
}
"""Formats with a number only, of spreadsheets in Chinese (ECMA-376, 18.8.30); openpyxl knows those of English ones."""
_NS = {"s": SHEET_MAIN_NS}


def formats_of(styles: bytes) -> Formats:
    """The styles of a workbook whose cells are days."""
    if not styles:
        return {}
    root = fromstring(styles)
    own = {int(one.get("numFmtId", "0")): one.get("formatCode", "") for one in root.iterfind("s:numFmts/s:numFmt", _NS)}
    known: dict[int, str] = {**BUILTIN_FORMATS, **CHINESE, **own}
    found = {}
    for style, one in enumerate(root.iterfind("s:cellXfs/s:xf", _NS)):
        code = known.get(int(one.get("numFmtId", "0")), "")
        if is_date_format(code):
            found[style] = _shows(code)
    return found


def _shows(code: str) -> Shows:
    parts = STRIP_RE.sub("", code.partition(";")[0]).lower()
    if not re.search("[yed]", parts):
        return Shows.TIME
    if not re.search("[ye]", parts):
        return Shows.NO_YEAR
    return Shows.DAY if "d" in parts else Shows.MONTH


def shown(value: date | time, shows: Shows | None) -> str:
    """A day as the sheet shows it, its parts in one order. A month that hides another day than its first is a day."""
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(sep=" ")
    day = value.date() if isinstance(value, datetime) else value
    if shows is Shows.MONTH and day.day == 1:
        return f"{day:%Y-%m}"
    return f"{day.month}-{day.day}" if shows is Shows.NO_YEAR else day.isoformat()
