"""What collection does when a lower domain announces: rows and files of a person who is to be forgotten."""

from __future__ import annotations

from collection.service import forgetting
from core.uow import UnitOfWork
from directory.events import PersonErased


def forget_rows(uow: UnitOfWork, event: PersonErased) -> None:
    """Take him out of every list."""
    event.gone.update(forgetting.forget(uow, event.traces))
