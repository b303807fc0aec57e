"""Reads of places and people, on the real database."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from core.uow import UnitOfWork
from directory.caller import Caller
from directory.errors import HouseholdNotFound, PlaceNotFound
from directory.models import Contact, ContactKind, Household, Jurisdiction
from directory.queries import people, places
from directory.queries.scoping import within
from directory.scope import Scope
from directory.service import contacts
from tests.factories.people import LANDLINE, RESIDENT, a_person, a_place


def recognised(uow: UnitOfWork, msisdn: str | None) -> Caller:
    return people.caller(uow.session, msisdn, today=uow.local_now.date(), from_age=65)


def test_a_resident_is_recognised_with_address_and_community(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐晓东", lang="zh-dialect")

    card = recognised(uow, RESIDENT).one

    assert card is not None
    assert (card.person_id, card.name, card.address) == (person.id, "唐晓东", "8号楼2单元301")
    assert (card.community_code, card.community_name) == ("AH010201", {"zh": "梧桐里社区", "en": "Wutongli"})
    assert (card.lang, card.speaks, card.mobile) == ("zh", "zh-dialect", RESIDENT)


def test_a_family_with_one_number_is_shown_whole(uow: UnitOfWork) -> None:
    a_person(uow, "唐明亮")
    a_person(uow, "罗雨桐")

    caller = recognised(uow, RESIDENT)

    assert [person.name for person in caller.persons] == ["唐明亮", "罗雨桐"]
    assert len({person.household_id for person in caller.persons}) == 1
    assert caller.one is None


def test_two_people_of_one_name_are_two_people(uow: UnitOfWork) -> None:
    a_person(uow, "唐晓东", address="1号楼101")
    a_person(uow, "唐晓东", address="2号楼202")

    assert len({person.household_id for person in recognised(uow, RESIDENT).persons}) == 2


@pytest.mark.parametrize("msisdn", [None, "", "+8616200000999", "+266696687", "anonymous"])
def test_withheld_and_unknown_numbers_give_a_caller_without_persons(uow: UnitOfWork, msisdn: str | None) -> None:
    a_person(uow)

    assert recognised(uow, msisdn).persons == ()


def test_a_number_told_to_be_wrong_recognises_nobody(uow: UnitOfWork) -> None:
    a_person(uow)

    contacts.mark_wrong(uow, RESIDENT)

    assert recognised(uow, RESIDENT).persons == ()


def test_a_caller_on_the_landline_gets_texts_on_the_mobile(uow: UnitOfWork) -> None:
    person = a_person(uow, msisdn=LANDLINE, kind=ContactKind.FIXED)
    assert recognised(uow, LANDLINE).persons[0].mobile is None

    person.contacts.append(Contact(msisdn=RESIDENT, kind=ContactKind.MOBILE))

    assert recognised(uow, LANDLINE).persons[0].mobile == RESIDENT


def test_the_list_knows_which_numbers_take_texts(uow: UnitOfWork) -> None:
    a_person(uow)
    a_person(uow, "奶奶", msisdn=LANDLINE, kind=ContactKind.FIXED)

    assert people.is_textable(uow.session, RESIDENT) is True
    assert people.is_textable(uow.session, LANDLINE) is False
    assert people.is_textable(uow.session, "+8616200000999") is None


def test_a_household_outside_the_scope_is_not_there(uow: UnitOfWork) -> None:
    person = a_person(uow)
    neighbours = Scope(("AH010202",), frozenset())

    assert people.household(uow.session, Scope(("AH0102",), frozenset()), person.household_id).persons == [person]
    with pytest.raises(HouseholdNotFound):
        people.household(uow.session, neighbours, person.household_id)


def test_an_empty_scope_sees_no_row(uow: UnitOfWork) -> None:
    a_person(uow)

    shown = select(Household.id).where(within(Household.community_code, Scope((), frozenset())))

    assert uow.session.scalars(shown).all() == []


def test_a_place_has_its_names_and_its_path(uow: UnitOfWork) -> None:
    a_place(uow)

    assert places.place_names(uow.session, "AH010201") == {"zh": "梧桐里社区", "en": "Wutongli"}
    assert [place.name_zh for place in places.jurisdiction_path(uow.session, "AH010201")] == [
        "安禾市",
        "临溪区",
        "石桥街道",
        "梧桐里社区",
    ]


def test_a_place_that_is_not_known_yet_has_no_name(uow: UnitOfWork) -> None:
    assert places.place_names(uow.session, "") == {"zh": "", "en": ""}


def test_a_code_outside_the_tree_is_refused(uow: UnitOfWork) -> None:
    a_place(uow)

    with pytest.raises(PlaceNotFound):
        places.place_names(uow.session, "AH999999")
    with pytest.raises(PlaceNotFound):
        places.jurisdiction_path(uow.session, "AH010299")


def test_words_name_a_community_of_the_city(uow: UnitOfWork) -> None:
    a_place(uow, "AH010201")
    a_place(uow, "AH020301")

    found = places.community_by_words(uow.session, "梧桐里8号楼")

    assert found is not None
    assert found[0] == "AH010201"
    assert places.community_by_words(uow.session, "我不知道") is None


def test_only_communities_of_the_scope_are_listed(uow: UnitOfWork) -> None:
    a_place(uow, "AH010201")
    a_place(uow, "AH010202")
    a_place(uow, "AH020301")

    listed = places.communities(uow.session, Scope(("AH01",), frozenset()))

    assert [place.code for place in listed] == ["AH010201", "AH010202"]


def test_who_turns_65_today_is_an_elder(uow: UnitOfWork) -> None:
    a_person(uow, birth_date=date(1961, 11, 25))

    assert recognised(uow, RESIDENT).prefers_person


def test_a_place_has_the_area_code_of_the_nearest_place_above_that_names_one(uow: UnitOfWork) -> None:
    for code in ("AH010201", "AH020301"):
        a_place(uow, code)
    for code, area_code in (("AH01", "0571"), ("AH0102", ""), ("AH010202", "0577")):
        a_place(uow, code)
        place = uow.session.get(Jurisdiction, code)
        assert place is not None
        place.area_code = area_code
    uow.session.flush()  # the reads below are statements

    found = places.area_codes_of(uow.session, ["AH010201", "AH010202", "AH01", "AH020301", ""])

    assert found == {"AH010201": "0571", "AH010202": "0577", "AH01": "0571", "AH020301": "0978", "": "0978"}
    assert places.area_code_of(uow.session, "AH010201") == "0571"
