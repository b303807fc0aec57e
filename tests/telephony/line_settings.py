"""Settings for tests of the line: boring defaults, keyword overrides."""

from __future__ import annotations

from dataclasses import replace

from config.settings import Settings

RESIDENT = "+8616200000001"
HOTLINE = "+869785550156"
ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"

_BORING = Settings(
    database_url="postgresql+psycopg://nowhere",
    redis_url="redis://nowhere",
    public_url="https://line.example.org",
    twilio_account_sid=ACCOUNT,
    twilio_auth_tokens=(TOKEN,),
    twilio_api_base="http://127.0.0.1:9",
    hotline_number=HOTLINE,
    sms_sender=HOTLINE,
    duty_number="+8616700000110",
    trusted_proxies=0,
    is_live=False,
    allowed_numbers=frozenset(),
    secret_key="tests-only",
    hash_key="tests-only",
    is_demo_clock=False,
)


def line_settings(**changes: object) -> Settings:
    """Settings with some fields replaced."""
    return replace(_BORING, **changes)  # type: ignore[arg-type]
