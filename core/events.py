"""The table of reactions: who reacts to what a lower domain announces. Filled once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Reaction = Callable[[Any, Any], None]  # (uow, event)
Subscriptions = Mapping[type, Sequence[Reaction]]

_table: dict[type, tuple[Reaction, ...]] = {}


def subscribe(subscriptions: Subscriptions) -> None:
    """Put the table of the composition root in place of what was there."""
    _table.clear()
    _table.update({event: tuple(reactions) for event, reactions in subscriptions.items()})


def reactions_to(event: object) -> tuple[Reaction, ...]:
    """Who reacts to this event, in order."""
    return _table.get(type(event), ())
