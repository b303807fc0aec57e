"""Tables of what people ask about their own data, of holds on it, and of what must never come back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from core.tries import Tried


class RequestKind(StrEnum):
    """What somebody may ask of us about himself."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"


class RequestState(StrEnum):
    """Where such a request stands."""

    OPEN = "open"
    HELD = "held"  # a legal hold or an open job stands against it
    DONE = "done"
    REFUSED = "refused"


class ErasedKind(StrEnum):
    """Of what the keyed hash is kept."""

    NUMBER = "number"  # name and number
    IDENTITY = "identity"
    PERSON = "person"  # name and birth date
    SOURCE = "source"  # the id that a list gives him


class PrivacyRequest(Tried, Base):
    """One request of one person, with its clock."""

    __tablename__ = "privacy_requests"
    __table_args__ = (Index("ix_privacy_requests_open", "due_by", postgresql_where="done_at is null"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RequestKind]
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    asked_at: Mapped[datetime]
    due_by: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(16))  # phone, sms, desk, letter
    checked_how: Mapped[str] = mapped_column(String(200))  # key of the way by which we know that it is the person
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN)
    opened_by: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(500), default="")  # why refused, or what was done, in words
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("corrections.id"), index=True)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(64), default="")


class LegalHold(Base):
    """While it is in force nothing of the person may be erased, by request or by retention."""

    __tablename__ = "legal_holds"
    __table_args__ = (Index("ix_legal_holds_in_force", "person_id", postgresql_where="ended_at is null"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"), index=True)
    reason: Mapped[str] = mapped_column(String(200))
    set_by: Mapped[str] = mapped_column(String(64))
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(String(64), default="")


class ErasedKey(Base):
    """The keyed hash of what was erased: the next import brings nobody back."""

    __tablename__ = "erased_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[ErasedKind]
    at: Mapped[datetime]
