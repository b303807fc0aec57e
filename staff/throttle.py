"""How many wrong passwords are let through, and how long one then waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

ADDRESS_FACTOR = 4
"""An office stands behind one address: it has this many times the tries of one login."""


def tries_left(failed: Sequence[datetime], *, most: int) -> int:
    """How many tries are left after these failures within the window."""
    return max(most - len(failed), 0)


def free_again(failed: Sequence[datetime], *, most: int, window: timedelta, now: datetime) -> timedelta | None:
    """How long until the next try, or None when one may try now. `failed` are the failures within the window."""
    if len(failed) < most:
        return None
    return max(sorted(failed)[-most] + window - now, timedelta())


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 line has all to itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
