"""What a password must be like."""

from __future__ import annotations

from enum import StrEnum

SHORTEST = 10
LONGEST = 200
"""Longer ones are refused unread: hashing them would cost us, not the guesser."""
FEWEST_DIFFERENT = 5
LONGEST_LOGIN = 64
LONGEST_NAME = 64


class Weakness(StrEnum):
    """Why a new password is not taken; the key of its sentence."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    IS_LOGIN = "is_login"
    TOO_PLAIN = "too_plain"
    IS_OLD = "is_old"
    NOT_TWICE = "not_twice"


def weakness(password: str, *, login: str) -> Weakness | None:
    """Why this cannot be the password of this login, or None. Length counts, kinds of characters do not."""
    if len(password) < SHORTEST:
        return Weakness.TOO_SHORT
    if len(password) > LONGEST:
        return Weakness.TOO_LONG
    if login.casefold() in password.casefold() and len(password) - len(login) < SHORTEST // 2:
        return Weakness.IS_LOGIN
    return Weakness.TOO_PLAIN if len(set(password)) < FEWEST_DIFFERENT else None


def is_login(login: str) -> bool:
    """Whether this can be a login: 1 to 64 characters without blanks."""
    return 0 < len(login) <= LONGEST_LOGIN and login.isprintable() and not any(sign.isspace() for sign in login)
