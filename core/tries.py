"""Rows that a job could not work off: tried again after growing pauses; after the last try a person says when."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

MOST = 8
"""Tries in a row that fail before the row is set aside: with the pauses between them, two hours."""
FIRST_PAUSE = timedelta(minutes=1)


class Tried:
    """Columns of a table whose rows a job works off one by one. A row that fails costs the others nothing."""

    tries: Mapped[int] = mapped_column(default=0, server_default="0")  # in a row that failed
    try_at: Mapped[datetime | None]  # not before this; None: at once
    set_aside_at: Mapped[datetime | None]  # nobody tries it any more until somebody says so

    @property
    def is_set_aside(self) -> bool:
        """Whether it waits for a person."""
        return self.set_aside_at is not None


def is_due(table: type[Tried], now: datetime) -> ColumnElement[bool]:
    """Rows that a job may try now."""
    return and_(table.set_aside_at.is_(None), or_(table.try_at.is_(None), table.try_at <= now))


def failed(row: Tried, now: datetime) -> bool:
    """Note that a try failed. Returns whether it was the last one: the row is set aside by it."""
    row.tries += 1
    if row.tries >= MOST:
        row.try_at, row.set_aside_at = None, now
        return True
    row.try_at = now + FIRST_PAUSE * 2 ** (row.tries - 1)
    return False


def set_aside(row: Tried, now: datetime) -> None:
    """Leave the row to a person at once: trying it again would not help."""
    row.tries, row.try_at, row.set_aside_at = 0, None, now


def begin_anew(row: Tried) -> None:
    """Forget what failed: a try went well, or a person wants it tried again."""
    if row.tries or row.set_aside_at is not None:
        row.tries, row.try_at, row.set_aside_at = 0, None, None
