"""The doorbell: it never piles up, a ring during a drain is kept, and a drain that died does not stop the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from threading import Event, Thread

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job as RqJob
from rq.job import JobStatus
from rq.serializers import JSONSerializer

from core import jobs

LONG_AGO = timedelta(minutes=1)


class Drain:
    """A declared job that drains when it may."""

    def __init__(self) -> None:
        self.times = 0
        self.begun, self.may_end = Event(), Event()

    def __call__(self) -> bool:
        """Note that it ran, and wait."""
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(20)
        return False


@pytest.fixture
def drain(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drain]:
    """One job, `tests.drain`, on an empty Redis."""
    monkeypatch.setattr(jobs, "_doorbell", [])
    jobs.connect(redis_url).flushdb()
    drain = Drain()
    monkeypatch.setitem(jobs._jobs, "tests.drain", jobs.Job("tests.drain", drain, timedelta(minutes=1), "work"))
    yield drain
    drain.may_end.set()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A connection of the test's own."""
    with Redis.from_url(redis_url) as connection:
        yield connection


def waiting(redis: Redis) -> list[str]:
    """Ids of the jobs that wait for a worker."""
    return list(Queue("work", connection=redis, serializer=JSONSerializer).job_ids)


def work(redis: Redis) -> None:
    """Be a worker until nothing waits."""
    queue = Queue("work", connection=redis, serializer=JSONSerializer)
    SimpleWorker([queue], connection=redis, serializer=JSONSerializer).work(burst=True)


def pretend_started(redis: Redis, ago: timedelta) -> RqJob:
    """The job that waits is in the hands of a worker that says nothing any more, since so long."""
    queue = Queue("work", connection=redis, serializer=JSONSerializer)
    found = RqJob.fetch(waiting(redis)[0], connection=redis, serializer=JSONSerializer)
    queue.remove(found)
    found.set_status(JobStatus.STARTED)
    assert found.created_at is not None
    found.started_at = found.created_at - ago
    found.save()
    return found


def test_many_rings_before_anybody_works_are_one(drain: Drain, redis: Redis) -> None:
    for _ in range(10):
        assert jobs.ring({"tests.drain"})

    assert waiting(redis) == ["tests-drain"]


def test_a_ring_while_it_drains_is_kept_and_the_next_is_not_needed(drain: Drain, redis: Redis) -> None:
    jobs.ring({"tests.drain"})
    found = pretend_started(redis, timedelta())

    for _ in range(5):
        jobs.ring({"tests.drain"})

    assert waiting(redis) == [f"{found.id}-again"]


def test_a_drain_shows_that_it_lives_as_long_as_it_runs(drain: Drain, redis: Redis) -> None:
    seen: list[int] = []

    def look() -> None:
        drain.begun.wait(20)
        seen.append(_signs(redis))
        drain.may_end.set()

    watcher = Thread(target=look)
    watcher.start()

    jobs.ring({"tests.drain"})
    work(redis)
    watcher.join()

    assert seen == [1]
    assert 0 < redis.pttl("linli:drains:tests-drain") <= jobs.LIFE_SIGN_LASTS.total_seconds() * 1000
    assert drain.times == 1


def test_a_job_that_began_between_two_looks_is_not_taken_for_dead(
    drain: Drain, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.ring({"tests.drain"})
    fetch = RqJob.fetch

    def fetch_and_begin(place: str, connection: Redis, serializer: object) -> RqJob:
        found = fetch(place, connection=connection, serializer=serializer)
        redis.lrem(f"rq:queue:{found.origin}", 0, found.id)
        redis.hset(found.key, "status", JobStatus.STARTED)
        return found

    monkeypatch.setattr(RqJob, "fetch", fetch_and_begin)
    jobs.ring({"tests.drain"})

    assert RqJob.exists("tests-drain", connection=redis)


def test_a_drain_that_just_ended_keeps_its_place_until_it_is_put_away(drain: Drain, redis: Redis) -> None:
    jobs.ring({"tests.drain"})
    found = pretend_started(redis, LONG_AGO)
    drain.may_end.set()
    with jobs._sign_of_life_of(found.id):
        pass

    jobs.ring({"tests.drain"})

    assert waiting(redis) == [f"{found.id}-again"]


def test_workers_that_were_killed_do_not_keep_the_next_from_draining(drain: Drain, redis: Redis) -> None:
    drain.may_end.set()
    for _ in range(2):
        jobs.ring({"tests.drain"})
        pretend_started(redis, LONG_AGO)

    jobs.ring({"tests.drain"})
    assert waiting(redis) == ["tests-drain"]
    work(redis)

    assert drain.times == 1


def test_a_ring_that_a_dying_worker_took_along_is_rung_again(drain: Drain, redis: Redis) -> None:
    drain.may_end.set()
    jobs.ring({"tests.drain"})
    queue = Queue("work", connection=redis, serializer=JSONSerializer)
    taken = RqJob.fetch(waiting(redis)[0], connection=redis, serializer=JSONSerializer)
    redis.lrem(queue.key, 0, taken.id)
    jobs.ring({"tests.drain"})
    assert waiting(redis) == []  # a moment ago it was still there: whoever took it may be about to begin

    assert taken.enqueued_at is not None
    taken.enqueued_at -= LONG_AGO
    taken.save()
    jobs.ring({"tests.drain"})
    assert waiting(redis) == []  # it waited long: a worker may have taken it this very moment

    for key in redis.scan_iter("linli:missed:*"):
        redis.decrby(key, 60)
    jobs.ring({"tests.drain"})
    work(redis)

    assert drain.times == 1


def test_ringing_while_drains_end_never_fails(drain: Drain, redis: Redis) -> None:
    drain.may_end.set()
    heard: list[bool] = []
    ringer = Thread(target=lambda: heard.extend(jobs.ring({"tests.drain"}) for _ in range(300)))
    ringer.start()
    while ringer.is_alive():
        work(redis)
    ringer.join()

    assert heard == [True] * 300


def test_a_long_drain_that_shows_a_sign_of_life_keeps_its_place(drain: Drain, redis: Redis) -> None:
    jobs.ring({"tests.drain"})
    found = pretend_started(redis, LONG_AGO)
    redis.set(f"linli:drains:{found.id}", 1, ex=9)

    jobs.ring({"tests.drain"})

    assert waiting(redis) == [f"{found.id}-again"]


@pytest.mark.parametrize("names", [set[str](), {"tests.drain"}])
def test_a_redis_that_is_away_is_said_and_raises_nothing(names: set[str], drain: Drain) -> None:
    jobs.connect("redis://127.0.0.1:1/0")

    assert jobs.ring(names) is not bool(names)


def _signs(redis: Redis) -> int:
    return len(list(redis.scan_iter("linli:drains:*")))
