from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.hearing import Answer, Question, hear
from ivr.tree import Meaning, Takes

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
MENU = {"1": "plumbing", "2": "drain"}
SINGLE_KEY = [
    Takes.REQUEST,
    Takes.MORE,
    Takes.YES_NO,
    Takes.SERVICE_YES_NO,
    Takes.ADDRESS_YES_NO,
    Takes.ADDRESS,
    Takes.WHO,
]


def asked(takes: Takes, lang: str = "zh", names: Sequence[str] = (), codes: Sequence[str] = ()) -> Question:
    return Question(takes, lang, NOW, 0.35, "CN", MENU, names, codes)


def said(takes: Takes, words: str, confidence: float | None = 0.9, **more: object) -> Answer:
    return hear(asked(takes, **more), "", words, confidence)  # type: ignore[arg-type]


def pressed(takes: Takes, digits: str, names: Sequence[str] = ()) -> Answer:
    return hear(asked(takes, names=names), digits, "", None)


@pytest.mark.parametrize("takes", list(Takes))
def test_nothing_pressed_and_nothing_said_is_silence(takes: Takes) -> None:
    assert hear(asked(takes), "", "", None).meaning is Meaning.SILENCE


@pytest.mark.parametrize("takes", list(Takes))
def test_zero_is_a_person_everywhere(takes: Takes) -> None:
    assert pressed(takes, "0").meaning is Meaning.PERSON


@pytest.mark.parametrize("takes", list(Takes))
@pytest.mark.parametrize("confidence", [0.9, 0.1, None])
def test_danger_is_heard_everywhere_however_badly(takes: Takes, confidence: float | None) -> None:
    answer = said(takes, "厨房着火了", confidence)

    assert answer.meaning is Meaning.EMERGENCY
    assert answer.values == {"danger": "fire", "number": "119"}


@pytest.mark.parametrize("takes", [one for one in Takes if one is not Takes.ADDRESS])
def test_asking_for_a_person_in_words_is_heard_everywhere(takes: Takes) -> None:
    assert said(takes, "转人工").meaning is Meaning.PERSON


@pytest.mark.parametrize("takes", SINGLE_KEY)
def test_star_repeats_and_nine_slows_down(takes: Takes) -> None:
    assert pressed(takes, "*").meaning is Meaning.REPEAT
    assert pressed(takes, "9").meaning is Meaning.SLOWER


def test_what_the_engine_did_not_trust_was_not_understood() -> None:
    answer = said(Takes.REQUEST, "屋企冇電呀", 0.31)

    assert answer.meaning is Meaning.UNCLEAR
    assert answer.words == ""


def test_a_missing_confidence_is_no_reason_to_doubt() -> None:
    assert said(Takes.REQUEST, "水管爆了", None).meaning is Meaning.SERVICE


def test_a_request_names_its_service() -> None:
    answer = said(Takes.REQUEST, "我家水管爆了，水都淹到客厅了")

    assert answer.meaning is Meaning.SERVICE
    assert answer.values["service"] == "plumbing"
    assert answer.values["urgency"] == "urgent"


def test_the_keys_of_the_menu_are_services() -> None:
    assert pressed(Takes.REQUEST, "1").values["service"] == "plumbing"
    assert pressed(Takes.REQUEST, "7").meaning is Meaning.STATUS
    assert pressed(Takes.REQUEST, "8").meaning is Meaning.LANGUAGE
    assert pressed(Takes.REQUEST, "#").meaning is Meaning.MENU


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("查一下我的单子", Meaning.STATUS),
        ("取消明天上午的保洁", Meaning.CANCEL),
        ("上次来的师傅态度很差，我要投诉", Meaning.COMPLAINT),
        ("English please", Meaning.LANGUAGE),
        ("没有了，谢谢", Meaning.DONE),
    ],
)
def test_other_wishes_are_told_apart(words: str, meaning: Meaning) -> None:
    assert said(Takes.REQUEST, words).meaning is meaning


@pytest.mark.parametrize("words", ["没有了", "没有了，谢谢", "没了", "不用了", "no, thanks", "that's all"])
def test_nothing_more_is_heard(words: str) -> None:
    assert said(Takes.MORE, words).meaning in (Meaning.NO, Meaning.DONE)


@pytest.mark.parametrize("words", ["有", "还有", "yes"])
def test_something_more_is_heard(words: str) -> None:
    assert said(Takes.MORE, words).meaning is Meaning.YES


def test_the_next_matter_may_follow_at_once() -> None:
    assert said(Takes.MORE, "还有，马桶也堵了").values["service"] == "drain"


def test_a_story_with_a_yes_in_it_is_no_yes() -> None:
    assert said(Takes.YES_NO, "昨天来通下水的师傅说好八十收了我三百").meaning is Meaning.UNCLEAR


def test_a_cancellation_keeps_the_service_that_was_named() -> None:
    assert said(Takes.REQUEST, "取消明天上午的保洁").values["service"] == "cleaning"


def test_a_language_that_only_a_person_speaks_finds_a_person() -> None:
    assert said(Takes.REQUEST, "请讲粤语").meaning is Meaning.PERSON


@pytest.mark.parametrize("words", ["对", "对的，快一点", "yes", "right", "嗯"])
def test_yes_is_heard(words: str) -> None:
    assert said(Takes.YES_NO, words).meaning is Meaning.YES


@pytest.mark.parametrize("words", ["不对", "不是", "no", "wrong"])
def test_no_is_heard(words: str) -> None:
    assert said(Takes.YES_NO, words).meaning is Meaning.NO


def test_no_with_another_service_is_that_service() -> None:
    answer = said(Takes.SERVICE_YES_NO, "不是，是马桶堵了")

    assert answer.meaning is Meaning.OTHER
    assert answer.values["service"] == "drain"


def test_yes_with_part_of_the_address_is_yes() -> None:
    assert said(Takes.ADDRESS_YES_NO, "对，就是八号楼").meaning is Meaning.YES


def test_no_with_another_address_is_that_address() -> None:
    answer = said(Takes.ADDRESS_YES_NO, "不对，是3号楼2单元501")

    assert answer.meaning is Meaning.OTHER
    assert answer.values["address"] == "3号楼2单元501"


def test_an_address_is_kept_as_it_was_said() -> None:
    answer = said(Takes.ADDRESS, "Building 3, unit 1, room 502, Wutongli", lang="en")

    assert answer.meaning is Meaning.WORDS
    assert answer.values["address"] == "Building 3, unit 1, room 502, Wutongli"


def test_somebody_of_a_short_list_is_picked_by_name_or_key() -> None:
    names = ("孙淑珍", "陈建国")

    assert said(Takes.WHO, "我是陈建国", names=names).values == {"place": "1"}
    assert pressed(Takes.WHO, "1", names).values == {"place": "0"}
    assert pressed(Takes.WHO, "3", names).meaning is Meaning.NONE
    assert pressed(Takes.WHO, "4", names).meaning is Meaning.UNCLEAR


def test_a_code_is_keyed_or_said() -> None:
    assert pressed(Takes.CODE, "1023").values == {"ticket": "1023"}
    assert pressed(Takes.CODE, "1023#").values == {"ticket": "1023"}
    assert said(Takes.CODE, "A 幺零二三", codes=("A1023",)).values["ticket"] == "A1023"
    assert said(Takes.CODE, "one oh two three", lang="en").values["ticket"] == "1023"
    assert said(Takes.CODE, "对").meaning is Meaning.YES
    assert pressed(Takes.CODE, "12").meaning is Meaning.UNCLEAR
    assert pressed(Takes.CODE, "#").meaning is Meaning.SILENCE


def test_only_a_mobile_number_is_taken_for_texts() -> None:
    assert pressed(Takes.MOBILE, "16200000977").values == {"number": "+8616200000977"}
    assert pressed(Takes.MOBILE, "5552010").meaning is Meaning.UNCLEAR
    assert pressed(Takes.MOBILE, "").meaning is Meaning.SILENCE
    assert said(Takes.MOBILE, "一六二零零零零零九七七").values == {"number": "+8616200000977"}
    assert said(Takes.MOBILE, "不用了").meaning is Meaning.NO


@pytest.mark.parametrize("takes", list(Takes))
@pytest.mark.parametrize(
    "words",
    ["😀😀", "'; drop table calls; --", "<Say>hi</Say>", "{city}", "啊" * 1600, "0", "\u202e\u200b", "%s %d", "١٢٣"],
)
def test_hostile_words_are_heard_without_harm(takes: Takes, words: str) -> None:
    assert isinstance(said(takes, words).meaning, Meaning)


@pytest.mark.parametrize("takes", list(Takes))
@pytest.mark.parametrize("digits", ["00000000000000000000", "****", "##", "1*2#3", "88888", "5"])
def test_any_keys_are_heard_without_harm(takes: Takes, digits: str) -> None:
    assert isinstance(pressed(takes, digits).meaning, Meaning)
