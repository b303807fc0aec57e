"""The private folder of this checkout: data, secrets and logs that nobody else may read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a server runs as; all None means ourselves, which is right unless we are root."""

    name: str | None = None
    uid: int | None = None
    gid: int | None = None
    extra_groups: list[int] | None = None


OURSELVES = Account()


def private_folder(chosen: str | None = None) -> Path:
    """Where private data, secrets and logs of this checkout live; made, closed to others, when missing.

    `.data` in the project; as root `/var/lib/linli-<hash of the project's path>`, because PostgreSQL refuses to run as
    root and the account it then runs under may not reach the project. PRIVATE_DIR, or `chosen` where that
    is given, overrides both.
    """
    chosen = (os.environ.get("PRIVATE_DIR", "") if chosen is None else chosen).strip()
    if chosen:
        folder = Path(chosen).resolve()
    elif os.geteuid() == 0:
        digest = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:12]
        folder = Path("/var/lib") / f"linli-{digest}"
    else:
        folder = PROJECT / ".data"
    own_folder(folder)
    return folder


def private_secret(name: str, folder: Path | None = None) -> str:
    """The secret of this name: 64 hexadecimal digits, made at the first call, kept in a file of mode 0600."""
    return _kept((folder or private_folder()) / f"{name.lower()}.secret", lambda: secrets.token_hex(32))


def own_folder(folder: Path, account: Account = OURSELVES) -> None:
    """Make a folder of ours when missing. The permissions of one that exists are left as they are.

    As root ours may be passed through but not listed, so that the unprivileged account reaches its own folder inside.
    """
    if folder.is_dir():
        return
    if not folder.parent.is_dir():
        own_folder(folder.parent)
    is_root = os.geteuid() == 0
    folder.mkdir(mode=0o711 if is_root and account == OURSELVES else 0o700, exist_ok=True)
    if account.uid is not None and account.gid is not None:
        os.chown(folder, account.uid, account.gid)
    elif is_root:
        folder.chmod(0o711)  # whatever the umask took away


def _kept(path: Path, make: Callable[[], str]) -> str:
    """What the file holds, made first when missing. Two processes at once agree on one value."""
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        write_private(fresh, make())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()


def write_private(path: Path, text: str, account: Account = OURSELVES) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        if account.uid is not None and account.gid is not None:
            os.fchown(file.fileno(), account.uid, account.gid)
        file.write(text)
