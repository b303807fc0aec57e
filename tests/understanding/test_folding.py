"""Width, circles, brackets, case and stray spaces are read away first, and once is enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.folding import LONGEST, fold, is_wordless


@pytest.mark.parametrize("written", ["１", "①", "【1】", "1️⃣", "⑴", "❶", "➀", " 1 ", "「１」"])
def test_a_one_is_a_one_however_it_is_drawn(written: str) -> None:
    assert fold(written).strip() == "1"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ＴＤ", "td"),
        ("退訂", "退订"),
        ("壹佰贰拾", "一百二十"),
        ("can't", "cant"),
        ("I’ll come", "i will come"),
        ("到  了\n", "到 了"),
        ("🅣🅓", "td"),
        ("师 傅 几 点 来", "师傅几点来"),
        ("明天 上午", "明天 上午"),
    ],
)
def test_what_is_written_in_many_ways_folds_to_one(written: str, meant: str) -> None:
    assert fold(written) == meant


def test_letters_that_are_also_numerals_stay_letters_among_words() -> None:
    assert fold("陆师傅") == "陆师傅"
    assert fold("贰佰伍拾") == "二百五十"


def test_controls_and_half_a_pair_leave_the_text() -> None:
    assert fold("完\x00工\ud800 120\x07元") == "完工 120元"


def test_no_more_is_folded_than_a_long_text_can_hold() -> None:
    assert len(fold("水" * 10_000)) == LONGEST


@pytest.mark.parametrize("written", ["", " ", "!!!", "😡😡", "？", "\x00"])
def test_punctuation_and_pictures_are_no_words(written: str) -> None:
    assert is_wordless(fold(written))


@given(st.text(max_size=300))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    once = fold(text)

    assert fold(once) == once
