"""Reads of texts: conversations, what was texted about a ticket, which questions are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from sms.delivery import LOST, Delivery
from sms.models import InboundSms, OpenQuestion, OutboundSms, Outcome
from telephony.statuses import BAD_NUMBERS, FAULTS

BAD_NUMBER_CODES = frozenset(code for code, kind in FAULTS.items() if kind in BAD_NUMBERS)


@dataclass(frozen=True, slots=True)
class TextLine:
    """One text of a conversation, in or out."""

    id: int
    at: datetime  # UTC
    is_inbound: bool
    msisdn: str
    body: str
    about: str
    state: str  # Delivery of an outbound text, Outcome of an inbound one
    wording: str  # name of an outbound text; intent of an inbound one
    segments: int  # 0 for inbound texts
    error_code: str | None


def conversation(session: Session, msisdn: str, *, limit: int = 200) -> list[TextLine]:
    """The newest texts to and from a number, oldest first."""
    return _lines(session, OutboundSms.msisdn == msisdn, InboundSms.msisdn == msisdn, None, limit)


def texts_about(session: Session, code: str, *, since: datetime | None = None, limit: int = 500) -> list[TextLine]:
    """The texts about a ticket's code, oldest first; `since` (UTC) its opening, for codes are used again."""
    return _lines(session, OutboundSms.about == code, InboundSms.about == code, since, limit)


def last_inbound_at(session: Session, msisdn: str) -> datetime | None:
    """When this number last wrote to us, in UTC."""
    return session.scalar(select(func.max(InboundSms.received_at)).where(InboundSms.msisdn == msisdn))


def open_questions(session: Session, msisdn: str, now: datetime) -> list[OpenQuestion]:
    """What we wait for this number to answer, the newest first."""
    return list(
        session.scalars(
            select(OpenQuestion)
            .where(OpenQuestion.msisdn == msisdn, OpenQuestion.closed_at.is_(None), OpenQuestion.expires_at > now)
            .order_by(OpenQuestion.asked_at.desc(), OpenQuestion.id.desc())
        )
    )


def recent_questions(session: Session, msisdn: str, since: datetime) -> list[OpenQuestion]:
    """The questions of this number that are open or ended after `since` (UTC), the newest first."""
    ended_at = func.least(OpenQuestion.expires_at, func.coalesce(OpenQuestion.closed_at, OpenQuestion.expires_at))
    return list(
        session.scalars(
            select(OpenQuestion)
            .where(OpenQuestion.msisdn == msisdn, ended_at > since)
            .order_by(OpenQuestion.asked_at.desc(), OpenQuestion.id.desc())
        )
    )


def is_out_of_reach(session: Session, msisdn: str) -> bool:
    """Whether the carrier said that no text can reach this number, and no text came from it since."""
    heard = select(func.max(InboundSms.received_at)).where(InboundSms.msisdn == msisdn).scalar_subquery()
    return bool(
        session.scalar(
            select(
                exists().where(
                    OutboundSms.msisdn == msisdn,
                    OutboundSms.delivery.in_(LOST),
                    OutboundSms.error_code.in_(BAD_NUMBER_CODES),
                    OutboundSms.settled_at > func.coalesce(heard, OutboundSms.created_at),
                )
            )
        )
    )


def last_language(session: Session, msisdn: str) -> str | None:
    """The language of the newest text to this number; None when we never wrote to it."""
    newest = select(OutboundSms.lang).where(OutboundSms.msisdn == msisdn)
    return session.scalar(newest.order_by(OutboundSms.created_at.desc(), OutboundSms.id.desc()).limit(1))


def answers_since(session: Session, msisdn: str, since: datetime) -> list[str]:
    """The names of the texts that answered this number since a moment (UTC)."""
    return list(
        session.scalars(
            select(OutboundSms.wording).where(
                OutboundSms.msisdn == msisdn, OutboundSms.created_at > since, OutboundSms.answers_id.is_not(None)
            )
        )
    )


def has_answer(session: Session, text: InboundSms) -> bool:
    """Tell whether a text that came in was answered, by a text that was not held back."""
    answered = exists().where(OutboundSms.answers_id == text.id, OutboundSms.delivery != Delivery.SUPPRESSED)
    return bool(session.scalar(select(answered)))


def count_inbound(
    session: Session,
    msisdn: str,
    since: datetime,
    *,
    outcome: Outcome | None = None,
    intent: str | None = None,
    body: str | None = None,
) -> int:
    """How many texts of this number came since a moment (UTC), with this outcome, read as this, in these words."""
    came = select(func.count()).where(InboundSms.msisdn == msisdn, InboundSms.received_at > since)
    if outcome is not None:
        came = came.where(InboundSms.outcome == outcome)
    if intent is not None:
        came = came.where(InboundSms.intent == intent)
    if body is not None:
        came = came.where(InboundSms.body == body)
    return session.scalar(came) or 0


def outcome_before(session: Session, text: InboundSms, since: datetime) -> Outcome | None:
    """What became of the sender's text before this one; None when there was none since a moment (UTC)."""
    return session.scalar(
        select(InboundSms.outcome)
        .where(InboundSms.msisdn == text.msisdn, InboundSms.id < text.id, InboundSms.received_at > since)
        .order_by(InboundSms.id.desc())
        .limit(1)
    )


def counts(session: Session) -> list[tuple[Delivery, int, datetime]]:
    """How many texts stand where, with the moment (UTC) when the oldest of them was written."""
    rows = session.execute(
        select(OutboundSms.delivery, func.count(), func.min(OutboundSms.created_at)).group_by(OutboundSms.delivery)
    )
    order = list(Delivery)
    return sorted(((row[0], row[1], row[2]) for row in rows), key=lambda count: order.index(count[0]))


def _lines(
    session: Session, outbound: ColumnElement[bool], inbound: ColumnElement[bool], since: datetime | None, limit: int
) -> list[TextLine]:
    sent = select(OutboundSms).where(outbound).order_by(OutboundSms.created_at.desc(), OutboundSms.id.desc())
    came = select(InboundSms).where(inbound).order_by(InboundSms.received_at.desc(), InboundSms.id.desc())
    if since is not None:
        sent, came = sent.where(OutboundSms.created_at >= since), came.where(InboundSms.received_at >= since)
    lines = [_outbound(row) for row in session.scalars(sent.limit(limit))]
    lines += [_inbound(row) for row in session.scalars(came.limit(limit))]
    return sorted(lines, key=lambda line: (line.at, not line.is_inbound, line.id))[-limit:]


def _outbound(row: OutboundSms) -> TextLine:
    return TextLine(
        id=row.id,
        at=row.created_at,
        is_inbound=False,
        msisdn=row.msisdn,
        body=row.body,
        about=row.about,
        state=row.delivery.value,
        wording=row.wording,
        segments=row.segments,
        error_code=row.error_code,
    )


def _inbound(row: InboundSms) -> TextLine:
    return TextLine(
        id=row.id,
        at=row.received_at,
        is_inbound=True,
        msisdn=row.msisdn,
        body=row.body,
        about=row.about,
        state=row.outcome.value,
        wording=row.intent,
        segments=0,
        error_code=None,
    )
