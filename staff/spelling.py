"""Passwords and codes that are read from a screen or paper and typed."""

from __future__ import annotations

UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No 0, 1, i, l, o."""
GROUP = 5


def spelt(number: int, groups: int) -> str:
    """A large number as so many groups of five unmistakable characters, joined by dashes; 24.8 bits a group."""
    found = []
    for _ in range(groups):
        group = ""
        for _ in range(GROUP):
            number, place = divmod(number, len(UNMISTAKABLE))
            group += UNMISTAKABLE[place]
        found.append(group)
    return "-".join(found)
