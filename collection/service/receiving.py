"""A list comes in: its file is kept, its columns get their fields, and its check begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import BinaryIO

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import IntegrityError

from collection import fields
from collection.errors import BadMapping, BadSource, BatchNotFound, NotNow, OutsideArea, SameFileTwice
from collection.fields import Field
from collection.models import Batch, BatchRow, BatchState, ImportNote, Source
from collection.service import blank, keeping
from collection.table_file import Table, open_table
from collection.table_limits import Limits
from core import disposal, tries, wording
from core.uow import UnitOfWork
from directory.models import Jurisdiction
from directory.scope import Scope

THIRD_PARTY = "third_party"
KINDS = {"committee": 30, "department": 20, THIRD_PARTY: 10}
"""Kinds of source with their authority: of phone and dwelling the committee knows best."""
JOBS = {
    BatchState.CHECKING: "collection.check",
    BatchState.APPLYING: "collection.apply",
    BatchState.UNDOING: "collection.undo",
}
"""Which job goes on with a list."""
_NOT_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
STRAY_AFTER = timedelta(days=1)
LONGEST_NAME = 64
LONGEST_TEXT = 200
NOTES_OF_FILE = ("note.sheets_left_out", "note.hidden_rows")


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody uploads."""

    file: BinaryIO
    file_name: str
    source_id: int
    place: str
    as_of: date


def limits(uow: UnitOfWork) -> Limits:
    """How large a list may be here."""
    policy = uow.policy.collection
    return Limits(largest_file=policy.largest_file_mb * 1024**2, most_rows=policy.most_rows)


def add_source(uow: UnitOfWork, name: str, kind: str, purpose: str = "", basis: str = "") -> Source:
    """A new source, or the one of this name. Raises BadSource; a third party needs a purpose and a legal basis."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or ":" in name:
        raise BadSource("name")
    if kind not in KINDS:
        raise BadSource("kind")
    if kind == THIRD_PARTY and not (purpose.strip() and basis.strip()):
        raise BadSource("basis")
    found = uow.session.scalar(select(Source).where(Source.name == name))
    if found is not None:
        return found
    source = Source(
        name=name,
        kind=kind,
        purpose=purpose.strip()[:LONGEST_TEXT],
        basis=basis.strip()[:LONGEST_TEXT],
        authority=KINDS[kind],
        mapping={},
    )
    uow.session.add(source)
    uow.session.flush()  # its id is wanted
    uow.audit("source.added", f"source:{source.id}", kind=kind)
    return source


def receive(uow: UnitOfWork, scope: Scope, upload: Upload) -> Batch:
    """Keep a file, find out what it is, and guess its columns; nothing of it is in the base.

    Raises OutsideArea, BadFile or SameFileTwice; the file is not kept then.
    """
    source = uow.session.get(Source, upload.source_id)
    place = uow.session.get(Jurisdiction, upload.place)
    if source is None:
        raise BadSource("kind")
    if place is None or not scope.covers(upload.place):
        raise OutsideArea
    kept = keeping.keep(upload.file, limits(uow).largest_file)
    try:
        with keeping.opened(kept.path) as file:
            table = open_table(file, limits(uow), source.mapping.keys())
            batch = _batch(uow, upload, source, kept, table)
        with uow.session.begin_nested():
            uow.session.add(batch)
    except IntegrityError:
        keeping.remove(kept.path)
        raise SameFileTwice from None
    except BaseException:
        keeping.remove(kept.path)
        raise
    if left_out := [title for title in table.file.left_out if title not in blank.help_titles()]:
        names = ", ".join(left_out)[:LONGEST_TEXT]
        uow.session.add(ImportNote(batch_id=batch.id, wording="note.sheets_left_out", facts={"sheets": names}))
    if table.file.hidden_rows:
        facts = {"count": table.file.hidden_rows}
        uow.session.add(ImportNote(batch_id=batch.id, wording="note.hidden_rows", facts=facts))
    uow.audit("batch.received", f"batch:{batch.id}", place=batch.jurisdiction_code, source=source.id)
    return batch


def _batch(uow: UnitOfWork, upload: Upload, source: Source, kept: keeping.Kept, table: Table) -> Batch:
    return Batch(
        source=source,
        file_name=_NOT_IN_NAMES.sub("", upload.file_name)[-LONGEST_TEXT:],
        file_hash=kept.file_hash,
        file_path=kept.path,
        encoding=table.file.encoding,
        mapping=fields.guess_all(table.headings, source.mapping),
        headings=list(table.headings),
        jurisdiction_code=upload.place,
        as_of=upload.as_of,
        received_at=uow.now,
        received_by=uow.actor,
        rows=max(0, table.file.estimate() - table.heading_row),
        counts={},
    )


def held(uow: UnitOfWork, scope: Scope, batch_id: int) -> Batch:
    """One list, locked for a change. Raises BatchNotFound, also for one outside the area."""
    found = _locked(uow, batch_id)
    if found is None or not scope.covers(found.jurisdiction_code):
        raise BatchNotFound
    return found


def locked(uow: UnitOfWork, batch_id: int) -> Batch:
    """One list, locked for the job that works on it. Raises BatchNotFound."""
    return held(uow, Scope.system(), batch_id)


def _locked(uow: UnitOfWork, batch_id: int) -> Batch | None:
    return uow.session.scalar(
        select(Batch).where(Batch.id == batch_id).with_for_update().execution_options(populate_existing=True)
    )


def name_columns(uow: UnitOfWork, scope: Scope, batch_id: int, mapping: Mapping[str, str]) -> Batch:
    """Say which column is which field, and have the list checked. Remembered for the source's next list.

    Raises BadMapping; from a third party every column must be named, since the others are not in the agreement.
    """
    batch = held(uow, scope, batch_id)
    if batch.state not in (BatchState.RECEIVED, BatchState.CHECKED):
        raise NotNow
    wanted = {heading: _field(mapping.get(heading, "")) for heading in batch.headings if heading}
    _refuse_bad(batch, wanted)
    uow.session.execute(delete(BatchRow).where(BatchRow.batch_id == batch.id))
    uow.session.execute(
        delete(ImportNote).where(ImportNote.batch_id == batch.id, ImportNote.wording.not_in(NOTES_OF_FILE))
    )
    batch.mapping = wanted
    batch.source.mapping = {**batch.source.mapping, **wanted}
    batch.state, batch.done, batch.at_row, batch.counts = BatchState.CHECKING, 0, 0, {}
    batch.refusal, batch.refusal_facts = "", {}
    tries.begin_anew(batch)
    uow.wake(JOBS[batch.state])
    return batch


def _field(name: str) -> str:
    return Field(name).value if name in set(Field) else ""


def _refuse_bad(batch: Batch, mapping: Mapping[str, str]) -> None:
    if absent := fields.missing(mapping):
        raise BadMapping(f"missing_{absent[0].value}")
    if twice := fields.fields_twice(mapping):
        raise BadMapping("twice", columns=", ".join(one for one, field in mapping.items() if field in twice))
    if batch.source.kind == THIRD_PARTY:
        if any(field in mapping.values() for field in fields.NOT_FOR_THIRD_PARTIES):
            raise BadMapping("identity")
        ours = {wording.say("collection", "column.reason", lang) for lang in wording.LANGUAGES}
        if unnamed := [one for one, field in mapping.items() if not field and one not in ours]:
            raise BadMapping("unnamed", columns=", ".join(unnamed)[:LONGEST_TEXT])


def reject(uow: UnitOfWork, scope: Scope, batch_id: int) -> Batch:
    """Do not load this list: its file and its rows go. Raises NotNow once it is being loaded."""
    batch = held(uow, scope, batch_id)
    if batch.state not in (BatchState.RECEIVED, BatchState.CHECKING, BatchState.CHECKED):
        raise NotNow
    put_away(uow, batch, "")
    uow.audit("batch.rejected", f"batch:{batch.id}", place=batch.jurisdiction_code)
    return batch


def put_away(uow: UnitOfWork, batch: Batch, refusal: str, facts: Mapping[str, object] | None = None) -> None:
    """The list is not loaded; why, as a key of the wording. Nothing of it stays but its name and that it was here."""
    uow.session.execute(delete(BatchRow).where(BatchRow.batch_id == batch.id))
    batch.state, batch.refusal, batch.refusal_facts = BatchState.REJECTED, refusal, dict(facts or {})
    drop_file(uow, batch)


def drop_file(uow: UnitOfWork, batch: Batch) -> None:
    """The file is not needed any more."""
    if batch.file_path:
        disposal.dispose_file(uow, batch.file_path)
        batch.file_path = ""


def ask_to_load(uow: UnitOfWork, scope: Scope, batch_id: int) -> Batch:
    """Load what was checked. Raises NotNow when somebody was quicker."""
    batch = held(uow, scope, batch_id)
    if batch.state is not BatchState.CHECKED:
        raise NotNow
    batch.state, batch.done, batch.at_row = BatchState.APPLYING, 0, 0
    batch.refusal, batch.refusal_facts = "", {}
    batch.applied_by = uow.actor
    uow.audit("batch.load_asked", f"batch:{batch.id}", place=batch.jurisdiction_code)
    uow.wake(JOBS[batch.state])
    return batch


def ask_to_undo(uow: UnitOfWork, scope: Scope, batch_id: int) -> Batch:
    """Take back what a list brought. Raises NotNow unless it was loaded, or its loading was set aside halfway."""
    batch = held(uow, scope, batch_id)
    is_halfway = batch.state is BatchState.APPLYING and batch.is_set_aside
    if batch.state is not BatchState.APPLIED and not is_halfway:
        raise NotNow
    tries.begin_anew(batch)
    batch.state, batch.done, batch.at_row, batch.undone_by = BatchState.UNDOING, 0, 0, uow.actor
    batch.refusal, batch.refusal_facts = "", {}
    uow.audit("batch.undo_asked", f"batch:{batch.id}", place=batch.jurisdiction_code)
    uow.wake(JOBS[batch.state])
    return batch


def could_not_go_on(uow: UnitOfWork, batch_id: int) -> None:
    """Work on a list failed: it is tried again later, and after the last try a person says when."""
    batch = locked(uow, batch_id)
    if batch.state in JOBS and tries.failed(batch, uow.now):
        uow.audit("batch.set_aside", f"batch:{batch.id}", place=batch.jurisdiction_code, tries=batch.tries)


def try_again(uow: UnitOfWork, scope: Scope, batch_id: int) -> Batch:
    """Go on now with a list that was set aside, where it stands. Raises NotNow when it is not set aside."""
    batch = held(uow, scope, batch_id)
    if not batch.is_set_aside or batch.state not in JOBS:
        raise NotNow
    tries.begin_anew(batch)
    batch.refusal, batch.refusal_facts = "", {}
    if batch.state is BatchState.APPLYING:
        batch.applied_by = uow.actor  # whose right counts from here on
    elif batch.state is BatchState.UNDOING:
        batch.undone_by = uow.actor
    uow.audit("batch.tried_again", f"batch:{batch.id}", place=batch.jurisdiction_code)
    uow.wake(JOBS[batch.state])
    return batch


def put_away_unused(uow: UnitOfWork) -> int:
    """Put away the lists that nobody has loaded in the time that policy gives. Returns how many."""
    since = uow.now - uow.policy.collection.kept_unused
    unchecked = and_(Batch.state == BatchState.CHECKING, Batch.set_aside_at.is_not(None))
    waiting = uow.session.scalars(
        select(Batch)
        .where(
            or_(Batch.state.in_((BatchState.RECEIVED, BatchState.CHECKED)), unchecked),
            Batch.received_at < since,
        )
        .order_by(Batch.id)
        .with_for_update(skip_locked=True)
    ).all()
    for batch in waiting:
        put_away(uow, batch, "refusal.nobody_loaded")
    return len(waiting)


def remove_strays(uow: UnitOfWork) -> int:
    """Remove kept files that no list names: of uploads whose process died before it wrote them down. How many."""
    before = (uow.now - STRAY_AFTER).timestamp()
    old = {path for path, written_at in keeping.all_paths() if written_at < before}
    named = set(uow.session.scalars(select(Batch.file_path).where(Batch.file_path.in_(old))))
    for path in sorted(old - named):
        disposal.dispose_file(uow, path)
    return len(old - named)
