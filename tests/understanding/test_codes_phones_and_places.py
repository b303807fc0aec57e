"""Ticket codes, telephone numbers and addresses inside a sentence."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import NOW, hear
from understanding import Intent, read
from understanding.codes import find_codes, spoken_code
from understanding.folding import fold
from understanding.phones import find_phone
from understanding.places import find_address, is_precise


@pytest.mark.parametrize(
    "written", ["A1023", "a1023", "#A1023", "Ａ１０２３", "A-1023", "工单A1023", "#a 1023", "单号:A1023"]
)
def test_a_code_is_found_in_every_dress(written: str) -> None:
    assert find_codes(fold(f"{written} 完工"))[0] == ["A1023"]


@pytest.mark.parametrize("written", ["I1023", "O1023", "A102", "A10234", "a 1000 yuan", "BA1023", "1023"])
def test_what_is_no_code_is_not_taken_for_one(written: str) -> None:
    assert find_codes(fold(written))[0] == []


def test_two_codes_are_both_found_in_order_and_once() -> None:
    assert find_codes("a1031 a1023 a1031")[0] == ["A1031", "A1023"]


@pytest.mark.parametrize("said", ["a 幺零二三", "A一零二三", "alpha one zero two three", "a 1 0 2 3", "诶1023"])
def test_a_code_is_heard_as_it_is_spoken(said: str) -> None:
    assert spoken_code(fold(said)) == ("A1023", "1023")


def test_four_digits_name_the_one_open_code_that_ends_in_them() -> None:
    assert spoken_code("1023", ["A1023", "B2047"]) == ("A1023", "1023")
    assert spoken_code("1023", ["A1023", "B1023"]) == ("", "1023")
    assert spoken_code("1023") == ("", "1023")


def test_a_code_that_is_asked_for_is_chosen() -> None:
    assert hear("b2047", "resident:which_code", open_codes=["B2047"]) == (Intent.CHOOSE, {"ticket": "B2047"})
    assert hear("幺零二三", "ivr:code", open_codes=["A1023"])[1]["ticket"] == "A1023"


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("打 16200000188", "+8616200000188"),
        ("162 0000 0188", "+8616200000188"),
        ("+86 162-0000-0188", "+8616200000188"),
        ("0978-5550156", "+869785550156"),
        ("+1 202 555 0143", "+12025550143"),
    ],
)
def test_a_number_is_given_in_its_international_form(written: str, e164: str) -> None:
    assert find_phone(written)[0] == e164


@pytest.mark.parametrize("written", ["1620000018", "162000001888", "12345", "完工 120", "2026-11-25"])
def test_what_is_no_number_is_left(written: str) -> None:
    assert find_phone(written)[0] == ""


def test_a_long_number_is_never_a_price() -> None:
    assert "amount" not in hear("完工 客户电话 16200000188", "provider:accepted")[1]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("我搬到6号楼2单元301了，别走错", "6号楼2单元301"),
        ("地址不对 应该是梧桐里8号楼1002", "梧桐里8号楼1002"),
        ("现住桂花苑12栋1单元502", "桂花苑12栋1单元502"),
        ("I moved to building 5 unit 2 room 301", "building 5 unit 2 room 301"),
    ],
)
def test_an_address_keeps_the_words_as_written(text: str, address: str) -> None:
    assert find_address(text) == address
    assert hear(text, "resident:visit") == (Intent.ADDRESS_CHANGE, {"address": address})


def test_a_house_without_a_flat_leads_to_no_door() -> None:
    assert is_precise("3号楼2单元301")
    assert not is_precise("3号楼")
    assert hear("2号楼", "resident:visit")[0] is Intent.UNKNOWN


def test_an_address_holds_no_character_that_a_database_refuses() -> None:
    found = read("搬到\x00 3号楼2单元301\ud800", context="resident:notice", lang="zh", now=NOW)

    assert found.values["address"] == "3号楼2单元301"


def test_having_moved_away_is_told_without_an_address() -> None:
    assert hear("我已经搬走了", "resident:notice") == (Intent.ADDRESS_CHANGE, {"moved": "yes"})
