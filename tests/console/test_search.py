"""The search page and the search field of every page, as readers of people meet them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from re import findall

import pytest
from sqlalchemy import select

from core.audit import AuditEntry
from core.uow import UnitOfWork
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, a_person
from tests.factories.requests import a_ticket

Work = Callable[[], AbstractContextManager[UnitOfWork]]
PAGE = "/console/people"


def searched(desk: Desk, words: str, lang: str = "zh", **more: str) -> str:
    """The page that a search leads to."""
    answer = desk.client.get(PAGE, query_string={"q": words, **more}, headers={"Accept-Language": lang})
    assert answer.status_code == 200
    return answer.text


def homes(page: str) -> list[str]:
    """The households that the rows lead to, from above."""
    return findall(r'class="matter" href="/console/households/(\d+)"', page)


def test_an_empty_page_says_how_to_find(desk: Desk) -> None:
    for lang, words in (("zh", "拼音首字母"), ("en", "Initials in pinyin")):
        assert words in desk.reads(PAGE, lang)


def test_a_row_tells_who_where_and_leads_to_the_household(desk: Desk, work: Work) -> None:
    with work() as uow:
        person = a_person(uow, "唐晓东", msisdn="+8616200000123", address="2号楼1单元1002")
        home = str(person.household_id)

    page = searched(desk, "txd")

    assert homes(page) == [home]
    for part in ("唐晓东", "2号楼1单元1002", "梧桐里社区", "162 0000 0123", "1980 年生", "找到 1 人"):
        assert part in page, part
    english = searched(desk, "txd", "en")
    assert "1 found." in english
    assert "Wutongli" in english


def test_nobody_found_and_words_of_every_address_say_what_to_do(desk: Desk) -> None:
    assert "没找到" in searched(desk, "查无此人")
    assert "哪里都有" in searched(desk, "单元")
    assert "Nobody found" in searched(desk, "nobody", "en")


def test_who_works_elsewhere_finds_nobody(desk_of: Callable[..., Desk], work: Work) -> None:
    with work() as uow:
        a_person(uow, "唐晓东")

    assert homes(searched(desk_of(Role.CLERK, COMMUNITY, "here"), "唐")) != []
    assert homes(searched(desk_of(Role.CLERK, "AH010202", "there"), "唐")) == []


def test_an_officer_sees_names_and_numbers_masked(desk_of: Callable[..., Desk], work: Work) -> None:
    with work() as uow:
        a_person(uow, "唐晓东", msisdn="+8616200000123")

    page = searched(desk_of(Role.STREET_OFFICER, "AH0102"), "晓东 0123")

    assert "唐**" in page
    assert "162 •••• 0123" in page
    assert "唐晓东" not in page
    assert "62000001" not in page.replace(" ", "")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR, Role.CITY_OFFICER])
def test_who_has_nothing_to_do_with_people_finds_none(desk_of: Callable[..., Desk], work: Work, role: Role) -> None:
    with work() as uow:
        a_person(uow, "唐晓东")
    desk = desk_of(role)

    assert desk.open(PAGE).status_code == 403
    if role is not Role.ADMIN:
        assert "唐晓东" not in desk.open("/console/tickets?q=晓东").text.replace('value="晓东"', "")


def test_each_search_is_noted_once_and_its_words_are_not(desk: Desk, work: Work) -> None:
    with work() as uow:
        home = a_person(uow, "唐晓东").household_id
        for number in range(60):
            a_person(uow, f"唐{number}", msisdn=None)
        assert home
    searched(desk, "唐")
    searched(desk, "唐", page="2")

    with work() as uow:
        notes = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "people.searched")).all()
    assert [(note.subject, note.place, note.data) for note in notes] == [("people", "AH", {"found": 61})]


def test_pages_follow_each_other(desk: Desk, work: Work) -> None:
    with work() as uow:
        for number in range(60):
            a_person(uow, f"唐{number}", msisdn=None, address=f"8号楼{number}")
    first, second = searched(desk, "唐"), searched(desk, "唐", page="2")

    assert (len(homes(first)), len(homes(second))) == (50, 10)
    assert not set(homes(first)) & set(homes(second))
    assert "page=2" in first
    assert "page=1" in second
    assert "page=3" not in second


def test_spoilt_pages_and_strange_words_are_no_error(desk: Desk, work: Work) -> None:
    with work() as uow:
        a_person(uow, "陈先生")

    for number in ("0", "-1", "x", "9" * 30, "100"):
        searched(desk, "陈", page=number)
    for words in ("<b>x</b>", "' or 1=1 --", "%", "\\", "９" * 100, "唐" * 100):
        page = searched(desk, words)
        assert homes(page) == [], words
        assert "<b>x</b>" not in page


def test_the_search_field_of_every_page_finds_people_and_tickets(desk: Desk, work: Work) -> None:
    with work() as uow:
        home = str(a_person(uow, "陈先生").household_id)
        code = a_ticket(uow).code

    page = desk.client.get("/console/tickets", query_string={"view": "all", "q": "陈先生"}).text

    assert homes(page) == [home]
    assert f'id="t-{code}"' in page
    assert "住户 1 人" in page


def test_who_has_no_tickets_searches_people_from_every_page(desk_of: Callable[..., Desk], work: Work) -> None:
    page = desk_of(Role.DATA_STEWARD).open(PAGE).text

    assert findall(r'class="top-search" role="search" aria-label="[^"]+" action="([^"]*)"', page) == [PAGE]


def test_the_page_takes_as_many_statements_for_many_as_for_few(
    desk: Desk, work: Work, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with work() as uow:
        a_person(uow, "唐零")
    with statements() as few:
        searched(desk, "唐")
    with work() as uow:
        for number in range(50):
            a_person(uow, f"唐{number}", msisdn=f"+86162000008{number:02}", address=f"8号楼{number}")
    with statements() as many:
        assert len(homes(searched(desk, "唐"))) == 50

    assert len(many) == len(few) <= 22, many
