"""Tasks: what a person has to do, who does it, and that it is gone once it is done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape
from re import DOTALL, findall

import pytest

from core.uow import UnitOfWork
from staff import service as service_of_staff
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, RESIDENT, a_place
from tests.factories.requests import a_request, a_ticket
from ticketing.models import Task, TaskKind, Ticket
from ticketing.service import tasks as service

Work = Callable[[], AbstractContextManager[UnitOfWork]]


def a_task(work: Work, cause: str = "call:CA1", *, place: str | None = None, due: int = 60) -> int:
    """A call to return, due in so many minutes; with a place, about a ticket there."""
    with work() as uow:
        ticket: Ticket | None = None
        if place is not None:
            ticket = a_ticket(uow, a_request(place=place))
        within = timedelta(minutes=due)
        kind = TaskKind.RETURN_CALL
        return service.open_task(uow, kind, cause, "hung_up", msisdn=RESIDENT, ticket=ticket, due_by=within).id


def tasks_on(page: str) -> list[int]:
    """The tasks of a page, from above."""
    return [int(number) for number in findall(r'action="/console/tasks/(\d+)/done"', page)]


def test_without_tasks_the_page_says_what_would_come(desk: Desk) -> None:
    assert "没有待办" in desk.reads("/console/tasks")
    assert "Nothing to do" in desk.reads("/console/tasks", "en")


def test_a_task_tells_what_whom_about_what_and_until_when(desk: Desk, work: Work) -> None:
    a_task(work, place=COMMUNITY)

    words = desk.reads("/console/tasks")

    for part in ("回拨", "请回拨", "162 0000 0901", "水暖管件维修", "13:00", "剩 "):
        assert part in words, part


def test_the_most_pressing_comes_first_and_no_page_loses_one(desk: Desk, work: Work) -> None:
    made = [a_task(work, f"call:CA{number}", due=300 - number) for number in range(120)]
    seen: list[int] = []
    path = "/console/tasks"
    while path:
        page = desk.open(path).text
        seen += tasks_on(page)
        path = unescape("".join(findall(r'class="push" href="([^"]*after=[^"]*)"', page)))

    assert seen == made[::-1]


def test_who_takes_a_task_stands_beside_it(desk_of: Callable[..., Desk], work: Work) -> None:
    first, second = desk_of(login="g02"), desk_of(login="g03")
    task = a_task(work)

    assert "这件待办归您了" in first.reads_after(first.sends(f"/console/tasks/{task}/take"))
    assert first.sends(f"/console/tasks/{task}/take").status_code == 303
    refused = second.sends(f"/console/tasks/{task}/take")

    assert refused.status_code == 409
    assert "已经有人在办" in refused.text
    assert "李敏g02" in second.reads("/console/tasks")


def test_a_task_is_done_once(desk: Desk, work: Work) -> None:
    task = a_task(work)

    assert "这件待办已办好" in desk.reads_after(desk.sends(f"/console/tasks/{task}/done"))
    again = desk.sends(f"/console/tasks/{task}/done")

    assert again.status_code == 404
    assert "可能已经有人做完了" in again.text
    with work() as uow:
        done = uow.session.get_one(Task, task)
        assert (done.done_by, done.done_at is not None) == ("user:1", True)


def test_a_task_beyond_the_first_page_can_be_done(desk: Desk, work: Work) -> None:
    tasks = [a_task(work, f"call:CA{number}", due=number) for number in range(101)]

    assert desk.sends(f"/console/tasks/{tasks[-1]}/done").status_code == 303


@pytest.mark.parametrize(("role", "place"), [(Role.CLERK, "AH010202"), (Role.AGENT, "AH02")])
@pytest.mark.parametrize("action", ["take", "done"])
def test_a_task_of_another_part_is_neither_seen_nor_done(
    desk_of: Callable[..., Desk], work: Work, role: Role, place: str, action: str
) -> None:
    there, unplaced = a_task(work, place=COMMUNITY), a_task(work, "call:CA2")
    desk = desk_of(role, place)

    assert tasks_on(desk.open("/console/tasks").text) == []
    assert [desk.sends(f"/console/tasks/{one}/{action}").status_code for one in (there, unplaced)] == [404, 404]
    with work() as uow:
        assert [uow.session.get_one(Task, one).done_at for one in (there, unplaced)] == [None, None]


def test_the_navigation_counts_the_tasks_that_the_page_lists(desk_of: Callable[..., Desk], work: Work) -> None:
    a_task(work, "call:CA1", place=COMMUNITY)
    a_task(work, "call:CA2", place="AH020301")
    desk = desk_of(Role.AUDITOR, "AH", "g05")
    with work() as uow:
        service_of_staff.grant(uow, "g05", Role.AGENT, a_place(uow, "AH0102"))

    for path in ("/console/tickets", "/console/tasks"):
        page = desk.open(path).text
        counted = findall(r'href="/console/tasks"(?:(?!</a>).)*?class="(?:nav-)?count[^"]*">(\d+)', page, DOTALL)
        assert counted[:1] == ["1"], path
    assert len(tasks_on(desk.open("/console/tasks").text)) == 1


@pytest.mark.parametrize("task", ["0", "2147483648", "99999999999999999999"])
def test_a_task_that_does_not_exist_is_not_found(desk: Desk, task: str) -> None:
    assert desk.sends(f"/console/tasks/{task}/done").status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.STREET_OFFICER, Role.ADMIN])
def test_who_does_no_tasks_sees_none(desk_of: Callable[..., Desk], work: Work, role: Role) -> None:
    task = a_task(work)
    desk = desk_of(role)

    assert desk.open("/console/tasks").status_code == 403
    assert desk.sends(f"/console/tasks/{task}/done").status_code == 403


@pytest.mark.parametrize("action", ["take", "done"])
def test_no_task_is_changed_without_the_token_of_the_page(desk: Desk, work: Work, action: str) -> None:
    task = a_task(work)

    assert desk.sends_without_token(f"/console/tasks/{task}/{action}").status_code == 400
    assert tasks_on(desk.open("/console/tasks").text) == [task]


def test_the_page_takes_as_many_statements_for_many_tasks_as_for_few(
    desk: Desk, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    a_task(work, place=COMMUNITY)
    with statements() as few:
        desk.open("/console/tasks")
    for number in range(40):
        a_task(work, f"call:CB{number}", place=COMMUNITY)
    with statements() as many:
        page = desk.open("/console/tasks")

    assert len(tasks_on(page.text)) == 41
    assert len(many) == len(few)
