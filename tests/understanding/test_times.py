"""Days, hours, waits and rests, counted from ten on Wednesday the 25th of November 2026."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.understanding.hearing import NOW, hear
from understanding import Intent, read
from understanding.folding import fold
from understanding.numerals import to_digits
from understanding.times import find_when


def when(text: str) -> dict[str, str]:
    return find_when(to_digits(fold(text)), NOW).values


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("今天", "2026-11-25"),
        ("明天", "2026-11-26"),
        ("听日", "2026-11-26"),
        ("后天", "2026-11-27"),
        ("大后天", "2026-11-28"),
        ("周六", "2026-11-28"),
        ("周三", "2026-12-02"),
        ("这周五", "2026-11-27"),
        ("下周一", "2026-11-30"),
        ("下周三", "2026-12-02"),
        ("下下周二", "2026-12-08"),
        ("礼拜天", "2026-11-29"),
        ("30号", "2026-11-30"),
        ("3号", "2026-12-03"),
        ("12月3号", "2026-12-03"),
        ("2026-12-05", "2026-12-05"),
        ("1月5日", "2027-01-05"),
        ("三天后", "2026-11-28"),
        ("月底", "2026-11-30"),
        ("tomorrow", "2026-11-26"),
        ("tmr", "2026-11-26"),
        ("day after tomorrow", "2026-11-27"),
        ("on friday", "2026-11-27"),
        ("next monday", "2026-11-30"),
        ("next friday", "2026-12-04"),
        ("dec 5th", "2026-12-05"),
        ("5 december", "2026-12-05"),
        ("the 3rd", "2026-12-03"),
        ("in two days", "2026-11-27"),
    ],
)
def test_a_day_is_found_however_it_is_named(text: str, date: str) -> None:
    assert when(text)["date"] == date


@pytest.mark.parametrize("text", ["2月30号", "99号", "3号楼", "2号线", "一天", "第3天", "13月5号"])
def test_what_is_no_day_is_not_read_as_one(text: str) -> None:
    assert "date" not in when(text)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2点", "14:00"),
        ("6点", "18:00"),
        ("8点", "08:00"),
        ("12点", "12:00"),
        ("13点", "13:00"),
        ("两点半", "14:30"),
        ("三点一刻", "15:15"),
        ("差十分三点", "14:50"),
        ("上午9点", "09:00"),
        ("下午3点20", "15:20"),
        ("晚上8点", "20:00"),
        ("早上六点", "06:00"),
        ("中午12点", "12:00"),
        ("14:15", "14:15"),
        ("10:30", "10:30"),
        ("3pm", "15:00"),
        ("9 am", "09:00"),
        ("half past three", "15:30"),
        ("quarter to five", "16:45"),
        ("at 4", "16:00"),
        ("noon", "12:00"),
    ],
)
def test_an_hour_is_found_however_it_is_told(text: str, time: str) -> None:
    assert when(text)["time"] == time


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("下午3点到4点之间", {"time": "15:00", "time_to": "16:00"}),
        ("between 2 and 4", {"time": "14:00", "time_to": "16:00"}),
        ("九点到十一点", {"time": "09:00", "time_to": "11:00"}),
        ("11点到1点", {"time": "11:00", "time_to": "13:00"}),
        ("六点以后", {"time_after": "18:00"}),
        ("after 6 pm", {"time_after": "18:00"}),
        ("not before 10 am", {"time_after": "10:00"}),
        ("五点之前", {"time_before": "17:00"}),
        ("by 5", {"time_before": "17:00"}),
        ("明天上午", {"date": "2026-11-26", "part": "am"}),
        ("saturday evening", {"date": "2026-11-28", "part": "evening"}),
    ],
)
def test_spans_sides_and_parts_of_the_day_are_told_apart(text: str, values: dict[str, str]) -> None:
    assert when(text) == values


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("20分钟", "20"),
        ("半小时", "30"),
        ("1 半小时到", "30"),
        ("半个钟", "30"),
        ("一个半小时", "90"),
        ("1个半钟头", "90"),
        ("两个小时", "120"),
        ("一刻钟", "15"),
        ("三刻钟", "45"),
        ("1小时20分", "80"),
        ("45 min", "45"),
        ("an hour", "60"),
        ("half an hour", "30"),
        ("an hour and a half", "90"),
        ("2 hours", "120"),
    ],
)
def test_a_wait_is_minutes(text: str, minutes: str) -> None:
    assert when(text)["minutes"] == minutes


@pytest.mark.parametrize(
    ("text", "delay"), [("晚到20分钟", "20"), ("迟半小时", "30"), ("running 15 min late", "15"), ("耽误一个小时", "60")]
)
def test_a_wait_beyond_what_was_agreed_is_a_delay(text: str, delay: str) -> None:
    assert when(text)["delay"] == delay


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("休息三天", "2026-11-28"),
        ("休息一周", "2026-12-02"),
        ("周五之前别派单", "2026-11-27"),
        ("明天休息一天，别派单", "2026-11-27"),
        ("这周末不接单，下周一恢复", "2026-11-30"),
        ("no jobs until monday", "2026-11-30"),
        ("off for two weeks", "2026-12-09"),
        ("后天回来", "2026-11-27"),
    ],
)
def test_a_rest_ends_on_the_first_day_of_work(text: str, until: str) -> None:
    assert hear(text, "provider:none") == (Intent.PAUSE, {"until": until})


def test_days_are_those_of_the_zone_of_now() -> None:
    late = datetime(2026, 11, 25, 17, 0, tzinfo=ZoneInfo("UTC"))

    there = read("改到明天", context="resident:visit", lang="zh", now=late).values["date"]
    here = read("改到明天", context="resident:visit", lang="zh", now=late.astimezone(NOW.tzinfo)).values["date"]

    assert (there, here) == ("2026-11-26", "2026-11-27")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        read("明天", context="resident:visit", lang="zh", now=datetime(2026, 11, 25, 10, 0))  # noqa: DTZ001


def test_the_last_day_of_a_year_and_of_february_are_followed_by_the_next() -> None:
    eve = datetime(2027, 12, 31, 10, 0, tzinfo=NOW.tzinfo)
    leap = datetime(2028, 2, 28, 10, 0, tzinfo=NOW.tzinfo)

    assert find_when("明天", eve).values["date"] == "2028-01-01"
    assert find_when("明天", leap).values["date"] == "2028-02-29"
