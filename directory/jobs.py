"""Drains of the directory: search rows that are missing, borders whose day has come, erasures that were held up."""

from __future__ import annotations

import logging
from datetime import timedelta

from core.jobs import Deadline, job
from core.uow import unit_of_work
from directory.queries import borders
from directory.queries import privacy as requests
from directory.service import privacy, reorganising, search

log = logging.getLogger(__name__)
AT_ONCE = 1_000
LATELY = timedelta(days=2)
INDEX = "job:directory.index"
ERASE = "job:directory.erase"
REORGANISE = "job:directory.reorganise"


@job("directory.index", every=timedelta(minutes=10))
def index() -> bool:
    """Make search rows for persons without one, as after an upgrade, and anew for those whose home was carried to
    another community. True when the minute was up before."""
    deadline = Deadline()
    last: int | None = 0
    while last is not None:
        if deadline.is_over():
            return True
        with unit_of_work(INDEX) as uow:
            last = search.fill(uow, last)
    with unit_of_work(INDEX) as uow:
        moved = borders.lately_moved(uow.session, uow.now - LATELY)
    last = 0 if moved else None
    while last is not None:
        if deadline.is_over():
            return True
        with unit_of_work(INDEX) as uow:
            last = search.follow(uow, moved, last)
    return False


@job("directory.erase", every=timedelta(minutes=10))
def erase() -> bool:
    """Go on with the erasures that something held up, each in a transaction of its own; one costs no other its turn."""
    deadline = Deadline()
    with unit_of_work(ERASE) as uow:
        waiting = requests.waiting_erasures(uow.session, uow.now, AT_ONCE)
    for request_id in waiting:
        if deadline.is_over():
            return True
        try:
            with unit_of_work(ERASE) as uow:
                privacy.go_on(uow, request_id)
        except Exception:
            log.exception("request %d could not go on", request_id)
            with unit_of_work(ERASE) as uow:
                privacy.could_not_go_on(uow, request_id)
    return False


@job("directory.reorganise", every=timedelta(minutes=10))
def reorganise() -> bool:
    """Carry out the changes of the tree whose day has come, each by itself, the earliest first."""
    with unit_of_work(REORGANISE) as uow:
        wanted = borders.due(uow.session, uow.local_now.date(), uow.now)
    for row_id in wanted:
        try:
            with unit_of_work(REORGANISE) as uow:
                reorganising.apply_due(uow, row_id)
        except Exception:
            log.exception("change %d could not be carried out", row_id)
            with unit_of_work(REORGANISE) as uow:
                reorganising.could_not(uow, row_id)
    return False
