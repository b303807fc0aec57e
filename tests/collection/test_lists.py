"""Lists from the upload to the base and back: what is counted first, written then, and taken back exactly."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from collection import jobs
from collection.errors import BadMapping, BadSource, NotNow, OutsideArea, SameFileTwice
from collection.models import Batch, BatchRow, BatchState, ImportNote, Outcome
from collection.queries.batches import notes
from collection.service import applying, checking, receiving, returning
from core import db, disposal
from core.audit import AuditEntry
from core.keyed import keyed
from core.uow import UnitOfWork
from directory import erased
from directory.borders import Change, ChangeKind, Wanted
from directory.models import (
    Consent,
    Contact,
    ErasedKey,
    ErasedKind,
    Flag,
    FlagKind,
    Household,
    Person,
    PersonSearch,
    Provenance,
    Residence,
    Unplaced,
)
from directory.scope import Scope
from directory.service import consents, erasure, flags, places, reorganising, residence
from staff.models import Grant, User
from tests.collection.conftest import Lists
from tests.collection.files import COMMUNITY, HEADINGS, a_row, an_identity, as_csv, as_xlsx, rows
from tests.factories.people import a_person
from tests.factories.requests import a_request, a_ticket
from ticketing.models import Task

Work = Callable[[], AbstractContextManager[UnitOfWork]]
TABLES = ("persons", "households", "dwellings", "buildings", "placements", "residences", "contacts", "consents")
TABLES_TOO = ("provenances", "person_searches", "unplaced", "batch_makings")


def base(work: Work) -> dict[str, list[Any]]:
    """Everything that a load writes, row by row."""
    with work() as uow:
        return {
            table: sorted(map(str, uow.session.execute(text(f"select to_jsonb(t) from {table} t")).scalars()))  # noqa: S608
            for table in (*TABLES, *TABLES_TOO)
        }


def outcomes(batch: Batch) -> dict[str, int]:
    found: dict[str, int] = batch.counts["outcomes"]
    return found


def all_of(work: Work, table: Any) -> list[Any]:
    with work() as uow:
        return list(uow.session.scalars(select(table).order_by(table.id)))


def test_the_dry_run_counts_everything_and_writes_nothing(lists: Lists, work: Work) -> None:
    before = base(work)

    batch = lists.check([*rows(3), a_row(4, 姓名=""), a_row(5, 手机="162")])

    assert batch.state is BatchState.CHECKED
    assert outcomes(batch) == {"create": 3, "refuse": 2}
    assert batch.counts["refused"] == {"name_missing": 1, "phone_too_short": 1}
    assert base(work) == before


def test_a_loaded_person_has_home_numbers_consent_search_and_the_source_of_every_value(
    lists: Lists, work: Work
) -> None:
    batch = lists.load([a_row(1, 座机="0978-5550123")])

    with work() as uow:
        person = uow.session.scalars(select(Person)).one()
        assert (person.name[0], person.sex, person.household.community_code) == ("唐", "M", COMMUNITY)
        assert person.source_id == "居委会:R00001"
        assert {(one.msisdn, one.kind) for one in person.contacts} == {
            ("+8616200000001", "mobile"),
            ("+869785550123", "fixed"),
        }
        assert person.household.head_id == person.id
        assert person.household.dwelling is not None
        assert [one.household_id for one in person.residences] == [person.household_id]
        assert consents.may_write(uow, "+8616200000001", "notice") == ""  # type: ignore[arg-type]
        assert uow.session.get(PersonSearch, person.id) is not None
        source = uow.session.scalars(select(Provenance)).one()
        assert (source.source, source.batch_id, source.row_no) == ("居委会", batch.id, 2)
        assert source.said["address"] == "1号楼1单元201"
        assert set(source.taken) == set(source.said)


def test_the_identity_number_is_kept_only_as_hash_and_last_four(
    lists: Lists, work: Work, settings: Any, private_folder: Path
) -> None:
    number = an_identity(1, date(1980, 5, 1))

    batch = lists.load([a_row(1, 身份证号=number, 出生日期="1980-05-01")])

    with work() as uow:
        person = uow.session.scalars(select(Person)).one()
        assert person.id_hash == keyed(settings.hash_key, "identity", number)
        assert person.id_last4 == number[-4:]
        dump = str(uow.session.execute(text("select to_jsonb(b), to_jsonb(p) from batch_rows b, provenances p")).all())
    assert number not in dump
    assert batch.file_path == ""


def test_the_file_is_gone_once_the_list_is_loaded_or_put_away(lists: Lists, work: Work, private_folder: Path) -> None:
    lists.load(rows(2))
    batch = lists.check(rows(3))
    assert len(list((private_folder / "imports").iterdir())) == 2
    with work() as uow:
        receiving.reject(uow, Scope.system(), batch.id)

    disposal.delete_files()

    assert list((private_folder / "imports").iterdir()) == []
    assert lists.rows(batch.id) == []


def test_the_same_list_again_changes_nothing(lists: Lists, work: Work) -> None:
    lists.load(rows(20))
    before = base(work)

    again = lists.load(rows(20))

    assert outcomes(again) == {"skip": 20}
    assert base(work) == before


def test_the_same_people_in_another_order_and_spelling_change_nothing(lists: Lists, work: Work) -> None:
    lists.load(rows(5))
    before = base(work)
    spelt = [a_row(n, 地址=f"{a_row(n)[6]}室".replace("单元", " 单元 "), 手机=f"+86 1620000{n:04d}") for n in (5, 3, 1)]

    again = lists.load(as_xlsx(spelt), source="另一份")

    assert outcomes(again) == {"skip": 3}, [row.reasons for row in lists.rows(again.id)]
    assert base(work) == before


def test_the_same_file_twice_at_once_has_one_winner(lists: Lists) -> None:
    lists.upload(as_csv(rows(2)))

    with pytest.raises(SameFileTwice):
        lists.upload(as_csv(rows(2)))


def test_a_refused_upload_leaves_no_file(lists: Lists, private_folder: Path) -> None:
    lists.upload(as_csv(rows(2)))
    with pytest.raises(SameFileTwice):
        lists.upload(as_csv(rows(2)))

    assert len(list((private_folder / "imports").iterdir())) == 1


def test_a_file_that_breaks_off_at_its_end_is_put_away_with_every_row(lists: Lists) -> None:
    batch = lists.check(as_csv(rows(1500))[:-60] + b'"R9')

    assert (batch.state, batch.refusal) == (BatchState.REJECTED, "refusal.file_cut_off")
    assert lists.rows(batch.id) == []


def test_two_heads_of_a_household_are_refused_in_the_file_and_against_the_base(lists: Lists) -> None:
    first = lists.load([a_row(1), a_row(2, 地址=a_row(1)[6])])
    second = lists.check([a_row(3, 地址=a_row(1)[6]), a_row(4, 地址=a_row(1)[6], 户主="女")])

    assert lists.reasons(first.id) == [[], ["two_heads"]]
    assert lists.rows(first.id)[1].reasons == [{"key": "two_heads", "row": 2}]
    assert lists.reasons(second.id) == [["two_heads_known"], []]


def test_the_same_person_twice_in_a_file_is_refused_and_names_the_row(lists: Lists) -> None:
    batch = lists.check([a_row(1), a_row(2), a_row(1, 编号="R9", 身份证号="")])

    assert lists.rows(batch.id)[2].reasons == [{"key": "twice_in_file", "row": 2}]


def test_a_row_with_a_wrong_cell_is_told_too_that_it_lies_elsewhere(lists: Lists) -> None:
    """Or the clerk would mend the cell, upload it again and only then hear of the place."""
    batch = lists.check([a_row(1, 社区="AH010202", 手机="162OOOO9902")], place=COMMUNITY)

    assert lists.reasons(batch.id) == [["phone_letters", "outside_area"]]


def test_rows_of_another_area_are_refused_whatever_the_form_says(lists: Lists) -> None:
    scope = Scope((COMMUNITY,), frozenset({"imports.run"}))
    batch = lists.check([a_row(1), a_row(2, 社区="AH010202"), a_row(3, 社区="桂花弄社区")], scope=scope)

    assert lists.reasons(batch.id) == [[], ["outside_area"], ["outside_area"]]
    with pytest.raises(OutsideArea):
        lists.upload(as_csv(rows(2)), place="AH0102", scope=scope)


def test_a_community_is_found_by_its_name_and_a_missing_one_is_that_of_the_list(lists: Lists) -> None:
    batch = lists.check([a_row(1, 社区="梧桐里社区"), a_row(2, 社区="")])

    assert [row.values["community_code"] for row in lists.rows(batch.id)] == [COMMUNITY, COMMUNITY]


def test_a_row_without_a_place_waits_and_is_loaded_once_somebody_says_where(lists: Lists, work: Work) -> None:
    batch = lists.load([a_row(1), a_row(2, 社区="天边新村")], place="AH0102")
    assert outcomes(batch) == {"create": 1, "needs_place": 1}
    with work() as uow:
        waiting = uow.session.scalars(select(Unplaced)).one()
        assert waiting.words.startswith("天边新村")
        assert applying.settle_place(uow, int(waiting.subject.partition(":")[2]), "AH010202")

    assert [one.household.community_code for one in _people(work)] == [COMMUNITY, "AH010202"]
    assert outcomes(lists.read(batch.id)) == {"create": 2}


def test_settling_a_place_on_its_page_loads_the_row(lists: Lists, work: Work, app: object) -> None:
    lists.load([a_row(2, 社区="天边新村")], place="AH0102")
    with work() as uow:
        waiting = uow.session.scalars(select(Unplaced)).one()
        places.settle(uow, Scope.system(), waiting.id, "AH010202")

    assert [one.household.community_code for one in _people(work)] == ["AH010202"]


def _people(work: Work) -> list[Person]:
    with work() as uow:
        found = list(uow.session.scalars(select(Person).order_by(Person.id)))
        for one in found:
            assert one.household.community_code
            assert one.contacts is not None
        return found


def test_the_dead_are_not_entered_again(lists: Lists, work: Work) -> None:
    lists.load([a_row(1)])
    with work() as uow:
        residence.die(uow, 1, date(2026, 11, 1))

    batch = lists.check([a_row(1, 手机="16200009999")])

    assert lists.reasons(batch.id) == [["person_died"]]


def test_the_erased_stay_erased(lists: Lists, work: Work) -> None:
    row = a_row(1)
    key = erased.person_key(row[1], date.fromisoformat(row[3]))
    with work() as uow:
        uow.session.add(ErasedKey(key=keyed(uow.settings.hash_key, "erased", key), kind=ErasedKind.PERSON, at=uow.now))
        uow.session.flush()
        assert erasure.erased_keys(uow, [key]) == {key}

    batch = lists.load([row, a_row(2)])

    assert outcomes(batch) == {"create": 1, "refuse": 1}
    assert batch.counts["refused"] == {"erased": 1}


def test_whoever_is_erased_between_check_and_load_is_not_entered(lists: Lists, work: Work) -> None:
    row = a_row(1)
    batch = lists.check([row, a_row(2)])
    key = erased.person_key(row[1], date.fromisoformat(row[3]))
    with work() as uow:
        uow.session.add(ErasedKey(key=keyed(uow.settings.hash_key, "erased", key), kind=ErasedKind.PERSON, at=uow.now))

    lists.press_load(batch.id)
    jobs.apply()

    assert outcomes(lists.read(batch.id)) == {"create": 1, "refuse": 1}


def test_a_newer_list_changes_values_and_keeps_what_stood_there(lists: Lists, work: Work) -> None:
    lists.load([a_row(1)])

    batch = lists.load([a_row(1, 手机="16200009999", 短信同意="")])

    assert outcomes(batch) == {"update": 1}
    assert {one.msisdn for one in _people(work)[0].contacts} == {"+8616200000001", "+8616200009999"}
    assert lists.rows(batch.id)[0].reasons == [{"key": "takes", "field": "mobile"}]


def test_a_value_set_by_hand_stays_and_a_person_is_asked_to_look(lists: Lists, work: Work) -> None:
    lists.load([a_row(1)])
    with work() as uow:
        uow.actor = "user:9"
        person = uow.session.get_one(Person, 1)
        person.lang = "yue"
        uow.session.add(
            Provenance(
                person_id=1, source="user:9", as_of=date(2020, 1, 1), at=uow.now,
                said={"lang": "yue"}, taken=["lang"], before={"lang": "zh"},
            )
        )  # fmt: skip
    listed = as_csv([[*a_row(1, 手机="16200009999"), "普通话"]], headings=[*HEADINGS, "语言"])

    batch = lists.load(listed)

    assert _people(work)[0].lang == "yue"
    assert batch.counts["kept"] == {"kept_by_hand": 1}
    (task,) = all_of(work, Task)
    assert (task.cause, task.reason) == (f"batch:{batch.id}", "list_differs")


def test_the_higher_authority_wins_and_the_loser_is_kept(lists: Lists, work: Work) -> None:
    lists.load(as_csv([[*a_row(1), "普通话"]], headings=[*HEADINGS, "语言"]), kind="committee")

    batch = lists.load(as_csv([[*a_row(1), "英语"]], headings=[*HEADINGS, "语言"]), source="外来", kind="department")

    assert outcomes(batch) == {"skip": 1}
    assert _people(work)[0].lang == "zh"
    assert batch.counts["kept"] == {"kept_authority": 1}


def test_a_move_ends_one_residence_and_begins_the_next(lists: Lists, work: Work) -> None:
    lists.load([a_row(1)], as_of=date(2026, 11, 1))

    lists.load([a_row(1, 地址="9号楼1单元101")], as_of=date(2026, 11, 20))

    stays = all_of(work, Residence)
    assert [one.until_on for one in stays] == [date(2026, 11, 20), None]
    assert _people(work)[0].household_id == stays[1].household_id


def test_a_list_never_undoes_a_withdrawal_nor_a_stop(lists: Lists, work: Work) -> None:
    with work() as uow:
        consents.stop(uow, "+8616200000001", is_everything=False, evidence="sms:1")
        consents.record_consent(uow, "+8616200000002", "notice", is_given=False, evidence="sms:2")  # type: ignore[arg-type]

    lists.load(rows(3))

    with work() as uow:
        may = [consents.may_write(uow, f"+861620000000{n}", "notice") for n in (1, 2, 3)]  # type: ignore[arg-type]
    assert may == ["stopped_notices", "no_consent", ""]


def test_two_people_may_have_one_number_and_one_name(lists: Lists, work: Work) -> None:
    lists.load([a_row(1, 手机="16200000009"), a_row(2, 手机="16200000009")])
    twin = a_row(1, 身份证号="", 出生日期="1999-09-09", 编号="R77", 户主="否", 手机="16200000009")

    batch = lists.load([twin])

    assert outcomes(batch) == {"create": 1}
    assert len(_people(work)) == 3


def test_somebody_of_the_same_name_and_birthday_elsewhere_waits_for_a_person(lists: Lists, work: Work) -> None:
    lists.load([a_row(1, 身份证号="", 编号="")])
    double = a_row(1, 身份证号="", 编号="", 地址="7号楼1单元701")

    batch = lists.load([double])

    assert outcomes(batch) == {"needs_match": 1}
    row = lists.rows(batch.id)[0]
    with work() as uow:
        assert applying.settle_match(uow, row.id, None)
    assert len(_people(work)) == 2


def test_a_person_who_was_said_to_be_the_same_is_changed(lists: Lists, work: Work) -> None:
    lists.load([a_row(1, 身份证号="", 编号="")])
    batch = lists.load([a_row(1, 身份证号="", 编号="", 地址="7号楼1单元701")])
    with work() as uow:
        assert applying.settle_match(uow, lists.rows(batch.id)[0].id, 1)

    (person,) = _people(work)
    assert person.household.address == "7号楼1单元701"
    assert outcomes(lists.read(batch.id)) == {"update": 1}


def test_a_third_party_gives_reasons_names_every_column_and_no_identity(lists: Lists) -> None:
    with pytest.raises(BadSource), lists.work() as uow:
        receiving.add_source(uow, "物业", "third_party", "", "")
    with pytest.raises(BadMapping) as identity:
        lists.upload(as_csv(rows(1)), source="物业", kind="third_party")
    assert identity.value.wording == "refusal.mapping_identity"
    with pytest.raises(BadMapping) as unnamed:
        lists.upload(
            as_csv([["唐东", "1号楼1", "900"]], headings=("姓名", "地址", "收入")), source="物业", kind="third_party"
        )
    assert unnamed.value.facts == {"columns": "收入"}


def test_columns_that_are_not_loaded_are_not_kept(lists: Lists, work: Work) -> None:
    batch = lists.check(as_csv([[*a_row(1), "很穷"]], headings=[*HEADINGS, "低保"]))

    assert "很穷" not in str([row.cells for row in lists.rows(batch.id)])


def test_a_source_remembers_its_columns(lists: Lists) -> None:
    lists.load(
        as_csv([["唐东", "1号楼1", "x"]], headings=("姓名", "门牌号码", "备注")), mapping={"门牌号码": "address"}
    )

    again = lists.check(as_csv([["李西", "2号楼1", "x"]], headings=("姓名", "门牌号码", "备注")))

    assert outcomes(again) == {"create": 1}


def test_many_more_or_fewer_rows_than_last_time_are_pointed_out(lists: Lists, work: Work) -> None:
    lists.load(rows(10))

    fewer = lists.check(rows(7))
    about = lists.check(rows(11))

    with work() as uow:
        assert [(one.wording, one.facts["percent"]) for one in notes(uow.session, fewer.id)] == [
            ("note.fewer_than_last", 30)
        ]
        assert notes(uow.session, about.id) == []


def test_a_grant_that_ended_this_minute_stops_the_load_before_the_first_row(
    lists: Lists, work: Work, clerk: User
) -> None:
    batch = lists.check(rows(3))
    lists.press_load(batch.id)
    with work() as uow:
        uow.session.execute(update(Grant).values(until_at=uow.now - timedelta(seconds=1)))

    assert jobs.apply() is False

    stopped = lists.read(batch.id)
    assert (stopped.state, stopped.refusal) == (BatchState.CHECKED, "refusal.right_ended")
    assert _people(work) == []


def test_nothing_is_loaded_twice_or_lost_when_the_worker_dies_midway(
    lists: Lists, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "AT_ONCE", 10)
    monkeypatch.setattr(checking, "AT_ONCE", 10)
    batch_id = lists.upload(as_csv([*rows(35), a_row(3)]))
    _die_in(checking, "_as_row", monkeypatch, calls=15)
    with pytest.raises(Killed):
        jobs.check()
    monkeypatch.undo()
    monkeypatch.setenv("PRIVATE_DIR", str(lists.folder))
    assert lists.read(batch_id).done == 10
    jobs.check()
    assert outcomes(lists.read(batch_id)) == {"create": 35, "refuse": 1}
    assert lists.rows(batch_id)[35].reasons == [{"key": "twice_in_file", "row": 4}]

    lists.press_load(batch_id)
    monkeypatch.setattr(applying, "AT_ONCE", 10)
    _die_in(applying, "_write_outcomes", monkeypatch, calls=3)
    with pytest.raises(Killed):
        jobs.apply()
    monkeypatch.undo()
    monkeypatch.setenv("PRIVATE_DIR", str(lists.folder))
    assert len(_people(work)) == 20
    jobs.apply()

    assert lists.read(batch_id).state is BatchState.APPLIED
    assert len(_people(work)) == 35
    assert len(all_of(work, Contact)) == len(all_of(work, Consent)) == len(all_of(work, Residence)) == 35


class Killed(BaseException):
    """The process is gone."""


def _die_in(module: Any, name: str, monkeypatch: pytest.MonkeyPatch, *, calls: int) -> None:
    """The process dies at the so-manieth call of a function."""
    real, seen = getattr(module, name), [0]

    def dying(*arguments: Any) -> Any:
        seen[0] += 1
        if seen[0] == calls:
            raise Killed
        return real(*arguments)

    monkeypatch.setattr(module, name, dying)


def test_a_list_is_taken_back_exactly(lists: Lists, work: Work) -> None:
    lists.load(rows(6))
    before = base(work)
    changed = [a_row(1, 手机="16200009991"), a_row(2, 地址="30号楼1单元101"), *rows(12)[6:]]
    second = lists.load(changed)
    assert outcomes(second) == {"create": 6, "update": 2}

    undone = lists.undo(second.id)

    assert undone.state is BatchState.UNDONE
    assert base(work) == before


def test_an_undo_keeps_and_names_those_of_whom_something_hangs_by_now(lists: Lists, work: Work) -> None:
    batch = lists.load(rows(3))
    with work() as uow:
        a_ticket(uow, a_request(person=uow.session.get_one(Person, 2)))

    undone = lists.undo(batch.id)

    kept = {one.facts["person_id"] for one in all_of(work, ImportNote)}
    assert 2 in kept
    assert 1 not in {one.id for one in _people(work)}
    assert undone.counts["kept_people"] == len(kept)


def test_an_undo_leaves_alone_what_was_changed_since(lists: Lists, work: Work) -> None:
    listed = [*HEADINGS, "语言"]
    lists.load(as_csv([[*a_row(1), "普通话"]], headings=listed), as_of=date(2026, 11, 1))
    second = lists.load(as_csv([[*a_row(1, 手机="16200009991"), "英语"]], headings=listed))
    with work() as uow:
        uow.session.add(
            Provenance(
                person_id=1, source="user:9", as_of=date(2026, 11, 25), at=uow.now,
                said={"lang": "yue"}, taken=["lang"], before={"lang": "en"},
            )
        )  # fmt: skip
        uow.session.get_one(Person, 1).lang = "yue"

    lists.undo(second.id)

    (person,) = _people(work)
    assert person.lang == "yue"
    assert {one.msisdn for one in person.contacts} == {"+8616200000001"}


def test_refused_rows_come_back_in_the_same_shape_with_reasons_and_can_be_mended(lists: Lists, work: Work) -> None:
    bad = [a_row(1), a_row(2, 手机="162"), a_row(3, 姓名="")]
    batch = lists.check(as_csv(bad, encoding="gb18030", delimiter=";"))

    file = _error_file(work, batch)

    table = [line.split(";") for line in file.decode("gb18030").splitlines()]
    assert table[0] == [*HEADINGS, "拒收原因"]
    assert table[1][:-1] == bad[1]
    assert "位数不够" in table[1][-1]
    mended = file.decode("gb18030").replace(";162;", ";16200000002;").encode("gb18030")
    assert outcomes(lists.check(mended)) == {"create": 1, "refuse": 1}


def test_a_workbook_comes_back_as_a_workbook(lists: Lists, work: Work) -> None:
    batch = lists.check(as_xlsx([a_row(1, 手机="162"), a_row(2)]))

    again = lists.check(_error_file(work, batch))

    assert outcomes(again) == {"refuse": 1}
    assert lists.rows(again.id)[0].cells[1] == a_row(1)[1]


def test_after_loading_the_refused_rows_show_no_more_than_the_last_four_of_an_identity(
    lists: Lists, work: Work
) -> None:
    row = a_row(2, 手机="162")
    batch = lists.load([a_row(1), row])

    file = _error_file(work, batch).decode("utf-8-sig")

    assert row[4] not in file
    assert f"•••• {row[4][-4:]}" in file
    assert row[1] in file


def _error_file(work: Work, batch: Batch) -> bytes:
    with work() as uow:
        limits = receiving.limits(uow)
    return b"".join(returning.error_file(db.sessions, batch, "zh", limits).parts)


def test_every_step_is_in_the_audit_log_without_a_name_or_number(lists: Lists, work: Work) -> None:
    batch = lists.load(rows(2))
    lists.undo(batch.id)

    with work() as uow:
        entries = [
            one
            for one in uow.session.scalars(select(AuditEntry).order_by(AuditEntry.number))
            if one.subject == f"batch:{batch.id}"
        ]
    assert [one.action for one in entries] == [
        "batch.received",
        "batch.checked",
        "batch.load_asked",
        "batch.loaded",
        "batch.undo_asked",
        "batch.undone",
    ]
    assert not re.search(r"唐|16200000", str([(one.data, one.reason) for one in entries]))


def test_a_list_cannot_be_loaded_before_it_is_checked_nor_undone_before_it_is_loaded(lists: Lists, work: Work) -> None:
    batch_id = lists.upload(as_csv(rows(2)))

    with pytest.raises(NotNow), work() as uow:
        receiving.ask_to_load(uow, Scope.system(), batch_id)
    with pytest.raises(NotNow), work() as uow:
        receiving.ask_to_undo(uow, Scope.system(), batch_id)


def test_lists_that_nobody_loads_are_put_away_after_two_weeks(lists: Lists, work: Work) -> None:
    batch = lists.check(rows(2))
    with work() as uow:
        uow.session.execute(update(Batch).values(received_at=uow.now - timedelta(days=15)))

    jobs.tidy()

    assert lists.read(batch.id).state is BatchState.REJECTED
    assert lists.rows(batch.id) == []


def test_a_person_entered_by_hand_is_recognised(lists: Lists, work: Work) -> None:
    row = a_row(1)
    with work() as uow:
        a_person(uow, row[1], msisdn=None, address=row[6], birth_date=date.fromisoformat(row[3]))

    batch = lists.load([row])

    assert outcomes(batch) == {"update": 1}
    assert len(_people(work)) == 1
    assert len(all_of(work, Household)) == 1


def test_a_thousand_rows_cost_no_more_statements_than_ten(lists: Lists, statements: Any) -> None:
    few = lists.upload(as_csv(rows(10)))
    with statements() as of_few:
        checking.check(few, "test", lambda: False)
    many = lists.upload(as_csv(rows(1000)))
    with statements() as of_many:
        checking.check(many, "test", lambda: False)

    assert len(of_many) <= len(of_few) + 2
    assert [row.outcome for row in lists.rows(many)] == [Outcome.CREATE] * 1000
    with lists.work() as uow:
        assert uow.session.scalar(select(func.count(BatchRow.id))) == 1010


def test_a_checked_list_whose_community_ends_before_it_is_loaded_follows_it_or_asks(
    lists: Lists, work: Work, app: object
) -> None:
    with work() as uow:
        a_person(uow, "老住户", msisdn=None, address="1号楼1单元101")
    batch = lists.check([a_row(1, 地址="1号楼1单元101"), a_row(2, 地址="9号楼1单元101")])
    with work() as uow:
        parts = (Wanted("东社区", "East", parts=("1号楼",)), Wanted("西社区", "West", is_rest=True))
        made = reorganising.decide(
            uow, Scope.system(), Change(ChangeKind.SPLIT, date(2026, 7, 1), (COMMUNITY,), parts)
        ).effects["begins"]
    lists.press_load(batch.id)

    assert jobs.apply() is False

    assert outcomes(lists.read(batch.id)) == {"create": 1, "needs_place": 1}
    with work() as uow:
        waiting = uow.session.scalars(select(Unplaced)).one()
        assert waiting.within_code == "AH0102"
        places.settle(uow, Scope.system(), waiting.id, made[1])
    assert [one.household.community_code for one in _people(work)] == [made[0], *made]


def test_a_place_is_not_settled_while_its_list_is_still_loading(lists: Lists, work: Work, app: object) -> None:
    batch = lists.load([a_row(2, 社区="天边新村")], place="AH0102")
    with work() as uow:
        uow.session.execute(update(Batch).where(Batch.id == batch.id).values(state=BatchState.APPLYING))

    with pytest.raises(NotNow), work() as uow:
        places.settle(uow, Scope.system(), uow.session.scalars(select(Unplaced)).one().id, "AH010202")

    with work() as uow:
        assert uow.session.scalars(select(Unplaced)).one().settled_at is None


def test_what_waits_for_a_place_in_a_community_that_is_split_can_still_be_settled(
    lists: Lists, work: Work, app: object
) -> None:
    lists.load([a_row(2, 社区="天边新村")], place=COMMUNITY)
    with work() as uow:
        a_person(uow, "老住户", msisdn=None, address="1号楼1单元101")
        parts = (Wanted("东社区", "East", parts=("1号楼",)), Wanted("西社区", "West", is_rest=True))
        made = reorganising.decide(
            uow, Scope.system(), Change(ChangeKind.SPLIT, date(2026, 7, 1), (COMMUNITY,), parts)
        ).effects["begins"]

    with work() as uow:
        places.settle(uow, Scope.system(), uow.session.scalars(select(Unplaced)).one().id, made[1])

    assert [one.household.community_code for one in _people(work)] == made


def test_what_was_noted_of_those_before_does_not_wait_for_whom_a_list_brings(lists: Lists, work: Work) -> None:
    with work() as uow:
        before = a_person(uow, "老住户", msisdn=None, address="1号楼1单元101")
        flags.raise_flag(uow, before.household_id, FlagKind.VIOLENCE, note="喝酒")
        residence.leave(uow, before.id, date(2026, 11, 1))

    lists.load([a_row(1, 地址="1号楼1单元101")])

    with work() as uow:
        assert uow.session.scalars(select(Flag.ended_at)).one() is not None
