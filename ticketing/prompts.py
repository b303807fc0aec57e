"""The facts of a step as people read them: reasons in words, amounts in yuan, moments on the city's clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core import wording


def facts(data: Mapping[str, Any], lang: str, zone: ZoneInfo) -> dict[str, Any]:
    """What fills the sentence `event.<kind>` of ticketing's wording, from what `history.record` kept.

    Of names by language the one in `lang` is told, `reason` becomes a sentence part, `amount` (fen) yuan, `when` (ISO)
    day and time; what was not told reads "–".
    """
    shown = {key: _named(value, lang) for key, value in data.items() if not isinstance(value, dict) or lang in value}
    if "reason" in shown:
        shown["reason"] = _word("reason", str(shown["reason"]), lang)
    if "source" in shown:
        shown["source"] = _word("source", str(shown["source"]), lang)
    if "amount" in shown:
        amount = shown["amount"]
        shown["amount"] = "–" if amount is None else _yuan(amount)
    if "when" in shown:
        at = shown["when"]
        shown["when"] = "–" if at is None else f"{datetime.fromisoformat(at).astimezone(zone):%m-%d %H:%M}"
    return shown


def _named(value: Any, lang: str) -> Any:
    return value[lang] if isinstance(value, dict) else value


def _yuan(fen: int) -> str:
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"


def _word(table: str, key: str, lang: str) -> str:
    return wording.say("ticketing", f"{table}.{key}", lang)
