"""Password hashes: argon2id, with the cost that the library advises."""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

BYTES = 32
COST = RFC_9106_LOW_MEMORY

_hasher = PasswordHasher.from_parameters(COST)


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _hasher.hash(password)


def verifies(stored: str, password: str) -> bool:
    """Whether this is the password."""
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_weak(stored: str) -> bool:
    """Whether a hash was made with another cost than is advised now."""
    return _hasher.check_needs_rehash(stored)


def hash_of_nobodys() -> str:
    """The hash of a password that nobody knows: the account opens by a link only, and a try costs what others do."""
    return _hasher.hash(secrets.token_urlsafe(BYTES))


@lru_cache(maxsize=1)
def hash_of_nobody() -> str:
    """Such a hash for logins that do not exist, made once."""
    return hash_of_nobodys()
