"""When to stop answering: two machines that write to each other never understand each other."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta

WINDOW = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
COUNTED = frozenset(
    {
        "unknown", "ask_code", "help_resident", "help_provider", "code_not_found", "ask_time", "ask_eta", "amount_ask",
        "quote_ask", "pin_ask",
    }
)  # fmt: skip
"""Answers that mean "say it again": confirmations of something understood never count."""

_SIGNED = re.compile(r"\s*(【[^】]{1,20}】)")


def may_answer(wording: str, sent: Collection[str], limit: int) -> bool:
    """Whether this answer may go out, given the names of those of the last hour to the same number."""
    return wording not in COUNTED or sum(name in COUNTED for name in sent) < limit


def is_automatic(text: str, *, marks: Collection[str], signatures: Collection[str]) -> bool:
    """Whether a machine wrote the text: it says so with one of `marks`, or it bears another sender's signature."""
    lowered = text.lower()
    if any(mark in lowered for mark in marks):
        return True
    signed = _SIGNED.match(text)
    return signed is not None and signed[1] not in signatures
