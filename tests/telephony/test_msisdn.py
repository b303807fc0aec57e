"""Numbers as people type them, and as pages and voices give them back."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telephony import msisdn_china
from telephony.msisdn import Bad, BadNumber, is_fixed, is_mobile, masked, read, spoken, to_e164

ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|[tnr\\])")  # how phones-more.csv writes what cannot be seen
CHARACTERS = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table beside this file."""
    return list(csv.DictReader(Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()))


def seen(raw: str) -> str:
    """The cell with its escapes resolved."""
    return ESCAPE.sub(lambda found: CHARACTERS.get(found[1]) or chr(int(found[1][1:], 16)), raw)


TYPED = table("phones.csv")
MORE = [(seen(row["raw"]), row) for row in table("phones-more.csv")]
MOBILES = st.integers(0, 9999).map("1620000{:04d}".format)
LANDLINES = st.integers(0, 9999).map("0978555{:04d}".format)
NOISE = ["", " ", "-", " - ", ".", "\u00a0", "\u3000", "\u200b", "\u202c", "\u00ad", "－", "—", "\t"]
LETTERS = st.characters(categories=["Lu", "Ll"]).filter(lambda char: len(unicodedata.normalize("NFKC", char)) == 1)


def reading_of(raw: str, region: str = "CN", area_code: str | None = None) -> tuple[str, str, str, str]:
    """Number, extension, kind of line and reason of refusal, as the table writes them."""
    try:
        number = read(raw, region=region, area_code=area_code)
    except BadNumber as err:
        return "", "", "", err.kind.value
    return number.e164, number.extension or "", number.line.value, ""


@pytest.mark.parametrize("row", TYPED, ids=[row["notes"] for row in TYPED])
def test_a_number_as_typed_is_the_number_meant_or_refused_for_a_reason(row: dict[str, str]) -> None:
    reading = reading_of(row["raw"], row["region"], row["area_code"] or None)

    assert reading == (row["expected_e164"], row["expected_ext"], row["expected_type"], row["expected_error"])


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("1620000 O001", Bad.LETTERS),
        ("16200 O 000028", Bad.LETTERS),
        ("162oo000028", Bad.LETTERS),
        ("1620000xxxx", Bad.MASKED),
        ("162●●●●0029", Bad.MASKED),
        ("1", Bad.TOO_SHORT),
        ("+86", Bad.TOO_SHORT),
        ("+999123456789", Bad.INVALID),
        ("1" + "a" * 100_000, Bad.NOT_A_NUMBER),
        ("2026-11-25 10:00", Bad.NOT_A_NUMBER),
    ],
)
def test_what_only_looks_like_a_number_is_refused(raw: str, kind: Bad) -> None:
    with pytest.raises(BadNumber) as refused:
        to_e164(raw)

    assert refused.value.kind is kind


def test_hundreds_of_other_ways_to_type_are_read_right() -> None:
    """One test for the whole table, so that a change shows all rows that it breaks."""
    wrong = []
    for raw, row in MORE:
        reading = reading_of(raw, row["region"], row["area_code"] or None)
        expected = (row["expected_e164"], row["expected_ext"], row["expected_type"], row["expected_error"])
        if reading != expected:
            wrong.append((row["notes"], row["raw"], expected, reading))

    assert wrong == []
    assert len(MORE) > 1000


TYPING = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789+-() ./x#*EeOl转或，、\n\u200b\u0661①²年号0123456789", max_size=30),
    st.sampled_from([raw for raw, _ in MORE]).flatmap(lambda raw: st.permutations(list(raw)[:40]).map("".join)),
)


@given(TYPING, st.sampled_from(["CN", "US", "GB", "HK", "JP", "XX", ""]), st.sampled_from([None, "0978", "010", "²"]))
@example("²", "US", None)
def test_any_text_is_a_valid_number_or_refused_and_never_breaks(raw: str, region: str, area_code: str | None) -> None:
    e164, extension, _, error = reading_of(raw, region, area_code)

    assert bool(e164) != bool(error)
    if e164:
        assert phonenumbers.is_valid_number(phonenumbers.parse(e164))
        assert reading_of(e164, region)[0] == e164
        assert not extension or extension.isdecimal()


@given(TYPING, st.sampled_from([None, "0978"]))
def test_a_number_holds_no_digit_that_was_not_typed(raw: str, area_code: str | None) -> None:
    """Read back from right to left, the digits stand at the end of what was typed, or before the extension."""
    e164, extension, _, _ = reading_of(raw, "CN", area_code)

    if e164.startswith("+86") and "e" not in raw.lower():
        typed = "".join(str(unicodedata.digit(char)) for char in raw if unicodedata.digit(char, None) is not None)
        assert e164[-7:] in typed
        assert (extension or "") in typed


@given(MOBILES | LANDLINES, st.lists(st.sampled_from(NOISE), min_size=14, max_size=14))
def test_signs_between_the_groups_do_not_change_the_number(number: str, noise: list[str]) -> None:
    groups = [number[:4], number[4:7], number[7:]]
    typed = "".join(before + group for before, group in zip(noise, groups, strict=False))

    assert to_e164(typed) == f"+86{number.removeprefix('0')}"


@given(MOBILES | LANDLINES, st.integers(0, 11), LETTERS, st.booleans())
@example("16200000001", 11, "e", False)
@example("09785550156", 7, "x", False)
def test_a_letter_among_the_digits_is_always_refused(number: str, place: int, letter: str, is_instead: bool) -> None:
    typed = number[:place] + letter + number[place + is_instead :]

    with pytest.raises(BadNumber) as refused:
        to_e164(typed, area_code="0978")

    assert refused.value.kind in {Bad.LETTERS, Bad.MASKED, Bad.SCIENTIFIC}


@given(MOBILES | LANDLINES, st.integers(0, 10), st.sampled_from("*?？×●＊"))
def test_a_hidden_digit_is_always_refused(number: str, place: int, star: str) -> None:
    with pytest.raises(BadNumber):
        to_e164(number[:place] + star + number[place + 1 :], area_code="0978")


@given(
    st.sampled_from([*range(130, 200), 10, 20, 21, 29, 400, 571, 755, 754, 800, 851, 898, 978, 991]).flatmap(
        lambda start: st.integers(0, 10**8 - 1).map(lambda rest: f"{start}{rest:08d}"[:11])
    )
)
def test_a_section_decides_the_kind_of_line_as_the_library_does(national: str) -> None:
    number = phonenumbers.PhoneNumber(country_code=86, national_number=int(national))

    assert msisdn_china.kind_of(national) == phonenumbers.number_type(number)


@given(MOBILES, MOBILES, st.sampled_from(["/", "、", "，", ";", " ", "\n", "或", "|", "", " / ", "-"]))
def test_two_numbers_are_never_one(first: str, second: str, between: str) -> None:
    with pytest.raises(BadNumber) as refused:
        to_e164(first + between + second)

    assert refused.value.kind is Bad.MULTIPLE


@given(
    st.integers(0, 9999),
    st.sampled_from(["{}", "+86 {}", "0086-{}", "手机：{}", "{}（王阿姨）", "0{}", "'{}", "tel:{}"]),
)
def test_the_same_number_in_any_dress_is_the_same_number(last: int, dress: str) -> None:
    assert to_e164(dress.format(f"1620000{last:04d}")) == f"+861620000{last:04d}"


@given(st.integers(0, 9999))
def test_a_read_number_reads_as_itself(last: int) -> None:
    assert to_e164(f"+861620000{last:04d}") == f"+861620000{last:04d}"


def test_the_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(BadNumber) as refused:
        to_e164("162000000277")

    assert "162" not in str(refused.value)


def test_mobiles_and_landlines_are_told_apart() -> None:
    assert (is_mobile("+8616200000901"), is_fixed("+8616200000901")) == (True, False)
    assert (is_mobile("+869785550156"), is_fixed("+869785550156")) == (False, True)
    assert (is_mobile("+12025550143"), is_fixed("+12025550143")) == (True, False)
    assert (is_mobile("client:x"), is_fixed("client:x")) == (False, False)


@pytest.mark.parametrize(
    ("number", "shown", "said"),
    [
        ("+8616200000901", "162 •••• 0901", "1 6 2, 0 0 0 0, 0 9 0 1"),
        ("+869785550156", "0978 ••• 0156", "0 9 7 8, 5 5 5, 0 1 5 6"),
        ("+861055500114", "010 •••• 0114", "0 1 0, 5 5 5 0, 0 1 1 4"),
        ("+12025550143", "•••• 0143", "1 2 0, 2 5 5, 5 0 1, 4 3"),
        ("+12345", "••••", "1 2 3, 4 5"),
    ],
)
def test_a_number_is_shown_masked_and_said_in_groups(number: str, shown: str, said: str) -> None:
    assert (masked(number), spoken(number)) == (shown, said)
