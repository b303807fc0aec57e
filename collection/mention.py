"""Whether a row as it was received speaks of somebody: his name, and beside it one more thing that is his."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from collection import identity
from directory import dwelling
from directory.erased import plain

WHOLE_IDENTITY = 18
LAST_DIGITS = 8
"""So many of the last digits of a number are the same however it was written: with area code, prefix or neither."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """What would be his in a row."""

    names: frozenset[str]  # folded
    numbers: frozenset[str] = frozenset()  # the last digits
    days: frozenset[str] = frozenset()  # the birth date, as digits
    last4: frozenset[str] = frozenset()  # of his identity number
    addresses: frozenset[str] = frozenset()  # in their one written form

    @property
    def initials(self) -> frozenset[str]:
        """The first sign of each name: a row without any of them does not speak of him."""
        return frozenset(name[0] for name in self.names)


@dataclass(slots=True)
class Known:
    """Gathers what the base knows of him."""

    names: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    births: set[date] = field(default_factory=set)
    last4: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def somebody(self) -> Somebody:
        """The same, in the forms in which rows are compared."""
        return Somebody(
            names=frozenset(plain(one) for one in self.names) - {""},
            numbers=frozenset(_digits(one)[-LAST_DIGITS:] for one in self.numbers) - {""},
            days=frozenset(form for one in self.births for form in _forms(one)),
            last4=frozenset(one.upper() for one in self.last4) - {""},
            addresses=frozenset(dwelling.plain(one) for one in self.addresses) - {""},
        )


def names(cells: Sequence[str], whose: Somebody) -> bool:
    """Whether one of the cells is his name."""
    folded = unicodedata.normalize("NFKC", "\n".join(cells)).casefold()
    if not any(one in folded for one in whose.initials):
        return False
    return any(plain(cell) in whose.names for cell in cells)


def is_of(cells: Sequence[str], whose: Somebody) -> bool:
    """Whether the row speaks of him: a name alone belongs to many."""
    return names(cells, whose) and any(_is_his(cell, whose) for cell in cells)


def _is_his(cell: str, whose: Somebody) -> bool:
    digits = _digits(cell)
    if digits and (_holds(digits, whose.numbers) or digits in whose.days):
        return True
    if any(digits.startswith(day) for day in whose.days if len(day) == 8):  # with a time behind it
        return True
    words = unicodedata.normalize("NFKC", cell).strip().upper()
    if words[-4:] in whose.last4 and (identity.is_hidden(words) or len(words) == WHOLE_IDENTITY):
        return True
    return bool(whose.addresses) and dwelling.plain(cell) in whose.addresses


def _holds(digits: str, numbers: Collection[str]) -> bool:
    return any(one in digits for one in numbers)


def _digits(words: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", words) if character in "0123456789")


def _forms(day: date) -> set[str]:
    return {f"{day:%Y%m%d}", f"{day.year}{day.month}{day.day}", f"{day.month}{day.day}{day.year}"}
