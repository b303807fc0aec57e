"""The moment of the corpora, and how a test hears one text."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from understanding import Intent, read

CITY = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=CITY)
"""A Wednesday, ten in the morning."""


def hear(text: str, context: str, *, open_codes: Collection[str] = ()) -> tuple[Intent, dict[str, str]]:
    """Read a text at ten on Wednesday the 25th of November 2026."""
    found = read(text, context=context, lang="zh", now=NOW, open_codes=open_codes)
    return found.intent, dict(found.values)


def intent_of(text: str, context: str) -> Intent:
    """Read a text and give its intent only."""
    return hear(text, context)[0]
