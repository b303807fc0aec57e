"""What people have to do: call back, return a call, check something; the most pressing first."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.paging import PAGE, cursor, read_cursor, read_id
from console.queries import tasks as queries
from console.recordings import Sound, sound
from console.routes.blueprint import bp, show
from console.words import ClockView, clock_view, matter, moment
from core import web
from core.uow import UnitOfWork, unit_of_work
from ivr.models import Voicemail
from staff.guard import actor, current_scope, current_user, needs
from ticketing.models import Task, Ticket
from ticketing.service import tasks as service


@dataclass(frozen=True, slots=True)
class Row:
    """One task as the page draws it."""

    id: int
    kind: str
    sentence: str
    msisdn: str | None  # drawn by m.number: a call cannot be returned to four dots
    code: str
    correction: int | None  # of a person whose record is said to be wrong
    matter: str
    sound: Sound | None  # of the message it is about
    owner: str
    is_mine: bool
    clock: ClockView


@bp.get("/tasks")
@needs("tasks.do")
def tasks() -> ResponseReturnValue:
    """A page of the open tasks."""
    after = read_cursor(request.args.get("after", ""))
    with unit_of_work(actor()) as uow:
        found = queries.tasks(uow.session, current_scope(), after=after)
        last = found[-1][0] if len(found) == PAGE else None
        return show(
            "tasks.html",
            uow,
            hears=current_scope().may("numbers.see"),
            rows=[_row(uow, *one) for one in found],
            next_after=cursor(last.due_at, last.id) if last is not None else None,
        )


@bp.post("/tasks/<int:task_id>/take")
@needs("tasks.do")
def take_task(task_id: int) -> ResponseReturnValue:
    """Say that the reader is doing it, so that nobody else calls the same person."""
    with unit_of_work(actor()) as uow:
        queries.open_task(uow.session, current_scope(), task_id)
        service.take(uow, task_id, current_user().user_id)
    flash(web.say("console.done.task_taken"), "ok")
    return redirect(url_for("console.tasks"), code=303)


@bp.post("/tasks/<int:task_id>/done")
@needs("tasks.do")
def finish_task(task_id: int) -> ResponseReturnValue:
    """Say that a task is done."""
    with unit_of_work(actor()) as uow:
        queries.open_task(uow.session, current_scope(), task_id)
        service.finish(uow, task_id)
    flash(web.say("console.done.task"), "ok")
    return redirect(url_for("console.tasks"), code=303)


def _row(uow: UnitOfWork, task: Task, ticket: Ticket | None, owner: str | None, voicemail: Voicemail | None) -> Row:
    return Row(
        id=task.id,
        kind=task.kind,
        sentence=web.say(f"ticketing.task.{task.reason}"),
        msisdn=task.msisdn,
        code=ticket.code if ticket else "",
        correction=read_id(task.cause.removeprefix(service.CORRECTION))
        if task.cause.startswith(service.CORRECTION)
        else None,
        matter=matter(ticket) if ticket else "",
        sound=sound(voicemail) if voicemail is not None else None,
        owner=owner or "",
        is_mine=task.owner_id == current_user().user_id,
        clock=clock_view(task.opened_at, task.due_at, uow.now, moment(task.due_at, uow.now)),
    )
