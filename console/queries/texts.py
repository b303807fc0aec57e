"""Reads of the texts that came in."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from console.paging import PAGE
from directory.queries.scoping import within
from directory.scope import Scope
from sms.models import InboundSms, OutboundSms, Outcome
from ticketing.models import Ticket


def texts(session: Session, scope: Scope, *, only_waiting: bool, before: int | None = None) -> list[InboundSms]:
    """A page of inbound texts, the newest first; those that wait for a person, or all.

    Who does not see the whole city sees the texts about the tickets of his part: those that came while the ticket held
    its code, for a code is given again. `before` is the id of the last row of the page before.
    """
    statement = select(InboundSms).order_by(InboundSms.id.desc()).limit(PAGE)
    if before is not None:
        statement = statement.where(InboundSms.id < before)
    if not scope.sees_unplaced:
        about = select(Ticket.id).where(
            Ticket.code == InboundSms.about,
            Ticket.opened_at <= InboundSms.received_at,
            or_(Ticket.released_at.is_(None), InboundSms.received_at <= Ticket.released_at),
            within(Ticket.jurisdiction_code, scope),
        )
        statement = statement.where(about.exists())
    if only_waiting:
        statement = statement.where(InboundSms.outcome.in_((Outcome.QUEUED, Outcome.ASKED)))
    return list(session.scalars(statement))


def answers_to(session: Session, message_ids: Sequence[int]) -> dict[int, OutboundSms]:
    """The one answer of each inbound text, where there is one."""
    rows = session.scalars(select(OutboundSms).where(OutboundSms.answers_id.in_(message_ids)))
    return {row.answers_id: row for row in rows if row.answers_id is not None}
