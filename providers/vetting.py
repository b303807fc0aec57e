"""Applied to active, and sideways: which standing may follow which."""

from __future__ import annotations

from enum import StrEnum

from providers.errors import IllegalStanding


class Standing(StrEnum):
    """Where a provider stands between application and removal."""

    APPLIED = "applied"
    DOCUMENTS_CHECKED = "documents_checked"
    VISITED = "visited"
    TRIAL = "trial"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REMOVED = "removed"


MOVES: dict[Standing, frozenset[Standing]] = {
    Standing.APPLIED: frozenset({Standing.DOCUMENTS_CHECKED, Standing.REMOVED}),
    Standing.DOCUMENTS_CHECKED: frozenset({Standing.VISITED, Standing.REMOVED}),
    Standing.VISITED: frozenset({Standing.TRIAL, Standing.REMOVED}),
    Standing.TRIAL: frozenset({Standing.ACTIVE, Standing.SUSPENDED, Standing.EXPIRED, Standing.REMOVED}),
    Standing.ACTIVE: frozenset({Standing.SUSPENDED, Standing.EXPIRED, Standing.REMOVED}),
    Standing.SUSPENDED: frozenset({Standing.TRIAL, Standing.ACTIVE, Standing.EXPIRED, Standing.REMOVED}),
    Standing.EXPIRED: frozenset({Standing.DOCUMENTS_CHECKED, Standing.ACTIVE, Standing.SUSPENDED, Standing.REMOVED}),
    Standing.REMOVED: frozenset(),
}


def check_move(old: Standing, new: Standing) -> None:
    """Raise IllegalStanding when the move is not in the table."""
    if new not in MOVES[old]:
        raise IllegalStanding(old, new)
