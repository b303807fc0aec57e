"""Telephone numbers inside a sentence, in E.164; numbers of the mainland and those written with a plus."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"(?<![\d+])(?:(?:\+|00)?86[ -]?)?(1[3-9]\d(?:[ -]?\d){8})(?!\d)")
_LANDLINE = re.compile(
    r"(?<![\d+])(?:(?:\+|00)86[ -]?)?0?((?:10|2\d|[3-9]\d{2})[ -]\d{7,8}|(?<=0)(?:10|2\d)\d{8}|"
    r"(?<=0)[3-9]\d{2}\d{7,8})(?!\d)"
)
_FOREIGN = re.compile(r"\+(?!86)(\d(?:[ .-]?\d){7,14})(?!\d)")
_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){5,}")


def find_phone(digits: str) -> tuple[str, str]:
    """Give the first telephone number of a folded text with digits as E.164, and the text without numbers so long.

    Any run of six digits or more leaves the text, so that it is never taken for a price or a time. A mobile number of
    eleven digits, one short of a digit, is no number.
    """
    found = ""
    for pattern, prefix in ((_FOREIGN, "+"), (_MOBILE, "+86"), (_LANDLINE, "+86")):
        match = pattern.search(digits)
        if match is not None:
            found = prefix + re.sub(r"\D", "", match[1])
            break
    return found, _RUN.sub(" ", digits) if found or re.search(r"\d{6}", digits) else digits
