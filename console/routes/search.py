"""People by any fragment: the search page, and the few hits that stand above the tickets of a search."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue

from console.paging import read_id
from console.routes.blueprint import bp, show
from core.uow import UnitOfWork, unit_of_work
from directory.fragments import LONGEST
from directory.queries.search import NOTHING, Found, Hits, people
from directory.scope import Scope
from staff.guard import actor, current_scope, current_user, needs
from staff.permissions import Permission, scope_for

PAGE = 50
FIRST_FEW = 5
LARGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """A search of people as the page draws it."""

    words: str
    hits: Hits
    number: int  # of the page, from 1
    is_last: bool


@dataclass(frozen=True, slots=True)
class Few:
    """The first people whom a search of tickets finds as well."""

    rows: tuple[Found, ...]
    total: int
    is_cut: bool


@bp.get("/people")
@needs("people.read")
def people_found() -> ResponseReturnValue:
    """Those whom the words find in the reader's area, the best first. Each search is noted, its words are not."""
    words = request.args.get("q", "").strip()[:LONGEST]
    number = min(read_id(request.args.get("page", "")) or 1, LARGEST_PAGE)
    scope = current_scope()
    with unit_of_work(actor()) as uow:
        hits = _search(uow, scope, words, PAGE, (number - 1) * PAGE) if words else NOTHING
        if words and number == 1:
            _note(uow, scope, hits.total)
        page = Page(words, hits, number, is_last=hits.total <= number * PAGE)
        return show("people_found.html", uow, page=page, does_tickets=_may_read_tickets(uow))


def first_few(uow: UnitOfWork, words: str) -> Few | None:
    """The people whom a search of tickets finds, for who may read people somewhere; None for everybody else."""
    scope = scope_for(current_user().grants, Permission.PEOPLE_READ, uow.now)
    if not scope.prefixes:
        return None
    hits = _search(uow, scope, words, FIRST_FEW, 0)
    _note(uow, scope, hits.total)
    return Few(hits.rows, hits.total, hits.is_cut)


def _search(uow: UnitOfWork, scope: Scope, words: str, limit: int, offset: int) -> Hits:
    return people(uow.session, scope, words, today=uow.local_now.date(), limit=limit, offset=offset)


def _note(uow: UnitOfWork, scope: Scope, found: int) -> None:
    uow.audit("people.searched", "people", place=scope.prefixes[0], found=found)


def _may_read_tickets(uow: UnitOfWork) -> bool:
    return bool(scope_for(current_user().grants, Permission.TICKETS_READ, uow.now).prefixes)
