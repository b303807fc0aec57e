"""What people have to do: call back, return a call, check something; the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from console import queries
from console.clocks import clock, parts
from console.routes.blueprint import bp, show
from console.routes.words import ClockView, matter
from core import web
from core.uow import UnitOfWork, unit_of_work
from staff.guard import actor, current_scope, needs
from telephony.msisdn import masked
from ticketing.errors import TaskNotFound
from ticketing.models import Task, Ticket
from ticketing.service import tasks as service


@dataclass(frozen=True, slots=True)
class Row:
    """One task as the page draws it."""

    id: int
    kind: str
    sentence: str
    number: str
    code: str
    matter: str
    clock: ClockView


@bp.get("/tasks")
@needs("tasks.do")
def tasks() -> ResponseReturnValue:
    """The list of open tasks."""
    with unit_of_work(actor()) as uow:
        rows = [_row(uow, task, ticket) for task, ticket in queries.tasks(uow.session, current_scope())]
        return show("tasks.html", uow, rows=rows)


@bp.post("/tasks/<int:task_id>/done")
@needs("tasks.do")
def finish_task(task_id: int) -> ResponseReturnValue:
    """Say that a task is done."""
    with unit_of_work(actor()) as uow:
        visible = {task.id for task, _ in queries.tasks(uow.session, current_scope())}
        if task_id not in visible:
            raise TaskNotFound(task_id)
        service.finish(uow, task_id)
    flash(web.say("console.done.task"), "ok")
    return redirect(url_for("console.tasks"), code=303)


def _row(uow: UnitOfWork, task: Task, ticket: Ticket | None) -> Row:
    seen = clock(task.opened_at, task.due_at, uow.now)
    key, facts = parts(seen.left)
    left = web.say(
        f"console.clock.{'over' if seen.look == 'late' else 'left'}", time=web.say(f"console.clock.{key}", **facts)
    )
    return Row(
        id=task.id,
        kind=task.kind,
        sentence=web.say(f"ticketing.task.{task.reason}"),
        number=_number(task),
        code=ticket.code if ticket else "",
        matter=matter(ticket) if ticket else "",
        clock=ClockView(seen.look, seen.percent, left, web.city_moment(task.due_at)),
    )


def _number(task: Task) -> str:
    """A call cannot be returned to four dots: who may do tasks and see numbers gets the number."""
    if not task.msisdn:
        return ""
    return task.msisdn if current_scope().may("numbers.see") else masked(task.msisdn)
