"""The honest baseline of sending: one RQ job a message, its own row read and written, one call by twilio-python."""

from __future__ import annotations

import os

from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


class Base(DeclarativeBase):
    """The baseline's own tables."""


class NaiveMessage(Base):
    """One text to send."""

    __tablename__ = "bench_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    body: Mapped[str] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(16), default="queued")
    sid: Mapped[str | None] = mapped_column(String(64))


class NaiveCall(Base):
    """One row for each webhook."""

    __tablename__ = "bench_calls"

    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(32))


def database_url() -> str:
    """The environment's database, spoken to by psycopg 3."""
    return "postgresql+psycopg://" + os.environ["DATABASE_URL"].partition("://")[2]


sessions: sessionmaker[Session] = sessionmaker(create_engine(database_url(), pool_pre_ping=False))
client = Client(
    os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"], http_client=TwilioHttpClient(timeout=10)
)
client.api.base_url = os.environ["TWILIO_API_BASE"]


def send(message_id: int) -> None:
    """Read the row, send, write the row."""
    with sessions.begin() as session:
        message = session.get_one(NaiveMessage, message_id)
        sent = client.messages.create(
            to=message.number,
            from_=os.environ["HOTLINE_NUMBER"],
            body=message.body,
            status_callback=f"{os.environ['PUBLIC_URL']}/sms/status/{message_id}",
        )
        message.sid, message.status = sent.sid, "submitted"
