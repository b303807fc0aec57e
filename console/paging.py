"""A page of a list and where it goes on: moment and id of the last row, as one word of an address; ids that can be."""

from __future__ import annotations

from datetime import datetime

PAGE = 50  # rows
LARGEST_ID = 2**31 - 1
LONGEST_ID = 10  # digits


def cursor(moment: datetime, number: int) -> str:
    """The word that stands for this row."""
    return f"{moment.isoformat()}~{number}"


def read_cursor(word: str) -> tuple[datetime, int] | None:
    """Moment and id of a cursor; None for anything else, so that a spoilt address begins at the first page."""
    moment, _, number = word.partition("~")
    try:
        at, row = datetime.fromisoformat(moment.replace(" ", "+")), int(number)
    except ValueError:
        return None
    return (at, row) if at.tzinfo is not None and is_id(row) else None


def read_id(word: str) -> int | None:
    """The id of a row in an address; None for what cannot be one."""
    number = int(word) if word.isascii() and word.isdecimal() and len(word) <= LONGEST_ID else 0
    return number if is_id(number) else None


def is_id(number: int) -> bool:
    """Whether a number can be the id of a row."""
    return 0 < number <= LARGEST_ID
