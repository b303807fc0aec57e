"""Where a list goes on: moment and id of the last row, as one word of an address."""

from __future__ import annotations

from datetime import datetime

LARGEST_ID = 2**31 - 1


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
    return (at, row) if at.tzinfo is not None and 0 < row <= LARGEST_ID else None
