"""How long each kind of thing is kept: a table of settings, and a report of every run."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class RetentionRule(Base):
    """One kind of thing and after how many days it goes; None: it is kept for ever."""

    __tablename__ = "retention_rules"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)  # recordings, texts, tickets, ...
    keep_days: Mapped[int | None]
    set_by: Mapped[str] = mapped_column(String(64))
    set_at: Mapped[datetime]


class RetentionRun(Base):
    """What one run of the retention job did with one kind."""

    __tablename__ = "retention_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), ForeignKey("retention_rules.kind"), index=True)
    at: Mapped[datetime]
    before: Mapped[datetime]  # what was older than this went
    removed: Mapped[int]
    held: Mapped[int]  # left alone because of a legal hold
