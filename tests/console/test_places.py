"""Pages of places: the tree as of a day, one place, borders that change, what needs a place, who answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from re import findall, search

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from directory.borders import Change, ChangeKind, Wanted
from directory.models import AliasKind, HandlerUnit, Jurisdiction, PlaceAlias, Reorganisation, Responsibility, Unplaced
from directory.place_words import Resolved
from directory.queries.places import resolve
from directory.scope import Scope
from directory.service import duties, reorganising
from directory.service import places as service
from staff.permissions import Role
from tests.console.conftest import Desk
from tests.factories.people import COMMUNITY, a_person, a_place
from tests.factories.requests import a_request, a_ticket, steps_of
from ticketing.models import Ticket

Work = Callable[[], AbstractContextManager[UnitOfWork]]
Desks = Callable[..., Desk]
ALL = Scope.system()
GUIHUA = "AH010202"


@pytest.fixture
def town(work: Work) -> None:
    """Two communities of one street, three homes."""
    with work() as uow:
        a_place(uow, GUIHUA)
        a_place(uow, "AH020301")
        for number, (code, address) in enumerate(
            [(COMMUNITY, "1号楼1单元101"), (COMMUNITY, "2号楼1单元101"), (GUIHUA, "2号楼1单元101")]
        ):
            a_person(uow, f"人{number}", msisdn=f"+861620000080{number}", community_code=code, address=address)


def split() -> Change:
    east = Wanted("梧桐东社区", "Wutong East", parts=("1号楼",))
    return Change(
        ChangeKind.SPLIT, date(2026, 7, 1), (COMMUNITY,), (east, Wanted("梧桐西社区", "Wutong West", is_rest=True))
    )


@pytest.mark.usefixtures("town")
def test_the_tree_shows_counts_codes_and_what_followed(desk: Desk, work: Work) -> None:
    with work() as uow:
        reorganising.decide(uow, ALL, split())

    words = desk.reads("/console/places")

    assert "石桥街道 AH0102 住房 3 · 3 户" in words
    assert "梧桐里社区 AH010201 止于 2026-07-01 → 梧桐东社区 、 梧桐西社区" in words


@pytest.mark.usefixtures("town")
def test_the_tree_of_an_earlier_day_shows_the_borders_of_that_day(desk: Desk, work: Work) -> None:
    with work() as uow:
        reorganising.decide(uow, ALL, split())

    june, july = (desk.reads(f"/console/places?on={day}") for day in ("2026-06-30", "2026-07-01"))

    assert "梧桐里社区 AH010201 住房 2 · 2 户 · 2 人" in june
    assert "梧桐东社区" not in june
    assert "梧桐东社区 AH010203 住房 1 · 1 户 · 1 人" in july
    assert "梧桐里社区" not in july
    assert "请按 年-月-日 填写日期" in desk.reads("/console/places?on=never")


@pytest.mark.usefixtures("town")
def test_a_reader_of_one_street_sees_only_that_branch(desk_of: Desks) -> None:
    officer = desk_of(Role.CLERK, COMMUNITY, "clerk1")

    words = officer.reads("/console/places")

    assert "梧桐里社区" in words
    assert "桂花弄" not in words
    assert officer.open(f"/console/places/{GUIHUA}").status_code == 404
    assert officer.open(f"/console/duties?under={GUIHUA}").status_code == 404


@pytest.mark.usefixtures("town")
def test_a_place_shows_its_houses_units_and_doors(desk: Desk) -> None:
    page = desk.open(f"/console/places/{COMMUNITY}").text
    house = search(r"house=(\d+)", page)
    assert house is not None

    words = desk.reads(f"/console/places/{COMMUNITY}?house={house[1]}")

    assert "1号楼 1 2号楼 1 1单元 101 1层" in words


@pytest.mark.usefixtures("town")
def test_another_name_is_added_counts_and_is_ended(desk_of: Desks, work: Work) -> None:
    steward = desk_of(Role.DATA_STEWARD)
    path = f"/console/places/{COMMUNITY}/names"

    done = steward.sends(path, words="金桂家园", kind="estate", certainty="80")

    assert "金桂家园 小区 80%" in steward.reads_after(done)
    with work() as uow:
        assert resolve(uow.session, "金桂家园3号楼").code == COMMUNITY
        alias_id = uow.session.scalars(select(PlaceAlias.id)).one()
    again = steward.sends(path, words="金桂家园", kind="estate")
    assert again.status_code == 409
    assert "已经有这个名称了" in again.text
    steward.sends(f"{path}/{alias_id}/end")
    with work() as uow:
        assert resolve(uow.session, "金桂家园3号楼").code is None


@pytest.mark.usefixtures("town")
def test_a_split_is_seen_before_it_is_done_and_can_be_taken_back(desk_of: Desks, work: Work) -> None:
    steward = desk_of(Role.DATA_STEWARD)
    path = f"/console/places/{COMMUNITY}/change"
    form = steward.open(f"{path}?kind=split").text
    house = findall(r'name="to-(\d+)"', form)[0]
    fields = {
        "kind": "split", "parts": "2", "on": "2026-07-01", f"to-{house}": "1",
        "name_zh1": "梧桐东社区", "name_en1": "Wutong East", "name_zh2": "梧桐西社区", "name_en2": "Wutong West",
    }  # fmt: skip
    with work() as uow:
        a_ticket(uow)

    preview = steward.sends(path, **fields).text
    with work() as uow:
        assert uow.session.scalars(select(Reorganisation)).all() == []
    done = steward.sends(path, **fields, step="confirm")

    assert "AH010203" in preview
    assert search(r"未结工单</dt><dd>1<", preview)
    assert "已执行" in steward.reads_after(done)
    with work() as uow:
        row = uow.session.scalars(select(Reorganisation)).one()
        assert row.effects["begins"] == ["AH010203", "AH010204"]
    back = steward.sends(f"/console/places/{COMMUNITY}/changes/{row.id}/undo")
    assert "已撤销" in steward.reads_after(back)
    with work() as uow:
        assert uow.session.get_one(Jurisdiction, COMMUNITY).valid_until is None


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "merge", "name_zh": "甲", "name_en": "A", "on": "2026-07-01"}, "合并至少要选两个辖区"),
        ({"kind": "move", "parent": "AH0102", "on": "2026-07-01"}, "它本来就在那里"),
        ({"kind": "rename", "name_zh": "", "name_en": "", "on": "2026-07-01"}, "请写中英文名称"),
        ({"kind": "rename", "name_zh": "甲", "name_en": "A", "on": "soon"}, "请按 年-月-日"),
        ({"kind": "split", "parts": "two", "on": "2026-07-01"}, "至少分成两个"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_on_its_form(
    desk_of: Desks, fields: dict[str, str], sentence: str
) -> None:
    answer = desk_of(Role.DATA_STEWARD).sends(f"/console/places/{COMMUNITY}/change", **fields)

    assert answer.status_code == 409
    assert sentence in answer.text
    if fields.get("name_zh"):
        assert 'value="甲"' in answer.text


@pytest.mark.usefixtures("town")
def test_who_may_not_change_the_tree_has_no_button_and_is_refused(desk: Desk) -> None:
    assert "调整区划" not in desk.reads(f"/console/places/{COMMUNITY}")
    assert desk.sends(f"/console/places/{COMMUNITY}/change", kind="rename").status_code == 403


@pytest.mark.usefixtures("town")
def test_a_ticket_without_a_place_waits_on_the_list_and_is_settled_with_a_name_learnt(desk: Desk, work: Work) -> None:
    with work() as uow:
        ticket = a_ticket(uow, a_request(place=""))
        ticket.address = "老布厂3号楼"
        code = ticket.code

    page = desk.reads("/console/places/unplaced")
    done = desk.sends(f"/console/places/unplaced/tickets/{code}", community=COMMUNITY, learn="1", alias="老布厂")

    assert f"{code} 疏通" in page or code in page
    assert "没有认识的名称" in page
    assert code not in desk.reads_after(done)
    with work() as uow:
        found = uow.session.scalars(select(Ticket)).one()
        assert (found.jurisdiction_code, found.state) == (COMMUNITY, "open")
        learnt = uow.session.scalars(select(PlaceAlias)).one()
        assert (learnt.words, learnt.jurisdiction_code, learnt.added_by[:5]) == ("老布厂", COMMUNITY, "user:")
        assert resolve(uow.session, "老布厂后面").code == COMMUNITY


@pytest.mark.usefixtures("town")
def test_a_row_of_a_list_is_settled_by_a_person_and_never_by_itself(desk: Desk, work: Work) -> None:
    unsure = Resolved(None, 0.0, ((COMMUNITY, 0.85), (GUIHUA, 0.85)))
    with work() as uow:
        service.note_unplaced(uow, "import_row:7", "兰花路12号", unsure)
        service.note_unplaced(uow, "import_row:7", "兰花路12号", unsure)
        row_id = uow.session.scalars(select(Unplaced.id)).one()

    page = desk.reads("/console/places/unplaced")
    assert "名单里的一行" in page
    refused = desk.sends(f"/console/places/unplaced/{row_id}", community="AH0102")
    done = desk.sends(f"/console/places/unplaced/{row_id}", community=GUIHUA)

    assert refused.status_code == 409
    assert "不是社区或村" in refused.text
    assert done.status_code == 303
    with work() as uow:
        row = uow.session.scalars(select(Unplaced)).one()
        assert (row.settled_code, row.settled_by[:5]) == (GUIHUA, "user:")
    assert desk.sends(f"/console/places/unplaced/{row_id}", community=GUIHUA).status_code == 404


@pytest.mark.usefixtures("town")
def test_what_has_no_place_shows_only_to_those_who_see_its_area(desk_of: Desks, work: Work) -> None:
    nothing = Resolved(None, 0.0, ())
    with work() as uow:
        service.note_unplaced(uow, "import_row:1", "城里某处", nothing)
        service.note_unplaced(uow, "import_row:2", "社区某处", nothing, within_code=COMMUNITY)
        a_ticket(uow, a_request(place=""))

    clerk = desk_of(Role.CLERK, COMMUNITY, "clerk1").reads("/console/places/unplaced")

    assert "社区某处" in clerk
    assert "城里某处" not in clerk
    assert "未结工单都有位置" in clerk


@pytest.mark.usefixtures("town")
def test_the_matrix_shows_own_inherited_and_holes(desk_of: Desks, work: Work) -> None:
    officer = desk_of(Role.DISTRICT_OFFICER, "AH01")
    added = officer.sends(
        "/console/duties/AH0102/units", kind="department", name_zh="石桥民政科", name_en="Civil Affairs"
    )
    assert "石桥民政科" in officer.reads_after(added)
    with work() as uow:
        unit = uow.session.scalars(select(HandlerUnit)).one()

    set_ = officer.sends("/console/duties/AH0102", category="repair", unit=str(unit.id), from_on="2026-01-01")

    assert set_.status_code == 303
    words = officer.reads("/console/duties?under=AH0102")
    assert "27 处空缺" in words
    assert "石桥民政科 沿用石桥街道" in words
    officer.sends("/console/duties/AH0102", category="info", unit=str(unit.id), until_on="2027-01-01")
    words = officer.reads("/console/duties?under=AH0102")
    assert "24 处空缺" in words
    assert words.count("2027-01-01 起无人负责") == 3
    refused = officer.sends("/console/duties/AH0102", category="nonsense", unit=str(unit.id))
    assert refused.status_code == 409
    with work() as uow:
        repair = select(Responsibility.id).where(Responsibility.category == "repair")
        duty_id = uow.session.scalars(repair).one()
    officer.sends(f"/console/duties/AH0102/{duty_id}/end")
    assert "27 处空缺" in officer.reads("/console/duties?under=AH0102")


@pytest.mark.usefixtures("town")
def test_a_ticket_is_handed_to_another_level_with_a_reason(desk: Desk, work: Work) -> None:
    with work() as uow:
        street = duties.add_unit(uow, ALL, "AH0102", "department", "石桥民政科", "Civil Affairs")
        committee = duties.add_unit(uow, ALL, COMMUNITY, "committee", "梧桐里居委会", "Wutongli Committee")
        duties.set_duty(uow, ALL, "AH0102", "*", street.id, date(2026, 1, 1))
        ticket = a_ticket(uow)
        code, version = ticket.code, str(ticket.version)

    assert "责任单位 石桥民政科" in desk.reads(f"/console/tickets/{code}")
    without = desk.sends(f"/console/tickets/{code}/hand-over", unit=str(street.id), reason=" ", version=version)
    done = desk.sends(f"/console/tickets/{code}/hand-over", unit=str(street.id), reason="街道负责", version=version)

    assert without.status_code == 422
    words = desk.reads_after(done)
    assert "移交： – → 石桥民政科" in words.replace("移交：", "移交： ")
    assert "街道负责" in words
    with work() as uow:
        held = uow.session.scalars(select(Ticket)).one()
        assert held.unit_id == street.id
        again = str(held.version)
    desk.sends(f"/console/tickets/{code}/hand-over", unit=str(committee.id), reason="下派社区", version=again)
    english = desk.reads(f"/console/tickets/{code}", "en")
    assert "Handed over: Civil Affairs → Wutongli Committee" in english
    with work() as uow:
        assert steps_of(uow, uow.session.scalars(select(Ticket)).one()).count("handed_over") == 2


@pytest.mark.parametrize(
    "path",
    [
        "/console/places",
        "/console/places?on=2026-11-25",
        f"/console/places/{COMMUNITY}",
        "/console/duties?under=AH0102",
        "/console/places/unplaced",
    ],
)
def test_the_count_of_statements_does_not_grow_with_the_rows(
    path: str, desk: Desk, work: Work, statements: Callable[..., AbstractContextManager[list[str]]]
) -> None:
    def fill(number: int) -> None:
        with work() as uow:
            a_place(uow, f"AH0102{number:02}")
            a_person(uow, f"人{number}", msisdn=f"+86162000008{number:02}", address=f"{number}号楼1单元101")
            service.add_alias(uow, ALL, COMMUNITY, f"别名{number}", AliasKind.ALIAS)
            service.note_unplaced(uow, f"import_row:{number}", f"某处{number}", Resolved(None, 0.0, ()))
            a_ticket(uow, a_request(place=""))
            unit = duties.add_unit(uow, ALL, "AH0102", "department", f"科{number}", f"D{number}")
            duties.set_duty(uow, ALL, COMMUNITY, list(uow.catalogue.categories)[number], unit.id, date(2026, 1, 1))

    fill(1)
    desk.reads(path)
    with statements() as few:
        desk.reads(path)
    for number in range(2, 6):
        fill(number)
    with statements() as many:
        desk.reads(path)

    assert len(many) <= len(few)


def test_a_ticket_that_somebody_has_placed_already_is_not_placed_again(desk: Desk, work: Work) -> None:
    with work() as uow:
        a_place(uow, GUIHUA)
        placed = a_ticket(uow, a_request()).code

    refused = desk.sends(f"/console/places/unplaced/tickets/{placed}", community=GUIHUA)

    assert refused.status_code == 404
    with work() as uow:
        assert uow.session.scalars(select(Ticket.jurisdiction_code)).one() == COMMUNITY


def test_a_certainty_of_endless_digits_and_a_code_of_signs_are_refused(desk_of: Desks, work: Work) -> None:
    with work() as uow:
        a_place(uow, COMMUNITY)
    keeper = desk_of(Role.DATA_STEWARD)

    assert keeper.sends(f"/console/places/{COMMUNITY}/names", words="老布厂", certainty="9" * 5000).status_code == 409
    for odd in ("%00", "AH%27", "%F0%9F%8F%A0", "..%2f", "A" * 3000):
        assert keeper.open(f"/console/places/{odd}").status_code in (400, 404), odd
