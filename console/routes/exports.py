"""What goes out as a file: people and households for a purpose, and the refused rows of a list."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from collection.service import exporting, receiving, returning
from collection.service.exporting import Export
from console.routes.blueprint import bp, show
from console.routes.imports import scoped_batch
from console.routes.uploads import places_offered
from core import db, web
from core.errors import HotlineError
from core.uow import UnitOfWork, unit_of_work
from staff.guard import actor, current_scope, needs


@bp.get("/imports/<int:batch_id>/refused")
@needs("imports.run")
def refused_rows(batch_id: int) -> ResponseReturnValue:
    """The refused rows as a file of the same shape with the reasons, to be mended and uploaded again."""
    with unit_of_work(actor()) as uow:
        batch = scoped_batch(uow, batch_id)
        uow.audit("batch.refused_read", f"batch:{batch.id}", place=batch.jurisdiction_code)
        limits = receiving.limits(uow)
    file = returning.error_file(_reading, batch, web.lang(), limits)
    return download(file.parts, file.name, file.content_type)


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
    return download(exporting.write(_reading, wanted), f"{wanted.what}-{wanted.place}-{day}.{wanted.form}", kind)


def _export_form(uow: UnitOfWork, refusal: str) -> str:
    places = places_offered(uow)
    page = {"places": places, "typed": request.form, "refusal": refusal}
    return show("exports.html", uow, page=page)


def _reading() -> AbstractContextManager[Session]:
    return db.sessions()


def download(parts: Any, name: str, content_type: str) -> Response:
    """A file that is sent as it is made, for nobody to keep on the way."""
    answer = Response(stream_with_context(parts), content_type=content_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
