"""Many rows in one statement: insert those that are missing and leave alone those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import psycopg
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


def copy_in(session: Session, table: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows by COPY, as quickly as PostgreSQL takes them; the columns that are not named get their defaults.

    Values go as the driver takes them: enums as their value, JSON as `Jsonb`. A row that is there already is an error.
    """
    session.flush()
    names = ", ".join(f'"{name}"' for name in columns)
    connection = cast(psycopg.Connection[Any], session.connection().connection.driver_connection)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {table.__tablename__} ({names}) from stdin") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    left = iter(rows)
    while part := list(islice(left, AT_ONCE)):
        yield part
