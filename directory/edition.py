"""A short mark of values as a form showed them: another mark later means that somebody changed them meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256


def mark(values: Mapping[str, str]) -> str:
    """Sixteen hexadecimal digits that differ when any value does."""
    told = "\x1f".join(f"{name}={values[name]}" for name in sorted(values))
    return sha256(told.encode()).hexdigest()[:16]
