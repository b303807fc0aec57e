"""Telephone numbers inside what people wrote or said, for readers who may not see numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

SHORTEST = 7  # digits: longer than any code, price or door
LONG = re.compile(rf"(?<!\d)\+?(?:\d[ \u00a0\u3000.\-\u2010-\u2015/()]{{0,3}}){{{SHORTEST - 1},}}\d(?!\d)")
DAY = re.compile(r"(?:18|19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?: [012]?\d)?")


def without_numbers(words: str) -> str:
    """The words with every telephone number cut down to its last four digits; a day stays."""
    return _cut_down(words, lambda digits: False)


def without_numbers_of_others(words: str, own: Collection[str]) -> str:
    """The words with every telephone number cut down but those of `own` (E.164), in whatever form they are written."""

    def is_own(digits: str) -> bool:
        national = digits.lstrip("0")
        return len(national) >= SHORTEST and any(number.endswith(national) for number in own)

    return _cut_down(words, is_own)


def _cut_down(words: str, stays: Callable[[str], bool]) -> str:
    def seen(found: re.Match[str]) -> str:
        digits = "".join(str(unicodedata.decimal(one)) for one in found[0] if one.isdecimal())
        return found[0] if DAY.fullmatch(found[0]) or stays(digits) else f"\u2022\u2022\u2022\u2022 {digits[-4:]}"

    return LONG.sub(seen, words)
