"""Senders killed again and again in the middle of a broadcast: how many texts are lost, how many arrive twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from base64 import b64encode
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import ProxyHandler, build_opener

import psycopg

from bench import figures
from bench.processes import free_port, listens, program, wait
from bench.texts import FILL, database, doorbell, ready

BATCH = 5_000
LOW = 1_000  # texts waiting, below which the next batch is written
MINUTES = 10.0
PAUSE = (1.0, 6.0)  # seconds between two deaths
SETTLES_WITHIN = 300.0  # seconds, with the clock moved on
WAITING = "select count(*) from outbound_sms where delivery = 'queued'"
OPEN = "select count(*) from outbound_sms where delivery in ('queued', 'sending', 'submitted', 'unknown')"


def measure() -> None:
    """Print deaths, texts lost (0 always) and texts that arrived twice, after every row is settled."""
    minutes = float(os.environ.get("BENCH_KILL_MINUTES", MINUTES))
    port, phone_port = free_port(), free_port()
    base, phones = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{phone_port}"
    env = {"PUBLIC_URL": base, "TWILIO_API_BASE": phones, "CLOCK": "demo"}
    with ExitStack() as stack, database() as connection, doorbell() as redis:
        redis.flushdb()
        connection.execute("truncate outbound_sms restart identity cascade")
        folder = Path(stack.enter_context(TemporaryDirectory()))
        account = {name: os.environ[f"TWILIO_{name.upper()}"] for name in ("account_sid", "auth_token")}
        told = {**account, "numbers": [{"number": os.environ["HOTLINE_NUMBER"]}]}
        (folder / "simulator.json").write_text(json.dumps(told), encoding="utf-8")
        simulator = ("-m", "simulator", "--config", str(folder / "simulator.json"), "--port", str(phone_port))
        stack.enter_context(program(*simulator, env={}))
        web = ("-m", "gunicorn", "--config", "config/gunicorn.py", "wsgi:app")
        stack.enter_context(program(*web, env={**env, "BIND": f"127.0.0.1:{port}"}))
        stack.enter_context(program("schedule.py", env=env))
        if not wait(lambda: listens(port) and listens(phone_port)):
            raise RuntimeError("the house did not start")
        deaths = _kill_while_sending(stack, env, minutes, connection)
        for _ in range(2):
            stack.enter_context(program("worker.py", env=env))
        ready(redis, 2)
        _settle(connection)
        written = _count(connection, "select count(*) from outbound_sms")
        arrived = _arrived(
            f"{phones}/2010-04-01/Accounts/{account['account_sid']}/Messages.json?PageSize=1000", account
        )
    figures.say("senders killed in the middle of a broadcast", str(deaths), f"{written} texts in {minutes:g} minutes")
    figures.say("texts lost", str(written - len(arrived)))
    figures.say("texts that arrived twice", str(sum(count - 1 for count in arrived.values())))


def _kill_while_sending(stack: ExitStack, env: dict[str, str], minutes: float, connection: psycopg.Connection) -> int:
    """Kill one of two workers without a word and start another, until the time is over; there is always work."""
    chance = random.Random(7)  # noqa: S311 - a workload, not a secret
    workers: list[subprocess.Popen[bytes]] = [stack.enter_context(program("worker.py", env=env)) for _ in range(2)]
    ends, deaths = time.monotonic() + minutes * 60, 0
    while time.monotonic() < ends:
        if _count(connection, WAITING) < LOW:
            _write_batch(connection, deaths)
        time.sleep(chance.uniform(*PAUSE))
        victim = workers.pop(0)
        os.killpg(victim.pid, signal.SIGKILL)
        deaths += 1
        workers.append(stack.enter_context(program("worker.py", env=env)))
    for worker in workers:
        os.killpg(worker.pid, signal.SIGKILL)
    return deaths + len(workers)


def _write_batch(connection: psycopg.Connection, number: int) -> None:
    """So many texts more, each with words of its own."""
    with connection.transaction():
        connection.execute(FILL, {"mark": f"kill {number}", "count": BATCH})
        connection.execute("update outbound_sms set body = 'bench ' || id where delivery = 'queued'")


def _settle(connection: psycopg.Connection) -> None:
    """Let the house find out what became of every text, its clock running ahead. Raises RuntimeError."""
    ends = time.monotonic() + SETTLES_WITHIN
    while _count(connection, OPEN):
        if time.monotonic() > ends:
            raise RuntimeError(f"{_count(connection, OPEN)} texts were never settled")
        time.sleep(5)
        connection.execute(
            "insert into clock_offsets (id, ahead) values (1, interval '30 seconds')"
            " on conflict (id) do update set ahead = clock_offsets.ahead + interval '30 seconds'"
        )


def _arrived(page: str, account: dict[str, str]) -> Counter[str]:
    """How often each text came to the carrier, by its words, from the carrier's own log."""
    key = b64encode(f"{account['account_sid']}:{account['auth_token']}".encode()).decode()
    opener, found = build_opener(ProxyHandler({})), Counter[str]()
    opener.addheaders = [("Authorization", f"Basic {key}")]
    base = page.partition("/2010")[0]
    while page:
        with opener.open(page) as answer:
            told = json.load(answer)
        found.update(one["body"] for one in told["messages"])
        page = base + told["next_page_uri"] if told["next_page_uri"] else ""
    return found


def _count(connection: psycopg.Connection, counting: str) -> int:
    row = connection.execute(counting.encode()).fetchone()
    return int(row[0]) if row is not None else 0
