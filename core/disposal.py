"""Files and recordings that must go: rows due, because no file and nothing at the carrier goes inside a transaction."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Index, String, UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from core.jobs import Deadline, job
from core.private_folder import private_folder
from core.uow import UnitOfWork, unit_of_work

log = logging.getLogger(__name__)

FILE = "file"
"""A file below the private folder, named by its path in it."""
JOB = "core.delete_files"
BATCH = 50
RETRY_AFTER = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(days=1)
DOUBLINGS = 10


class Disposal(Base):
    """One thing outside the database that must go. The row goes with it."""

    __tablename__ = "disposals"
    __table_args__ = (UniqueConstraint("kind", "name"), Index("ix_disposals_due", "kind", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))  # file, recording, carrier_recording, carrier_media
    name: Mapped[str] = mapped_column(String(200))  # path below the private folder, SHA-256, the carrier's id
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)


def dispose(uow: UnitOfWork, kind: str, name: str) -> None:
    """Have this go after the commit, tried until it is gone. The same thing twice is one thing."""
    row = insert(Disposal).values(kind=kind, name=name, due_at=uow.now, attempts=0)
    uow.session.execute(row.on_conflict_do_update(index_elements=["kind", "name"], set_={"due_at": uow.now}))


def dispose_file(uow: UnitOfWork, path: str) -> None:
    """Have a file below the private folder go after the commit."""
    dispose(uow, FILE, path)
    uow.wake("core.delete_files")


def due(uow: UnitOfWork, *kinds: str) -> list[Disposal]:
    """What is to go now, put off in case this process dies; two workers never take the same."""
    found = list(
        uow.session.scalars(
            select(Disposal)
            .where(Disposal.kind.in_(kinds), Disposal.due_at <= uow.now)
            .order_by(Disposal.due_at, Disposal.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    )
    for one in found:
        pause = RETRY_AFTER * 2 ** min(one.attempts, DOUBLINGS)
        one.attempts += 1
        one.due_at = uow.now + min(pause, LONGEST_PAUSE)
    return found


def gone(uow: UnitOfWork, disposal_id: int) -> None:
    """It is gone: nothing is left to do."""
    uow.session.execute(delete(Disposal).where(Disposal.id == disposal_id))


@job(JOB, every=timedelta(minutes=10))
def delete_files() -> bool:
    """Delete the files whose time has come; one that is gone already counts as deleted."""
    deadline = Deadline()
    while True:
        with unit_of_work(f"job:{JOB}") as uow:
            wanted = [(one.id, one.name) for one in due(uow, FILE)]
        for disposal_id, name in wanted:
            _delete(disposal_id, name)
        if not wanted:
            return False
        if deadline.is_over():
            return True


def _delete(disposal_id: int, name: str) -> None:
    folder = private_folder().resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or path == folder:
        log.error("disposal %d names something outside the private folder", disposal_id)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as err:
        log.warning("disposal %d cannot be done now: %s", disposal_id, type(err).__name__)
        return
    with unit_of_work(f"job:{JOB}") as uow:
        gone(uow, disposal_id)
