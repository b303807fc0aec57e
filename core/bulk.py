"""Many rows in one statement: insert those that are missing and leave alone those that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import Base

AT_ONCE = 1000
"""Rows in one statement; PostgreSQL takes at most 65,535 parameters."""


def insert_missing(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *keys: str) -> int:
    """Insert the rows whose `keys` are not in the table yet; a row that is there keeps what people changed in it.

    Every row names the same columns. Safe beside another load of the same rows. Returns how many were inserted.
    """
    made = 0
    target = cast(Table, table.__table__)
    key = [target.c[name] for name in keys]
    for part in _parts(rows):
        statement = insert(target).values(part).on_conflict_do_nothing(index_elements=list(keys)).returning(*key)
        made += len(session.execute(statement).all())
    return made


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(rows)
    while part := list(islice(left, AT_ONCE)):
        yield part
