"""Erasures and changes of the tree that always fail: tried later and later, then shown to a person; others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

import app as house
import directory.jobs
from core import events, tries
from core.audit import AuditEntry
from core.tries import Tried
from core.uow import UnitOfWork
from directory.borders import Change, ChangeKind, Wanted
from directory.errors import BadChange, RequestSettled
from directory.events import PersonErased
from directory.models import Jurisdiction, Person, PrivacyRequest, Reorganisation, RequestKind, RequestState
from directory.queries import borders
from directory.scope import Scope
from directory.service import privacy, reorganising
from directory.service.privacy import Checked
from tests.factories.people import a_person, a_place

Work = Callable[[], AbstractContextManager[UnitOfWork]]
At = Callable[[datetime], None]
ALL = Scope.system()
WUTONG, GUIHUA = "AH010201", "AH010202"

pytestmark = pytest.mark.expects_errors


@pytest.fixture(autouse=True)
def wired() -> Iterator[None]:
    """Who hears of an erasure is filled in, before and after somebody spoilt it."""
    house.wire()
    yield
    house.wire()


def a_held_erasure(work: Work, name: str, number: str) -> tuple[int, int]:
    """An erasure that was decided and held up by what is over now: ids of the request and the person."""
    with work() as uow:
        person = a_person(uow, name, msisdn=number)
        request = privacy.open_request(
            uow, person.id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT
        )
        request.state = RequestState.HELD
        return request.id, person.id


def spoil(person_id: int) -> None:
    """What hears of erasures fails for this person."""

    def fail(uow: UnitOfWork, event: PersonErased) -> None:
        if event.person_id == person_id:
            raise RuntimeError("spoilt")

    events.subscribe({PersonErased: [fail]})


def tried_to_the_end(
    work: Work, at: At, noon: datetime, table: type[PrivacyRequest] | type[Reorganisation], row_id: int
) -> None:
    """Ring at every moment from which the row may be tried, until it is set aside."""
    job = directory.jobs.erase if table is PrivacyRequest else directory.jobs.reorganise
    moment: datetime | None = noon
    while moment is not None:
        at(moment + timedelta(seconds=5))
        job()
        moment = the_row(work, table, row_id).try_at


def the_row(work: Work, table: type[PrivacyRequest] | type[Reorganisation], row_id: int) -> Tried:
    """As it stands."""
    with work() as uow:
        row = uow.session.get_one(table, row_id)
        assert isinstance(row, Tried)
        return row


def said(work: Work, action: str) -> list[str]:
    """Subjects of which the audit log says this."""
    with work() as uow:
        return list(uow.session.scalars(select(AuditEntry.subject).where(AuditEntry.action == action)))


def test_an_erasure_that_always_fails_is_set_aside_and_the_others_are_done(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    first, spoilt_id = a_held_erasure(work, "唐晓东", "+8616200000123")
    second, other_id = a_held_erasure(work, "王芳", "+8616200000124")
    spoil(spoilt_id)

    directory.jobs.erase()

    with work() as uow:
        assert uow.session.get_one(Person, other_id).name == ""
        assert uow.session.get_one(Person, spoilt_id).name == "唐晓东"
        assert uow.session.get_one(PrivacyRequest, second).state is RequestState.DONE
    assert the_row(work, PrivacyRequest, first).tries == 1
    directory.jobs.erase()
    assert the_row(work, PrivacyRequest, first).tries == 1
    tried_to_the_end(work, at, noon + timedelta(minutes=2), PrivacyRequest, first)
    stands = the_row(work, PrivacyRequest, first)
    assert (stands.is_set_aside, stands.tries) == (True, tries.MOST)
    assert said(work, "erasure.set_aside") == [f"person:{spoilt_id}"]
    at(noon + timedelta(days=3))
    directory.jobs.erase()
    assert the_row(work, PrivacyRequest, first).tries == tries.MOST


def test_an_erasure_that_was_set_aside_is_done_when_a_person_has_it_tried_again(
    work: Work, at: At, noon: datetime
) -> None:
    at(noon)
    request_id, person_id = a_held_erasure(work, "唐晓东", "+8616200000123")
    spoil(person_id)
    tried_to_the_end(work, at, noon, PrivacyRequest, request_id)
    house.wire()

    with work() as uow:
        privacy.try_again(uow, request_id)
        assert uow.wakes == {"directory.erase"}
    directory.jobs.erase()

    with work() as uow:
        assert uow.session.get_one(PrivacyRequest, request_id).state is RequestState.DONE
        assert uow.session.get_one(Person, person_id).name == ""
    assert said(work, "erasure.tried_again") == [f"person:{person_id}"]
    with work() as uow, pytest.raises(RequestSettled):
        privacy.try_again(uow, request_id)


def test_an_erasure_that_still_waits_for_something_has_no_failures(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    request_id, person_id = a_held_erasure(work, "唐晓东", "+8616200000123")
    with work() as uow:
        privacy.set_hold(uow, person_id, "court")
        uow.session.get_one(PrivacyRequest, request_id).tries = 3

    directory.jobs.erase()

    assert the_row(work, PrivacyRequest, request_id).tries == 0


def changes(work: Work, today: date) -> tuple[int, int, int]:
    """Three changes to come: a merge that nobody can read, a new name for what it makes, a new name elsewhere."""
    day = today + timedelta(days=1)
    with work() as uow:
        a_place(uow, WUTONG)
        a_place(uow, GUIHUA)
        a_place(uow, "AH010203")
        made = Wanted("新梧桐", "New Wutong", "AH010205")
        merge = reorganising.decide(uow, ALL, Change(ChangeKind.MERGE, day, (WUTONG, "AH010203"), (made,)))
        other = Change(ChangeKind.RENAME, day, (GUIHUA,), (Wanted("桂花里", "Guihua Lane"),))
        elsewhere = reorganising.decide(uow, ALL, other)
        later = Reorganisation(
            kind=ChangeKind.RENAME,
            on=day + timedelta(days=1),
            old_codes=["AH010205"],
            new_nodes=[
                {"name_zh": "新区", "name_en": "New Area", "code": "", "parent": "", "parts": [], "is_rest": False}
            ],
            decided_by="test",
            decided_at=uow.now,
        )
        uow.session.add(later)
        uow.session.flush()
        merge.new_nodes = [{**node, "unknown": "a field that nobody reads"} for node in merge.new_nodes]
        return merge.id, later.id, elsewhere.id


def test_a_change_that_always_fails_is_set_aside_and_what_hangs_on_it_waits_with_it(
    work: Work, at: At, noon: datetime
) -> None:
    at(noon)
    merge_id, later_id, elsewhere_id = changes(work, noon.date())

    tried_to_the_end(work, at, noon + timedelta(days=2), Reorganisation, merge_id)

    with work() as uow:
        merge, later, elsewhere = (
            uow.session.get_one(Reorganisation, one) for one in (merge_id, later_id, elsewhere_id)
        )
        assert (merge.is_set_aside, merge.tries, merge.applied_at) == (True, tries.MOST, None)
        assert (later.applied_at, later.refusal, later.tries) == (None, "", 0)
        assert elsewhere.applied_at is not None
        assert uow.session.get_one(Jurisdiction, GUIHUA).name_zh == "桂花里"
    assert said(work, "places.change_set_aside") == [f"reorganisation:{merge_id}"]


def test_once_it_is_mended_the_change_and_what_waited_for_it_are_carried_out(
    work: Work, at: At, noon: datetime
) -> None:
    at(noon)
    merge_id, later_id, _ = changes(work, noon.date())
    tried_to_the_end(work, at, noon + timedelta(days=2), Reorganisation, merge_id)
    with work() as uow:
        row = uow.session.get_one(Reorganisation, merge_id)
        row.new_nodes = [{name: value for name, value in node.items() if name != "unknown"} for node in row.new_nodes]

    with work() as uow:
        reorganising.try_again(uow, ALL, merge_id)
    directory.jobs.reorganise()
    directory.jobs.reorganise()

    with work() as uow:
        assert uow.session.get_one(Reorganisation, merge_id).applied_at is not None
        later = uow.session.get_one(Reorganisation, later_id)
        assert (later.refusal, later.applied_at is not None) == ("", True)
        assert uow.session.get_one(Jurisdiction, "AH010205").name_zh == "新区"
        assert borders.due(uow.session, date(2027, 1, 1), uow.now) == []
        with pytest.raises(BadChange):
            reorganising.try_again(uow, ALL, merge_id)


def test_nobody_tries_a_change_of_another_area_again(work: Work, at: At, noon: datetime) -> None:
    at(noon)
    merge_id, _, _ = changes(work, noon.date())
    tried_to_the_end(work, at, noon + timedelta(days=2), Reorganisation, merge_id)

    with work() as uow, pytest.raises(BadChange):
        reorganising.try_again(uow, Scope(("AH02",), frozenset({"*"})), merge_id)
