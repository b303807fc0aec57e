"""The whole house as processes for a test: web, worker, ticker and simulator on real servers; any of them may die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import psycopg
import pytest
import requests
from redis import Redis

from core import embedded
from core.embedded import Server
from core.ports import HOST, free_port
from simulator.client import Phones

T = TypeVar("T")

PROJECT = Path(__file__).parent.parent
RECORDED = PROJECT / "build" / "carrier"
"""What the journeys said to the carrier, for bin/check-carrier."""
CITY = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 25, 10, 0, tzinfo=CITY)
BEFORE_THE_MORNING = timedelta(hours=2)
HOTLINE = "+869785550156"
DUTY = "+8616700000110"
TOKEN = "12345"
ACCOUNT = "AC" + "0" * 32
WITHIN = 30.0  # seconds in which everything that a test waits for happens
PATIENCE_FOR_LOCKS = "300ms"
"""Well under the second after which PostgreSQL looks for deadlocks: the test gives way, no process of the house."""
KEPT = {"jurisdictions", "households", "persons", "contacts", "consents", "users", "grants", "alembic_version"}
KEPT |= {"providers", "provider_services", "provider_areas", "credentials"}
KEPT |= {"buildings", "dwellings", "placements", "residences", "provenances", "person_searches", "retention_rules"}
KEPT |= {"place_aliases", "handler_units", "responsibilities", "reorganisations", "audit_entries", "audit_heads"}
"""What the sample city brings; the rest is emptied between two journeys."""


class RunningHouse:
    """Processes by name (`web`, `worker`, `ticker`, `simulator`) around one database and one Redis."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.redis: Server = embedded.start_valkey(folder)
        self.port, self.phone_port = free_port(), free_port()
        self.url, self.phone_url = f"http://{HOST}:{self.port}", f"http://{HOST}:{self.phone_port}"
        self.phones = Phones(self.phone_url)
        self.password = ""
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
            "web": (
                ("-m", "gunicorn", "--config", "config/gunicorn.py", "wsgi:app"),
                {"BIND": f"{HOST}:{self.port}", "WEB_PROCESSES": "1"},
            ),
            "worker": (("worker.py",), {}),
            "ticker": (("schedule.py",), {}),
            "simulator": (
                (
                    *("-m", "simulator", "--config", str(folder / "simulator.json")),
                    *("--port", str(self.phone_port), "--record", str(RECORDED)),
                ),
                {},
            ),
        }

    @property
    def environment(self) -> dict[str, str]:
        """What every process is told."""
        return {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")},
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis.url,
            "PUBLIC_URL": self.url,
            "TWILIO_API_BASE": self.phone_url,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "HOTLINE_NUMBER": HOTLINE,
            "DUTY_NUMBER": DUTY,
            "SECRET_KEY": "tests-only",
            "HASH_KEY": "tests-only",
            "CLOCK": "demo",
            "PRIVATE_DIR": str(self.folder),
            "PYTHONUNBUFFERED": "1",
        }

    def prepare(self) -> None:
        """Make the tables and load the sample city: two hours early, so that every grant is in force each morning.

        Each journey turns the clock back to the morning; a grant given a second after it would open nothing yet.
        """
        self.run("-m", "alembic", "upgrade", "head")
        self.set_clock(MORNING - BEFORE_THE_MORNING)
        seeded, told_contacts = self.flask(("seed", "--json"), ("contacts", "--json"))
        self.password = json.loads(seeded)["password"]
        contacts = json.loads(told_contacts)
        number = {
            "number": HOTLINE,
            "voice_url": f"{self.url}/ivr/incoming",
            "status_callback": f"{self.url}/ivr/status",
            "sms_url": f"{self.url}/sms/inbound",
        }
        app = {
            "clock_url": f"{self.url}/demo/clock",
            "events_url": f"{self.url}/demo/events",
            "time_zone": CITY.key,
            "tour": tomllib.loads((PROJECT / "city" / "anhe" / "tour.toml").read_text(encoding="utf-8")),
            "links": [{"label": {"zh": "工作台", "en": "Console"}, "url": f"{self.url}/console/"}],
        }
        told = {"account_sid": ACCOUNT, "auth_token": TOKEN, "numbers": [number], "contacts": contacts, "app": app}
        (self.folder / "simulator.json").write_text(json.dumps(told), encoding="utf-8")

    def run(self, *arguments: str, told: str | None = None) -> str:
        """Run one command of the project to its end, with this on its standard input; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            input=told,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def flask(self, *commands: Sequence[str]) -> list[str]:
        """Run commands of the house one after another in one process; what each printed."""
        printed: list[str] = json.loads(self.run("-m", "tests.many_commands", told=json.dumps(commands)))
        return printed

    def start(self, *names: str) -> None:
        """Start what does not run, and wait until it answers."""
        for name in names or tuple(self._commands):
            if name == "simulator":
                self._wait_for_web()  # the telephones take over its clock when they begin
            if name not in self._processes:
                self._spawn(name)
        self._wait_for_web()
        if "simulator" in self._processes:
            until(lambda: self._answers(f"{self.phone_url}/sim/state"), "the simulator answers")
        if "worker" in self._processes:
            until(lambda: requests.get(f"{self.url}/readyz", timeout=5).status_code == 200, "a worker signs on")

    def stop(self, *names: str, sign: signal.Signals = signal.SIGTERM) -> None:
        """Stop processes, politely or not, with everything they started."""
        for name in names or tuple(self._processes):
            process = self._processes.pop(name, None)
            if process is None:
                continue
            process.send_signal(sign)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                sign = signal.SIGKILL
            if process.poll() is None or sign is signal.SIGKILL:
                _kill_group(process.pid)
            process.wait(15)

    def begin_anew(self) -> None:
        """An empty day at ten in the morning, telephones without a past, and a city that is still there."""
        self.stop("simulator")
        with self.database() as connection:
            found = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
            names = ", ".join(sorted({row[0] for row in found} - KEPT))
            last = connection.execute("select last_value from batches_id_seq").fetchone()
            until(lambda: _truncated(connection, names), "no process holds a row")
            # provenances and the audit log are kept: what they say of list 1 is not about the next journey's first list
            connection.execute("select setval('batches_id_seq', %s)", last)
            connection.execute("update providers set last_job_at = null")
        self.set_clock(MORNING)
        self.start()

    def set_clock(self, moment: datetime) -> None:
        """Let it be this moment in the house."""
        ahead = moment - datetime.now(UTC)
        with self.database() as connection:
            connection.execute(
                "insert into clock_offsets (id, ahead) values (1, %s)"
                " on conflict (id) do update set ahead = excluded.ahead",
                (ahead,),
            )

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """The house's database, each statement its own transaction."""
        address = self.database_url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, autocommit=True) as connection:
            yield connection

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        with self.database() as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def one(self, statement: str, *values: object) -> Any:
        """The first value of the only row."""
        found = self.rows(statement, *values)
        assert len(found) == 1, found
        return found[0][0]

    def stop_redis(self) -> None:
        """Take the doorbell away."""
        self.redis.stop()

    def start_redis(self) -> None:
        """Bring the doorbell back where it was."""
        before = self.redis.url
        self.redis = embedded.start_valkey(self.folder)
        assert self.redis.url == before

    def doorbell(self) -> Redis:
        """A connection to the house's Redis."""
        return Redis.from_url(self.redis.url)

    def pid(self, name: str) -> int:
        """The process of this name."""
        return self._processes[name].pid

    def log(self, name: str) -> str:
        """What a process has written."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def close(self) -> None:
        """End everything."""
        self.stop()
        self.redis.stop()

    def _wait_for_web(self) -> None:
        if "web" in self._processes:
            until(lambda: self._answers(f"{self.url}/healthz"), "the web server answers")

    def _spawn(self, name: str) -> None:
        arguments, added = self._commands[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=PROJECT,
                env={**self.environment, **added},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return requests.get(url, timeout=5).status_code == 200
        except requests.RequestException:  # not yet, or too busy
            return False


def until(found: Callable[[], T], what: str, within: float = WITHIN) -> T:
    """Look again and again until something is there, and give it. Fails with `what` when the time is over."""
    ends = time.monotonic() + within
    while not (there := found()):
        assert time.monotonic() < ends, f"waited {within:.0f} s in vain until {what}"
        time.sleep(0.05)
    return there


def _truncated(connection: psycopg.Connection[tuple[Any, ...]], names: str) -> bool:
    """Empty these tables, unless a job that is under way holds one of them."""
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout = '{PATIENCE_FOR_LOCKS}'".encode())
            connection.execute(f"truncate {names} restart identity cascade".encode())
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


@pytest.fixture(scope="session")
def running_house(postgres_url: str, servers_folder: Path) -> Iterator[RunningHouse]:
    """Web, worker, ticker and simulator, with the sample city loaded: one for every journey and browser test."""
    address = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(b"create database running")
    folder = servers_folder / "running"
    folder.mkdir(mode=0o711)
    shutil.rmtree(RECORDED, ignore_errors=True)
    house = RunningHouse(folder, f"{address.rpartition('/')[0]}/running")
    try:
        house.prepare()
        yield house
    finally:
        house.close()


@pytest.fixture
def house(running_house: RunningHouse, request: pytest.FixtureRequest) -> Iterator[RunningHouse]:
    """A fresh day; every process runs at its beginning, whatever the test before did to them.

    No process may log an error, unless the test is marked `expects_errors`.
    """
    running_house.begin_anew()
    yield running_house
    errors = [
        f"{name}: {line[:600]}"
        for name in ("web", "worker", "ticker")
        for line in running_house.log(name).splitlines()
        if '"level": "ERROR"' in line
    ]
    for name in ("web", "worker", "ticker"):
        (running_house.folder / f"{name}.log").write_text("")
    assert errors == [] or request.node.get_closest_marker("expects_errors")
