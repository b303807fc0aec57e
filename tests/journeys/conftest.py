"""Fixtures of journeys: one house of real processes for all of them, a fresh day for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.journeys.people import Line
from tests.running_house import RECORDED, RunningHouse

NAME = "journeys"


@pytest.fixture(scope="session")
def running_house(postgres_url: str, servers_folder: Path) -> Iterator[RunningHouse]:
    """Web, worker, ticker and simulator, with the sample city loaded."""
    address = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"create database {NAME}".encode())
    folder = servers_folder / NAME
    folder.mkdir(mode=0o711)
    shutil.rmtree(RECORDED, ignore_errors=True)
    house = RunningHouse(folder, f"{address.rpartition('/')[0]}/{NAME}")
    try:
        house.prepare()
        yield house
    finally:
        house.close()


@pytest.fixture
def house(running_house: RunningHouse, request: pytest.FixtureRequest) -> Iterator[RunningHouse]:
    """A fresh day; every process runs at its beginning, whatever the journey before did to them.

    No process may log an error, unless the journey is marked `expects_errors`.
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


@pytest.fixture
def line(house: RunningHouse) -> Line:
    """What people do with their telephones."""
    return Line(house)
