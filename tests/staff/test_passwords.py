"""What a password must be like."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from staff.passwords import weakness
from staff.service import hashing


@pytest.mark.parametrize("password", ["a sentence to remember", "梧桐里八号楼的猫爱睡觉", "xk2-9fh-4tz"])
def test_a_long_password_of_any_kind_is_taken(password: str) -> None:
    assert weakness(password, login="g02") is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "too_short"),
        ("ninechars", "too_short"),
        ("x" * 201, "too_long"),
        ("Li.Min-2026", "is_login"),
        ("aaaabbbbcccc", "too_plain"),
    ],
)
def test_short_plain_and_guessable_ones_are_not(password: str, why: str) -> None:
    assert weakness(password, login="li.min-20") == why


def test_outside_of_tests_a_hash_costs_what_the_standard_advises() -> None:
    """RFC 9106, section 4, for where memory is scarce: 64 MiB and three rounds."""
    assert PasswordHasher.from_parameters(hashing.COST).hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
