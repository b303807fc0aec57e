"""Tables of texts out and in, of the questions that are open, and of receipts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from directory.models import Purpose
from sms.delivery import Delivery
from sms.urgency import Urgency

__all__ = ["Delivery", "InboundSms", "OpenQuestion", "OutboundSms", "Outcome", "Purpose", "Receipt", "Urgency"]


class Outcome(StrEnum):
    """What became of an inbound text: every one has an outcome."""

    HANDLED = "handled"  # acted upon
    ASKED = "asked"  # not clear: the sender was asked
    QUEUED = "queued"  # waits for a person
    NOTED = "noted"  # kept, nothing to do (thanks)
    BLOCKED = "blocked"  # too many in a minute: kept, not answered


class OutboundSms(Base):
    """One text to one number: the row is the outbox."""

    __tablename__ = "outbound_sms"
    __table_args__ = (
        Index("ix_outbound_sms_due", "urgency", "send_at", "id", postgresql_where=text("delivery = 'queued'")),
        Index("ix_outbound_sms_unsettled", "settle_at", postgresql_where=text("delivery in ('sending', 'unknown')")),
        Index(None, "msisdn", "created_at"),
        Index(None, "about"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)  # our id in the callback's URL; random, not guessable
    msisdn: Mapped[str] = mapped_column(String(16))
    lang: Mapped[str] = mapped_column(String(8))
    wording: Mapped[str] = mapped_column(String(48))  # name of the text, "by_hand" for an agent's own
    body: Mapped[str] = mapped_column(Text)
    segments: Mapped[int]
    about: Mapped[str] = mapped_column(String(16), default="")  # ticket code
    purpose: Mapped[Purpose]
    urgency: Mapped[Urgency]
    delivery: Mapped[Delivery] = mapped_column(default=Delivery.QUEUED)
    created_at: Mapped[datetime]
    send_at: Mapped[datetime]
    useful_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    settle_at: Mapped[datetime | None]  # when to look after it next while sending or unknown
    log_asks: Mapped[int] = mapped_column(default=0)  # how often the carrier's log was asked without finding it
    was_resent: Mapped[bool] = mapped_column(default=False)
    carrier_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    error_code: Mapped[str | None] = mapped_column(String(16))
    submitted_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_sms.id"), unique=True)  # one answer a text


class InboundSms(Base):
    """One text from one handset, handled once per message id."""

    __tablename__ = "inbound_sms"
    __table_args__ = (Index(None, "msisdn", "received_at"), Index(None, "about"))

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier_sid: Mapped[str] = mapped_column(String(64), unique=True)
    msisdn: Mapped[str] = mapped_column(String(16))
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    intent: Mapped[str] = mapped_column(String(24), default="")
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    certainty: Mapped[float] = mapped_column(default=0.0)
    question: Mapped[str] = mapped_column(String(24), default="")  # kind of the question it answered
    about: Mapped[str] = mapped_column(String(16), default="")
    outcome: Mapped[Outcome]
    media_count: Mapped[int | None] = mapped_column(default=0, server_default="0")
    """Pictures that came with it and are still at the carrier; None: it came before they were counted."""


class OpenQuestion(Base):
    """That we asked somebody something and wait for the answer."""

    __tablename__ = "open_questions"
    __table_args__ = (
        Index("ix_open_questions_msisdn", "msisdn", postgresql_where=text("closed_at is null")),
        Index("ix_open_questions_reference", "kind", "reference", postgresql_where=text("closed_at is null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(24))
    about: Mapped[str] = mapped_column(String(16), default="")
    reference: Mapped[int | None]  # id of the dispatch, quote or follow-up asked about
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Receipt(Base):
    """A delivery receipt as it came; unique by text and status, so that a replay is a no-op."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("outbound_key", "status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outbound_key: Mapped[str] = mapped_column(String(32))
    carrier_sid: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(24))
    error_code: Mapped[str | None] = mapped_column(String(16))
    received_at: Mapped[datetime]
