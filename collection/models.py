"""Tables of collected data: sources, batches, their rows as received, and pairs that may be one person."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base
from core.tries import Tried


class BatchState(StrEnum):
    """Where a batch stands."""

    RECEIVED = "received"  # the file is kept, nobody has read it
    CHECKING = "checking"  # the dry run goes through the rows
    CHECKED = "checked"  # counts are there; a person decides
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    REJECTED = "rejected"  # the file cannot be used, or a person said no


class Outcome(StrEnum):
    """What becomes, or became, of one row."""

    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"  # nothing new in it
    REFUSE = "refuse"
    NEEDS_PLACE = "needs_place"
    NEEDS_MATCH = "needs_match"  # may be somebody we know: the match desk decides


class Decision(StrEnum):
    """What a person said of a pair."""

    SAME = "same"
    DIFFERENT = "different"


class Source(Base):
    """Where lists come from, and how its columns are named."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))  # committee, department, third_party
    purpose: Mapped[str] = mapped_column(String(200), default="")
    basis: Mapped[str] = mapped_column(String(200), default="")  # legal basis of the transfer
    authority: Mapped[int] = mapped_column(default=0)  # a higher one wins where two sources differ
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)  # heading of the file -> our field


class Batch(Tried, Base):
    """One file of one source. The same file is not taken twice while it counts."""

    __tablename__ = "batches"
    __table_args__ = (
        Index(
            "uq_batches_counts",
            "source_id",
            "file_hash",
            unique=True,
            postgresql_where="state in ('received', 'checking', 'checked', 'applying')",
        ),
        Index("ix_batches_working", "id", postgresql_where="state in ('received', 'checking', 'applying', 'undoing')"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_hash: Mapped[str] = mapped_column(String(64))
    file_path: Mapped[str] = mapped_column(String(200))  # below the folder of private files; empty once it is gone
    encoding: Mapped[str] = mapped_column(String(16), default="")
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    jurisdiction_code: Mapped[str] = mapped_column(String(32), ForeignKey("jurisdictions.code"))
    as_of: Mapped[date]
    state: Mapped[BatchState] = mapped_column(default=BatchState.RECEIVED)
    refusal: Mapped[str] = mapped_column(String(64), default="")  # key of the sentence that says why it stopped
    refusal_facts: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    headings: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")  # of the file, one a column
    received_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int | None]  # how many the file holds; None: not counted yet
    done: Mapped[int] = mapped_column(default=0)  # rows that the present step has gone through
    at_row: Mapped[int] = mapped_column(default=0, server_default="0")  # where it stands: it goes on behind this one
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # by outcome, and refusals by reason
    checked_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    applied_by: Mapped[str] = mapped_column(String(64), default="")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(64), default="")

    source: Mapped[Source] = relationship()


class BatchRow(Base):
    """One row of a file as it was received, and what becomes of it."""

    __tablename__ = "batch_rows"
    __table_args__ = (
        UniqueConstraint("batch_id", "row_no"),
        Index(None, "batch_id", "outcome", "row_no"),
        Index("ix_batch_rows_person_id", "person_id", postgresql_where="person_id is not null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    row_no: Mapped[int]  # as the spreadsheet counts: the heading is row 1
    cells: Mapped[list[Any]]  # as received, one text a column; columns that are not loaded are empty, and of an
    # identity number only dots and the last four stand here
    outcome: Mapped[Outcome | None]
    reasons: Mapped[list[Any]] = mapped_column(default=list)  # keys and facts of the sentences that say why
    person_id: Mapped[int | None]  # whom it created, changed or is about
    is_applied: Mapped[bool] = mapped_column(default=False)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # as read: what is loaded
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list, server_default="{}")
    """Short hashes of who and which household's head the row is about: the same person twice in a file shows."""


class Made(Base):
    """A house, dwelling or household that a batch entered, so that its undoing takes these away too."""

    __tablename__ = "batch_makings"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)  # building, dwelling, household
    made_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class MatchCandidate(Base):
    """Two persons who may be one, until somebody decides. `low_id` is the smaller id, so that a pair stands once."""

    __tablename__ = "match_candidates"
    __table_args__ = (
        UniqueConstraint("low_id", "high_id"),
        Index("ix_match_candidates_open", "score", postgresql_where="decision is null"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    low_id: Mapped[int] = mapped_column(ForeignKey("persons.id", ondelete="CASCADE"))
    high_id: Mapped[int] = mapped_column(ForeignKey("persons.id", ondelete="CASCADE"), index=True)
    score: Mapped[float]
    reasons: Mapped[list[Any]]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    found_at: Mapped[datetime]
    decision: Mapped[Decision | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    merge_id: Mapped[int | None]


class MatchWalk(Base):
    """How far the daily look for pairs in the base has come; one row."""

    __tablename__ = "match_walks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # always 1
    at_id: Mapped[int]  # the last person looked at
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    crowded: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default=list, server_default="{}")
    """Households so large that in them only those of one name are compared."""


class ImportNote(Base):
    """A sentence about a whole batch: what differs from the last one, what its reader could not use."""

    __tablename__ = "import_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    wording: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]]
    detail: Mapped[str] = mapped_column(Text, default="")
