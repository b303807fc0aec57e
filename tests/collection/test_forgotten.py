"""Lists that wait or were taken back while somebody in them is forgotten, and what they say of consent."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

import app as house
from collection import jobs
from collection.models import BatchState, Outcome
from collection.service import receiving, returning
from core import db
from core.uow import UnitOfWork
from directory.models import Person, Purpose
from directory.scope import Scope
from directory.service import consents, erasure
from directory.service.turns import one_load_at_a_time
from tests.collection.conftest import Lists
from tests.collection.files import HEADINGS, a_row

Work = Callable[[], AbstractContextManager[UnitOfWork]]
NUMBER = "+8616200000001"


@pytest.fixture(autouse=True)
def wired() -> None:
    """Who hears of an erasure is filled in."""
    house.wire()


def forget(work: Work, name: str) -> None:
    """Somebody is erased."""
    with work() as uow:
        person_id = uow.session.scalars(select(Person.id).where(Person.name == name)).one()
        assert erasure.erase(uow, person_id).obstacles == []


def test_a_list_that_was_to_change_somebody_who_is_erased_is_loaded_without_him(lists: Lists, work: Work) -> None:
    lists.load([a_row(1), a_row(2)])
    batch = lists.check([a_row(1, 手机="16200009991"), a_row(2, 手机="16200009992"), a_row(3)])
    forget(work, a_row(1)[1])

    lists.press_load(batch.id)
    assert jobs.apply() is False

    assert lists.read(batch.id).state is BatchState.APPLIED
    assert [row.outcome for row in lists.rows(batch.id)] == [Outcome.REFUSE, Outcome.UPDATE, Outcome.CREATE]
    assert lists.reasons(batch.id)[0] == ["erased"]
    assert lists.rows(batch.id)[0].cells == []


def test_a_list_that_names_somebody_who_was_erased_keeps_nothing_of_him_and_says_which_row_it_was(
    lists: Lists, work: Work
) -> None:
    lists.load([a_row(1)])
    late = lists.check([a_row(4), a_row(1, 手机="16200009991", 编号="")])
    forget(work, a_row(1)[1])
    batch = lists.load([a_row(2), a_row(1, 手机="16200009991"), a_row(3, 姓名="")])
    lists.press_load(late.id)
    assert jobs.apply() is False

    for one in (batch, late):
        (his,) = [row for row in lists.rows(one.id) if [reason["key"] for reason in row.reasons] == ["erased"]]
        assert (his.row_no, his.cells, his.values, his.keys) == (3, [], {}, [])
    with work() as uow:
        file = returning.error_file(db.sessions, lists.read(batch.id), "en", receiving.limits(uow))
        _, gone, unnamed = csv.reader(b"".join(file.parts).decode("utf-8-sig").splitlines())
    assert gone[: len(HEADINGS)] == [""] * len(HEADINGS)
    assert "erased" in gone[-1] or "forgotten" in gone[-1]
    assert unnamed[0] == "R00003"


def test_a_row_that_waits_to_be_matched_with_him_is_forgotten_with_him(lists: Lists, work: Work) -> None:
    row = a_row(1, 编号="", 身份证号="")
    lists.load([row])
    elsewhere = a_row(1, 编号="", 身份证号="", 地址="7号楼1单元701")
    batch = lists.load([elsewhere])
    assert [one.outcome for one in lists.rows(batch.id)] == [Outcome.NEEDS_MATCH], lists.reasons(batch.id)

    forget(work, row[1])

    (waiting,) = lists.rows(batch.id)
    assert (waiting.outcome, waiting.cells, waiting.values) == (Outcome.REFUSE, [], {})
    assert lists.reasons(batch.id) == [["erased"]]


def test_whoever_was_changed_by_a_list_that_was_taken_back_leaves_it_when_he_is_erased(
    lists: Lists, work: Work
) -> None:
    lists.load([a_row(1)])
    second = lists.load([a_row(1, 手机="16200009991")])
    lists.undo(second.id)

    forget(work, a_row(1)[1])

    assert [row.cells for row in lists.rows(second.id)] == [[]]


def test_nobody_is_erased_between_a_loads_look_and_its_writing(lists: Lists, work: Work) -> None:
    lists.load([a_row(1)])

    with work() as load, work() as uow:
        one_load_at_a_time(load)
        uow.session.execute(text("set local lock_timeout = '50ms'"))
        attempt = uow.session.begin_nested()
        with pytest.raises(OperationalError, match="lock timeout"):
            erasure.erase(uow, 1)
        attempt.rollback()

    forget(work, a_row(1)[1])


def test_columns_are_not_named_anew_once_the_file_went_with_somebody(lists: Lists, work: Work) -> None:
    lists.load([a_row(1)])
    batch = lists.check([a_row(1, 手机="16200009991"), a_row(2)])
    forget(work, a_row(1)[1])

    with work() as uow:
        receiving.name_columns(uow, Scope.system(), batch.id, batch.mapping)
    assert jobs.check() is False

    stands = lists.read(batch.id)
    assert stands.state is BatchState.REJECTED
    assert stands.refusal


@pytest.mark.parametrize("order", [("同意", "不同意"), ("不同意", "同意")])
def test_of_two_wishes_for_one_number_in_one_list_the_stricter_holds(
    lists: Lists, work: Work, order: tuple[str, str]
) -> None:
    lists.load([a_row(number, 手机=NUMBER[3:], 短信同意=wish) for number, wish in enumerate(order, 1)])

    with work() as uow:
        assert consents.may_write(uow, NUMBER, Purpose.NOTICE) == "no_consent"


def test_a_withdrawal_of_a_former_owner_who_was_erased_keeps_a_list_from_changing_again_and_again(
    lists: Lists, work: Work
) -> None:
    lists.load([a_row(1, 短信同意="不同意")])
    forget(work, a_row(1)[1])
    new_owner = a_row(2, 手机=NUMBER[3:])
    first = lists.load([new_owner])
    assert ["consent_kept"] in lists.reasons(first.id)

    again = lists.check([new_owner, a_row(3)])

    assert [row.outcome for row in lists.rows(again.id)] == [Outcome.SKIP, Outcome.CREATE]
    with work() as uow:
        assert consents.may_write(uow, NUMBER, Purpose.NOTICE) == "no_consent"
