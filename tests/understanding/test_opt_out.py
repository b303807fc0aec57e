"""Words that stop and resume messages: alone in a text, or a plain request; never inside another matter."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import intent_of
from tests.understanding.test_danger import EVERY_CONTEXT
from understanding import Intent

BY_TEXT = [context for context in EVERY_CONTEXT if not context.startswith("ivr")]


@pytest.mark.parametrize("context", BY_TEXT)
@pytest.mark.parametrize("text", ["TD", "退订", "STOP", "CANCEL"])
def test_the_words_of_the_carriers_stop_messages_in_every_context(text: str, context: str) -> None:
    assert intent_of(text, context) is Intent.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "T", "R", "td.", "ＴＤ", "退訂", "退定", "推订", "拒收", "STOPALL", "stop all", "Unsubscribe", "END", "quit",
        "REVOKE", "OPT OUT", "opt-out", "OPTOUT", "Stop!!!", "stop please", "别再给我发短信了", "不要再发了",
        "请不要打扰", "你们这种短信以后莫发咯", "唔好再send", "take me off your list", "do not text me again",
        "don't want these messages", "leave me alone",
    ],
)  # fmt: skip
def test_every_plain_wish_for_silence_is_obeyed(text: str) -> None:
    assert intent_of(text, "resident:notice") is Intent.OPT_OUT


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("stop by any time", "resident:visit"),
        ("退订牛奶", "resident:none"),
        ("cancel the visit", "resident:visit"),
        ("回T是啥意思", "resident:notice"),
        ("the water won't stop", "resident:resolved"),
        ("T恤洗好了吗", "resident:none"),
        ("别发错了", "resident:visit"),
        ("别给我派单了", "provider:none"),
        ("end of the month is better", "resident:visit"),
        ("bus stop is broken", "resident:feedback"),
        ("stop sending that plumber", "resident:csat"),
        ("不要再让他来了", "resident:csat"),
        ("no more jobs until friday", "provider:none"),
    ],
)
def test_the_same_words_about_something_else_stop_nothing(text: str, context: str) -> None:
    assert intent_of(text, context) is not Intent.OPT_OUT


@pytest.mark.parametrize("text", ["START", "UNSTOP", "恢复订阅", "开启短信"])
def test_messages_can_be_resumed(text: str) -> None:
    assert intent_of(text, "resident:notice") is Intent.OPT_IN
