"""The ticket queue: tabs, groups by clock, search, paging, and whether something changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import masking
from console.paging import PAGE, cursor, read_cursor
from console.privacy import without_numbers
from console.queries import queue as queries
from console.queries.queue import TABS, UNCOUNTED, QueueRow, View, next_promise
from console.routes.blueprint import bp, show
from console.routes.search import first_few
from console.words import ClockView, matter, moment, place, since, ticket_clock
from core.uow import UnitOfWork, unit_of_work
from directory.scope import Scope
from staff.guard import actor, current_scope, current_user, needs
from staff.permissions import Permission, scope_for
from telephony import msisdn
from ticketing.lifecycle import OVER, State

SOON = timedelta(hours=2)
LATER = timedelta(hours=48)
LONGEST_SEARCH = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the page draws it."""

    code: str
    tier: str
    state: str
    clock: ClockView | None  # None: no promise runs any more
    ended: str
    matter: str
    description: str
    requester: str
    place: str
    with_name: str | None
    round: int  # of the offers that stand open now; 0: none does
    source: str
    opened: str
    reopened: int
    is_supervised: bool
    is_draft: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Rows whose promise falls into one span."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab with its figure."""

    name: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """The queue page."""

    view: str
    words: str
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    next_after: str | None
    version: str


@bp.get("/tickets")
@needs("tickets.read")
def queue() -> ResponseReturnValue:
    """The queue, or what was searched for; one exact hit opens at once."""
    words = normalize("NFKC", request.args.get("q", "")).strip()[:LONGEST_SEARCH]  # full-width digits are digits
    view = _view(request.args.get("view", ""))
    scope = current_scope()
    with unit_of_work(actor()) as uow:
        if words:
            rows = queries.search(uow.session, scope, words, _numbers(uow, words))
            if len(rows) == 1 and rows[0].ticket.code == words.upper():
                return redirect(url_for("console.ticket", code=rows[0].ticket.code), code=303)
        else:
            after = read_cursor(request.args.get("after", ""))
            rows = queries.queue(
                uow.session, scope, view=view, user_id=current_user().user_id, now=uow.now, after=after
            )
        user = current_user()
        tasks = scope_for(user.grants, Permission.TASKS_DO, uow.now)
        counts = queries.counts(uow.session, scope, tasks, user_id=user.user_id, now=uow.now)
        page = _page(uow, rows, view, words, queries.version(uow.session, scope))
        tabs = [Tab(tab, None if tab in UNCOUNTED else counts.views[tab]) for tab in TABS]
        few = first_few(uow, words) if words else None
        return show("queue.html", uow, counts, page=page, views=tabs, few=few)


@bp.get("/tickets/version")
@needs("tickets.read")
def queue_version() -> ResponseReturnValue:
    """A short mark that changes when the queue does; the page asks for it now and then."""
    with unit_of_work(actor()) as uow:
        return {"version": queries.version(uow.session, current_scope())}


def _page(uow: UnitOfWork, rows: Sequence[QueueRow], view: View, words: str, version: str) -> Page:
    drawn = [(row, _row(row, uow.now, current_scope())) for row in rows]
    groups = []
    for name in ("overdue", "soon", "today", "later", "over"):
        members = tuple(view_row for row, view_row in drawn if _group(row, uow.now) == name)
        if members:
            groups.append(Group(name, members))
    is_full = len(rows) == PAGE and not words
    after = cursor(*queries.place_in_queue(rows[-1].ticket, view)) if is_full else None
    return Page(view, words, tuple(groups), tuple(view_row for _, view_row in drawn), after, version)


def _group(row: QueueRow, now: datetime) -> str:
    if row.ticket.state in OVER:
        return "over"
    left = next_promise(row.ticket) - now
    if left < timedelta():
        return "overdue"
    return "soon" if left <= SOON else "today" if left <= LATER else "later"


def _row(row: QueueRow, now: datetime, scope: Scope) -> Row:
    ticket = row.ticket
    sees_numbers = scope.may("numbers.see")
    return Row(
        code=ticket.code,
        tier=ticket.tier,
        state=ticket.state,
        clock=ticket_clock(ticket, now),
        ended=moment(ticket.closed_at, now),
        matter=matter(ticket),
        description=ticket.description if sees_numbers else without_numbers(ticket.description),
        requester=masking.name(ticket.requester_name, scope),
        place=place(ticket, row.place),
        with_name=row.provider or row.owner,
        round=ticket.round if ticket.state == State.DISPATCHED else 0,
        source=ticket.source,
        opened=since(ticket.opened_at, now),
        reopened=ticket.reopened,
        is_supervised=ticket.is_supervised,
        is_draft=ticket.is_draft,
    )


def _view(name: str) -> View:
    return View(name) if name in set(View) else View.OPEN


def _numbers(uow: UnitOfWork, words: str) -> list[str]:
    try:
        return [msisdn.to_e164(words, region=uow.policy.city.region, area_code=uow.policy.city.area_code)]
    except msisdn.BadNumber:
        return []
