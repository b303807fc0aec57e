"""What ticketing announces to the domains above."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TicketEscalated:
    """An urgent ticket is late: somebody has to be told by voice."""

    code: str
    reason: str  # overdue
    cause: str  # "escalated:17:0:overdue": the same news has the same one, later news of the ticket another


@dataclass(frozen=True, slots=True)
class NobodyToSend:
    """No provider can be asked any more, and the matter cannot wait for the morning."""

    code: str
    cause: str  # "nobody:23", by the task that was opened: nobody left once more is news
