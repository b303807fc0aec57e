"""Numbers in words become digits; what only looks like a number stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understanding.folding import fold
from understanding.numerals import to_digits

_DIGITS = "零一二三四五六七八九"


def in_words(number: int) -> str:
    """Write 1 to 9999 as it is said: 2026 is 二千零二十六."""
    words, left, skipped = "", number, False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, left = divmod(left, unit)
        if digit:
            words += ("零" if skipped and words else "") + _DIGITS[digit] + name
        skipped = not digit
    return words


@given(st.integers(min_value=1, max_value=9999))
def test_every_number_said_in_full_is_its_digits(number: int) -> None:
    assert to_digits(in_words(number)) == str(number)


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("一百五", "150"),
        ("两百八", "280"),
        ("一千二", "1200"),
        ("三万五", "35000"),
        ("两百零五", "205"),
        ("十五", "15"),
        ("二十", "20"),
        ("三零一", "301"),
        ("俩龙头", "2龙头"),
        ("三四点", "3-4点"),
        ("twenty five", "25"),
        ("one hundred twenty", "120"),
        ("two hundred and five", "205"),
        ("a couple of taps", "2 taps"),
        ("two thirty", "2:30"),
        ("two fifty yuan", "250 yuan"),
        ("three oh one", "301"),
    ],
)
def test_what_is_said_short_is_meant_in_full(said: str, digits: str) -> None:
    assert to_digits(fold(said)) == digits


@pytest.mark.parametrize(
    "said",
    ["等一下", "一样", "十分满意", "千万别", "万一", "统一", "乱七八糟", "the first one", "one moment", "no one"],
)
def test_idioms_are_no_numbers(said: str) -> None:
    assert to_digits(fold(said)) == fold(said)


def test_a_weekday_keeps_apart_from_the_hour_after_it() -> None:
    assert to_digits("周三三点") == "周3 3点"
