"""now(): the only clock of the house. With CLOCK=demo it is real time plus one offset row that each unit reads."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base

DEMO_BEGINS = time(10)
"""City time at which a demo begins: everybody is awake and at work."""


class ClockOffset(Base):
    """How far the demo clock stands ahead of real time: one row, or none."""

    __tablename__ = "clock_offsets"

    id: Mapped[int] = mapped_column(primary_key=True)
    ahead: Mapped[timedelta]


AHEAD = select(ClockOffset.ahead).where(ClockOffset.id == 1)
"""Made once: every unit of work of a demo reads it."""


def now(session: Session, *, is_demo: bool) -> datetime:
    """This moment in UTC; in a demo moved by the offset row."""
    real = datetime.now(UTC)
    if not is_demo:
        return real
    ahead = session.scalar(AHEAD)
    return real + (ahead or timedelta())


def outside() -> datetime:
    """This moment in UTC outside the house, never moved by a demo: authenticator apps count by it, and nothing else."""
    return datetime.now(UTC)


def begin_demo(session: Session, zone: ZoneInfo, at: time = DEMO_BEGINS) -> None:
    """Set a demo clock that was never set to the next such hour of the city; one that runs is left alone."""
    local = datetime.now(UTC).astimezone(zone)
    wanted = datetime.combine(local.date(), at, zone)
    ahead = (wanted if wanted >= local else wanted + timedelta(days=1)) - local
    session.execute(insert(ClockOffset).values(id=1, ahead=ahead).on_conflict_do_nothing())


def move(session: Session, by: timedelta) -> None:
    """Move the demo clock forward. The clock of a line never runs backwards: a negative step raises ValueError."""
    if by < timedelta():
        raise ValueError("the clock does not run backwards")
    row = insert(ClockOffset).values(id=1, ahead=by)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[ClockOffset.id], set_={"ahead": ClockOffset.ahead + row.excluded.ahead}
        )
    )
