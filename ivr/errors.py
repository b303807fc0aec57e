"""What ivr refuses, one sentence each (in ivr/wording under `errors`)."""

from __future__ import annotations

from core.errors import NotFound


class UnknownCall(NotFound):
    """No call, or no call to place, of that id."""

    def __init__(self) -> None:
        super().__init__("errors.unknown_call")
