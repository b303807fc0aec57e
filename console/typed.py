"""What was typed: a day, and a form that was refused, to be put back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was refused: which one, what stood in it, why, and at which input."""

    action: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    at: str = ""


NOTHING_TYPED = Typed()


def read_day(words: str) -> date | None:
    """A day as date inputs write it; None for anything else."""
    try:
        return date.fromisoformat(words.strip())
    except ValueError:
        return None
