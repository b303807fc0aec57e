"""The daily run of retention: each kind once a day, in batches, each batch a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, select

from core import retention
from core.jobs import Deadline, job
from core.retention import Kind, Line, RetentionRun
from core.uow import UnitOfWork, unit_of_work

log = logging.getLogger(__name__)

JOB = "core.retain"
BATCH = 500
Due = Callable[[datetime], Select[int]]
Remove = Callable[[UnitOfWork, Sequence[int]], None]


@job(JOB, every=timedelta(hours=1))
def retain() -> bool:
    """Remove what is older than the table of settings says. True when the minute was up before everything was gone.

    A kind that ran through today is left alone until tomorrow; one that fails costs the others nothing.
    """
    deadline = Deadline()
    for kind in retention.kinds():
        if kind.due is None or kind.remove is None:
            continue
        try:
            if not _run(kind, kind.due, kind.remove, deadline):
                return True
        except Exception:
            log.exception("retention of %s failed", kind.name)
    return False


def _run(kind: Kind, due: Due, remove: Remove, deadline: Deadline) -> bool:
    """One kind; whether it went through."""
    before = _before(kind)
    if before is None:
        return True
    removed, last = 0, frozenset[int]()
    while True:
        with unit_of_work(f"job:{JOB}") as uow:
            ids = frozenset(uow.session.scalars(due(before).limit(BATCH)))
            if not ids or ids == last:
                if ids:
                    log.error("retention of %s leaves what it should remove", kind.name)
                held = retention.count_held(uow.session, kind, before)
                retention.note_run(uow, kind, before, removed, held=held, is_whole=True)
                return True
            if deadline.is_over():
                retention.note_run(uow, kind, before, removed, held=0, is_whole=False)
                return False
            remove(uow, sorted(ids))
            removed, last = removed + len(ids), ids


def _before(kind: Kind) -> datetime | None:
    """What is older than this goes; None when nothing is to be done today."""
    with unit_of_work(f"job:{JOB}") as uow:
        line = next(one for one in retention.lines(uow.session) if one.kind.name == kind.name)
        if line.keep_days is None or _ran_today(uow, line):
            return None
        return uow.now - timedelta(days=line.keep_days)


def _ran_today(uow: UnitOfWork, line: Line) -> bool:
    """Whether it ran through since midnight in the city, by the rule that holds now."""
    since = uow.local_now.replace(hour=0, minute=0, second=0, microsecond=0)
    if line.set_at is not None and line.set_at > since:
        since = line.set_at
    ran = exists().where(RetentionRun.kind == line.kind.name, RetentionRun.at >= since, RetentionRun.is_whole)
    return bool(uow.session.scalar(select(ran)))
