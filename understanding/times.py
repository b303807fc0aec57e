"""Dates, times of day, waits and delays, as people write them, against the moment and zone of ``now``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from understanding.dates import find_date
from understanding.durations import find_minutes

_AM = r"凌晨|清晨|清早|一早|早上|早晨|上午|上昼|早间|大早|早"
_PM = r"下午|下昼|晌午后|后晌|午后|傍晚|黄昏"
_EVENING = r"今晚|晚上|晚间|夜里|夜晚|半夜|夜间|晚黑|晚(?!点|一点|些|会|到|了|饭|来|\d+分|\d+个?小时|半)"
_NOON = r"中午|正午|晌午"
_PART = rf"(?:(?P<am>{_AM})|(?P<pm>{_PM})|(?P<evening>{_EVENING})|(?P<noon>{_NOON}))"
_HAN_TIME = re.compile(
    rf"(?:{_PART}的? ?)?(?:差(?P<short>\d+)分钟? ?)?(?<![\d.:])(?P<hour>[01]?\d|2[0-4]) ?(?:点|點|时(?!间)|"
    rf"时候?(?=前|后)|:|\.(?=[0-5]\d(?!\d)))"
    r"(?:钟|整)?(?:(?P<half>半)|(?P<quarter>[13])刻钟?|差(?P<lack>\d+)分?|(?P<minute>[0-5]\d|"
    r"(?<!:)\d(?=分))(?!\d)分?)?(?! ?(?:块|元|毛|个|%|折|多吨))(?P<ampm> ?(?:am|pm|a\.m\.|p\.m\.))?"
)
_SPAN_FIRST = re.compile(
    rf"(?:{_PART}的? ?)?(?<![\d.:])(?P<first>[01]?\d|2[0-4])(?:点?钟?|:00)? ?(?:-|~|到|至) ?(?P<second>[01]?\d|"
    rf"2[0-4])(?P<mark> ?(?:点钟?|:00|pm|am))(?!半|[13]刻|\d)"
    r"|(?<![a-z])between (?P<first2>1[0-2]|\d) and (?P<second2>1[0-2]|\d)(?P<mark2> ?(?:pm|am|oclock))?(?!\d)"
)
_EN_TIME = re.compile(
    r"(?<![\d.:a-z#])(?:(?P<half>half past|half) |(?P<past>quarter past|quarter to) )?(?P<hour>1[0-2]|0?\d)"
    r"(?:[:.h](?P<minute>[0-5]\d))? ?(?P<ampm>am|pm|a\.m\.?|p\.m\.?|a m|p m|oclock|o clock)(?![a-z])"
    r"|(?<![a-z])(?P<half2>half past|half) (?P<hour2>1[0-2]|[1-9])(?!\d| ?(?:min|hour|hr|day|week))"
    r"|(?<![a-z])(?P<past2>quarter past|quarter to) (?P<hour3>1[0-2]|[1-9])(?!\d)"
    r"|(?<=morning |evening )(?P<hour5>1[0-2]|[1-9])(?![\d:.a-z]| ?(?:yuan|kuai|rmb|min|people|times))"
    r"|(?<![a-z])(?:at|by|after|before|until|till|from|around|about|past) (?P<hour4>1[0-2]|[1-9])(?![\d:.]|"
    r"[ -]?(?:yuan|kuai|rmb|min|hour|hr|day|week|people|kids|minutes|h\b|m\b|%|am|pm|oclock|block|building|unit|"
    r"room|floor|months?))"
)
_MORE = re.compile(r"(?:以后|之后|过后|后|往后|先)(?!天|面|门|院)|才|(?<=点)再|(?<=点半)再")
_LESS = re.compile(r"(?:以前|之前|前)(?!面|台|门|天)")
_AFTER = re.compile(r"(?<![a-z])(?:after|from|past)(?= )")
_NOT_BEFORE = re.compile(r"(?<![a-z])(?:not before|no earlier than|not earlier than)(?= )|不早于|不要早于")
_BEFORE = re.compile(
    r"(?<![a-z])(?:before|(?<!there )(?<!here )by|until|till|no later than|not later than|not after)(?= )|不晚于|不迟于"
)
_NOON_ALONE = re.compile(r"(?<![a-z])(?:noon|midday)(?![a-z])")
_EN_PART = re.compile(
    r"(?<![a-z])(?:(?P<am>morning|mornings)|(?P<pm>afternoon|aftn|arvo)|(?P<evening>evening|tonight|night))(?![a-z])"
)
_PART_ALONE = re.compile(_PART)
_FULL_STAMP = re.compile(r"(?<!\d)([01]\d|2[0-3])([0-5]\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class When:
    """What a text says about time: values in the forms of the corpora, and the text with the time read away."""

    values: dict[str, str] = field(default_factory=dict)
    rest: str = ""

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def is_moment(self) -> bool:
        """Tell whether a day or an hour is named, not merely a part of the day or a wait."""
        return any(key in self.values for key in ("date", "time", "time_after", "time_before"))


@dataclass(frozen=True, slots=True)
class _Part:
    name: str = ""
    is_noon: bool = False


def find_when(digits: str, now: datetime, *, dotted_dates: bool = True) -> When:
    """Read every statement of time in a folded text whose numerals are digits.

    ``now`` is an aware datetime; days are counted in its own zone. Bare hours 1 to 6 are afternoon, 8 to 12 as
    written, 7 the next seven o'clock to come on that day.
    """
    rest = digits
    values: dict[str, str] = {}
    day, rest = find_date(rest, now.date(), dotted=dotted_dates)
    part = _part_of(rest)
    span, rest = _take(rest, _SPAN_FIRST, lambda match: _span(match, part, now, day))
    values |= span
    if not span:
        clock, rest = _clocks(rest, part, now, day)
        values |= clock
    waits, rest = find_minutes(rest)
    values |= waits
    if part.name and not any(key.startswith("time") for key in values):
        values["part"] = part.name
    if part.is_noon and "time" not in values and not any(key.startswith("time") for key in values):
        values["time"] = "12:00"
    if day is not None:
        values["date"] = day.isoformat()
    if values:
        rest = _EN_PART.sub(" ", _PART_ALONE.sub(" ", rest))
    return When(values, rest)


def _take(
    text: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], dict[str, str]]
) -> tuple[dict[str, str], str]:
    for match in pattern.finditer(text):
        values = read(match)
        if values:
            return values, text[: match.start()] + " " + text[match.end() :]
    return {}, text


def _part_of(text: str) -> _Part:
    match = _PART_ALONE.search(text) or _EN_PART.search(text)
    if match is None:
        return _Part(is_noon=bool(_NOON_ALONE.search(text)))
    return _part_in(match)


def _part_in(match: re.Match[str]) -> _Part:
    groups = match.groupdict()
    for name in ("am", "pm", "evening"):
        if groups.get(name):
            return _Part(name)
    return _Part(is_noon=bool(groups.get("noon")))


def _span(match: re.Match[str], part: _Part, now: datetime, day: date | None) -> dict[str, str]:
    """Read two hours joined by a dash, 到 or "and": the later one gives the half of the day to both."""
    first, second = int(match["first"] or match["first2"]), int(match["second"] or match["second2"])
    mark = (match["mark"] or match["mark2"] or "").strip()
    here = _part_in(match) if any(match[name] for name in ("am", "pm", "evening", "noon")) else part
    if mark in ("am", "pm"):
        here = _Part(f"12h {mark}")
    start, end = _hour(first, here, now, day), _hour(second, here, now, day)
    if mark == "pm" and start > end:
        start -= 12
    if end <= start and end + 12 < 24:
        end += 12
    return {"time": f"{start:02d}:00", "time_to": f"{end:02d}:00"} if end > start else {}


def _clocks(text: str, part: _Part, now: datetime, day: date | None) -> tuple[dict[str, str], str]:
    values: dict[str, str] = {}
    rest = text
    found: list[tuple[str, str]] = []
    for pattern in (_HAN_TIME, _EN_TIME):
        for match in pattern.finditer(rest):
            moment = _moment(match, part, now, day)
            if moment:
                found.append((_side(rest, match), moment))
        if found:
            rest = pattern.sub(lambda match: " " if _moment(match, part, now, day) else match.group(), rest)
            break
    for i, (side, moment) in enumerate(found):
        if side:
            values.setdefault(side, moment)
        elif "time" not in values:
            values["time"] = moment
        elif i == 1 and moment > values["time"] and re.search(r"到|至|-|~|to|and|till|until", text):
            values["time_to"] = moment
    return values, rest


def _side(text: str, match: re.Match[str]) -> str:
    after = text[match.end() : match.end() + 4].lstrip()
    before = text[max(0, match.start() - 12) : match.start() + 7]
    if _NOT_BEFORE.search(before):
        return "time_after"
    if _MORE.match(after) or (_AFTER.search(before) and "half" not in before and "quarter" not in before):
        return "time_after"
    if _LESS.match(after) or _BEFORE.search(before):
        return "time_before"
    return ""


def _moment(match: re.Match[str], part: _Part, now: datetime, day: date | None) -> str:
    groups = {name: value for name, value in match.groupdict().items() if value}
    hour = next((int(groups[name]) for name in ("hour", "hour2", "hour3", "hour4", "hour5") if name in groups), None)
    if hour is None or hour > 24:
        return ""
    minute = int(groups.get("minute", 0))
    if "half" in groups or "half2" in groups:
        minute = 30
    if "quarter" in groups:
        minute = 15 * int(groups["quarter"])
    short = int(groups.get("short", groups.get("lack", 0)))
    past = groups.get("past", groups.get("past2", ""))
    if past:
        minute, short = (15, 0) if "past" in past else (0, 15)
    here = _part_in(match) if any(name in groups for name in ("am", "pm", "evening", "noon")) else part
    ampm = groups.get("ampm", "").replace(".", "").replace(" ", "")
    if ampm in ("am", "pm"):
        here = _Part("12h " + ampm)
    hour = _hour(hour, here, now, day)
    total = (hour * 60 + minute - short) % 1440
    return f"{total // 60:02d}:{total % 60:02d}"


def _hour(hour: int, part: _Part, now: datetime, day: date | None) -> int:
    """Give the hour of 0 to 23 that a written hour means with this part of the day."""
    if part.name == "12h am":
        return hour % 12
    if part.name == "12h pm":
        return hour % 12 + 12 if hour <= 12 else hour
    if hour > 12:
        return hour % 24
    if part.name == "am":
        return hour
    if part.name == "pm":
        return hour if hour >= 12 else hour + 12
    if part.name == "evening":
        return 0 if hour == 12 else hour + 12 if hour >= 5 else hour
    if part.is_noon:
        return hour + 12 if hour < 3 else hour
    if 1 <= hour <= 6:
        return hour + 12
    if hour == 7 and (day is None or day == now.date()) and now.hour >= 7:
        return 19
    return hour


def with_four_digits(when: When, now: datetime) -> When:
    """Read a bare ``1430`` as a time where a time is expected and nothing else was said."""
    match = _FULL_STAMP.search(when.rest)
    if when.is_moment or match is None:
        return when
    values = when.values | {"time": f"{match[1]}:{match[2]}"}
    return replace(when, values=values, rest=when.rest[: match.start()] + " " + when.rest[match.end() :])
