"""People changed one by one: entered, corrected, moved, helped; numbers, notes, labels and reports of mistakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from core.uow import UnitOfWork
from directory.errors import (
    ChangedMeanwhile,
    ContactNotFound,
    FieldRefused,
    FlagNotFound,
    HasDied,
    HeadLivesElsewhere,
    LivesThere,
    NobodyMoves,
    NoCommunity,
    NumberThere,
    PersonNotFound,
    PlaceNotFound,
    TwoHeads,
)
from directory.models import (
    Consent,
    Contact,
    ContactKind,
    Flag,
    FlagKind,
    Household,
    LabelKind,
    Person,
    Provenance,
    Purpose,
    Residence,
    ResidenceKind,
)
from directory.queries import people as queries
from directory.queries import search
from directory.scope import Scope
from directory.service import consents, contacts, corrections, erasure, flags, labels, merges, people, residence
from directory.service.people import Facts
from tests.factories.people import COMMUNITY, LANDLINE, RESIDENT, a_person, a_place

SYSTEM = Scope.system()
NEIGHBOUR = "AH010202"


def homes_of(uow: UnitOfWork, person: Person) -> list[tuple[str, date | None, date | None]]:
    """The homes of a person in order: address, from, until."""
    rows = uow.session.execute(
        select(Household.address, Residence.from_on, Residence.until_on)
        .join(Residence, Residence.household_id == Household.id)
        .where(Residence.person_id == person.id)
        .order_by(Residence.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def last_said(uow: UnitOfWork, person: Person) -> tuple[str, dict[str, str], dict[str, str]]:
    """Source, values and what was there before, of the newest line of provenance."""
    row = uow.session.scalars(
        select(Provenance).where(Provenance.person_id == person.id).order_by(Provenance.id.desc()).limit(1)
    ).one()
    return row.source, row.said, row.before


def found(uow: UnitOfWork, words: str) -> list[int]:
    """Ids of the persons whom a search finds."""
    return [row.person_id for row in search.people(uow.session, SYSTEM, words, today=uow.local_now.date()).rows]


def actions(uow: UnitOfWork) -> list[tuple[str, str, str]]:
    """What is to be written into the log: action, subject, place."""
    return [(note.action, note.subject, note.place) for note in uow.notes]


def test_who_is_entered_has_a_home_a_source_and_can_be_found(uow: UnitOfWork) -> None:
    a_place(uow)

    person = people.enter(
        uow,
        Facts("唐晓东", "M", date(2004, 2, 29)),
        community_code=COMMUNITY,
        address="8号楼2单元301",
        residence=ResidenceKind.TENANT,
        since=date(2020, 5, 1),
    )

    assert homes_of(uow, person) == [("8号楼2单元301", date(2020, 5, 1), None)]
    source, said, before = last_said(uow, person)
    assert source == "test"
    assert said["birth_date"] == "2004-02-29"
    assert said["living_since"] == "2020-05-01"
    assert set(before.values()) == {""}
    assert found(uow, "晓东") == [person.id]
    assert actions(uow) == [("person.entered", f"person:{person.id}", COMMUNITY)]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (Facts("  "), "name"),
        (Facts("唐", "X"), "sex"),
        (Facts("唐", lang="fr"), "lang"),
        (Facts("唐", nationality="China"), "nationality"),
        (Facts("唐", birth_date=date(2099, 1, 1)), "birth_date"),
        (Facts("唐", birth_date=date(1899, 12, 31)), "birth_date"),
    ],
)
def test_facts_that_cannot_be_are_refused_by_their_field(uow: UnitOfWork, facts: Facts, field: str) -> None:
    a_place(uow)

    with pytest.raises(FieldRefused) as refused:
        people.enter(uow, facts, community_code=COMMUNITY, address="8号楼2单元301")

    assert refused.value.field == field
    assert uow.session.scalar(select(func.count()).select_from(Person)) == 0


def test_nobody_lives_in_a_street_or_in_no_place(uow: UnitOfWork) -> None:
    a_place(uow)

    with pytest.raises(NoCommunity):
        people.enter(uow, Facts("唐"), community_code="AH0102", address="1号楼101")
    with pytest.raises(PlaceNotFound):
        people.enter(uow, Facts("唐"), community_code="AH999999", address="1号楼101")


def test_a_correction_says_what_stood_there_and_refuses_a_form_that_is_too_old(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐晓东")
    seen = Facts.of(person).mark

    people.correct(uow, person.id, Facts("唐晓冬", birth_date=date(1980, 5, 1), lang="en"), seen)

    assert last_said(uow, person)[1:] == ({"lang": "en", "name": "唐晓冬"}, {"lang": "zh", "name": "唐晓东"})
    assert found(uow, "晓冬") == [person.id]
    assert found(uow, "晓东") == []
    with pytest.raises(ChangedMeanwhile):
        people.correct(uow, person.id, Facts("唐小东"), seen)


def test_a_correction_that_changes_nothing_leaves_no_trace(uow: UnitOfWork) -> None:
    person = a_person(uow)
    before = len(actions(uow)), last_said(uow, person)

    people.correct(uow, person.id, Facts.of(person))

    assert (len(actions(uow)), last_said(uow, person)) == before


def test_a_move_ends_one_home_and_begins_the_next_on_one_day(uow: UnitOfWork) -> None:
    person = a_person(uow)

    residence.move(uow, person.id, COMMUNITY, "3号楼101", date(2026, 11, 1), ResidenceKind.OWNER)

    assert homes_of(uow, person) == [
        ("8号楼2单元301", None, date(2026, 11, 1)),
        ("3号楼101", date(2026, 11, 1), None),
    ]
    card = queries.caller(uow.session, RESIDENT, today=date(2026, 11, 25), from_age=65).one
    assert card is not None
    assert card.address == "3号楼101"
    assert found(uow, "3号楼101") == [person.id]
    assert last_said(uow, person)[2]["address"] == "8号楼2单元301"


def test_a_move_that_cannot_be_changes_nothing(uow: UnitOfWork) -> None:
    person = a_person(uow)
    residence.move(uow, person.id, COMMUNITY, "3号楼101", date(2026, 11, 1))
    homes = homes_of(uow, person)

    with pytest.raises(FieldRefused):
        residence.move(uow, person.id, COMMUNITY, "4号楼101", date(2026, 10, 1))  # before he moved in
    with pytest.raises(FieldRefused):
        residence.move(uow, person.id, COMMUNITY, "4号楼101", date(2026, 11, 26))  # tomorrow
    with pytest.raises(LivesThere):
        residence.move(uow, person.id, COMMUNITY, "3号楼101", date(2026, 11, 2))
    with pytest.raises(NobodyMoves):
        residence.move_together(uow, [], COMMUNITY, "4号楼101", date(2026, 11, 2))
    with pytest.raises(PersonNotFound):
        residence.move_together(uow, [person.id, 999], COMMUNITY, "4号楼101", date(2026, 11, 2))

    assert homes_of(uow, person) == homes


def test_a_household_splits_and_the_head_who_goes_is_head_no_more(uow: UnitOfWork) -> None:
    father, mother = a_person(uow, "唐明亮"), a_person(uow, "罗雨桐", msisdn=None)
    old = father.household_id
    people.set_head(uow, old, father.id, instead_of=None)

    residence.move_together(uow, [father.id], COMMUNITY, "3号楼101", date(2026, 11, 1))

    assert uow.session.get_one(Household, old).head_id is None
    assert uow.session.get_one(Household, father.household_id).head_id == father.id
    assert mother.household_id == old


def test_consent_to_notices_does_not_go_along_to_another_committee(uow: UnitOfWork) -> None:
    person = a_person(uow)
    a_place(uow, NEIGHBOUR)
    consents.record_consent(uow, RESIDENT, Purpose.NOTICE, is_given=True, evidence="sms:1")
    uow.now += timedelta(minutes=1)

    residence.move(uow, person.id, COMMUNITY, "3号楼101", date(2026, 11, 1))
    assert consents.may_write(uow, RESIDENT, Purpose.NOTICE) == ""
    residence.move(uow, person.id, NEIGHBOUR, "3号楼101", date(2026, 11, 2))

    assert consents.may_write(uow, RESIDENT, Purpose.NOTICE) == "no_consent"
    assert consents.may_write(uow, RESIDENT, Purpose.SERVICE) == ""
    assert uow.session.scalar(select(func.count()).select_from(Consent)) == 2  # what was given stays readable


def test_the_consent_of_a_number_that_somebody_here_keeps_using_stays(uow: UnitOfWork) -> None:
    person = a_person(uow, "唐明亮")
    a_person(uow, "罗雨桐")
    a_place(uow, NEIGHBOUR)
    consents.record_consent(uow, RESIDENT, Purpose.NOTICE, is_given=True, evidence="sms:1")
    uow.now += timedelta(minutes=1)

    residence.move(uow, person.id, NEIGHBOUR, "3号楼101", date(2026, 11, 2))

    assert consents.may_write(uow, RESIDENT, Purpose.NOTICE) == ""


def test_who_moved_away_or_died_is_no_caller_and_comes_back_when_it_was_a_mistake(uow: UnitOfWork) -> None:
    person, other = a_person(uow, "唐明亮"), a_person(uow, "罗雨桐", msisdn=LANDLINE, kind=ContactKind.FIXED)
    people.set_head(uow, person.household_id, person.id, instead_of=None)

    residence.leave(uow, person.id, date(2026, 11, 1))
    residence.die(uow, other.id, date(2026, 11, 2))

    assert queries.persons_of(uow.session, RESIDENT) == queries.persons_of(uow.session, LANDLINE) == []
    assert uow.session.get_one(Household, person.household_id).head_id is None
    assert homes_of(uow, person)[0][2] == date(2026, 11, 1)
    with pytest.raises(HasDied):
        residence.move(uow, other.id, COMMUNITY, "3号楼101", date(2026, 11, 3))

    residence.take_back_end(uow, person.id)
    residence.take_back_end(uow, other.id)

    assert queries.persons_of(uow.session, RESIDENT) == [person]
    assert homes_of(uow, other)[0][2] is None


def test_a_household_has_one_head_and_nobody_is_put_aside_unseen(uow: UnitOfWork) -> None:
    one, other = a_person(uow, "唐明亮"), a_person(uow, "罗雨桐")
    stranger = a_person(uow, "孙淑珍", address="9号楼101")
    home = one.household_id

    people.set_head(uow, home, one.id, instead_of=None)
    with pytest.raises(TwoHeads):
        people.set_head(uow, home, other.id, instead_of=None)
    with pytest.raises(HeadLivesElsewhere):
        people.set_head(uow, home, stranger.id, instead_of=one.id)
    people.set_head(uow, home, other.id, instead_of=one.id)

    assert uow.session.get_one(Household, home).head_id == other.id
    assert last_said(uow, one)[1:] == ({"head": ""}, {"head": "yes"})


def test_texts_go_to_the_helper_as_long_as_he_can_get_them(uow: UnitOfWork) -> None:
    mother = a_person(uow, "孙淑珍", msisdn="+8616200000905")
    son = a_person(uow, "陈建国", address="9号楼101")

    people.set_helper(uow, mother.id, son.id)
    uow.session.expire_all()
    card = queries.person_card(uow.session, mother.id)
    assert card is not None
    assert (card.mobile, card.own_mobile, card.helper_mobile) == (RESIDENT, "+8616200000905", RESIDENT)

    residence.die(uow, son.id, date(2026, 11, 20))
    uow.session.expire_all()
    after = queries.person_card(uow.session, mother.id)
    assert after is not None
    assert (after.mobile, after.helper_mobile) == ("+8616200000905", None)


def test_a_helper_is_somebody_else_who_lives_and_has_a_mobile(uow: UnitOfWork) -> None:
    mother = a_person(uow, "孙淑珍")
    landline = a_person(uow, "陈建国", msisdn=LANDLINE, kind=ContactKind.FIXED)
    dead = a_person(uow, "陈老先生")
    residence.die(uow, dead.id, date(2026, 1, 1))

    for helper, refusal in ((mother, FieldRefused), (landline, FieldRefused), (dead, HasDied)):
        with pytest.raises(refusal):
            people.set_helper(uow, mother.id, helper.id)
    with pytest.raises(PersonNotFound):
        people.set_helper(uow, mother.id, 999)

    assert mother.helper_id is None


def test_one_number_of_two_people_and_two_numbers_of_one(uow: UnitOfWork) -> None:
    one, other = a_person(uow, "唐明亮"), a_person(uow, "罗雨桐", msisdn=None)

    contacts.add(uow, one.id, "555 9901 转 802", contacts.Described("家里"))
    contacts.add(uow, other.id, "(+86) 162-0000-0901", contacts.Described("丈夫的", one.id))

    assert [person.id for person in queries.persons_of(uow.session, RESIDENT)] == [one.id, other.id]
    assert [person.id for person in queries.persons_of(uow.session, LANDLINE)] == [one.id]
    landline = uow.session.scalars(select(Contact).where(Contact.msisdn == LANDLINE)).one()
    assert (landline.kind, landline.extension, landline.label) == (ContactKind.FIXED, "802", "家里")
    with pytest.raises(NumberThere):
        contacts.add(uow, one.id, "16200000901")


def test_the_area_code_of_the_community_completes_a_local_number(uow: UnitOfWork) -> None:
    person = a_person(uow, msisdn=None)
    person.household.community.area_code = "0971"

    assert contacts.add(uow, person.id, "5559901").msisdn == "+869715559901"


def test_a_wrong_number_finds_nobody_until_it_is_right_again(uow: UnitOfWork) -> None:
    person = a_person(uow)
    contact = person.contacts[0]
    contacts.verify(uow, person.id, contact.id, "本人用它打来")

    contacts.set_wrong(uow, person.id, contact.id)
    uow.session.expire_all()
    card = queries.person_card(uow.session, person.id)
    assert card is not None
    assert card.mobile is None
    assert queries.persons_of(uow.session, RESIDENT) == []
    assert found(uow, "0901") == []
    assert contact.verified_at is None
    assert last_said(uow, person)[1:] == ({"mobile": ""}, {"mobile": RESIDENT})

    contacts.set_right(uow, person.id, contact.id)
    assert queries.persons_of(uow.session, RESIDENT) == [person]
    assert found(uow, "0901") == [person.id]


def test_a_verified_mobile_is_written_to_before_one_that_is_not(uow: UnitOfWork) -> None:
    person = a_person(uow)
    second = contacts.add(uow, person.id, "16200000902")
    contacts.verify(uow, person.id, second.id, "本人用它打来")
    uow.session.expire_all()

    card = queries.person_card(uow.session, person.id)

    assert card is not None
    assert card.mobile == "+8616200000902"


def test_nobody_changes_a_number_of_somebody_else(uow: UnitOfWork) -> None:
    one, other = a_person(uow), a_person(uow, "罗雨桐", msisdn="+8616200000902")

    with pytest.raises(ContactNotFound):
        contacts.set_wrong(uow, one.id, other.contacts[0].id)


def test_the_numbers_of_a_merged_person_are_his_who_stays(uow: UnitOfWork) -> None:
    kept = a_person(uow, "唐晓东", msisdn=None)
    gone = a_person(uow, "唐晓冬", address="9号楼101")
    contact = gone.contacts[0].id

    merges.merge(uow, kept.id, gone.id, 0.9, [])
    uow.session.expire_all()

    caller = queries.caller(uow.session, RESIDENT, today=date(2026, 11, 25), from_age=65)
    assert [card.person_id for card in caller.persons] == [kept.id]
    assert caller.persons[0].mobile == RESIDENT
    assert queries.person(uow.session, SYSTEM, gone.id).id == kept.id
    assert contacts.set_wrong(uow, kept.id, contact).id == contact
    with pytest.raises(PersonNotFound):
        people.correct(uow, gone.id, Facts("唐"))


def test_a_note_shows_until_its_day_and_one_of_a_kind_stands_at_a_time(uow: UnitOfWork) -> None:
    home = a_person(uow).household_id
    today = uow.local_now.date()

    flags.raise_flag(uow, home, FlagKind.DOG, note="一条")
    second = flags.raise_flag(uow, home, FlagKind.DOG, note="两条", until=today + timedelta(days=1))
    flags.raise_flag(uow, home, FlagKind.VIOLENCE)

    shown = queries.flags_of(uow.session, SYSTEM, home, today)
    assert [(flag.kind, flag.note) for flag in shown] == [(FlagKind.VIOLENCE, ""), (FlagKind.DOG, "两条")]
    assert shown[0].expires_on == today + uow.policy.directory.flag_lasts["violence"]
    assert shown[0].author == "test"
    later = queries.flags_of(uow.session, SYSTEM, home, today + timedelta(days=1))
    assert [flag.kind for flag in later] == [FlagKind.VIOLENCE]
    flags.end_flag(uow, home, second.id)
    with pytest.raises(FlagNotFound):
        flags.end_flag(uow, home, second.id)
    assert uow.session.scalar(select(func.count()).select_from(Flag)) == 3  # what was said stays readable


def test_notes_of_another_area_are_not_read(uow: UnitOfWork) -> None:
    home = a_person(uow).household_id
    flags.raise_flag(uow, home, FlagKind.DOG)

    neighbour = Scope((NEIGHBOUR,), frozenset({"people.read"}))

    assert queries.flags_of(uow.session, neighbour, home, uow.local_now.date()) == []


def test_the_language_of_the_household_decides_when_its_people_differ(uow: UnitOfWork) -> None:
    one = a_person(uow, "Grace Miller", lang="en")
    a_person(uow, "罗雨桐")
    people.describe(uow, one.household_id, note="", lang="en")
    uow.session.flush()
    uow.session.expire_all()

    assert queries.caller(uow.session, RESIDENT, today=date(2026, 11, 25), from_age=65).lang == "en"


def test_a_mistake_needs_words(uow: UnitOfWork) -> None:
    with pytest.raises(FieldRefused):
        corrections.tell_mistake(uow, a_person(uow).id, "  ")


def test_a_mistake_and_a_label_of_a_merged_row_are_settled_on_the_page_of_who_stays(uow: UnitOfWork) -> None:
    kept = a_person(uow, "孙淑珍")
    gone = a_person(uow, "孙淑真", msisdn=None)
    told = corrections.tell_mistake(uow, gone.id, "名字写错了")
    label = labels.give_label(uow, gone.id, LabelKind.VETERAN, basis="优待证")
    merges.merge(uow, kept.id, gone.id)

    with pytest.raises(FieldRefused):
        labels.give_label(uow, kept.id, LabelKind.VETERAN, basis="又一次")
    labels.review_label(uow, kept.id, label.id)
    labels.end_label(uow, kept.id, label.id)
    corrections.settle(uow, kept.id, told.id, is_right=True)

    assert label.ended_at == told.settled_at == uow.now


def test_who_was_erased_is_entered_again_only_when_he_asks_himself(uow: UnitOfWork) -> None:
    born = date(1980, 5, 1)
    erasure.erase(uow, a_person(uow, "陈建国", birth_date=born).id)
    enter = partial(people.enter, uow, community_code=COMMUNITY, address="9号楼1单元101")
    unknown = enter(Facts("陈建国"))

    refusals: tuple[Callable[[], object], ...] = (
        partial(enter, Facts("陈 建国", birth_date=born)),
        partial(people.correct, uow, unknown.id, Facts("陈建国", birth_date=born)),
        partial(contacts.add, uow, unknown.id, RESIDENT),
    )
    for refused in refusals:
        with pytest.raises(FieldRefused, match="was_erased"):
            refused()
    people.correct(uow, unknown.id, Facts("陈建国", sex="M"))
    again = enter(Facts("陈建国", birth_date=born), asks_himself=True)
    contacts.add(uow, again.id, RESIDENT, asks_himself=True)

    assert [one.id for one in queries.persons_of(uow.session, RESIDENT)] == [again.id]


@pytest.mark.parametrize("address", ["，", " 、。 ", "--", "…"])
def test_a_door_that_says_nothing_is_no_door(uow: UnitOfWork, address: str) -> None:
    person = a_person(uow)
    with pytest.raises(FieldRefused, match="address_missing"):
        people.enter(uow, Facts("陈建国"), community_code=COMMUNITY, address=address)
    with pytest.raises(FieldRefused, match="address_missing"):
        residence.move(uow, person.id, COMMUNITY, address, uow.local_now.date())


def test_what_was_noted_of_people_goes_along_with_the_whole_household_and_what_is_of_the_house_stays(
    uow: UnitOfWork,
) -> None:
    mother, son = a_person(uow, "孙淑珍", msisdn=None), a_person(uow, "陈建国")
    old = mother.household_id
    for kind, note in ((FlagKind.DEAF, "左耳"), (FlagKind.NO_LIFT, ""), (FlagKind.OTHER, "夜班")):
        flags.raise_flag(uow, old, kind, note=note)
    people.describe(uow, old, note="先敲窗", lang="zh-dialect")

    def noted(household_id: int) -> set[str]:
        return {one.kind.value for one in queries.flags_of(uow.session, SYSTEM, household_id, uow.local_now.date())}

    residence.move(uow, mother.id, COMMUNITY, "3号楼101", uow.local_now.date())
    assert noted(old) == {"deaf", "no_lift", "other"}
    residence.move(uow, son.id, COMMUNITY, "3号楼101", uow.local_now.date())

    home = uow.session.get_one(Household, son.household_id)
    assert (noted(old), noted(home.id)) == ({"no_lift"}, {"deaf", "other"})
    assert (home.note, home.lang, uow.session.get_one(Household, old).note) == ("先敲窗", "zh-dialect", "")


def test_who_comes_to_an_empty_home_is_not_taken_for_those_before(uow: UnitOfWork) -> None:
    before = a_person(uow, "孙淑珍")
    home = before.household_id
    flags.raise_flag(uow, home, FlagKind.VIOLENCE)
    people.describe(uow, home, note="儿子喝酒", lang="")
    residence.leave(uow, before.id, uow.local_now.date())
    assert len(queries.flags_of(uow.session, SYSTEM, home, uow.local_now.date())) == 1

    a_person(uow, "新住户", msisdn=None)

    assert queries.flags_of(uow.session, SYSTEM, home, uow.local_now.date()) == []
    assert uow.session.get_one(Household, home).note == ""


def test_nobody_moves_to_a_time_in_which_he_lived_elsewhere(uow: UnitOfWork) -> None:
    person = a_person(uow)
    residence.leave(uow, person.id, date(2026, 6, 1))

    with pytest.raises(FieldRefused, match="before_moving_out"):
        residence.move(uow, person.id, NEIGHBOUR if a_place(uow, NEIGHBOUR) else "", "1号楼101", date(2026, 5, 1))
