"""Reads of the queue: its tabs, a page of one, their figures, and tickets found by words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from console.paging import PAGE
from console.privacy import LONG
from console.queries.tasks import open_and_late
from directory.models import Jurisdiction
from directory.queries.scoping import within
from directory.scope import Scope
from providers.models import Provider
from staff.models import User
from ticketing.dispatch_lifecycle import HOLDING, DispatchState
from ticketing.lifecycle import OVER, State
from ticketing.models import Dispatch, Ticket

FOUND_AT_MOST = 50
AFTER_THE_WORK = (State.DONE, State.FOLLOWING_UP, State.CLOSED)


class View(StrEnum):
    """The tabs of the queue."""

    OPEN = "open"
    MINE = "mine"
    OVERDUE = "overdue"
    TO_DISPATCH = "to_dispatch"
    RESIDENT = "resident"
    FOLLOW_UP = "follow_up"
    DONE = "done"
    ALL = "all"


TABS = (View.OPEN, View.MINE, View.OVERDUE, View.TO_DISPATCH, View.RESIDENT, View.FOLLOW_UP, View.DONE)
UNCOUNTED = frozenset({View.DONE, View.ALL})


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One ticket of the queue with the names that its row shows."""

    ticket: Ticket
    place: Jurisdiction | None
    provider: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tickets each tab holds, how many tasks are open and late."""

    views: dict[View, int]
    open_tasks: int
    late_tasks: int


def queue(
    session: Session,
    scope: Scope,
    *,
    view: View,
    user_id: int,
    now: datetime,
    after: tuple[datetime, int] | None = None,
) -> list[QueueRow]:
    """A page of the queue: open tickets by their next promise, the nearest first; others from the newest end.

    `after` are moment (see `place_in_queue`) and id of the last row of the page before.
    """
    statement = _rows().where(within(Ticket.jurisdiction_code, scope), _of_view(view, user_id, now)).limit(PAGE)
    if view in UNCOUNTED:
        newest = Ticket.opened_at if view is View.ALL else func.coalesce(Ticket.closed_at, Ticket.opened_at)
        statement = statement.order_by(newest.desc(), Ticket.id.desc())
        further = None if after is None else tuple_(newest, Ticket.id) < after
    else:
        nearest = _next_promise()
        statement = statement.order_by(nearest, Ticket.id)
        further = None if after is None else tuple_(nearest, Ticket.id) > after
    return _read(session, statement if further is None else statement.where(further))


def place_in_queue(ticket: Ticket, view: View) -> tuple[datetime, int]:
    """Where a ticket stands in the order of a view: the cursor of the next page."""
    if view is View.ALL:
        return ticket.opened_at, ticket.id
    if view is View.DONE:
        return ticket.closed_at or ticket.opened_at, ticket.id
    return next_promise(ticket), ticket.id


def next_promise(ticket: Ticket) -> datetime:
    """The promise that runs now: first contact until it is met, then closing."""
    return ticket.contact_by if waits_for_contact(ticket) else ticket.close_by


def _next_promise() -> ColumnElement[datetime]:
    """The same, for the database."""
    is_contact = and_(Ticket.contacted_at.is_(None), Ticket.contact_by < Ticket.close_by)
    return case((is_contact, Ticket.contact_by), else_=Ticket.close_by)


def waits_for_contact(ticket: Ticket) -> bool:
    """Whether nobody spoke to the requester yet and that is due before closing."""
    return ticket.contacted_at is None and ticket.contact_by < ticket.close_by


def search(session: Session, scope: Scope, words: str, numbers: Sequence[str]) -> list[QueueRow]:
    """Tickets of a code, a number in any writing, a name or an address; the newest first.

    To a reader who sees numbers masked, numbers inside what people wrote are not there: digits that are found would
    tell him the rest of a number, one after the other.
    """
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    written = (Ticket.requester_name, Ticket.address, Ticket.description)
    hits = or_(
        Ticket.code == words.upper(),
        *(_holds(column, like, is_masked=not scope.may("numbers.see")) for column in written),
        Ticket.msisdn.in_(numbers) if numbers else Ticket.msisdn == words,
    )
    statement = (
        _rows().where(within(Ticket.jurisdiction_code, scope), hits).order_by(Ticket.opened_at.desc(), Ticket.id.desc())
    )
    return _read(session, statement.limit(FOUND_AT_MOST))


def _holds(column: Any, like: str, *, is_masked: bool) -> ColumnElement[bool]:
    """Whether the words stand there; masked: also when every number is taken out. The first, cheap test decides most.

    The database knows the pattern of `console.privacy` as it stands.
    """
    if not is_masked:
        return cast(ColumnElement[bool], column.like(like))
    return and_(column.like(like), func.regexp_replace(column, LONG.pattern, "••••", "g").like(like))


def counts(session: Session, scope: Scope, tasks_scope: Scope, *, user_id: int, now: datetime) -> Counts:
    """The figures beside the tabs and in the navigation, in two statements.

    `scope` is where the reader reads tickets, `tasks_scope` where he does tasks.
    """
    counted = [view for view in TABS if view not in UNCOUNTED]
    row = session.execute(
        select(*(func.count().filter(_of_view(view, user_id, now)) for view in counted)).where(
            within(Ticket.jurisdiction_code, scope), _of_view(View.OPEN, user_id, now)
        )
    ).one()
    open_tasks, late_tasks = open_and_late(session, tasks_scope, now)
    return Counts(dict(zip(counted, row, strict=True)), open_tasks, late_tasks)


def version(session: Session, scope: Scope) -> str:
    """A short mark that changes when any open ticket of the reader's area does, comes or goes."""
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(Ticket.version), 0), func.coalesce(func.max(Ticket.id), 0)).where(
            within(Ticket.jurisdiction_code, scope), Ticket.state.not_in(OVER)
        )
    ).one()
    return "-".join(str(part) for part in row)


def _rows() -> Select[Any]:
    did_it = and_(Dispatch.state == DispatchState.COMPLETED, Ticket.state.in_(AFTER_THE_WORK))
    provider = (
        select(Provider.name)
        .join(Dispatch, Dispatch.provider_id == Provider.id)
        .where(Dispatch.ticket_id == Ticket.id, or_(Dispatch.state.in_(HOLDING), did_it))
        .order_by(Dispatch.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(Ticket, Jurisdiction, provider, User.name)
        .outerjoin(Jurisdiction, Jurisdiction.code == Ticket.jurisdiction_code)
        .outerjoin(User, User.id == Ticket.owner_id)
    )


def _read(session: Session, statement: Select[Any]) -> list[QueueRow]:
    return [QueueRow(*row) for row in session.execute(statement).all()]


def _of_view(view: View, user_id: int, now: datetime) -> ColumnElement[bool]:
    is_open = Ticket.state.not_in(OVER)
    match view:
        case View.ALL:
            return true()
        case View.DONE:
            return Ticket.state.in_(OVER)
        case View.MINE:
            return and_(is_open, Ticket.owner_id == user_id)
        case View.OVERDUE:
            return and_(is_open, _next_promise() < now)
        case View.TO_DISPATCH:
            return Ticket.state.in_((State.NEW, State.OPEN, State.DISPATCHED))
        case View.RESIDENT:
            return Ticket.state == State.WAITING_QUOTE
        case View.FOLLOW_UP:
            return Ticket.state == State.FOLLOWING_UP
        case _:
            return is_open
