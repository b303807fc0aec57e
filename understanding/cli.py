"""`flask understand`: JSON lines of texts in, JSON lines of readings out; needs no database, Redis or settings."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from understanding.reader import read

CITY = ZoneInfo("Asia/Shanghai")
"""The zone of a `now` that names none, and of the present moment when a line has no `now`."""
DEFAULT_CONTEXT = "resident:none"
DEFAULT_LANG = "zh"


@click.command()
def understand() -> None:
    """Read texts as intent, values and certainty.

    Each line of standard input is an object with "text" and, where wanted, "lang", "context" (role:question), "now"
    (ISO 8601) and "open_codes" (a list). For each a line with "intent", "values" and "certainty" is written, or one
    with "error" when the line makes no sense; the order is kept.
    """
    for line in click.get_text_stream("stdin", encoding="utf-8", errors="replace"):
        if line.strip():
            click.echo(json.dumps(answer(line), ensure_ascii=False))


def answer(line: str) -> dict[str, Any]:
    """What one line of input comes to."""
    try:
        asked = json.loads(line)
        reading = read(
            _text(asked, "text"),
            context=_text(asked, "context", DEFAULT_CONTEXT),
            lang=_text(asked, "lang", DEFAULT_LANG),
            now=_moment(asked.get("now")),
            open_codes=tuple(str(code) for code in asked.get("open_codes") or ()),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        return {"error": f"{type(err).__name__}: {err}"}
    return {
        "intent": reading.intent.value,
        "values": dict(reading.values),
        "certainty": round(reading.certainty, 3),
    }


def _text(asked: dict[str, Any], key: str, default: str | None = None) -> str:
    value = asked.get(key) or default if default is not None else asked[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} must be a text")
    return value


def _moment(written: str | None) -> datetime:
    if not written:
        return datetime.now(CITY)
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=CITY)
