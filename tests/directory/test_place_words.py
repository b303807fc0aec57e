"""Which community somebody means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.place_words import SHARED_NAME, Alias, Place, building, find, resolve

PLACES = [
    Place("AH0102", ("石桥街道", "Shiqiao Street"), False),
    Place("AH0203", ("云台街道", "Yuntai Street"), False),
    Place("AH010201", ("梧桐里社区", "Wutongli"), True),
    Place("AH010203", ("石桥南社区", "Shiqiao South"), True),
    Place("AH020301", ("云台社区", "Yuntai"), True),
    Place("AH020303", ("云台新城社区", "Yuntai New Town"), True),
    Place("AH030102", ("上湾村", "Shangwan Village"), True),
]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("我住梧桐里社区8号楼", "AH010201"),
        ("梧桐里8号楼2单元301", "AH010201"),
        ("云台新城3号楼", "AH020303"),
        ("上湾村二组", "AH030102"),
        ("在上湾", "AH030102"),
        ("Building 3, unit 1, room 502, WUTONGLI", "AH010201"),
        ("yuntai new town block 4", "AH020303"),
    ],
)
def test_a_name_in_the_words_tells_the_community(words: str, code: str) -> None:
    found = find(words, PLACES)

    assert found is not None
    assert found[0] == code
    assert found[1] > SHARED_NAME


def test_a_name_that_a_street_bears_too_is_less_sure() -> None:
    assert find("我在云台", PLACES) == ("AH020301", SHARED_NAME)


@pytest.mark.parametrize("words", ["", "3号楼2单元", "石桥那边", "从梧桐里社区搬到石桥南社区"])
def test_no_community_and_two_communities_are_not_guessed(words: str) -> None:
    assert find(words, PLACES) is None


# The house without the door


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("8号楼2单元301", "8号楼"),
        ("梧桐里8号楼1002", "梧桐里8号楼"),
        ("梧桐里2区8号楼301", "梧桐里2区8号楼"),
        ("铁路一村8号楼301", "铁路一村8号楼"),
        ("兰花路12号3单元402", "兰花路12号"),
        ("兰花路15弄12号301", "兰花路15弄12号"),
        ("Wutongli, Building 3", "Wutongli, Building 3"),
        ("yuntai new town block 4, room 301", "yuntai new town block 4"),
        ("Fortune Garden Building 2 flat B", "Fortune Garden Building 2"),
        ("Building B-301", "Building B"),
    ],
)
def test_a_place_before_the_house_is_told_with_it(address: str, house: str) -> None:
    assert building(address) == house


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("301室8号楼", "8号楼"),
        ("３０１室，8号楼", "8号楼"),
        ("三〇一室 8号楼", "8号楼"),
        ("①室8号楼", "8号楼"),
        ("甲室8号楼", "8号楼"),
        ("301 8号楼", "8号楼"),
        ("301-8号楼", "8号楼"),
        ("301/8栋", "8栋"),
        ("2单元301，8幢", "8幢"),
        ("房号301，梧桐里8号楼", "8号楼"),
        ("301室兰花路12号3单元", "兰花路12号"),
        ("301号铁路一村8号楼", "8号楼"),
        ("Room 301, Building 8", "Building 8"),
        ("Room\n301, Building 8", "Building 8"),
        ("Room B, Building 8", "Building 8"),
        ("B, Building 8", "Building 8"),
        ("301 Building 8", "Building 8"),
        ("#301 Building 8", "Building 8"),
        ("No. 301 of Block 2", "Block 2"),
        ("Apt 501 of Building 3", "Building 3"),
        ("Apt. 501, 5th floor, Wutongli, Building 3", "Building 3"),
        ("apartment 12, building 3", "building 3"),
        ("Unit 3, Block B", "Block B"),
        ("Suite 12, Tower View, Block 4", "Block 4"),
        ("flat twelve, Building 8", "Building 8"),
        ("Flat 12 Building 8", "Building 8"),
    ],
)
def test_a_door_before_the_house_is_left_out(address: str, house: str) -> None:
    assert building(address) == house


@pytest.mark.parametrize(
    "address",
    [
        "3018号楼",
        "8号301座",
        "房号301座机83330000",
        "8 Building 301",
        "No. 8 Building 12",
        "3rd Building 12",
        "Building 8301",
    ],
)
def test_a_number_that_may_be_the_door_is_no_house(address: str) -> None:
    assert building(address) == ""


@given(
    st.sampled_from(
        ("{}室", "{}房", "{}户", "2单元{}", "门牌{}", "{}", "Room {}", "flat {}", "APT {}", "No. {}", "#{}", "rm{}")
    ),
    st.integers(100, 9999).filter(lambda door: "8" not in str(door)),
    st.sampled_from(("", " ", ",", "，", " / ", "-", " of ", "\n", " 梧桐里", " Wutongli ", ", the ")),
    st.sampled_from(("8号楼", "8 栋", "8幢", "8座", " Building 8", " block 8")),
    st.sampled_from(("", " 2单元", ", unit 2")),
)
def test_no_spelling_with_the_door_first_tells_the_door(
    door: str, number: int, between: str, house: str, rest: str
) -> None:
    told = building(f"{door.format(number)}{between}{house}{rest}")

    assert told in {house.strip(), ""}


# Other names

ALIASED = [
    *PLACES,
    Place(
        "AH010202",
        ("桂花弄社区", "Guihuanong"),
        True,
        (Alias("金桂家园", 0.9), Alias("兰花路", 0.7, is_road=True), Alias("老布厂", 0.85), Alias("Elm Court", 0.9)),
    ),
    Place("AH010204", ("河沿社区", "Heyan"), True, (Alias("兰花路", 0.7, is_road=True), Alias("老布厂", 0.85))),
]


@pytest.mark.parametrize(
    ("words", "code", "certainty"),
    [
        ("金桂家园3号楼", "AH010202", 0.9),
        ("elm court, building 2", "AH010202", 0.9),
        ("兰花路12号 河沿", "AH010204", 0.85),
        ("兰花路的梧桐里", "AH010201", 0.85),
        ("云台街道云台新城", "AH020303", 0.85),
        ("云台街道的金桂家园", "AH010202", 0.9),
    ],
)
def test_an_estate_or_alias_leads_to_its_community_with_its_certainty(words: str, code: str, certainty: float) -> None:
    found = resolve(words, ALIASED)

    assert (found.code, found.certainty) == (code, certainty)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("兰花路12号", ["AH010202", "AH010204"]),
        ("老布厂后面", ["AH010202", "AH010204"]),
        ("从桂花弄搬到云台新城", ["AH010202", "AH020303"]),
    ],
)
def test_several_candidates_are_told_and_none_is_chosen(words: str, codes: list[str]) -> None:
    found = resolve(words, ALIASED)

    assert found.code is None
    assert sorted(code for code, _ in found.candidates) == codes


@pytest.mark.parametrize("words", ["云台街道3号楼", "helm courtyard", "石桥街道", "杏花村"])
def test_a_name_inside_another_is_not_that_place(words: str) -> None:
    assert resolve(words, ALIASED).candidates == ()


def test_a_known_area_narrows_the_choice() -> None:
    assert resolve("老布厂", ALIASED, within="AH010204").code == "AH010204"
