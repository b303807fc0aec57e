"""Grams: what is indexed of a person, what is asked for by a fragment, and that the two meet."""

from __future__ import annotations

import pytest

from directory.fragments import (
    LONGEST,
    LONGEST_WORDS,
    Field,
    Subject,
    fold,
    gram,
    grams_of,
    grams_of_scope,
    initials,
    national,
    terms,
    words_of,
)

TANG = Subject(("唐晓东",), ("+8616200000901", "+869785559901"), "2号楼1单元1002", "AH010201")


def is_found(subject: Subject, fragment: str) -> bool:
    """Whether every term's grams are among the subject's and its words stand there: what the database asks."""
    grams, words = set(grams_of(subject)), words_of(subject)
    return all(term.words in words and any(grams >= set(way) for way in term.ways) for term in terms(fragment))


@pytest.mark.parametrize(
    "fragment",
    [
        "唐",
        "晓东",
        "唐晓东",
        "唐曉東",
        "txd",
        "TXD",
        "xd",
        "t",
        "901",
        "0901",
        "16200000901",
        "162 0000 0901",
        "162-0000-0901",
        "+86 162 0000 0901",
        "008616200000901",
        "8616200000901",
        "１６２００００",
        "0978-5559901",
        "5559901",
        "1002",
        "2号楼",
        "2号楼1单元",
        "2号楼1单元1002",
        "2号楼1002",
        "2-1-1002",
        "唐 1002",
        "唐1002",
        " 1002　唐 ",
        "txd 2号楼",
    ],
)
def test_any_fragment_finds_the_person(fragment: str) -> None:
    assert is_found(TANG, fragment)


@pytest.mark.parametrize(
    "fragment", ["王", "唐晓西", "东晓", "txx", "902", "1003", "3号楼", "王 1002", "唐 1003", "16200000902", "2"]
)
def test_what_is_not_there_finds_nobody(fragment: str) -> None:
    other = Subject(("唐晓东",), ("+8616200000901",), "12号楼1单元1002", "AH010201")

    assert not is_found(other, fragment)


def test_a_surname_of_several_readings_is_found_by_each() -> None:
    assert {one[0] for one in initials("单丽")} == {"d", "c", "s"}
    assert {one[0] for one in initials("解丽")} == {"x", "j"}
    assert {one[0] for one in initials("曾丽")} == {"z", "c"}
    assert {one[0] for one in initials("仇丽")} == {"q", "c"}
    assert {one[0] for one in initials("乐丽")} == {"y", "l"}


def test_a_common_surname_has_no_reading_that_nobody_says() -> None:
    assert initials("王董石杜") == ("wdsd",)


def test_a_name_in_letters_has_the_initials_of_its_words() -> None:
    maria = Subject(("María González",), (), "A座301", "AH010201")

    assert initials("María González") == ("mg",)
    for fragment in ("maria", "MARÍA", "gonz", "mg", "maria gonzalez", "a座", "A座301"):
        assert is_found(maria, fragment), fragment
    assert not is_found(maria, "marta")


def test_a_rare_character_without_a_reading_is_found_as_itself() -> None:
    rare = Subject(("王𠮷",), (), "1号", "AH010201")

    assert is_found(rare, "𠮷")
    assert is_found(rare, "王𠮷")
    assert initials("王𠮷") == ("w",)


@pytest.mark.parametrize("fragment", ["", " ", "。，", "😀", "%", "_", "'"])
def test_a_fragment_without_words_asks_for_nothing(fragment: str) -> None:
    assert terms(fragment) == ()


@pytest.mark.parametrize("fragment", ["号楼", "单元", "号楼单元"])
def test_words_that_stand_in_every_address_say_that_they_do(fragment: str) -> None:
    assert [term.is_everywhere for term in terms(fragment)] == [True]


def test_a_surname_that_is_also_a_word_of_addresses_finds_the_surname_only() -> None:
    assert is_found(Subject(("单丽",), (), "5号", "AH010201"), "单")
    assert not is_found(Subject(("王丽",), (), "1单元5号", "AH010201"), "单")


def test_the_house_of_just_this_number_is_better_than_one_that_ends_so() -> None:
    twelve = set(grams_of(Subject(("唐",), (), "12号楼301", "AH010201")))
    two = set(grams_of(Subject(("唐",), (), "2号楼301", "AH010201")))
    (term,) = terms("2号楼")

    assert set(term.ways[0]) <= two & twelve
    assert set(term.better[0]) <= two
    assert not set(term.better[0]) <= twelve


def test_the_end_of_a_number_is_better_than_its_middle() -> None:
    (term,) = terms("0901")

    assert set(term.better[0]) <= set(grams_of(TANG))
    assert gram(Field.TAIL, "0901") in term.better[0]
    assert gram(Field.RUN, "0901") in term.better[1]


def test_grams_are_signed_integers_that_stay_the_same() -> None:
    assert gram(Field.SIGN, "唐") == 1121733088
    assert any(one < 0 for one in grams_of(TANG))
    assert all(-(2**31) <= one < 2**31 for one in grams_of(TANG))


def test_a_scope_of_a_whole_city_needs_no_gram_and_smaller_areas_have_one_each() -> None:
    assert grams_of_scope(("",)) is None
    assert grams_of_scope(("AH", "BX01")) is None
    assert grams_of_scope(("AH01", "AH0203")) == [gram(Field.PLACE, "AH01"), gram(Field.PLACE, "AH0203")]
    assert set(grams_of_scope(("AH0102",)) or ()) <= set(grams_of(TANG))
    assert not set(grams_of_scope(("AH0103",)) or ()) & set(grams_of(TANG))


@pytest.mark.parametrize(
    ("e164", "dialled"),
    [
        ("+8616200000901", "16200000901"),
        ("+869785559901", "09785559901"),
        ("+864008123123", "4008123123"),
        ("+442079460018", "442079460018"),
    ],
)
def test_a_number_is_found_as_people_dial_it(e164: str, dialled: str) -> None:
    assert national(e164) == dialled


def test_endless_words_stay_within_their_room() -> None:
    long = Subject(("唐" * 64,) * 3, ("+8616200000901",) * 30, "号" * 200, "AH010201")

    assert len(words_of(long)) <= LONGEST_WORDS
    assert len(terms("9" * 500)[0].words) == LONGEST


def test_folding_twice_changes_nothing() -> None:
    for text in ("唐　曉東", "Ｍａｒｉａ  Ünal", "２号楼"):
        assert fold(fold(text)) == fold(text)
