"""How many wrong passwords are let through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from staff.throttle import free_again, network_of, tries_left

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=15)


def minutes_ago(*minutes: int) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


def test_one_may_try_until_the_last_try_is_used_up() -> None:
    assert free_again(minutes_ago(4, 3, 2, 1), most=5, window=WINDOW, now=NOW) is None
    assert tries_left(minutes_ago(4, 3, 2, 1), most=5) == 1


def test_then_one_waits_until_the_oldest_of_them_is_forgotten() -> None:
    assert free_again(minutes_ago(10, 4, 3, 2, 1), most=5, window=WINDOW, now=NOW) == timedelta(minutes=5)


def test_more_failures_than_allowed_wait_for_the_last_ones() -> None:
    assert free_again(minutes_ago(10, 9, 3), most=2, window=WINDOW, now=NOW) == timedelta(minutes=6)
    assert tries_left(minutes_ago(10, 9, 3), most=2) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_one_line_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
