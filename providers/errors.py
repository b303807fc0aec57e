"""What this domain refuses, one sentence each."""

from __future__ import annotations

from core.errors import Conflict, NotFound


class ProviderNotFound(NotFound):
    """No provider has this code or id."""

    def __init__(self, which: str | int) -> None:
        super().__init__("refusal.provider_not_found", which=which)


class IllegalStanding(Conflict):
    """A provider in this standing cannot get that one."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__("refusal.illegal_standing")
        self.move = (old, new)
