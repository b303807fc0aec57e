"""Child processes: each in its own session with its own log, started again when it dies, never left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

PR_SET_PDEATHSIG = 1
LOOK = 0.05  # seconds between two looks at a program that is waited for
KIND_STOP = 10.0  # seconds a program gets to finish before it is killed
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a dead program is started again; doubled each time
WELL_AFTER = 60.0  # seconds; a program that lived this long is well, and its next pause is the first one again
LOG_LIMIT = 16 * 1024 * 1024  # bytes; a longer log becomes NAME.log.1

_libc = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A program that had to succeed did not; the message names it and its log in one sentence."""


class Stopped(Exception):
    """We were told to stop while we waited."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    when_orphaned: signal.Signals = signal.SIGKILL  # what the kernel sends it when we die without a word


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float  # monotonic
    deaths: int = 0  # in a row, without having been well in between
    starts_again: float | None = None  # monotonic; set while it is dead


class Supervisor:
    """Keeps programs running and writes one line for each thing that happens to them."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._children: list[_Child] = []

    def log_of(self, name: str) -> Path:
        """Where the output of this program goes."""
        return self._logs / f"{name}.log"

    def start(self, program: Program) -> None:
        """Start a program with a fresh log; it is kept running from now on."""
        log = self.log_of(program.name)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        self._children.append(_Child(program, spawn(program, log), time.monotonic()))

    def look(self) -> None:
        """Start again what died, after a pause that doubles; keep the logs short."""
        for child in self._children:
            self._look_at(child)
            self._shorten(self.log_of(child.program.name))

    def most_deaths(self) -> tuple[int, str]:
        """How often in a row the most troubled program died, and its name."""
        return max(((child.deaths, child.program.name) for child in self._children), default=(0, ""))

    def renew(self, environment: Mapping[str, str]) -> None:
        """Stop everything and start it again with these values added to its environment."""
        programs = [child.program for child in self._children]
        self.stop()
        for old in programs:
            added = {**old.environment, **environment}
            self.start(Program(old.name, old.command, added, old.folder, old.when_orphaned))

    def stop(self) -> None:
        """Ask each program to finish, in the order they were started; kill what does not, with all its children."""
        for child in self._children:
            end(child.process)
        self._children.clear()

    def _look_at(self, child: _Child) -> None:
        now = time.monotonic()
        code = child.process.poll()
        if code is None:
            if now - child.started > WELL_AFTER:
                child.deaths = 0
        elif child.starts_again is None:
            pause = min(FIRST_PAUSE * 2**child.deaths, LONGEST_PAUSE)
            child.deaths += 1
            child.starts_again = now + pause
            kill_group(child.process.pid)
            log = self.log_of(child.program.name)
            self._say(f"{child.program.name} ended ({how(code)}); it starts again in {pause:.0f} s; its log: {log}")
        elif now >= child.starts_again:
            child.process = spawn(child.program, self.log_of(child.program.name))
            child.started, child.starts_again = now, None

    @staticmethod
    def _shorten(log: Path) -> None:
        if log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)  # the program appends, so it goes on from the new beginning


def spawn(program: Program, log: Path, output: int | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own: Ctrl-C reaches us alone, and we end the others in order.

    Its errors go to the log, its output too unless `output` names another file descriptor.
    """
    parent = os.getpid()
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=handle if output is None else output,
            stderr=handle,
            cwd=program.folder,
            env=program.environment,
            start_new_session=True,
            preexec_fn=lambda: end_with_parent(program.when_orphaned, parent),
        )
    finally:
        os.close(handle)


def run_once(program: Program, log: Path, is_told_to_stop: Event) -> str:
    """Run a program to its end and give what it printed. Raises Failed or Stopped."""
    output = log.with_suffix(".out")
    with contextlib.ExitStack() as left:
        handle = os.open(output, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        left.callback(output.unlink)
        left.callback(os.close, handle)
        process = spawn(program, log, handle)
        left.callback(end, process)
        while process.poll() is None:
            if is_told_to_stop.wait(LOOK):
                raise Stopped
        if process.returncode != 0:
            raise Failed(f"{program.name} failed ({how(process.returncode)}: {last_line(log)}); its log: {log}")
        return output.read_text(encoding="utf-8")


def end(process: subprocess.Popen[bytes], patience: float = KIND_STOP) -> None:
    """Ask a program to finish, kill it when it takes too long, and leave nobody of its session behind."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    kill_group(process.pid)
    process.wait()


def kill_group(leader: int) -> None:
    """Kill what is left of a program's process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def end_with_parent(sign: signal.Signals, parent: int) -> None:
    """In a child before it becomes its program: the kernel sends it this signal when the parent is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the line above
        os.kill(os.getpid(), signal.SIGKILL)


def how(code: int) -> str:
    """An exit status in words."""
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def last_line(log: Path) -> str:
    """The last thing a program said."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
