"""The ticker: every 10 s it rings what is due; when Redis does not answer it runs those jobs itself."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Mapping
from threading import Event
from time import monotonic

import app
from config import settings as environment
from config.settings import BadSetting
from core import jobs, logs
from core.jobs import JobFailed

log = logging.getLogger(__name__)
EVERY = 10.0  # seconds


def main() -> int:
    """Tick until told to stop. Returns 2 with one sentence when a setting is wrong."""
    try:
        settings = environment.current()
    except BadSetting as err:
        sys.stderr.write(f"{err}\n")
        return 2
    logs.start()
    app.open_house(settings, pool_size=2)
    told_to_stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    last_rung: dict[str, float] = {}
    while not told_to_stop.is_set():
        began = monotonic()
        tick(due(jobs.declared(), last_rung, began))
        told_to_stop.wait(max(0.0, EVERY - (monotonic() - began)))
    return 0


def due(declared: Mapping[str, jobs.Job], last_rung: dict[str, float], now: float) -> list[str]:
    """The jobs whose time has come, in order of name; their moment (monotonic seconds) is noted in `last_rung`."""
    names = sorted(
        name
        for name, job in declared.items()
        if name not in last_rung or now - last_rung[name] >= job.every.total_seconds() - EVERY / 2
    )
    last_rung.update(dict.fromkeys(names, now))
    return names


def tick(names: list[str]) -> None:
    """Ring for these jobs, or run them here when nobody hears the bell."""
    if jobs.ring(names):
        return
    for name in names:
        try:
            jobs.run(name)
        except JobFailed as err:
            log.warning("in the ticker: %s", err)  # the log has it already


if __name__ == "__main__":
    raise SystemExit(main())
