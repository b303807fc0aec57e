"""Fixtures of real servers: one private PostgreSQL and one Valkey for a whole test run, in a folder of their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import embedded


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A folder that goes away after the run, and that the account of the servers may pass through when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="linli-tests-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_url(servers_folder: Path) -> Iterator[str]:
    """An empty database of a private PostgreSQL. It does not wait for the disk: a test run need not survive a crash."""
    server = embedded.start_postgres(servers_folder, is_durable=False)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def redis_url(servers_folder: Path) -> Iterator[str]:
    """A private Valkey, empty at the start of the run."""
    server = embedded.start_valkey(servers_folder)
    yield server.url
    server.stop()
