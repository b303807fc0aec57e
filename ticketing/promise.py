"""From the words of a reading to the moment or the window in which somebody comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

PARTS = {"am": (time(9), time(12)), "pm": (time(14), time(18)), "evening": (time(18), time(21))}
WHOLE_DAY = (time(8), time(18))
HORIZON = timedelta(days=31)  # nobody means a visit later than that; a slip of the year is asked about


@dataclass(frozen=True, slots=True)
class Window:
    """When somebody comes: from `at`, at the latest `until`; the same moment twice where one was named."""

    at: datetime
    until: datetime


def read_window(values: Mapping[str, str], local_now: datetime, agreed: datetime | None = None) -> Window | None:
    """The window that a reading's values name, in the city's zone; None when they name none.

    `minutes` counts from now, `delay` from what was agreed (or from now), a bare time means today or, when that is
    past, tomorrow; a day without an hour is the whole working day, a part of the day its hours.
    """
    if "minutes" in values:
        return _moment(local_now + timedelta(minutes=float(values["minutes"])))
    if "delay" in values:
        start = agreed.astimezone(local_now.tzinfo) if agreed is not None else local_now
        return _moment(max(start, local_now) + timedelta(minutes=float(values["delay"])))
    hours = _hours(values)
    if hours is None:
        return None
    day = date.fromisoformat(values["date"]) if "date" in values else local_now.date()
    window = Window(*(datetime.combine(day, hour, tzinfo=local_now.tzinfo) for hour in hours))
    if window.until <= local_now and "date" not in values:
        return Window(window.at + timedelta(days=1), window.until + timedelta(days=1))
    return window if local_now < window.until <= local_now + HORIZON else None


def _hours(values: Mapping[str, str]) -> tuple[time, time] | None:
    named = [
        time.fromisoformat(values[key]) for key in ("time", "time_to", "time_after", "time_before") if key in values
    ]
    if "time" in values and "time_to" in values and named[1] > named[0]:
        return named[0], named[1]
    if named:
        return named[0], named[0]
    if "part" in values:
        return PARTS[values["part"]]
    return WHOLE_DAY if "date" in values else None


def _moment(at: datetime) -> Window:
    return Window(at, at)
