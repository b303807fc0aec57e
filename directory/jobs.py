"""Drains of the directory: search rows for whoever has none."""

from __future__ import annotations

from datetime import timedelta

from core.jobs import Deadline, job
from core.uow import unit_of_work
from directory.service import search


@job("directory.index", every=timedelta(minutes=10))
def index() -> bool:
    """Make search rows for persons without one, as after an upgrade. True when the minute was up before."""
    deadline = Deadline()
    last: int | None = 0
    while last is not None:
        if deadline.is_over():
            return True
        with unit_of_work("job:directory.index") as uow:
            last = search.fill(uow, last)
    return False
