"""What providers announce to the domains above."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderBack:
    """A provider takes jobs again: whoever still waits for one may be offered."""

    provider_id: int
