"""A row of a list that needs a place says from which list it came, to whoever may see that list."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from collection import jobs
from core.uow import UnitOfWork
from directory.models import Jurisdiction
from staff.permissions import Role
from tests.collection.conftest import Lists
from tests.collection.files import COMMUNITY, a_row
from tests.console.conftest import Desk
from tests.factories.people import a_place
from tests.statements import counted

Work = Callable[[], AbstractContextManager[UnitOfWork]]
Desks = Callable[..., Desk]
NOWHERE = {"社区": "云深不知处小区"}
PAGE = "/console/places/unplaced"


@pytest.fixture
def lists(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lists:
    """Lists in the hands of a command."""
    monkeypatch.setenv("PRIVATE_DIR", str(tmp_path / "private"))
    with work() as uow:
        a_place(uow, COMMUNITY)
        a_place(uow, "AH010202")
        for code in (COMMUNITY, "AH010202"):
            assert uow.session.get(Jurisdiction, code)
    return Lists(work, "cli:test", tmp_path / "private")


def test_it_names_source_day_and_row_and_leads_there(lists: Lists, desk_of: Desks) -> None:
    batch = lists.load([a_row(1), a_row(2, **NOWHERE)], place=COMMUNITY)
    clerk = desk_of(Role.CLERK, COMMUNITY, "clerk")

    page = clerk.open(PAGE).text

    assert "居委会 2026-11-25 的名单，第 3 行" in clerk.reads(PAGE)
    assert "居委会, list of 2026-11-25, row 3" in clerk.reads(PAGE, "en")
    assert f'href="/console/imports/{batch.id}"' in page
    assert clerk.open(f"/console/imports/{batch.id}").status_code == 200


def test_whoever_may_settle_but_not_load_reads_of_it_without_a_link(lists: Lists, desk_of: Desks) -> None:
    batch = lists.load([a_row(1, **NOWHERE)], place=COMMUNITY)
    settler = desk_of(Role.STREET_OFFICER, "AH0102", "settler")
    assert settler.open("/console/imports").status_code == 403

    assert "居委会 2026-11-25 的名单，第 2 行" in settler.reads(PAGE)
    assert f'href="/console/imports/{batch.id}"' not in settler.open(PAGE).text


def test_the_list_of_another_area_is_named_to_nobody(lists: Lists, desk_of: Desks) -> None:
    lists.load([a_row(1, **NOWHERE)], place=COMMUNITY)

    assert "2026-11-25 的名单" not in desk_of(Role.CLERK, "AH010202", "other").reads(PAGE)


def test_ten_rows_take_no_more_statements_than_one(lists: Lists, desk_of: Desks) -> None:
    lists.load([a_row(1, **NOWHERE)], place=COMMUNITY)
    clerk = desk_of(Role.CLERK, COMMUNITY, "clerk")
    clerk.open(PAGE)
    with counted() as few:
        clerk.open(PAGE)
    lists.load([a_row(number, **NOWHERE) for number in range(2, 12)], place=COMMUNITY)
    with counted() as many:
        clerk.open(PAGE)

    assert len(many) == len(few)
    assert jobs.apply() is False
