"""Whether two records are of one person: the families, slips and coincidences that lists are full of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from collection.record_linkage import Record, Score, Verdict, births_alike, names_alike, nearness, score, verdict
from config import policy

ZHANG = Record(
    "张晓明",
    sex="M",
    birth_date=date(1980, 5, 12),
    community_code="AH010201",
    address="8号楼2单元301",
    identity="",
    numbers=frozenset({"+8616200000901"}),
)


def judged(other: Record, one: Record = ZHANG) -> Verdict:
    """What follows by the policy as it is delivered; the same from both sides."""
    rules = policy.current().collection
    there, back = score(one, other), score(other, one)
    assert there == back
    return verdict(there.value, rules.match_same_percent / 100, rules.match_maybe_percent / 100)


def test_equal_identity_numbers_are_one_person_whatever_else_differs() -> None:
    one, other = Record("张晓明", identity="k1"), Record("陈丽", sex="F", birth_date=date(1990, 1, 2), identity="k1")

    assert score(one, other) == Score(1.0, ("same_identity",))


def test_different_identity_numbers_are_never_one_person() -> None:
    assert score(replace(ZHANG, identity="k1"), replace(ZHANG, identity="k2")) == Score(0.0, ("other_identity",))


def test_name_birth_date_and_dwelling_are_one_person() -> None:
    assert judged(replace(ZHANG, numbers=frozenset())) is Verdict.SAME


@pytest.mark.parametrize("address", ["8号楼2单元301室", "8 号楼 2 单元 301", "Bldg 8, unit 2, room 301"])
def test_a_door_is_the_same_in_every_writing(address: str) -> None:
    assert judged(replace(ZHANG, address=address, numbers=frozenset())) is Verdict.SAME


@pytest.mark.parametrize("name", ["張曉明", "张 晓明", "张晓明 ", "张·晓明"])
def test_a_name_is_the_same_in_every_writing(name: str) -> None:
    assert names_alike("张晓明", name) == "same_name"
    assert judged(replace(ZHANG, name=name)) is Verdict.SAME


def test_names_in_letters_have_no_order_and_no_accents() -> None:
    assert names_alike("María González", "GONZALEZ, Maria") == "same_name"
    assert names_alike("Maria Gonzalez", "Maria Gonzales") == "like_name"
    assert names_alike("Maria Gonzalez", "Mario Gonzales") == ""
    assert names_alike("Li", "Lu") == ""


@pytest.mark.parametrize(
    ("one", "other", "is_slip"),
    [
        ("张晓明", "张晓铭", True),  # typed by sound
        ("张晓明", "章晓明", True),
        ("张晓明", "张晓亮", False),  # brothers
        ("张晓明", "张明", False),
        ("张晓明", "张明晓", False),
        ("明", "铭", False),
        ("", "", False),
    ],
)
def test_a_slip_sounds_the_same(one: str, other: str, is_slip: bool) -> None:
    assert (names_alike(one, other) == "like_name") is is_slip


def test_a_slip_in_the_name_is_looked_at_by_a_person() -> None:
    assert judged(replace(ZHANG, name="张晓铭")) is Verdict.MAYBE


def test_twins_are_two() -> None:
    assert judged(replace(ZHANG, name="张晓亮")) is Verdict.DIFFERENT


def test_twins_whose_names_sound_alike_are_never_made_one_without_a_person() -> None:
    assert judged(replace(ZHANG, name="张晓铭")) is not Verdict.SAME


def test_father_and_son_with_one_number_are_two() -> None:
    assert judged(replace(ZHANG, name="张建国", birth_date=date(1952, 3, 1))) is Verdict.DIFFERENT


def test_father_and_son_of_one_name_at_one_door_are_two() -> None:
    assert judged(replace(ZHANG, birth_date=date(1952, 3, 1))) is Verdict.DIFFERENT


def test_two_of_one_name_in_one_community_are_two() -> None:
    other = replace(ZHANG, birth_date=date(1991, 7, 30), address="3号楼1单元502", numbers=frozenset())

    assert judged(other) is Verdict.DIFFERENT


def test_a_number_alone_is_nobody() -> None:
    one = Record("张晓明", numbers=frozenset({"+8616200000901"}))

    assert score(one, replace(one, name="李丽")).value == 0.0


def test_name_and_number_alone_are_looked_at_by_a_person() -> None:
    one = Record("张晓明", numbers=frozenset({"+8616200000901"}))

    assert judged(one, one) is Verdict.MAYBE


def test_a_name_alone_is_not_even_asked_about() -> None:
    assert judged(Record("张晓明", community_code="AH010201"), Record("张晓明", community_code="AH010201")) is (
        Verdict.DIFFERENT
    )


def test_who_moved_is_looked_at_by_a_person() -> None:
    moved = replace(ZHANG, community_code="AH020301", address="1号楼101", numbers=frozenset())

    assert judged(moved) is Verdict.MAYBE
    assert judged(replace(moved, numbers=ZHANG.numbers)) is Verdict.MAYBE


def test_day_and_month_swapped_are_looked_at_by_a_person() -> None:
    assert births_alike(date(1980, 5, 12), date(1980, 12, 5)) == "swapped_birth"
    assert judged(replace(ZHANG, birth_date=date(1980, 12, 5))) is Verdict.MAYBE


def test_the_first_of_january_is_a_day_that_nobody_knew() -> None:
    assert births_alike(date(1980, 1, 1), date(1980, 5, 12)) == "no_birth"
    assert births_alike(date(1980, 1, 1), date(1980, 1, 1)) == "same_birth"
    assert births_alike(date(1980, 1, 1), date(1981, 5, 12)) == "other_birth"
    assert judged(replace(ZHANG, birth_date=date(1980, 1, 1))) is Verdict.MAYBE


def test_the_other_sex_speaks_against_it() -> None:
    assert judged(replace(ZHANG, sex="F")) is Verdict.MAYBE
    assert judged(replace(ZHANG, sex="F", community_code="AH020301", numbers=frozenset())) is Verdict.DIFFERENT


def test_the_dead_are_not_made_one_with_the_living_without_a_person() -> None:
    assert judged(replace(ZHANG, has_died=True)) is Verdict.MAYBE
    assert judged(replace(ZHANG, has_died=True), replace(ZHANG, has_died=True)) is Verdict.SAME


def test_one_name_at_one_door_is_one_person_where_neither_list_knows_a_birth_date() -> None:
    one = replace(ZHANG, birth_date=None, numbers=frozenset())

    assert judged(one, one) is Verdict.SAME
    assert judged(replace(one, sex="F"), one) is Verdict.MAYBE
    assert judged(one, ZHANG) is Verdict.MAYBE


def test_the_smallest_place_that_is_shared_counts() -> None:
    assert nearness(ZHANG, replace(ZHANG, address="8号楼1单元102")) == "same_building"
    assert nearness(ZHANG, replace(ZHANG, address="9号楼1单元102")) == "same_community"
    assert nearness(ZHANG, replace(ZHANG, community_code="AH010202")) == ""
    assert nearness(replace(ZHANG, address=""), replace(ZHANG, address="")) == "same_community"


def test_only_an_identity_number_is_beyond_doubt() -> None:
    assert score(ZHANG, ZHANG).value < 1.0
