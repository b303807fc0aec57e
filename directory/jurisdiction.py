"""Jurisdiction codes as paths: two letters or digits a level, so that "within" is a prefix test."""

from __future__ import annotations

from enum import IntEnum

STEP = 2


class Level(IntEnum):
    """The four levels; the value is the depth in the tree."""

    CITY = 1
    DISTRICT = 2
    STREET = 3
    COMMUNITY = 4


def level_of(code: str) -> Level:
    """The level of a code such as AH, AH01, AH0102, AH010201. Raises ValueError for anything else."""
    if not code.isalnum() or len(code) % STEP:
        raise ValueError("not the code of a jurisdiction")
    return Level(len(code) // STEP)


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
