"""What a text costs: the carrier's own count and the mainland's, at every edge."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sms.segments import Profile, Size, beyond_gsm, count

with (Path(__file__).parent / "lengths.csv").open(encoding="utf-8", newline="") as file:
    LENGTHS = list(csv.DictReader(file))


@pytest.mark.parametrize("line", LENGTHS, ids=[f"{one['profile']}-{one['units']}-{one['note']}" for one in LENGTHS])
def test_the_count_of_every_known_length(line: dict[str, str]) -> None:
    expected = Size(line["encoding"], int(line["units"]), int(line["segments"]))

    assert count(line["text"], Profile(line["profile"])) == expected


def test_there_are_as_many_known_lengths_as_were_collected() -> None:
    assert len(LENGTHS) == 28


def test_an_empty_text_takes_no_segment() -> None:
    assert count("") == Size("GSM-7", 0, 0)


@pytest.mark.parametrize(
    ("text", "units"), [("a\r\nb", 4), ("a\nb", 3), ("e\u0301", 2), ("é", 1), ("€|😀", 4), ("~{}", 6)]
)
def test_line_ends_accents_and_pairs_count_as_carriers_count(text: str, units: int) -> None:
    assert count(text).units == units


def test_the_characters_that_make_a_text_dear_are_named_once() -> None:
    assert beyond_gsm("it’s fine, isn’t it — 好") == ["’", "—", "好"]
    assert beyond_gsm("[plain] {text} | €") == []
