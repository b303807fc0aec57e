"""A dispatch's states and legal moves."""

from __future__ import annotations

from enum import StrEnum

from ticketing.errors import IllegalMove


class DispatchState(StrEnum):
    """Where one provider's part in one ticket stands."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    NO_ACCESS = "no_access"
    CANCELLED = "cancelled"


HOLDING = frozenset({DispatchState.ACCEPTED, DispatchState.ARRIVED})

_ENDS = frozenset({DispatchState.COMPLETED, DispatchState.INCOMPLETE, DispatchState.NO_ACCESS, DispatchState.CANCELLED})
MOVES: dict[DispatchState, frozenset[DispatchState]] = {
    DispatchState.OFFERED: frozenset(
        {DispatchState.ACCEPTED, DispatchState.REFUSED, DispatchState.EXPIRED, DispatchState.WITHDRAWN}
    ),
    DispatchState.ACCEPTED: _ENDS | {DispatchState.ARRIVED},
    DispatchState.ARRIVED: _ENDS,
    **{end: frozenset() for end in _ENDS | {DispatchState.REFUSED, DispatchState.EXPIRED, DispatchState.WITHDRAWN}},
}


def check_move(old: DispatchState, new: DispatchState) -> None:
    """Raise IllegalMove unless the new state may follow the old one."""
    if new not in MOVES[old]:
        raise IllegalMove(old, new)
