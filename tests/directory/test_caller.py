"""Who a number belongs to, and who would rather speak to a person."""

from __future__ import annotations

from datetime import date

import pytest

from directory.caller import PersonCard, age_on, prefers_person, recognise

TODAY = date(2026, 11, 25)


def person(
    person_id: int = 1, *, lang: str = "zh", birth_date: date | None = date(1980, 5, 1), access_need: str | None = None
) -> PersonCard:
    return PersonCard(
        person_id=person_id,
        name="陈先生",
        lang=lang,
        speaks=lang,
        household_id=1,
        address="8号楼2单元301",
        community_code="AH010201",
        community_name={"zh": "梧桐里社区", "en": "Wutongli"},
        birth_date=birth_date,
        access_need=access_need,
        mobile="+8616200000901",
    )


def test_one_person_behind_a_number_is_the_caller() -> None:
    caller = recognise("+8616200000901", (person(),), today=TODAY, from_age=65)

    assert caller.one == person()
    assert not caller.is_shared


def test_a_shared_number_is_nobody_until_asked() -> None:
    caller = recognise("+8616200000901", (person(1), person(2)), today=TODAY, from_age=65)

    assert caller.one is None
    assert caller.is_shared


def test_a_withheld_number_is_an_ordinary_caller_without_persons() -> None:
    caller = recognise(None, (), today=TODAY, from_age=65)

    assert caller.is_withheld
    assert caller.one is None
    assert caller.lang == "zh"
    assert not caller.prefers_person


@pytest.mark.parametrize(
    ("msisdn", "langs", "first"),
    [
        ("+8616200000901", ("en",), "en"),
        ("+8616200000901", ("en", "en"), "en"),
        ("+8616200000901", ("en", "zh"), "zh"),
        ("+8616200000901", (), "zh"),
        ("+85260000001", (), "zh"),
        ("+12025550143", (), "en"),
        ("+12025550143", ("zh",), "zh"),
    ],
)
def test_the_first_language_is_what_all_read_else_that_of_the_country(
    msisdn: str, langs: tuple[str, ...], first: str
) -> None:
    persons = tuple(person(number, lang=lang) for number, lang in enumerate(langs))

    assert recognise(msisdn, persons, today=TODAY, from_age=65).lang == first


@pytest.mark.parametrize(
    ("born", "elder"),
    [(date(1961, 11, 25), True), (date(1961, 11, 26), False), (date(1938, 4, 20), True), (None, False)],
)
def test_an_elder_is_65_on_the_day(born: date | None, elder: bool) -> None:
    assert prefers_person(person(birth_date=born), today=TODAY, from_age=65) is elder


def test_an_access_need_counts_at_any_age() -> None:
    assert prefers_person(person(access_need="hearing"), today=TODAY, from_age=65)


def test_one_elder_in_a_household_is_enough_to_go_slower() -> None:
    persons = (person(1), person(2, birth_date=date(1940, 1, 1)))

    assert recognise("+8616200000901", persons, today=TODAY, from_age=65).prefers_person


def test_who_was_born_on_29_february_is_older_on_1_march() -> None:
    assert age_on(date(2026, 2, 28), date(2008, 2, 29)) == 17
    assert age_on(date(2026, 3, 1), date(2008, 2, 29)) == 18
    assert age_on(date(2028, 2, 29), date(2008, 2, 29)) == 20
