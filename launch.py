"""Starts and watches every process of one machine: `run` for the demo, `serve` for production; short commands beside.

    python launch.py run   [--port 8000] [--phone-port 8001]   demo clock, sample city, telephone simulator
    python launch.py serve [--port 8000]                       the environment's own carrier; reads .env too
    python launch.py seed | migrate                            beside a running house or alone
    python launch.py flask COMMAND ...                         any command of the house, likewise
    python launch.py bench [FIGURE ...]                        on private servers of its own, emptied before

A second `run` or `serve` in the same checkout says where the first one answers and ends with 0.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import IO
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from config import policy
from config.settings import BadSetting, Settings
from core import embedded, wording
from core.embedded import Server
from core.ports import HOST, free_port, is_free
from core.private_folder import private_folder, private_secret
from core.processes import Failed, Program, Stopped, Supervisor, end, end_with_parent, run_once
from core.wheel_programs import CannotStart

PROJECT = Path(__file__).resolve().parent
TOUR = PROJECT / "city" / "anhe" / "tour.toml"
READY_WITHIN = 90.0  # seconds from the start of the programs to the first 200
LOOK = 0.2  # seconds between two looks at the programs
GIVE_UP_AFTER = 3  # deaths in a row before the house was ready once
SHORT = ("seed", "migrate", "flask")  # what ends by itself, so that one can wait for it
DEMO_NUMBERS = {"HOTLINE_NUMBER": "+869785550156", "DUTY_NUMBER": "+8616700000110"}


class Refused(Exception):
    """We cannot start; the message says in one sentence why."""


@dataclass(slots=True)
class House:
    """The processes of this machine and the private servers beneath them."""

    folder: Path
    environment: dict[str, str]
    told_to_stop: Event
    servers: dict[str, Server] = field(default_factory=dict)
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.supervisor = Supervisor(self.logs, say)

    @property
    def logs(self) -> Path:
        """Where every program writes."""
        return self.folder / "log"

    def open_servers(self) -> None:
        """Start a private server for each that the environment does not name, and note its URL."""
        for setting, start in PRIVATE.items():
            if not self.environment.get(setting, "").strip():
                self.servers[setting] = start(self.folder)
                self.environment[setting] = self.servers[setting].url

    def program(self, name: str, *arguments: str, **added: str) -> Program:
        """A Python program of this project with the settings of the house."""
        on_kill = signal.SIGTERM if name == "web" else signal.SIGKILL  # gunicorn takes its own processes along
        return Program(name, [sys.executable, *arguments], {**self.environment, **added}, PROJECT, on_kill)

    def run_once(self, name: str, *arguments: str) -> str:
        """Run one command of this project to its end; what it printed. Raises Failed or Stopped."""
        self.check_stop()
        return run_once(self.program(name, *arguments), self.supervisor.log_of(name), self.told_to_stop)

    def migrate(self) -> None:
        """Bring the database to this release."""
        self.run_once("migrate", "-m", "alembic", "upgrade", "head")

    def start_programs(self, host: str, port: int) -> None:
        """Web, workers and ticker."""
        bind = f"{host}:{port}"
        web = ("-m", "gunicorn", "--config", "config/gunicorn.py", "wsgi:app")
        self.supervisor.start(self.program("web", *web, BIND=bind))
        for number in range(1, count(self.environment, "WORKERS", 2) + 1):
            self.supervisor.start(self.program(f"worker-{number}", "worker.py"))
        self.supervisor.start(self.program("ticker", "schedule.py"))

    def wait_until(self, answers: Callable[[], bool], what: str) -> None:
        """Wait until this answers. Raises Failed when a program keeps dying or the time is over, or Stopped."""
        ends = time.monotonic() + READY_WITHIN
        while not answers():
            self.check_stop(LOOK)
            self.supervisor.look()
            deaths, name = self.supervisor.most_deaths()
            if deaths >= GIVE_UP_AFTER:
                raise Failed(f"{name} does not stay up; its log: {self.supervisor.log_of(name)}")
            if time.monotonic() > ends:
                raise Failed(f"{what} does not answer after {READY_WITHIN:.0f} s; logs: {self.logs}")

    def watch(self) -> None:
        """Keep everything running until told to stop."""
        while not self.told_to_stop.wait(LOOK):
            self.supervisor.look()
            self._look_at_servers()

    def check_stop(self, wait: float = 0.0) -> None:
        """Raise Stopped when we were told to stop, waiting for it up to so many seconds."""
        if self.told_to_stop.wait(wait):
            raise Stopped

    def close(self) -> None:
        """Stop the programs in order, then the servers."""
        self.supervisor.stop()
        for server in reversed(self.servers.values()):
            server.stop()

    def _look_at_servers(self) -> None:
        for setting, server in list(self.servers.items()):
            if server.is_alive():
                continue
            say(f"The private server behind {setting} ended; it starts again; its log is in {self.logs}")
            server.stop()
            self.servers[setting] = PRIVATE[setting](self.folder)
            if self.servers[setting].url != server.url:  # somebody took its port meanwhile
                self.environment[setting] = self.servers[setting].url
                self.supervisor.renew({setting: self.servers[setting].url})


PRIVATE: Mapping[str, Callable[[Path], Server]] = {
    "DATABASE_URL": embedded.start_postgres,
    "REDIS_URL": embedded.start_valkey,
}


def run(house: House, port: int, phone_port: int) -> list[str]:
    """Start the demo; the lines to print once it is ready."""
    port = next_free(port)
    phone_port = next_free(phone_port, port)
    public, phone = f"http://{HOST}:{port}", f"http://{HOST}:{phone_port}"
    house.environment.update(demo_settings(house.folder, public, phone))
    prepare(house)
    house.migrate()
    sign_in = json.loads(house.run_once("seed", "-m", "flask", "seed", "--json"))
    house.start_programs(HOST, port)
    contacts = json.loads(house.run_once("contacts", "-m", "flask", "contacts", "--json"))
    config = house.folder / "simulator.json"
    write_private(config, simulator_config(house.environment, contacts))
    simulator = ("-m", "simulator", "--config", str(config), "--port", str(phone_port))
    house.supervisor.start(house.program("simulator", *simulator))
    house.wait_until(lambda: answers(f"{public}/readyz"), "the house")
    house.wait_until(lambda: answers(f"{phone}/"), "the simulator")
    password = sign_in["password"] or wording.say("core", "launch.own_password", "en")
    tries = " / ".join(wording.say("core", "launch.try_first", lang) for lang in wording.LANGUAGES)
    return [
        f"phone URL: {phone}/",
        f"console URL: {public}/console/",
        f"status URL: {public}/readyz",
        f"demo sign-in: {sign_in['username']} / {password}",
        f"try first: {tries}",
    ]


def serve(house: House, port: int) -> list[str]:
    """Start production against the environment's own settings; the lines to print once it is ready."""
    host = house.environment.get("HOST", "").strip() or HOST
    if not is_free(port, host):
        raise Refused(f"Port {port} of {host} is in use: choose another, as in make serve PORT={port + 1}.")
    prepare(house)
    house.migrate()
    house.start_programs(host, port)
    near = f"http://{HOST if host == '0.0.0.0' else host}:{port}"  # noqa: S104 - compared, not bound
    house.wait_until(lambda: answers(f"{near}/readyz"), "the house")
    return [f"console URL: {near}/console/", f"status URL: {near}/readyz"]


def prepare(house: House) -> None:
    """Secrets, a check of every setting, then the private servers. Raises BadSetting or CannotStart."""
    for name in ("SECRET_KEY", "HASH_KEY"):
        if not house.environment.get(name, "").strip():
            house.environment[name] = private_secret(name, house.folder)
    unset = {name: f"{scheme}://{HOST}" for name, scheme in (("DATABASE_URL", "postgresql"), ("REDIS_URL", "redis"))}
    given = {name: value for name, value in house.environment.items() if value.strip()}
    Settings.from_env({**unset, **given})
    house.open_servers()


def demo_settings(folder: Path, public: str, phone: str) -> dict[str, str]:
    """A carrier on loopback and a clock that can be moved; the account is made once and kept with the data."""
    return {
        "PUBLIC_URL": public,
        "TWILIO_API_BASE": phone,
        "TWILIO_ACCOUNT_SID": f"AC{private_secret('demo_account', folder)[:32]}",
        "TWILIO_AUTH_TOKEN": private_secret("demo_token", folder)[:32],
        "CLOCK": "demo",
        "GO_LIVE": "off",
        "ALLOWED_NUMBERS": "",
        "SMS_SENDER": "",
        "TRUSTED_PROXIES": "0",
        **DEMO_NUMBERS,
    }


def simulator_config(environment: Mapping[str, str], contacts: list[object]) -> str:
    """What the simulator must know of its one customer, as JSON."""
    public = environment["PUBLIC_URL"]
    console = {lang: wording.say("core", "launch.console", lang) for lang in wording.LANGUAGES}
    number = {
        "number": environment["HOTLINE_NUMBER"],
        "voice_url": f"{public}/ivr/incoming",
        "status_callback": f"{public}/ivr/status",
        "sms_url": f"{public}/sms/inbound",
    }
    app = {
        "clock_url": f"{public}/demo/clock",
        "events_url": f"{public}/demo/events",
        "links": [{"label": console, "url": f"{public}/console/"}],
        "time_zone": policy.current().city.zone.key,
        "tour": tomllib.loads(TOUR.read_text(encoding="utf-8")),
    }
    config = {
        "account_sid": environment["TWILIO_ACCOUNT_SID"],
        "auth_token": environment["TWILIO_AUTH_TOKEN"],
        "public_url": environment["TWILIO_API_BASE"],
        "numbers": [number],
        "contacts": contacts,
        "app": app,
    }
    return json.dumps(config, ensure_ascii=False, indent=1)


def with_dot_env(environment: Mapping[str, str], path: Path) -> dict[str, str]:
    """The environment, with what .env says where the environment says nothing. Raises BadSetting for a bad line."""
    found: dict[str, str] = {}
    if path.exists():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            text = line.strip().removeprefix("export ")
            if not text or text.startswith("#"):
                continue
            name, mark, value = text.partition("=")
            if not mark or not name.strip().isidentifier():
                raise BadSetting(f".env line {number} is not of the form NAME=value.")
            found[name.strip()] = plain(value.strip())
    return {**found, **environment}


def plain(value: str) -> str:
    """A value without the pair of quotation marks around it, or without the remark behind it."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return "" if value.startswith("#") else value.partition(" #")[0].rstrip()


def count(environment: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of at least one. Raises BadSetting."""
    text = environment.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise BadSetting(f"{name} must be a whole number, 1 or more.")
    return int(text)


def next_free(wanted: int, *taken: int) -> int:
    """The wanted port or the next one above it where nobody listens."""
    for port in range(wanted, min(wanted + 100, 65536)):
        if port not in taken and is_free(port):
            return port
    return free_port()


def answers(url: str) -> bool:
    """Whether this address says 200; no proxy is asked."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


def write_private(path: Path, text: str) -> None:
    """Write a file that only we may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def say(words: str) -> None:
    """One line for the person who started us; a terminal that was closed meanwhile is no reason to stop in disorder."""
    with contextlib.suppress(OSError):
        print(words, flush=True)


@dataclass(frozen=True, slots=True)
class Running:
    """What another launcher of this checkout left word of."""

    pid: int
    mode: str
    lines: tuple[str, ...]

    def address(self, label: str, end: str) -> str:
        """The address that it printed under this label, without its end; while it starts, the host alone."""
        told = (line.removeprefix(f"{label}: ") for line in self.lines if line.startswith(f"{label}: "))
        return next(told, f"http://{HOST}").removesuffix(end)


class Turn:
    """One launcher at a time for a checkout: a lock, and word of who holds it."""

    def __init__(self, folder: Path) -> None:
        self._word = folder / "launch.json"
        self._lock: IO[bytes] = os.fdopen(os.open(folder / "launch.lock", os.O_WRONLY | os.O_CREAT, 0o600), "wb")

    def take(self) -> bool:
        """Whether we hold it now. It is free again when our process ends, however it ends."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def leave_word(self, mode: str, lines: list[str]) -> None:
        """Tell the next one who we are and where we answer."""
        write_private(self._word, json.dumps({"pid": os.getpid(), "mode": mode, "lines": lines}, ensure_ascii=False))

    def holder(self) -> Running | None:
        """Who holds it, as far as there is word."""
        if not self._word.exists():
            return None
        told = json.loads(self._word.read_text(encoding="utf-8"))
        return Running(told["pid"], told["mode"], tuple(told["lines"]))

    def wait(self, told_to_stop: Event) -> Running | None:
        """None once we hold it; the one who holds it when that one does not end by itself. Raises Stopped."""
        while not self.take():
            holder = self.holder()
            if holder is not None and holder.mode not in SHORT and Path(f"/proc/{holder.pid}").exists():
                return holder
            if told_to_stop.wait(LOOK):
                raise Stopped
        return None


def start(arguments: argparse.Namespace, told_to_stop: Event) -> int:
    """Do what was asked, until it is done or we are told to stop."""
    mode: str = arguments.mode
    environment = dict(os.environ) if mode == "run" else with_dot_env(os.environ, PROJECT / ".env")
    environment["PYTHONUNBUFFERED"] = "1"
    folder = private_folder(environment.get("PRIVATE_DIR", ""))
    environment["PRIVATE_DIR"] = str(folder)
    turn = Turn(folder)
    running = turn.wait(told_to_stop)
    if running is not None and mode not in SHORT:
        say(f"It already runs (make {running.mode}, process {running.pid}); stop that one first to start anew.")
        for line in running.lines:
            say(line)
        return 0
    house = House(folder, environment, told_to_stop)
    with contextlib.ExitStack() as at_end:
        at_end.callback(house.close)
        if running is None:
            turn.leave_word(mode, [])
        if mode in SHORT:
            return short_command(house, mode, running, arguments.command)
        lines = run(house, arguments.port, arguments.phone_port) if mode == "run" else serve(house, arguments.port)
        turn.leave_word(mode, lines)
        for line in lines:
            say(line)
        house.watch()
        say("Stopping")
    return 0


def short_command(house: House, mode: str, running: Running | None, command: list[str]) -> int:
    """Seed, migrate, or a command of flask, with the settings of the house that runs. Returns its exit code."""
    if running is not None and running.mode == "run":
        public, phone = running.address("status URL", "/readyz"), running.address("phone URL", "/")
        house.environment.update(demo_settings(house.folder, public, phone))
    else:
        # None of them needs a carrier: what is missing of its settings is filled in.
        stand_ins = demo_settings(house.folder, f"http://{HOST}", f"http://{HOST}") | {"CLOCK": "real"}
        house.environment = {**stand_ins, **{name: value for name, value in house.environment.items() if value.strip()}}
    prepare(house)
    if mode != "flask" or house.servers:  # a database of one's own is migrated when somebody says so
        house.migrate()
    if mode == "flask":
        return subprocess.run([sys.executable, "-m", "flask", *command], cwd=PROJECT, env=house.environment).returncode
    done = house.run_once("seed", "-m", "flask", "seed") if mode == "seed" else ""
    say(done.strip() or f"{mode}: done")
    return 0


def main() -> int:
    """Returns 0, or 1 after one sentence that says what is wrong."""
    parser = argparse.ArgumentParser(description="Start and watch every process of the line on this machine.")
    parser.add_argument("mode", choices=("run", "serve", "seed", "migrate", "flask", "bench"))
    parser.add_argument("figures", nargs="*", help="bench: which figures; all when none is named")
    parser.add_argument("--port", type=int, default=8000, help="where the console and the webhooks answer")
    parser.add_argument("--phone-port", type=int, default=8001, help="where the telephone simulator answers (run)")
    parser.add_argument("--end-with-parent", action="store_true", help="stop when the starting process is gone")
    own = 2 if sys.argv[1:2] == ["flask"] else len(sys.argv)  # what stands behind `flask` is read by flask
    arguments = parser.parse_args(sys.argv[1:own])
    arguments.command = sys.argv[own:]
    if arguments.end_with_parent:
        end_with_parent(signal.SIGTERM, os.getppid())
    told_to_stop = stop_signals()
    try:
        if arguments.mode == "bench":
            return measure(arguments.figures, told_to_stop)
        return start(arguments, told_to_stop)
    except Stopped:
        return 0
    except (BadSetting, CannotStart, Failed, Refused) as err:
        print(err, file=sys.stderr)
        return 1


def measure(figures: list[str], told_to_stop: Event) -> int:
    """Run the bench beside whatever runs, on servers and a city of its own that are gone afterwards."""
    folder = private_folder() / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o711)
    environment = {**os.environ, "PRIVATE_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""}
    environment |= demo_settings(folder, f"http://{HOST}", f"http://{HOST}") | {"CLOCK": "real"}
    house = House(folder, environment, told_to_stop)
    with contextlib.ExitStack() as at_end:
        at_end.callback(shutil.rmtree, folder)
        at_end.callback(house.close)
        prepare(house)
        house.migrate()
        house.run_once("seed", "-m", "flask", "seed")
        bench = subprocess.Popen([sys.executable, "-m", "bench", *figures], cwd=PROJECT, env=house.environment)
        at_end.callback(end, bench)
        while bench.poll() is None:
            house.check_stop(LOOK)
        return bench.returncode


def stop_signals() -> Event:
    """An event that Ctrl-C, a polite kill and a closed terminal set, the last one unless nohup asked us not to mind."""
    told_to_stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: told_to_stop.set())
    return told_to_stop


if __name__ == "__main__":
    raise SystemExit(main())
