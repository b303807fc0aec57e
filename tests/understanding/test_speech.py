"""What a caller says at each question of the dialog, keys included."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import hear, intent_of
from understanding import Intent


@pytest.mark.parametrize(
    ("key", "intent", "values"),
    [
        ("1", Intent.CHOOSE, {"digits": "1"}),
        ("7", Intent.CHOOSE, {"digits": "7"}),
        ("9", Intent.SLOWER, {}),
        ("*", Intent.REPEAT, {}),
        ("0", Intent.HUMAN, {}),
        ("按3", Intent.CHOOSE, {"digits": "3"}),
        ("press 5", Intent.CHOOSE, {"digits": "5"}),
    ],
)
def test_a_key_of_the_menu_is_what_it_says(key: str, intent: Intent, values: dict[str, str]) -> None:
    assert hear(key, "ivr:menu") == (intent, values)


@pytest.mark.parametrize("question", ["describe", "menu", "confirm", "address", "more", "which_person", "code"])
def test_zero_is_a_person_at_every_question(question: str) -> None:
    assert intent_of("0", f"ivr:{question}") is Intent.HUMAN


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("再说一遍", Intent.REPEAT),
        ("pardon?", Intent.REPEAT),
        ("讲慢一点", Intent.SLOWER),
        ("没事了谢谢再见", Intent.GOODBYE),
        ("喂？听得见吗", Intent.UNKNOWN),
        ("嗯那个那个", Intent.UNKNOWN),
        ("我上礼拜报的修怎么还没来人", Intent.STATUS_QUERY),
        ("我要投诉你们", Intent.COMPLAINT),
    ],
)
def test_wishes_about_the_call_are_no_requests(text: str, intent: Intent) -> None:
    assert intent_of(text, "ivr:describe") is intent


def test_a_slow_drain_is_a_fault_and_no_wish_for_slower_speech() -> None:
    assert hear("下水太慢了", "ivr:describe")[1]["service"] == "drain"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("对", Intent.AFFIRM),
        ("嗯对的", Intent.AFFIRM),
        ("yes that's right", Intent.AFFIRM),
        ("1", Intent.AFFIRM),
        ("不对", Intent.DENY),
        ("不是", Intent.DENY),
        ("no", Intent.DENY),
        ("2", Intent.DENY),
        ("不知道", Intent.UNKNOWN),
    ],
)
def test_a_repeated_sentence_is_confirmed_or_not(text: str, intent: Intent) -> None:
    assert intent_of(text, "ivr:confirm") is intent


def test_a_no_that_says_what_is_meant_brings_the_service() -> None:
    assert hear("不是，是马桶堵了", "ivr:confirm") == (
        Intent.DENY,
        {"service": "drain", "category": "repair"},
    )


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("没有了", Intent.DENY),
        ("没了谢谢", Intent.DENY),
        ("no thanks that's all", Intent.DENY),
        ("还有", Intent.AFFIRM),
        ("yes please", Intent.AFFIRM),
        ("还有我家灯不亮了", Intent.NEW_REQUEST),
    ],
)
def test_anything_else_is_answered_by_yes_no_or_the_next_matter(text: str, intent: Intent) -> None:
    assert intent_of(text, "ivr:more") is intent


def test_the_address_on_file_is_confirmed_or_corrected() -> None:
    assert intent_of("对的", "ivr:address") is Intent.AFFIRM
    assert intent_of("不对", "ivr:address") is Intent.DENY
    assert hear("不对，是8号楼2单元301", "ivr:address") == (Intent.ADDRESS_CHANGE, {"address": "8号楼2单元301"})


def test_who_is_calling_is_told_by_name_or_by_number() -> None:
    assert hear("我是唐晓东", "ivr:which_person") == (Intent.CHOOSE, {"name": "唐晓东"})
    assert hear("2", "ivr:which_person") == (Intent.CHOOSE, {"option": "2"})
    assert hear("都不是", "ivr:which_person")[0] is Intent.DENY
