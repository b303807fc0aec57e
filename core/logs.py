"""One JSON line per thing that happened; numbers are masked on the way out, and what errors say is left out."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime

NUMBER = re.compile(r"\+?\d[\d\s\-]{5,}\d{2}")


class JsonLines(logging.Formatter):
    """Time, level, source and message as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; digits of numbers replaced."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "says": _masked(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = trace(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def trace(error: BaseException | None) -> str:
    """Where an error came about and what kinds it and its causes are; never what it says.

    Messages of errors hold values: the database names the row that is there already, a missing key is somebody's name.
    """
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        state = getattr(getattr(error, "orig", error), "sqlstate", None)
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        frames = "".join(traceback.format_tb(error.__traceback__))
        told.append(f"{frames}{kind}{f' (SQLSTATE {state})' if state else ''}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nwhile handling\n".join(told)


def start(level: int = logging.INFO) -> None:
    """Send every logger of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("twilio.http_client", "rq.worker", "urllib3", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _masked(text: str) -> str:
    return NUMBER.sub(lambda found: "•" * 4 + found[0][-2:], text)
