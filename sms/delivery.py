"""Where an outbound text stands; receipts only move it forward, in whatever order and how often they come."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Delivery(StrEnum):
    """Where an outbound text stands."""

    QUEUED = "queued"  # due at send_at
    SENDING = "sending"  # claimed by a sender
    UNKNOWN = "unknown"  # may have reached the carrier; settled by its receipt or by the carrier's log
    SUBMITTED = "submitted"  # the carrier took it
    SENT = "sent"  # the carrier passed it on
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    EXPIRED = "expired"  # no longer useful when its turn came
    SUPPRESSED = "suppressed"  # the receiver asked us to stop


# What we say of a text ranks below what the carrier says: a receipt proves that the text went out. Of two last words
# the better one stands, whichever came first, so that the order never matters: a text that was sent twice because
# nobody knew has arrived when one of the two has.
_RANK: Mapping[Delivery, int] = MappingProxyType(
    {
        Delivery.QUEUED: 0,
        Delivery.SENDING: 0,
        Delivery.UNKNOWN: 0,
        Delivery.EXPIRED: 0,
        Delivery.SUPPRESSED: 0,
        Delivery.SUBMITTED: 1,
        Delivery.SENT: 2,
        Delivery.FAILED: 3,
        Delivery.UNDELIVERED: 4,
        Delivery.DELIVERED: 5,
    }
)

OPEN = frozenset({Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN})
FINAL = frozenset({Delivery.FAILED, Delivery.UNDELIVERED, Delivery.DELIVERED})
LOST = frozenset({Delivery.FAILED, Delivery.UNDELIVERED})


def moved(current: Delivery, reported: Delivery) -> Delivery:
    """Where a text stands once the carrier has reported this of it."""
    return reported if _RANK[reported] > _RANK[current] else current


def moved_by(reported: Delivery) -> frozenset[Delivery]:
    """The states that such a report moves forward."""
    return frozenset(state for state in Delivery if moved(state, reported) is not state)
