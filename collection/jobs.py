"""Drains of lists: check them, load them, take them back, and clear away what nobody loads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from collection.models import Batch, BatchState
from collection.service import applying, checking, linking, receiving, undoing
from core import tries
from core.jobs import Deadline, job
from core.uow import unit_of_work

log = logging.getLogger(__name__)
Step = Callable[[int, str, Callable[[], bool]], bool]


@job("collection.check", every=timedelta(minutes=1))
def check() -> bool:
    """Go through the rows of lists whose columns were named."""
    return _drain("job:collection.check", BatchState.CHECKING, checking.check)


@job("collection.apply", every=timedelta(minutes=1))
def apply() -> bool:
    """Load the lists that somebody wants loaded."""
    return _drain("job:collection.apply", BatchState.APPLYING, applying.apply)


@job("collection.undo", every=timedelta(minutes=1))
def undo() -> bool:
    """Take back the lists that somebody wants taken back."""
    return _drain("job:collection.undo", BatchState.UNDOING, undoing.undo)


@job("collection.tidy", every=timedelta(hours=1))
def tidy() -> bool:
    """Put lists away that nobody loaded for weeks, file and all: what is not used is not kept."""
    with unit_of_work("job:collection.tidy") as uow:
        receiving.put_away_unused(uow)
        receiving.remove_strays(uow)
    return False


@job("collection.match", every=timedelta(minutes=10))
def match() -> bool:
    """Look once a day for pairs in the base that may be one person. True when the minute was up before."""
    deadline = Deadline()
    has_more = True
    while has_more and not deadline.is_over():
        with unit_of_work("job:collection.match") as uow:
            has_more = linking.walk(uow)
    return has_more


def _drain(actor: str, state: BatchState, step: Step) -> bool:
    deadline = Deadline()
    while True:
        with unit_of_work(actor) as uow:
            wanted = select(Batch.id).where(Batch.state == state, tries.is_due(Batch, uow.now))
            waiting = uow.session.scalars(wanted.order_by(Batch.id)).all()
        if not waiting:
            return False
        for batch_id in waiting:
            if _has_more(batch_id, actor, step, deadline):
                return True
        if deadline.is_over():
            return True


def _has_more(batch_id: int, actor: str, step: Step, deadline: Deadline) -> bool:
    """Go on with one list; one that fails waits for its next try and costs the others nothing."""
    try:
        return step(batch_id, actor, deadline.is_over)
    except Exception:
        log.exception("list %d could not go on", batch_id)
        with unit_of_work(actor) as uow:
            receiving.could_not_go_on(uow, batch_id)
        return False
