"""Numbers of others in what was said: cut down however they are written; days and one's own numbers stay."""

from __future__ import annotations

import pytest

from console.privacy import without_numbers, without_numbers_of_others

OWN = {"+8616200000771", "+869785550123"}


@pytest.mark.parametrize(
    "written",
    [
        "16200000999",
        "１６２０００００９９９",
        "162.0000.0999",
        "162 - 0000 - 0999",
        "+86 162/0000/0999",
        "(0978) 555 0999",
        "0978—5550999",
        "0000999",
    ],
)
def test_a_number_of_somebody_else_is_cut_down_however_it_is_written(written: str) -> None:
    for told in (without_numbers_of_others(f"请打{written}谢谢", OWN), without_numbers(f"请打{written}谢谢")):
        assert told.endswith("•••• 0999谢谢")
        assert not any(character.isdecimal() for character in told.replace("•••• 0999", ""))


@pytest.mark.parametrize("written", ["16200000771", "+86 162-0000-0771", "１６２０００００７７１", "0978 5550123"])
def test_ones_own_number_stays_as_it_was_written(written: str) -> None:
    assert without_numbers_of_others(f"我的{written}", OWN) == f"我的{written}"


@pytest.mark.parametrize(
    "day", ["1950-04-08", "2026.11.25", "2026/1/5", "2026-11-25 10:30", "8号楼2单元1002", "12345元"]
)
def test_days_doors_and_prices_are_no_numbers(day: str) -> None:
    assert without_numbers(day) == day
    assert without_numbers_of_others(day, OWN) == day
