"""What goes of lists when a person is erased or they are old: the file, the rows as received, pairs to be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    any_,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    update,
)

from collection import mention
from collection.errors import BadFile
from collection.models import Batch, BatchRow, BatchState, MatchCandidate, Outcome
from collection.resident_row import Reason
from collection.service import keeping, receiving, tracing
from collection.service.applying import subject_of
from collection.service.checking import counted
from collection.service.tracing import Whose
from collection.table_file import open_table
from core import disposal
from core.retention import Kind
from core.uow import UnitOfWork
from directory.events import Traces
from directory.models import Person, Unplaced
from directory.queries.privacy import held_persons

BEING_READ = (BatchState.RECEIVED, BatchState.CHECKING)
NOTHING: dict[str, Any] = {"cells": [], "reasons": [], "values": {}, "keys": []}
REFUSED: dict[str, Any] = {**NOTHING, "outcome": Outcome.REFUSE, "reasons": [Reason("erased").as_json()]}
COUNTED = (BatchState.CHECKED, BatchState.APPLIED)
AT_REST = (BatchState.APPLIED, BatchState.UNDONE, BatchState.REJECTED)


def forget(uow: UnitOfWork, traces: Traces, *, is_preview: bool = False) -> Counter[str]:
    """Take a person's rows out of every list, with the files in which they stand; pairs with him need no decision.

    A row that was still to be loaded into him, or that waits to be matched with him and has his name, is refused.
    A preview opens no file: it says how many would be looked through.
    """
    session, gone = uow.session, Counter[str]()
    session.flush()
    ids = traces.person_ids
    being_checked = select(Batch.id).where(Batch.state == BatchState.CHECKING).order_by(Batch.id)
    session.execute(being_checked.with_for_update())  # what is between looking and writing would write him down after
    whose = tracing.known(uow, traces)
    row_ids = [
        *session.scalars(select(BatchRow.id).where(or_(BatchRow.person_id.in_(ids), _waits_for(ids)))),
        *tracing.speaking_of(uow, whose),
    ]
    unread = _unread(uow, whose)
    if is_preview:
        gone["unread_lists"] += len(unread)
    else:
        _put_away(uow, unread, whose)
    rows = BatchRow.id == any_(literal(row_ids, ARRAY(BigInteger)))  # one array: see core.bulk
    subjects = [subject_of(number) for number in row_ids]
    session.execute(delete(Unplaced).where(Unplaced.subject == any_(literal(subjects, ARRAY(String)))))
    touched = list(session.scalars(select(BatchRow.batch_id).where(rows).distinct()))
    batches = select(Batch.id).where(Batch.id.in_(touched), Batch.file_path != "", Batch.state.not_in(BEING_READ))
    remove_files(uow, list(session.scalars(batches)))
    quiet = {"synchronize_session": False}
    for condition, values in ((~_is_to_be_loaded(), NOTHING), (_is_to_be_loaded(), REFUSED)):
        done = session.execute(update(BatchRow).where(rows, condition).values(values), execution_options=quiet)
        gone["list_rows"] += done.rowcount  # type: ignore[attr-defined]
    pairs = or_(MatchCandidate.low_id.in_(ids), MatchCandidate.high_id.in_(ids))
    session.execute(delete(MatchCandidate).where(pairs), execution_options=quiet)
    session.expire_all()
    for batch in session.scalars(select(Batch).where(Batch.id.in_(touched), Batch.state.in_(COUNTED))):
        batch.counts = counted(uow, batch.id)
    session.flush()
    return gone


def _unread(uow: UnitOfWork, whose: Whose) -> Sequence[Batch]:
    """Lists of his communities whose rows nobody has read yet."""
    return uow.session.scalars(
        select(Batch)
        .where(
            Batch.state == BatchState.RECEIVED,
            Batch.file_path != "",
            or_(false(), *(literal(code).startswith(Batch.jurisdiction_code) for code in sorted(whose.places))),
        )
        .order_by(Batch.id)
        .with_for_update()
    ).all()


def _put_away(uow: UnitOfWork, unread: Sequence[Batch], whose: Whose) -> None:
    """A list in which he stands is to be uploaded again."""
    for batch in unread:
        try:
            with keeping.opened(batch.file_path) as file:
                rows = open_table(file, receiving.limits(uow), batch.headings).rows()
                speaks = any(mention.names(cells, whose.somebody) for _, cells in rows)
        except BadFile as err:
            receiving.put_away(uow, batch, err.wording, err.facts)
            continue
        if speaks:
            receiving.put_away(uow, batch, "refusal.somebody_forgotten")


def _waits_for(person_ids: Collection[int]) -> ColumnElement[bool]:
    """Rows of which a person is to say whether they are about one of these, and which have the name of one."""
    names = select(Person.name).where(Person.id.in_(person_ids), Person.name != "")
    may_be = [BatchRow.reasons.contains([Reason("may_be", {"person_id": one}).as_json()]) for one in person_ids]
    waiting = BatchRow.outcome == Outcome.NEEDS_MATCH
    return and_(waiting, or_(false(), *may_be), BatchRow.values["name"].astext.in_(names))


def _is_to_be_loaded() -> ColumnElement[bool]:
    """Whether a row would still be loaded, now or once somebody has decided, or was refused: that it still says why."""
    at_rest = select(Batch.id).where(Batch.state.in_(AT_REST))
    undone = select(Batch.id).where(Batch.state == BatchState.UNDONE)
    waits = and_(BatchRow.outcome.in_((Outcome.NEEDS_PLACE, Outcome.NEEDS_MATCH)), BatchRow.batch_id.not_in(undone))
    comes = and_(BatchRow.outcome.in_((Outcome.CREATE, Outcome.UPDATE)), BatchRow.batch_id.not_in(at_rest))
    refused = BatchRow.outcome == Outcome.REFUSE
    return and_(BatchRow.is_applied.is_(False), func.coalesce(or_(waits, comes, refused), False))


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
    """Take out of these rows what they said; what became of each stays. One that still waits comes to nothing."""
    quiet = {"synchronize_session": False}
    waits = BatchRow.outcome.in_((Outcome.NEEDS_PLACE, Outcome.NEEDS_MATCH))
    subjects = [subject_of(number) for number in ids]
    waiting = select(BatchRow.batch_id, BatchRow.outcome, func.count()).where(BatchRow.id.in_(ids), waits)
    for batch_id, outcome, count in uow.session.execute(waiting.group_by(BatchRow.batch_id, BatchRow.outcome)).all():
        batch = uow.session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)
        told = Counter(batch.counts.get("outcomes", {}))
        told.update({str(outcome): -count, Outcome.REFUSE.value: count})
        batch.counts = {**batch.counts, "outcomes": dict(+told)}
    uow.session.flush()
    for statement in (
        update(BatchRow).where(BatchRow.id.in_(ids), waits).values(outcome=Outcome.REFUSE),
        update(BatchRow).where(BatchRow.id.in_(ids)).values(NOTHING),
        delete(Unplaced).where(Unplaced.subject.in_(subjects)),  # the words of a row stand there, too
    ):
        uow.session.execute(statement, execution_options=quiet)


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
