"""A list is loaded on somebody's right: where that ends, loading ends, also in the middle of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from collection import jobs
from collection.errors import NotNow
from collection.models import Batch, BatchState
from collection.service import applying, receiving, undoing
from core.audit import AuditEntry
from core.uow import UnitOfWork
from directory.models import Person
from directory.scope import Scope
from staff.models import Grant, User
from staff.permissions import Role
from tests.collection.conftest import Lists
from tests.collection.files import a_row, rows
from tests.factories.people import a_place

Work = Callable[[], AbstractContextManager[UnitOfWork]]


def people(work: Work) -> int:
    with work() as uow:
        return uow.session.scalar(select(func.count(Person.id))) or 0


def end_rights(work: Work) -> None:
    with work() as uow:
        uow.session.execute(update(Grant).values(until_at=uow.now - timedelta(seconds=1)))


@pytest.fixture
def halfway(lists: Lists, work: Work, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """A list of 35 rows of which 20 were loaded when the clerk's grant ended."""
    monkeypatch.setattr(applying, "AT_ONCE", 10)
    batch = lists.check(rows(35))
    lists.press_load(batch.id)
    for _ in range(2):
        with work() as uow:
            assert applying.apply_some(uow, batch.id)
    end_rights(work)
    assert jobs.apply() is False
    return lists.read(batch.id)


@pytest.fixture
def colleague(work: Work, halfway: Batch) -> str:
    """Somebody who has the right for the place of the list."""
    return a_colleague(work, halfway.jurisdiction_code)


def test_a_grant_that_ends_in_the_middle_stops_the_load_between_two_steps_and_says_so(
    halfway: Batch, work: Work
) -> None:
    assert people(work) == halfway.done == 20
    assert halfway.is_set_aside
    assert (halfway.refusal, halfway.refusal_facts) == ("refusal.right_ended_midway", {"done": 20})
    with work() as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "batch.load_refused")).one()
        assert entry.data["by"] == halfway.applied_by


def test_nothing_goes_on_before_somebody_with_the_right_says_so(halfway: Batch, lists: Lists, work: Work) -> None:
    with work() as uow:
        uow.actor = lists.actor  # whose grant has ended
        receiving.try_again(uow, Scope.system(), halfway.id)
    assert jobs.apply() is False

    stopped = lists.read(halfway.id)
    assert (stopped.is_set_aside, stopped.refusal) == (True, "refusal.right_ended_midway")
    assert people(work) == 20


def test_a_colleague_with_the_right_goes_on_where_it_stopped(
    halfway: Batch, colleague: str, lists: Lists, work: Work
) -> None:
    with work() as uow:
        uow.actor = colleague
        receiving.try_again(uow, Scope.system(), halfway.id)
    assert jobs.apply() is False

    loaded = lists.read(halfway.id)
    assert (loaded.state, loaded.refusal, loaded.done) == (BatchState.APPLIED, "", 35)
    assert loaded.applied_by == colleague
    assert loaded.counts["outcomes"] == {"create": 35}
    assert people(work) == 35


def test_a_colleague_may_take_back_what_was_loaded_of_it(
    halfway: Batch, colleague: str, lists: Lists, work: Work
) -> None:
    lists.actor = colleague

    assert lists.undo(halfway.id).state is BatchState.UNDONE

    assert people(work) == 0


def test_a_list_that_stopped_halfway_is_neither_put_away_nor_read_anew(halfway: Batch, work: Work) -> None:
    with pytest.raises(NotNow), work() as uow:
        receiving.reject(uow, Scope.system(), halfway.id)
    with pytest.raises(NotNow), work() as uow:
        receiving.name_columns(uow, Scope.system(), halfway.id, halfway.mapping)


def test_a_user_who_is_locked_out_loads_nothing_more(lists: Lists, work: Work, clerk: User) -> None:
    batch = lists.check(rows(3))
    lists.press_load(batch.id)
    with work() as uow:
        uow.session.execute(update(User).where(User.id == clerk.id).values(is_active=False))

    jobs.apply()

    assert lists.read(batch.id).refusal == "refusal.right_ended"
    assert people(work) == 0


def test_a_list_moves_nobody_out_of_an_area_in_which_its_loader_has_no_right(lists: Lists, work: Work) -> None:
    with work() as uow:
        a_place(uow, "AH020301")
    cli = Lists(lists.work, "cli:test", lists.folder)
    cli.load([a_row(1, 社区="AH020301")], place="AH020301", source="那边")

    batch = lists.load([a_row(1, 手机="16200009999"), a_row(2)])

    assert batch.counts["outcomes"] == {"needs_match": 1, "create": 1}
    with work() as uow:
        there = uow.session.get_one(Person, 1)
        assert there.household.community_code == "AH020301"
        assert [one.msisdn for one in there.contacts] == ["+8616200000001"]


def test_a_list_moves_somebody_within_the_area_of_its_loader(lists: Lists, work: Work) -> None:
    lists.load([a_row(1, 社区="AH010202")], place="AH010202")

    assert lists.load([a_row(1)]).counts["outcomes"] == {"update": 1}


@pytest.fixture
def half_undone(lists: Lists, work: Work, monkeypatch: pytest.MonkeyPatch) -> Batch:
    """A list of 30 people of whom 20 or so were taken back when the grant of whoever pressed the button ended."""
    monkeypatch.setattr(undoing, "AT_ONCE", 20)
    batch = lists.load(rows(30))
    press_undo(lists, work, batch.id)
    with work() as uow:
        assert undoing.undo_some(uow, batch.id)
    end_rights(work)
    assert jobs.undo() is False
    return lists.read(batch.id)


def press_undo(lists: Lists, work: Work, batch_id: int) -> None:
    with work() as uow:
        uow.actor = lists.actor
        receiving.ask_to_undo(uow, Scope.system(), batch_id)


def a_colleague(work: Work, place: str) -> str:
    with work() as uow:
        user = User(login="colleague", name="郑雅文", password_hash="nobody's")
        uow.session.add(user)
        uow.session.flush()
        grant = {"role": Role.CLERK, "from_at": uow.now, "granted_by": "test"}
        uow.session.add(Grant(user_id=user.id, jurisdiction_code=place, **grant))
        return f"user:{user.id}"


def test_a_grant_that_ends_in_the_middle_stops_the_undoing_between_two_steps_and_says_so(
    half_undone: Batch, work: Work
) -> None:
    assert half_undone.is_set_aside
    assert half_undone.refusal == "refusal.undo_right_ended_midway"
    assert 0 < half_undone.done < 30
    assert half_undone.refusal_facts == {"done": half_undone.done}
    assert people(work) == 30 - half_undone.done
    with work() as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "batch.undo_refused")).one()
        assert entry.data["by"] == half_undone.undone_by


def test_whoever_lost_the_right_takes_nothing_more_back_and_a_colleague_does(
    half_undone: Batch, lists: Lists, work: Work
) -> None:
    with work() as uow:
        uow.actor = lists.actor
        receiving.try_again(uow, Scope.system(), half_undone.id)
    assert jobs.undo() is False
    assert people(work) == 30 - half_undone.done

    colleague = a_colleague(work, half_undone.jurisdiction_code)
    with work() as uow:
        uow.actor = colleague
        receiving.try_again(uow, Scope.system(), half_undone.id)
    assert jobs.undo() is False

    done = lists.read(half_undone.id)
    assert (done.state, done.refusal, done.undone_by) == (BatchState.UNDONE, "", colleague)
    assert people(work) == 0


def test_a_right_that_ends_before_the_undoing_begins_leaves_the_list_loaded(lists: Lists, work: Work) -> None:
    batch = lists.load(rows(3))
    press_undo(lists, work, batch.id)
    end_rights(work)

    assert jobs.undo() is False

    kept = lists.read(batch.id)
    assert (kept.state, kept.is_set_aside, kept.refusal) == (BatchState.APPLIED, False, "refusal.undo_right_ended")
    assert people(work) == 3
    lists.actor = a_colleague(work, batch.jurisdiction_code)
    assert lists.undo(batch.id).state is BatchState.UNDONE


def test_a_half_loaded_list_whose_undoing_may_not_begin_waits_for_somebody(
    halfway: Batch, lists: Lists, work: Work
) -> None:
    press_undo(lists, work, halfway.id)

    assert jobs.undo() is False

    waits = lists.read(halfway.id)
    assert (waits.state, waits.is_set_aside) == (BatchState.UNDOING, True)
    assert waits.refusal == "refusal.undo_right_ended"
    assert people(work) == 20
