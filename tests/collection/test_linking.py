"""Who may be whom: candidates of rows in bulk, pairs of the base day by day, and what a person decides of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, select, text

import collection.jobs
from collection.errors import MatchDecided, MatchNotFound, MatchUnclear
from collection.models import Batch, BatchRow, Decision, MatchCandidate, Outcome
from collection.queries import matches as reads
from collection.record_linkage import Record
from collection.service import linking, matches, receiving
from collection.service.linking import Asked
from core.uow import UnitOfWork
from directory.models import Merge, Person
from directory.scope import Scope
from directory.service import merges
from tests.factories.people import COMMUNITY, a_person, a_place
from tests.factories.requests import a_request, a_ticket
from tests.statements import counted

Work = Callable[[], AbstractContextManager[UnitOfWork]]
MINE, THEIRS = "+8616200000123", "+8616200000456"
BORN = date(1980, 5, 12)
SYSTEM = Scope.system()


def twice(uow: UnitOfWork, place: str = COMMUNITY) -> tuple[Person, Person]:
    """Somebody who moved and stands in the base twice."""
    one = a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, community_code=place, address="2号楼1单元1002")
    other = a_person(uow, "唐晓东", msisdn=THEIRS, birth_date=BORN, community_code=place, address="9号楼101")
    return one, other


def proposed(uow: UnitOfWork) -> list[tuple[int, int]]:
    """Look at the whole base; the pairs that stand open after it."""
    linking.propose(uow, 0, 2**31 - 1)
    rows = uow.session.scalars(select(MatchCandidate).where(MatchCandidate.decision.is_(None)))
    return sorted((row.low_id, row.high_id) for row in rows)


def the_pair(uow: UnitOfWork) -> MatchCandidate:
    """The only pair there is."""
    return uow.session.scalars(select(MatchCandidate)).one()


def load(work: Work, text: str, source: str = "居委会", place: str = COMMUNITY) -> int:
    """Load a list as a clerk would. Returns the id of the batch."""
    with work() as uow:
        a_place(uow, place)
        made = receiving.add_source(uow, source, "committee")
        upload = receiving.Upload(BytesIO(text.encode()), "list.csv", made.id, place, date(2026, 11, 1))
        batch = receiving.receive(uow, SYSTEM, upload)
        receiving.name_columns(uow, SYSTEM, batch.id, batch.mapping)
        batch_id = batch.id
    collection.jobs.check()
    with work() as uow:
        receiving.ask_to_load(uow, SYSTEM, batch_id)
    collection.jobs.apply()
    return batch_id


def rows_of(uow: UnitOfWork, batch_id: int) -> list[BatchRow]:
    """The rows of a list as they stand."""
    return list(uow.session.scalars(select(BatchRow).where(BatchRow.batch_id == batch_id).order_by(BatchRow.row_no)))


@pytest.fixture(autouse=True)
def _at_noon(at: Callable[[datetime], None], noon: datetime) -> None:
    at(noon)


def test_a_row_meets_those_behind_the_door_those_swapped_and_those_with_name_and_number(uow: UnitOfWork) -> None:
    home = a_person(uow, "唐小冬", msisdn=None, birth_date=BORN, address="2号楼1单元1002")
    swapped = a_person(uow, "唐晓东", msisdn=None, birth_date=date(1980, 12, 5), address="5号楼1")
    reached = a_person(uow, "唐晓东", msisdn=MINE, birth_date=None, address="6号楼1")
    shares = a_person(uow, "王芳", msisdn=MINE, address="7号楼1")
    row = Asked(Record("唐晓东", birth_date=BORN, numbers=frozenset({MINE, THEIRS})), home.household_id)
    with counted() as seen:
        found = linking.lookalikes(uow, [row, Asked(Record("无名"))])

    assert found == {0: {home.id, swapped.id, reached.id}}
    assert shares.id not in found[0]
    assert len(seen) == 1


def test_a_merged_person_comes_as_whom_he_became_and_an_erased_one_not_at_all(uow: UnitOfWork) -> None:
    one, other = twice(uow)
    merges.merge(uow, one.id, other.id)
    row = Asked(Record("唐晓东", numbers=frozenset({THEIRS})))

    assert linking.lookalikes(uow, [row]) == {0: {one.id}}
    one.erased_at = other.erased_at = uow.now
    uow.session.flush()
    assert linking.lookalikes(uow, [row]) == {}


def test_one_person_in_two_places_is_proposed_with_score_and_reasons(uow: UnitOfWork) -> None:
    one, other = twice(uow)
    a_person(uow, "王芳", msisdn=MINE, birth_date=BORN, address="2号楼1单元1002")

    assert proposed(uow) == [(one.id, other.id)]
    assert (the_pair(uow).score, the_pair(uow).reasons) == (0.83, ["same_name", "same_birth", "same_community"])


@pytest.mark.parametrize(
    ("name", "born", "msisdn", "address", "is_proposed"),
    [
        ("唐晓东", BORN, None, "2号楼1单元1002", True),  # the same door
        ("唐晓冬", BORN, None, "2号楼1单元1002", True),  # a slip by sound at the same door
        ("唐晓西", BORN, MINE, "2号楼1单元1002", False),  # a twin
        ("唐晓东", date(1980, 12, 5), None, "2号楼1单元1002", True),  # day and month swapped
        ("唐晓东", date(1950, 1, 2), MINE, "2号楼1单元1002", False),  # his father
        ("唐晓东", None, MINE, "9号楼1", True),  # name and number
        ("唐晓东", None, None, "9号楼1", False),  # a name alone
        ("王芳", BORN, MINE, "2号楼1单元1002", False),  # his wife
    ],
)
def test_what_is_proposed_of_the_base(
    uow: UnitOfWork, name: str, born: date | None, msisdn: str | None, address: str, is_proposed: bool
) -> None:
    a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, address="2号楼1单元1002")
    a_person(uow, name, msisdn=msisdn, birth_date=born, address=address)

    assert bool(proposed(uow)) is is_proposed


def test_equal_identity_numbers_are_proposed_wherever_they_are(uow: UnitOfWork) -> None:
    one, other = twice(uow)
    other.name, other.birth_date = "TANG", None
    one.id_hash = other.id_hash = "k1"
    uow.session.flush()

    assert proposed(uow) == [(one.id, other.id)]
    assert the_pair(uow).score == 1.0
    other.id_hash = "k2"


def test_the_merged_and_the_erased_are_not_proposed(uow: UnitOfWork) -> None:
    one, other = twice(uow)
    other.merged_into_id = one.id
    uow.session.flush()
    assert proposed(uow) == []
    other.merged_into_id, other.erased_at = None, uow.now
    uow.session.flush()
    assert proposed(uow) == []


def test_the_base_is_walked_once_a_day_and_the_place_is_kept(
    work: Work, at: Callable[[datetime], None], noon: datetime
) -> None:
    with work() as uow:
        twice(uow)
    with work() as uow:
        assert linking.walk(uow)
    collection.jobs.match()
    with work() as uow:
        assert the_pair(uow).decision is None
        assert not linking.walk(uow)
        a_person(uow, "唐晓东", msisdn=None, birth_date=BORN, address="7号楼1")

    at(noon + timedelta(hours=23))
    collection.jobs.match()
    with work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(MatchCandidate)) == 1

    at(noon + timedelta(hours=25))
    collection.jobs.match()
    with work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(MatchCandidate)) == 3


@pytest.mark.expects_errors
def test_somebody_whose_record_cannot_be_read_keeps_nobody_else_from_being_compared(uow: UnitOfWork) -> None:
    twice(uow)
    spoilt = [a_person(uow, "王芳", msisdn=None, birth_date=BORN, address=f"{number}号楼1").id for number in (70, 71)]
    later = [a_person(uow, "钱进", msisdn=None, birth_date=BORN, address=f"{number}号楼1").id for number in (80, 81)]
    uow.session.flush()
    uow.session.execute(text("update persons set birth_date = 'infinity' where id = any(:ids)"), {"ids": spoilt})

    assert linking.walk(uow)

    lows = uow.session.scalars(select(MatchCandidate.low_id).order_by(MatchCandidate.low_id)).all()
    assert (len(lows), lows[-1]) == (2, later[0])
    assert [note.subject for note in uow.notes if note.action == "match.left_out"] == [f"person:{spoilt[0]}"]
    uow.session.rollback()


def test_proposing_takes_the_same_statements_for_many_as_for_few(uow: UnitOfWork) -> None:
    twice(uow)
    with counted() as few:
        linking.propose(uow, 0, 10_000)
    for number in range(20):
        a_person(uow, f"唐{number}", msisdn=None, birth_date=BORN, address=f"{number + 20}号楼1")
        a_person(uow, f"唐{number}", msisdn=None, birth_date=BORN, address=f"{number + 50}号楼1")
    with counted() as many:
        assert linking.propose(uow, 0, 10_000) == 20

    assert len(many) == len(few) == 5


def test_the_same_person_is_merged_and_the_pair_remembers_it(uow: UnitOfWork) -> None:
    one, other = twice(uow)
    proposed(uow)

    done = matches.same(uow, the_pair(uow).id, other.id)

    assert (done.kept_id, done.gone_id, done.score) == (other.id, one.id, 0.83)
    assert (the_pair(uow).decision, the_pair(uow).merge_id, the_pair(uow).decided_by) == (
        Decision.SAME,
        done.id,
        "test",
    )


def test_two_people_are_never_proposed_again(uow: UnitOfWork) -> None:
    twice(uow)
    proposed(uow)
    matches.different(uow, the_pair(uow).id)

    assert proposed(uow) == []
    assert the_pair(uow).decision is Decision.DIFFERENT


def test_who_was_told_apart_stays_apart_when_one_of_them_becomes_a_third(uow: UnitOfWork) -> None:
    one, other = twice(uow)
    proposed(uow)
    matches.different(uow, the_pair(uow).id)
    third = a_person(uow, "唐晓东", msisdn=None, birth_date=BORN, address="7号楼1")
    done = merges.merge(uow, third.id, other.id)

    assert proposed(uow) == []

    merges.unmerge(uow, done.id)
    assert proposed(uow) == [(one.id, third.id), (other.id, third.id)]


def test_a_merge_that_is_taken_back_leaves_two_people(uow: UnitOfWork) -> None:
    twice(uow)
    proposed(uow)
    done = matches.same(uow, the_pair(uow).id, the_pair(uow).low_id)

    matches.undo(uow, done.id)

    assert proposed(uow) == []
    assert the_pair(uow).decision is Decision.DIFFERENT


def test_a_decision_is_made_once(uow: UnitOfWork) -> None:
    one, _ = twice(uow)
    proposed(uow)
    pair = the_pair(uow)
    matches.different(uow, pair.id)

    with pytest.raises(MatchDecided):
        matches.same(uow, pair.id, one.id)
    with pytest.raises(MatchDecided):
        matches.different(uow, pair.id)
    with pytest.raises(MatchNotFound):
        matches.different(uow, 999)


def test_a_merge_keeps_one_of_the_two(uow: UnitOfWork) -> None:
    twice(uow)
    proposed(uow)
    stranger = a_person(uow, "王芳")

    with pytest.raises(MatchUnclear):
        matches.same(uow, the_pair(uow).id, stranger.id)


def test_a_reader_sees_pairs_of_which_both_are_his(uow: UnitOfWork) -> None:
    here = a_person(uow, "唐晓东", msisdn=None, birth_date=BORN, community_code="AH010201")
    a_person(uow, "唐晓东", msisdn=None, birth_date=BORN, community_code="AH010202")
    proposed(uow)
    pair = the_pair(uow)
    assert pair.low_id == here.id

    for prefix, sees in (("AH", 1), ("AH0102", 1), ("AH010201", 0), ("AH010202", 0), ("AH02", 0)):
        scope = Scope((prefix,), frozenset())
        assert len(reads.pairs(uow.session, scope)) == reads.open_count(uow.session, scope) == sees
        if not sees:
            with pytest.raises(MatchNotFound):
                reads.pair(uow.session, scope, pair.id)


def test_pairs_go_on_where_the_page_ended(uow: UnitOfWork) -> None:
    for number in range(5):
        a_person(uow, f"唐{number}", msisdn=None, birth_date=BORN, address=f"{number + 20}号楼1")
        a_person(uow, f"唐{number}", msisdn=None, birth_date=BORN, address=f"{number + 50}号楼1")
    proposed(uow)
    first = reads.pairs(uow.session, SYSTEM, limit=3)
    last = first[-1].candidate
    second = reads.pairs(uow.session, SYSTEM, after=(last.score, last.id), limit=3)

    assert len({pair.candidate.id for pair in (*first, *second)}) == 5


def test_tickets_of_a_time_that_was_taken_back_are_listed(
    work: Work, at: Callable[[datetime], None], noon: datetime
) -> None:
    with work() as uow:
        one, other = twice(uow)
        merge_id = merges.merge(uow, one.id, other.id).id
    at(noon + timedelta(hours=1))
    with work() as uow:
        code = a_ticket(uow, a_request(person=uow.session.get_one(Person, one.id))).code
    at(noon + timedelta(hours=2))
    with work() as uow:
        matches.undo(uow, merge_id)
    at(noon + timedelta(hours=3))
    with work() as uow:
        a_ticket(uow, a_request(person=uow.session.get_one(Person, one.id)))
        done = uow.session.scalars(select(Merge)).all()
        assert [one.code for one in reads.came_between(uow.session, done)[merge_id]] == [code]


LIST = "姓名,出生日期,住址,手机\n唐晓东,1980-05-12,3号楼303,\n"


def test_a_row_that_may_be_somebody_waits_and_is_that_person_once_somebody_says_so(work: Work) -> None:
    with work() as uow:
        known = a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, address="2号楼1单元1002").id
    batch_id = load(work, LIST)
    with work() as uow:
        (row,) = reads.waiting_rows(uow.session, Scope((COMMUNITY,), frozenset()))
        assert (row.outcome, row.is_applied) == (Outcome.NEEDS_MATCH, False)
        assert reads.shown_for(uow.session, row) == [known]
        assert reads.waiting_rows(uow.session, Scope(("AH02",), frozenset())) == []
        with pytest.raises(MatchUnclear):
            matches.row_is(uow, row.id, 999)
        assert matches.row_is(uow, row.id, known) == known

    with work() as uow:
        (row,) = rows_of(uow, batch_id)
        assert (row.outcome, row.is_applied, row.person_id) == (Outcome.UPDATE, True, known)
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 1
        with pytest.raises(MatchDecided):
            matches.row_is(uow, row.id, None)


def test_a_row_about_nobody_we_know_enters_somebody_who_is_not_proposed_again(work: Work) -> None:
    with work() as uow:
        known = a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, address="2号楼1单元1002").id
    batch_id = load(work, LIST)
    with work() as uow:
        (row,) = rows_of(uow, batch_id)
        entered = matches.row_is(uow, row.id, None)
        assert entered not in (None, known)
        assert proposed(uow) == []


def test_a_row_is_about_whom_they_became_who_were_merged_while_it_waited(work: Work) -> None:
    with work() as uow:
        kept, gone = (one.id for one in twice(uow))
    first, second = load(work, LIST), load(work, LIST.replace("3号楼303", "4号楼404"), "街道")
    with work() as uow:
        assert sorted(reads.shown_for(uow.session, rows_of(uow, first)[0])) == sorted((kept, gone))
        merges.merge(uow, kept, gone)

    with work() as uow:
        assert reads.shown_for(uow.session, rows_of(uow, first)[0]) == [kept]
        assert matches.row_is(uow, rows_of(uow, first)[0].id, kept) == kept
        assert matches.row_is(uow, rows_of(uow, second)[0].id, None) not in (None, kept, gone)


def test_a_list_that_knows_somebody_as_he_was_before_a_merge_finds_whom_he_became(work: Work) -> None:
    with work() as uow:
        kept = a_person(uow, "唐晓东", msisdn=MINE, birth_date=date(1980, 5, 21), address="2号楼1单元1002").id
        gone = a_person(uow, "汤晓栋", msisdn=THEIRS, birth_date=BORN, address="9号楼101").id
        merges.merge(uow, kept, gone)
    batch_id = load(work, "姓名,出生日期,住址\n汤晓栋,1980-05-12,9号楼101\n")

    with work() as uow:
        (row,) = rows_of(uow, batch_id)
        assert (row.outcome, row.person_id) == (Outcome.UPDATE, kept)
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 2


def test_the_identity_number_of_a_person_holds_for_every_row_that_became_him(work: Work) -> None:
    with work() as uow:
        kept = a_person(uow, "唐晓东", msisdn=MINE, birth_date=date(1980, 5, 21), address="2号楼1单元1002")
        gone = a_person(uow, "汤晓栋", msisdn=THEIRS, birth_date=BORN, address="9号楼101")
        kept.id_hash = "k1"
        merges.merge(uow, kept.id, gone.id)
        known = linking.absorbed(uow, [kept.id])[kept.id]
        other = Record("汤晓栋", birth_date=BORN, community_code=COMMUNITY, address="9号楼101", identity="k2")

        assert linking.best(other, known).reasons == ("other_identity",)


def test_a_row_waits_for_nobody_who_was_erased_meanwhile(work: Work, noon: datetime) -> None:
    with work() as uow:
        known = a_person(uow, "唐晓东", msisdn=MINE, birth_date=BORN, address="2号楼1单元1002").id
    batch_id = load(work, LIST)
    with work() as uow:
        uow.session.get_one(Person, known).erased_at = noon
    with work() as uow:
        (row,) = rows_of(uow, batch_id)
        assert reads.shown_for(uow.session, row) == []
        with pytest.raises(MatchUnclear):
            matches.row_is(uow, row.id, known)


def test_choosing_one_of_two_for_a_row_leaves_open_whether_these_are_one_person(work: Work) -> None:
    with work() as uow:
        kept, gone = (one.id for one in twice(uow))
        assert proposed(uow) == [(kept, gone)]
    batch_id = load(work, LIST)
    with work() as uow:
        matches.row_is(uow, rows_of(uow, batch_id)[0].id, gone)

    with work() as uow:
        assert the_pair(uow).decision is None
        assert proposed(uow) == [(kept, gone)]


def test_a_list_finds_the_same_person_at_the_same_door_in_another_writing(work: Work) -> None:
    with work() as uow:
        known = a_person(uow, "張曉明", msisdn=MINE, birth_date=BORN, address="8号楼2单元301").id
    batch_id = load(work, "姓名,出生日期,住址,手机\n张晓明,1980-05-12,8号楼2单元301室,16200000456\n")

    with work() as uow:
        (row,) = rows_of(uow, batch_id)
        assert (row.outcome, row.person_id) == (Outcome.UPDATE, known)
        assert uow.session.get_one(Batch, batch_id).counts["outcomes"] == {"update": 1}


def test_twins_of_a_list_are_two_and_a_slip_is_asked_about(work: Work) -> None:
    with work() as uow:
        a_person(uow, "张晓明", msisdn=MINE, birth_date=BORN, address="8号楼2单元301")
    batch_id = load(
        work, "姓名,出生日期,住址,手机\n张晓亮,1980-05-12,8号楼2单元301,\n张晓铭,1980-05-12,8号楼2单元301,\n"
    )

    with work() as uow:
        assert [row.outcome for row in rows_of(uow, batch_id)] == [Outcome.CREATE, Outcome.NEEDS_MATCH]
