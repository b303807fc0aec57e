"""A simulator on a thread with a clock that the test moves, an application behind it, and Twilio's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from simulator.client import Phones
from simulator.config import Config, Line
from simulator.testing import SimulatorThread
from tests.simulator.application import TOKEN, Application

ACCOUNT = "AC" + "5" * 32
LINE = "+12025550100"
ANNA = "+12025550111"
BERT = "+12025550122"


@pytest.fixture
def application() -> Iterator[Application]:
    """The application behind the line: `/voice`, `/sms` and `/over` are its addresses there."""
    running = Application()
    running.says("/over", "")
    yield running
    running.stop()


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Where the simulator keeps what was said to it."""
    return tmp_path / "recorded"


@pytest.fixture
def config(application: Application, recorded: Path) -> Config:
    """One account with one line, on a clock that only a test moves."""
    line = Line(
        LINE,
        voice_url=f"{application.url}/voice",
        status_callback=f"{application.url}/over",
        sms_url=f"{application.url}/sms",
    )
    return Config(ACCOUNT, TOKEN, (line,), is_manual=True, record=recorded)


@pytest.fixture
def simulator(config: Config) -> Iterator[SimulatorThread]:
    """The simulator, ready."""
    with SimulatorThread(config) as running:
        yield running


@pytest.fixture
def phones(simulator: SimulatorThread) -> Phones:
    """All telephones of the network."""
    return simulator.phones


@pytest.fixture
def twilio(simulator: SimulatorThread) -> Iterator[Client]:
    """Twilio's own library, pointed at the simulator."""
    http = TwilioHttpClient(timeout=5)
    http.session.trust_env = False
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = simulator.url
    yield client
    http.session.close()
