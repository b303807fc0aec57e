"""What an error stops is shown to whoever can have it tried again: lists, erasures, changes of the tree."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest

from collection.models import Batch, BatchState, Source
from core import tries
from core.uow import UnitOfWork
from directory.borders import Change, ChangeKind, Wanted
from directory.models import PrivacyRequest, Reorganisation, RequestKind, RequestState
from directory.scope import Scope
from directory.service import privacy, reorganising
from directory.service.privacy import Checked
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, a_person, a_place

Work = Callable[[], AbstractContextManager[UnitOfWork]]


def fail(uow: UnitOfWork, row: tries.Tried, *, times: int = tries.MOST) -> None:
    """So many tries failed."""
    for _ in range(times):
        tries.failed(row, uow.now)


@pytest.fixture
def batch_id(work: Work) -> int:
    """A list whose loading was asked for."""
    with work() as uow:
        a_place(uow, COMMUNITY)
        batch = Batch(
            source=Source(name="居委会", kind="committee"),
            file_name="list.csv",
            file_hash="h",
            file_path="",
            jurisdiction_code=COMMUNITY,
            as_of=date(2026, 11, 1),
            state=BatchState.APPLYING,
            received_at=uow.now,
            received_by="user:1",
            rows=3,
            done=2,
        )
        uow.session.add(batch)
        uow.session.flush()
        return batch.id


def test_a_list_that_is_tried_again_says_when(desk_of: Callable[..., Desk], work: Work, batch_id: int) -> None:
    clerk = desk_of(Role.CLERK, COMMUNITY)
    with work() as uow:
        fail(uow, uow.session.get_one(Batch, batch_id), times=3)

    assert "12:04 再试" in clerk.reads(f"/console/imports/{batch_id}")
    assert "tried again at" in clerk.reads(f"/console/imports/{batch_id}", "en")


def test_a_list_that_was_set_aside_is_tried_again_by_a_button(
    desk_of: Callable[..., Desk], work: Work, batch_id: int
) -> None:
    clerk = desk_of(Role.CLERK, COMMUNITY)
    with work() as uow:
        fail(uow, uow.session.get_one(Batch, batch_id))
    assert "已停下" in clerk.reads("/console/imports")
    words = clerk.reads(f"/console/imports/{batch_id}")
    for part in ("在第 2 行出错停下，已试 8 次", "再试", "撤回已加载的"):
        assert part in words, part
    assert "Take back what is loaded" in clerk.reads(f"/console/imports/{batch_id}", "en")

    assert "正在再试" in clerk.reads_after(clerk.sends(f"/console/imports/{batch_id}/again"))

    with work() as uow:
        assert uow.session.get_one(Batch, batch_id).tries == 0
    assert clerk.sends(f"/console/imports/{batch_id}/again").status_code == 409
    assert desk_of(Role.CLERK, "AH010202", "other").sends(f"/console/imports/{batch_id}/again").status_code == 404


def test_an_erasure_that_was_set_aside_is_tried_again_by_a_button(desk_of: Callable[..., Desk], work: Work) -> None:
    with work() as uow:
        person = a_person(uow, "唐晓东")
        request = privacy.open_request(
            uow, person.id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT
        )
        request.state = RequestState.HELD
        fail(uow, request)
        request_id = request.id
    steward = desk_of(Role.DATA_STEWARD)
    page = f"/console/privacy/requests/{request_id}"
    assert "已停下" in steward.reads("/console/privacy")
    assert "已决定删除，但出错停下，已试 8 次" in steward.reads(page)
    assert "an error stops it; it was tried 8 times" in steward.reads(page, "en")

    assert "正在再试" in steward.reads_after(steward.sends(f"{page}/again"))

    with work() as uow:
        assert uow.session.get_one(PrivacyRequest, request_id).set_aside_at is None
    assert steward.sends(f"{page}/again").status_code == 409


def test_a_change_that_was_set_aside_is_tried_again_by_a_button(desk_of: Callable[..., Desk], work: Work) -> None:
    with work() as uow:
        a_place(uow, COMMUNITY)
        on = uow.local_now.date() + timedelta(days=1)
        change = Change(ChangeKind.RENAME, on, (COMMUNITY,), (Wanted("新梧桐", "New Wutong"),))
        row = reorganising.decide(uow, Scope.system(), change)
        fail(uow, row)
        change_id = row.id
    admin = desk_of(Role.ADMIN)
    place = f"/console/places/{COMMUNITY}"
    assert "出错停下，已试 8 次" in admin.reads("/console/places")
    assert "请告诉系统管理员" in admin.reads(place)
    assert "tried 8 times" in admin.reads(place, "en")

    assert "正在再试" in admin.reads_after(admin.sends(f"{place}/changes/{change_id}/again"))

    with work() as uow:
        assert uow.session.get_one(Reorganisation, change_id).tries == 0
    assert "已经不是停下的了" in admin.reads_after(admin.sends(f"{place}/changes/{change_id}/again"))
