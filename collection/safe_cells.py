"""Cells of files that go out: a spreadsheet must never run what somebody typed into a name."""

from __future__ import annotations

RUNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""Full-width signs, too: a spreadsheet with a Chinese keyboard takes them for the others."""
_ILLEGAL = {code: None for code in (*range(32), 0xFFFE, 0xFFFF) if code not in (9, 10, 13)}


def neutral(words: str) -> str:
    """The same words for a spreadsheet; an apostrophe before what it would take for a formula.

    Our own reader takes the apostrophe away again.
    """
    plain = words.translate(_ILLEGAL)
    return f"'{plain}" if plain.lstrip(" \u00a0\u3000\ufeff").startswith(RUNS) else plain
