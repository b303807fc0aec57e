"""@job, ring, and the run() that workers call. A job takes no arguments: it drains the rows that are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, get_current_job
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job as RqJob
from rq.job import JobStatus
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)

QUEUES = ("sms", "work")
DRAIN_FOR = 60.0  # seconds; a drain returns after this and rings itself again
LIFE_SIGN_LASTS = timedelta(seconds=9)
LIFE_SIGN_EVERY = 3.0  # seconds
MISSED_FOR = timedelta(seconds=5)  # a worker that lives has begun by then
MISSED_LASTS = timedelta(minutes=2)
DOORBELL_TIMEOUT = 0.5  # seconds; a webhook must not wait for a Redis that is away
PENDING = (JobStatus.QUEUED, JobStatus.DEFERRED, JobStatus.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Job:
    """A named drain: what it runs, how often the ticker rings it, on which queue."""

    name: str
    drain: Callable[[], bool | None]  # True when there is more to do
    every: timedelta
    queue: str


_jobs: dict[str, Job] = {}
_doorbell: list[Redis] = []


def job(
    name: str, *, every: timedelta, queue: str = "work"
) -> Callable[[Callable[[], bool | None]], Callable[[], bool | None]]:
    """Declare a drain under a name. It returns True when its minute was up and there is more to do."""

    def declare(drain: Callable[[], bool | None]) -> Callable[[], bool | None]:
        _jobs[name] = Job(name, drain, every, queue)
        return drain

    return declare


def declared() -> dict[str, Job]:
    """Every job of the house by name."""
    return dict(_jobs)


def connect(redis_url: str) -> Redis:
    """The doorbell of this process. Short time-outs: a Redis that is away costs a webhook half a second."""
    connection = Redis.from_url(
        redis_url, socket_connect_timeout=DOORBELL_TIMEOUT, socket_timeout=DOORBELL_TIMEOUT, health_check_interval=30
    )
    _doorbell[:] = [connection]
    return connection


def ring(names: Collection[str]) -> bool:
    """Enqueue these jobs. False when Redis did not answer: the rows stay due and the ticker sees to them."""
    if not names or not _doorbell:
        return not names
    try:
        for name in sorted(names):
            _enqueue(_doorbell[0], _jobs[name])
    except (RedisError, OSError) as err:
        log.warning("the doorbell is out of reach: %s", type(err).__name__)
        return False
    except Exception:
        log.exception("the doorbell jammed")  # it rings after the commit: nothing may cost what is done already
        return False
    return True


class JobFailed(Exception):
    """A drain failed; only its name and the kind of error are told, since Redis keeps what a failed job says."""


def run(name: str) -> None:
    """What a worker calls: drain, and ring again when the minute was up before the rows were.

    Raises JobFailed; the log has the place in the code.
    """
    try:
        with _sign_of_life():
            has_more = _jobs[name].drain()
    except Exception as err:
        log.exception("%s failed", name)
        raise JobFailed(f"{name}: {type(err).__name__}") from None
    if has_more:
        ring({name})


class Deadline:
    """Tells a drain when its minute is up."""

    def __init__(self, seconds: float = DRAIN_FOR) -> None:
        self._ends = monotonic() + seconds

    def is_over(self) -> bool:
        """Whether the drain should return and ring itself again."""
        return monotonic() >= self._ends


def _enqueue(connection: Redis, wanted: Job) -> None:
    """One doorbell waits and one may run: a ring while the job runs is kept, a third is not needed.

    The job id is the job's name, with a dash for the dot that RQ refuses; the second place exists because a row may
    have become due after the running drain looked for the last time.
    """
    for place in _free_places(connection, wanted.name):
        Queue(wanted.queue, connection=connection, serializer=JSONSerializer).enqueue(
            run, wanted.name, job_id=place, result_ttl=0, failure_ttl=3600, job_timeout=180
        )
        return


def _free_places(connection: Redis, name: str) -> Iterable[str]:
    place = name.replace(".", "-")
    places = (place, f"{place}-again")
    found = {place: _find(connection, place) for place in places}
    if any(one is not None and _waits(connection, one) for one in found.values()):
        return []
    return [place for place, one in found.items() if one is None or not _runs(connection, one)][:1]


def _find(connection: Redis, place: str) -> RqJob | None:
    """The job of this place as it is at one moment; None when there is none or it ends this moment.

    Status and times come from the same read: a later status beside an earlier time would look like a dead drain.
    """
    try:
        job = RqJob.fetch(place, connection=connection, serializer=JSONSerializer)
        job.get_status(refresh=False)
    except (NoSuchJobError, InvalidJobOperation):
        return None
    return job


def _waits(connection: Redis, job: RqJob) -> bool:
    """Whether it waits for a worker. One that a dying worker took from its queue, or that Redis gave to nobody, says
    so for ever: it is cleared, but not at first sight, since a worker may have taken it this moment."""
    if job.get_status(refresh=False) not in PENDING:
        return False
    if connection.lpos(f"{Queue.redis_queue_namespace_prefix}{job.origin}", job.id) is not None:
        return True
    if _is_younger(connection, job.enqueued_at) or not _is_missed_since(connection, job):
        return True
    job.delete()
    return False


def _is_missed_since(connection: Redis, job: RqJob) -> bool:
    """Whether this very ring was found neither waiting nor running some while ago already."""
    seconds, _ = connection.time()
    rung_at = job.enqueued_at.timestamp() if job.enqueued_at is not None else 0
    first = connection.set(f"linli:missed:{job.id}:{rung_at}", seconds, nx=True, ex=MISSED_LASTS, get=True)
    return first is not None and seconds - int(first) >= MISSED_FOR.total_seconds()


def _runs(connection: Redis, job: RqJob) -> bool:
    """Whether somebody drains there. RQ goes on saying so for minutes after a worker was killed: then the place is
    cleared, or a second death would silence the job until RQ notices."""
    if job.get_status(refresh=False) != JobStatus.STARTED:
        return False
    if _is_younger(connection, job.started_at) or connection.exists(_life_sign(job.id)):
        return True
    job.delete()
    return False


def _is_younger(connection: Redis, moment: datetime | None) -> bool:
    """Whether this moment is so near that no sign of life need be there yet, by the clock of Redis."""
    seconds, _ = connection.time()
    return moment is not None and seconds - moment.timestamp() < LIFE_SIGN_LASTS.total_seconds()


def _life_sign(place: str) -> str:
    return f"linli:drains:{place}"


@contextmanager
def _sign_of_life() -> Iterator[None]:
    """The sign of life of the job that this process runs; none where no worker runs it."""
    job = get_current_job()
    if job is None or not _doorbell:
        yield
        return
    with _sign_of_life_of(job.id):
        yield


@contextmanager
def _sign_of_life_of(place: str) -> Iterator[None]:
    """While the body runs, Redis can tell that this process lives; a killed one falls silent within seconds.

    The last beat stays until it fades: the worker still has to put the job away, and nobody may clear it meanwhile.
    """
    connection, is_over = _doorbell[0], Event()

    def beat() -> None:
        with suppress(RedisError, OSError):
            connection.set(_life_sign(place), 1, ex=LIFE_SIGN_LASTS)

    def live() -> None:
        while not is_over.wait(LIFE_SIGN_EVERY):
            beat()

    beat()
    heart = Thread(target=live, daemon=True)
    heart.start()
    try:
        yield
    finally:
        is_over.set()
        heart.join()
        beat()
