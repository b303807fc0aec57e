"""Whatever comes is read: never an error, always a reading of the declared form, never more work than its length."""

from __future__ import annotations

import re
import sys
from datetime import date
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understanding.hearing import NOW
from tests.understanding.test_danger import EVERY_CONTEXT
from understanding import Intent, Reading, read
from understanding.folding import LONGEST
from understanding.reading import VALUE_KEYS
from understanding.services import categories

_PIECES = (
    "1 2 3 一 两 百 五 点 半 小时 分钟 明天 周五 下午 接 不接 完工 没 不 元 块 收 A1023 #B2047 16200000188 退订 td "
    "stop 着火 没着火 3号楼 2单元 301 满意 不满意 水管 漏 马桶 堵 师傅 吗 ? ! ， 。 ok yes no done tomorrow half past "
    "ten yuan at by after 2 people 👍 ⭐ １ ① \x00 \ud800 cancel visit 12.5 2026-02-30 99 号 月 13 31 24:00 25 人工 料"
)
PIECES = _PIECES.split(" ")

words = st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join) | st.lists(
    st.sampled_from(PIECES), max_size=14
).map("".join)
texts = words | st.text(max_size=120) | st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF))
contexts = st.sampled_from([*EVERY_CONTEXT, "resident:", ":", "nobody:nothing", "provider:visit"])

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_FORMS = {
    **dict.fromkeys(("time", "time_to", "time_after", "time_before"), _TIME),
    **dict.fromkeys(("minutes", "delay", "guests"), re.compile(r"\d{1,5}")),
    **dict.fromkeys(("amount", "labour", "parts"), re.compile(r"\d{1,7}(\.\d{1,2})?")),
    "score": re.compile(r"[1-5]"),
    "option": re.compile(r"\d{1,2}"),
    "part": re.compile(r"am|pm|evening"),
    "ticket": re.compile(r"[A-HJ-NP-Z]\d{4}"),
    "phone": re.compile(r"\+\d{7,15}"),
    "moved": re.compile(r"yes"),
    "urgency": re.compile(r"urgent"),
    "number": re.compile(r"110|119|120"),
    "lang": re.compile(r"zh|en|yue"),
    "reason": re.compile(r"busy|far|skill|price|sick|range|multiple|conflict"),
}


def is_of_its_form(key: str, value: str) -> bool:
    if key in ("date", "until"):
        return date.fromisoformat(value).isoformat() == value
    if key in ("service", "category"):
        return value in (categories() if key == "service" else categories().values())
    if key in _FORMS:
        return _FORMS[key].fullmatch(value) is not None
    return value.isprintable() and value != ""


def check(found: Reading) -> None:
    assert isinstance(found.intent, Intent)
    assert 0.0 <= found.certainty <= 1.0
    assert found.values.keys() <= VALUE_KEYS
    assert all(isinstance(value, str) for value in found.values.values())
    assert [(key, value) for key, value in found.values.items() if not is_of_its_form(key, value)] == []


@settings(max_examples=600, deadline=None)
@given(texts, contexts)
def test_every_text_is_read_in_every_context_in_the_declared_form(text: str, context: str) -> None:
    check(read(text, context=context, lang="zh", now=NOW, open_codes=["A1023", "B2047"]))


@settings(max_examples=100, deadline=None)
@given(texts, contexts)
def test_the_same_text_is_read_the_same_way_again_and_in_any_language(text: str, context: str) -> None:
    assert read(text, context=context, lang="zh", now=NOW) == read(text, context=context, lang="en", now=NOW)


@given(st.text(max_size=40), st.lists(st.text(max_size=8), max_size=4))
def test_codes_of_any_form_do_no_harm(text: str, codes: list[str]) -> None:
    check(read(text, context="ivr:code", lang="zh", now=NOW, open_codes=codes))


def test_an_unknown_context_reads_as_nothing_open() -> None:
    assert read("水管漏水", context="resident:gone", lang="zh", now=NOW) == read(
        "水管漏水", context="resident:none", lang="zh", now=NOW
    )


def test_a_reading_cannot_be_changed_by_who_receives_it() -> None:
    found = read("完工 90元", context="provider:accepted", lang="zh", now=NOW)

    with pytest.raises(TypeError):
        found.values["amount"] = "9"  # type: ignore[index]


def steps(text: str, context: str) -> int:
    """Count the lines of the reader that run for one text."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        if "understanding" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        read(text, context=context, lang="zh", now=NOW)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("piece", ["水", "1", "漏水", "1 ", "没", "a", "3号楼", "一百", "不满意", "， ", "煤气 ", "😀"])
def test_the_work_grows_with_the_length_and_ends_at_the_longest_text(piece: str) -> None:
    whole = (piece * LONGEST)[:LONGEST]

    quarter = steps(whole[: LONGEST // 4], "provider:accepted")
    full = steps(whole, "provider:accepted")

    assert full <= 8 * quarter + 2_000
    assert steps((piece * 10_000)[:10_000], "provider:accepted") <= 1.1 * full + 2_000
