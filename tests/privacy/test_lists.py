"""Lists and the erased: rows and files go with the person, and no list brings him back."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from collection.models import Batch, BatchRow, BatchState, MatchCandidate, Outcome, Source
from collection.queries import exports
from collection.service import applying, forgetting
from core.disposal import Disposal
from core.uow import UnitOfWork
from directory.city_list import ResidentLine
from directory.models import Person, RequestKind, Unplaced
from directory.scope import Scope
from directory.service import loading, privacy
from directory.service.privacy import Checked
from tests.factories.people import COMMUNITY, a_place
from tests.privacy.conftest import OWN, WORDS, Resident


def a_batch(uow: UnitOfWork, state: BatchState = BatchState.APPLIED) -> Batch:
    """A list of his community with a file that is still kept."""
    source = Source(name="district", kind="committee")
    batch = Batch(
        source=source,
        file_name="list.csv",
        file_hash="h",
        file_path="imports/abc",
        jurisdiction_code=COMMUNITY,
        as_of=date(2026, 11, 1),
        state=state,
        received_at=uow.now,
        received_by="user:1",
    )
    uow.session.add(batch)
    uow.session.flush()
    return batch


def erase(uow: UnitOfWork, resident: Resident) -> None:
    """He asks at the desk, and it is done."""
    request = privacy.open_request(
        uow, resident.person.id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT
    )
    assert privacy.erase(uow, request.id).obstacles == []


def test_his_rows_are_emptied_their_outcome_stays_and_the_file_goes(uow: UnitOfWork, resident: Resident) -> None:
    batch = a_batch(uow)
    his = BatchRow(batch_id=batch.id, row_no=2, cells=[WORDS, OWN], outcome=Outcome.CREATE, person_id=resident.gone.id)
    hers = BatchRow(batch_id=batch.id, row_no=3, cells=["孙玉兰"], outcome=Outcome.CREATE, person_id=resident.wife.id)
    uow.session.add_all([his, hers])
    uow.session.add(
        MatchCandidate(
            low_id=resident.person.id,
            high_id=resident.wife.id,
            score=0.5,
            reasons=[WORDS],
            found_at=uow.now,
        )
    )

    erase(uow, resident)

    kept = select(BatchRow.cells, BatchRow.outcome).order_by(BatchRow.row_no)
    assert [tuple(row) for row in uow.session.execute(kept)] == [([], "create"), (["孙玉兰"], "create")]
    assert uow.session.scalars(select(Batch.file_path)).all() == [""]
    assert ("file", "imports/abc") in [tuple(row) for row in uow.session.execute(select(Disposal.kind, Disposal.name))]
    assert uow.session.scalar(select(func.count()).select_from(MatchCandidate)) == 0


def test_a_list_loaded_again_does_not_bring_him_back(uow: UnitOfWork) -> None:
    a_place(uow)
    line = ResidentLine(
        source_id="list:9",
        name="郑建国",
        sex="M",
        birth_date=date(1949, 3, 5),
        community_code=COMMUNITY,
        address="6号楼1单元601",
        lang="zh",
        access_need=None,
        mobile="+8616200000555",
        landline=None,
        has_consent=True,
    )
    assert loading.import_residents(uow, [line]) == 1
    person = uow.session.scalars(select(Person).where(Person.source_id == "list:9")).one()
    request = privacy.open_request(uow, person.id, RequestKind.ERASURE, channel="desk", checked_how=Checked.DOCUMENT)
    privacy.erase(uow, request.id)

    again = loading.import_residents(uow, [line])

    assert again == 0
    assert uow.session.scalars(select(Person.name)).all() == [""]


def test_the_household_in_which_the_erased_are_counted_is_in_no_export(uow: UnitOfWork, resident: Resident) -> None:
    before = exports.count_households(uow.session, Scope.system(), "")

    erase(uow, resident)

    out = exports.households(uow.session, Scope.system(), "", 0)
    assert len(out) == before == exports.count_households(uow.session, Scope.system(), "")
    assert "" not in {one.address for one in out}


def test_a_row_that_waited_too_long_comes_to_nothing_and_leaves_no_words(uow: UnitOfWork, resident: Resident) -> None:
    batch = a_batch(uow)
    batch.counts = {"outcomes": {"needs_place": 1, "needs_match": 1, "create": 2}, "refused": {}, "kept": {}}
    waiting = [
        BatchRow(batch_id=batch.id, row_no=number, cells=[WORDS], values={"name": WORDS}, outcome=outcome)
        for number, outcome in ((2, Outcome.NEEDS_PLACE), (3, Outcome.NEEDS_MATCH))
    ]
    uow.session.add_all(waiting)
    uow.session.flush()
    uow.session.add(Unplaced(subject=f"import_row:{waiting[0].id}", words=WORDS, found_at=uow.now))
    uow.session.flush()

    forgetting.blank_rows(uow, [row.id for row in waiting])

    uow.session.expire_all()
    assert [(row.outcome, row.cells, row.values) for row in waiting] == [(Outcome.REFUSE, [], {})] * 2
    assert uow.session.scalars(select(Unplaced)).all() == []
    assert uow.session.get_one(Batch, batch.id).counts["outcomes"] == {"create": 2, "refuse": 2}
    assert not applying.settle_place(uow, waiting[0].id, COMMUNITY)
