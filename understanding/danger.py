"""Danger to life: fire, gas, collapse, crime in progress; read before anything else, and never across a negation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from understanding.folding import ends_clause, fold
from understanding.lexicon import Hit, Scanner, load, longest


class DangerKind(StrEnum):
    """The four kinds of danger the line knows."""

    FIRE = "fire"
    GAS = "gas"
    MEDICAL = "medical"
    POLICE = "police"


NUMBERS = {DangerKind.FIRE: "119", DangerKind.GAS: "119", DangerKind.MEDICAL: "120", DangerKind.POLICE: "110"}


@dataclass(frozen=True, slots=True)
class Danger:
    """What threatens whom: the kind and the emergency number of the mainland to name."""

    kind: DangerKind

    @property
    def number(self) -> str:
        """The number to dial: 119 fire, gas and rescue, 120 ambulance, 110 police."""
        return NUMBERS[self.kind]


_WORDS = load("danger")
_SCANNER = Scanner(
    [
        (f"{strength}:{kind}", word)
        for kind in DangerKind
        for strength in ("sure", "soft")
        for word in _WORDS[kind][strength]
    ]
    + [("safe", word) for word in _WORDS["safe"]["words"]]
    + [("calm", word) for word in _WORDS["calm"]["words"]]
    + [("past", word) for word in _WORDS["past"]["words"]]
)
_NEGATORS = tuple(_WORDS["negators"]["before"])
_NUMBER_ALONE = re.compile(rf"\W*(?:{'|'.join(sorted(set(NUMBERS.values())))})[\W呀啊吧哦呢]*")
_ORDER = (DangerKind.FIRE, DangerKind.MEDICAL, DangerKind.POLICE, DangerKind.GAS)


def find(text: str, *, expects_sum: bool = False) -> Danger | None:
    """Find danger to life in a text of any form; None when there is none or it is denied, past or a drill.

    ``expects_sum``: the sender was asked for a sum, so that a bare 110, 119 or 120 is one and calls for nobody.
    """
    return find_folded(fold(text), expects_sum=expects_sum)


def find_folded(folded: str, *, expects_sum: bool = False) -> Danger | None:
    """Find danger in a text that is folded already."""
    if expects_sum and _NUMBER_ALONE.fullmatch(folded):
        return None
    hits = _SCANNER.scan(folded)
    if not hits:
        return None
    is_calm = any(hit.kind == "calm" for hit in hits)
    past = [hit for hit in hits if hit.kind == "past"]
    kinds = set()
    safe = [hit for hit in hits if hit.kind == "safe"]
    for hit in longest([hit for hit in hits if hit.kind not in ("calm", "past")]):
        if (
            hit.kind == "safe"
            or any(_takes_away(other, hit) for other in safe)
            or _is_denied(folded, hit)
            or any(_same_clause(folded, hit, other) for other in past)
        ):
            continue
        strength, kind = hit.kind.split(":")
        if strength == "sure" or not is_calm:
            kinds.add(DangerKind(kind))
    return next((Danger(kind) for kind in _ORDER if kind in kinds), None)


def _takes_away(safe: Hit, hit: Hit) -> bool:
    """Tell whether a harmless word reaches into a word of danger: 沙发腿断了, 煤气灶没有漏气."""
    reaches_in = safe.start <= hit.start < safe.end
    is_its_end = hit.start < safe.start and hit.end - 1 <= safe.end
    return reaches_in or (is_its_end and safe.start < hit.end)


def _is_denied(folded: str, hit: Hit) -> bool:
    return folded[max(0, hit.start - 12) : hit.start].endswith(_NEGATORS)


def _same_clause(folded: str, hit: Hit, other: Hit) -> bool:
    first, second = sorted((hit, other), key=lambda each: each.start)
    return not any(ends_clause(c) for c in folded[first.end : second.start])
