"""`flask phone`: JSON lines of numbers as typed in, JSON lines of numbers out; needs no database, Redis or settings."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import click

from telephony import msisdn


class _Senseless(ValueError):
    """A line that cannot be answered; its words are for whoever wrote the line."""


@click.command()
def phone() -> None:
    """Read telephone numbers as people type them.

    Each line of standard input is an object with "raw" and, where wanted, "region" (two letters; without one it is
    CN) and "area_code" (which completes local numbers). For each a line with "e164", "ext", "type" and "error" is
    written at once, null where there is none. A line that makes no sense gets an "error" that says so and its number
    as "line"; the order is kept and the rest is read.
    """
    lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="replace", newline="\n")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            click.echo(json.dumps(answer(line, number), ensure_ascii=False))


def answer(line: str, number: int) -> dict[str, Any]:
    """What one line of input comes to."""
    try:
        asked = _object(line)
        raw, region, area_code = (_text(asked, key) for key in ("raw", "region", "area_code"))
    except _Senseless as err:
        return _answer(error=f"line {number}: {err}") | {"line": number}
    try:
        found = msisdn.read(raw, region=region or msisdn.HOME, area_code=area_code or None)
    except msisdn.BadNumber as err:
        return _answer(error=err.kind.value)
    return _answer(e164=found.e164, ext=found.extension, type=found.line.value)


def _answer(**known: str | None) -> dict[str, Any]:
    return {"e164": None, "ext": None, "type": None, "error": None} | known


def _object(line: str) -> dict[str, Any]:
    try:
        asked = json.loads(
            line.strip().lstrip("\ufeff"), parse_float=str, parse_int=str, parse_constant=str
        )  # a 1.62E+10 as written
    except (ValueError, RecursionError) as err:
        where = f" at column {err.colno}" if isinstance(err, json.JSONDecodeError) else ""
        raise _Senseless(f"this is not JSON{where}") from err
    if not isinstance(asked, dict):
        raise _Senseless('an object such as {"raw": "..."} is needed')
    if "raw" not in asked:
        raise _Senseless('"raw" is missing')
    return asked


def _text(asked: dict[str, Any], key: str) -> str:
    """A value as text; an empty cell may be null."""
    value = asked.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Senseless(f'"{key}" must be a string')
    return value
