"""Reads of calls, calls to place, voicemail, and of a caller's tickets that were closed lately."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from ivr.errors import UnknownCall
from ivr.models import Call, CallToPlace, Voicemail
from ticketing.lifecycle import State
from ticketing.models import Ticket
from ticketing.service import tickets


def locked(session: Session, call_sid: str) -> Call | None:
    """The call of this carrier id, held until the transaction ends: webhooks of one call come one after another."""
    return session.scalar(select(Call).where(Call.carrier_sid == call_sid).with_for_update())


def seen(session: Session, call_sid: str) -> Call | None:
    """The call of this carrier id as it stands, for who only reads and must not wait."""
    return session.scalar(select(Call).where(Call.carrier_sid == call_sid))


def known(session: Session, call_sid: str) -> Call:
    """The same, for a call whose row is there. Raises UnknownCall."""
    call = locked(session, call_sid)
    if call is None:
        raise UnknownCall
    return call


def calls_about(session: Session, code: str) -> list[Call]:
    """The calls that led to or changed a ticket, oldest first, with everything said in them."""
    return list(
        session.scalars(
            select(Call).where(Call.about == code).options(selectinload(Call.turns)).order_by(Call.started_at, Call.id)
        )
    )


def calls_of(session: Session, msisdn: str, *, limit: int = 20) -> list[Call]:
    """The latest calls of an E.164 number, newest first."""
    return list(
        session.scalars(
            select(Call).where(Call.msisdn == msisdn).order_by(Call.started_at.desc(), Call.id.desc()).limit(limit)
        )
    )


def voicemails_about(session: Session, code: str) -> list[Voicemail]:
    """The messages left about a ticket, oldest first."""
    return list(session.scalars(select(Voicemail).where(Voicemail.about == code).order_by(Voicemail.at, Voicemail.id)))


def placed_about(session: Session, code: str) -> list[CallToPlace]:
    """The calls that the house made or wants to make about a ticket, oldest first."""
    return list(session.scalars(select(CallToPlace).where(CallToPlace.about == code).order_by(CallToPlace.id)))


def closed_lately(session: Session, msisdn: str, since: datetime) -> list[Ticket]:
    """The tickets of a number or its household that were said to be done since a moment, newest first."""
    ended = func.coalesce(Ticket.closed_at, Ticket.done_at)
    return list(
        session.scalars(
            select(Ticket)
            .where(
                tickets.owned_by(session, msisdn), Ticket.state.in_((State.FOLLOWING_UP, State.CLOSED)), ended >= since
            )
            .order_by(ended.desc(), Ticket.id.desc())
        )
    )
