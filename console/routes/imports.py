"""Lists of people that have come in: their dry run, loading, rejecting, undoing, and the rows of each outcome."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from collection.errors import BatchNotFound
from collection.models import Batch, BatchState, Outcome
from collection.queries import batches as reads
from collection.service import receiving
from console.batches import BARS, WORKING, batch_page, codes_told, place_names, receiver, sample
from console.paging import is_id, read_id
from console.routes.blueprint import bp, show
from core import web
from core.uow import UnitOfWork, unit_of_work
from staff.guard import actor, current_scope, needs
from staff.queries import names_of


@bp.get("/imports")
@needs("imports.run")
def imports() -> ResponseReturnValue:
    """The lists of the reader's area, the newest first."""
    last = read_id(request.args.get("before", ""))
    with unit_of_work(actor()) as uow:
        found = reads.batches(uow.session, current_scope(), before=last)
        places = place_names(uow, {batch.jurisdiction_code for batch in found})
        people = names_of(uow.session)
        rows = [
            (batch, places.get(batch.jurisdiction_code, ""), receiver(batch.received_by, people)) for batch in found
        ]
        next_before = found[-1].id if len(found) == reads.PAGE else None
        return show("imports.html", uow, rows=rows, next_before=next_before, working=WORKING)


@bp.get("/imports/<int:batch_id>")
@needs("imports.run")
def import_batch(batch_id: int) -> ResponseReturnValue:
    """One list: how far it is, what would happen or happened, and what can be done next."""
    with unit_of_work(actor()) as uow:
        batch = scoped_batch(uow, batch_id)
        if batch.state is BatchState.RECEIVED:
            return redirect(url_for("console.list_columns", batch_id=batch_id), code=303)
        return show("import_batch.html", uow, page=batch_page(uow, batch), bars=BARS)


@bp.get("/imports/<int:batch_id>/rows")
@needs("imports.run")
def list_rows(batch_id: int) -> ResponseReturnValue:
    """The rows of one outcome, a page at a time."""
    wanted = request.args.get("outcome", "")
    outcome = Outcome(wanted) if wanted in set(Outcome) else Outcome.REFUSE
    last = read_id(request.args.get("after", "")) or 0
    with unit_of_work(actor()) as uow:
        batch = scoped_batch(uow, batch_id)
        found = reads.rows(uow.session, current_scope(), batch_id, outcome, after=last)
        places = place_names(uow, codes_told(found))
        rows = [sample(batch, row, places) for row in found]
        next_after = found[-1].row_no if len(found) == reads.PAGE else None
        page = {"batch": batch, "rows": rows, "outcome": outcome.value, "next_after": next_after}
        return show("import_rows.html", uow, page=page)


@bp.post("/imports/<int:batch_id>/load")
@needs("imports.run")
def load_list(batch_id: int) -> ResponseReturnValue:
    """Load what was checked."""
    with unit_of_work(actor()) as uow:
        scoped_batch(uow, batch_id)
        receiving.ask_to_load(uow, current_scope(), batch_id)
    return to_batch(batch_id)


@bp.post("/imports/<int:batch_id>/reject")
@needs("imports.run")
def reject_list(batch_id: int) -> ResponseReturnValue:
    """Do not load it: the file and its rows go."""
    with unit_of_work(actor()) as uow:
        scoped_batch(uow, batch_id)
        receiving.reject(uow, current_scope(), batch_id)
    flash(web.say("console.imports.rejected"), "ok")
    return redirect(url_for("console.imports"), code=303)


@bp.post("/imports/<int:batch_id>/undo")
@needs("imports.run")
def undo_list(batch_id: int) -> ResponseReturnValue:
    """Take back what it brought."""
    with unit_of_work(actor()) as uow:
        scoped_batch(uow, batch_id)
        receiving.ask_to_undo(uow, current_scope(), batch_id)
    return to_batch(batch_id)


@bp.post("/imports/<int:batch_id>/again")
@needs("imports.run")
def try_list_again(batch_id: int) -> ResponseReturnValue:
    """Go on with one that an error stopped."""
    with unit_of_work(actor()) as uow:
        scoped_batch(uow, batch_id)
        receiving.try_again(uow, current_scope(), batch_id)
    flash(web.say("console.imports.trying_again"), "ok")
    return to_batch(batch_id)


def scoped_batch(uow: UnitOfWork, batch_id: int) -> Batch:
    """A list of the reader's area. Raises BatchNotFound."""
    if not is_id(batch_id):
        raise BatchNotFound
    return reads.batch(uow.session, current_scope(), batch_id)


def to_batch(batch_id: int) -> ResponseReturnValue:
    """Back to the page of the list."""
    return redirect(url_for("console.import_batch", batch_id=batch_id), code=303)
