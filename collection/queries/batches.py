"""Reads of sources, batches and their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from collection.errors import BatchNotFound
from collection.models import Batch, BatchRow, BatchState, ImportNote, Outcome, Source
from directory.queries.scoping import within
from directory.scope import Scope

PAGE = 30
WORKING = (BatchState.RECEIVED, BatchState.CHECKING, BatchState.APPLYING, BatchState.UNDOING)


@dataclass(frozen=True, slots=True)
class RowOrigin:
    """Where a row of a list stands."""

    batch_id: int
    row_no: int
    source: str
    as_of: date
    place: str  # code of that of the list


def batches(session: Session, scope: Scope, *, before: int | None = None) -> list[Batch]:
    """A page of the lists of the reader's area, the newest first. `before` is the last id of the page before."""
    wanted = select(Batch).where(within(Batch.jurisdiction_code, scope)).options(joinedload(Batch.source))
    if before is not None:
        wanted = wanted.where(Batch.id < before)
    return list(session.scalars(wanted.order_by(Batch.id.desc()).limit(PAGE)))


def batch(session: Session, scope: Scope, batch_id: int) -> Batch:
    """One list with its source. Raises BatchNotFound, also for one outside the reader's area."""
    found = session.scalar(
        select(Batch)
        .where(Batch.id == batch_id, within(Batch.jurisdiction_code, scope))
        .options(joinedload(Batch.source))
    )
    if found is None:
        raise BatchNotFound
    return found


def sources(session: Session) -> list[Source]:
    """Every source, by name. Sources are no data of residents, so that every reader may know them."""
    return list(session.scalars(select(Source).order_by(Source.name)))


def notes(session: Session, batch_id: int) -> list[ImportNote]:
    """What is to be said of a whole list."""
    return list(session.scalars(select(ImportNote).where(ImportNote.batch_id == batch_id).order_by(ImportNote.id)))


def samples(session: Session, scope: Scope, batch_id: int, each: int) -> dict[Outcome, list[BatchRow]]:
    """The first rows of each outcome, in one statement."""
    place = func.row_number().over(partition_by=BatchRow.outcome, order_by=BatchRow.row_no).label("place")
    numbered = (
        select(BatchRow.id, place)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .where(BatchRow.batch_id == batch_id, within(Batch.jurisdiction_code, scope))
        .subquery()
    )
    found: dict[Outcome, list[BatchRow]] = {}
    for row in session.scalars(
        select(BatchRow)
        .join(numbered, numbered.c.id == BatchRow.id)
        .where(numbered.c.place <= each)
        .order_by(BatchRow.row_no)
    ):
        if row.outcome is not None:
            found.setdefault(row.outcome, []).append(row)
    return found


def rows(
    session: Session, scope: Scope, batch_id: int, outcome: Outcome, *, after: int = 0, limit: int = PAGE
) -> Sequence[BatchRow]:
    """A page of the rows of one outcome, in the order of the file."""
    return session.scalars(
        select(BatchRow)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .where(
            BatchRow.batch_id == batch_id,
            BatchRow.outcome == outcome,
            BatchRow.row_no > after,
            within(Batch.jurisdiction_code, scope),
        )
        .order_by(BatchRow.row_no)
        .limit(limit)
    ).all()


def origins(session: Session, scope: Scope, row_ids: Collection[int]) -> dict[int, RowOrigin]:
    """From which list these rows came, as far as it lies in the reader's area; one statement."""
    found = session.execute(
        select(BatchRow.id, Batch.id, BatchRow.row_no, Source.name, Batch.as_of, Batch.jurisdiction_code)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .join(Source, Source.id == Batch.source_id)
        .where(BatchRow.id.in_(row_ids), within(Batch.jurisdiction_code, scope))
    )
    return {row[0]: RowOrigin(*row[1:]) for row in found}


def refused(
    session: Session, batch_id: int, after: int, limit: int
) -> Sequence[tuple[int, list[object], list[object]]]:
    """Number, cells and reasons of the next refused rows of a list, for the file that goes back."""
    return session.execute(
        select(BatchRow.row_no, BatchRow.cells, BatchRow.reasons)
        .where(BatchRow.batch_id == batch_id, BatchRow.outcome == Outcome.REFUSE, BatchRow.row_no > after)
        .order_by(BatchRow.row_no)
        .limit(limit)
    ).all()
