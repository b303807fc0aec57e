"""Telephone numbers inside what people wrote or said, for readers who may not see numbers."""

from __future__ import annotations

import re
from collections.abc import Collection

LONG = re.compile(r"(?<!\d)\+?(?:\d[ -]?){6,}\d(?!\d)")  # seven digits or more: longer than any code, price or door


def without_numbers(words: str) -> str:
    """The words with every telephone number cut down to its last four digits."""
    return LONG.sub(lambda found: f"•••• {re.sub(r'[^0-9]', '', found[0])[-4:]}", words)


def without_numbers_of_others(words: str, own: Collection[str]) -> str:
    """The words with every telephone number cut down but those of `own` (E.164), in whatever form they are written."""

    def seen(found: re.Match[str]) -> str:
        digits = re.sub(r"[^0-9]", "", found[0])
        is_own = any(number.endswith(digits.lstrip("0")) for number in own)
        return found[0] if is_own else f"•••• {digits[-4:]}"

    return LONG.sub(seen, words)
