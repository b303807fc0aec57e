"""How long words take to be said, and which of them fit before a caller is put through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import whisper
from ivr.reply import Sentence

MORE = Sentence("还有提示，请看工作台。", "zh")


def zh(*texts: str) -> list[Sentence]:
    return [Sentence(text, "zh") for text in texts]


@pytest.mark.parametrize(
    ("words", "shortest", "longest"),
    [
        ("", 0, 0),
        ("家里有狗。", 1, 2),
        ("住梧桐里社区8号楼2单元301。", 3, 5),
        ("Lives at Wutongli, building 8, unit 2, room 301.", 4, 6),
        ("Hard of hearing, speak slowly.", 2, 3.5),
    ],
)
def test_words_take_about_as_long_as_a_voice_needs(words: str, shortest: float, longest: float) -> None:
    assert shortest <= whisper.seconds(words) <= longest


def test_everything_is_said_where_there_is_time_for_it() -> None:
    told = whisper.fitted(zh("住8号楼。"), zh("耳朵不好。", "家里有狗。"), MORE, 12)

    assert told == (Sentence("住8号楼。耳朵不好。家里有狗。", "zh"),)


def test_what_does_not_fit_is_left_out_from_the_end_and_that_is_said() -> None:
    told = whisper.fitted(zh("住8号楼。"), zh("有过暴力。", "耳朵不好。", "家里有狗。", "没有电梯。"), MORE, 5.5)

    assert told == (Sentence("住8号楼。有过暴力。还有提示，请看工作台。", "zh"),)


def test_the_beginning_is_said_even_if_nothing_else_fits() -> None:
    assert whisper.fitted(zh("住8号楼。"), zh("耳朵不好。"), MORE, 0.1) == (Sentence(f"住8号楼。{MORE.text}", "zh"),)


def test_each_language_keeps_its_voice() -> None:
    told = whisper.fitted(
        [Sentence("Address: 8.", "en")], [Sentence("会打人。", "zh"), Sentence("A dog.", "en")], MORE, 9
    )

    assert [one.lang for one in told] == ["en", "zh", "en"]


@given(st.lists(st.text(max_size=60), max_size=8), st.floats(0, 15))
def test_beyond_the_beginning_nobody_waits_longer_than_allowed(marks: list[str], longest: float) -> None:
    told = whisper.fitted((), zh(*marks), MORE, longest)

    assert sum(whisper.seconds(one.text) for one in told) <= max(longest, whisper.seconds(MORE.text)) + 0.3 * len(marks)


@given(st.text(max_size=200))
def test_an_address_is_cut_to_what_can_be_said_in_time(words: str) -> None:
    cut = whisper.short(words)

    assert whisper.seconds(cut) <= whisper.LONGEST_ADDRESS
    assert words.startswith(cut)


def test_a_word_is_not_cut_in_two() -> None:
    assert whisper.short("Wutongli garden residence building eleven northern entrance", 2.1) == (
        "Wutongli garden residence building eleven"
    )


@pytest.mark.parametrize(
    ("note", "is_speakable"),
    [
        ("门铃坏了，请敲门", True),
        ("ring twice", True),
        ("8号楼2单元301后门进", True),
        ("女儿电话13800138000", False),
        ("138 0013 8000", False),
        ("１３８００１３８０００", False),
        ("...", False),
        ("", False),
    ],
)
def test_a_note_with_a_number_in_it_is_not_read_out(note: str, is_speakable: bool) -> None:
    assert whisper.is_speakable(note) is is_speakable


@pytest.mark.parametrize(
    "note",
    [
        "电话一三八零零一三八零零零",
        "138 - 0013 - 8000",
        "138（0013）8000",
        "1\u200b3\u200b8\u200b0\u200b0\u200b1",
        "幺三八〇〇",
        "١٣٨٠٠١٣٨",
        "110101 19491231 002X",
    ],
)
def test_a_number_is_a_number_however_it_is_written(note: str) -> None:
    assert not whisper.is_speakable(note)


@pytest.mark.parametrize("words", ["a" * 3000, "★" * 300, "门" * 3000, "アパート" * 300])
def test_what_nobody_breathes_between_takes_its_time_all_the_same(words: str) -> None:
    assert whisper.seconds(words) > whisper.LONGEST
    assert whisper.seconds(whisper.short(words)) <= whisper.LONGEST_ADDRESS


def test_what_cannot_be_said_at_all_is_cut_at_once() -> None:
    assert len(whisper.short("8号楼" + "-" * 100_000)) <= whisper.MOST
