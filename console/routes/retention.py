"""How long things are kept: the table of settings, what the last runs removed, what one would remove now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.paging import read_id
from console.routes.blueprint import bp, show
from core import retention, web
from core.retention import LONGEST, KeptTooShort, Line
from core.uow import unit_of_work
from staff.guard import actor, current_user, needs
from staff.permissions import Permission, scope_for

RUNS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One kind as the page draws it."""

    name: str
    is_fixed: bool
    is_proposed: bool  # a person decides about each
    keep_days: int | None
    default_days: int | None
    least_days: int
    set_by: str
    set_at: datetime | None
    last_at: datetime | None
    last_removed: int
    last_held: int
    would: tuple[int, int] | None  # removed, held; None: not asked, or it never goes


@bp.get("/retention")
@needs("retention.set")
def retention_table() -> ResponseReturnValue:
    """Every kind with its days and its last run; with `count`, what a run would remove this moment."""
    before = read_id(request.args.get("before", ""))
    with unit_of_work(actor()) as uow:
        is_counted = bool(request.args.get("count"))
        would = retention.would_remove(uow.session, uow.now) if is_counted else {}
        desk = scope_for(current_user().grants, Permission.PRIVACY_DO, uow.now)
        rows = [_row(line, would.get(line.kind.name)) for line in retention.lines(uow.session)]
        runs = retention.runs(uow.session, RUNS, before)
        next_before = runs[-1].id if len(runs) == RUNS else None
        return show(
            "retention.html",
            uow,
            rows=rows,
            runs=runs,
            next_before=next_before,
            is_counted=is_counted,
            longest=LONGEST,
            sees_desk=bool(desk.prefixes),
        )


@bp.post("/retention/<kind>")
@needs("retention.set")
def retention_set(kind: str) -> ResponseReturnValue:
    """Keep one kind for so many days from now on; nothing typed: for ever."""
    typed = request.form.get("days", "").strip()
    try:
        with unit_of_work(actor()) as uow:
            retention.set_rule(uow, kind, _days(typed, kind))
    except KeptTooShort as refusal:
        flash(web.refusal_sentence(refusal), "bad")
    else:
        flash(web.say("console.retention.done"), "ok")
    return redirect(url_for("console.retention_table"), code=303)


def _days(typed: str, name: str) -> int | None:
    """The number that was typed. Raises KeptTooShort when it is none."""
    if not typed:
        return None
    if typed.isascii() and typed.isdecimal() and len(typed) <= len(str(LONGEST)):
        return int(typed)
    kind = next((one for one in retention.kinds() if one.name == name), None)
    raise KeptTooShort(kind.least_days if kind is not None else 1)


def _row(line: Line, would: tuple[int, int] | None) -> Row:
    run = line.last_run
    return Row(
        name=line.kind.name,
        is_fixed=line.kind.due is None,
        is_proposed=line.kind.is_proposed,
        keep_days=line.keep_days,
        default_days=line.kind.keep_days,
        least_days=line.kind.least_days,
        set_by=line.set_by,
        set_at=line.set_at,
        last_at=run.at if run is not None else None,
        last_removed=run.removed if run is not None else 0,
        last_held=run.held if run is not None else 0,
        would=would,
    )
