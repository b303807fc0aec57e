"""When a text that was not taken, or not delivered, is tried again, and when that is given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from config.policy import SmsPolicy
from telephony.statuses import Fault

LONGEST_PAUSE = timedelta(minutes=10)
KEEPS_TRYING_FOR = timedelta(hours=24)  # an outage of the carrier must not cost a text
SETTINGS_PAUSE = timedelta(minutes=10)  # while somebody mends our account or sender
JITTER = 0.2  # share by which a pause is shortened or stretched, so that not all come back at once
SCRAMBLER = 2654435761  # Knuth's multiplier: neighbouring ids land far apart
RARELY: Mapping[Fault, tuple[int, timedelta]] = MappingProxyType(
    {
        # how many attempts in all, how far apart
        Fault.ONCE: (2, timedelta(minutes=10)),
        Fault.EXPIRED: (2, timedelta(minutes=1)),
        Fault.HOURS_APART: (2, timedelta(hours=2)),
        Fault.TOMORROW: (2, timedelta(hours=24)),
    }
)


def pause(fault: Fault, *, attempts: int, age: timedelta, row_id: int, policy: SmsPolicy) -> timedelta | None:
    """How long to wait before the next attempt after `attempts` of them; None: give up.

    A carrier that is away, busy or refuses our account is tried again for a day with growing pauses, at least
    `policy.attempts` times. `age` counts from when the text was written. The pause differs from row to row.
    """
    if fault in RARELY:
        most, apart = RARELY[fault]
        return _spread(apart, row_id, attempts) if attempts < most else None
    if fault not in {Fault.LATER, Fault.CONFIGURATION}:
        return None
    if attempts >= policy.attempts and age >= KEEPS_TRYING_FOR:
        return None
    if fault is Fault.CONFIGURATION:
        return _spread(SETTINGS_PAUSE, row_id, attempts)
    doublings = min(attempts - 1, 16)
    return _spread(min(policy.retry_first * 2**doublings, LONGEST_PAUSE), row_id, attempts)


def _spread(pause: timedelta, row_id: int, attempts: int) -> timedelta:
    place = ((row_id * 31 + attempts) * SCRAMBLER % 2**32) / 2**32
    return pause * (1 - JITTER + 2 * JITTER * place)
