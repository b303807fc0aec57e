"""The one door: a text, the question that was open, and the moment become a reading."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from understanding.general import read_always
from understanding.providers import read_provider
from understanding.reading import Reading
from understanding.residents import read_resident
from understanding.said import Said
from understanding.speech import read_speech

EXPECT_SUM = frozenset({"provider:amount", "provider:quote"})
"""The contexts in which a sum was asked for: there a bare 110, 119 or 120 is one, and no danger."""


def read(text: str, *, context: str, lang: str, now: datetime, open_codes: Collection[str] = ()) -> Reading:
    """Read a text in the context of the open question, written ``role:question`` (docs/understanding.md lists them).

    ``lang`` is the language assumed so far; both languages are always read. ``now`` is aware; days and hours are those
    of its zone. ``open_codes`` are the sender's open tickets (``A1023``). An unknown context reads as nothing open.
    Never raises on any text; at most the first 2,000 characters count.
    """
    del lang
    if now.tzinfo is None:
        raise ValueError("now must be aware: a naive datetime has no days")
    role, _, question = context.partition(":")
    said = Said(text, role=role, now=now, open_codes=open_codes)
    found = read_always(said, expects_sum=context in EXPECT_SUM)
    if found is not None:
        return found
    if role == "provider":
        return read_provider(said, question)
    if role == "ivr":
        return read_speech(said, question, open_codes)
    return read_resident(said, question)
