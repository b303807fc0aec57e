"""`flask understand`: JSON lines of texts in, JSON lines of readings out; needs no database, Redis or settings."""

from __future__ import annotations

import io
import json
import sys
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from understanding.reader import read

CITY = ZoneInfo("Asia/Shanghai")
"""The zone of a `now` that names none, and of the present moment when a line has no `now`."""
DEFAULT_CONTEXT = "resident:none"
DEFAULT_LANG = "zh"
_YEARS = (1900, 9000)


class _Senseless(ValueError):
    """A line that cannot be answered; its words are for whoever wrote the line."""


@click.command()
def understand() -> None:
    """Read texts as intent, values and certainty.

    Each line of standard input is an object with "text" and, where wanted, "lang", "context" (role:question), "now"
    (ISO 8601) and "open_codes" (a list). For each a line with "intent", "values" and "certainty" is written, or one
    with "error" and the number of the "line" when it makes no sense; the order is kept and the rest is read.
    """
    lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="replace")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            click.echo(json.dumps(answer(line, number), ensure_ascii=False).encode("utf-8", "replace"))


def answer(line: str, number: int) -> dict[str, Any]:
    """What one line of input comes to."""
    try:
        return _read(line)
    except _Senseless as err:
        return {"error": f"line {number}: {err}", "line": number}


def _read(line: str) -> dict[str, Any]:
    asked = _object(line)
    reading = read(
        _text(asked, "text", None),
        context=_text(asked, "context", DEFAULT_CONTEXT),
        lang=_text(asked, "lang", DEFAULT_LANG),
        now=_moment(asked.get("now")),
        open_codes=_codes(asked.get("open_codes")),
    )
    return {
        "intent": reading.intent.value,
        "values": dict(reading.values),
        "certainty": round(reading.certainty, 3),
    }


def _object(line: str) -> dict[str, Any]:
    try:
        asked = json.loads(line.strip())
    except (ValueError, RecursionError) as err:
        where = f" at column {err.colno}" if isinstance(err, json.JSONDecodeError) else ""
        raise _Senseless(f"this is not JSON{where}") from err
    if not isinstance(asked, dict):
        raise _Senseless('an object such as {"text": "..."} is needed')
    return asked


def _text(asked: dict[str, Any], key: str, default: str | None) -> str:
    value = asked.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise _Senseless(f'"{key}" must be a string')
    return value or default or ""


def _moment(written: object) -> datetime:
    if written is None or written == "":
        return datetime.now(CITY)
    try:
        moment = datetime.fromisoformat(str(written))
    except ValueError as err:
        raise _Senseless('"now" must be a moment in ISO 8601, such as 2026-11-25T10:00:00+08:00') from err
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise _Senseless(f'"now" must lie in the years {_YEARS[0]} to {_YEARS[1]}')
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=CITY)


def _codes(written: object) -> tuple[str, ...]:
    if written is None:
        return ()
    if not isinstance(written, list) or not all(isinstance(code, str) for code in written):
        raise _Senseless('"open_codes" must be a list of strings')
    return tuple(written)
