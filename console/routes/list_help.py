"""How a list is written: each column with its words, and an empty list to fill in."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from collection.service import blank
from console.routes.blueprint import bp, show
from console.routes.exports import download
from core import web
from core.uow import unit_of_work
from staff.guard import actor, needs


@bp.get("/imports/help")
@needs("imports.run")
def list_help() -> ResponseReturnValue:
    """What may stand in each column, and which headings and words are understood."""
    with unit_of_work(actor()) as uow:
        policy = uow.policy.collection
        limits = {"most": policy.largest_file_mb, "rows": policy.most_rows}
        return show("import_help.html", uow, columns=blank.columns(web.lang()), limits=limits)


@bp.get("/imports/empty")
@needs("imports.run")
def empty_list() -> ResponseReturnValue:
    """A list with headings only, in the reader's language; `form`: csv or xlsx."""
    file = blank.empty_list(web.lang(), request.args.get("form", ""))
    return download(file.parts, file.name, file.content_type)
