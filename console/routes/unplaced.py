"""What needs a place: tickets and rows of lists whose words lead nowhere or not surely. A person says where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from collection.queries import batches
from collection.queries.batches import RowOrigin
from console.paging import cursor, read_cursor, read_id
from console.places import PAGE, tickets_without_place
from console.queries import tickets as console_queries
from console.routes.blueprint import bp, show
from console.routes.places import name_of
from console.words import matter
from core import web
from core.errors import HotlineError, NotAllowed, NotFound
from core.uow import UnitOfWork, unit_of_work
from directory import place_words
from directory.errors import NoCommunity, UnplacedNotFound
from directory.models import Unplaced
from directory.place_words import Place
from directory.queries import places as queries
from directory.scope import Scope
from directory.service import places as service
from staff.guard import actor, current_scope, current_user, needs
from staff.permissions import Permission, scope_for
from ticketing.lifecycle import OVER
from ticketing.models import Ticket
from ticketing.service import tickets

MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing without a place."""

    key: str
    action: str
    words: str
    name: str  # what of the words may be a name
    about: str
    code: str  # of a ticket
    at: datetime
    candidates: list[tuple[str, str, int]] = field(default_factory=list)  # code, name, percent
    href: str = ""  # of the list that the row came from, for whoever may see it


@bp.get("/places/unplaced")
@needs("places.settle")
def unplaced() -> ResponseReturnValue:
    """Both lists: tickets first, since somebody waits; then rows of lists."""
    with unit_of_work(actor()) as uow:
        return _shown(uow)


@bp.post("/places/unplaced/<int:unplaced_id>")
@needs("places.settle")
def settle_unplaced(unplaced_id: int) -> ResponseReturnValue:
    """Say where a row of a list belongs."""
    try:
        with unit_of_work(actor()) as uow:
            service.settle(uow, current_scope(), unplaced_id, request.form.get("community", ""), learn_alias=_learnt())
    except HotlineError as err:
        return _refused(err)
    flash(web.say("console.done.settled"), "ok")
    return redirect(url_for("console.unplaced"), code=303)


@bp.post("/places/unplaced/tickets/<code>")
@needs("places.settle")
def settle_ticket(code: str) -> ResponseReturnValue:
    """Say where a ticket lies; with its matter known it opens and is matched."""
    community = request.form.get("community", "")
    try:
        with unit_of_work(actor()) as uow:
            waiting = console_queries.held(uow.session, current_scope(), code)
            if waiting.jurisdiction_code or waiting.state in OVER:
                raise UnplacedNotFound  # somebody was quicker, or it never was on the list
            if all(one.code != community for one in queries.communities(uow.session, current_scope())):
                raise NoCommunity(community)
            if learnt := _learnt():
                service.learn(uow, current_scope(), community, learnt)
            ticket = tickets.set_facts(uow, code, jurisdiction_code=community, version=waiting.version)
            uow.audit("place.settled", f"ticket:{ticket.id}", place=community)
    except HotlineError as err:
        return _refused(err)
    flash(web.say("console.done.settled"), "ok")
    return redirect(url_for("console.unplaced"), code=303)


def _learnt() -> str:
    return request.form.get("alias", "").strip() if request.form.get("learn") else ""


def _refused(err: HotlineError) -> ResponseReturnValue:
    if isinstance(err, NotFound | NotAllowed):
        return web.refuse(err)
    with unit_of_work(actor()) as uow:
        return _shown(uow, web.refusal_sentence(err), request.path), web.status_of(err)


def _shown(uow: UnitOfWork, refusal: str = "", refused: str = "") -> str:
    scope = current_scope()
    known = queries.gazetteer(uow.session)
    waiting = tickets_without_place(uow.session, scope, after=read_cursor(request.args.get("tickets", "")))
    rows = queries.unplaced(uow.session, scope, after=read_cursor(request.args.get("rows", "")))
    communities = queries.communities(uow.session, scope)
    names = {one.code: name_of(one) for one in communities}
    return show(
        "places_unplaced.html",
        uow,
        tickets=[_of_ticket(one, known, names) for one in waiting],
        rows=_of_rows(uow, rows, known, names),
        communities=communities,
        name_of=name_of,
        next_tickets=cursor(waiting[-1].opened_at, waiting[-1].id) if len(waiting) == PAGE else None,
        next_rows=cursor(rows[-1].found_at, rows[-1].id) if len(rows) == queries.PAGE else None,
        refusal=refusal,
        refused=refused,
        typed=request.form,
    )


def _of_ticket(one: Ticket, known: list[Place], names: dict[str, str]) -> Entry:
    words = one.address or one.description
    return Entry(
        f"ticket-{one.id}",
        url_for("console.settle_ticket", code=one.code),
        words,
        place_words.name_in(one.address),
        matter(one),
        one.code,
        one.opened_at,
        _candidates(words, known, names, ""),
    )


def _of_rows(uow: UnitOfWork, rows: list[Unplaced], known: list[Place], names: dict[str, str]) -> list[Entry]:
    lists = scope_for(current_user().grants, Permission.IMPORTS_RUN, uow.now)
    ids = {one.id: number for one in rows if (number := _row_of(one)) is not None}
    origins = batches.origins(uow.session, current_scope(), set(ids.values()))
    return [_of_row(one, origins.get(ids.get(one.id, 0)), lists, known, names) for one in rows]


def _row_of(one: Unplaced) -> int | None:
    """The row of a list that waits, if it is one."""
    kind, _, number = one.subject.partition(":")
    return read_id(number) if kind == "import_row" else None


def _of_row(one: Unplaced, origin: RowOrigin | None, lists: Scope, known: list[Place], names: dict[str, str]) -> Entry:
    kind, _, number = one.subject.partition(":")
    about = web.say(f"console.unplaced.{'import_row' if kind == 'import_row' else 'other'}", number=number)
    href = ""
    if origin is not None:
        about = web.say("console.unplaced.of_list", source=origin.source, day=origin.as_of, row=origin.row_no)
        if lists.covers(origin.place):
            href = url_for("console.import_batch", batch_id=origin.batch_id)
    return Entry(
        f"row-{one.id}",
        url_for("console.settle_unplaced", unplaced_id=one.id),
        one.words,
        place_words.name_in(one.words),
        about,
        "",
        one.found_at,
        _candidates(one.words, known, names, one.within_code),
        href,
    )


def _candidates(words: str, known: list[Place], names: dict[str, str], within: str) -> list[tuple[str, str, int]]:
    """What the words may mean today, the surest first, within the reader's area: shown, never chosen by itself."""
    found = place_words.resolve(words, known, within).candidates
    return [(code, names[code], round(sure * 100)) for code, sure in found if code in names][:MOST_CANDIDATES]
