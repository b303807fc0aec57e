"""The dry run of a list: its rows are read, looked at and written down with what would become of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Integer, cast, func, select, text

from collection import identity
from collection.errors import BadFile
from collection.fields import Field
from collection.models import Batch, BatchRow, BatchState, ImportNote, Outcome
from collection.resident_row import Cells, Reason, Resident, RowRules, read, written
from collection.service import keeping, receiving
from collection.service.deciding import Decision, decide_all
from collection.service.receiving import limits
from collection.table_file import open_table
from core.bulk import copy_in
from core.keyed import keyed
from core.uow import UnitOfWork, unit_of_work
from directory import place_words
from directory.place_words import Place
from directory.queries.places import area_codes_of, gazetteer

AT_ONCE = 1_000
"""Rows of one transaction."""
KEY_BITS = 64
HALF: int = 2 ** (KEY_BITS - 1)

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Located:
    """Where a row's words lead."""

    code: str  # empty: nobody can tell
    area_code: str
    guess: str = ""
    certainty: float = 0.0


@dataclass(slots=True)
class Check:
    """The state of one check while this process goes on with it."""

    batch_id: int
    at_row: int
    mapping: dict[int, Field]  # column -> field
    seen: dict[int, int] = field(default_factory=dict)  # short hash of somebody -> row in which he stands
    located: dict[tuple[str, str], Located] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    areas: dict[str, str] = field(default_factory=dict)  # community in force -> its own area code


def check(batch_id: int, actor: str, is_over: Callable[[], bool]) -> bool:
    """Go on with a check until its end or until time is over. Returns whether there is more to do.

    A file that turns out to be no list is put away with the sentence that says why, and with every row.
    """
    with unit_of_work(actor) as uow:
        batch = uow.session.get(Batch, batch_id)
        if batch is None or batch.state is not BatchState.CHECKING:
            return False
        path, wanted = batch.file_path, limits(uow)
        state = _resumed(uow, batch)
        known = list(batch.headings)
    try:
        with keeping.opened(path) as file:
            rows = (row for row in open_table(file, wanted, known).rows() if row[0] > state.at_row)
            for chunk in _chunks(rows):
                with unit_of_work(actor) as uow:
                    if not _check_some(uow, state, chunk):
                        return False  # somebody else goes on with it, or it was put away
                if is_over():
                    return True
    except BadFile as err:
        with unit_of_work(actor) as uow:
            receiving.put_away(uow, receiving.locked(uow, batch_id), err.wording, err.facts)
        return False
    with unit_of_work(actor) as uow:
        _finish(uow, batch_id)
    return False


def _resumed(uow: UnitOfWork, batch: Batch) -> Check:
    """Where the check stands: after a crash whom the file named so far is read from its rows."""
    columns = {heading: Field(name) for heading, name in batch.mapping.items() if name}
    mapping = {place: columns[heading] for place, heading in enumerate(batch.headings) if heading in columns}
    state = Check(batch.id, batch.at_row, mapping)
    if batch.at_row:
        named = select(func.unnest(BatchRow.keys), BatchRow.row_no).where(BatchRow.batch_id == batch.id)
        for key, row_no in uow.session.execute(named.order_by(BatchRow.row_no.desc())):
            state.seen[key] = row_no
    state.places = gazetteer(uow.session)
    state.areas = area_codes_of(uow.session, [place.code for place in state.places if place.is_community])
    return state


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, AT_ONCE)):
        yield chunk


def _check_some(uow: UnitOfWork, state: Check, chunk: Sequence[Row]) -> bool:
    batch = receiving.locked(uow, state.batch_id)
    if batch.state is not BatchState.CHECKING or batch.at_row != state.at_row:
        return False
    decisions = _decided(uow, batch, state, chunk)
    copy_in(
        uow.session,
        BatchRow,
        ("batch_id", "row_no", "cells", "outcome", "reasons", "person_id", "is_applied", "values", "keys"),
        (_as_row(batch.id, state, number, cells, decisions[number]) for number, cells in chunk),
    )
    batch.at_row = state.at_row = chunk[-1][0]
    batch.done += len(chunk)
    if batch.rows is None or batch.rows < batch.done:
        batch.rows = batch.done
    return True


@dataclass(slots=True)
class _Judged:
    """What is written down of one row."""

    outcome: Outcome
    reasons: list[Reason]
    person_id: int | None = None
    resident: Resident | None = None
    keys: list[int] = field(default_factory=list)


def _decided(uow: UnitOfWork, batch: Batch, state: Check, chunk: Sequence[Row]) -> dict[int, _Judged]:
    judged: dict[int, _Judged] = {}
    good: list[tuple[int, Resident]] = []
    today, region = uow.local_now.date(), uow.policy.city.region
    for number, row in chunk:
        cells = _by_field(state, row)
        place = _locate(uow, batch, state, written(cells, Field.COMMUNITY), written(cells, Field.ADDRESS))
        area_code = state.areas.get(place.code) or uow.policy.city.area_code
        resident, reasons = read(cells, RowRules(today, region, area_code, lambda words: _seal(uow, words)))
        if resident is None:
            judged[number] = _Judged(Outcome.REFUSE, reasons)
        elif not place.code:
            judged[number] = _Judged(Outcome.NEEDS_PLACE, [_unplaced(place)], None, resident)
        elif not place.code.startswith(batch.jurisdiction_code):
            judged[number] = _Judged(Outcome.REFUSE, [Reason("outside_area", {"code": place.code})])
        else:
            good.append((number, _at(resident, place.code)))
    for decision in decide_all(uow, batch, good):
        judged[decision.row_no] = _once(uow, state, decision)
    return judged


def _at(resident: Resident, code: str) -> Resident:
    return replace(resident, community_code=code)


def _unplaced(place: Located) -> Reason:
    return Reason("place_unsure", {"code": place.guess}) if place.guess else Reason("place_unknown")


def _by_field(state: Check, row: Sequence[str]) -> Cells:
    cells: dict[Field, list[str]] = {}
    for place, name in state.mapping.items():
        cells.setdefault(name, []).append(row[place])
    return cells


def _locate(uow: UnitOfWork, batch: Batch, state: Check, words: str, address: str) -> Located:
    """The community: its code, its name or another name; without these that of the list, if it is of one."""
    key = (words, "" if words or batch.jurisdiction_code in state.areas else address)
    if key not in state.located:
        state.located[key] = _found(uow, batch, state, *key)
    return state.located[key]


def _found(uow: UnitOfWork, batch: Batch, state: Check, words: str, address: str) -> Located:
    code = words.upper() if words else batch.jurisdiction_code
    if code in state.areas:
        return Located(code, state.areas[code])
    least = uow.policy.collection.place_certainty_percent / 100
    found = place_words.resolve(words or address, state.places)
    if found.code is not None and found.certainty >= least:
        return Located(found.code, state.areas.get(found.code, ""))
    guess, certainty = found.candidates[0] if found.candidates else ("", 0.0)
    return Located("", "", guess, certainty)


def _once(uow: UnitOfWork, state: Check, decision: Decision) -> _Judged:
    """The same person twice in a file, or two heads of one household: the second row is refused and names the first."""
    person_id = decision.standing.person_id if decision.standing is not None else None
    judged = _Judged(decision.outcome, decision.reasons, person_id, decision.resident)
    if decision.outcome is Outcome.REFUSE:
        return judged
    who, head = _keys(uow, decision)
    for key in who:
        if key in state.seen:
            return _Judged(Outcome.REFUSE, [Reason("twice_in_file", {"row": state.seen[key]})])
    if head is not None and head in state.seen:
        return _Judged(Outcome.REFUSE, [Reason("two_heads", {"row": state.seen[head]})])
    judged.keys = [*who, *([head] if head is not None else [])]
    for key in judged.keys:
        state.seen[key] = decision.row_no
    return judged


def _keys(uow: UnitOfWork, decision: Decision) -> tuple[list[int], int | None]:
    one, home = decision.resident, "\n".join(decision.home_key)
    told = [f"person\n{one.name}\n{one.birth_date}\n{home}"]
    if one.identity:
        told.append(f"identity\n{one.identity}")
    if one.list_id:
        told.append(f"list\n{one.list_id}")
    if decision.standing is not None:
        told.append(f"known\n{decision.standing.person_id}")
    head = _short(uow, f"head\n{home}") if one.head == "yes" else None
    return [_short(uow, words) for words in told], head


def _short(uow: UnitOfWork, words: str) -> int:
    """Sixty-four bits of a keyed hash: enough to tell the people of a file apart."""
    bits = int(keyed(uow.settings.hash_key, "row", words)[: KEY_BITS // 4], 16)
    return bits - HALF


def _seal(uow: UnitOfWork, number: str) -> str:
    return keyed(uow.settings.hash_key, "identity", number)


def _as_row(batch_id: int, state: Check, number: int, cells: Sequence[str], one: _Judged) -> tuple[Any, ...]:
    return (
        *(batch_id, number, Jsonb(_shown(state.mapping, cells)), one.outcome.value),
        *(Jsonb([reason.as_json() for reason in one.reasons]), one.person_id, False),
        *(Jsonb(one.resident.as_json() if one.resident is not None else {}), one.keys),
    )


def _shown(mapping: Mapping[int, Field], cells: Sequence[str]) -> list[str]:
    """The cells that may be kept: columns that are loaded; of an identity number the last four."""
    kept = []
    for place, cell in enumerate(cells):
        name = mapping.get(place)
        words = "" if name is None or cell.startswith("\x00") else cell.replace("\x00", "")
        kept.append(identity.hidden(words) if words.strip() and name is Field.IDENTITY else words[:300])
    return kept


def _finish(uow: UnitOfWork, batch_id: int) -> None:
    batch = receiving.locked(uow, batch_id)
    if batch.state is not BatchState.CHECKING:
        return
    if batch.done == 0:
        receiving.put_away(uow, batch, "refusal.file_no_rows")
        return
    batch.state, batch.checked_at, batch.rows = BatchState.CHECKED, uow.now, batch.done
    batch.counts = counted(uow, batch.id)
    _compare_with_last(uow, batch)
    uow.audit("batch.checked", f"batch:{batch.id}", place=batch.jurisdiction_code, rows=batch.counts["outcomes"])


def counted(uow: UnitOfWork, batch_id: int) -> dict[str, dict[str, int]]:
    """Rows by outcome, refusals by reason, and values that were kept because somebody else knows better."""
    outcomes = uow.session.execute(
        select(BatchRow.outcome, func.count()).where(BatchRow.batch_id == batch_id).group_by(BatchRow.outcome)
    )
    reasons = uow.session.execute(
        text(
            "select outcome, r->>'key', count(*) from batch_rows, jsonb_array_elements(reasons) as r "
            "where batch_id = :batch_id group by 1, 2"
        ),
        {"batch_id": batch_id},
    ).all()
    refused = {key: count for outcome, key, count in reasons if outcome == Outcome.REFUSE}
    kept: dict[str, int] = {}
    for outcome, key, count in reasons:
        if outcome != Outcome.REFUSE and key != "takes":
            kept[key] = kept.get(key, 0) + count
    return {"outcomes": {one.value: count for one, count in outcomes if one}, "refused": refused, "kept": kept}


def _compare_with_last(uow: UnitOfWork, batch: Batch) -> None:
    """Many more or fewer rows than last time is no error, but somebody should look before loading."""
    last = uow.session.scalar(
        select(cast(Batch.rows, Integer))
        .where(
            Batch.source_id == batch.source_id,
            Batch.jurisdiction_code == batch.jurisdiction_code,
            Batch.state == BatchState.APPLIED,
            Batch.id != batch.id,
        )
        .order_by(Batch.id.desc())
        .limit(1)
    )
    if last and abs(batch.done - last) * 100 > last * uow.policy.collection.count_change_percent:
        percent = round(abs(batch.done - last) * 100 / last)
        wording = "note.more_than_last" if batch.done > last else "note.fewer_than_last"
        facts = {"before": last, "now": batch.done, "percent": percent}
        uow.session.add(ImportNote(batch_id=batch.id, wording=wording, facts=facts))
