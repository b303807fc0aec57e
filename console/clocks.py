"""How a promise's clock looks: calm, near, soon, late; how much is used and what is left, as the design words it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NEAR = 50  # percent of the promised time used up
SOON = 80
DAY = timedelta(days=1)
MINUTES_SHOWN_BELOW = timedelta(minutes=5)


class Look(StrEnum):
    """The four looks of a clock."""

    CALM = "calm"
    NEAR = "near"
    SOON = "soon"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise: how it looks, percent used (0 to 100), what is left or over."""

    look: Look
    percent: int
    left: timedelta  # negative: over


def clock(start: datetime, by: datetime, now: datetime) -> Clock:
    """The look of a promise that runs from `start` to `by`."""
    whole = by - start
    used = 100 if whole <= timedelta() else int(100 * ((now - start) / whole))
    left = by - now
    if left < timedelta():
        return Clock(Look.LATE, 100, left)
    percent = min(max(used, 0), 100)
    return Clock(Look.SOON if percent >= SOON else Look.NEAR if percent >= NEAR else Look.CALM, percent, left)


def parts(length: timedelta) -> tuple[str, dict[str, str]]:
    """The key and facts of a length: `m:ss` under five minutes, `h:mm` under a day, days and hours above."""
    length = abs(length)
    seconds = int(length.total_seconds())
    if length < MINUTES_SHOWN_BELOW:
        return "short", {"minutes": str(seconds // 60), "seconds": f"{seconds % 60:02d}"}
    if length < DAY:
        return "hours", {"hours": str(seconds // 3600), "minutes": f"{seconds % 3600 // 60:02d}"}
    return "days", {"days": str(seconds // 86400), "hours": str(seconds % 86400 // 3600)}
