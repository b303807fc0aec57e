"""Strange lists taken through the whole house: counted, loaded or refused, and nothing of them half written."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from collection import jobs
from collection.errors import SameFileTwice
from collection.models import Batch, BatchState
from collection.queries.batches import notes
from collection.service import receiving, returning
from core import db, disposal
from core.uow import UnitOfWork
from directory.models import Person
from tests.collection.conftest import Lists
from tests.collection.files import HEADINGS, a_row, as_csv, as_xlsx, rows

Work = Callable[[], AbstractContextManager[UnitOfWork]]


def test_one_of_two_who_upload_the_same_file_at_the_same_moment_wins(lists: Lists, work: Work) -> None:
    lists.check(rows(1), source="居委会")  # so that both meet at the file, not at the source
    content, start, outcomes = as_csv(rows(50)), threading.Barrier(2), list[str]()

    def upload() -> None:
        start.wait()
        try:
            outcomes.append(f"batch {lists.upload(content)}")
        except SameFileTwice:
            outcomes.append("refused")

    both = [threading.Thread(target=upload) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(one.partition(" ")[0] for one in outcomes) == ["batch", "refused"]
    with work() as uow:
        assert len(uow.session.scalars(select(Batch.id).where(Batch.state == BatchState.CHECKING)).all()) == 1
    assert len(list((lists.folder / "imports").iterdir())) == 2


def test_a_row_torn_by_its_comma_is_refused_and_comes_back_so_that_it_can_be_mended(lists: Lists, work: Work) -> None:
    torn = "姓名,手机,地址\n唐东,16200000001,2号楼,1单元\n唐西,16200000002,3号楼\n"
    batch = lists.check(torn.encode())
    assert lists.reasons(batch.id) == [["more_cells"], []]

    with work() as uow:
        limits = receiving.limits(uow)
    file = b"".join(returning.error_file(db.sessions, batch, "zh", limits).parts)

    mended = lists.check(file)
    assert [(row.outcome, row.values["address"]) for row in lists.rows(mended.id)] == [("create", "2号楼,1单元")]


def test_rows_that_a_sheet_hides_are_loaded_and_pointed_out(lists: Lists, work: Work) -> None:
    def hide(sheet: object) -> None:
        sheet.row_dimensions[2].hidden = True  # type: ignore[attr-defined]

    batch = lists.check(as_xlsx(rows(3), hide))

    with work() as uow:
        assert [(one.wording, one.facts) for one in notes(uow.session, batch.id)] == [
            ("note.hidden_rows", {"count": 1})
        ]
    assert batch.counts["outcomes"] == {"create": 3}


def test_the_name_of_a_file_may_hold_anything(lists: Lists) -> None:
    batch = lists.check(rows(1), name="../..\\a\0b\n\ud800\"';{}名单" + "x" * 300 + ".csv")

    assert batch.file_name.endswith("x.csv")
    assert batch.state is BatchState.CHECKED


def test_headings_of_anything_can_be_mapped(lists: Lists) -> None:
    headings = ("姓名", "地址", "'; drop table persons; --", "<script>", "姓名", "{count}", "%s %(x)s", "x" * 500)

    batch = lists.check(as_csv([["唐东", "1号楼101", *"123456"]], headings=headings))

    assert batch.counts["outcomes"] == {"create": 1}


def test_a_list_of_refused_rows_only_loads_nobody(lists: Lists, work: Work) -> None:
    batch = lists.check([a_row(n, 姓名=f"第{n}个") for n in range(1, 4)])
    assert batch.counts == {"outcomes": {"refuse": 3}, "refused": {"name_odd": 3}, "kept": {}}

    lists.press_load(batch.id)

    with work() as uow:
        assert uow.session.scalars(select(Person)).all() == []


def test_a_list_with_headings_only_is_put_away(lists: Lists) -> None:
    batch = lists.check(as_csv([], headings=HEADINGS))

    assert (batch.state, batch.refusal) == (BatchState.REJECTED, "refusal.file_no_rows")


def test_a_file_whose_upload_died_before_it_was_written_down_is_removed_the_next_day(lists: Lists) -> None:
    lists.upload(as_csv(rows(2)))
    folder = lists.folder / "imports"
    (mine,) = folder.iterdir()
    for name, age in (("stray", 2), ("just-coming", 0)):
        (folder / name).write_bytes(b"x")
        when = datetime.now(UTC) - timedelta(days=age)
        os.utime(folder / name, (when.timestamp(), when.timestamp()))
    os.utime(mine, (0, 0))

    jobs.tidy()
    disposal.delete_files()

    assert {file.name for file in folder.iterdir()} == {mine.name, "just-coming"}
