"""Medians, percentiles and the one way in which a figure is printed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def say(name: str, value: str, more: str = "") -> None:
    """One figure on one line."""
    print(f"{name:<58} {value:>14}  {more}", flush=True)


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float], unit: str, baseline: str) -> float:
    """Print ours against a named baseline, both medians of interleaved rounds, and give the ratio."""
    found = median(ours) / median(theirs)
    say(name, f"{found:.1f}x", f"ours {median(ours):.0f} {unit}, {baseline} {median(theirs):.1f} {unit}")
    return found
