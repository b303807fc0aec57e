"""Warnings at 50, 80 and 100 percent of a promise; what is late goes up to a person."""

from __future__ import annotations

from core.uow import UnitOfWork
from ticketing import sla
from ticketing.events import TicketEscalated
from ticketing.lifecycle import OVER
from ticketing.models import TaskKind
from ticketing.service import tasks
from ticketing.service.history import locked_by_id, record
from ticketing.tier import URGENT

WHOLE = 100


def warn(uow: UnitOfWork, ticket_id: int) -> None:
    """Note the mark that the closing clock has passed; at the end the ticket is overdue and goes up. Once each."""
    ticket = locked_by_id(uow.session, ticket_id)
    mark = sla.warning_due(ticket.clock_from, ticket.close_by, uow.now)
    if ticket.state in OVER or mark <= ticket.warned:
        return
    ticket.warned = mark
    if mark < WHOLE:
        record(uow, ticket, "warned", percent=mark)
        return
    ticket.is_overdue = True
    record(uow, ticket, "overdue")
    tasks.open_task(uow, TaskKind.CHECK, f"ticket:{ticket.id}:overdue", "overdue", ticket=ticket)
    if ticket.tier <= URGENT:
        uow.announce(TicketEscalated(ticket.code, "overdue", f"escalated:{ticket.id}:{ticket.reopened}:overdue"))


def remind(uow: UnitOfWork, ticket_id: int) -> None:
    """No clock runs for the ticket any more and nobody has it to do: a person looks at it."""
    ticket = locked_by_id(uow.session, ticket_id)
    if ticket.state in OVER:
        return
    record(uow, ticket, "left_lying")
    tasks.open_task(uow, TaskKind.CHECK, f"ticket:{ticket.id}:left_lying", "left_lying", ticket=ticket)


def contact_is_late(uow: UnitOfWork, ticket_id: int) -> None:
    """Nobody has spoken to the requester in time: a person calls now."""
    ticket = locked_by_id(uow.session, ticket_id)
    if ticket.state in OVER or ticket.contacted_at is not None:
        return
    record(uow, ticket, "contact_late")
    tasks.open_task(uow, TaskKind.CALL_BACK, f"ticket:{ticket.id}:contact", "contact_late", ticket=ticket)
