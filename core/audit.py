"""The audit log: append-only, each row sealed together with the one before it, so that a changed row shows."""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Index, String, event, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base
from core.errors import HotlineError
from core.keyed import keyed

ONE_AT_A_TIME = 7_205_021
"""Key of the advisory lock: rows are chained one after the other."""
FIRST = "0" * 64
AT_ONCE = 5_000  # rows read together by verify
WORDS = ("actor", "action", "subject", "place", "reason")


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
    """The last number and its seal, in one row: rows cut off at the end show, too.

    The seal of a row stands in that row, so who may write the table could put an earlier one here; the proof is a keyed
    hash of its own, which he cannot make.
    """

    __tablename__ = "audit_heads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # always 1
    number: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[str] = mapped_column(String(64))
    proof: Mapped[str] = mapped_column(String(64))


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


LONGEST_REASON = 300


class ReasonTooLong(HotlineError):
    """A reason that does not fit; cutting it off would lose what somebody wrote."""

    def __init__(self) -> None:
        super().__init__("refusal.reason_too_long", most=LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class Note:
    """What a unit of work will have written down when it commits. Raises ReasonTooLong."""

    action: str
    subject: str
    place: str = ""
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse where it is noted, not where it is written: then the sentence reaches who wrote it."""
        if len(self.reason) > LONGEST_REASON:
            raise ReasonTooLong


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that is not as it was written."""

    number: int
    why: str  # missing, changed, cut_off, head_put_back


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of the log: what somebody keeps elsewhere to prove later that nothing before it was changed."""

    number: int
    seal: str


def append(session: Session, notes: Sequence[Note], *, at: datetime, actor: str, key: str) -> None:
    """Chain these notes to the log. The last thing before a commit: others wait for the lock until then.

    What else the unit of work has to write goes first, so that nobody waits for a row while he holds the log.
    """
    if not notes:
        return
    session.flush()
    session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    head = session.get(AuditHead, 1, populate_existing=True)
    number, before = (head.number, head.seal) if head is not None else (0, FIRST)
    rows = []
    for note in notes:
        number += 1
        row = {
            "number": number,
            "at": at,
            "actor": actor,
            "action": note.action,
            "subject": note.subject,
            "place": note.place,
            "reason": note.reason,
            "data": plain(note.data),
        }
        before = seal(row, before, key)
        rows.append(row | {"seal": before})
    session.execute(insert(AuditEntry), rows)
    if head is None:
        head = AuditHead(id=1)
        session.add(head)
    head.number, head.seal, head.proof = number, before, _proof(number, before, key)
    session.flush()  # under the lock


def seal(row: Mapping[str, Any], before: str, key: str) -> str:
    """The keyed hash of a row (the columns of AuditEntry by name) and of the seal before it."""
    words = [row["number"], row["at"].astimezone(UTC).isoformat(), *(row[name] for name in WORDS), plain(row["data"])]
    return keyed(key, "audit", before + json.dumps(words, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def plain(value: Any) -> Any:
    """A value as the database gives it back from JSON, so that its seal is the same before and after.

    Raises TypeError for what JSON does not know, ValueError for a number that is none.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)  # an enum's text
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("not a number that JSON knows")
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        members = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(one) for one in members]
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot stand in the audit log")


def head(session: Session) -> Head:
    """The last row as the head names it; number 0 while nothing was written."""
    found = session.get(AuditHead, 1, populate_existing=True)
    return Head(found.number, found.seal) if found is not None else Head(0, FIRST)


def verify(session: Session, key: str, *, kept: Head | None = None) -> Broken | None:
    """Walk the whole log. The first row that is missing, changed or cut off; None when all is as written.

    `kept` is a head that was noted elsewhere: the row of that number must still bear that seal. Rows may be added
    meanwhile.
    """
    first_head = session.get(AuditHead, 1, populate_existing=True)
    heads = [one for one in (kept, _proven(first_head, key)) if one is not None]
    before, number = FIRST, 0
    for row in _in_order(session):
        number += 1
        if row["number"] != number:
            return Broken(number, "missing")
        if not hmac.compare_digest(row["seal"], seal(row, before, key)):
            return Broken(number, "changed")
        before = str(row["seal"])
        if any(one.number == number and one.seal != before for one in heads):
            return Broken(number, "changed")
    last = session.get(AuditHead, 1, populate_existing=True)
    is_unproven = _proven(last, key) is None and (last is not None or number > 0)
    if is_unproven or any(one.number > number for one in heads):
        return Broken(number + 1, "cut_off")
    return Broken(number, "head_put_back") if last is not None and last.number < number else None


def _in_order(session: Session) -> Iterator[Mapping[str, Any]]:
    """All rows by number, some at a time, so that memory stays flat and no statement takes long."""
    last = 0
    columns = AuditEntry.__table__.columns
    while True:
        wanted = select(*columns).where(AuditEntry.number > last).order_by(AuditEntry.number).limit(AT_ONCE)
        rows = session.execute(wanted).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < AT_ONCE:
            return
        last = rows[-1]["number"]


def _proven(found: AuditHead | None, key: str) -> Head | None:
    if found is None or not hmac.compare_digest(found.proof, _proof(found.number, found.seal, key)):
        return None
    return Head(found.number, found.seal)


def _proof(number: int, sealed: str, key: str) -> str:
    return keyed(key, "audit-head", f"{number}:{sealed}")
