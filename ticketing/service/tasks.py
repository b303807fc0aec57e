"""What a person has to do: opened once for each cause, closed by hand or when the cause is met."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from core.uow import UnitOfWork
from directory.models import Correction
from ticketing.errors import CorrectionOpen, TaskNotFound, TaskTaken
from ticketing.models import Task, TaskKind, Ticket
from ticketing.service.history import locked_by_id

CALLS = frozenset({TaskKind.CALL_BACK, TaskKind.RETURN_CALL, TaskKind.FOLLOW_UP})
"""Done, these mean that somebody was called."""
CORRECTION = "correction:"
"""What the cause of a task begins with that asks to check a person's record; the id of the correction follows."""


def open_task(
    uow: UnitOfWork,
    kind: TaskKind,
    cause: str,
    reason: str,
    *,
    msisdn: str | None = None,
    ticket: Ticket | None = None,
    due_by: timedelta | None = None,
    place: str = "",
) -> Task:
    """Ask a person to do something. One open task for each kind and cause: a second wish finds the first.

    `reason` is the key of its sentence in ticketing/wording under `task`; `due_by` counts from now (policy: tasks).
    A task without a ticket is seen by those who see its `place` (empty: the whole city).
    """
    session = uow.session
    session.flush()
    session.execute(
        insert(Task)
        .values(
            kind=kind,
            cause=cause,
            reason=reason,
            ticket_id=ticket.id if ticket is not None else None,
            jurisdiction_code=place,
            msisdn=msisdn if msisdn is not None or ticket is None else ticket.msisdn,
            due_at=uow.now + (due_by if due_by is not None else _within(uow, kind)),
            opened_at=uow.now,
            done_by="",
        )
        .on_conflict_do_nothing(index_elements=["kind", "cause"], index_where=text("done_at is null"))
    )
    return session.scalars(select(Task).where(Task.kind == kind, Task.cause == cause, Task.done_at.is_(None))).one()


def meet(
    uow: UnitOfWork,
    *,
    cause: str | None = None,
    msisdn: str | None = None,
    ticket: Ticket | None = None,
    kinds: Collection[TaskKind] | None = None,
    spares: Collection[int] = (),
) -> int:
    """Close the open tasks of a cause, a number or a ticket: what they asked for has happened. Returns how many.

    Those about the tickets `spares` (ids) stay open.
    """
    named = {Task.cause: cause, Task.msisdn: msisdn, Task.ticket_id: ticket.id if ticket is not None else None}
    wanted = [column == value for column, value in named.items() if value is not None]
    if not wanted:
        raise ValueError("which tasks are met must be said")
    if kinds is not None:
        wanted.append(Task.kind.in_(kinds))
    if spares:
        wanted.append(or_(Task.ticket_id.is_(None), Task.ticket_id.not_in(spares)))
    met = uow.session.scalars(
        update(Task)
        .where(Task.done_at.is_(None), *wanted)
        .values(done_at=uow.now, done_by=uow.actor)
        .returning(Task.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return len(met)


def is_open(uow: UnitOfWork, cause: str) -> bool:
    """Whether somebody still has to do something for this cause."""
    found = select(Task.id).where(Task.cause == cause, Task.done_at.is_(None)).limit(1)
    return uow.session.scalar(found) is not None


def meet_all(uow: UnitOfWork, ticket: Ticket) -> None:
    """Close the tasks that came from the course of a ticket (`ticket:<id>:…`); what somebody asked for stays open."""
    uow.session.execute(
        update(Task)
        .where(Task.done_at.is_(None), Task.ticket_id == ticket.id, Task.cause.startswith(f"ticket:{ticket.id}:"))
        .values(done_at=uow.now, done_by=uow.actor)
        .execution_options(synchronize_session="fetch")
    )


def take(uow: UnitOfWork, task_id: int, user_id: int) -> Task:
    """Somebody says that he does it. Raises TaskNotFound, and TaskTaken when another was quicker."""
    task = _locked(uow, task_id)
    if task.owner_id not in (None, user_id):
        raise TaskTaken
    task.owner_id = user_id
    return task


def finish(uow: UnitOfWork, task_id: int) -> Task:
    """Somebody did it. Raises TaskNotFound when there is no such task, or it is done already.

    Who called a requester has spoken to him: the contact clock stops. A reported mistake is settled on the person's
    page and takes its task along: raises CorrectionOpen until then.
    """
    about = uow.session.scalar(select(Task.ticket_id).where(Task.id == task_id))
    ticket = locked_by_id(uow.session, about) if about is not None else None  # always locked before its tasks
    task = _locked(uow, task_id)
    if _asks_for_a_correction(uow, task):
        raise CorrectionOpen
    task.done_at, task.done_by = uow.now, uow.actor
    if ticket is not None and task.kind in CALLS and task.msisdn in (ticket.msisdn, ticket.notify_msisdn):
        ticket.contacted_at = ticket.contacted_at or uow.now
    return task


def _asks_for_a_correction(uow: UnitOfWork, task: Task) -> bool:
    if not task.cause.startswith(CORRECTION):
        return False
    number = int(task.cause.removeprefix(CORRECTION))
    still = select(Correction.id).where(Correction.id == number, Correction.settled_at.is_(None))
    return uow.session.scalar(still) is not None


def _locked(uow: UnitOfWork, task_id: int) -> Task:
    wanted = select(Task).where(Task.id == task_id, Task.done_at.is_(None)).with_for_update()
    task = uow.session.scalar(wanted.execution_options(populate_existing=True))
    if task is None:
        raise TaskNotFound(task_id)
    return task


def _within(uow: UnitOfWork, kind: TaskKind) -> timedelta:
    limits = uow.policy.tasks
    return {
        TaskKind.CALL_BACK: limits.call_back_within,
        TaskKind.RETURN_CALL: limits.return_call_within,
        TaskKind.VOICEMAIL: limits.voicemail_within,
    }.get(kind, limits.check_within)
