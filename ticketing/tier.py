"""How urgent a request is: its tier."""

from __future__ import annotations

from config.catalogue import Service
from ticketing.models import TicketKind

EMERGENCY = "T1"
URGENT = "T2"
NORMAL = "T3"


def tier_of(kind: TicketKind, service: Service | None, *, is_urgent: bool) -> str:
    """T1 to T4. The catalogue decides; urgency lifts a request to T2, danger to life makes it T1."""
    if kind is TicketKind.EMERGENCY:
        return EMERGENCY
    usual = service.tier if service is not None and kind is TicketKind.SERVICE else NORMAL
    return min(usual, URGENT) if is_urgent else usual
