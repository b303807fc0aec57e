"""Fixtures of journeys: the line and everybody who has to do with it."""

from __future__ import annotations

import pytest

from tests.journeys.people import Line
from tests.running_house import RunningHouse


@pytest.fixture
def line(house: RunningHouse) -> Line:
    """What people do with their telephones."""
    return Line(house)
