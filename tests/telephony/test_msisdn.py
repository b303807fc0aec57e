"""Numbers as people type them, and as pages and voices give them back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.msisdn import Bad, BadNumber, is_fixed, is_mobile, masked, read, spoken, to_e164

TYPED = list(csv.DictReader(Path(__file__).with_name("phones.csv").read_text(encoding="utf-8").splitlines()))


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
        ("١٦٢٠٠٠٠٠٠٠١", Bad.LETTERS),
        ("1620000xxxx", Bad.MASKED),
        ("162●●●●0029", Bad.MASKED),
        ("1", Bad.TOO_SHORT),
        ("+86", Bad.TOO_SHORT),
        ("+999123456789", Bad.INVALID),
        ("1" + "a" * 100_000, Bad.NOT_A_NUMBER),
        ("2026-11-25 10:00", Bad.TOO_LONG),
    ],
)
def test_what_only_looks_like_a_number_is_refused(raw: str, kind: Bad) -> None:
    with pytest.raises(BadNumber) as refused:
        to_e164(raw)

    assert refused.value.kind is kind


@given(st.text(max_size=40), st.sampled_from(["CN", "US", "GB"]))
def test_any_text_is_a_number_or_refused_and_never_breaks(raw: str, region: str) -> None:
    e164, _, _, error = reading_of(raw, region)

    assert bool(e164) != bool(error)


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
