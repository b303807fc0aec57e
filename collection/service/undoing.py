"""Taking a loaded list back, person by person, the last one first."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import delete, select, text, update

from collection.errors import UndoRightEnded
from collection.models import Batch, BatchRow, BatchState, ImportNote, Made
from collection.service import loader, receiving
from core import tries
from core.uow import UnitOfWork, unit_of_work
from directory.models import Unplaced
from directory.service import unloading
from directory.service.loading import Origin
from directory.service.turns import one_load_at_a_time

AT_ONCE = 500


def undo(batch_id: int, actor: str, is_over: Callable[[], bool]) -> bool:
    """Go on with taking a list back until the end or until time is over. Returns whether there is more to do."""
    while True:
        with unit_of_work(actor) as uow:
            has_more = undo_some(uow, batch_id)
        if not has_more:
            return False
        if is_over():
            return True


def undo_some(uow: UnitOfWork, batch_id: int) -> bool:
    """Take back the next persons of a list. Returns whether there are more."""
    one_load_at_a_time(uow)
    batch = receiving.locked(uow, batch_id)
    if batch.state is not BatchState.UNDOING:
        return False
    if not loader.scope_of(uow, batch.undone_by).covers(batch.jurisdiction_code):
        _stop(uow, batch)
        return False
    uow.actor = batch.undone_by
    origin = Origin(batch.source.name, batch.as_of, batch.id)
    done, last = unloading.undo_some(uow, origin, batch.at_row or None, AT_ONCE)
    if last is None:
        _finish(uow, batch)
        return False
    batch = receiving.locked(uow, batch_id)
    tries.begin_anew(batch)
    batch.at_row = last
    batch.done += len(done.removed) + len(done.restored) + len(done.kept)
    for people, values in ((done.removed, {"person_id": None}), (done.restored, {})):
        uow.session.execute(
            update(BatchRow)
            .where(BatchRow.batch_id == batch.id, BatchRow.person_id.in_(people))
            .values(is_applied=False, **values)
        )
    for person_id in done.kept:
        uow.session.add(ImportNote(batch_id=batch.id, wording="note.person_kept", facts={"person_id": person_id}))
    return True


def _stop(uow: UnitOfWork, batch: Batch) -> None:
    """The right to take it back ended. In the middle it waits, as far as it is, for somebody who has the right."""
    ended = UndoRightEnded(batch.done if batch.at_row else 0)
    batch.refusal, batch.refusal_facts = ended.wording, ended.facts
    if batch.at_row or batch.applied_at is None:  # or its loading had stopped halfway: there is no way back to that
        tries.set_aside(batch, uow.now)
    else:
        batch.state = BatchState.APPLIED
    uow.audit("batch.undo_refused", f"batch:{batch.id}", place=batch.jurisdiction_code, by=batch.undone_by)


def _finish(uow: UnitOfWork, batch: Batch) -> None:
    made = uow.session.execute(select(Made.kind, Made.made_id).where(Made.batch_id == batch.id)).all()
    unloading.remove_places(uow, made)
    uow.session.execute(delete(Made).where(Made.batch_id == batch.id))
    waiting = text("select 'import_row:' || id from batch_rows where batch_id = :batch_id and outcome = 'needs_place'")
    subjects = list(uow.session.scalars(waiting, {"batch_id": batch.id}))
    uow.session.execute(delete(Unplaced).where(Unplaced.subject.in_(subjects), Unplaced.settled_at.is_(None)))
    kept = uow.session.scalars(
        select(ImportNote.id).where(ImportNote.batch_id == batch.id, ImportNote.wording == "note.person_kept")
    ).all()
    tries.begin_anew(batch)
    batch.state, batch.undone_at = BatchState.UNDONE, uow.now
    batch.counts = {**batch.counts, "kept_people": len(kept)}
    uow.audit("batch.undone", f"batch:{batch.id}", place=batch.jurisdiction_code, kept=len(kept))
