"""Tables of what people agreed to and what they stopped: one store, by number, purpose and channel."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

NUMBER = 80
"""Room for an E.164 number, or for the keyed hash that stays of an erased one."""


class Purpose(StrEnum):
    """What a text is for; consent is given and withdrawn by purpose."""

    SERVICE = "service"  # about the person's own ticket, job or question
    NOTICE = "notice"  # news of the committee or the street
    EMERGENCY = "emergency"  # danger: never held back
    SYSTEM = "system"  # the one confirmation that an opt-out or opt-in is answered with


class Channel(StrEnum):
    """By which way somebody is reached."""

    SMS = "sms"
    VOICE = "voice"


class SuppressionScope(StrEnum):
    """How much a person has stopped."""

    NOTICES = "notices"
    ALL = "all"


class Consent(Base):
    """That somebody agreed, or withdrew, for one purpose; kept with its evidence, never overwritten."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "msisdn", "purpose", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(NUMBER))  # E.164, or the keyed hash of an erased number
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)  # None: whoever has the number
    purpose: Mapped[Purpose]
    channel: Mapped[Channel] = mapped_column(default=Channel.SMS, server_default=Channel.SMS.value)
    is_given: Mapped[bool]
    at: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(String(200))  # the message or form: "import", "sms:12", "user:3"
    wording_version: Mapped[str] = mapped_column(String(64), default="", server_default="")  # of what was agreed to
    actor: Mapped[str] = mapped_column(String(64), default="", server_default="")  # who wrote it down


class Suppression(Base):
    """A number that asked us to stop. One row a number and channel: the strictest wish in force."""

    __tablename__ = "suppressions"

    msisdn: Mapped[str] = mapped_column(String(NUMBER), primary_key=True)  # as in Consent
    channel: Mapped[Channel] = mapped_column(primary_key=True, default=Channel.SMS, server_default=Channel.SMS.value)
    scope: Mapped[SuppressionScope]
    since: Mapped[datetime]
    evidence: Mapped[str] = mapped_column(String(200))
