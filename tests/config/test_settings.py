"""A setting that is missing or makes no sense is refused in one sentence that names it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from config import settings as environment
from config.settings import BadSetting, Settings
from core.cli import audit

GOOD = {
    "DATABASE_URL": "postgresql://linli@127.0.0.1/linli",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PUBLIC_URL": "https://line.example.org",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "new, old",
    "HOTLINE_NUMBER": "+869785550156",
    "DUTY_NUMBER": "+8616700000110",
    "SECRET_KEY": "s",
    "HASH_KEY": "h",
}


def test_what_is_not_said_has_a_harmless_value() -> None:
    settings = Settings.from_env(GOOD)

    assert settings.twilio_auth_tokens == ("new", "old")
    assert settings.sms_sender == settings.hotline_number
    assert settings.twilio_api_base == "https://api.twilio.com"
    assert (settings.is_live, settings.is_demo_clock, settings.trusted_proxies) == (False, False, 0)
    assert settings.allowed_numbers == frozenset()


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_one_is_named(name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.from_env({**GOOD, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x/y"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("PUBLIC_URL", "line.example.org"),
        ("PUBLIC_URL", "https://line.example.org/?a=b"),
        ("PUBLIC_URL", "https://my_line.example.org"),
        ("TWILIO_API_BASE", "http://carrier.example.org"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
        ("TWILIO_AUTH_TOKEN", ","),
        ("HOTLINE_NUMBER", "0978-5550156"),
        ("SMS_SENDER", "a name that is too long"),
        ("SMS_SENDER", "12345"),
        ("DUTY_NUMBER", "110"),
        ("TRUSTED_PROXIES", "-1"),
        ("GO_LIVE", "yes"),
        ("ALLOWED_NUMBERS", "+8616200000001,110"),
        ("CLOCK", "fast"),
    ],
)
def test_a_senseless_one_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name) as refusal:
        Settings.from_env({**GOOD, name: value})

    assert str(refusal.value).endswith(".")
    assert ". " not in str(refusal.value)


@pytest.mark.parametrize("sender", ["+869785550157", "Anhe Line"])
def test_a_sender_may_be_a_number_or_a_name(sender: str) -> None:
    assert Settings.from_env({**GOOD, "SMS_SENDER": sender}).sms_sender == sender


def test_a_demo_never_reaches_a_real_telephone() -> None:
    loopback = {**GOOD, "CLOCK": "demo", "TWILIO_API_BASE": "http://127.0.0.1:8001"}

    assert Settings.from_env(loopback).is_demo_clock
    with pytest.raises(BadSetting, match="GO_LIVE"):
        Settings.from_env({**loopback, "GO_LIVE": "on"})
    with pytest.raises(BadSetting, match="TWILIO_API_BASE"):
        Settings.from_env({**GOOD, "CLOCK": "demo"})


def test_a_command_tells_a_missing_setting_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("HOTLINE_NUMBER")
    environment.current.cache_clear()

    told = CliRunner().invoke(audit, ["verify"])

    assert told.exit_code == 1
    assert told.output.startswith("Error: HOTLINE_NUMBER is not set")
    assert len(told.output.splitlines()) == 1
