"""Lists that wait or were taken back while somebody in them is forgotten, and what they say of consent."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import BinaryIO

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

import app as house
from collection import jobs
from collection.models import BatchState, Outcome
from collection.service import keeping, receiving, returning
from collection.service.receiving import Upload
from core import db, disposal
from core.private_folder import private_folder
from core.uow import UnitOfWork
from directory.models import Person, Purpose, Unplaced
from directory.scope import Scope
from directory.service import consents, erasure
from directory.service.turns import one_load_at_a_time
from tests.collection.conftest import Lists
from tests.collection.files import HEADINGS, a_row, as_csv, as_xlsx
from tests.privacy.test_erasure import everywhere

Work = Callable[[], AbstractContextManager[UnitOfWork]]
HIM = {"姓名": "赵璩璟", "手机": "16277031415", "地址": "77号楼1单元7701", "编号": ""}
"""A name, a number and an address that nobody else has."""
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


def test_nobody_is_erased_between_a_checks_look_and_its_writing(lists: Lists, work: Work) -> None:
    lists.load([a_row(1)])
    batch_id = lists.upload(as_csv([a_row(2)]))

    with work() as check, work() as uow:
        receiving.locked(check, batch_id)
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


def received(lists: Lists, work: Work, content: bytes, name: str = "list.csv", place: str = "AH010201") -> int:
    """A list whose columns nobody has named yet."""
    with work() as uow:
        uow.actor = lists.actor
        source = receiving.add_source(uow, "居委会", "committee")
        upload = Upload(io.BytesIO(content), name, source.id, place, date(2026, 11, 25))
        return receiving.receive(uow, Scope.system(), upload).id


def words_kept(work: Work) -> list[str]:
    """Where his name, number or address still stands: in tables and files of lists. A house keeps its address."""
    assert disposal.delete_files() is False
    with work() as uow:
        found = everywhere(uow.session, HIM["姓名"], HIM["手机"])
        found += [one for one in everywhere(uow.session, HIM["地址"]) if one.startswith(("batch", "unplaced", "prov"))]
    folder = private_folder() / "imports"
    return found + [file.name for file in folder.iterdir() if HIM["姓名"].encode() in file.read_bytes()]


def test_nothing_is_left_of_him_in_rows_that_wait_were_refused_or_taken_back_nor_in_files(
    lists: Lists, work: Work
) -> None:
    him, other = a_row(1, **HIM), a_row(2)
    nowhere = {**HIM, "社区": "云深不知处小区", "身份证号": ""}
    lists.undo(lists.load([him, a_row(5)]).id)
    lists.load([him, other])
    waits = lists.load([a_row(1, **nowhere), a_row(3, 社区="云深不知处小区")])
    checked = lists.check([a_row(1, **{**nowhere, "出生日期": ""}), a_row(4)])
    refused = lists.check([a_row(1, **{**nowhere, "性别": "猜", "手机": ""}), a_row(6, 性别="猜")])
    unread = received(lists, work, as_csv([a_row(7), him]))
    unread_book = received(lists, work, as_xlsx([a_row(8), him]), "list.xlsx")
    without_him = received(lists, work, as_csv([a_row(9)]))
    assert len(words_kept(work)) >= 6

    forget(work, HIM["姓名"])

    assert words_kept(work) == []
    for batch in (waits, checked, refused):
        mine, others = lists.rows(batch.id)
        assert (mine.outcome, mine.cells, mine.values, mine.keys) == (Outcome.REFUSE, [], {}, [])
        assert lists.reasons(batch.id)[0] == ["erased"]
        assert others.cells
    with work() as uow:
        assert uow.session.scalars(select(Unplaced.subject)).all() == [f"import_row:{lists.rows(waits.id)[1].id}"]
    for batch_id in (unread, unread_book):
        assert (lists.read(batch_id).state, lists.read(batch_id).refusal) == (
            BatchState.REJECTED,
            "refusal.somebody_forgotten",
        )
    assert lists.read(without_him).state is BatchState.RECEIVED
    assert len(list((private_folder() / "imports").iterdir())) == 1


def test_a_namesake_of_whom_nothing_else_is_the_same_stays_in_his_lists(lists: Lists, work: Work) -> None:
    lists.load([a_row(1, **HIM)])
    waits = lists.load([a_row(2, 姓名=HIM["姓名"], 社区="云深不知处小区")])
    refused = lists.check([a_row(3, 姓名=HIM["姓名"], 性别="猜")])

    forget(work, HIM["姓名"])

    assert [row.outcome for row in lists.rows(waits.id)] == [Outcome.NEEDS_PLACE]
    assert lists.rows(waits.id)[0].values["name"] == HIM["姓名"]
    assert lists.rows(refused.id)[0].cells[1] == HIM["姓名"]


@pytest.mark.parametrize("how", [{"社区": "云深不知处小区"}, {"性别": "猜"}, {"社区": "AH010301"}])
def test_a_row_of_somebody_who_was_erased_is_not_kept_however_else_it_is_refused_or_waits(
    lists: Lists, work: Work, how: dict[str, str]
) -> None:
    lists.load([a_row(1, **HIM)])
    forget(work, HIM["姓名"])

    batch = lists.check([a_row(2), a_row(1, **{**HIM, **how})])

    assert lists.reasons(batch.id)[1] == ["erased"]
    assert batch.file_path == ""
    assert words_kept(work) == []


def test_a_look_at_what_an_erasure_would_take_opens_no_unread_list_says_so_and_puts_none_away(
    lists: Lists, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists.load([a_row(1, **HIM)])
    unread = received(lists, work, as_csv([a_row(1, **HIM)]))
    elsewhere = received(lists, work, as_csv([a_row(2)]), place="AH010202")
    opened: list[str] = []
    really = keeping.opened

    def noting(path: str) -> AbstractContextManager[BinaryIO]:
        opened.append(path)
        return really(path)

    monkeypatch.setattr(keeping, "opened", noting)

    with work() as uow:
        would = erasure.preview(uow, uow.session.scalars(select(Person.id)).one())

    assert (would.gone["unread_lists"], opened) == (1, [])
    assert lists.read(elsewhere).file_path
    assert lists.read(unread).state is BatchState.RECEIVED
    assert lists.read(unread).file_path
