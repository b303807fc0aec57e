"""A list comes in: where it is from, its file, and which column is which field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from collection.errors import BadDay, BatchNotFound, NoFile
from collection.fields import Field
from collection.models import Batch
from collection.queries import batches as reads
from collection.service import keeping, receiving
from collection.service.receiving import KINDS, Upload
from collection.table_file import open_table
from config import policy as policy_file
from console.paging import read_id
from console.routes.blueprint import bp, show
from console.routes.imports import scoped_batch, to_batch
from core import web
from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from directory.queries.places import names, tree
from staff.guard import actor, current_scope, needs, who_is_signed_in

FORM_ROOM = 1024 * 1024
SAMPLE_ROWS = 3
SAMPLE_WIDTH = 24


@bp.url_value_preprocessor
def _make_room(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Let a list be larger than other forms, before anything reads the form; only for somebody who is signed in."""
    if endpoint == "console.upload_list" and who_is_signed_in() is not None:
        request.max_content_length = policy_file.current().collection.largest_file_mb * 1024**2 + FORM_ROOM


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


@bp.get("/imports/<int:batch_id>/columns")
@needs("imports.run")
def list_columns(batch_id: int) -> ResponseReturnValue:
    """Which column is which field: guessed, or as last time, with the first rows beside it."""
    with unit_of_work(actor()) as uow:
        return _columns_form(uow, scoped_batch(uow, batch_id), {}, "")


@bp.post("/imports/<int:batch_id>/columns")
@needs("imports.run")
def name_columns(batch_id: int) -> ResponseReturnValue:
    """Keep what was said of the columns and have the list checked."""
    try:
        with unit_of_work(actor()) as uow:
            batch = scoped_batch(uow, batch_id)
            receiving.name_columns(uow, current_scope(), batch_id, _mapping(batch))
    except BatchNotFound:
        raise
    except HotlineError as err:
        with unit_of_work(actor()) as uow:
            batch = scoped_batch(uow, batch_id)
            form = _columns_form(uow, batch, _mapping(batch), web.refusal_sentence(err))
            return form, web.status_of(err)
    return to_batch(batch_id)


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
        source_id = read_id(chosen) or 0
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
        "places": places_offered(uow),
        "kinds": tuple(KINDS),
        "today": uow.local_now.date().isoformat(),
        "most": uow.policy.collection.largest_file_mb,
        "typed": request.form,
        "refusal": refusal,
    }
    return show("import_new.html", uow, page=page)


def places_offered(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Code and name of every node in force in the reader's area."""
    return [
        (place.code, f"{names(place)[web.lang()]} {place.code}")
        for place in tree(uow.session, current_scope())
        if place.valid_until is None
    ]


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
