"""Loading a checked list: a thousand rows a transaction, decided once more against the base as it is now."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, text, update

from collection.errors import NotNow, RightEnded
from collection.models import Batch, BatchRow, BatchState, Made, Outcome
from collection.resident_row import Reason, Resident
from collection.service import knowing, loader, receiving
from collection.service.arrivals import arrival, change
from collection.service.checking import counted
from collection.service.deciding import Decision, decide_all
from core import tries
from core.bulk import copy_in, insert_missing
from core.uow import UnitOfWork, unit_of_work
from directory.errors import PlaceEnded
from directory.models import Unplaced
from directory.queries import places
from directory.queries.homes import by_home, plain_homes
from directory.service import loading
from directory.service.loading import Entered, Origin
from directory.service.turns import one_load_at_a_time
from ticketing.models import TaskKind
from ticketing.service import tasks

AT_ONCE = 1_000
LOADED = (Outcome.CREATE, Outcome.UPDATE, Outcome.NEEDS_PLACE, Outcome.NEEDS_MATCH)
WRITE_OUTCOMES = text(
    "update batch_rows b set outcome = n.outcome, reasons = cast(n.reasons as jsonb), person_id = n.person_id, "
    "is_applied = n.is_applied, values = cast(n.told as jsonb) "
    "from unnest(cast(:ids as int[]), cast(:outcomes as text[]), cast(:reasons as text[]), cast(:persons as int[]), "
    "cast(:applied as bool[]), cast(:told as text[])) as n (id, outcome, reasons, person_id, is_applied, told) "
    "where b.id = n.id"
)


def apply(batch_id: int, actor: str, is_over: Callable[[], bool]) -> bool:
    """Go on with loading until the end or until time is over. Returns whether there is more to do.

    Each thousand rows are one transaction together with the place where it stands, so that after a crash nothing is
    loaded twice and nothing is left out.
    """
    while True:
        with unit_of_work(actor) as uow:
            has_more = apply_some(uow, batch_id)
        if not has_more:
            return False
        if is_over():
            return True


def apply_some(uow: UnitOfWork, batch_id: int) -> bool:
    """Load the next thousand rows. Returns whether there are more."""
    one_load_at_a_time(uow)
    batch = receiving.locked(uow, batch_id)
    if batch.state is not BatchState.APPLYING:
        return False
    if not _may_still(uow, batch):
        _stop(uow, batch)
        return False
    rows = _next_rows(uow, batch)
    if not rows:
        _finish(uow, batch)
        return False
    uow.actor = batch.applied_by
    load_rows(uow, batch, [row for row in rows if row.outcome in LOADED and not row.is_applied])
    tries.begin_anew(batch)
    batch.at_row = rows[-1].row_no
    batch.done += len(rows)
    return True


@dataclass(frozen=True, slots=True)
class Held:
    """What loading needs of a row; a thousand of these are read in a third of the time that mapped rows take."""

    id: int
    row_no: int
    outcome: Outcome | None
    is_applied: bool
    values: dict[str, Any]
    reasons: list[Any]


def _next_rows(uow: UnitOfWork, batch: Batch) -> list[Held]:
    found = uow.session.execute(
        select(BatchRow.id, BatchRow.row_no, BatchRow.outcome, BatchRow.is_applied, BatchRow.values, BatchRow.reasons)
        .where(BatchRow.batch_id == batch.id, BatchRow.row_no > batch.at_row)
        .order_by(BatchRow.row_no)
        .limit(AT_ONCE)
    )
    return [Held(*row) for row in found]


def _stop(uow: UnitOfWork, batch: Batch) -> None:
    """The right to load it ended. In the middle it waits, as far as it is, for somebody who has the right."""
    ended = RightEnded(batch.done if batch.at_row else 0)
    batch.refusal, batch.refusal_facts = ended.wording, ended.facts
    if batch.at_row:
        tries.set_aside(batch, uow.now)
    else:
        batch.state = BatchState.CHECKED
    uow.audit("batch.load_refused", f"batch:{batch.id}", place=batch.jurisdiction_code, by=batch.applied_by)


def _may_still(uow: UnitOfWork, batch: Batch) -> bool:
    """Whether whoever pressed the button has the right for this place now."""
    return loader.read_scope(uow, batch).covers(batch.jurisdiction_code)


def load_rows(uow: UnitOfWork, batch: Batch, rows: Sequence[Held]) -> None:
    """Load these rows, as far as they can be: those without a place and those that may be somebody wait."""
    if not rows:
        return
    ready = {row.row_no: row for row in rows if row.outcome in (Outcome.CREATE, Outcome.UPDATE)}
    residents = _where_they_lie_now(uow, {number: Resident.from_json(row.values) for number, row in ready.items()})
    nowhere = [row for number, row in ready.items() if not residents[number].community_code]
    _wait_for_places(uow, nowhere)
    _ask_for_places(uow, batch, [*nowhere, *(row for row in rows if row.outcome is Outcome.NEEDS_PLACE)])
    placed = [(number, one) for number, one in residents.items() if one.community_code]
    decisions = decide_all(uow, batch, placed, is_again=True)
    write(uow, batch, ready, decisions)


def _where_they_lie_now(uow: UnitOfWork, residents: Mapping[int, Resident]) -> dict[int, Resident]:
    """A community that ended since the check leads to what followed it: to the one, or to where the door went.

    Where neither is known the community is empty: somebody has to say.
    """
    codes = {one.community_code for one in residents.values()}
    following = places.in_force_now(uow.session, codes)
    if all(following[code] == (code,) for code in codes):
        return dict(residents)
    asked = {(code, one.address) for one in residents.values() for code in following[one.community_code]}
    known = by_home(uow.session, plain_homes(uow.session, asked))
    found = {}
    for number, one in residents.items():
        news = following[one.community_code]
        doors = news if len(news) == 1 else [code for code in news if (code, one.address) in known]
        found[number] = replace(one, community_code=doors[0] if len(doors) == 1 else "")
    return found


def _wait_for_places(uow: UnitOfWork, rows: Sequence[Held]) -> None:
    if rows:
        uow.session.execute(
            update(BatchRow)
            .where(BatchRow.id.in_([row.id for row in rows]))
            .values(outcome=Outcome.NEEDS_PLACE, reasons=[Reason("place_unknown").as_json()]),
            execution_options={"synchronize_session": False},
        )


def write(uow: UnitOfWork, batch: Batch, rows: Mapping[int, Held], decisions: Sequence[Decision]) -> None:
    """Write what was decided, and of each row what became of it."""
    new = [one for one in decisions if one.outcome is Outcome.CREATE]
    changed = [(one, one.standing) for one in decisions if one.outcome is Outcome.UPDATE and one.standing is not None]
    origin = Origin(batch.source.name, batch.as_of, batch.id)
    entered = loading.enter(uow, [arrival(batch, one) for one in new], origin)
    altered = loading.change(uow, [change(batch, one, standing) for one, standing in changed], origin)
    _remember(uow, batch, entered, altered)
    persons = {one.row_no: person_id for one, person_id in zip(new, entered.person_ids, strict=True)}
    persons |= {one.row_no: one.standing.person_id for one in decisions if one.standing is not None}
    _write_outcomes(uow, rows, decisions, persons)
    if any(reason.key == "kept_by_hand" for one in decisions for reason in one.reasons):
        tasks.open_task(uow, TaskKind.CHECK, f"batch:{batch.id}", "list_differs", place=batch.jurisdiction_code)


def _remember(uow: UnitOfWork, batch: Batch, *entered: Entered) -> None:
    rows = {(kind, number) for one in entered for kind, numbers in one.made.items() for number in numbers}
    made = [(batch.id, kind, number) for kind, number in sorted(rows)]
    copy_in(uow.session, Made, ("batch_id", "kind", "made_id"), made)


def _write_outcomes(
    uow: UnitOfWork, rows: Mapping[int, Held], decisions: Sequence[Decision], persons: Mapping[int, int]
) -> None:
    told: dict[str, list[Any]] = {name: [] for name in ("ids", "outcomes", "reasons", "persons", "applied", "told")}
    for one in decisions:
        is_done = one.outcome in (Outcome.CREATE, Outcome.UPDATE, Outcome.SKIP)
        told["ids"].append(rows[one.row_no].id)
        told["outcomes"].append(one.outcome.value)
        told["reasons"].append(json.dumps([reason.as_json() for reason in one.reasons]))
        told["persons"].append(persons.get(one.row_no))
        told["applied"].append(is_done)
        told["told"].append("{}" if is_done or one.outcome is Outcome.REFUSE else json.dumps(one.resident.as_json()))
    if told["ids"]:
        uow.session.execute(WRITE_OUTCOMES, told)
        erased = [rows[one.row_no].id for one in decisions if any(reason.key == "erased" for reason in one.reasons)]
        if erased:
            uow.session.execute(update(BatchRow).where(BatchRow.id.in_(erased)).values(cells=[], keys=[]))
        uow.session.expire_all()


def _ask_for_places(uow: UnitOfWork, batch: Batch, rows: Sequence[Held]) -> None:
    """Put rows whose place nobody can tell on the list of those that need one; they are loaded once it is settled."""
    if not rows:
        return
    following = places.in_force_now(uow.session, {batch.jurisdiction_code})[batch.jurisdiction_code]
    within = following[0] if len(following) == 1 else batch.jurisdiction_code[:-2]
    insert_missing(
        uow.session,
        Unplaced,
        [
            {
                "subject": subject_of(row.id),
                "within_code": within,
                "words": f"{row.values.get('community', '')} {row.values.get('address', '')}".strip()[:200],
                "guess_code": next((one.get("code") for one in row.reasons if one.get("code")), None),
                "certainty": 0.0,
                "found_at": uow.now,
                "settled_by": "",
            }
            for row in rows
        ],
        "subject",
    )


def subject_of(row_id: int) -> str:
    """How a row is named on the list of those that need a place."""
    return f"import_row:{row_id}"


def settle_place(uow: UnitOfWork, row_id: int, code: str) -> bool:
    """The row lies in this community: load it if its list was loaded. Returns whether there was such a row.

    Raises NotNow while its list is still loading.
    """
    return _settle(uow, row_id, lambda one: replace(one, community_code=code), Outcome.NEEDS_PLACE)


def settle_match(uow: UnitOfWork, row_id: int, person_id: int | None) -> bool:
    """Somebody said whom a row is about, or nobody that we know (None): load it if its list was loaded.

    Returns whether there was such a row. Raises NotNow while its list is still loading, and PlaceEnded when its
    community ended and nobody can tell by the door which one followed.
    """
    return _settle(uow, row_id, lambda one: one, Outcome.NEEDS_MATCH, person_id)


def _settle(
    uow: UnitOfWork,
    row_id: int,
    completed: Callable[[Resident], Resident],
    waited_for: Outcome,
    person_id: int | None = None,
) -> bool:
    one_load_at_a_time(uow)
    row = uow.session.get(BatchRow, row_id, with_for_update=True, populate_existing=True)
    if row is None or row.outcome is not waited_for or row.is_applied:
        return False
    batch = receiving.locked(uow, row.batch_id)
    if batch.state is BatchState.APPLYING:
        raise NotNow  # the rest of the list is still coming: settled now, the row would be forgotten
    if batch.state is not BatchState.APPLIED:
        return False
    told = completed(Resident.from_json(row.values))
    resident = _where_they_lie_now(uow, {row.row_no: told})[row.row_no]
    if not resident.community_code:
        raise PlaceEnded(told.community_code)
    sure = None
    if waited_for is Outcome.NEEDS_MATCH:
        sure = knowing.Sure(person_id)
    decisions = decide_all(uow, batch, [(row.row_no, resident)], sure)
    write(uow, batch, {row.row_no: Held(row.id, row.row_no, row.outcome, False, row.values, row.reasons)}, decisions)
    uow.session.flush()
    batch.counts = counted(uow, batch.id)
    uow.audit("batch.row_settled", f"batch:{batch.id}", place=batch.jurisdiction_code, row=row.row_no)
    return True


def _finish(uow: UnitOfWork, batch: Batch) -> None:
    tries.begin_anew(batch)
    batch.state, batch.applied_at = BatchState.APPLIED, uow.now
    batch.counts = counted(uow, batch.id)
    receiving.drop_file(uow, batch)
    uow.actor = batch.applied_by
    uow.audit("batch.loaded", f"batch:{batch.id}", place=batch.jurisdiction_code, rows=batch.counts["outcomes"])
