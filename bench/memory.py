"""Resident memory of each kind of process, a moment after it answers."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from bench import figures
from bench.processes import free_port, listens, program, wait
from bench.texts import doorbell, ready


def measure() -> None:
    """Print megabytes of web (parent and each process), worker and ticker."""
    port = free_port()
    with ExitStack() as stack, doorbell() as redis:
        redis.flushdb()
        web = stack.enter_context(
            program("-m", "gunicorn", "--config", "config/gunicorn.py", "wsgi:app", env={"BIND": f"127.0.0.1:{port}"})
        )
        worker = stack.enter_context(program("worker.py", env={}))
        ticker = stack.enter_context(program("schedule.py", env={}))
        ready(redis, 1)
        if not wait(lambda: listens(port) and len(_children(web.pid)) >= 2):
            raise RuntimeError("the web server did not start")
        for name, pid in (("web, parent", web.pid), ("worker", worker.pid), ("ticker", ticker.pid)):
            figures.say(f"resident memory, {name}", f"{_megabytes(pid):.0f} MB")
        for number, pid in enumerate(_children(web.pid), start=1):
            figures.say(f"resident memory, web process {number}", f"{_megabytes(pid):.0f} MB")


def _megabytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]
