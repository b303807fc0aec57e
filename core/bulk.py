"""Many rows in one statement: insert those that are missing and leave alone those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import psycopg
from sqlalchemy import ARRAY, Row, Table, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import Base

AT_ONCE = 1000
"""Rows in one statement. They go as one array a column: writing down a thousand rows of single parameters takes ten
times as long as inserting them."""


def insert_missing(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *keys: str) -> int:
    """Insert the rows whose `keys` are not in the table yet; a row that is there keeps what people changed in it.

    Every row names the same columns. Safe beside another load of the same rows. Returns how many were inserted.
    """
    return sum(1 for _ in _inserted(session, table, rows, keys))


def insert_missing_ids(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], *keys: str
) -> dict[tuple[Any, ...], int]:
    """The same; of those that were inserted the id by their `keys`."""
    return {tuple(row[1:]): row[0] for row in _inserted(session, table, rows, ("id", *keys), keys)}


def _inserted(
    session: Session,
    table: type[Base],
    rows: Sequence[Mapping[str, Any]],
    returned: Sequence[str],
    keys: Sequence[str] = (),
) -> Iterator[Row[Any]]:
    target = cast(Table, table.__table__)
    for part in _parts(rows):
        names = list(part[0])
        given = func.unnest(*(literal([row[name] for row in part], ARRAY(target.c[name].type)) for name in names))
        listed = given.table_valued(*names, name="given").render_derived()
        missing = insert(target).from_select(names, select(*(listed.c[name] for name in names)))
        missing = missing.on_conflict_do_nothing(index_elements=list(keys or returned))
        yield from session.execute(missing.returning(*(target.c[name] for name in returned)))


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
