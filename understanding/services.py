"""Which of the fifty services a description asks for: concepts found in it, weighed by what they mean together."""

from __future__ import annotations

import re
from dataclasses import dataclass

from understanding.folding import ends_clause, fold
from understanding.lexicon import Hit, Scanner, load, longest
from understanding.syllables import SoundScanner

_HAS_SAID = 4.0
"""From this weight on a combination names the service; below it hints."""
_SOUND_DISCOUNT = 0.75
_TOP = 7.0


@dataclass(frozen=True, slots=True)
class ServiceGuess:
    """One service of the catalogue and how certain it is that it was meant, 0 to 1."""

    service: str
    category: str
    certainty: float


def _split(words: str) -> list[str]:
    return [word.strip() for word in words.replace("\n", ",").split(",") if word.strip()]


_CONCEPTS = {name: _split(words) for part in load("concepts").values() for name, words in part.items()}
_FILE = load("services")
_CATEGORY = {code: entry["category"] for code, entry in _FILE["services"].items()}
_RULES: dict[str, list[tuple[frozenset[str], float, str]]] = {}
"""Each combination under its first concept, so that only those are tried that can match."""
for _code, _entry in _FILE["services"].items():
    for _said, _weight in _entry["says"].items():
        _needs = frozenset(_said.split())
        if not _needs <= _CONCEPTS.keys():
            raise ValueError(f"services.toml, {_code}: no concept {sorted(_needs - _CONCEPTS.keys())}")
        _RULES.setdefault(_said.split()[0], []).append((_needs, float(_weight), _code))
_CORRECTED = re.compile(
    r"不是这个(?:事|意思)?|说错了|我是说|不对不对|(?<![a-z])(?:i mean|no wait|sorry not that)(?![a-z])"
)
_NOT_MEANT = "not meant"
_FINE = "fine"
_SCANNER = Scanner(
    [(name, word) for name, words in _CONCEPTS.items() for word in words]
    + [(_NOT_MEANT, word) for word in _split(load("phrases")["services"]["not_meant"])]
    + [(_FINE, word) for word in _split(load("phrases")["services"]["fine"])]
)
_SOUNDS = SoundScanner([(name, word) for name, words in _CONCEPTS.items() for word in words])
_URGENT = Scanner([("urgent", word) for word in _split(_FILE["urgent"]["words"])])
_URGENT_CONCEPTS = {code: frozenset(concepts) for code, concepts in _FILE["urgent"]["services"].items()}


def categories() -> dict[str, str]:
    """Give the category of each service code."""
    return dict(_CATEGORY)


def match(text: str, *, lang: str) -> list[ServiceGuess]:
    """Match a description in any of the line's languages to services, best first, empty when nothing fits.

    ``lang`` is the language assumed so far; it may be wrong and both are always read. Certainty weighs how much was
    said and how far the next category and service are behind.
    """
    del lang
    return match_folded(fold(text))


def match_folded(folded: str) -> list[ServiceGuess]:
    """Match a folded description; where the speaker corrects himself, what comes after the correction."""
    corrected = _CORRECTED.split(folded)[-1]
    guesses = _guesses(_scores(_concepts(corrected))) if corrected != folded else []
    return guesses or _guesses(_scores(_concepts(folded)))


def is_urgent(folded: str, service: str) -> bool:
    """Tell whether delay does harm: a burst pipe, somebody locked out, or plain words of haste."""
    said = _concepts(folded)
    return bool(said.keys() & _URGENT_CONCEPTS.get(service, frozenset())) or bool(_URGENT.scan(folded))


def _concepts(folded: str) -> dict[str, float]:
    """Give each concept said with its weight: 1 as written, less when only its sound is there."""
    hits = longest(_SCANNER.scan(folded))
    denied = [hit for hit in hits if hit.kind == _NOT_MEANT]
    fine = [hit for hit in hits if hit.kind == _FINE]
    weights: dict[str, float] = {}
    for hit in hits:
        if hit.kind in (_NOT_MEANT, _FINE) or _follows(folded, hit, denied) or _is_fine(folded, hit, fine):
            continue
        weights[hit.kind] = 1.0
    for hit in _SOUNDS.scan(folded):
        if not any(other.start < hit.end and hit.start < other.end and other.end - other.start >= 2 for other in hits):
            weights.setdefault(hit.kind, _SOUND_DISCOUNT)
    return weights


def _follows(folded: str, hit: Hit, denied: list[Hit]) -> bool:
    return any(other.end <= hit.start <= other.end + 2 and not _parted(folded, other, hit) for other in denied)


def _is_fine(folded: str, hit: Hit, fine: list[Hit]) -> bool:
    return any(hit.end <= other.start <= hit.end + 4 and not _parted(folded, hit, other) for other in fine)


def _parted(folded: str, first: Hit, second: Hit) -> bool:
    return any(ends_clause(c) for c in folded[first.end : second.start])


def _scores(weights: dict[str, float]) -> dict[str, float]:
    said = weights.keys()
    found: dict[str, list[float]] = {}
    for first in said:
        for needs, weight, code in _RULES.get(first, ()):
            if needs <= said:
                found.setdefault(code, []).append(weight * min(weights[concept] for concept in needs))
    return {code: max(each) + min(0.6, 0.1 * (sum(each) - max(each))) for code, each in found.items()}


def _guesses(scores: dict[str, float]) -> list[ServiceGuess]:
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    guesses = []
    for code, score in ranked:
        rival = max((other for name, other in ranked if name != code), default=0.0)
        said = min(score / _HAS_SAID, 1.0) * 0.72 + max(0.0, min(score, _TOP) - _HAS_SAID) / (_TOP - _HAS_SAID) * 0.2
        lead = min(1.0, max(-1.0, (score - rival) / 1.5))
        certainty = said + 0.08 * lead if lead > 0 else said * (1 + 0.6 * lead) - 0.1
        guesses.append(ServiceGuess(code, _CATEGORY[code], round(max(0.0, min(0.98, certainty)), 3)))
    return sorted(guesses, key=lambda guess: -guess.certainty)
