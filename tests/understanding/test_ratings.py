"""Scores by digit, word and star; a digit and words that disagree are none."""

from __future__ import annotations

import pytest

from tests.understanding.hearing import hear
from understanding import Intent


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", "5"),
        ("五", "5"),
        ("4分", "4"),
        ("⭐⭐⭐", "3"),
        ("五星好评", "5"),
        ("非常满意", "5"),
        ("满意", "4"),
        ("没啥不满意的", "4"),
        ("一般", "3"),
        ("不太满意", "2"),
        ("唔係好滿意", "2"),
        ("很差", "1"),
        ("非常不满意", "1"),
        ("very satisfied", "5"),
        ("not bad", "3"),
        ("not satisfied", "2"),
        ("terrible", "1"),
        ("4 out of 5", "4"),
        ("很满意 5分", "5"),
    ],
)
def test_a_score_is_read_from_digits_words_and_stars(text: str, score: str) -> None:
    assert hear(text, "resident:csat") == (Intent.RATE, {"score": score})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 非常满意", "conflict"),
        ("5 很不满意", "conflict"),
        ("3或者4", "multiple"),
        ("6", "range"),
        ("0", "range"),
        ("10分", "range"),
        ("4.5", "range"),
    ],
)
def test_why_a_number_is_no_score_is_told(text: str, reason: str) -> None:
    assert hear(text, "resident:csat") == (Intent.UNKNOWN, {"reason": reason})


@pytest.mark.parametrize("text", ["不想评", "不需要评价", "rather not"])
def test_a_wish_not_to_rate_is_a_no(text: str) -> None:
    assert hear(text, "resident:csat") == (Intent.DENY, {})


def test_praise_and_blame_together_give_no_score() -> None:
    assert hear("师傅非常好，公司太差劲", "resident:csat")[0] is Intent.UNKNOWN
