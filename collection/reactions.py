"""What collection does when a lower domain announces: rows and files of a person who is to be forgotten."""

from __future__ import annotations

from collection.service import applying, forgetting
from core.uow import UnitOfWork
from directory.events import PersonErased, PlaceSettled


def forget_rows(uow: UnitOfWork, event: PersonErased) -> None:
    """Take him out of every list."""
    event.gone.update(forgetting.forget(uow, event.traces, is_preview=event.is_preview))


def load_placed_row(uow: UnitOfWork, event: PlaceSettled) -> None:
    """A row of a list that waited for its place has one: load it."""
    kind, _, number = event.subject.partition(":")
    if kind == "import_row":
        applying.settle_place(uow, int(number), event.code)
