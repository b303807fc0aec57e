"""What this domain announces."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HelperNamed:
    """Somebody else gets a person's messages from now on."""

    person_id: int
    helper_id: int


@dataclass(frozen=True, slots=True)
class TextsGoElsewhere:
    """What is written to a person goes to another number from now on: a helper came or went, a number was wrong."""

    person_id: int
    was: frozenset[str]  # E.164
    now: str | None  # E.164; None: he cannot be written to


@dataclass(frozen=True, slots=True)
class CorrectionTold:
    """Somebody told us that something about a person is wrong."""

    correction_id: int
    community_code: str


@dataclass(frozen=True, slots=True)
class CorrectionSettled:
    """Whoever keeps the records has looked at it."""

    correction_id: int


@dataclass(frozen=True, slots=True)
class Matter:
    """One ticket of a person. A code is used again after months: what lies outside the span is another's."""

    code: str
    from_at: datetime
    until_at: datetime | None
    call_sid: str | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that stands against erasing a person now."""

    kind: str  # hold, ticket, call
    subject: str  # id of the hold or call, code of the ticket


@dataclass(slots=True)
class Traces:
    """By what a person's traces are found everywhere. The domains above add what they know."""

    person_ids: frozenset[int]  # the person with all who were merged into him
    numbers: frozenset[str]  # E.164, everyone that was ever his
    shared: set[str] = field(default_factory=set)  # those of them that are somebody else's, too
    matters: list[Matter] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)

    @property
    def own(self) -> frozenset[str]:
        """The numbers that nobody else has: everything at them is his."""
        return self.numbers - self.shared


@dataclass(frozen=True, slots=True)
class PersonTraced:
    """Somebody's traces are looked for: add the matters, who shares a number, and what stands against erasing."""

    traces: Traces


@dataclass(frozen=True, slots=True)
class PersonErased:
    """A person is being erased in this transaction: take out what says who he is, and count what went.

    The reaction belongs to the erasure: when it fails nothing is erased.
    """

    person_id: int
    traces: Traces
    gone: Counter[str]
    is_preview: bool = False  # it is taken back at once: what takes long is counted only, under a name of its own


@dataclass(frozen=True, slots=True)
class PlacesReorganised:
    """Places ended and others follow them, or this was taken back: what hangs on the codes follows, or all fails."""

    reorganisation_id: int
    pairs: tuple[tuple[str, str], ...]  # old and new code; one old may have several that follow
    houses: dict[str, str]  # of a split community: building to new code
    is_undone: bool = False

    def following(self) -> dict[str, tuple[str, ...]]:
        """What follows each code; with the change taken back, what each led back to."""
        found: dict[str, tuple[str, ...]] = {}
        for old, new in self.pairs:
            here, there = (new, old) if self.is_undone else (old, new)
            found[here] = (*found.get(here, ()), there)
        return found


@dataclass(frozen=True, slots=True)
class PlaceSettled:
    """Somebody said where something lies that had no place: whoever put it on the list goes on, or all fails."""

    unplaced_id: int
    subject: str  # as it was put there: import_row:345
    code: str
