"""Telephone numbers inside what people wrote or said, for readers who may not see numbers."""

from __future__ import annotations

import re

LONG = re.compile(r"(?<!\d)\+?(?:\d[ -]?){6,}\d(?!\d)")  # seven digits or more: longer than any code, price or door


def without_numbers(words: str) -> str:
    """The words with every telephone number cut down to its last four digits."""
    return LONG.sub(lambda found: f"•••• {re.sub(r'[^0-9]', '', found[0])[-4:]}", words)
