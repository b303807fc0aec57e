"""Erasure: forget a person and keep what statistics count, and know him again when a list brings him back."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from core.keyed import keyed
from core.uow import UnitOfWork
from directory.models import ErasedKey

KEYS_AT_ONCE = 10_000


def erased_keys(uow: UnitOfWork, candidates: Collection[str]) -> set[str]:
    """Which of these keys (made by `directory.erased`) are of somebody who was erased. One statement for 10,000.

    A row of a list of which any key comes back must not be entered.
    """
    by_hash = {_hash(uow, key): key for key in candidates if key}
    hashes = list(by_hash)
    found: set[str] = set()
    for start in range(0, len(hashes), KEYS_AT_ONCE):
        some = hashes[start : start + KEYS_AT_ONCE]
        found.update(by_hash[one] for one in uow.session.scalars(select(ErasedKey.key).where(ErasedKey.key.in_(some))))
    return found


def _hash(uow: UnitOfWork, key: str) -> str:
    return keyed(uow.settings.hash_key, "erased", key)
