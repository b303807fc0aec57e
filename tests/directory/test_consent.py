"""May we write to a number for a purpose."""

from __future__ import annotations

import pytest

from directory.consent import held_back, stricter


@pytest.mark.parametrize(
    ("purpose", "stopped", "has_consent", "why"),
    [
        ("service", None, False, ""),
        ("service", "notices", False, ""),
        ("service", "all", True, "stopped_all"),
        ("notice", None, True, ""),
        ("notice", None, False, "no_consent"),
        ("notice", "notices", True, "stopped_notices"),
        ("notice", "all", True, "stopped_all"),
        ("emergency", "all", False, ""),
        ("system", "all", False, ""),
    ],
)
def test_what_was_stopped_or_never_agreed_to_is_held_back(
    purpose: str, stopped: str | None, has_consent: bool, why: str
) -> None:
    assert held_back(purpose, stopped, has_consent=has_consent) == why


def test_the_first_stop_ends_notices_and_the_second_everything() -> None:
    assert stricter(None, is_everything=False) == "notices"
    assert stricter("notices", is_everything=False) == "all"
    assert stricter("all", is_everything=False) == "all"


def test_a_stop_of_everything_needs_no_second_one() -> None:
    assert stricter(None, is_everything=True) == "all"
