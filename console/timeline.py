"""Merge the calls, texts and steps of one ticket into one list, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from console.recordings import Sound


class Kind(StrEnum):
    """What an entry is; the filters of the page are these."""

    CALL = "calls"
    TEXT = "texts"
    JOB = "jobs"
    NOTE = "notes"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, heard or keyed in a call."""

    who: str  # line, caller
    words: str
    digits: str
    intent: str
    certainty: float | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `look` picks the icon, `facts` fill the sentence of `wording`."""

    at: datetime
    order: int  # for entries of the same moment
    kind: Kind
    look: str
    wording: str
    facts: dict[str, Any] = field(default_factory=dict)
    words: str = ""  # what was said or written, in its own language
    lang: str = ""
    is_inbound: bool = False
    turns: tuple[Turn, ...] = ()
    sounds: tuple[Sound, ...] = ()
    actor: str = ""


def merge(*sources: Iterable[Entry]) -> list[Entry]:
    """All entries in order of time; at the same moment what people did comes before what followed from it."""
    return sorted((entry for source in sources for entry in source), key=lambda entry: (entry.at, entry.order))


def only(entries: Sequence[Entry], kind: str) -> list[Entry]:
    """The entries of one filter; an unknown filter shows all."""
    return [entry for entry in entries if entry.kind == kind] if kind in set(Kind) else list(entries)
