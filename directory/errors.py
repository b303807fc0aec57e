"""What this domain refuses, one sentence each."""

from __future__ import annotations

from core.errors import NotFound


class PlaceNotFound(NotFound):
    """No jurisdiction has this code."""

    def __init__(self, code: str) -> None:
        super().__init__("refusal.place_not_found", code=code)


class HouseholdNotFound(NotFound):
    """There is no such household, or it lies outside the reader's area."""

    def __init__(self) -> None:
        super().__init__("refusal.household_not_found")
