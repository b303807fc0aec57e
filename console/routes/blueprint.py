"""The blueprint of the console, and what the shell around every page shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, render_template

from console import masking
from console.menu import MENU, Group
from console.queries import queue as queries
from console.queries.queue import Counts, View
from core import web
from core.uow import UnitOfWork
from directory.queries.places import names_of
from staff.guard import current_scope, current_user
from staff.permissions import Permission, in_force, scope_for
from staff.queries import CurrentUser

bp = Blueprint("console", __name__, url_prefix="/console", template_folder="../templates", static_folder="../static")


@bp.context_processor
def _as_the_reader_sees_it() -> dict[str, object]:
    """Numbers and names in templates go through `m.number` and `m.name`, and these through the reader's scope."""
    return {
        "seen_number": lambda e164: masking.number(e164, current_scope()),
        "seen_name": lambda full: masking.name(full, current_scope()),
    }


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
    menu: tuple[Group, ...]
    home: str  # endpoint that leads to the reader's first page
    does_tickets: bool
    does_people: bool
    does_tasks: bool


def show(template: str, uow: UnitOfWork, counts: Counts | None = None, **page: object) -> str:
    """Render a page of the console inside its unit of work."""
    return render_template(f"console/{template}", shell=shell(uow, counts), **page)


def shell(uow: UnitOfWork, counts: Counts | None = None) -> Shell:
    """What the frame of the page says; counts are read here unless the page has them already.

    The figures are those of the tickets that the reader sees and of the tasks that he does, whatever the page is about.
    """
    user = current_user()
    scope = current_scope()
    tickets = scope_for(user.grants, Permission.TICKETS_READ, uow.now)
    tasks = scope_for(user.grants, Permission.TASKS_DO, uow.now)
    known = counts or queries.counts(uow.session, tickets, tasks, user_id=user.user_id, now=uow.now)
    menu = menu_of(user, uow.now)
    mine = scope.prefixes or sorted({grant.jurisdiction_code for grant in in_force(user.grants, uow.now)})
    codes = [code or uow.policy.city.root for code in mine]
    known_names = names_of(uow.session, set(codes))
    names = [known_names.get(code, {}).get(web.lang(), code) for code in codes]
    return Shell(
        scope="、".join(names) if web.lang() == "zh" else ", ".join(names),
        user_name=user.name,
        role=next((str(grant.role) for grant in in_force(user.grants, uow.now)), ""),
        now=uow.now,
        open_tickets=known.views[View.OPEN],
        overdue_tickets=known.views[View.OVERDUE],
        open_tasks=known.open_tasks,
        late_tasks=known.late_tasks,
        menu=menu,
        home="console.home",
        does_tickets=bool(tickets.prefixes),
        does_people=bool(scope_for(user.grants, Permission.PEOPLE_READ, uow.now).prefixes),
        does_tasks=bool(tasks.prefixes),
    )


def menu_of(user: CurrentUser, now: datetime) -> tuple[Group, ...]:
    """The groups of the navigation with the entries that a reader may open somewhere; empty groups are left out."""
    seen = (
        replace(
            group, items=tuple(item for item in group.items if scope_for(user.grants, item.permission, now).prefixes)
        )
        for group in MENU
    )
    return tuple(group for group in seen if group.items)
