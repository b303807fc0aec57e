"""One value that is held about a person, with its source, and how values make a section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

Value = str | int | float | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with where it comes from; an empty source: from the record itself."""

    name: str
    value: Value
    source: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of things: each record is a list of facts, empty ones left out."""

    name: str
    records: Sequence[Sequence[Fact]]


def facts(pairs: Mapping[str, Any]) -> list[Fact]:
    """Facts of these names and values; what is empty is left out."""
    return [Fact(name, value) for name, value in pairs.items() if value not in (None, "")]


def rows_of(session: Session, table: Any, ids: Iterable[int]) -> list[Any]:
    """Rows of a table that name these persons, in their order."""
    return list(session.scalars(select(table).where(table.person_id.in_(ids)).order_by(table.id)))
