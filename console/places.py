"""What the pages of places read of tickets: those without a place, and how many a change would move."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from directory.queries.scoping import within
from directory.scope import Scope
from ticketing.lifecycle import OVER
from ticketing.models import Ticket

PAGE = 50


def tickets_without_place(session: Session, scope: Scope, *, after: tuple[datetime, int] | None = None) -> list[Ticket]:
    """A page of open tickets whose place is not known, the oldest first; to those who see a whole city."""
    wanted = select(Ticket).where(
        Ticket.jurisdiction_code == "", within(Ticket.jurisdiction_code, scope), Ticket.state.not_in(OVER)
    )
    if after is not None:
        wanted = wanted.where(tuple_(Ticket.opened_at, Ticket.id) > after)
    return list(session.scalars(wanted.order_by(Ticket.opened_at, Ticket.id).limit(PAGE)))


def open_tickets(session: Session, scope: Scope, codes: Collection[str]) -> int:
    """How many open tickets lie in these places."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Ticket)
            .where(
                Ticket.jurisdiction_code.in_(codes), within(Ticket.jurisdiction_code, scope), Ticket.state.not_in(OVER)
            )
        )
        or 0
    )
