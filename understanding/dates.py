"""Days as people name them: today, Saturday, 下周一, 3号, in two days, until the end of the month."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

_WEEKDAYS = {"1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "6": 5, "日": 6, "天": 6, "7": 6, "末": 5}
_EN_WEEKDAYS = {
    name: i
    for i, names in enumerate(
        ("mon monday", "tue tues tuesday", "wed weds wednesday", "thu thur thurs thursday", "fri friday",
         "sat saturday weekend", "sun sunday")
    )
    for name in names.split()
}  # fmt: skip
_MONTHS = {
    name: i
    for i, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted((name for name in _MONTHS if name != "may"), key=len, reverse=True)) + "|may(?= \\d)"
_DAY = "|".join(sorted(_EN_WEEKDAYS, key=len, reverse=True))
_NEAR = {
    0: r"今天|今日|今儿|今早|今晚|今晨|当天|(?<![a-z])(?:today|2day|tonight|tonite)(?![a-z])",
    3: r"大后天|大后日",
    2: r"明后(?:2天|天)|后天|后日|后儿|后晚|后早|(?<![a-z])(?:the )?day after (?:tomorrow|tmr|tmrw|tmw)(?![a-z])",
    1: r"明天|明日|明儿|明早|明晚|明晨|听日|明个|明朝|翌日|第2天|"
    r"(?<![a-z])(?:tomorrow|tomorow|tommorow|tommorrow|tomorro|tmr|tmrw|tmw|tomo|2moro|2morrow|tmoro)(?![a-z])",
}
_WEEK = re.compile(
    r"(?P<which>(?:下个?)+|这个?|本|今)?个?(?:周|星期|礼拜|拜)(?:(?P<day>[1-7])(?!\d|个|天|小时)|(?P<end>[日天末]))"
)
_EN_WEEK = re.compile(rf"(?<![a-z])(?:(?P<which>next|this|coming) )?(?P<day>{_DAY})s?(?![a-z])(?P<later> week)?")
_MONTH_DAY = re.compile(
    r"(?<![\d.:])(?P<month>1[0-2]|0?[1-9])(?:月份?|[/.](?=\d{1,2}(?:[日号]|\b))) ?"
    r"(?P<day>[12]\d|3[01]|0?[1-9])(?!\d|[:.]\d|元|块|分|%)[日号]?"
)
_EN_MONTH_DAY = re.compile(
    rf"(?<![a-z])(?P<month>{_MONTH})\.? (?:the )?(?P<day>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)?(?!\d|:)"
    rf"|(?<!\d)(?P<day2>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)? (?:of )?(?P<month2>{_MONTH})(?![a-z])"
)
_ISO = re.compile(
    r"(?<!\d)(?P<year>20\d\d)[-/.年](?P<month>0?[1-9]|1[0-2])[-/.月](?P<day>[12]\d|3[01]|0?[1-9])日?(?!\d)"
)
_DAY_OF_MONTH = re.compile(
    r"(?<![\d.第:a-z月])(?P<day>[12]\d|3[01]|[1-9])[号日](?!\d|楼|院|房|门|线|店|桌|柜|机|岗|码|单|库|车|球|厅|室|栋|"
    r"幢|口|地|仓|位|子|铺|弄|巷|电|家)"
    r"|(?<![a-z])(?:on )?the (?P<day2>[12]\d|3[01]|[1-9])(?:st|nd|rd|th)(?! (?:floor|one|building|time|option|"
    r"unit))(?![a-z])"
)
_IN_DAYS = re.compile(
    r"(?:过|隔)?(?<![\d第.-])(?:\d-)?(?P<days>\d{1,2}) ?天(?:以?后|之后|过后)|过(?P<days2>\d{1,2})天(?!的)"
    r"|(?<![a-z])in (?P<days3>\d{1,2}) days?(?![a-z])|(?<!\d)(?P<days4>\d{1,2}) days? (?:later|from now)"
)
_IN_WEEKS = re.compile(
    r"(?P<weeks>\d)个?(?:周|星期|礼拜)(?:以?后|之后)|(?<![a-z])in (?:(?P<weeks2>\d)|a) weeks?(?![a-z])"
)
_MONTH_END = re.compile(r"(?P<next>下个?)?月底|(?<![a-z])(?:the )?end of (?:the |this )?month")

_Reader = Callable[[re.Match[str], date], "date | None"]


def find_date(digits: str, today: date, *, dotted: bool = True) -> tuple[date | None, str]:
    """Read the first day named in a folded text with digits; give it and the text without it.

    ``dotted`` lets ``11.28`` be a day; where prices are expected it is none.

    A weekday alone is the next one after today; ``下周一`` and ``next Monday`` lie in the week that begins next Monday;
    a day of the month that is over is next month's.
    """
    for pattern, read in _READERS:
        for match in pattern.finditer(digits):
            day = read(match, today)
            if day is not None and (dotted or not _DOTTED.search(match.group())):
                left = _HALF_OF_DAY.search(match.group())
                return day, digits[: match.start()] + " " + (left.group() if left else "") + digits[match.end() :]
    return None, digits


_DOTTED = re.compile(r"\d\.\d")
_HALF_OF_DAY = re.compile(r"[早晚]$|晨$|tonight|tonite")


def _near(days: int) -> _Reader:
    return lambda _match, today: today + timedelta(days=days)


def _weekday(match: re.Match[str], today: date) -> date:
    day = _WEEKDAYS[match["day"] or match["end"]]
    which = match["which"] or ""
    monday = today - timedelta(days=today.weekday())
    if "下" in which:
        return monday + timedelta(days=7 * which.count("下") + day)
    this = monday + timedelta(days=day)
    if which and this >= today:
        return this
    return this if this > today else this + timedelta(days=7)


def _en_weekday(match: re.Match[str], today: date) -> date | None:
    day = _EN_WEEKDAYS[match["day"]]
    if match["day"] in ("sun", "sat", "wed", "mon", "fri") and match["which"] is None and match.group().endswith("s"):
        return None
    monday = today - timedelta(days=today.weekday())
    if match["which"] == "next":
        return monday + timedelta(days=7 + day)
    this = monday + timedelta(days=day)
    later = this if this > today or (match["which"] == "this" and this == today) else this + timedelta(days=7)
    return later + timedelta(days=7) if match["later"] and later < monday + timedelta(days=7) else later


def _on(year: int, month: int, day: int) -> date | None:
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day)


def _month_day(match: re.Match[str], today: date) -> date | None:
    groups = match.groupdict()
    name = groups.get("month") or groups.get("month2") or ""
    month = int(name) if name.isdigit() else _MONTHS[name]
    day = int(groups.get("day") or groups.get("day2") or 0)
    found = _on(today.year, month, day)
    if found is None or found < today - timedelta(days=60):
        return _on(today.year + 1, month, day)
    return found


def _iso(match: re.Match[str], _today: date) -> date | None:
    return _on(int(match["year"]), int(match["month"]), int(match["day"]))


def _day_of_month(match: re.Match[str], today: date) -> date | None:
    day = int(match["day"] or match["day2"])
    for ahead in range(0, 3):
        month = today.month + ahead
        found = _on(today.year + (month - 1) // 12, (month - 1) % 12 + 1, day)
        if found is not None and found >= today:
            return found
    return None


def _in_days(match: re.Match[str], today: date) -> date:
    return today + timedelta(days=int(next(value for value in match.groups() if value)))


def _in_weeks(match: re.Match[str], today: date) -> date:
    return today + timedelta(days=7 * int(next((value for value in match.groups() if value), "1")))


def _month_end(match: re.Match[str], today: date) -> date:
    month = today.month + (1 if match["next"] else 0)
    year, month = today.year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_ISO, _iso),
    (_MONTH_DAY, _month_day),
    (_EN_MONTH_DAY, _month_day),
    *((re.compile(_NEAR[days]), _near(days)) for days in (3, 2)),
    (_WEEK, _weekday),
    (_EN_WEEK, _en_weekday),
    (re.compile(_NEAR[1]), _near(1)),
    (_IN_DAYS, _in_days),
    (_IN_WEEKS, _in_weeks),
    (_DAY_OF_MONTH, _day_of_month),
    (_MONTH_END, _month_end),
    (re.compile(_NEAR[0]), _near(0)),
)
