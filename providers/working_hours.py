"""Is a provider open at a moment, and when does he open next; hours may pass midnight."""

from __future__ import annotations

from datetime import datetime, time, timedelta


def is_open(at: time, opens: time | None, closes: time | None) -> bool:
    """Whether a time on the city's clocks lies in the hours. The opening minute is in, the closing minute is out.

    No hours, or the same time twice, mean round the clock. 18:00 to 04:00 is open at 2:00.
    """
    if opens is None or closes is None or opens == closes:
        return True
    if opens < closes:
        return opens <= at < closes
    return at >= opens or at < closes


def opens_next(at: datetime, opens: time | None, closes: time | None) -> datetime:
    """The moment from which the provider is open: `at` itself when he is open. In and out in the city's zone."""
    if opens is None or is_open(at.timetz().replace(tzinfo=None), opens, closes):
        return at
    today = datetime.combine(at.date(), opens, tzinfo=at.tzinfo)
    return today if today > at else datetime.combine(at.date() + timedelta(days=1), opens, tzinfo=at.tzinfo)


def read_hours(text: str) -> tuple[time | None, time | None]:
    """`24h` or `18:00-04:00` as opening and closing time. Raises ValueError for anything else."""
    if text == "24h":
        return None, None
    opens, dash, closes = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} are not hours such as 08:00-18:00 or 24h")
    return time.fromisoformat(opens), time.fromisoformat(closes)
