"""Where two sources say different things of one person: whose word counts, field by field. Every loser is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

BY_HAND = ("user:", "call:", "sms:")
"""Beginnings of sources that are somebody's own word: the resident's or of whoever keeps the records."""


class Verdict(StrEnum):
    """What becomes of a value that a list brings."""

    TAKE = "take"
    SAME = "same"  # it stands there already
    KEEP_HAND = "kept_by_hand"  # set by hand: stays until a person decides
    KEEP_AUTHORITY = "kept_authority"  # the other source knows better
    KEEP_NEWER = "kept_newer"  # the other source is more recent


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value that stands there comes from."""

    source: str
    authority: int
    as_of: date | None


def is_by_hand(source: str) -> bool:
    """Whether a source is a person's own word and no list."""
    return source.startswith(BY_HAND)


def decide(standing: str, brought: str, origin: Origin | None, authority: int, as_of: date) -> Verdict:
    """Whether a brought value replaces the one that stands.

    An empty value never wipes one out and an empty place is always filled. A value set by hand stays. Else the
    higher authority wins, and between equals the newer list; a value without known origin gives way.
    """
    if not brought or brought == standing:
        return Verdict.SAME
    if not standing or origin is None:
        return Verdict.TAKE
    if is_by_hand(origin.source):
        return Verdict.KEEP_HAND
    if origin.authority != authority:
        return Verdict.TAKE if authority > origin.authority else Verdict.KEEP_AUTHORITY
    if origin.as_of is not None and origin.as_of > as_of:
        return Verdict.KEEP_NEWER
    return Verdict.TAKE
