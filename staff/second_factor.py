"""The second factor: codes of an authenticator app by RFC 6238, from a secret that is stored nowhere."""

from __future__ import annotations

import base64
import hmac
import unicodedata
from datetime import datetime

import pyotp

SECONDS = 30
DRIFT = 1
"""Codes of the step before and after count, too: telephones are a little fast or slow (RFC 6238, 5.2)."""
DIGITS = 6
SECRET_BYTES = 20
"""160 bits, as long as the digest of HMAC-SHA-1 (RFC 4226, 4)."""
GROUP = 4


def secret_of(secret_key: str, user_id: int, salt: str) -> str:
    """The secret of a user in Base32, made anew from the installation's key: a stolen database gives nothing."""
    digest = hmac.digest(secret_key.encode(), f"second factor:{user_id}:{salt}".encode(), "sha256")
    return base64.b32encode(digest[:SECRET_BYTES]).decode()


def step_of(at: datetime) -> int:
    """The number of the half minute in which a moment lies."""
    return int(at.timestamp()) // SECONDS


def step_taken(secret: str, code: str, *, at: datetime, last_step: int | None) -> int | None:
    """The step to which a code belongs, or None when it is wrong or of a step that was used already.

    `at` is real time, `last_step` that of the last code taken: none is taken twice, nor an older one afterwards.
    """
    given = plain(code)
    if len(given) != DIGITS or not (given.isascii() and given.isdecimal()):
        return None
    maker = pyotp.TOTP(secret, digits=DIGITS, interval=SECONDS)
    now = step_of(at)
    found = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if hmac.compare_digest(maker.generate_otp(step), given) and (last_step is None or step > last_step)
    ]
    return found[0] if found else None


def plain(code: str) -> str:
    """A code as typed, without the blanks and dashes that make it easy to read, in letters of usual width."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", code) if sign.isalnum()).casefold()


def address(secret: str, *, login: str, issuer: str) -> str:
    """What the QR code says: an `otpauth://` address as authenticator apps read it."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=SECONDS).provisioning_uri(name=login, issuer_name=issuer)


def grouped(secret: str) -> str:
    """The secret in groups of four, for typing it in."""
    return " ".join(secret[start : start + GROUP] for start in range(0, len(secret), GROUP))
