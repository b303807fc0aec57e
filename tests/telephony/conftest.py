"""A carrier on a socket, and the adapter that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from telephony.twilio_carrier import TwilioCarrier
from tests.telephony.carrier_server import CarrierServer
from tests.telephony.line_settings import line_settings


@pytest.fixture
def server() -> Iterator[CarrierServer]:
    """A carrier that takes every text, until the test tells it otherwise."""
    running = CarrierServer()
    yield running
    running.stop()


@pytest.fixture
def line(server: CarrierServer) -> Iterator[TwilioCarrier]:
    """The adapter at that carrier, with a read time-out that a test can wait for."""
    opened = TwilioCarrier(
        line_settings(twilio_api_base=server.url),
        in_flight=8,
        connect_timeout=timedelta(seconds=0.3),
        read_timeout=timedelta(seconds=0.3),
        recording_bytes=1000,
    )
    yield opened
    opened.close()
