"""Reads of the tasks that are open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Integer, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from console.paging import PAGE, is_id
from directory.queries.scoping import within
from directory.scope import Scope
from ivr.models import Voicemail
from staff.models import User
from ticketing.errors import TaskNotFound
from ticketing.models import Task, Ticket

OF_MESSAGE = r"^voicemail:([0-9]{1,9})$"
"""The cause of a task to answer a message names the message."""


def tasks(
    session: Session, scope: Scope, *, after: tuple[datetime, int] | None = None
) -> list[tuple[Task, Ticket | None, str | None, Voicemail | None]]:
    """A page of open tasks with their tickets, who does them and the message they are about, the most pressing first.

    `after` are due time and id of the last row of the page before.
    """
    statement = (
        select(Task, Ticket, User.name, Voicemail)
        .outerjoin(Ticket, Ticket.id == Task.ticket_id)
        .outerjoin(User, User.id == Task.owner_id)
        .outerjoin(Voicemail, Voicemail.id == func.substring(Task.cause, OF_MESSAGE).cast(Integer))
        .where(Task.done_at.is_(None), _task_visible(scope))
        .order_by(Task.due_at, Task.id)
        .limit(PAGE)
    )
    if after is not None:
        statement = statement.where(tuple_(Task.due_at, Task.id) > after)
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(statement).all()]


def open_and_late(session: Session, scope: Scope, now: datetime) -> tuple[int, int]:
    """How many tasks are open, and how many of them late."""
    row = session.execute(
        select(func.count(), func.count().filter(Task.due_at < now))
        .outerjoin(Ticket, Ticket.id == Task.ticket_id)
        .where(Task.done_at.is_(None), _task_visible(scope))
    ).one()
    return row[0], row[1]


def open_task(session: Session, scope: Scope, task_id: int) -> Task:
    """One open task. Raises TaskNotFound when there is none, or none the reader may see."""
    wanted = (
        select(Task)
        .outerjoin(Ticket, Ticket.id == Task.ticket_id)
        .where(Task.id == task_id, Task.done_at.is_(None), _task_visible(scope))
    )
    found = session.scalar(wanted) if is_id(task_id) else None
    if found is None:
        raise TaskNotFound(task_id)
    return found


def _task_visible(scope: Scope) -> ColumnElement[bool]:
    own = and_(Task.ticket_id.is_(None), within(Task.jurisdiction_code, scope))
    return or_(own, and_(Task.ticket_id.is_not(None), within(Ticket.jurisdiction_code, scope)))
