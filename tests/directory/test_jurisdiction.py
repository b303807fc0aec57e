"""Codes as paths."""

from __future__ import annotations

import pytest

from directory.jurisdiction import Level, common_depth, is_within, level_of, path


@pytest.mark.parametrize(
    ("code", "level"),
    [("AH", Level.CITY), ("AH01", Level.DISTRICT), ("AH0102", Level.STREET), ("AH010201", Level.COMMUNITY)],
)
def test_the_length_of_a_code_tells_the_level(code: str, level: Level) -> None:
    assert level_of(code) is level


@pytest.mark.parametrize("code", ["", "A", "AH0", "AH01020101", "AH-1"])
def test_what_is_no_code_has_no_level(code: str) -> None:
    with pytest.raises(ValueError, match=r"jurisdiction|Level"):
        level_of(code)


def test_a_place_lies_within_itself_and_all_above_it() -> None:
    assert all(is_within("AH010201", prefix) for prefix in ("", "AH", "AH01", "AH0102", "AH010201"))


def test_a_place_does_not_lie_within_its_neighbours() -> None:
    assert not any(is_within("AH010201", prefix) for prefix in ("AH02", "AH0101", "AH010202"))


def test_the_path_goes_from_the_city_to_the_place() -> None:
    assert path("AH010201") == ("AH", "AH01", "AH0102", "AH010201")
    assert path("") == ()


@pytest.mark.parametrize(
    ("other", "depth"), [("AH010201", 4), ("AH010202", 3), ("AH010101", 2), ("AH020101", 1), ("BX010201", 0), ("", 0)]
)
def test_near_places_share_more_levels(other: str, depth: int) -> None:
    assert common_depth("AH010201", other) == common_depth(other, "AH010201") == depth
