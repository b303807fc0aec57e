"""Keyed hashes: what can be recognised again and never read back without the installation's key."""

from __future__ import annotations

import hmac


def keyed(key: str, kind: str, value: str) -> str:
    """HMAC-SHA-256 in hex of a value of one kind (`number`, `identity`, `login`).

    A plain hash of a telephone or identity number could be undone by trying them all; `key` is `settings.hash_key`.
    """
    return hmac.digest(key.encode(), f"{kind}:{value}".encode(), "sha256").hex()
