"""Start programs for a measurement, wait until they answer, and end every one of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parent.parent
STARTS_WITHIN = 60.0  # seconds


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def program(*arguments: str, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program of this project in a group of its own, ended afterwards whatever happens."""
    started = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield started
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if started.poll() is None:
                os.killpg(started.pid, number)
                wait(lambda: started.poll() is not None, 5.0 if number == signal.SIGTERM else 30.0)
        started.wait()


def wait(is_so: Callable[[], bool], seconds: float = STARTS_WITHIN) -> bool:
    """Look until it is so; False when the time is over."""
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends:
            return False
        time.sleep(0.005)
    return True


def listens(port: int) -> bool:
    """Whether somebody listens on this loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
