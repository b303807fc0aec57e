"""How long each kind of thing is kept: a table of settings, the table of kinds, and a report of every run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Select, String, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base
from core.errors import HotlineError
from core.uow import UnitOfWork

LONGEST = 36_500  # days; more is a slip of the finger


class RetentionRule(Base):
    """One kind of thing and after how many days it goes; None: it is kept for ever. No row: the default holds."""

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
    is_whole: Mapped[bool]  # False: its minute was up; it went on in the next run


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing: what of it is older than a moment and still there, and how it goes.

    `due` gives ids, things under a legal hold left out; `held` gives those. `remove` takes some ids. A kind without
    `due` and `remove` never goes by itself: it stands in the table so that people see that it stays. What has `due`
    alone is proposed to a person, who decides one by one.
    """

    name: str
    keep_days: int | None  # unless a rule says otherwise; None: for ever
    least_days: int = 1
    due: Callable[[datetime], Select[int]] | None = None
    held: Callable[[datetime], Select[int]] | None = None
    remove: Callable[[UnitOfWork, Sequence[int]], None] | None = None

    @property
    def is_proposed(self) -> bool:
        """Whether a person decides about each."""
        return self.due is not None and self.remove is None


@dataclass(frozen=True, slots=True)
class Line:
    """One kind as the table of settings shows it."""

    kind: Kind
    keep_days: int | None
    set_by: str  # empty: the default
    set_at: datetime | None
    last_run: RetentionRun | None


class KindNotKept(HotlineError):
    """There is no such kind, or its time is not ours to set."""

    def __init__(self) -> None:
        super().__init__("refusal.retention_fixed")


class KeptTooShort(HotlineError):
    """The law or the house's own duty asks for longer."""

    def __init__(self, least: int) -> None:
        super().__init__("refusal.retention_too_short", least=least, longest=LONGEST)


_kinds: list[Kind] = []


def wire(kinds: Sequence[Kind]) -> None:
    """Put the table of the composition root in place of what was there."""
    _kinds[:] = kinds


def kinds() -> tuple[Kind, ...]:
    """Every kind of the house, in the order in which the page shows them."""
    return tuple(_kinds)


def lines(session: Session) -> list[Line]:
    """Every kind with the days that hold now and its last run, in two statements."""
    rules = {rule.kind: rule for rule in session.scalars(select(RetentionRule))}
    newest = select(func.max(RetentionRun.id)).group_by(RetentionRun.kind)
    runs = {run.kind: run for run in session.scalars(select(RetentionRun).where(RetentionRun.id.in_(newest)))}
    return [_line(kind, rules.get(kind.name), runs.get(kind.name)) for kind in _kinds]


def runs(session: Session, limit: int = 30, before: int | None = None) -> list[RetentionRun]:
    """The last runs that removed or held something or did not end, newest first; `before`: id of the last one seen."""
    said = (RetentionRun.removed > 0) | (RetentionRun.held > 0) | RetentionRun.is_whole.is_(False)
    statement = select(RetentionRun).where(said).order_by(RetentionRun.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(RetentionRun.id < before)
    return list(session.scalars(statement))


def keep_days(session: Session, name: str) -> int | None:
    """How many days a kind is kept now; None: for ever."""
    return next((line.keep_days for line in lines(session) if line.kind.name == name), None)


def set_rule(uow: UnitOfWork, name: str, keep_days: int | None) -> None:
    """Keep a kind so many days from now on; None: for ever. Raises KindNotKept or KeptTooShort."""
    kind = next((one for one in _kinds if one.name == name), None)
    if kind is None or kind.due is None:
        raise KindNotKept
    if keep_days is not None and not kind.least_days <= keep_days <= LONGEST:
        raise KeptTooShort(kind.least_days)
    row = {"keep_days": keep_days, "set_by": uow.actor, "set_at": uow.now}
    uow.session.execute(
        insert(RetentionRule).values(kind=name, **row).on_conflict_do_update(index_elements=["kind"], set_=row)
    )
    uow.audit("retention.set", f"retention:{name}", days=keep_days)


def would_remove(session: Session, now: datetime) -> dict[str, tuple[int, int]]:
    """How many of each kind a run at this moment would remove, and how many a hold keeps; one statement."""
    asked: list[tuple[str, Select[int], Select[int] | None]] = []
    for line in lines(session):
        if line.kind.due is not None and line.keep_days is not None:
            before = now - timedelta(days=line.keep_days)
            asked.append((line.kind.name, line.kind.due(before), line.kind.held(before) if line.kind.held else None))
    if not asked:
        return {}
    columns = [_count(one) for _, due, held in asked for one in (due, held)]
    counted = session.execute(select(*columns)).one()
    return {name: (counted[2 * place], counted[2 * place + 1]) for place, (name, _, _) in enumerate(asked)}


def count_held(session: Session, kind: Kind, before: datetime) -> int:
    """How many of a kind are older than a moment and kept by a hold."""
    return (session.scalar(select(_count(kind.held(before)))) or 0) if kind.held is not None else 0


def note_run(uow: UnitOfWork, kind: Kind, before: datetime, removed: int, *, held: int, is_whole: bool) -> None:
    """Report a run. The first one of a kind writes its default into the table of settings."""
    default = insert(RetentionRule).values(kind=kind.name, keep_days=kind.keep_days, set_by="default", set_at=uow.now)
    uow.session.execute(default.on_conflict_do_nothing())
    uow.session.add(
        RetentionRun(kind=kind.name, at=uow.now, before=before, removed=removed, held=held, is_whole=is_whole)
    )
    if removed:
        uow.audit("retention.run", f"retention:{kind.name}", removed=removed, held=held)


def _line(kind: Kind, rule: RetentionRule | None, run: RetentionRun | None) -> Line:
    if rule is None or rule.set_by == "default":
        return Line(kind, kind.keep_days, "", None, run)
    return Line(kind, rule.keep_days, rule.set_by, rule.set_at, run)


def _count(wanted: Select[int] | None) -> ColumnElement[int]:
    if wanted is None:
        return literal(0)
    return select(func.count()).select_from(wanted.subquery()).scalar_subquery()
