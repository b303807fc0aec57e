"""Whose request a ticket is, where two people stood in the base as one."""

from __future__ import annotations

from core.uow import UnitOfWork
from ticketing.models import Ticket
from ticketing.service.history import locked_by_id, record


def give_to(uow: UnitOfWork, ticket_id: int, person_id: int, *, merge_id: int) -> Ticket:
    """Say that another person asked for this; the step names the merge that was taken back. Raises TicketNotFound.

    Where the job is, which number gets the texts and what was said stay: they were told with the request.
    """
    ticket = locked_by_id(uow.session, ticket_id)
    if ticket.person_id != person_id:
        record(uow, ticket, "requester_changed", old_person=ticket.person_id, new_person=person_id, merge=merge_id)
        ticket.person_id = person_id
        uow.audit(
            "ticket.requester_changed",
            f"ticket:{ticket.id}",
            place=ticket.jurisdiction_code,
            person=person_id,
            merge=merge_id,
        )
    return ticket
