"""Who answers for a matter in a place: the nearest place that says so, and there its category before "*"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from directory.jurisdiction import path

EVERY = "*"
"""Every category without a row of its own."""
UNIT_KINDS = ("committee", "department", "property_manager", "other")


@dataclass(frozen=True, slots=True)
class Duty:
    """That a unit answers for a category in a place, with all that lies below it."""

    code: str
    category: str  # of the catalogue, or EVERY
    unit_id: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers, and from where that comes."""

    duty: Duty
    is_own: bool  # said for this very place, not for one above it


def answering(duties: Iterable[Duty], code: str, category: str) -> Answering | None:
    """Who answers for this category there; None is a hole."""
    said = {(duty.code, duty.category): duty for duty in duties}
    for place in reversed(path(code)):
        found = said.get((place, category)) or said.get((place, EVERY))
        if found is not None:
            return Answering(found, place == code)
    return None
