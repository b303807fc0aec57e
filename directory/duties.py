"""Who answers for a matter in a place: the nearest place that says so, and there its category before "*"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

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
    from_on: date = date.min
    until_on: date | None = None  # the first day on which it is over

    def counts(self, on: date) -> bool:
        """Whether it counts on a day."""
        return self.from_on <= on and (self.until_on is None or on < self.until_on)


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers, and from where that comes."""

    duty: Duty
    is_own: bool  # said for this very place, not for one above it


Span = tuple[date, date | None]
"""From a day on until before another; None: without end."""


def free(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of a span of days where others are taken."""
    left = [span]
    for begin, end in taken:
        rest: list[Span] = []
        for from_on, until_on in left:
            if from_on < begin:
                rest.append((from_on, begin if until_on is None else min(begin, until_on)))
            if end is not None and (until_on is None or end < until_on):
                rest.append((max(end, from_on), until_on))
        left = rest
    return left


def answering(duties: Iterable[Duty], code: str, category: str) -> Answering | None:
    """Who answers for this category there; None is a hole."""
    said = {(duty.code, duty.category): duty for duty in duties}
    for place in reversed(path(code)):
        found = said.get((place, category)) or said.get((place, EVERY))
        if found is not None:
            return Answering(found, place == code)
    return None


def hole_from(duties: Iterable[Duty], code: str, category: str, after: date) -> date | None:
    """The first day after this one on which nobody answers for what is answered for by then; None: none is in sight."""
    here = [duty for duty in duties if duty.category in (category, EVERY) and duty.code in path(code)]
    for day in sorted({duty.until_on for duty in here if duty.until_on is not None and duty.until_on > after}):
        if answering((duty for duty in here if duty.counts(day)), code, category) is None:
            return day
    return None
