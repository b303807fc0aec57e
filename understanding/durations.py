"""Waits and delays in minutes, and rests in days: 半小时, 一个半钟头, an hour and a half, 休息三天."""

from __future__ import annotations

import re
from datetime import date, timedelta

_HOURS = r"(?:个? ?(?:小时|钟头|钟(?!头))|个点(?!击)|h(?:ou)?rs?|hours?|h)(?![a-z])"
_MINUTES = r"(?:来|多)?(?:分钟|分(?![之店店类钱房])|mins?|minutes?|minuts?|m)(?![a-z])"
_WAIT = re.compile(
    rf"(?P<half_hour>(?:大概|大约|约)?半 ?个? ?(?:多)?(?:小时|钟头|钟)|half an? h(?:ou)?r|half hour)"
    rf"|(?<![\d.:#])(?P<hours_half>\d{{1,2}}) ?个半 ?(?:小时|钟头|钟)|(?<![a-z])(?:an|1) h(?:ou)?r and a half"
    rf"|(?<![\d.:#a-z])(?:(?P<low>\d{{1,3}}) ?[-~到] ?)?(?P<hours>\d{{1,2}}(?:\.\d)?) ?{_HOURS}"
    rf"(?P<hours_and_half>半)?(?: ?(?:and|零|又)? ?(?P<more>\d{{1,2}}) ?{_MINUTES})?"
    rf"|(?<![a-z])(?:an|(?<!\d )a) hour(?![a-z])"
    rf"|(?<![\d.:#a-z])(?:\d{{1,3}} ?[-~到] ?)?(?P<minutes>\d{{1,3}}) ?{_MINUTES}"
    rf"|(?P<quarters>[13]) ?刻钟|(?<![a-z])quarter of an hour"
)
_LATE = re.compile(
    r"(?:晚|迟|推迟|耽误|耽搁|延误|延迟|延后|推后|往后推|拖|迟到|晚到|晚点到?|晚个)(?:到|了|来|个|大概|大约|差不多|"
    r"可能|要|会| )*$|"
    r"(?<![a-z])(?:late by|delayed by|delayed|delay|behind by|running)(?: about| around)? ?$"
)
_LATE_AFTER = re.compile(r"^ ?(?:late|behind|delay|later than)(?![a-z])|^ ?的?(?:迟到|延误)")
_REST = re.compile(
    r"(?<!\d)(?:(?P<days>\d{1,2}) ?天|(?P<weeks>\d)? ?个?(?:周|星期|礼拜)|(?P<months>\d) ?个月)(?!后|以后|[1-7日末])"
    r"|(?<![a-z])(?:(?P<en_days>\d{1,2}) days?|(?:(?P<en_weeks>\d)|a|one) weeks?|a month)(?![a-z])"
)


def find_minutes(digits: str) -> tuple[dict[str, str], str]:
    """Read the first wait in a folded text with digits: ``minutes``, or ``delay`` where it says late; and the rest."""
    match = _WAIT.search(digits)
    if match is None:
        return {}, digits
    minutes = _minutes(match)
    before, after = digits[: match.start()], digits[match.end() :]
    key = "delay" if _LATE.search(before) or _LATE_AFTER.match(after) else "minutes"
    return {key: str(minutes)}, before + " " + after


def _minutes(match: re.Match[str]) -> int:
    groups = {name: value for name, value in match.groupdict().items() if value}
    if "half_hour" in groups:
        return 30
    if "hours_half" in groups:
        return 60 * int(groups["hours_half"]) + 30
    if "hours" in groups:
        half = 30 if "hours_and_half" in groups else 0
        return round(60 * float(groups["hours"])) + half + int(groups.get("more", 0))
    if "minutes" in groups:
        return int(groups["minutes"])
    if "quarters" in groups:
        return 15 * int(groups["quarters"])
    written = match.group()
    return 15 if "quarter" in written else 90 if "half" in written else 60


def rest_ends(digits: str, today: date) -> date | None:
    """Give the first day after a rest that begins today: ``休息三天``, ``一周``, ``for two weeks``."""
    match = _REST.search(digits)
    if match is None:
        return None
    groups = {name: value for name, value in match.groupdict().items() if value}
    if "days" in groups or "en_days" in groups:
        return today + timedelta(days=int(groups.get("days") or groups["en_days"]))
    if "months" in groups or "month" in match.group():
        return today + timedelta(days=30 * int(groups.get("months", 1)))
    return today + timedelta(days=7 * int(groups.get("weeks") or groups.get("en_weeks") or 1))
