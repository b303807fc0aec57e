"""Deadlines of a ticket, and when to warn that one comes near. Calendar time, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.policy import TierLimits

WARN_AT = (100, 80, 50)  # percent of the closing clock


@dataclass(frozen=True, slots=True)
class Deadlines:
    """By when the requester is contacted, from when the closing clock runs, and by when the ticket is closed."""

    contact_by: datetime
    clock_from: datetime
    close_by: datetime


def at_opening(opened_at: datetime, limits: TierLimits, starts_after: timedelta) -> Deadlines:
    """The contact clock starts now, the closing clock after `starts_after` at the latest."""
    clock_from = opened_at + starts_after
    return Deadlines(opened_at + limits.contact_within, clock_from, clock_from + limits.close_within)


def at_first_dispatch(clock_from: datetime, dispatched_at: datetime, limits: TierLimits) -> tuple[datetime, datetime]:
    """Start and end of the closing clock once somebody is asked: an earlier start counts, a later one never."""
    start = min(clock_from, dispatched_at)
    return start, start + limits.close_within


def warning_due(clock_from: datetime, close_by: datetime, now: datetime) -> int:
    """The highest mark that is passed: 0, 50, 80 or 100 percent of the time."""
    used = (now - clock_from) / (close_by - clock_from) * 100
    return next((mark for mark in WARN_AT if used >= mark), 0)


def next_warning(clock_from: datetime, close_by: datetime, warned: int) -> datetime | None:
    """When the next mark is reached; None after the last."""
    left = [mark for mark in WARN_AT if mark > warned]
    return clock_from + (close_by - clock_from) * min(left) / 100 if left else None
