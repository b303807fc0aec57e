"""Jurisdiction codes as paths of any depth: two letters or digits a level, so that "within" is a prefix test."""

from __future__ import annotations

STEP = 2
DEEPEST = 16
CITY = 1
"""The depth of a city: the top of its tree."""


def depth(code: str) -> int:
    """How deep a code lies: AH 1, AH01 2, AH0102 3, AH010201 4. Raises ValueError for what is no code."""
    if not (code.isascii() and code.isalnum()) or len(code) % STEP or len(code) > STEP * DEEPEST:
        raise ValueError("not the code of a jurisdiction")
    return len(code) // STEP


def parent(code: str) -> str:
    """The code above; empty for the top."""
    return code[:-STEP]


def is_within(code: str, prefix: str) -> bool:
    """Whether a place is the other one or lies in it. Everything lies within the empty prefix."""
    return code.startswith(prefix)


def path(code: str) -> tuple[str, ...]:
    """The codes from the city down to this one: AH, AH01, AH0102, AH010201."""
    return tuple(code[:length] for length in range(STEP, len(code) + 1, STEP))


def common_depth(one: str, other: str) -> int:
    """How many levels two places share: 4 the same community, 1 only the city, 0 nothing."""
    depth = 0
    for mine, theirs in zip(path(one), path(other), strict=False):
        if mine != theirs:
            break
        depth += 1
    return depth
