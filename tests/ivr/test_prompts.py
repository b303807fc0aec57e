from __future__ import annotations

from directory import dwelling
from ivr import prompts, reach


def test_a_code_is_spoken_in_pairs() -> None:
    assert prompts.in_pairs("A1023", "zh") == "A，10，23"
    assert prompts.in_pairs("B2047", "en") == "B, 20, 47"


def test_a_mobile_number_is_spoken_in_groups() -> None:
    assert prompts.in_groups("+8616200000977", "zh") == "1 6 2，0 0 0 0，0 9 7 7"
    assert prompts.in_groups("+12025550123", "en") == "1 2 0, 2 5 5 5, 0 1 2 3"


def test_a_choice_names_the_key_of_each() -> None:
    spoken = prompts.chosen_by_keys([("1", "保洁"), ("2", "搬家")], "{name}按{key}", "zh")

    assert spoken == "保洁按1，搬家按2"


def test_a_community_is_not_said_twice() -> None:
    assert prompts.address_of("小井社区", "2号楼1单元1002", "zh") == "小井社区2号楼1单元1002"
    assert prompts.address_of("小井社区", "小井社区2号楼", "zh") == "小井社区2号楼"
    assert prompts.address_of("", "2号楼", "zh") == "2号楼"


def test_a_dwelling_is_read_in_english() -> None:
    assert dwelling.in_english("2号楼1单元1002") == "building 2, unit 1, room 1002"
    assert dwelling.in_english("2组51号") == "group 2, number 51"
    assert dwelling.in_english("Building 3, unit 1") == "Building 3, unit 1"


def test_a_service_is_named_without_what_only_the_eye_can_use() -> None:
    assert prompts.spoken_name("保洁（小时工）", "zh") == "保洁"
    assert prompts.spoken_name("育儿嫂/月嫂", "zh") == "育儿嫂、月嫂"
    assert prompts.spoken_name("Cleaning (by the hour)", "en") == "cleaning"


def test_a_keyed_mobile_number_is_told_from_a_landline_and_from_rubbish() -> None:
    assert reach.mobile("16200000977", "CN") == "+8616200000977"
    assert reach.mobile("+8616200000977", "CN") == "+8616200000977"
    assert reach.mobile("09785552010", "CN") is None
    assert reach.mobile("123", "CN") is None
    assert reach.mobile("", "CN") is None


def test_a_calling_landline_gets_no_texts() -> None:
    assert not reach.looks_textable("+869785552010")
    assert reach.looks_textable("+8616200000977")
    assert reach.looks_textable("+12025550123")
