"""One JSON line per thing that happened; anything that looks like a telephone number is masked on the way out."""

from __future__ import annotations

import json
import logging
import re
import sys
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
            line["trace"] = _masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def start(level: int = logging.INFO) -> None:
    """Send every logger of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("twilio.http_client", "rq.worker", "urllib3", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _masked(text: str) -> str:
    return NUMBER.sub(lambda found: "•" * 4 + found[0][-2:], text)
