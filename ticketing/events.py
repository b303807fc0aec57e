"""What ticketing announces to the domains above."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TicketEscalated:
    """An urgent ticket is late: somebody has to be told by voice."""

    code: str
    reason: str  # overdue


@dataclass(frozen=True, slots=True)
class NobodyToSend:
    """No provider can be asked any more, and the matter cannot wait for the morning."""

    code: str
