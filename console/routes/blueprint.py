"""The blueprint of the console, and what the shell around every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from console import queries
from console.queries import Counts, View
from core import web
from core.uow import UnitOfWork
from directory.queries import place_names
from staff.guard import current_scope, current_user
from staff.permissions import Permission, scope_for

bp = Blueprint("console", __name__, url_prefix="/console", template_folder="../templates", static_folder="../static")


@dataclass(frozen=True, slots=True)
class Shell:
    """Scope, reader and the few figures that stand on every page."""

    scope: str
    user_name: str
    role: str
    now: datetime
    open_tickets: int
    overdue_tickets: int
    open_tasks: int
    late_tasks: int
    does_tasks: bool
    reads_texts: bool


def show(template: str, uow: UnitOfWork, counts: Counts | None = None, **page: object) -> str:
    """Render a page of the console inside its unit of work."""
    return render_template(f"console/{template}", shell=shell(uow, counts), **page)


def shell(uow: UnitOfWork, counts: Counts | None = None) -> Shell:
    """What the frame of the page says; counts are read here unless the page has them already."""
    user = current_user()
    scope = current_scope()
    known = counts or queries.counts(uow.session, scope, user_id=user.user_id, now=uow.now)
    names = [place_names(uow.session, code or uow.policy.city.root)[web.lang()] for code in scope.prefixes]
    return Shell(
        scope="、".join(names) if web.lang() == "zh" else ", ".join(names),
        user_name=user.name,
        role=str(user.grants[0].role) if user.grants else "agent",
        now=uow.now,
        open_tickets=known.views[View.OPEN],
        overdue_tickets=known.views[View.OVERDUE],
        open_tasks=known.open_tasks,
        late_tasks=known.late_tasks,
        does_tasks=_may_anywhere(Permission.TASKS_DO, uow),
        reads_texts=_may_anywhere(Permission.TEXTS_WRITE, uow),
    )


def _may_anywhere(permission: Permission, uow: UnitOfWork) -> bool:
    return bool(scope_for(current_user().grants, permission, uow.now).prefixes)
