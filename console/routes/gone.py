"""People who died or moved away longer ago than they are kept: proposed one by one, never erased by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.paging import cursor, read_cursor
from console.routes.blueprint import bp, show
from core import retention, web
from core.uow import UnitOfWork, unit_of_work
from directory.queries import privacy
from directory.queries.places import names_of
from directory.queries.privacy import GoneRow
from directory.service import privacy as service
from staff.guard import actor, current_scope, needs


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the list."""

    person_id: int
    name: str
    place: str
    is_dead: bool
    since: date


@bp.get("/privacy/gone")
@needs("privacy.do")
def privacy_gone() -> ResponseReturnValue:
    """Who is proposed, those longest gone first; by the days that the table of retention gives."""
    last = read_cursor(request.args.get("after", ""))
    after = (last[0].date(), last[1]) if last is not None else None
    with unit_of_work(actor()) as uow:
        days = retention.keep_days(uow.session, service.GONE)
        found: list[GoneRow] = []
        if days is not None:
            before = uow.now - timedelta(days=days)
            found = privacy.gone_people(uow.session, current_scope(), before, after=after)
        next_after = _cursor(found[-1]) if len(found) == privacy.PAGE else None
        return show("privacy_gone.html", uow, rows=_rows(uow, found), days=days, next_after=next_after)


@bp.post("/privacy/people/<int:person_id>/propose")
@needs("privacy.do")
def privacy_propose(person_id: int) -> ResponseReturnValue:
    """Take down that one of them is to be erased; the page of the request shows what would go."""
    with unit_of_work(actor()) as uow:
        person, _ = privacy.subject(uow.session, current_scope(), person_id)
        request_id = service.propose_erasure(uow, person.id).id
    flash(web.say("console.privacy.done.asked"), "ok")
    return redirect(url_for("console.privacy_request", request_id=request_id), code=303)


def _cursor(one: GoneRow) -> str:
    return cursor(datetime.combine(one.since, time(), UTC), one.person.id)


def _rows(uow: UnitOfWork, found: list[GoneRow]) -> list[Row]:
    places = names_of(uow.session, {one.household.community_code for one in found})
    return [
        Row(
            person_id=one.person.id,
            name=one.person.name,
            place=f"{places[one.household.community_code][web.lang()]} {one.household.address}",
            is_dead=one.person.died_on is not None,
            since=one.since,
        )
        for one in found
    ]
