"""Ratings with a prior."""

from __future__ import annotations

import pytest

from providers.standing import PRIOR_MEAN, rating_with_prior


def test_a_newcomer_is_taken_for_ordinary() -> None:
    assert rating_with_prior(0, 0) == PRIOR_MEAN


def test_one_top_score_does_not_beat_many_good_ones() -> None:
    assert rating_with_prior(5.0, 1) < rating_with_prior(4.8, 100)


def test_one_bad_score_does_not_end_a_trade() -> None:
    assert rating_with_prior(1.0, 1) > rating_with_prior(3.5, 100)


def test_many_scores_speak_for_themselves() -> None:
    assert rating_with_prior(4.8, 10_000) == pytest.approx(4.8, abs=0.001)
