"""The search over real rows: who is found, in which order, in whose area, and how rows are kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import directory.jobs
from core.uow import UnitOfWork
from directory.models import Contact, Flag, FlagKind, Person, PersonSearch
from directory.queries.search import AT_MOST, Hits, people
from directory.scope import Scope
from directory.service import search
from tests.factories.people import COMMUNITY, a_person
from tests.statements import counted

TODAY = date(2026, 11, 25)
EVERYWHERE = Scope.system()
Work = Callable[[], AbstractContextManager[UnitOfWork]]


def find(session: Session, fragment: str, scope: Scope = EVERYWHERE, **more: int) -> Hits:
    """A search today."""
    return people(session, scope, fragment, today=TODAY, **more)


def found(session: Session, fragment: str, scope: Scope = EVERYWHERE) -> list[str]:
    """The names found, the best first."""
    return [row.name for row in find(session, fragment, scope).rows]


def scope_of(*prefixes: str) -> Scope:
    """A reader of these areas."""
    return Scope(prefixes, frozenset())


def test_a_person_is_found_by_any_part_of_name_number_and_address(uow: UnitOfWork) -> None:
    a_person(uow, "唐晓东", msisdn="+8616200000123", address="2号楼1单元1002")
    a_person(uow, "王建国", msisdn="+8616200000456", address="3号楼2单元301")

    for fragment in (
        "唐",
        "晓东",
        "txd",
        "123",
        "0123",
        "162 0000 0123",
        "1002",
        "2号楼1",
        "唐 1002",
        "唐1002",
        "2-1-1002",
    ):
        assert found(uow.session, fragment) == ["唐晓东"], fragment
    assert found(uow.session, "唐 301") == []


def test_the_best_come_first(uow: UnitOfWork) -> None:
    a_person(uow, "王东", msisdn="+8616200901000", address="1号楼301")
    a_person(uow, "李王平", msisdn="+8616200000901", address="1号楼302")
    a_person(uow, "王", msisdn=None, address="1号楼0901")

    assert found(uow.session, "王") == ["王", "王东", "李王平"]
    assert found(uow.session, "0901") == ["李王平", "王", "王东"]


def test_the_house_of_this_number_comes_before_one_that_ends_so(uow: UnitOfWork) -> None:
    a_person(uow, "甲一", address="12号楼301")
    a_person(uow, "乙二", address="2号楼301")

    assert found(uow.session, "2号楼") == ["乙二", "甲一"]


def test_the_number_that_was_asked_for_stands_in_the_row(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐晓东", msisdn="+8616200000123")
    person.contacts.append(Contact(msisdn="+8616200000777", kind=person.contacts[0].kind))
    search.reindex(uow, [person.id])

    assert find(uow.session, "777").rows[0].number == "+8616200000777"
    assert find(uow.session, "唐").rows[0].number == "+8616200000123"


def test_everybody_finds_the_people_of_his_own_area(uow: UnitOfWork) -> None:
    a_person(uow, "唐甲", community_code="AH010201")
    a_person(uow, "唐乙", community_code="AH010202")
    a_person(uow, "唐丙", community_code="AH020301")

    for scope, names in (
        (EVERYWHERE, ["唐丙", "唐乙", "唐甲"]),
        (scope_of("AH"), ["唐丙", "唐乙", "唐甲"]),
        (scope_of("AH01"), ["唐乙", "唐甲"]),
        (scope_of("AH010201"), ["唐甲"]),
        (scope_of("AH010201", "AH02"), ["唐丙", "唐甲"]),
        (scope_of("AH03"), []),
        (scope_of(), []),
    ):
        assert sorted(found(uow.session, "唐", scope)) == sorted(names), scope
        assert sorted(found(uow.session, "唐 301", scope)) == sorted(names), scope


def test_the_name_of_a_place_finds_those_who_live_there(uow: UnitOfWork) -> None:
    a_person(uow, "唐甲", community_code="AH010201", address="1号楼1002")
    a_person(uow, "唐乙", community_code="AH010202", address="1号楼1002")

    assert found(uow.session, "梧桐里") == ["唐甲"]
    assert found(uow.session, "桂花弄社区 1002") == ["唐乙"]
    assert found(uow.session, "Wutongli") == ["唐甲"]
    assert found(uow.session, "梧桐里", scope_of("AH010202")) == []


def test_a_change_of_name_number_or_address_is_found_at_once(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐晓东", msisdn="+8616200000123")
    person.name = "唐晓西"
    person.contacts[0].msisdn = "+8616200000456"
    search.reindex(uow, [person.id])

    assert found(uow.session, "晓东") == found(uow.session, "0123") == []
    assert found(uow.session, "txx") == found(uow.session, "0456") == ["唐晓西"]


def test_a_wrong_number_finds_nobody(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐晓东", msisdn="+8616200000123")
    person.contacts[0].wrong_since = uow.now
    search.reindex(uow, [person.id])

    assert found(uow.session, "0123") == []
    assert find(uow.session, "唐").rows[0].number is None


def test_a_merged_person_is_found_as_whom_he_became_by_all_he_had(uow: UnitOfWork) -> None:
    kept = a_person(uow, "唐晓东", msisdn="+8616200000123")
    gone = a_person(uow, "唐小东", msisdn="+8616200000456")
    gone.merged_into_id = kept.id
    search.reindex(uow, [gone.id])

    assert found(uow.session, "小东") == found(uow.session, "0456") == found(uow.session, "0123") == ["唐晓东"]
    assert find(uow.session, "0456").rows[0].number == "+8616200000456"
    assert uow.session.get(PersonSearch, gone.id) is None

    gone.merged_into_id = None
    search.reindex(uow, [gone.id, kept.id])

    assert found(uow.session, "小东") == ["唐小东"]
    assert found(uow.session, "0123") == ["唐晓东"]


def test_an_erased_person_is_not_found_and_leaves_no_row(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐晓东")
    person.erased_at = uow.now
    assert found(uow.session, "唐") == []
    search.reindex(uow, [person.id])

    assert uow.session.scalars(select(PersonSearch)).all() == []


def test_flags_in_force_stand_in_the_row(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐晓东")
    for kind, days in ((FlagKind.DOG, 1), (FlagKind.DEAF, 0)):
        uow.session.add(
            Flag(
                household_id=person.household_id,
                kind=kind,
                author="test",
                added_at=uow.now,
                expires_on=TODAY + timedelta(days=days),
            )
        )
    uow.session.flush()

    assert find(uow.session, "唐").rows[0].flags == (FlagKind.DOG,)


@pytest.mark.parametrize("fragment", ["", "  ", "%", "_", "\\", "'", "' or 1=1 --", "\x00", "😀", "号楼", "单元"])
def test_words_that_find_nothing_are_no_error(uow: UnitOfWork, fragment: str) -> None:
    a_person(uow, "唐晓东")

    assert found(uow.session, fragment) == []


def test_words_of_every_address_say_so(uow: UnitOfWork) -> None:
    assert find(uow.session, "单元").is_too_common
    assert not find(uow.session, "晓").is_too_common


def test_pages_go_on_and_a_crowd_is_cut(uow: UnitOfWork) -> None:
    first = a_person(uow, "王零", msisdn=None)
    uow.session.add_all(Person(name=f"王{number}", household_id=first.household_id) for number in range(AT_MOST + 20))
    uow.session.flush()
    last: int | None = 0
    while last is not None:
        last = search.fill(uow, last, limit=100)

    one, two = find(uow.session, "王", limit=50), find(uow.session, "王", limit=50, offset=50)

    assert (one.total, one.is_cut, len(one.rows), len(two.rows)) == (AT_MOST, True, 50, 50)
    assert not {row.person_id for row in one.rows} & {row.person_id for row in two.rows}


def test_a_search_takes_the_same_statements_for_many_as_for_few(uow: UnitOfWork) -> None:
    first = a_person(uow, "王零", msisdn=None)
    with counted() as few:
        find(uow.session, "王")
    uow.session.add_all(Person(name=f"王{number}", household_id=first.household_id) for number in range(60))
    uow.session.flush()
    search.fill(uow, 0)
    with counted() as many:
        assert len(find(uow.session, "王").rows) == 50

    assert len(many) == len(few) <= 7, many


def test_rows_are_made_in_a_few_statements_for_a_thousand(uow: UnitOfWork) -> None:
    first = a_person(uow, "王零", msisdn=None)
    made = [Person(name=f"王{number}", household_id=first.household_id) for number in range(1000)]
    uow.session.add_all(made)
    uow.session.flush()
    with counted() as seen:
        assert search.reindex(uow, [person.id for person in made]) == 1000

    assert len(seen) <= 5


def test_the_job_makes_the_rows_that_are_missing(app: Flask, work: Work) -> None:
    with work() as uow:
        a_person(uow, "唐晓东")
        uow.session.execute(delete(PersonSearch))

    directory.jobs.index()

    with work() as uow:
        assert found(uow.session, "唐", scope_of(COMMUNITY)) == ["唐晓东"]


def test_the_command_makes_rows_anew_and_can_go_on_behind_an_id(app: Flask, work: Work) -> None:
    with work() as uow:
        first, second = a_person(uow, "唐晓东"), a_person(uow, "唐晓西")
        for row in uow.session.scalars(select(PersonSearch)):
            row.words = "old"
    run = app.test_cli_runner()

    done = run.invoke(args=["people", "index"])
    assert (done.exit_code, done.output) == (0, "")
    done = run.invoke(args=["people", "index", "--anew", "--after", str(first.id)])
    assert (done.exit_code, done.output) == (0, f"{second.id}\n")

    with work() as uow:
        rows = {row.person_id: row.words for row in uow.session.scalars(select(PersonSearch))}
    assert rows[first.id] == "old"
    assert "唐晓西" in rows[second.id]
