"""Tables of tickets, their history, dispatches, candidates, quotes, follow-ups and tasks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Sequence, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base
from ticketing.dispatch_lifecycle import DispatchState
from ticketing.lifecycle import State

ticket_numbers = Sequence("ticket_numbers", metadata=Base.metadata)
"""Counts tickets; the code is made from the number."""


class TicketKind(StrEnum):
    """What a ticket is about."""

    QUESTION = "question"
    SERVICE = "service"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    REPORT = "report"
    EMERGENCY = "emergency"


class Source(StrEnum):
    """The way a request came in."""

    CALL = "call"
    SMS = "sms"
    DESK = "desk"


class TaskKind(StrEnum):
    """What a person has to do."""

    CALL_BACK = "call_back"  # the caller asked for it
    RETURN_CALL = "return_call"  # the caller hung up before we understood
    CHECK = "check"  # look at something: an unclear text, an unknown delivery, a ticket without provider
    VOICEMAIL = "voicemail"
    FOLLOW_UP = "follow_up"  # ask by phone


class Ticket(Base):
    """One request of one resident."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("uq_tickets_code_in_use", "code", unique=True, postgresql_where=text("released_at is null")),
        Index("ix_tickets_queue", "close_by", "id", postgresql_where=text("state not in ('closed', 'cancelled')")),
        Index("ix_tickets_to_match", "match_at", postgresql_where=text("match_at is not null")),
        Index(None, "msisdn", "opened_at"),
        Index(None, "code"),
        Index(
            "ix_tickets_jurisdiction_prefix",
            "jurisdiction_code",
            postgresql_ops={"jurisdiction_code": "text_pattern_ops"},
        ),
        Index("ix_tickets_unit_id", "unit_id", postgresql_where=text("unit_id is not null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(5))  # a letter and four digits; reused 90 days after closing
    kind: Mapped[TicketKind]
    state: Mapped[State]
    category: Mapped[str] = mapped_column(String(32), default="")
    service: Mapped[str] = mapped_column(String(32), default="")  # empty: not known yet
    tier: Mapped[str] = mapped_column(String(2))
    lang: Mapped[str] = mapped_column(String(8))
    msisdn: Mapped[str | None] = mapped_column(String(16))  # who asked, E.164; None when withheld
    notify_msisdn: Mapped[str | None] = mapped_column(String(16))  # who gets the texts; None: nobody can
    person_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"), index=True)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("households.id"), index=True)
    requester_name: Mapped[str] = mapped_column(String(64), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    jurisdiction_code: Mapped[str] = mapped_column(String(32), default="")  # empty: place not known yet
    description: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[Source]
    call_sid: Mapped[str | None] = mapped_column(String(64))
    message_id: Mapped[int | None]
    is_draft: Mapped[bool] = mapped_column(default=False)  # hung up before confirming: a person calls back
    opened_at: Mapped[datetime]
    contact_by: Mapped[datetime]
    contacted_at: Mapped[datetime | None]
    clock_from: Mapped[datetime]  # start of the closing clock
    close_by: Mapped[datetime]
    dispatched_at: Mapped[datetime | None]  # the first one
    done_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]  # the code may be used again from here
    wanted_by: Mapped[datetime | None]  # when the resident would like it
    round: Mapped[int] = mapped_column(default=0)  # rounds of offers so far
    rounds_before: Mapped[int] = mapped_column(default=0)  # of those, the ones that do not count towards the limit
    match_at: Mapped[datetime | None]  # when the matcher looks at it next; None: not waiting for it
    reopened: Mapped[int] = mapped_column(default=0)  # how often
    is_overdue: Mapped[bool] = mapped_column(default=False)
    is_supervised: Mapped[bool] = mapped_column(default=False)
    is_confidential: Mapped[bool] = mapped_column(default=False)
    warned: Mapped[int] = mapped_column(default=0)  # 50, 80 or 100 percent of the closing clock already told
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # the agent who took it
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("handler_units.id"))  # the body it was handed to
    close_reason: Mapped[str] = mapped_column(String(200), default="")
    completion_pin: Mapped[str | None] = mapped_column(String(4))
    version: Mapped[int] = mapped_column(default=1)

    events: Mapped[list[TicketEvent]] = relationship(back_populates="ticket", order_by="TicketEvent.id")
    dispatches: Mapped[list[Dispatch]] = relationship(back_populates="ticket", order_by="Dispatch.id")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy reads it; two agents cannot overwrite each other


class TicketEvent(Base):
    """One step in a ticket's life; only ever added."""

    __tablename__ = "ticket_events"
    __table_args__ = (Index(None, "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))  # key of its sentence in ticketing/wording, e.g. "offered"
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the facts of that sentence
    note: Mapped[str] = mapped_column(Text, default="")  # an agent's own words; never sent to anybody

    ticket: Mapped[Ticket] = relationship(back_populates="events")


class Dispatch(Base):
    """One provider asked to do one ticket."""

    __tablename__ = "dispatches"
    __table_args__ = (
        # At most one provider holds a ticket, whatever happens at the same moment.
        Index(
            "uq_dispatches_one_holder",
            "ticket_id",
            unique=True,
            postgresql_where=text("state in ('accepted', 'arrived')"),
        ),
        Index("ix_dispatches_open_offers", "expires_at", postgresql_where=text("state = 'offered'")),
        Index(
            "ix_dispatches_load",
            "provider_id",
            postgresql_where=text("state in ('accepted', 'arrived')"),
        ),
        Index(None, "ticket_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    round: Mapped[int]
    state: Mapped[DispatchState]
    reason: Mapped[str] = mapped_column(String(32), default="")  # taken, busy, far, expired, cancelled, by_hand ...
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]  # when the provider says he will be there
    promised_until: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    is_arrival_assumed: Mapped[bool] = mapped_column(default=False)  # told "done" without "arrived"
    ended_at: Mapped[datetime | None]
    amount: Mapped[int | None]  # fen, as the provider stated it
    labour: Mapped[int | None]  # fen
    parts: Mapped[int | None]  # fen
    by_hand_reason: Mapped[str] = mapped_column(String(200), default="")

    ticket: Mapped[Ticket] = relationship(back_populates="dispatches")


class Candidate(Base):
    """Why a provider was ranked where he was, or left out, when a round was made."""

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("ticket_id", "round", "provider_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    rank: Mapped[int | None]  # 1 is asked first; None: left out
    cause: Mapped[str] = mapped_column(String(32), default="")  # why left out
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # distance, load, rating, last job ...


class Quote(Base):
    """A price above the band: no work before the resident's yes."""

    __tablename__ = "quotes"

    id: Mapped[int] = mapped_column(primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatches.id"), index=True)
    amount: Mapped[int]  # fen
    labour: Mapped[int | None]
    parts: Mapped[int | None]
    stated_at: Mapped[datetime]
    is_agreed: Mapped[bool | None]  # None: no answer yet
    answered_at: Mapped[datetime | None]


class FollowUpState(StrEnum):
    """How far asking the resident has come."""

    DUE = "due"
    SENT = "sent"
    ANSWERED = "answered"  # solved or not is known; the score may still come
    CALL_DUE = "call_due"
    DONE = "done"
    UNREACHED = "unreached"
    REFUSED = "refused"


class FollowUp(Base):
    """Asking the resident whether it is really solved, and how it was. One for each completion."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        Index("ix_follow_ups_due", "due_at", postgresql_where=text("state in ('due', 'sent', 'call_due')")),
        Index(None, "ticket_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    dispatch_id: Mapped[int | None] = mapped_column(ForeignKey("dispatches.id"))
    state: Mapped[FollowUpState]
    due_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    is_solved: Mapped[bool | None]
    score: Mapped[int | None]  # 1 to 5
    comment: Mapped[str] = mapped_column(Text, default="")
    tries: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime | None]


class Task(Base):
    """Something a person has to do; it closes itself when its cause is met."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_open", "due_at", postgresql_where=text("done_at is null")),
        Index("uq_tasks_open_cause", "kind", "cause", unique=True, postgresql_where=text("done_at is null")),
        Index(None, "ticket_id"),
        Index(None, "msisdn"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TaskKind]
    cause: Mapped[str] = mapped_column(String(64))  # what it is for: "call:CA..", "sms:12", "ticket:3:no_provider"
    reason: Mapped[str] = mapped_column(String(32))  # key of its sentence in ticketing/wording
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    jurisdiction_code: Mapped[str] = mapped_column(String(32), default="", server_default="")  # without ticket
    msisdn: Mapped[str | None] = mapped_column(String(16))
    due_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(64), default="")
