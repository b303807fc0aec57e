"""What an address says of house, unit, floor and door, and when two spellings are one door."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.dwelling import Parts, parts, plain


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("2号楼1单元1002", Parts("2号楼", "1", "10", "1002")),
        ("3栋2单元502室", Parts("3栋", "2", "5", "502")),
        ("12号院3号楼", Parts("12号院3号楼")),
        ("12号院3号楼2单元301", Parts("12号院3号楼", "2", "3", "301")),
        ("5组12号", Parts("5组", "", "", "12")),
        ("二组51号", Parts("2组", "", "", "51")),
        ("铁路一村8号楼2单元301", Parts("铁路一村8号楼", "2", "3", "301")),
        ("Building 8, Unit 2, Room 301", Parts("8号楼", "2", "3", "301")),
        ("Room 301, Unit 2, Building 8", Parts("8号楼", "2", "3", "301")),
        ("Building B-301", Parts("B号楼", "", "3", "301")),
        ("Apt. 501, 5th floor, Building 3", Parts("3号楼", "", "5", "501")),
        ("Group 5, No. 12", Parts("5组", "", "", "12")),
        ("8-2-301", Parts("8号楼", "2", "3", "301")),
        ("8-301", Parts("8号楼", "", "3", "301")),
        ("A座1201", Parts("A座", "", "12", "1201")),
        ("兰花路15弄12号301", Parts("兰花路15弄12号", "", "3", "301")),
        ("３号楼 ２单元 ３０１", Parts("3号楼", "2", "3", "301")),
        ("十二号楼二单元三〇一室", Parts("12号楼", "2", "3", "301")),
        ("301室8号楼", Parts("8号楼", "", "3", "301")),
        ("8号楼五层502", Parts("8号楼", "", "5", "502")),
    ],
)
def test_house_unit_floor_and_door_are_read(address: str, told: Parts) -> None:
    assert parts(address) == told


@pytest.mark.parametrize(
    "address",
    [
        "",
        "301",
        "村口小卖部",
        "3018号楼",
        "8号301座",
        "8 Building 12",
        "No. 8 Building 12",
        "12号楼地下室",
        "Building 8301",
    ],
)
def test_what_is_not_sure_is_left_open(address: str) -> None:
    assert parts(address) == Parts()


@pytest.mark.parametrize(
    ("address", "floor"), [("8号楼1234", ""), ("8号楼51", ""), ("8号楼6101", ""), ("8号楼0302", "3")]
)
def test_the_floor_is_told_only_where_the_door_surely_says_it(address: str, floor: str) -> None:
    assert parts(address).floor == floor


@pytest.mark.parametrize(
    "spelling",
    [
        "8号楼2单元301室",
        "八号楼 二单元 301",
        "８号楼２单元３０１",
        "8-2-301",
        "梧桐里8号楼2单元301",
        "Wutongli, Building 8, Unit 2, Room 301",
        "bldg 8 unit 2 #301",
        "8号楼2单元3层301",
        "安禾市临溪区石桥街道梧桐里社区8号楼2单元301",
        "石桥街道梧桐里8-2-301",
        "梧桐里小区8号楼2单元301",
        "Shiqiao Street, Wutongli, Building 8, Unit 2, Room 301",
        "8号楼二单元三零一",
        "第8号楼2单元301",
        "8号楼（2单元）301室",
        "8号楼2门301",
        "8号楼2-301",
        "8号楼-2-301",
        "8–2–301",
        "8-2-0301",
        "8號樓2單元301",
    ],
)
def test_one_door_in_many_spellings_has_one_written_form(spelling: str) -> None:
    above = ("安禾市", "临溪区", "石桥街道", "shiqiao street")
    assert plain(spelling, ("梧桐里", "梧桐里社区", "wutongli", *above)) == "8号楼2单元301"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8号楼2单元301", "8号楼301"),
        ("8号楼2单元3楼", "8号楼2单元4楼"),
        ("铁路一村8号楼301", "铁路二村8号楼301"),
        ("8号楼3层2", "8号楼4层2"),
        ("8号院2号楼301", "2号楼301"),
        ("8栋301", "8号楼301"),
        ("5组12号", "5号楼12"),
        ("8号楼2单元-1层01", "8号楼2单元1层01"),
        ("8号楼2-301", "8号楼3-301"),
        ("8号楼2单元301(东户)", "8号楼2单元301"),
    ],
)
def test_two_doors_never_have_the_same_written_form(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@given(st.integers(1, 99), st.integers(1, 9), st.integers(1, 40), st.integers(1, 12))
def test_every_plain_address_says_what_it_was_made_of(house: int, unit: int, floor: int, flat: int) -> None:
    door = f"{floor}{flat:02}"

    assert parts(f"{house}号楼{unit}单元{door}") == Parts(f"{house}号楼", str(unit), str(floor), door)


@given(st.text(max_size=60))
def test_no_words_are_too_odd_to_be_read(words: str) -> None:
    found = parts(words)

    assert len(found.unit) <= 20
    assert len(found.door) <= 20
    assert len(found.building) <= 100
