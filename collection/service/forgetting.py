"""What goes of lists when a person is erased or they are old: the file, the rows as received, pairs to be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update

from collection.models import Batch, BatchRow, BatchState, MatchCandidate
from core import disposal
from core.retention import Kind
from core.uow import UnitOfWork
from directory.events import Traces
from directory.queries.privacy import held_persons

BEING_READ = (BatchState.RECEIVED, BatchState.CHECKING)
NOTHING: dict[str, Any] = {"cells": [], "reasons": [], "values": {}, "keys": []}
AT_REST = (BatchState.APPLIED, BatchState.UNDONE, BatchState.REJECTED)


def forget(uow: UnitOfWork, traces: Traces) -> Counter[str]:
    """Take a person's rows out of every list, with the files in which they stand; pairs with him need no decision."""
    session, gone = uow.session, Counter[str]()
    session.flush()
    ids = traces.person_ids
    rows = BatchRow.person_id.in_(ids)
    batches = select(Batch.id).where(
        Batch.id.in_(select(BatchRow.batch_id).where(rows)), Batch.file_path != "", Batch.state.not_in(BEING_READ)
    )
    remove_files(uow, list(session.scalars(batches)))
    quiet = {"synchronize_session": False}
    done = session.execute(update(BatchRow).where(rows).values(NOTHING), execution_options=quiet)
    gone["list_rows"] += done.rowcount  # type: ignore[attr-defined]
    pairs = or_(MatchCandidate.low_id.in_(ids), MatchCandidate.high_id.in_(ids))
    session.execute(delete(MatchCandidate).where(pairs), execution_options=quiet)
    session.expire_all()
    return gone


def remove_files(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Have the files of these batches go."""
    for batch in uow.session.scalars(select(Batch).where(Batch.id.in_(ids)).with_for_update()):
        if batch.file_path:
            disposal.dispose_file(uow, batch.file_path)
        batch.file_path = ""
    uow.session.flush()


def old_files(before: datetime) -> Select[int]:
    """Files received before this that nobody works with any more."""
    return select(Batch.id).where(Batch.received_at < before, Batch.file_path != "", Batch.state.in_(AT_REST))


def old_rows(before: datetime) -> Select[int]:
    """Rows as received in lists from before this, but not of people under a hold."""
    return _old_rows(before).where(func.coalesce(BatchRow.person_id.not_in(held_persons()), True))


def held_rows(before: datetime) -> Select[int]:
    """Those of them that a hold keeps."""
    return _old_rows(before).where(BatchRow.person_id.in_(held_persons()))


def blank_rows(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Take out of these rows what they said; what became of each stays."""
    uow.session.execute(
        update(BatchRow).where(BatchRow.id.in_(ids)).values(NOTHING),
        execution_options={"synchronize_session": False},
    )


def _old_rows(before: datetime) -> Select[int]:
    return (
        select(BatchRow.id)
        .join(Batch, Batch.id == BatchRow.batch_id)
        .where(Batch.received_at < before, Batch.state.in_(AT_REST), func.jsonb_array_length(BatchRow.cells) > 0)
    )


KINDS = (
    Kind("list_files", 30, due=old_files, remove=remove_files),
    Kind("list_rows", 183, due=old_rows, held=held_rows, remove=blank_rows),
)
