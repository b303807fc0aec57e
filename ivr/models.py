"""Tables of calls, what was said in them, calls to place and voicemail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base


class CallOutcome(StrEnum):
    """What became of a call: every call has an outcome."""

    OPEN = "open"  # still going on
    TICKET = "ticket"  # became a ticket, or changed one
    ANSWERED = "answered"  # a question was answered (status read out)
    PERSON = "person"  # a person talked to the caller
    VOICEMAIL = "voicemail"
    RETURN_CALL = "return_call"  # hung up before it was understood: somebody calls back
    EMERGENCY = "emergency"
    SERVED = "served"  # said goodbye without wanting anything
    UNREACHABLE = "unreachable"  # hung up before it was understood, and the number was withheld


class Call(Base):
    """One call to or from the line; the key is the carrier's call id."""

    __tablename__ = "calls"
    __table_args__ = (
        Index(None, "msisdn", "started_at"),
        Index("ix_calls_open", "started_at", postgresql_where=text("ended_at is null")),
        Index(None, "about"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    carrier_sid: Mapped[str] = mapped_column(String(64), unique=True)
    direction: Mapped[str] = mapped_column(String(8))  # in, out
    msisdn: Mapped[str | None] = mapped_column(String(16))  # ANI, E.164; None when withheld
    dnis: Mapped[str] = mapped_column(String(32))
    lang: Mapped[str] = mapped_column(String(8))
    is_slow: Mapped[bool] = mapped_column(default=False)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seconds: Mapped[int | None]
    node: Mapped[str] = mapped_column(String(32))  # where in the dialog it stands
    attempt: Mapped[int] = mapped_column(default=1)
    step: Mapped[int] = mapped_column(default=0)  # counts answers taken: a repeated webhook is told by it
    said: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was understood so far: service, address, words
    reply: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was said last: a repeated webhook hears it again
    outcome: Mapped[CallOutcome] = mapped_column(default=CallOutcome.OPEN)
    about: Mapped[str] = mapped_column(String(16), default="")  # code of the ticket it led to
    last_sequence: Mapped[int] = mapped_column(default=-1)  # of status callbacks

    turns: Mapped[list[CallTurn]] = relationship(back_populates="call", order_by="CallTurn.id")


class CallTurn(Base):
    """One thing said, heard or keyed in a call."""

    __tablename__ = "call_turns"
    __table_args__ = (UniqueConstraint("call_id", "step", "who"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    step: Mapped[int]
    who: Mapped[str] = mapped_column(String(8))  # line, caller
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text, default="")
    digits: Mapped[str] = mapped_column(String(32), default="")
    confidence: Mapped[float | None]  # of the speech engine, 0 to 1
    intent: Mapped[str] = mapped_column(String(24), default="")
    certainty: Mapped[float | None]  # of our reading, 0 to 1
    node: Mapped[str] = mapped_column(String(32))

    call: Mapped[Call] = relationship(back_populates="turns")


class Placing(StrEnum):
    """Where a call that we want to make stands."""

    DUE = "due"
    DIALLING = "dialling"
    UNKNOWN = "unknown"  # may have reached the carrier
    PLACED = "placed"
    ANSWERED = "answered"
    FAILED = "failed"


class CallToPlace(Base):
    """A call that the house wants to make: to the duty phone, or to a resident to follow up."""

    __tablename__ = "calls_to_place"
    __table_args__ = (
        Index("ix_calls_to_place_due", "due_at", postgresql_where=text("\"placing\" = 'due'")),
        UniqueConstraint("cause"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(16))
    wording: Mapped[str] = mapped_column(String(32))  # what is said when it is answered
    about: Mapped[str] = mapped_column(String(16), default="")
    cause: Mapped[str] = mapped_column(String(64))  # "emergency:call:CA..", one call for one cause
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    lang: Mapped[str] = mapped_column(String(8))
    placing: Mapped[Placing] = mapped_column(default=Placing.DUE)
    due_at: Mapped[datetime]  # when to dial; while the outcome is unknown: when to ask the carrier's log
    attempts: Mapped[int] = mapped_column(default=0)
    dialled_at: Mapped[datetime | None]  # of the attempt in hand
    asked: Mapped[int] = mapped_column(default=0)  # how often the log was asked about the attempt in hand
    carrier_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    ended_at: Mapped[datetime | None]


class Voicemail(Base):
    """What a caller left after the tone; one row per recording id."""

    __tablename__ = "voicemails"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"), index=True)
    recording_sid: Mapped[str] = mapped_column(String(64), unique=True)
    url: Mapped[str] = mapped_column(String(500))
    seconds: Mapped[int]
    at: Mapped[datetime]
    about: Mapped[str] = mapped_column(String(16), default="")
    content_type: Mapped[str] = mapped_column(String(32), default="")
    sha256: Mapped[str | None] = mapped_column(String(64))  # of our own copy; None: not fetched yet
    fetch_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
