"""Base, constraint names, aware UTC datetimes, enums by value, and the one engine of a process."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, Engine, Enum, MetaData, TypeDecorator, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from core import arrays

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def _by_value(kind: type[enum.Enum]) -> list[str]:
    return [one.value for one in kind]


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with a zone, kept and given back in UTC. A naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give it back in UTC whatever the session's zone is."""
        return value.astimezone(UTC) if value is not None else None


class Base(DeclarativeBase):
    """Every table of the house."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        enum.Enum: Enum(
            enum.Enum, native_enum=False, length=24, values_callable=lambda kind: [one.value for one in kind]
        ),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a process waits for its database. Seconds, except as named."""

    connect: int
    lock_ms: int
    statement_ms: int


WORK = Patience(connect=5, lock_ms=10_000, statement_ms=30_000)
WEB = Patience(connect=2, lock_ms=2_500, statement_ms=4_000)
"""A caller hears our apology before the carrier gives up on a webhook after 5 s (`rt` in telephony.urls)."""


def connect(database_url: str, *, pool_size: int = 8, patience: Patience = WORK) -> Engine:
    """Open the engine of this process and bind the sessions to it.

    No wait is without end.
    """
    engine = create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # what people wrote and their numbers stay out of errors, and so out of logs
        connect_args={
            "connect_timeout": patience.connect,
            "options": f"-c statement_timeout={patience.statement_ms} -c lock_timeout={patience.lock_ms}"
            " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
    )
    event.listen(engine, "connect", lambda connection, _: arrays.take_over(connection))
    sessions.configure(bind=engine)
    return engine
