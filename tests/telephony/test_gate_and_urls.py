"""Which numbers may be reached at all, and the addresses that the carrier is given."""

from __future__ import annotations

import pytest

from telephony import urls
from telephony.gate import may_reach
from tests.telephony.line_settings import RESIDENT, line_settings

TWILIO = "https://api.twilio.com"


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"twilio_api_base": TWILIO}, False),
        ({"twilio_api_base": TWILIO, "allowed_numbers": frozenset({RESIDENT})}, True),
        ({"twilio_api_base": TWILIO, "is_live": True}, True),
        ({"twilio_api_base": "http://127.0.0.1:4010"}, True),
        ({"twilio_api_base": "https://localhost:4010"}, True),
        ({"twilio_api_base": "https://127.0.0.1.example.org"}, False),
    ],
)
def test_before_going_live_only_listed_numbers_and_loopback_carriers(changes: dict[str, object], allowed: bool) -> None:
    assert may_reach(RESIDENT, line_settings(**changes)) is allowed


def test_addresses_carry_how_often_to_try_again() -> None:
    site = "https://line.example.org"

    assert urls.sms_status(site, 7) == f"{site}/sms/status/7#rc=2&rp=5xx,ct,rt"
    assert urls.call_status(site) == f"{site}/ivr/status#rc=2&rp=5xx,ct,rt"
    assert urls.for_voice(site, "/ivr/answer/need/1") == f"{site}/ivr/answer/need/1#rt=5000&rc=1&rp=5xx,ct,rt"
