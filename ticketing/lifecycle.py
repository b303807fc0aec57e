"""A ticket's states and legal moves."""

from __future__ import annotations

from enum import StrEnum

from ticketing.errors import IllegalMove


class State(StrEnum):
    """Where a ticket stands."""

    NEW = "new"
    OPEN = "open"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING_QUOTE = "waiting_quote"
    DONE = "done"
    FOLLOWING_UP = "following_up"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OVER = frozenset({State.CLOSED, State.CANCELLED})

MOVES: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.OPEN, State.CLOSED, State.CANCELLED}),
    State.OPEN: frozenset({State.DISPATCHED, State.ACKNOWLEDGED, State.CLOSED, State.CANCELLED}),
    State.DISPATCHED: frozenset({State.OPEN, State.ACKNOWLEDGED, State.CANCELLED}),
    State.ACKNOWLEDGED: frozenset({State.IN_PROGRESS, State.OPEN, State.CANCELLED}),
    State.IN_PROGRESS: frozenset({State.WAITING_QUOTE, State.DONE, State.OPEN, State.CANCELLED}),
    State.WAITING_QUOTE: frozenset({State.IN_PROGRESS, State.OPEN, State.CANCELLED}),
    State.DONE: frozenset({State.FOLLOWING_UP}),
    State.FOLLOWING_UP: frozenset({State.CLOSED, State.OPEN}),
    State.CLOSED: frozenset({State.OPEN}),
    State.CANCELLED: frozenset(),
}


def may_move(old: State, new: State) -> bool:
    """Whether the new state may follow the old one."""
    return new in MOVES[old]


def check_move(old: State, new: State) -> None:
    """Raise IllegalMove unless the new state may follow the old one."""
    if not may_move(old, new):
        raise IllegalMove(old, new)
