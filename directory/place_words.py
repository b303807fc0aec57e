"""Which community somebody means who says or writes its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

TAILS = ("社区", "居委会", "村委会", "村", " community", " village")
FULL_NAME = 0.95
SHORT_NAME = 0.85
SHARED_NAME = 0.6  # the short name is also that of a street, town or district
BUILDING = re.compile(
    r"^.{0,24}?\d{1,4}\s*(?:号楼|栋|幢|座|号院)|^.{0,20}?[路街巷弄村里道]\d{1,4}号(?=.*\d)|^.{0,24}?\b(?:building|block)\s+\w{1,4}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A node of the tree by its names."""

    code: str
    names: tuple[str, ...]
    is_community: bool


def find(text: str, places: Iterable[Place]) -> tuple[str, float] | None:
    """The code of the one community named in the words, and how sure we are (0 to 1); None for none or several.

    The longest name wins, so that 铁路一村 is not taken for a shorter neighbour. Names that a street bears too are
    less sure.
    """
    words = _plain(text)
    known = list(places)
    above = {short for place in known if not place.is_community for name in place.names for short in _forms(name)}
    hits: dict[str, tuple[int, float]] = {}
    for place in known:
        if not place.is_community:
            continue
        for name in place.names:
            for form in _forms(name):
                if form in words:
                    full = form == _plain(name) and form != _short(name)
                    certainty = FULL_NAME if full else SHARED_NAME if form in above else SHORT_NAME
                    hits[place.code] = max(hits.get(place.code, (0, 0.0)), (len(form), certainty))
    if not hits:
        return None
    longest = max(length for length, _ in hits.values())
    best = [(code, certainty) for code, (length, certainty) in hits.items() if length == longest]
    return best[0] if len(best) == 1 else None


def building(address: str) -> str:
    """The part of an address up to the house, without floor and door (梧桐里8号楼); "" where it names none.

    A number in a street counts only where a flat follows it: of a house with one door it is that door.
    """
    found = BUILDING.search(address)
    return found[0].strip() if found is not None else ""


def _forms(name: str) -> set[str]:
    return {form for form in (_plain(name), _short(name)) if len(form) > 1}


def _short(name: str) -> str:
    plain = _plain(name)
    for tail in (*TAILS, "街道", "镇", "乡", "区", "县", "市", " street", " town", " township", " district", " county"):
        if plain.endswith(tail) and len(plain) - len(tail) >= 2:
            return plain.removesuffix(tail)
    return plain


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
