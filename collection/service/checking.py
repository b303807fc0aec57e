"""The dry run of a list: its rows are read, looked at and written down with what would become of them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Integer, cast, func, select, text

from collection import identity
from collection.errors import BadFile
from collection.fields import Field
from collection.models import Batch, BatchRow, BatchState, ImportNote, Outcome
from collection.resident_row import Cells, Reason, Resident, RowRules, as_far_as_read, read, written
from collection.service import keeping, receiving
from collection.service.deciding import Decision, decide_all, erased_among
from collection.service.receiving import limits
from collection.table_file import open_table
from config.policy import Policy
from core import tries
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


@dataclass(frozen=True, slots=True)
class Read:
    """One row as the file holds it, where its words lead, and what of it can be kept or why nothing can."""

    number: int
    cells: list[str]
    place: Located
    resident: Resident | None
    reasons: list[Reason]
    told: Resident  # of a row that is refused: as far as it can be read


@dataclass(slots=True)
class Check:
    """The state of one check while this process goes on with it.

    What a row says is read in a thread, a thousand rows ahead of those that are compared with the base: it needs
    nothing but what stands here, and PostgreSQL works meanwhile.
    """

    batch_id: int
    at_row: int
    mapping: dict[int, Field]  # column -> field
    width: int  # columns
    within_code: str  # the place that the list is of
    today: date  # in the city
    policy: Policy
    hash_key: str
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
            behind = state.at_row
            rows = (row for row in open_table(file, wanted, known).rows() if row[0] > behind)
            with closing(_ahead(state, rows)) as chunks:
                for chunk in chunks:
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
    state = Check(
        *(batch.id, batch.at_row, mapping, len(batch.headings), batch.jurisdiction_code),
        *(uow.local_now.date(), uow.policy, uow.settings.hash_key),
    )
    if batch.at_row:
        named = select(func.unnest(BatchRow.keys), BatchRow.row_no).where(BatchRow.batch_id == batch.id)
        for key, row_no in uow.session.execute(named.order_by(BatchRow.row_no.desc())):
            state.seen[key] = row_no
    state.places = gazetteer(uow.session)
    state.areas = area_codes_of(uow.session, [place.code for place in state.places if place.is_community])
    return state


def _ahead(state: Check, rows: Iterator[Row]) -> Generator[list[Read]]:
    """A thousand rows at a time, the next thousand being read while the caller is at work on these."""

    def following() -> list[Read]:
        return [_read(state, *row) for row in islice(rows, AT_ONCE)]

    with ThreadPoolExecutor(1, "list-reader") as reader:
        coming = reader.submit(following)
        while chunk := coming.result():
            coming = reader.submit(following)
            yield chunk


def _read(state: Check, number: int, row: list[str]) -> Read:
    cells = _by_field(state, row)
    place = _locate(state, written(cells, Field.COMMUNITY), written(cells, Field.ADDRESS))
    city = state.policy.city
    area_code = state.areas.get(place.code) or city.area_code
    rules = RowRules(state.today, city.region, area_code, place.code, lambda words: _seal(state.hash_key, words))
    resident, reasons = read(cells, rules)
    if len(row) > state.width:
        resident, reasons, place = None, [Reason("more_cells")], Located("", "")
    return Read(number, row, place, resident, reasons, resident or as_far_as_read(cells, rules))


def _check_some(uow: UnitOfWork, state: Check, chunk: Sequence[Read]) -> bool:
    batch = receiving.locked(uow, state.batch_id)
    if batch.state is not BatchState.CHECKING or batch.at_row != state.at_row:
        return False
    decisions = _decided(uow, batch, state, chunk)
    copy_in(
        uow.session,
        BatchRow,
        ("batch_id", "row_no", "cells", "outcome", "reasons", "person_id", "is_applied", "values", "keys"),
        (_as_row(batch.id, state, one.number, one.cells, decisions[one.number]) for one in chunk),
    )
    tries.begin_anew(batch)
    batch.at_row = state.at_row = chunk[-1].number
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
    resident: Resident | None = None  # of rows that are to be loaded, now or later
    keys: list[int] = field(default_factory=list)


def _decided(uow: UnitOfWork, batch: Batch, state: Check, chunk: Sequence[Read]) -> dict[int, _Judged]:
    judged: dict[int, _Judged] = {}
    good: list[tuple[int, Resident]] = []
    for one in chunk:
        code = one.place.code
        refused = [*one.reasons] if one.resident is None else []
        if code and not code.startswith(batch.jurisdiction_code):
            refused.append(Reason("outside_area", {"code": code}))
        if one.resident is None or refused:
            judged[one.number] = _Judged(Outcome.REFUSE, refused)
        elif not code:
            judged[one.number] = _Judged(Outcome.NEEDS_PLACE, [_unplaced(one.place)], None, one.resident)
        else:
            good.append((one.number, one.resident))
    numbers = {number for number, _ in good}
    for decision in decide_all(uow, batch, good):
        judged[decision.row_no] = _once(uow, state, decision)
    nowhere = [one for one in chunk if one.number not in numbers]
    for one, is_erased in zip(nowhere, erased_among(uow, batch, [one.told for one in nowhere]), strict=True):
        if is_erased:
            judged[one.number] = _Judged(Outcome.REFUSE, [Reason("erased")])
    return judged


def _unplaced(place: Located) -> Reason:
    return Reason("place_unsure", {"code": place.guess}) if place.guess else Reason("place_unknown")


def _by_field(state: Check, row: Sequence[str]) -> Cells:
    cells: dict[Field, list[str]] = {}
    for place, name in state.mapping.items():
        cells.setdefault(name, []).append(row[place])
    return cells


def _locate(state: Check, words: str, address: str) -> Located:
    """The community: its code, its name or another name; without these that of the list, if it is of one."""
    key = (words, "" if words or state.within_code in state.areas else address)
    if key not in state.located:
        state.located[key] = _found(state, *key)
    return state.located[key]


def _found(state: Check, words: str, address: str) -> Located:
    code = words.upper() if words else state.within_code
    if code in state.areas:
        return Located(code, state.areas[code])
    least = state.policy.collection.place_certainty_percent / 100
    found = place_words.resolve(words or address, state.places)
    if found.code is not None and found.certainty >= least:
        return Located(found.code, state.areas.get(found.code, ""))
    guess, certainty = found.candidates[0] if found.candidates else ("", 0.0)
    return Located("", "", guess, certainty)


def _once(uow: UnitOfWork, state: Check, decision: Decision) -> _Judged:
    """The same person twice in a file, or two heads of one household: the second row is refused and names the first."""
    person_id = decision.standing.person_id if decision.standing is not None else None
    if decision.outcome is Outcome.REFUSE:
        return _Judged(decision.outcome, decision.reasons, person_id)
    to_load = decision.resident if decision.outcome is not Outcome.SKIP else None
    judged = _Judged(decision.outcome, decision.reasons, person_id, to_load)
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


def _seal(hash_key: str, number: str) -> str:
    return keyed(hash_key, "identity", number)


def _as_row(batch_id: int, state: Check, number: int, cells: Sequence[str], one: _Judged) -> tuple[Any, ...]:
    return (
        *(batch_id, number, Jsonb(_kept(state.mapping, cells, one)), one.outcome.value),
        *(Jsonb([reason.as_json() for reason in one.reasons]), one.person_id, False),
        *(Jsonb(one.resident.as_json() if one.resident is not None else {}), f"{{{','.join(map(str, one.keys))}}}"),
    )


def _kept(mapping: Mapping[int, Field], cells: Sequence[str], one: _Judged) -> list[str]:
    """Of somebody who was erased nothing is kept: the number of the row says which it was."""
    is_erased = any(reason.key == "erased" for reason in one.reasons)
    return [] if is_erased else _shown(mapping, cells)


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
    tries.begin_anew(batch)
    batch.state, batch.checked_at, batch.rows = BatchState.CHECKED, uow.now, batch.done
    batch.counts = counted(uow, batch.id)
    _compare_with_last(uow, batch)
    if batch.counts["refused"].get("erased"):
        receiving.drop_file(uow, batch)  # it holds what is kept of nobody else
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
