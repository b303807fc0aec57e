"""Lists of people that come in: upload, columns, dry run, loading, undoing; and what goes out again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from collection.errors import BadDay, BatchNotFound, NoFile
from collection.fields import Field
from collection.models import Batch, BatchRow, BatchState, Outcome
from collection.queries import batches as reads
from collection.service import exporting, keeping, receiving, returning
from collection.service.exporting import Export
from collection.service.receiving import KINDS, Upload
from collection.service.returning import sentence
from collection.table_file import open_table
from config import policy as policy_file
from console.paging import is_id
from console.routes.blueprint import bp, show
from core import db, web, wording
from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from directory.models import Jurisdiction
from directory.queries.places import names
from directory.queries.scoping import within
from staff.guard import actor, current_scope, needs, who_is_signed_in
from staff.queries import names_of

FORM_ROOM = 1024 * 1024
SAMPLE_ROWS = 3
SAMPLE_WIDTH = 24
WORKING = {BatchState.CHECKING: "checking", BatchState.APPLYING: "applying", BatchState.UNDOING: "undoing"}
LOADING = ("create", "update")
ASK_SOMEBODY = ("needs_place", "needs_match")
ASKS_TO_CHECK = ("note.more_than_last", "note.fewer_than_last")
BARS = ("create", "update", "skip", "refuse", "needs_place", "needs_match")


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row of a list as the page draws it."""

    row_no: int
    name: str
    address: str
    reasons: tuple[str, ...]
    person_id: int | None


@dataclass(frozen=True, slots=True)
class Count:
    """An outcome or a reason with how many rows have it."""

    name: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One list with everything that its page shows."""

    batch: Batch
    place: str
    received_by: str
    outcomes: tuple[Count, ...]
    refused: tuple[Count, ...]
    kept: tuple[Count, ...]
    notes: tuple[str, ...]
    samples: tuple[tuple[str, tuple[SampleRow, ...]], ...]
    refusal: str
    is_working: bool
    percent: int
    to_load: int
    to_settle: tuple[tuple[str, int], ...]


@bp.url_value_preprocessor
def _make_room(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let a list be larger than other forms, before anything reads the form; only for somebody who is signed in."""
    if endpoint == "console.upload_list" and who_is_signed_in() is not None:
        request.max_content_length = policy_file.current().collection.largest_file_mb * 1024**2 + FORM_ROOM


@bp.get("/imports")
@needs("imports.run")
def imports() -> ResponseReturnValue:
    """The lists of the reader's area, the newest first."""
    before = request.args.get("before", "")
    last = int(before) if before.isascii() and before.isdecimal() and len(before) < 10 else None
    with unit_of_work(actor()) as uow:
        found = reads.batches(uow.session, current_scope(), before=last)
        places = _place_names(uow, {batch.jurisdiction_code for batch in found})
        people = names_of(uow.session)
        rows = [(batch, places.get(batch.jurisdiction_code, ""), _who(batch.received_by, people)) for batch in found]
        next_before = found[-1].id if len(found) == reads.PAGE else None
        return show("imports.html", uow, rows=rows, next_before=next_before, working=WORKING)


@bp.get("/imports/new")
@needs("imports.run")
def new_list() -> ResponseReturnValue:
    """The form for a list: where it comes from, of which place and day it is, and the file."""
    with unit_of_work(actor()) as uow:
        return _upload_form(uow, "")


@bp.post("/imports/new")
@needs("imports.run")
def upload_list() -> ResponseReturnValue:
    """Keep the file and go on to its columns; a file that cannot be used is told on the form."""
    try:
        with unit_of_work(actor()) as uow:
            batch_id = _received(uow).id
    except HotlineError as err:
        with unit_of_work(actor()) as uow:
            return _upload_form(uow, web.refusal_sentence(err)), web.status_of(err)
    return redirect(url_for("console.list_columns", batch_id=batch_id), code=303)


@bp.get("/imports/<int:batch_id>")
@needs("imports.run")
def import_batch(batch_id: int) -> ResponseReturnValue:
    """One list: how far it is, what would happen or happened, and what can be done next."""
    with unit_of_work(actor()) as uow:
        batch = _batch(uow, batch_id)
        if batch.state is BatchState.RECEIVED:
            return redirect(url_for("console.list_columns", batch_id=batch_id), code=303)
        return show("import_batch.html", uow, page=_page(uow, batch), bars=BARS)


@bp.get("/imports/<int:batch_id>/rows")
@needs("imports.run")
def list_rows(batch_id: int) -> ResponseReturnValue:
    """The rows of one outcome, a page at a time."""
    wanted = request.args.get("outcome", "")
    outcome = Outcome(wanted) if wanted in set(Outcome) else Outcome.REFUSE
    after = request.args.get("after", "")
    last = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else 0
    with unit_of_work(actor()) as uow:
        batch = _batch(uow, batch_id)
        found = reads.rows(uow.session, current_scope(), batch_id, outcome, after=last)
        places = _place_names(uow, _codes(found))
        rows = [_sample(batch, row, places) for row in found]
        next_after = found[-1].row_no if len(found) == reads.PAGE else None
        page = {"batch": batch, "rows": rows, "outcome": outcome.value, "next_after": next_after}
        return show("import_rows.html", uow, page=page)


@bp.get("/imports/<int:batch_id>/columns")
@needs("imports.run")
def list_columns(batch_id: int) -> ResponseReturnValue:
    """Which column is which field: guessed, or as last time, with the first rows beside it."""
    with unit_of_work(actor()) as uow:
        return _columns_form(uow, _batch(uow, batch_id), {}, "")


@bp.post("/imports/<int:batch_id>/columns")
@needs("imports.run")
def name_columns(batch_id: int) -> ResponseReturnValue:
    """Keep what was said of the columns and have the list checked."""
    try:
        with unit_of_work(actor()) as uow:
            batch = _batch(uow, batch_id)
            receiving.name_columns(uow, current_scope(), batch_id, _mapping(batch))
    except BatchNotFound:
        raise
    except HotlineError as err:
        with unit_of_work(actor()) as uow:
            batch = _batch(uow, batch_id)
            form = _columns_form(uow, batch, _mapping(batch), web.refusal_sentence(err))
            return form, web.status_of(err)
    return _to_batch(batch_id)


@bp.post("/imports/<int:batch_id>/load")
@needs("imports.run")
def load_list(batch_id: int) -> ResponseReturnValue:
    """Load what was checked."""
    with unit_of_work(actor()) as uow:
        _batch(uow, batch_id)
        receiving.ask_to_load(uow, current_scope(), batch_id)
    return _to_batch(batch_id)


@bp.post("/imports/<int:batch_id>/reject")
@needs("imports.run")
def reject_list(batch_id: int) -> ResponseReturnValue:
    """Do not load it: the file and its rows go."""
    with unit_of_work(actor()) as uow:
        _batch(uow, batch_id)
        receiving.reject(uow, current_scope(), batch_id)
    flash(web.say("console.imports.rejected"), "ok")
    return redirect(url_for("console.imports"), code=303)


@bp.post("/imports/<int:batch_id>/undo")
@needs("imports.run")
def undo_list(batch_id: int) -> ResponseReturnValue:
    """Take back what it brought."""
    with unit_of_work(actor()) as uow:
        _batch(uow, batch_id)
        receiving.ask_to_undo(uow, current_scope(), batch_id)
    return _to_batch(batch_id)


@bp.post("/imports/<int:batch_id>/again")
@needs("imports.run")
def try_list_again(batch_id: int) -> ResponseReturnValue:
    """Go on with one that an error stopped."""
    with unit_of_work(actor()) as uow:
        _batch(uow, batch_id)
        receiving.try_again(uow, current_scope(), batch_id)
    flash(web.say("console.imports.trying_again"), "ok")
    return _to_batch(batch_id)


@bp.get("/imports/<int:batch_id>/refused")
@needs("imports.run")
def refused_rows(batch_id: int) -> ResponseReturnValue:
    """The refused rows as a file of the same shape with the reasons, to be mended and uploaded again."""
    with unit_of_work(actor()) as uow:
        batch = _batch(uow, batch_id)
        uow.audit("batch.refused_read", f"batch:{batch.id}", place=batch.jurisdiction_code)
        limits = receiving.limits(uow)
    file = returning.error_file(_reading, batch, web.lang(), limits)
    return _download(file.parts, file.name, file.content_type)


@bp.get("/exports")
@needs("exports.run")
def exports() -> ResponseReturnValue:
    """The form for an export: what, of which place, as which file, and for what."""
    with unit_of_work(actor()) as uow:
        return _export_form(uow, "")


@bp.post("/exports")
@needs("exports.run")
def export() -> ResponseReturnValue:
    """Log the export and write the file while it is sent."""
    what = request.form.get("what", "")
    form = request.form.get("form", "")
    wanted = Export(
        what=what if what in (exporting.PEOPLE, exporting.HOUSEHOLDS) else exporting.PEOPLE,
        place=request.form.get("place", ""),
        form=form if form in ("csv", "xlsx") else "csv",
        purpose=request.form.get("purpose", ""),
        lang=web.lang(),
        scope=current_scope(),
        by=actor(),
    )
    try:
        with unit_of_work(actor()) as uow:
            exporting.begin(uow, wanted)
            day = uow.local_now.date().isoformat()
    except HotlineError as err:
        with unit_of_work(actor()) as uow:
            return _export_form(uow, web.refusal_sentence(err)), web.status_of(err)
    kind = "text/csv; charset=utf-8"
    if wanted.form == "xlsx":
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _download(exporting.write(_reading, wanted), f"{wanted.what}-{wanted.place}-{day}.{wanted.form}", kind)


def _received(uow: UnitOfWork) -> Batch:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise NoFile
    chosen = request.form.get("source", "")
    if chosen == "new" or not chosen:
        source = receiving.add_source(
            uow,
            request.form.get("source_name", ""),
            request.form.get("kind", ""),
            request.form.get("purpose", ""),
            request.form.get("basis", ""),
        )
        source_id = source.id
    else:
        source_id = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else 0
    upload = Upload(file.stream, file.filename, source_id, request.form.get("place", ""), _day(uow))  # type: ignore[arg-type]
    return receiving.receive(uow, current_scope(), upload)


def _day(uow: UnitOfWork) -> date:
    words = request.form.get("as_of", "")
    today = uow.local_now.date()
    try:
        day = date.fromisoformat(words) if words else today
    except ValueError:
        raise BadDay from None
    if day > today or day.year < today.year - 120:
        raise BadDay
    return day


def _upload_form(uow: UnitOfWork, refusal: str) -> str:
    page = {
        "sources": reads.sources(uow.session),
        "places": _places(uow),
        "kinds": tuple(KINDS),
        "today": uow.local_now.date().isoformat(),
        "most": uow.policy.collection.largest_file_mb,
        "typed": request.form,
        "refusal": refusal,
    }
    return show("import_new.html", uow, page=page)


def _export_form(uow: UnitOfWork, refusal: str) -> str:
    places = _places(uow)
    page = {"places": places, "typed": request.form, "refusal": refusal}
    return show("exports.html", uow, page=page)


def _places(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Code and name of every node in force in the reader's area."""
    return [
        (place.code, f"{names(place)[web.lang()]} {place.code}")
        for place in uow.session.scalars(
            select(Jurisdiction)
            .where(within(Jurisdiction.code, current_scope()), Jurisdiction.valid_until.is_(None))
            .order_by(Jurisdiction.code)
        )
    ]


def _place_names(uow: UnitOfWork, codes: set[str]) -> dict[str, str]:
    places = uow.session.scalars(select(Jurisdiction).where(Jurisdiction.code.in_(codes)))
    return {place.code: names(place)[web.lang()] for place in places}


def _batch(uow: UnitOfWork, batch_id: int) -> Batch:
    if not is_id(batch_id):
        raise BatchNotFound
    return reads.batch(uow.session, current_scope(), batch_id)


def _who(received_by: str, people: Mapping[int, str]) -> str:
    kind, _, number = received_by.partition(":")
    return people.get(int(number), "") if kind == "user" and number.isdecimal() else received_by


def _columns_form(uow: UnitOfWork, batch: Batch, typed: Mapping[str, str], refusal: str) -> str:
    samples = _first_rows(uow, batch)
    columns = [
        {
            "place": place,
            "heading": heading,
            "field": typed.get(heading, batch.mapping.get(heading, "")),
            "samples": [row[place] for row in samples],
        }
        for place, heading in enumerate(batch.headings)
        if heading
    ]
    page = {"batch": batch, "columns": columns, "fields": [one.value for one in Field], "refusal": refusal}
    return show("import_columns.html", uow, page=page)


def _first_rows(uow: UnitOfWork, batch: Batch) -> list[list[str]]:
    """The first rows as a person would recognise their columns; digits of longer numbers stay hidden."""
    found: list[list[str]] = []
    try:
        with keeping.opened(batch.file_path) as file:
            for _, cells in open_table(file, receiving.limits(uow), batch.headings).rows():
                found.append([_shortened(cell) for cell in cells])
                if len(found) == SAMPLE_ROWS:
                    break
    except HotlineError:
        return found
    return found


def _shortened(cell: str) -> str:
    words = "" if cell.startswith("\x00") else cell.strip()
    digits = sum(character.isdecimal() for character in words)
    if digits >= 7 and digits > len(words) * 0.6 and "-" not in words[4:5]:
        return f"•••• {words[-4:]}"
    return words if len(words) <= SAMPLE_WIDTH else f"{words[:SAMPLE_WIDTH]}…"


def _mapping(batch: Batch) -> dict[str, str]:
    return {heading: request.form.get(f"column-{place}", "") for place, heading in enumerate(batch.headings) if heading}


def _page(uow: UnitOfWork, batch: Batch) -> BatchPage:
    counts = batch.counts
    found = reads.samples(uow.session, current_scope(), batch.id, uow.policy.collection.samples)
    outcomes = counts.get("outcomes", {})
    places = _place_names(uow, {batch.jurisdiction_code} | _codes(row for rows in found.values() for row in rows))
    notes = [
        note
        for note in reads.notes(uow.session, batch.id)
        if note.wording not in ASKS_TO_CHECK or batch.state is BatchState.CHECKED
    ]
    return BatchPage(
        batch=batch,
        place=places.get(batch.jurisdiction_code, batch.jurisdiction_code),
        received_by=_who(batch.received_by, names_of(uow.session)),
        outcomes=tuple(Count(name, _say(f"outcome.{name}"), outcomes.get(name, 0)) for name in BARS),
        refused=_ranked(counts.get("refused", {})),
        kept=_ranked(counts.get("kept", {})),
        notes=tuple(_say(note.wording, **note.facts) for note in notes),
        samples=tuple(
            (name, tuple(_sample(batch, row, places) for row in found[Outcome(name)]))
            for name in BARS
            if Outcome(name) in found
        ),
        refusal=_say(batch.refusal, **batch.refusal_facts) if batch.refusal else "",
        is_working=batch.state in WORKING and not batch.is_set_aside,
        percent=min(100, batch.done * 100 // batch.rows) if batch.rows else 0,
        to_load=sum(outcomes.get(name, 0) for name in LOADING),
        to_settle=tuple(
            (name, outcomes[name]) for name in ASK_SOMEBODY if batch.state is BatchState.APPLIED and outcomes.get(name)
        ),
    )


def _ranked(counts: Mapping[str, int]) -> tuple[Count, ...]:
    """Reasons by how many rows have them. The sentence is that of a whole list: it names no field, row or place."""
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    whole = wording.catalogue("console", web.lang())
    field = _say("column.number")
    return tuple(
        Count(key, whole.get(f"imports.whole.{key}") or _say(f"reason.{key}", field=field), count)
        for key, count in ranked
    )


def _codes(rows: Iterable[BatchRow]) -> set[str]:
    return {str(reason["code"]) for row in rows for reason in row.reasons if "code" in reason}


def _sample(batch: Batch, row: BatchRow, places: Mapping[str, str]) -> SampleRow:
    columns = {field: place for place, heading in enumerate(batch.headings) if (field := batch.mapping.get(heading))}
    name, address = (_of_row(row, columns, field) for field in (Field.NAME, Field.ADDRESS))
    reasons = (
        reason | {"code": places.get(reason["code"], reason["code"])} if "code" in reason else reason
        for reason in row.reasons
    )
    return SampleRow(row.row_no, name, address, tuple(sentence(one, web.lang()) for one in reasons), row.person_id)


def _of_row(row: BatchRow, columns: Mapping[str, int], field: Field) -> str:
    place = columns.get(field)
    return str(row.cells[place]) if place is not None and place < len(row.cells) else ""


def _say(key: str, **facts: object) -> str:
    return wording.say("collection", key, web.lang(), **facts)


def _reading() -> AbstractContextManager[Session]:
    return db.sessions()


def _to_batch(batch_id: int) -> ResponseReturnValue:
    return redirect(url_for("console.import_batch", batch_id=batch_id), code=303)


def _download(parts: Any, name: str, content_type: str) -> Response:
    answer = Response(stream_with_context(parts), content_type=content_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
