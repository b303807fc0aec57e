"""Files that wait to be loaded: kept below the folder of private files, closed to others, and removed afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from collection.errors import BadFile
from core.private_folder import private_folder

FOLDER = "imports"
AT_ONCE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it lies in its folder."""

    path: str  # below the folder of private files
    file_hash: str
    size: int


def keep(upload: BinaryIO, most: int) -> Kept:
    """Write an upload down. Raises BadFile when it is larger than `most` bytes; nothing is kept then."""
    folder = private_folder() / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path = f"{FOLDER}/{secrets.token_hex(16)}"
    digest, size = sha256(), 0
    try:
        with open(os.open(_place(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while part := upload.read(AT_ONCE):
                size += len(part)
                if size > most:
                    raise BadFile("too_large", most=most // 1024**2)
                digest.update(part)
                file.write(part)
    except BadFile:
        remove(path)
        raise
    return Kept(path, digest.hexdigest(), size)


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """The kept file. Raises BadFile `gone` when it is not there any more."""
    try:
        file = _place(path).open("rb")
    except (FileNotFoundError, IsADirectoryError):
        raise BadFile("gone") from None
    with file:
        yield file


def remove(path: str) -> None:
    """Remove a kept file; nothing happens when it is gone already."""
    if path:
        _place(path).unlink(missing_ok=True)


def all_paths() -> list[tuple[str, float]]:
    """Every kept file with the second at which it was written."""
    folder = private_folder() / FOLDER
    if not folder.is_dir():
        return []
    return [(f"{FOLDER}/{file.name}", file.stat().st_mtime) for file in folder.iterdir()]


def _place(path: str) -> Path:
    return private_folder() / path
