"""Which standing may follow which."""

from __future__ import annotations

from itertools import pairwise

import pytest

from providers.errors import IllegalStanding
from providers.vetting import MOVES, Standing, check_move


def test_every_standing_has_its_moves() -> None:
    assert set(MOVES) == set(Standing)


def test_the_way_in_has_no_short_cut() -> None:
    way = [Standing.APPLIED, Standing.DOCUMENTS_CHECKED, Standing.VISITED, Standing.TRIAL, Standing.ACTIVE]

    for old, new in pairwise(way):
        check_move(old, new)
    for old, new in zip(way, way[2:], strict=False):
        with pytest.raises(IllegalStanding):
            check_move(old, new)


def test_who_was_removed_stays_removed() -> None:
    assert MOVES[Standing.REMOVED] == frozenset()


def test_the_suspended_and_the_expired_can_come_back() -> None:
    check_move(Standing.SUSPENDED, Standing.ACTIVE)
    check_move(Standing.EXPIRED, Standing.ACTIVE)
