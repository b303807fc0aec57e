"""Two rows become one person and two again: what is filled, stopped, kept and given back, whatever came between."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork, unit_of_work
from directory.errors import MergeNotFound, NotMergeable, NotUndoable, PersonNotFound
from directory.models import (
    Consent,
    Contact,
    ContactKind,
    Merge,
    Person,
    PersonSearch,
    Provenance,
    Purpose,
    Suppression,
    SuppressionScope,
)
from directory.queries.people import persons_of
from directory.service import consents, merges, search
from tests.factories.people import a_person
from tests.factories.requests import a_request, a_ticket

Work = Callable[[], AbstractContextManager[UnitOfWork]]
MINE, THEIRS = "+8616200000123", "+8616200000456"


def two(uow: UnitOfWork) -> tuple[Person, Person]:
    """Somebody in two lists, with a number in each."""
    kept = a_person(uow, "唐晓东", msisdn=MINE, birth_date=None, address="2号楼1单元1002")
    gone = a_person(uow, "唐小东", msisdn=THEIRS, birth_date=date(1980, 5, 1), address="2号楼1单元1002")
    gone.sex, gone.id_hash, gone.id_last4 = "M", "k1", "001X"
    uow.session.flush()
    return kept, gone


def born(person: Person) -> date | None:
    """The birth date that stands there now."""
    return person.birth_date


def state(uow: UnitOfWork) -> dict[str, object]:
    """Everything that a merge may touch, as plain values."""
    uow.session.flush()
    uow.session.expire_all()
    session = uow.session
    return {
        "persons": [
            {column.name: getattr(row, column.name) for column in Person.__table__.columns}
            for row in session.scalars(select(Person).order_by(Person.id))
        ],
        "contacts": session.execute(select(Contact.person_id, Contact.msisdn).order_by(Contact.id)).all(),
        "stops": session.execute(
            select(Suppression.msisdn, Suppression.channel, Suppression.scope, Suppression.evidence).order_by(
                Suppression.msisdn
            )
        ).all(),
        "consents": session.execute(
            select(Consent.msisdn, Consent.purpose, Consent.is_given, Consent.evidence).order_by(Consent.id)
        ).all(),
        "provenance": session.execute(select(Provenance.person_id, Provenance.source).order_by(Provenance.id)).all(),
        "search": session.execute(
            select(PersonSearch.person_id, PersonSearch.words).order_by(PersonSearch.person_id)
        ).all(),
        "heads": [row.household.head_id for row in session.scalars(select(Person).order_by(Person.id))],
    }


def test_the_other_row_points_to_the_one_kept_and_fills_what_it_lacks(uow: UnitOfWork) -> None:
    kept, gone = two(uow)

    done = merges.merge(uow, kept.id, gone.id, 0.97, ("same_name", "same_birth"))

    assert gone.merged_into_id == kept.id
    assert (kept.name, kept.sex, kept.birth_date) == ("唐晓东", "M", date(1980, 5, 1))
    assert (kept.id_hash, kept.id_last4) == ("k1", "001X")
    assert (done.score, done.reasons, done.by) == (0.97, ["same_name", "same_birth"], "test")
    told = uow.session.scalars(select(Provenance).where(Provenance.source == f"merge:{done.id}")).one()
    assert told.said == {"sex": "M", "birth_date": "1980-05-01", "identity": "001X"}
    assert [note.action for note in uow.notes if note.action.startswith("person.m")] == ["person.merged"]


def test_what_the_kept_one_has_stays_his(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    kept.birth_date, kept.sex = date(1981, 1, 1), "F"

    merges.merge(uow, kept.id, gone.id)

    assert (kept.birth_date, kept.sex) == (date(1981, 1, 1), "F")


def test_both_numbers_lead_to_the_one_person(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    merges.merge(uow, kept.id, gone.id)

    assert [person.id for person in persons_of(uow.session, THEIRS)] == [kept.id]
    assert [person.id for person in persons_of(uow.session, MINE)] == [kept.id]


def test_the_strictest_wish_holds_for_every_number(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    consents.record_consent(uow, MINE, Purpose.NOTICE, is_given=True, evidence="form")
    consents.stop(uow, THEIRS, is_everything=True, evidence="sms:1")

    done = merges.merge(uow, kept.id, gone.id)

    for number in (MINE, THEIRS):
        assert consents.may_write(uow, number, Purpose.NOTICE) == "stopped_all"
    stop = uow.session.scalars(select(Suppression).where(Suppression.msisdn == MINE)).one()
    assert (stop.scope, stop.evidence) == (SuppressionScope.ALL, f"merge:{done.id}")


def test_a_merge_is_taken_back_exactly(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    helped = a_person(uow, "陈奶奶", msisdn=None)
    helped.helper_id = gone.id
    gone.household.head_id = gone.id
    consents.record_consent(uow, MINE, Purpose.NOTICE, is_given=True, evidence="form")
    consents.stop(uow, THEIRS, is_everything=False, evidence="sms:1")
    before = state(uow)

    done = merges.merge(uow, kept.id, gone.id)
    assert (helped.helper_id, kept.household.head_id) == (kept.id, kept.id)
    assert state(uow) != before
    merges.unmerge(uow, done.id)

    assert state(uow) == before
    assert (done.undone_at, done.undone_by) == (uow.now, "test")


def test_what_somebody_changed_since_is_left(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    done = merges.merge(uow, kept.id, gone.id)
    kept.birth_date = date(1980, 5, 2)

    merges.unmerge(uow, done.id)

    assert (kept.birth_date, kept.sex) == (date(1980, 5, 2), "")


def test_a_stop_that_came_since_is_left(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    consents.stop(uow, THEIRS, is_everything=False, evidence="sms:1")
    done = merges.merge(uow, kept.id, gone.id)
    consents.stop(uow, MINE, is_everything=False, evidence="sms:2")

    merges.unmerge(uow, done.id)

    assert consents.may_write(uow, MINE, Purpose.SERVICE) == "stopped_all"


def test_tickets_of_before_go_back_and_those_since_stay_with_the_kept(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    old = a_ticket(uow, a_request(msisdn=THEIRS))
    old.person_id = gone.id
    done = merges.merge(uow, kept.id, gone.id)
    new = a_ticket(uow, a_request(msisdn=THEIRS))
    new.person_id = persons_of(uow.session, THEIRS)[0].id

    merges.unmerge(uow, done.id)

    assert (old.person_id, new.person_id) == (gone.id, kept.id)
    assert [person.id for person in persons_of(uow.session, THEIRS)] == [gone.id]


def test_chains_are_flat_and_are_taken_back_from_the_end(uow: UnitOfWork) -> None:
    first, second = two(uow)
    third = a_person(uow, "唐晓冬", msisdn="+8616200000789")
    before = state(uow)
    inner = merges.merge(uow, second.id, first.id)
    between = state(uow)

    outer = merges.merge(uow, third.id, second.id)

    assert (first.merged_into_id, second.merged_into_id) == (third.id, third.id)
    with pytest.raises(NotUndoable) as refusal:
        merges.unmerge(uow, inner.id)
    assert refusal.value.wording == "refusal.unmerge_onward"
    merges.unmerge(uow, outer.id)
    assert state(uow) == between
    merges.unmerge(uow, inner.id)
    assert state(uow) == before


def test_another_merge_into_the_same_person_holds(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    third = a_person(uow, "唐晓东", msisdn="+8616200000789", birth_date=date(1980, 6, 6))
    consents.stop(uow, "+8616200000789", is_everything=True, evidence="sms:3")
    first = merges.merge(uow, kept.id, gone.id)
    second = merges.merge(uow, kept.id, third.id)

    merges.unmerge(uow, first.id)

    assert born(kept) == date(1980, 6, 6)
    assert consents.may_write(uow, MINE, Purpose.SERVICE) == "stopped_all"
    merges.unmerge(uow, second.id)
    assert born(kept) is None
    assert consents.may_write(uow, MINE, Purpose.SERVICE) == ""
    assert consents.may_write(uow, THEIRS, Purpose.SERVICE) == ""


@pytest.mark.parametrize("first", [0, 1])
def test_what_one_of_three_stopped_leaves_with_him_and_nothing_stays_behind(uow: UnitOfWork, first: int) -> None:
    kept, gone = two(uow)
    third = a_person(uow, "唐晓东", msisdn="+8616200000789", birth_date=None, address="7号楼1")
    consents.stop(uow, THEIRS, is_everything=False, evidence="sms:1")
    consents.record_consent(uow, MINE, Purpose.NOTICE, is_given=True, evidence="form:1")
    before = state(uow)
    done = [merges.merge(uow, kept.id, gone.id).id, merges.merge(uow, kept.id, third.id).id]
    assert {number for number, *_ in state(uow)["stops"]} == {MINE, THEIRS, "+8616200000789"}  # type: ignore[attr-defined]

    merges.unmerge(uow, done[first])
    stopped = [number for number, *_ in state(uow)["stops"]]  # type: ignore[attr-defined]
    assert stopped == [THEIRS] if first == 0 else [MINE, THEIRS]
    merges.unmerge(uow, done[1 - first])

    assert state(uow) == before


def test_a_later_merge_that_was_stricter_still_is_once_an_earlier_one_is_taken_back(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    third = a_person(uow, "唐晓东", msisdn="+8616200000789", birth_date=None, address="7号楼1")
    consents.stop(uow, THEIRS, is_everything=False, evidence="sms:1")
    consents.stop(uow, "+8616200000789", is_everything=True, evidence="sms:2")
    before = state(uow)
    first, second = merges.merge(uow, kept.id, gone.id).id, merges.merge(uow, kept.id, third.id).id

    merges.unmerge(uow, first)

    assert consents.stopped_among(uow, [MINE, THEIRS]) == {MINE: "all", THEIRS: "notices"}
    merges.unmerge(uow, second)
    assert state(uow) == before


def test_who_asked_for_texts_again_is_not_stopped_by_an_undoing(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    third = a_person(uow, "唐晓东", msisdn="+8616200000789", birth_date=None, address="7号楼1")
    consents.stop(uow, "+8616200000789", is_everything=False, evidence="sms:1")
    first = merges.merge(uow, kept.id, gone.id).id
    merges.merge(uow, kept.id, third.id)
    uow.now += timedelta(minutes=1)
    consents.resume(uow, MINE, "sms:2")

    merges.unmerge(uow, first)

    assert consents.may_write(uow, MINE, Purpose.NOTICE) == ""
    assert consents.may_write(uow, "+8616200000789", Purpose.NOTICE) == "stopped_notices"


def test_who_was_his_helper_and_is_himself_helps_him_no_more(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    kept.helper_id = gone.id
    before = state(uow)

    done = merges.merge(uow, kept.id, gone.id)

    assert uow.session.scalar(select(Person.helper_id).where(Person.id == kept.id)) is None
    merges.unmerge(uow, done.id)
    assert state(uow) == before


def test_nobody_becomes_his_own_helper(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    gone.helper_id = kept.id
    kept.helper_id = None
    merges.merge(uow, kept.id, gone.id)

    assert kept.helper_id is None


@pytest.mark.parametrize("why", ["self", "other_identity", "already", "erased"])
def test_what_cannot_be_one_person_is_refused(uow: UnitOfWork, why: str) -> None:
    kept, gone = two(uow)
    third = a_person(uow, "唐三", msisdn=None)
    if why == "other_identity":
        kept.id_hash = "k2"
    elif why == "already":
        gone.merged_into_id = third.id
    elif why == "erased":
        gone.erased_at = uow.now

    with pytest.raises(NotMergeable) as refusal:
        merges.merge(uow, kept.id, kept.id if why == "self" else gone.id)

    assert refusal.value.wording == f"refusal.merge_{why}"
    assert uow.session.scalars(select(Merge)).all() == []


def test_who_is_not_there_is_not_found(uow: UnitOfWork) -> None:
    kept, _ = two(uow)
    with pytest.raises(PersonNotFound):
        merges.merge(uow, kept.id, 999)
    with pytest.raises(MergeNotFound):
        merges.unmerge(uow, 999)


def test_an_undone_merge_and_one_of_an_erased_person_cannot_be_undone(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    done = merges.merge(uow, kept.id, gone.id)
    merges.unmerge(uow, done.id)
    with pytest.raises(NotUndoable) as refusal:
        merges.unmerge(uow, done.id)
    assert refusal.value.wording == "refusal.unmerge_done"

    again = merges.merge(uow, kept.id, gone.id)
    gone.erased_at = uow.now + timedelta(minutes=1)
    with pytest.raises(NotUndoable) as refusal:
        merges.unmerge(uow, again.id)
    assert refusal.value.wording == "refusal.unmerge_erased"


def test_two_opposite_merges_at_once_make_one(work: Work) -> None:
    with work() as uow:
        kept, gone = two(uow)
        ids = (kept.id, gone.id)
        search.reindex(uow, ids)
    start, outcomes = Barrier(2), []

    def make(one: int, other: int) -> None:
        start.wait()
        try:
            with unit_of_work("test") as uow:
                merges.merge(uow, one, other)
            outcomes.append("done")
        except NotMergeable as refusal:
            outcomes.append(refusal.wording)

    threads = [Thread(target=make, args=pair) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert sorted(outcomes) == ["done", "refusal.merge_already"]
    with work() as uow:
        assert len(uow.session.scalars(select(Merge)).all()) == 1


def test_a_shared_line_is_known_by_whom_it_leads_to(uow: UnitOfWork) -> None:
    kept, gone = two(uow)
    other = a_person(uow, "唐奶奶", msisdn=THEIRS, kind=ContactKind.MOBILE)
    merges.merge(uow, kept.id, gone.id)

    assert sorted(person.id for person in persons_of(uow.session, THEIRS)) == sorted((kept.id, other.id))
