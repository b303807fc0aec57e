"""How a list is written: the page, the empty lists, and that what they say is so."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from collection import fields, resident_row
from collection.fields import Field
from collection.models import ImportNote
from collection.resident_row import RowRules
from collection.service import blank
from core import wording
from core.uow import UnitOfWork
from directory.models import Person
from staff.permissions import Role
from tests.collection.files import COMMUNITY
from tests.console.conftest import Desk
from tests.console.test_imports import checked

Work = Callable[[], AbstractContextManager[UnitOfWork]]
LANGS = tuple(wording.LANGUAGES)


@pytest.fixture(autouse=True)
def private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where kept files go."""
    monkeypatch.setenv("PRIVATE_DIR", str(tmp_path / "private"))


@pytest.fixture
def clerk(desk_of: Callable[..., Desk]) -> Desk:
    """A clerk of one community."""
    return desk_of(Role.CLERK, COMMUNITY, "clerk")


@pytest.mark.parametrize("lang", LANGS)
def test_the_headings_of_an_empty_list_are_guessed_as_what_they_are(lang: str) -> None:
    told = blank.columns(lang)

    assert {one.heading: fields.guess(one.heading) for one in told} == {one.heading: one.field for one in told}
    assert [one.field for one in told if one.is_needed] == ["name", "address"]
    assert {one.field for one in told} == set(Field) - {"phone"}


@pytest.mark.parametrize("lang", LANGS)
def test_every_example_and_every_word_of_the_help_is_read(lang: str) -> None:
    told = blank.columns(lang)
    rules = RowRules(date(2026, 11, 25), "CN", "0978", COMMUNITY, seal=lambda words: words)
    example = {Field(one.field): [one.example] for one in told}

    resident, reasons = resident_row.read(example, rules)

    assert reasons == []
    assert resident is not None
    assert (resident.sex, resident.head, resident.access_need) == ("F", "yes", "hearing")
    assert [one.kind for one in resident.phones] == ["mobile", "fixed"]
    for one in told:
        for many in one.words:
            values = {fields.value_of(one.field, word) for word in many}
            assert len(values) == 1, (one.field, many)
            assert None not in values
        assert all(fields.guess(words) == one.field for words in one.headings)


@pytest.mark.parametrize("lang", LANGS)
def test_an_empty_list_is_filled_in_and_loaded_without_a_question(clerk: Desk, work: Work, lang: str) -> None:
    answer = clerk.open("/console/imports/empty?form=xlsx", lang)
    book = load_workbook(io.BytesIO(answer.data))
    sheet = book.worksheets[0]
    examples = {one.heading: one.example for one in blank.columns(lang)}
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    assert sheet.max_row == 1
    assert sheet.column_dimensions["H"].number_format == "@"  # a number keeps its zeros
    told = [[cell.value for cell in row] for row in book.worksheets[1]]
    assert len(told) == 1 + len(examples)
    assert all(len(row) == 4 and row[2] for row in told)

    sheet.append([examples[str(cell.value)] or None for cell in sheet[1]])
    page = checked(clerk, saved(book))

    assert "新增 1 更新 0 不变 0 拒收 0" in clerk.reads(page)
    with work() as uow:
        assert uow.session.scalars(select(ImportNote)).all() == []
        assert uow.session.scalars(select(Person)).all() == []


def saved(book: Workbook) -> bytes:
    """A workbook as a program saves it."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_csv_has_the_headings_and_nothing_else(clerk: Desk) -> None:
    answer = clerk.open("/console/imports/empty?form=csv", "en")

    assert answer.data.startswith(b"\xef\xbb\xbf")
    (headings,) = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert headings[:3] == ["ID in the list", "Name", "Sex"]
    assert [fields.guess(words) for words in headings] == list(blank.COLUMNS)


def test_the_page_tells_each_column_and_refusals_lead_to_it(clerk: Desk) -> None:
    zh, en = clerk.reads("/console/imports/help"), clerk.reads("/console/imports/help", "en")

    for part in ("名单怎么写", "姓名 必填", "年在前，写到日", "1948-03-15", "男、男性", "列名也可以写：", "300000 行"):
        assert part in zh, part
    for part in ("How to write a list", "Name needed", "Year first, down to the day", "Female", "At most 64 MB"):
        assert part in en, part
    assert 'href="/console/imports/empty?form=xlsx"' in clerk.open("/console/imports/new").text
    page = checked(clerk, "姓名,地址,性别\n唐晓东,1号楼101,猜\n".encode())
    assert "请换成说明里的写法" in clerk.reads(page)
    for path in ("/console/imports/new", page, f"{page}/rows?outcome=refuse"):
        assert re.search(r'href="/console/imports/help"', clerk.open(path).text), path


def test_an_empty_list_is_refused_as_a_list_without_rows(clerk: Desk) -> None:
    empty = clerk.open("/console/imports/empty?form=xlsx").data

    assert "表头下面没有内容" in clerk.reads(checked(clerk, empty))


def test_who_may_not_load_lists_gets_neither(desk_of: Callable[..., Desk]) -> None:
    agent = desk_of(Role.AGENT, "AH")

    assert agent.open("/console/imports/help").status_code == 403
    assert agent.open("/console/imports/empty").status_code == 403
