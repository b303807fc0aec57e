"""Borders that change with a date: what lay where stays right, and what hangs on a place follows it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select, update

import app as house
import directory.jobs
import ticketing.jobs
from collection.queries import exports
from core.uow import UnitOfWork, unit_of_work
from directory.borders import Change, ChangeKind, Wanted
from directory.errors import BadChange, PlaceEnded
from directory.models import (
    AliasKind,
    Building,
    Dwelling,
    Household,
    Jurisdiction,
    Person,
    PersonSearch,
    Placement,
    Reorganisation,
    Succession,
)
from directory.queries import borders, places, search
from directory.queries import duties as duty_queries
from directory.scope import Scope
from directory.service import carrying, duties, dwellings, erasure, merges, reorganising, residence
from directory.service import places as place_service
from providers.models import ProviderArea
from staff.models import Grant
from staff.permissions import Role
from tests.factories.people import a_person, a_place
from tests.factories.providers import a_provider
from tests.factories.requests import a_request, a_ticket, steps_of
from tests.factories.staff import a_user
from ticketing.lifecycle import State
from ticketing.models import Ticket

ALL = Scope.system()


@pytest.fixture(autouse=True)
def wired() -> None:
    """Grants, areas and tickets hear of it."""
    house.wire()


WUTONG, GUIHUA, STREET = "AH010201", "AH010202", "AH0102"
JULY = date(2026, 7, 1)
Work = Callable[[], AbstractContextManager[UnitOfWork]]


def split(on: date = JULY) -> Change:
    return Change(
        ChangeKind.SPLIT,
        on,
        (WUTONG,),
        (Wanted("梧桐东社区", "Wutong East", parts=("1号楼",)), Wanted("梧桐西社区", "Wutong West", is_rest=True)),
    )


def merge(on: date = JULY) -> Change:
    return Change(ChangeKind.MERGE, on, (WUTONG, GUIHUA), (Wanted("桐桂社区", "Tonggui"),))


def move(on: date = JULY) -> Change:
    return Change(ChangeKind.MOVE, on, (STREET,), (Wanted("石桥街道", "Shiqiao Street", parent="AH02"),))


def a_town(uow: UnitOfWork) -> None:
    """Two people in 1号楼, one in 2号楼, one in 2号楼 of the next community."""
    a_place(uow, GUIHUA)
    a_place(uow, "AH02")
    for number, (code, address) in enumerate(
        [(WUTONG, "1号楼1单元101"), (WUTONG, "1号楼1单元102"), (WUTONG, "2号楼1单元101"), (GUIHUA, "2号楼1单元101")]
    ):
        a_person(uow, f"人{number}", msisdn=f"+861620000080{number}", community_code=code, address=address)


def counts(uow: UnitOfWork, on: date, under: str = "AH01") -> dict[str, tuple[int, int, int]]:
    return {
        one.code: (one.dwellings, one.households, one.persons) for one in borders.counted(uow.session, ALL, on, under)
    }


def test_a_split_in_mid_year_leaves_old_reports_as_they_were_and_sums_agree(uow: UnitOfWork) -> None:
    a_town(uow)
    may, august = date(2026, 5, 1), date(2026, 8, 1)
    before = counts(uow, may)

    reorganising.decide(uow, ALL, split())

    assert counts(uow, may) == before
    assert counts(uow, JULY - timedelta(days=1)) == before
    after = counts(uow, august)
    assert WUTONG not in after
    assert after["AH010203"] == (2, 2, 2)
    assert after["AH010204"] == (1, 1, 1)
    assert after[STREET] == before[STREET] == (4, 4, 4)
    assert counts(uow, JULY) == after


def test_old_codes_stay_readable_and_lead_to_what_followed(uow: UnitOfWork) -> None:
    a_town(uow)

    reorganising.decide(uow, ALL, split())

    old = uow.session.get_one(Jurisdiction, WUTONG)
    assert (old.name_zh, old.valid_until) == ("梧桐里社区", JULY)
    assert [one.new_code for one in places.successors(uow.session, WUTONG)] == ["AH010203", "AH010204"]
    assert places.place_names(uow.session, WUTONG)["zh"] == "梧桐里社区"
    with pytest.raises(PlaceEnded):
        dwellings.ensure(uow, [(WUTONG, "3号楼101")])


def test_homes_buildings_and_search_follow(uow: UnitOfWork) -> None:
    a_town(uow)

    reorganising.decide(uow, ALL, split())

    homes = {home.address: home.community_code for home in uow.session.scalars(select(Household))}
    assert homes["1号楼1单元101"] == "AH010203"
    houses = {(house.name, house.community_code) for house in uow.session.scalars(select(Building))}
    assert houses == {("1号楼", "AH010203"), ("2号楼", "AH010204"), ("2号楼", GUIHUA)}
    found = set(uow.session.scalars(select(PersonSearch.community_code)))
    assert found == {"AH010203", "AH010204", GUIHUA}


def test_joined_communities_tell_houses_of_one_name_apart(uow: UnitOfWork) -> None:
    a_town(uow)
    before = counts(uow, date(2026, 5, 1))

    reorganising.decide(uow, ALL, merge())

    assert {house.name for house in uow.session.scalars(select(Building))} == {"1号楼", "梧桐里2号楼", "桂花弄2号楼"}
    addresses = {home.address for home in uow.session.scalars(select(Household))}
    assert addresses == {"1号楼1单元101", "1号楼1单元102", "梧桐里2号楼1单元101", "桂花弄2号楼1单元101"}
    assert counts(uow, date(2026, 5, 1)) == before
    assert counts(uow, JULY)["AH010203"] == (4, 4, 4)
    known = dwellings.ensure(uow, [("AH010203", "梧桐里2号楼1单元101")])
    assert uow.session.get_one(Household, next(iter(known.values()))).persons[0].name == "人2"


def test_a_moved_street_is_counted_where_it_lay_on_the_day(uow: UnitOfWork) -> None:
    a_town(uow)

    reorganising.decide(uow, ALL, move())

    june, july = date(2026, 6, 30), JULY
    assert counts(uow, june, "AH")["AH01"] == counts(uow, july, "AH")["AH02"] == (4, 4, 4)
    assert counts(uow, june, "AH")["AH02"] == (0, 0, 0)
    assert counts(uow, july, "AH")["AH020101"] == (3, 3, 3)
    assert counts(uow, june, "AH")["AH"] == counts(uow, july, "AH")["AH"]


def test_who_moved_in_the_meantime_is_counted_where_he_lived_on_the_day(uow: UnitOfWork) -> None:
    a_town(uow)
    person = a_person(uow, "新来", msisdn="+8616200000809", community_code=WUTONG, address="1号楼1单元103")
    person.residences[0].from_on = date(2026, 6, 1)
    uow.session.flush()

    reorganising.decide(uow, ALL, split())

    assert counts(uow, date(2026, 5, 1))[WUTONG][2] == 3
    assert counts(uow, date(2026, 6, 1))[WUTONG][2] == 4
    assert counts(uow, JULY)["AH010203"][2] == 3


@pytest.mark.parametrize("change", [split, merge, move])
def test_a_change_taken_back_leaves_everything_as_it_was(uow: UnitOfWork, change: Callable[[], Change]) -> None:
    a_town(uow)
    place_service.add_alias(uow, ALL, WUTONG, "老布厂", AliasKind.ALIAS)
    ticket = a_ticket(uow)
    provider = a_provider(uow, areas=(WUTONG,))
    before = _everything(uow)

    made = reorganising.decide(uow, ALL, change())
    assert _everything(uow) != before
    reorganising.undo(uow, ALL, made.id)

    assert _everything(uow) == before
    assert ticket.jurisdiction_code == WUTONG
    assert {area.jurisdiction_code for area in uow.session.scalars(select(ProviderArea))} == {WUTONG}
    assert provider.id
    with pytest.raises(BadChange, match="undone"):
        reorganising.undo(uow, ALL, made.id)
    again = reorganising.decide(uow, ALL, change())
    assert again.applied_at is not None


def _everything(uow: UnitOfWork) -> list[Any]:
    session = uow.session
    session.expire_all()
    return [
        sorted((one.address, one.plain, one.community_code) for one in session.scalars(select(Dwelling))),
        sorted((one.address, one.community_code) for one in session.scalars(select(Household))),
        sorted((one.name, one.community_code) for one in session.scalars(select(Building))),
        sorted((one.dwelling_id, one.community_code, str(one.until_on)) for one in session.scalars(select(Placement))),
        sorted(session.scalars(select(PersonSearch.community_code))),
        [one.code for one in places.communities(session, ALL)],
        counts(uow, uow.local_now.date(), "AH"),
        places.resolve(session, "老布厂").code,
        [session.scalars(select(Succession)).all()],
    ]


def test_open_tickets_follow_with_a_step_and_closed_ones_keep_their_code(uow: UnitOfWork) -> None:
    a_town(uow)
    at_home = a_ticket(uow, replace(a_request(), household_id=_home(uow, "1号楼1单元101")))
    told = a_ticket(uow, replace(a_request(), address="2号楼1单元101", household_id=None))
    unclear = a_ticket(uow, replace(a_request(), address="门口", household_id=None))
    closed = a_ticket(uow)
    closed.state = State.CLOSED
    uow.session.flush()

    reorganising.decide(uow, ALL, split())

    codes = [uow.session.get_one(Ticket, one.id).jurisdiction_code for one in (at_home, told, unclear, closed)]
    assert codes == ["AH010203", "AH010204", "", WUTONG]
    assert steps_of(uow, at_home)[-1] == "place_changed"
    assert "place_changed" not in steps_of(uow, closed)


def _home(uow: UnitOfWork, address: str) -> int:
    return uow.session.scalars(select(Household.id).where(Household.address == address)).one()


def test_a_ticket_opened_under_a_code_that_had_just_ended_follows_within_a_minute(
    work: Work, at: Callable[..., None], noon: Any
) -> None:
    at(noon)
    with work() as uow:
        a_town(uow)
        reorganising.decide(uow, ALL, split())
        told = a_ticket(uow, replace(a_request(), address="1号楼1单元101")).id

    ticketing.jobs.watch_clocks()

    with work() as uow:
        ticket = uow.session.get_one(Ticket, told)
        assert ticket.jurisdiction_code == "AH010203"
        assert steps_of(uow, ticket).count("place_changed") == 1


def test_a_home_that_is_entered_while_its_community_is_split_goes_where_its_house_goes(work: Work) -> None:
    """The load came first and holds the community, so the change waits for it and takes the home along."""
    with work() as uow:
        a_town(uow)
    entered = Event()

    def split_it() -> None:
        with unit_of_work("test") as uow:
            entered.wait(20)
            reorganising.decide(uow, ALL, split())

    with ThreadPoolExecutor(1) as threads:
        with unit_of_work("test") as uow:
            dwellings.ensure(uow, [(WUTONG, "1号楼9单元901")])
            going = threads.submit(split_it)
            entered.set()
        going.result()

    with work() as uow:
        home = uow.session.scalars(select(Household).where(Household.address == "1号楼9单元901")).one()
        assert home.community_code == "AH010203"
        assert counts(uow, JULY)["AH010203"][0] == 3


def test_officers_and_providers_of_the_old_place_go_on_with_what_follows(uow: UnitOfWork) -> None:
    a_town(uow)
    clerk = a_user(uow, "clerk1", role=Role.CLERK, place=WUTONG)
    a_provider(uow, areas=(WUTONG,))

    made = reorganising.decide(uow, ALL, split())

    held = {grant.jurisdiction_code for grant in uow.session.scalars(select(Grant).where(Grant.user_id == clerk.id))}
    assert held == {WUTONG, "AH010203", "AH010204"}
    areas = set(uow.session.scalars(select(ProviderArea.jurisdiction_code)))
    assert areas >= {"AH010203", "AH010204"}
    assert [note.action for note in uow.notes].count("grant.carried") == 2
    reorganising.undo(uow, ALL, made.id)
    current = [
        grant.jurisdiction_code
        for grant in uow.session.scalars(select(Grant).where(Grant.user_id == clerk.id))
        if grant.until_at is None
    ]
    assert current == [WUTONG]


def test_old_and_other_names_lead_to_what_followed(uow: UnitOfWork) -> None:
    a_town(uow)
    place_service.add_alias(uow, ALL, WUTONG, "老布厂", AliasKind.ALIAS)
    place_service.add_alias(uow, ALL, GUIHUA, "金桂家园", AliasKind.ESTATE)

    reorganising.decide(uow, ALL, split())

    assert places.resolve(uow.session, "梧桐东8号楼").code == "AH010203"
    unsure = places.resolve(uow.session, "梧桐里8号楼")
    assert (unsure.code, {code for code, _ in unsure.candidates}) == (None, {"AH010203", "AH010204"})
    assert len(places.resolve(uow.session, "老布厂").candidates) == 2
    assert places.resolve(uow.session, "金桂家园").code == GUIHUA


def test_who_answers_goes_on_and_of_joined_places_the_first_ones_unit_answers(uow: UnitOfWork) -> None:
    a_town(uow)
    one = duties.add_unit(uow, ALL, WUTONG, "committee", "梧桐里居委会", "Wutongli Committee")
    other = duties.add_unit(uow, ALL, GUIHUA, "committee", "桂花弄居委会", "Guihuanong Committee")
    duties.set_duty(uow, ALL, WUTONG, "repair", one.id, date(2026, 1, 1))
    duties.set_duty(uow, ALL, WUTONG, "repair", other.id, date(2027, 1, 1))
    duties.set_duty(uow, ALL, GUIHUA, "repair", other.id, date(2026, 1, 1))

    made = reorganising.decide(uow, ALL, merge())

    def answers(code: str, on: date) -> str:
        found = duty_queries.responsible(uow.session, code, "repair", on)
        return found.name_zh if found is not None else ""

    assert answers("AH010203", JULY) == "梧桐里居委会"
    assert answers("AH010203", date(2027, 1, 1)) == "桂花弄居委会"
    assert answers(GUIHUA, date(2026, 6, 30)) == "桂花弄居委会"
    assert answers(GUIHUA, JULY) == ""
    assert {one.jurisdiction_code, other.jurisdiction_code} == {"AH010203"}
    reorganising.undo(uow, ALL, made.id)
    assert answers(GUIHUA, JULY) == "桂花弄居委会"
    assert answers(WUTONG, date(2027, 1, 1)) == "桂花弄居委会"


def test_a_new_name_counts_from_its_day_and_the_old_one_still_leads_there(uow: UnitOfWork) -> None:
    a_town(uow)
    renamed = Change(ChangeKind.RENAME, JULY, (WUTONG,), (Wanted("凤栖社区", "Fengqi"),))

    made = reorganising.decide(uow, ALL, renamed)

    names = [borders.counted(uow.session, ALL, day, WUTONG)[0].names["zh"] for day in (date(2026, 6, 30), JULY)]
    assert names == ["梧桐里社区", "凤栖社区"]
    assert places.resolve(uow.session, "凤栖8号楼").code == places.resolve(uow.session, "梧桐里8号楼").code == WUTONG
    reorganising.undo(uow, ALL, made.id)
    assert places.resolve(uow.session, "凤栖8号楼").code is None


def test_nothing_is_taken_back_on_which_something_newer_hangs(uow: UnitOfWork) -> None:
    a_town(uow)
    first = reorganising.decide(uow, ALL, split())
    second = reorganising.decide(
        uow, ALL, Change(ChangeKind.MOVE, date(2026, 8, 1), ("AH010203",), (Wanted("甲", "A", parent="AH01"),))
    )

    with pytest.raises(BadChange, match="depended_on"):
        reorganising.undo(uow, ALL, first.id)

    reorganising.undo(uow, ALL, second.id)
    dwellings.ensure(uow, [("AH010203", "9号楼101")])
    with pytest.raises(BadChange, match="homes_since"):
        reorganising.undo(uow, ALL, first.id)


def test_what_is_split_cannot_be_split_and_two_plans_never_get_one_code(uow: UnitOfWork) -> None:
    a_town(uow)
    ahead = uow.local_now.date() + timedelta(days=30)
    waiting = reorganising.decide(uow, ALL, merge(ahead))

    reorganising.decide(uow, ALL, split())

    assert waiting.new_nodes[0]["code"] == "AH010203"
    assert uow.session.get(Jurisdiction, "AH010204") is not None
    assert uow.session.get(Jurisdiction, "AH010203") is None
    with pytest.raises(BadChange, match="over"):
        reorganising.decide(uow, ALL, split(date(2026, 8, 1)))


def test_a_change_ahead_waits_for_its_day_and_is_then_carried_out(
    work: Work, at: Callable[..., None], noon: Any
) -> None:
    at(noon)
    with work() as uow:
        a_town(uow)
        made = reorganising.decide(uow, ALL, split(date(2026, 12, 1)))
        assert made.applied_at is None
    directory.jobs.reorganise()
    with work() as uow:
        assert uow.session.get_one(Jurisdiction, WUTONG).valid_until is None

    at(noon + timedelta(days=6))
    directory.jobs.reorganise()

    with work() as uow:
        assert uow.session.get_one(Jurisdiction, WUTONG).valid_until == date(2026, 12, 1)
        assert uow.session.get_one(Reorganisation, made.id).applied_at is not None


def test_a_change_that_the_tree_no_longer_allows_is_marked_and_changes_nothing(
    work: Work, at: Callable[..., None], noon: Any
) -> None:
    at(noon)
    with work() as uow:
        a_town(uow)
        waiting_id = reorganising.decide(uow, ALL, split(date(2026, 12, 1))).id
        reorganising.decide(uow, ALL, merge())
    at(noon + timedelta(days=6))

    directory.jobs.reorganise()

    with work() as uow:
        row = uow.session.get_one(Reorganisation, waiting_id)
        assert (row.applied_at, row.refusal) == (None, "refusal.change_over")
        assert uow.session.get(Jurisdiction, "AH010203") is None


def test_a_change_that_waits_can_be_called_off(uow: UnitOfWork) -> None:
    a_town(uow)
    waiting = reorganising.decide(uow, ALL, split(uow.local_now.date() + timedelta(days=3)))

    reorganising.undo(uow, ALL, waiting.id)

    assert borders.due(uow.session, date(2027, 1, 1), uow.now) == []


def test_nobody_changes_what_lies_outside_his_area(uow: UnitOfWork) -> None:
    a_town(uow)
    elsewhere = Scope(("AH02",), frozenset({"*"}))

    with pytest.raises(Exception, match="place_not_found"):
        reorganising.decide(uow, elsewhere, split())


def test_nothing_is_taken_back_on_which_a_change_hangs_that_was_decided_before_and_done_after(
    work: Work, at: Callable[..., None], noon: Any
) -> None:
    at(noon)
    with work() as uow:
        a_town(uow)
        reorganising.decide(uow, ALL, move(date(2026, 12, 1)))
        split_id = reorganising.decide(uow, ALL, split()).id
    at(noon + timedelta(days=6))
    directory.jobs.reorganise()

    with pytest.raises(BadChange, match="depended_on"), work() as uow:
        reorganising.undo(uow, ALL, split_id)

    with work() as uow:
        assert uow.session.get_one(Jurisdiction, WUTONG).valid_until == JULY


def test_nothing_is_moved_as_of_a_day_before_what_lies_in_it_last_changed(uow: UnitOfWork) -> None:
    a_town(uow)
    reorganising.decide(uow, ALL, split())
    before = counts(uow, date(2026, 5, 1), "AH")

    for too_early in (date(2026, 5, 1), JULY):
        with pytest.raises(BadChange, match="below_since"):
            reorganising.decide(uow, ALL, move(too_early))
    reorganising.decide(uow, ALL, move(JULY + timedelta(days=1)))

    assert counts(uow, date(2026, 5, 1), "AH") == before
    assert counts(uow, date(2026, 8, 1), "AH")["AH"] == before["AH"]


def test_a_new_name_cannot_begin_before_the_one_that_it_replaces(uow: UnitOfWork) -> None:
    a_town(uow)

    def rename(zh: str, on: date) -> Change:
        return Change(ChangeKind.RENAME, on, (WUTONG,), (Wanted(zh, "Wutong"),))

    reorganising.decide(uow, ALL, rename("梧桐苑社区", JULY))

    with pytest.raises(BadChange, match="named_since"):
        reorganising.decide(uow, ALL, rename("梧桐园社区", date(2026, 5, 1)))
    reorganising.decide(uow, ALL, rename("梧桐园社区", JULY))
    names = {one.code: one.names["zh"] for one in borders.counted(uow.session, ALL, date(2026, 6, 1))}
    assert names[WUTONG] == "梧桐里社区"


def test_houses_of_the_community_whose_name_goes_on_are_found_as_before(uow: UnitOfWork) -> None:
    a_town(uow)
    joined = Change(ChangeKind.MERGE, JULY, (WUTONG, GUIHUA), (Wanted("梧桐里社区", "Wutongli"),))

    made = reorganising.decide(uow, ALL, joined)

    code = made.effects["begins"][0]
    found = dwellings.ensure(
        uow, [(code, "2号楼1单元101"), (code, "梧桐里2号楼1单元101"), (code, "桂花弄2号楼1单元101")]
    )
    people = {address: uow.session.get_one(Household, home).persons[0].name for (_, address), home in found.items()}
    assert people == {"2号楼1单元101": "人2", "梧桐里2号楼1单元101": "人2", "桂花弄2号楼1单元101": "人3"}
    reorganising.undo(uow, ALL, made.id)
    assert {(house.name, house.community_code) for house in uow.session.scalars(select(Building))} == {
        ("1号楼", WUTONG),
        ("2号楼", WUTONG),
        ("2号楼", GUIHUA),
    }


def test_a_ticket_whose_address_names_the_community_follows_its_house(uow: UnitOfWork) -> None:
    a_town(uow)
    ticket = a_ticket(uow, replace(a_request(), address="梧桐里1号楼1单元103", household_id=None))

    reorganising.decide(uow, ALL, split())

    assert ticket.jurisdiction_code == "AH010203"


def test_a_person_counts_once_where_the_row_lives_that_stays_also_after_a_merge(uow: UnitOfWork) -> None:
    a_town(uow)
    kept = a_person(uow, "王芳", msisdn=None, community_code=WUTONG, address="1号楼1单元101")
    gone = a_person(uow, "王芳", msisdn=None, community_code=GUIHUA, address="9号楼101")
    merges.merge(uow, kept.id, gone.id)

    today = uow.local_now.date()
    merged = counts(uow, today)
    residence.die(uow, kept.id, today)

    assert (merged[WUTONG][2], merged[GUIHUA][1:], merged[STREET][2]) == (4, (1, 1), 5)
    assert counts(uow, today)[STREET][2] == 4


def test_of_joined_places_the_others_unit_answers_while_the_first_ones_does_not(uow: UnitOfWork) -> None:
    a_town(uow)
    first = duties.add_unit(uow, ALL, WUTONG, "committee", "甲", "A")
    other = duties.add_unit(uow, ALL, GUIHUA, "committee", "乙", "B")
    duties.set_duty(uow, ALL, WUTONG, "repair", first.id, date(2026, 10, 1), date(2026, 11, 1))
    duties.set_duty(uow, ALL, GUIHUA, "repair", other.id, date(2026, 1, 1))

    reorganising.decide(uow, ALL, merge())

    days = (JULY, date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1))
    found = [duty_queries.responsible(uow.session, "AH010203", "repair", day) for day in days]
    assert found == [other, other, first, first, other]


def test_what_was_closed_under_a_code_that_never_counted_goes_back(uow: UnitOfWork) -> None:
    a_town(uow)
    before = a_ticket(uow, replace(a_request(), address="2号楼1单元101", household_id=None))
    made = reorganising.decide(uow, ALL, split())
    request = replace(a_request(place="AH010203"), address="1号楼1单元101", household_id=None)
    since = a_ticket(uow, request)
    assert (before.jurisdiction_code, since.jurisdiction_code) == ("AH010204", "AH010203")
    before.state = since.state = State.CLOSED
    uow.session.flush()

    reorganising.undo(uow, ALL, made.id)

    assert [uow.session.get_one(Ticket, one.id).jurisdiction_code for one in (before, since)] == [WUTONG, WUTONG]


def test_those_who_are_only_counted_stay_counted_where_they_were_and_are_no_home(uow: UnitOfWork) -> None:
    a_town(uow)
    may, before = date(2026, 5, 1), counts(uow, JULY)
    people = {one.name: one.id for one in uow.session.scalars(select(Person))}
    for name in ("人2", "人3"):
        erasure.erase(uow, people[name])
    persons = {code: one[2] for code, one in before.items()}
    assert {code: one[2] for code, one in counts(uow, JULY).items()} == persons
    homes = exports.count_households(uow.session, ALL, "AH")

    made = reorganising.decide(uow, ALL, merge())

    assert {code: one[2] for code, one in counts(uow, may).items()} == persons
    assert counts(uow, JULY)["AH010203"][2] == persons[STREET]
    assert exports.count_households(uow.session, ALL, "AH") == homes == 4
    assert borders.homes_now(uow.session, ALL)[1]["AH010203"] == homes
    reorganising.undo(uow, ALL, made.id)
    nowhere = select(Household.community_code).where(Household.address == "")
    assert sorted(uow.session.scalars(nowhere)) == [WUTONG, GUIHUA]


def test_nothing_is_taken_back_while_somebody_has_a_role_in_what_would_go(uow: UnitOfWork) -> None:
    a_town(uow)
    made = reorganising.decide(uow, ALL, split())
    user = a_user(uow, role=Role.CLERK, place="AH010203")

    with pytest.raises(BadChange, match="rights_since"):
        reorganising.undo(uow, ALL, made.id)

    uow.session.execute(update(Grant).where(Grant.user_id == user.id).values(until_at=uow.now))
    reorganising.undo(uow, ALL, made.id)
    assert uow.session.get_one(Jurisdiction, WUTONG).valid_until is None


def test_whoever_began_to_serve_a_place_that_is_taken_back_serves_what_was_there(uow: UnitOfWork) -> None:
    a_town(uow)
    made = reorganising.decide(uow, ALL, split())
    a_provider(uow, areas=("AH010203",))

    reorganising.undo(uow, ALL, made.id)

    assert list(uow.session.scalars(select(ProviderArea.jurisdiction_code))) == [WUTONG]


def test_a_change_of_very_many_homes_is_carried_out_by_the_job_and_everybody_is_found_all_the_while(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reorganising, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(carrying, "SEARCHED_AT_ONCE", 2)
    with work() as uow:
        a_town(uow)
        made = reorganising.decide(uow, ALL, merge(uow.local_now.date())).id

    assert _found_with(work, "人2") == "AH010201"
    assert directory.jobs.reorganise() is False
    assert _found_with(work, "人2") == "AH010201"  # as it was before, until its row is made anew
    assert directory.jobs.index() is False
    assert _found_with(work, "人2") == "AH010203"
    with work() as uow:
        assert uow.session.get_one(Reorganisation, made).applied_at is not None
        reorganising.undo(uow, ALL, made)
    assert _found_with(work, "人2") == "AH010203"
    assert directory.jobs.index() is False
    assert _found_with(work, "人2") == "AH010201"


def _found_with(work: Work, name: str) -> str:
    """The community in the search row of somebody whom the search finds."""
    with work() as uow:
        hits = search.people(uow.session, ALL, name, today=uow.local_now.date())
        (person_id,) = (row.person_id for row in hits.rows if row.name == name)
        return uow.session.get_one(PersonSearch, person_id).community_code


@pytest.mark.parametrize(("on", "why"), [(date(202, 7, 1), "too_long_ago"), (date(2062, 7, 1), "too_far")])
def test_a_slip_in_the_year_changes_nothing(uow: UnitOfWork, on: date, why: str) -> None:
    a_town(uow)

    with pytest.raises(BadChange, match=why):
        reorganising.decide(uow, ALL, split(on))
