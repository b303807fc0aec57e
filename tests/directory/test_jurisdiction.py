"""Codes as paths."""

from __future__ import annotations

import pytest

from directory.jurisdiction import common_depth, depth, is_within, parent, path


@pytest.mark.parametrize(("code", "deep"), [("AH", 1), ("AH01", 2), ("AH0102", 3), ("AH010201", 4), ("AH" * 7, 7)])
def test_the_length_of_a_code_tells_how_deep_it_lies(code: str, deep: int) -> None:
    assert depth(code) == deep


@pytest.mark.parametrize("code", ["", "A", "AH0", "AH-1", "安禾", "AH" * 17])
def test_what_is_no_code_has_no_depth(code: str) -> None:
    with pytest.raises(ValueError, match="jurisdiction"):
        depth(code)


@pytest.mark.parametrize(("code", "above"), [("AH", ""), ("AH01", "AH"), ("AH010201", "AH0102")])
def test_the_code_above(code: str, above: str) -> None:
    assert parent(code) == above


def test_a_place_lies_within_itself_and_all_above_it() -> None:
    assert all(is_within("AH010201", prefix) for prefix in ("", "AH", "AH01", "AH0102", "AH010201"))


def test_a_place_does_not_lie_within_its_neighbours() -> None:
    assert not any(is_within("AH010201", prefix) for prefix in ("AH02", "AH0101", "AH010202"))


def test_the_path_goes_from_the_city_to_the_place() -> None:
    assert path("AH010201") == ("AH", "AH01", "AH0102", "AH010201")
    assert path("") == ()


@pytest.mark.parametrize(
    ("other", "levels"), [("AH010201", 4), ("AH010202", 3), ("AH010101", 2), ("AH020101", 1), ("BX010201", 0), ("", 0)]
)
def test_near_places_share_more_levels(other: str, levels: int) -> None:
    assert common_depth("AH010201", other) == common_depth(other, "AH010201") == levels
