"""What a reader may see and do: code prefixes of the jurisdiction tree, and permissions."""

from __future__ import annotations

from dataclasses import dataclass

from directory.jurisdiction import CITY, depth, is_within

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the tree a reader sees and what he may do there. Staff build it from grants."""

    prefixes: tuple[str, ...]
    permissions: frozenset[str]

    @classmethod
    def system(cls) -> Scope:
        """The scope of webhooks, jobs and commands: everywhere, everything."""
        return cls(("",), frozenset({EVERYTHING}))

    def may(self, permission: str) -> bool:
        """Whether the reader may do this in his part of the tree."""
        return EVERYTHING in self.permissions or permission in self.permissions

    @property
    def sees_unplaced(self) -> bool:
        """Whether rows without a place show: to those who see a whole city, so that somebody always does."""
        return any(not prefix or depth(prefix) == CITY for prefix in self.prefixes)

    def covers(self, code: str) -> bool:
        """Whether a row of this jurisdiction (empty: place not known) may be seen."""
        if not code:
            return self.sees_unplaced
        return any(is_within(code, prefix) for prefix in self.prefixes)
