"""Tickets, calls and texts of people as their cards draw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request

from console import dealings
from console.dealings import Dealing, Whom
from console.paging import cursor, read_cursor, read_id
from console.privacy import without_numbers
from console.words import matter, moment
from core import web
from core.uow import UnitOfWork
from directory.scope import Scope
from staff.guard import current_user
from staff.permissions import Permission, scope_for


@dataclass(frozen=True, slots=True)
class DealingView:
    """One call or text as cards draw it."""

    row: Dealing
    at: str
    words: str
    state: str


def dealings_told(uow: UnitOfWork, scope: Scope, whom: Whom, *, is_shown: bool) -> dict[str, Any]:
    """A page of their tickets and one of their calls and texts; nothing unless `is_shown`."""
    if not is_shown:
        return {"tickets": (), "dealings": (), "tickets_more": None, "dealings_more": None}
    seen = scope_for(current_user().grants, Permission.TICKETS_READ, uow.now)
    tickets = dealings.tickets(uow.session, seen, whom, read_id(request.values.get("tickets", "")))
    rows = dealings.dealings(uow.session, seen, whom, _read_place(request.values.get("dealings", "")))
    return {
        "tickets": [
            {"code": row.code, "matter": matter(row), "state": row.state, "at": moment(row.opened_at, uow.now)}
            for row in tickets
        ],
        "tickets_more": tickets[-1].id if len(tickets) == dealings.TICKETS else None,
        "dealings": [_dealing(row, scope, uow.now) for row in rows],
        "dealings_more": f"{cursor(rows[-1].at, rows[-1].id)}~{rows[-1].way}"
        if len(rows) == dealings.DEALINGS
        else None,
    }


def _dealing(row: Dealing, scope: Scope, now: datetime) -> DealingView:
    words = row.words if scope.may("numbers.see") else without_numbers(row.words)
    state = {
        dealings.Way.CALL: f"console.outcome.{row.state}",
        dealings.Way.TEXT_OUT: f"console.delivery.{row.state}",
    }.get(row.way)
    return DealingView(row, moment(row.at, now), words, web.say(state) if state else "")


def _read_place(word: str) -> tuple[datetime, str, int] | None:
    """The place in the list of dealings at which a page goes on; None for what is no such place."""
    place, _, way = word.rpartition("~")
    found = read_cursor(place)
    return (found[0], way, found[1]) if found is not None and way in set(dealings.Way) else None
