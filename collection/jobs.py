"""Drains of lists: check them, load them, take them back, and clear away what nobody loads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from collection.models import Batch, BatchState
from collection.service import applying, checking, linking, receiving, undoing
from core.jobs import Deadline, job
from core.uow import unit_of_work

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
            waiting = uow.session.scalars(select(Batch.id).where(Batch.state == state).order_by(Batch.id)).all()
        if not waiting:
            return False
        for batch_id in waiting:
            if step(batch_id, actor, deadline.is_over):
                return True
        if deadline.is_over():
            return True
