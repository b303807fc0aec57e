"""Files that go out: who may have them at the moment of each page, and which places there are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from collection.errors import TooManyToExport
from collection.queries import exports
from collection.service import exporting
from collection.service.exporting import Export
from core import db
from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.errors import PlaceNotFound
from directory.scope import Scope
from directory.service import merges
from staff.models import Grant, User
from tests.factories.people import COMMUNITY, a_person, a_place

Work = Callable[[], AbstractContextManager[UnitOfWork]]
NAMES = ("甲", "乙", "丙", "丁", "戊")


def wanted(user: User, form: str = "csv") -> Export:
    return Export("people", COMMUNITY, form, "秋季走访", "zh", Scope.system(), by=f"user:{user.id}")


def rows_of(written: bytes, form: str) -> list[list[str]]:
    """The rows as another program reads them, without the empty cells at their ends."""
    if form == "csv":
        rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    else:
        sheet = load_workbook(io.BytesIO(written)).worksheets[0]
        rows = [[str(value or "") for value in row] for row in sheet.values]
    return [row[: max(place + 1 for place, cell in enumerate(row) if cell)] for row in rows]


def five_people(work: Work) -> None:
    with work() as uow:
        for number, name in enumerate(NAMES):
            a_person(uow, name, msisdn=f"+861620000070{number}", address=f"1号楼{number}01")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_whoever_loses_the_right_gets_no_further_page_and_is_told(
    work: Work, clerk: User, at: Callable[[datetime], None], noon: datetime, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    at(noon)
    with work() as uow:
        uow.session.execute(update(Grant).values(from_at=uow.now))
    five_people(work)
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    pages = 0

    def sessions() -> Session:
        nonlocal pages
        pages += 1
        if pages == 3:
            with work() as uow:
                uow.session.execute(update(Grant).values(until_at=uow.now))
        return db.sessions()

    rows = rows_of(b"".join(exporting.write(sessions, wanted(clerk, form))), form)

    assert [row[1] for row in rows[1:5]] == list(NAMES[:4])
    assert rows[5] == ["到此为止：导出这个地方的权限已结束，本文件不完整。"]
    assert len(rows) == 6
    with work() as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "export.stopped")).one()
    assert (entry.actor, entry.place) == (f"user:{clerk.id}", COMMUNITY)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_whoever_keeps_the_right_gets_everybody_once(
    work: Work,
    clerk: User,
    at: Callable[[datetime], None],
    noon: datetime,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    at(noon)
    with work() as uow:
        uow.session.execute(update(Grant).values(from_at=uow.now))
    five_people(work)
    monkeypatch.setattr(exports, "AT_ONCE", 2)

    written = b"".join(exporting.write(db.sessions, wanted(clerk, form)))

    assert [row[1] for row in rows_of(written, form)][1:] == list(NAMES)


@pytest.mark.parametrize("what", ["people", "households"])
def test_a_workbook_begins_before_its_first_page_is_read_and_holds_what_the_csv_holds(
    work: Work, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    five_people(work)
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    pages = 0

    def sessions() -> Session:
        nonlocal pages
        pages += 1
        return db.sessions()

    asked = Export(what, COMMUNITY, "xlsx", "秋季走访", "zh", Scope.system())
    parts = exporting.write(sessions, asked)

    first = next(parts)
    assert (first[:2], pages) == (b"PK", 0)
    rows = rows_of(first + b"".join(parts), "xlsx")
    assert pages == 3
    assert rows == rows_of(b"".join(exporting.write(db.sessions, replace(asked, form="csv"))), "csv")
    assert len(rows) == 6


def test_more_than_a_sheet_holds_is_refused_before_it_begins_and_told_if_it_grows_meanwhile(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    five_people(work)
    asked = Export("people", COMMUNITY, "xlsx", "秋季走访", "zh", Scope.system())
    monkeypatch.setattr(exporting, "ROOM", 5)
    with work() as uow:
        assert exporting.begin(uow, asked) == 5

    monkeypatch.setattr(exporting, "ROOM", 3)
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    with work() as uow, pytest.raises(TooManyToExport) as refused:
        exporting.begin(uow, asked)
    assert refused.value.facts == {"most": 3}
    rows = rows_of(b"".join(exporting.write(db.sessions, asked)), "xlsx")
    assert [row[1] for row in rows[1:4]] == list(NAMES[:3])
    assert rows[4][0].startswith("到此为止：导出期间又有新增")
    assert len(rows) == 5
    assert len(rows_of(b"".join(exporting.write(db.sessions, replace(asked, form="csv"))), "csv")) == 6


@pytest.mark.parametrize("code", ["AH99", "AH010201\r\n", "AH" + "0" * 400, "AH\u0661"])
def test_a_place_that_is_not_there_is_not_exported(work: Work, code: str) -> None:
    with work() as uow:
        a_place(uow)
        asked = Export("people", code, "csv", "秋季走访", "zh", Scope.system())

        with pytest.raises(PlaceNotFound):
            exporting.begin(uow, asked)


def test_numbers_of_a_merged_row_go_out_and_a_head_who_is_no_longer_there_does_not(uow: UnitOfWork) -> None:
    kept = a_person(uow, "张伟", msisdn="+8616200000701", address="1号楼101")
    gone = a_person(uow, "张玮", msisdn="+8616200000702", address="2号楼101")
    a_person(uow, "李娜", msisdn="+8616200000703", address="2号楼101")
    gone.household.head_id = gone.id
    uow.session.flush()
    before = exports.households(uow.session, Scope.system(), COMMUNITY, 0)

    merges.merge(uow, kept.id, gone.id, 1.0, [])

    people = exports.people(uow.session, Scope.system(), COMMUNITY, 0)
    assert [(one.name, one.mobiles) for one in people] == [
        ("张伟", ("+8616200000701", "+8616200000702")),
        ("李娜", ("+8616200000703",)),
    ]
    after = exports.households(uow.session, Scope.system(), COMMUNITY, 0)
    assert [one.head for one in before] == ["", "张玮"]
    assert [(one.head, one.persons) for one in after] == [("", 1), ("", 1)]
