"""A list that always fails: tried again later and later, then shown to a person; the others go on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from collection import jobs
from collection.errors import NotNow
from collection.models import Batch, BatchRow, BatchState
from collection.service import receiving
from core import tries
from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.models import Person
from directory.scope import Scope
from tests.collection.conftest import Lists
from tests.collection.files import a_row

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
ALL = Scope.system()
SPOILT = {"name": "唐东", "unknown": "a field that no reader knows"}


@pytest.fixture(autouse=True)
def at_noon(at: At, noon: datetime) -> None:
    """Before anything has a moment."""
    at(noon)


@pytest.fixture
def spoilt(lists: Lists, work: Work) -> Batch:
    """A checked list, one row of which nobody can read any more; its loading is asked for."""
    batch = lists.check([a_row(1), a_row(2)])
    with work() as uow:
        row = uow.session.scalars(select(BatchRow).where(BatchRow.row_no == 3)).one()
        row.values = SPOILT
    lists.press_load(batch.id)
    return batch


def tried_to_the_end(lists: Lists, at: At, noon: datetime, batch_id: int) -> list[int]:
    """Ring shortly before and shortly after each moment from which it may be tried: the pauses, in minutes."""
    pauses: list[int] = []
    at(noon + timedelta(minutes=1))
    assert jobs.apply() is False
    while (stands := lists.read(batch_id)).try_at is not None:
        at(stands.try_at - timedelta(seconds=5))
        jobs.apply()
        assert lists.read(batch_id).tries == stands.tries
        began = stands.try_at + timedelta(seconds=5)
        at(began)
        jobs.apply()
        then = lists.read(batch_id).try_at
        pauses += [round((then - began) / timedelta(minutes=1))] if then is not None else []
    return pauses


@pytest.mark.expects_errors
def test_a_list_that_always_fails_is_tried_later_and_later_and_then_waits_for_a_person(
    lists: Lists, work: Work, at: At, noon: datetime, spoilt: Batch
) -> None:
    pauses = tried_to_the_end(lists, at, noon, spoilt.id)

    assert pauses == [2, 4, 8, 16, 32, 64]
    stands = lists.read(spoilt.id)
    assert (stands.state, stands.is_set_aside, stands.tries) == (BatchState.APPLYING, True, tries.MOST)
    with work() as uow:
        assert uow.session.scalars(select(Person)).all() == []
        said = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "batch.set_aside")).one()
    assert (said.subject, said.data) == (f"batch:{spoilt.id}", {"tries": tries.MOST})


@pytest.mark.expects_errors
def test_a_list_that_fails_costs_the_others_nothing(lists: Lists, spoilt: Batch) -> None:
    other = lists.check([a_row(3), a_row(4)])
    lists.press_load(other.id)

    assert jobs.apply() is False

    assert lists.read(spoilt.id).tries == 1
    assert lists.read(other.id).state is BatchState.APPLIED


@pytest.mark.expects_errors
def test_once_it_is_mended_a_person_has_it_tried_again(
    lists: Lists, work: Work, at: At, noon: datetime, spoilt: Batch
) -> None:
    tried_to_the_end(lists, at, noon, spoilt.id)
    with work() as uow:
        uow.session.execute(text("update batch_rows set values = '{}', outcome = 'refuse' where row_no = 3"))

    with work() as uow:
        receiving.try_again(uow, ALL, spoilt.id)
        assert uow.wakes == {"collection.apply"}
    assert jobs.apply() is False

    done = lists.read(spoilt.id)
    assert (done.state, done.tries, done.set_aside_at) == (BatchState.APPLIED, 0, None)
    with work() as uow, pytest.raises(NotNow):
        receiving.try_again(uow, ALL, spoilt.id)


@pytest.mark.expects_errors
def test_what_was_loaded_before_it_stopped_can_be_taken_back(
    lists: Lists, work: Work, at: At, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collection.service.applying.AT_ONCE", 2)
    batch = lists.check([a_row(number) for number in range(1, 5)])
    with work() as uow:
        uow.session.scalars(select(BatchRow).where(BatchRow.row_no == 5)).one().values = SPOILT
    lists.press_load(batch.id)
    tried_to_the_end(lists, at, noon, batch.id)
    with work() as uow:
        assert len(uow.session.scalars(select(Person)).all()) == 2

    undone = lists.undo(batch.id)

    assert (undone.state, undone.is_set_aside) == (BatchState.UNDONE, False)
    with work() as uow:
        assert uow.session.scalars(select(Person)).all() == []


@pytest.mark.expects_errors
def test_a_step_that_goes_well_forgets_the_failures_before_it(
    lists: Lists, work: Work, at: At, noon: datetime, spoilt: Batch
) -> None:
    jobs.apply()
    with work() as uow:
        uow.session.execute(text("update batch_rows set values = '{}', outcome = 'refuse' where row_no = 3"))
    at(noon + timedelta(minutes=2))

    jobs.apply()

    assert (lists.read(spoilt.id).state, lists.read(spoilt.id).tries) == (BatchState.APPLIED, 0)
