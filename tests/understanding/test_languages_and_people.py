"""Another language, a person, help, thanks: what is heard before or beside the open question."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import hear, intent_of
from understanding import Intent


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("请说英文", "en"),
        ("English please", "en"),
        ("do you speak english", "en"),
        ("说普通话", "zh"),
        ("可以讲广东话吗", "yue"),
    ],
)
@pytest.mark.parametrize("context", ["resident:none", "resident:visit", "ivr:describe", "ivr:confirm"])
def test_another_language_can_be_asked_for_anywhere(text: str, lang: str, context: str) -> None:
    assert hear(text, context) == (Intent.LANGUAGE, {"lang": lang})


@pytest.mark.parametrize("text", ["人工", "转人工", "找个真人跟我说", "let me talk to a real person", "operator"])
@pytest.mark.parametrize("context", ["resident:visit", "provider:accepted", "ivr:describe", "ivr:menu", "ivr:address"])
def test_a_person_can_be_asked_for_anywhere(text: str, context: str) -> None:
    assert intent_of(text, context) is Intent.HUMAN


def test_the_cost_of_labour_is_no_wish_for_a_person() -> None:
    assert intent_of("完工 人工80 材料20", "provider:accepted") is Intent.COMPLETE


@pytest.mark.parametrize("text", ["help", "HELP", "？", "怎么用"])
def test_help_and_a_question_mark_alone_ask_how_it_works(text: str) -> None:
    assert intent_of(text, "resident:notice") is Intent.HELP


@pytest.mark.parametrize("text", ["谢谢", "收到", "知道了", "noted, thanks", "👍"])
def test_thanks_to_a_notice_ask_for_nothing(text: str) -> None:
    assert intent_of(text, "resident:notice") is Intent.THANKS


@pytest.mark.parametrize("text", ["", "  ", "\x00", "😡😡", "!!!", "。。。"])
@pytest.mark.parametrize("context", ["resident:visit", "resident:none", "provider:offer", "ivr:describe"])
def test_a_text_without_words_is_unknown(text: str, context: str) -> None:
    assert hear(text, context) == (Intent.UNKNOWN, {})


@pytest.mark.parametrize("text", ["发错了 我不是修水管的", "wrong number", "不好意思打错了"])
def test_a_wrong_number_is_told(text: str) -> None:
    assert intent_of(text, "resident:notice") is Intent.WRONG_NUMBER
