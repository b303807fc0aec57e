"""Texts a second: the house's workers draining the outbox against one RQ job for each message, interleaved."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from bench import figures
from bench.processes import free_port, listens, program, wait

ROUNDS = 3
OURS = 6000
OURS_SLOW = 3000
NAIVE = {"simple": {0: 600, 100: 60}, "forking": {0: 80, 100: 30}}
LATENCIES = (0, 100)  # milliseconds that the carrier takes
PATIENCE = 180.0

FILL = """
insert into outbound_sms (key, msisdn, lang, wording, body, segments, about, purpose, urgency, delivery, created_at,
    send_at, attempts, log_asks, was_resent)
select md5(%(mark)s || n), '+86162' || lpad(n::text, 8, '0'), 'zh', 'by_hand', 'bench ' || n, 1, '', 'service',
    '3_bulk', 'queued', now(), now() - interval '1 minute', 0, 0, false
from generate_series(1, %(count)s) n
"""


def measure() -> None:
    """Print the four ratios."""
    for latency in LATENCIES:
        with carrier(latency) as base:
            rates: dict[str, list[float]] = {"ours": [], "simple": [], "forking": []}
            for _ in range(ROUNDS):
                rates["ours"].append(ours(base, OURS if latency == 0 else OURS_SLOW))
                for kind in ("simple", "forking"):
                    rates[kind].append(naive(base, kind, NAIVE[kind][latency]))
            for kind in ("simple", "forking"):
                figures.ratio(
                    f"texts, carrier {latency} ms, 2 workers each, against {kind}",
                    rates["ours"],
                    rates[kind],
                    "msg/s",
                    f"RQ job per message ({kind})",
                )


def ours(base: str, count: int) -> float:
    """Rows submitted a second by two workers of the house, from the doorbell to the last row."""
    env = {"TWILIO_API_BASE": base}
    with ExitStack() as stack, database() as connection, doorbell() as redis:
        redis.flushdb()
        connection.execute("truncate outbound_sms restart identity cascade")
        for _ in range(2):
            stack.enter_context(program("worker.py", env=env))
        ready(redis, 2)
        connection.execute(FILL, {"mark": str(time.monotonic()), "count": count})
        connection.execute("analyze outbound_sms")
        began = time.monotonic()
        queue = Queue("sms", connection=redis, serializer=JSONSerializer)
        for place in ("sms-deliver", "sms-deliver-again"):
            queue.enqueue("core.jobs.run", "sms.deliver", job_id=place, result_ttl=0)
        return rate(connection, "select count(*) from outbound_sms where delivery = 'submitted'", count, began)


def naive(base: str, kind: str, count: int) -> float:
    """Rows written a second by two workers of the baseline, from the first enqueue to the last row."""
    env = {"TWILIO_API_BASE": base}
    with ExitStack() as stack, database() as connection, doorbell() as redis:
        redis.flushdb()
        connection.execute("truncate bench_messages restart identity")
        connection.execute(
            "insert into bench_messages (number, body, status) select '+86162' || lpad(n::text, 8, '0'), "
            "'bench ' || n, 'queued' from generate_series(1, %s) n",
            (count,),
        )
        for _ in range(2):
            stack.enter_context(program("-m", "bench.naive_worker", kind, env=env))
        ready(redis, 2)
        queue = Queue("naive", connection=redis)
        began = time.monotonic()
        queue.enqueue_many([Queue.prepare_data("bench.naive.send", (number,)) for number in range(1, count + 1)])
        return rate(connection, "select count(*) from bench_messages where status = 'submitted'", count, began)


def rate(connection: psycopg.Connection, counting: str, count: int, began: float) -> float:
    """Rows a second once all are there. Raises RuntimeError when they never are."""

    def all_there() -> bool:
        row = connection.execute(counting).fetchone()
        return row is not None and row[0] >= count

    if not wait(all_there, PATIENCE):
        raise RuntimeError("not every text was written: the figure would be a lie")
    return count / (time.monotonic() - began)


def ready(redis: Redis, count: int) -> None:
    """Wait until so many workers have signed on. Raises RuntimeError."""
    if not wait(lambda: Worker.count(connection=redis) >= count):
        raise RuntimeError("the workers did not start")


@contextmanager
def carrier(latency: int) -> Iterator[str]:
    """A carrier with so many milliseconds of latency; its address."""
    port = free_port()
    with program("-m", "bench.carrier", str(port), str(latency / 1000), env={}):
        if not wait(lambda: listens(port)):
            raise RuntimeError("the carrier did not start")
        yield f"http://127.0.0.1:{port}"


@contextmanager
def database() -> Iterator[psycopg.Connection]:
    """The environment's database, each statement its own transaction."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        yield connection


@contextmanager
def doorbell() -> Iterator[Redis]:
    """The environment's Redis."""
    with Redis.from_url(os.environ["REDIS_URL"]) as connection:
        yield connection
