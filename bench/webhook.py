"""The voice webhook: requests a second against the baseline and a bare view, and p99 with arrivals at 200 a second."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from bench import figures
from bench.processes import free_port, listens, program, wait
from bench.texts import database

ROUNDS = 3
SECONDS = 4.0
CONNECTIONS = 16
ARRIVALS = 200  # a second
OPEN_LOOP = 10.0  # seconds
_sids = itertools.count(1)


def measure() -> None:
    """Print rates, ratios and the p99."""
    with server("wsgi:app") as ours, server("bench.naive_web:app") as naive:
        rates: dict[str, list[float]] = {"ours": [], "baseline": [], "bare": []}
        for _ in range(ROUNDS):
            rates["ours"].append(asyncio.run(closed_loop(ours, "/ivr/incoming")))
            rates["baseline"].append(asyncio.run(closed_loop(naive, "/ivr/incoming")))
            rates["bare"].append(asyncio.run(closed_loop(naive, "/bare")))
        figures.ratio(
            "voice webhook against signature + same TwiML + one ORM row",
            rates["ours"],
            rates["baseline"],
            "req/s",
            "baseline",
        )
        figures.ratio("voice webhook against a bare view", rates["ours"], rates["bare"], "req/s", "bare view")
        for name, port in (("ours", ours), ("baseline", naive)):
            delays = asyncio.run(open_loop(port))
            figures.say(
                f"voice webhook, {ARRIVALS} arrivals a second, p99 ({name})",
                f"{figures.percentile(delays, 0.99) * 1000:.1f} ms",
                f"median {figures.percentile(delays, 0.5) * 1000:.1f} ms, {len(delays)} calls",
            )
    with database() as connection:
        connection.execute("truncate calls restart identity cascade")


@contextmanager
def server(target: str) -> Iterator[int]:
    """Gunicorn with the house's settings around an application; its port."""
    port = free_port()
    with program("-m", "gunicorn", "--config", "config/gunicorn.py", target, env={"BIND": f"127.0.0.1:{port}"}):
        if not wait(lambda: listens(port)):
            raise RuntimeError("the web server did not start")
        asyncio.run(closed_loop(port, "/ivr/incoming", seconds=1.0))  # warm
        yield port


async def closed_loop(port: int, path: str, *, seconds: float = SECONDS) -> float:
    """Requests answered with 200 a second over so many kept-alive connections."""
    ends = time.monotonic() + seconds
    counts = await asyncio.gather(*(_one_after_the_other(port, path, ends) for _ in range(CONNECTIONS)))
    return sum(counts) / seconds


async def open_loop(port: int) -> list[float]:
    """Seconds from the planned moment of each arrival (Poisson) to its answer."""
    moments, at = [], 0.0
    chance = random.Random(7)  # noqa: S311 - a workload, not a secret
    while at < OPEN_LOOP:
        at += chance.expovariate(ARRIVALS)
        moments.append(at)
    lines: asyncio.Queue[_Line] = asyncio.Queue()
    for _ in range(64):
        lines.put_nowait(_Line(port))
    began = time.monotonic()

    async def arrive(moment: float) -> float:
        await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
        line = await lines.get()
        try:
            await line.ask("/ivr/incoming")
        finally:
            lines.put_nowait(line)
        return time.monotonic() - began - moment

    return list(await asyncio.gather(*(arrive(moment) for moment in moments)))


async def _one_after_the_other(port: int, path: str, ends: float) -> int:
    line, count = _Line(port), 0
    while time.monotonic() < ends:
        await line.ask(path)
        count += 1
    return count


class _Line:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str) -> None:
        """Send one signed webhook and read its answer whole. Raises RuntimeError for anything but 200."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(_request(path))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"the webhook answered {head.split(b' ', 2)[1]!r}")
        if b"connection: close" in head.lower():
            writer.close()
            self._streams = None


def _request(path: str) -> bytes:
    number = next(_sids)
    form = {
        "CallSid": f"CA{number:032x}",
        "AccountSid": os.environ["TWILIO_ACCOUNT_SID"],
        "From": f"+86162{number % 100_000_000:08d}",
        "To": os.environ["HOTLINE_NUMBER"],
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ApiVersion": "2010-04-01",
    }
    signed = f"{os.environ['PUBLIC_URL']}{path}" + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(os.environ["TWILIO_AUTH_TOKEN"].encode(), signed.encode(), hashlib.sha1).digest()
    body = urlencode(form).encode()
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {base64.b64encode(digest).decode()}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
