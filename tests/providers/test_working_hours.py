"""Open or closed, over midnight too."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.working_hours import is_open, opens_next, read_hours

CITY = ZoneInfo("Asia/Shanghai")
DAY, NIGHT = (time(8), time(18)), (time(18), time(4))


def at(hour: int, minute: int = 0, day: int = 25) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CITY)


@pytest.mark.parametrize(
    ("hours", "moment", "is_it"),
    [
        (DAY, time(8, 0), True),
        (DAY, time(7, 59), False),
        (DAY, time(17, 59), True),
        (DAY, time(18, 0), False),
        (NIGHT, time(18, 0), True),
        (NIGHT, time(23, 59), True),
        (NIGHT, time(0, 0), True),
        (NIGHT, time(3, 59), True),
        (NIGHT, time(4, 0), False),
        (NIGHT, time(12, 0), False),
        ((None, None), time(3, 0), True),
        ((time(9), time(9)), time(3, 0), True),
    ],
)
def test_the_opening_minute_is_in_and_the_closing_minute_out(
    hours: tuple[time | None, time | None], moment: time, is_it: bool
) -> None:
    assert is_open(moment, *hours) is is_it


@pytest.mark.parametrize(
    ("hours", "moment", "next_open"),
    [
        (DAY, at(12), at(12)),
        (DAY, at(6), at(8)),
        (DAY, at(18), at(8, day=26)),
        (DAY, at(23, 30), at(8, day=26)),
        (NIGHT, at(12), at(18)),
        (NIGHT, at(2), at(2)),
        ((None, None), at(3), at(3)),
    ],
)
def test_the_next_opening_is_today_or_tomorrow(
    hours: tuple[time | None, time | None], moment: datetime, next_open: datetime
) -> None:
    assert opens_next(moment, *hours) == next_open


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30)))  # noqa: DTZ001
def test_whoever_has_hours_opens_within_a_day(opens: time, closes: time, moment: datetime) -> None:
    asked = moment.replace(tzinfo=CITY, fold=0)

    found = opens_next(asked, opens, closes)

    assert is_open(found.time(), opens, closes)
    assert 0 <= (found - asked).total_seconds() <= 24 * 3600


def test_hours_of_a_list_are_read() -> None:
    assert read_hours("24h") == (None, None)
    assert read_hours("18:00-04:00") == NIGHT


@pytest.mark.parametrize("text", ["", "8 to 6", "08:00", "25:00-26:00"])
def test_senseless_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hours|hour|isoformat"):
        read_hours(text)
