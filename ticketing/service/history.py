"""A ticket locked for one change, and the steps that are written down about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.uow import UnitOfWork
from ticketing import lifecycle
from ticketing.errors import ChangedMeanwhile, TicketNotFound
from ticketing.lifecycle import State
from ticketing.models import Ticket, TicketEvent


def locked(session: Session, code: str, version: int | None = None) -> Ticket:
    """The ticket that holds this code, locked until the end of the transaction.

    Every change begins here, so that two of them never overtake each other. Raises TicketNotFound, and
    ChangedMeanwhile when `version` is not the present one.
    """
    held = select(Ticket).where(Ticket.code == code.upper(), Ticket.released_at.is_(None))
    return _lock(session, held, code, version)


def locked_by_id(session: Session, ticket_id: int) -> Ticket:
    """The ticket of this id, locked until the end of the transaction. Raises TicketNotFound."""
    return _lock(session, select(Ticket).where(Ticket.id == ticket_id), str(ticket_id), None)


def record(uow: UnitOfWork, ticket: Ticket, kind: str, *, note: str = "", **data: Any) -> None:
    """Write one step down. `data` are the facts of its sentence as JSON: keys of reasons, fen, moments in ISO."""
    uow.session.add(TicketEvent(ticket_id=ticket.id, at=uow.now, actor=uow.actor, kind=kind, data=data, note=note))


def move(ticket: Ticket, new: State) -> None:
    """Change the state along the table. Raises IllegalMove."""
    lifecycle.check_move(ticket.state, new)
    ticket.state = new


def _lock(session: Session, wanted: Any, code: str, version: int | None) -> Ticket:
    session.flush()
    ticket: Ticket | None = session.scalar(wanted.with_for_update().execution_options(populate_existing=True))
    if ticket is None:
        raise TicketNotFound(code)
    if version is not None and ticket.version != version:
        raise ChangedMeanwhile(code)
    return ticket
