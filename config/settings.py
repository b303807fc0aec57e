"""The environment, read once into frozen Settings; a missing or senseless value stops the start in one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from click import ClickException

E164 = re.compile(r"\+[1-9]\d{6,14}")
ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
"""An alphanumeric sender as the carrier takes it: at least one letter."""
TWILIO_API = "https://api.twilio.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class BadSetting(ClickException):
    """A setting is missing or makes no sense; the message names it and says what to do. Commands tell it as it is."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to the next. Secrets and addresses, never opinions."""

    database_url: str
    redis_url: str
    public_url: str
    twilio_account_sid: str
    twilio_auth_tokens: tuple[str, ...]  # the first one signs our requests; all are accepted on webhooks
    twilio_api_base: str
    hotline_number: str  # E.164
    sms_sender: str  # E.164 or an alphanumeric sender
    duty_number: str  # E.164, the human fall-back
    trusted_proxies: int
    is_live: bool
    allowed_numbers: frozenset[str]
    secret_key: str
    hash_key: str
    is_demo_clock: bool

    @property
    def carrier_is_loopback(self) -> bool:
        """Whether the carrier is a program on this machine, so that no real telephone can be reached."""
        return (urlsplit(self.twilio_api_base).hostname or "") in LOOPBACK

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check every setting. Raises BadSetting with one sentence that names the variable."""
        api_base = _url(env, "TWILIO_API_BASE", TWILIO_API)
        if urlsplit(api_base).scheme == "http" and urlsplit(api_base).hostname not in LOOPBACK:
            raise BadSetting("TWILIO_API_BASE must begin with https:// unless the carrier runs on this machine.")
        hotline = _number(env, "HOTLINE_NUMBER")
        settings = cls(
            database_url=database_url(_required(env, "DATABASE_URL")),
            redis_url=_redis(env),
            public_url=_url(env, "PUBLIC_URL", None),
            twilio_account_sid=_account(env),
            twilio_auth_tokens=_tokens(env),
            twilio_api_base=api_base,
            hotline_number=hotline,
            sms_sender=_sender(env) or hotline,
            duty_number=_number(env, "DUTY_NUMBER"),
            trusted_proxies=_count(env, "TRUSTED_PROXIES"),
            is_live=_choice(env, "GO_LIVE", {"on": True, "off": False}, "off"),
            allowed_numbers=frozenset(_allowed(env)),
            secret_key=_required(env, "SECRET_KEY"),
            hash_key=_required(env, "HASH_KEY"),
            is_demo_clock=_choice(env, "CLOCK", {"demo": True, "real": False}, "real"),
        )
        if settings.is_demo_clock and settings.is_live:
            raise BadSetting("CLOCK=demo cannot go with GO_LIVE=on: set CLOCK=real, or GO_LIVE=off.")
        if settings.is_demo_clock and not settings.carrier_is_loopback:
            raise BadSetting("CLOCK=demo needs a carrier on this machine: set TWILIO_API_BASE to a loopback address.")
        return settings


@lru_cache(maxsize=1)
def current() -> Settings:
    """The settings of this process, read from its environment at the first call."""
    return Settings.from_env(os.environ)


def database_url(value: str) -> str:
    """The address as SQLAlchemy takes it, with the driver named. Raises BadSetting."""
    scheme, mark, rest = value.partition("://")
    if not mark or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise BadSetting("DATABASE_URL must begin with postgresql:// (PostgreSQL 15 or newer is the one database).")
    return f"postgresql+psycopg://{rest}"


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise BadSetting(f"{name} is not set: give it a value in the environment or in .env (see .env.example).")
    return value


def _url(env: Mapping[str, str], name: str, default: str | None) -> str:
    value = env.get(name, "").strip() or default
    if value is None:
        raise BadSetting(f"{name} is not set: give it a value in the environment or in .env (see .env.example).")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BadSetting(f"{name} must be an address such as https://line.example.org, without a query or #.")
    if "_" in parts.hostname:
        raise BadSetting(f"{name} has an underscore in its host name, which the carrier refuses: use another name.")
    return value.rstrip("/")


def _redis(env: Mapping[str, str]) -> str:
    value = _required(env, "REDIS_URL")
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise BadSetting("REDIS_URL must begin with redis://, rediss:// or unix://.")
    return value


def _account(env: Mapping[str, str]) -> str:
    value = _required(env, "TWILIO_ACCOUNT_SID")
    if not ACCOUNT.fullmatch(value):
        raise BadSetting("TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits, as the carrier's console shows it.")
    return value


def _tokens(env: Mapping[str, str]) -> tuple[str, ...]:
    tokens = _list(_required(env, "TWILIO_AUTH_TOKEN"))
    if not tokens:
        raise BadSetting("TWILIO_AUTH_TOKEN must name at least one token.")
    return tokens


def _sender(env: Mapping[str, str]) -> str:
    value = env.get("SMS_SENDER", "").strip()
    if value and not (E164.fullmatch(value) or SENDER_NAME.fullmatch(value)):
        raise BadSetting("SMS_SENDER must be a full number, or a name of at most 11 letters, digits and spaces.")
    return value


def _number(env: Mapping[str, str], name: str) -> str:
    value = _required(env, name)
    if not E164.fullmatch(value):
        raise BadSetting(f"{name} must be a full number such as +869785550156: a plus sign, country code and digits.")
    return value


def _allowed(env: Mapping[str, str]) -> tuple[str, ...]:
    numbers = _list(env.get("ALLOWED_NUMBERS", ""))
    for number in numbers:
        if not E164.fullmatch(number):
            raise BadSetting("ALLOWED_NUMBERS must be full numbers such as +8616200000001, divided by commas.")
    return numbers


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _count(env: Mapping[str, str], name: str) -> int:
    value = env.get(name, "").strip() or "0"
    if not value.isdecimal():
        raise BadSetting(f"{name} must be a whole number, 0 or more: how many of your own proxies stand in front.")
    return int(value)


def _choice(env: Mapping[str, str], name: str, words: Mapping[str, bool], default: str) -> bool:
    value = (env.get(name, "").strip() or default).lower()
    if value not in words:
        raise BadSetting(f"{name} must be one of: {', '.join(words)}.")
    return words[value]
