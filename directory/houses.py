"""Which house of a community an address means, where people call one house by several names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

WORD = re.compile(r"(?<=[\dA-Za-z甲乙丙丁东南西北])(?:号楼|栋|幢|座)$")
"""What stands behind the number of a house: two words for one house, unless both stand there."""
USUAL = "号楼"
_ESTATE = ("小区", "社区")


@dataclass(frozen=True, slots=True)
class Former:
    """A community that was here before a change of borders."""

    before_houses: str  # the short name, as houses got it before theirs
    names: tuple[str, ...]  # every way in which it is said, in small letters, the longest first
    houses: frozenset[str]  # those of today's houses that lay in it


@dataclass(frozen=True, slots=True)
class Houses:
    """The houses of a community as they are written, and whose they were before."""

    names: frozenset[str] = frozenset()
    former: tuple[Former, ...] = ()
    by_number: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meant:
    """The house that is meant, by the name under which it stands or is to be entered; several where nobody can tell."""

    name: str
    may_be: tuple[str, ...] = ()


def known(names: Collection[str], former: Iterable[Former] = ()) -> Houses:
    """Houses in the form in which `meant` looks them up."""
    return _known(frozenset(names), tuple(former))


@lru_cache(maxsize=1_024)  # communities whose houses are asked for again and again while a list is read
def _known(names: frozenset[str], former: tuple[Former, ...]) -> Houses:
    by_number: dict[str, list[str]] = {}
    for name in sorted(names):
        by_number.setdefault(_number(name), []).append(name)
    return Houses(names, former, {number: tuple(found) for number, found in by_number.items()})


def meant(house: str, houses: Houses) -> Meant:
    """The house that these words mean in a community.

    The house of that very name; else the only one of that number (8栋 is 8号楼 where there is no 8栋); else, with the
    name of a community of before, the house that came from there. Of houses that got the name of their old community
    before them, since two came together under one name, the bare name may mean each: then nobody can tell, unless a
    split has left only one of them here.
    """
    if house in houses.names:
        return Meant(house)
    same = houses.by_number.get(_number(house), ())
    if len(same) == 1:
        return Meant(same[0])
    if same:
        return Meant(house, same)
    rest = house
    for former in houses.former:
        name = next((one for one in former.names if house.casefold().startswith(one) and house.casefold() != one), "")
        if name:
            rest = _without_estate(house[len(name) :].strip())
            forms = {_number(rest), *(f"{one}{_number(rest)}" for one in former.names)}
            came = tuple(one for one in sorted(former.houses) if _number(one) in forms)
            if came:
                return Meant(came[0]) if len(came) == 1 else Meant(house, came)
            house = f"{former.before_houses}{rest}"
            break
    called = {f"{name}{_number(rest)}" for former in houses.former for name in former.names}
    may_be = tuple(one for one in sorted(houses.names) if _number(one) in called)
    if len(may_be) == 1 and rest == house:
        return Meant(may_be[0])
    return Meant(house, may_be)


def one_name_each(houses: Iterable[str]) -> dict[str, str]:
    """Of houses that are still to be entered, the one name of those that differ only in the word behind the number."""
    by_number: dict[str, list[str]] = {}
    for name in sorted(set(houses), key=lambda name: (not name.endswith(USUAL), name)):
        by_number.setdefault(_number(name), []).append(name)
    return {name: names[0] for names in by_number.values() for name in names}


def _number(house: str) -> str:
    """A house without the word behind its number, in small letters."""
    return WORD.sub("#", house).casefold()


def _without_estate(words: str) -> str:
    for tail in _ESTATE:
        if words.startswith(tail) and len(words) > len(tail):
            return words.removeprefix(tail)
    return words
