"""What runs on this machine: processes by a path on their command line or in their environment."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def processes_naming(path: Path) -> list[int]:
    """The processes whose command line names this path; ourselves left out."""
    return [pid for pid in all_processes() if pid != os.getpid() and os.fsencode(path) in told_by(pid, "cmdline")]


def processes_with(setting: str) -> list[int]:
    """The living processes whose environment holds this NAME=value; ourselves left out."""
    return [
        pid
        for pid in all_processes()
        if pid != os.getpid() and setting.encode() in told_by(pid, "environ").split(b"\0")
    ]


def all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def told_by(pid: int, what: str) -> bytes:
    """Nothing for a process that ended, or that is none of ours."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{what}").read_bytes()
    return b""
