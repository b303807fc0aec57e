"""The audit log: append-only, each row sealed together with the one before it, so that a changed row shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Index, String, event, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base
from core.keyed import keyed

ONE_AT_A_TIME = 7_205_021
"""Key of the advisory lock: rows are chained one after the other."""
FIRST = "0" * 64
AT_ONCE = 5_000  # rows read together by verify


class AuditEntry(Base):
    """Who did what, when, on whom, why. No name, number or text of a resident stands here: only ids and reasons."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "number"),
        Index("ix_audit_entries_actor", "actor", "number"),
        Index("ix_audit_entries_place", "place", postgresql_ops={"place": "text_pattern_ops"}),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # without a gap
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))  # as in units of work: user:3, call:CA..., cli:staff
    action: Mapped[str] = mapped_column(String(48))  # household.read, number.revealed, grant.given
    subject: Mapped[str] = mapped_column(String(64))  # person:12, household:7, batch:3
    place: Mapped[str] = mapped_column(String(32))  # jurisdiction of the subject; empty: none
    reason: Mapped[str] = mapped_column(String(300))
    data: Mapped[dict[str, Any]]
    seal: Mapped[str] = mapped_column(String(64))  # keyed hash over this row and the seal before it


class AuditHead(Base):
    """The last number and its seal, in one row: rows cut off at the end show, too."""

    __tablename__ = "audit_heads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # always 1
    number: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[str] = mapped_column(String(64))


REFUSE_CHANGES = (
    "create or replace function refuse_change() returns trigger language plpgsql as "
    "$$ begin raise exception 'the audit log is append-only'; end $$",
    "create trigger audit_entries_append_only before update or delete or truncate on audit_entries "
    "for each statement execute function refuse_change()",
)


@event.listens_for(AuditEntry.__table__, "after_create")
def _refuse_changes(target: object, connection: Connection, **more: object) -> None:
    for statement in REFUSE_CHANGES:
        connection.execute(text(statement))


@dataclass(frozen=True, slots=True)
class Note:
    """What a unit of work will have written down when it commits."""

    action: str
    subject: str
    place: str = ""
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was written."""

    number: int
    why: str  # missing, changed, cut_off


def append(session: Session, notes: Sequence[Note], *, at: datetime, actor: str, key: str) -> None:
    """Chain these notes to the log. The last thing before a commit: others wait for the lock until then."""
    if not notes:
        return
    session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    head = session.get(AuditHead, 1, populate_existing=True)
    if head is None:
        head = AuditHead(id=1, number=0, seal=FIRST)
        session.add(head)
    for note in notes:
        entry = AuditEntry(
            number=head.number + 1,
            at=at,
            actor=actor,
            action=note.action,
            subject=note.subject,
            place=note.place,
            reason=note.reason,
            data=note.data,
        )
        entry.seal = seal(entry, head.seal, key)
        session.add(entry)
        head.number, head.seal = entry.number, entry.seal
    session.flush()  # under the lock


def seal(entry: AuditEntry, before: str, key: str) -> str:
    """The keyed hash of a row and of the seal before it."""
    row = [
        entry.number,
        entry.at.isoformat(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.place,
        entry.reason,
        entry.data,
    ]
    return keyed(key, "audit", before + json.dumps(row, ensure_ascii=False, sort_keys=True))


def verify(session: Session, key: str) -> Broken | None:
    """Walk the whole log. The first row that is missing, changed or cut off; None when all is as written."""
    before, expected = FIRST, 1
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=AT_ONCE))
    for entry in rows:
        if entry.number != expected:
            return Broken(expected, "missing")
        if entry.seal != seal(entry, before, key):
            return Broken(entry.number, "changed")
        before, expected = entry.seal, expected + 1
    head = session.get(AuditHead, 1)
    if head is not None and (head.number, head.seal) != (expected - 1, before):
        return Broken(expected, "cut_off")
    return None
