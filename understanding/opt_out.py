"""Stop and resume of messages: keywords alone in a message, and any plain request to be left alone."""

from __future__ import annotations

import re
from enum import StrEnum

from understanding.folding import fold
from understanding.lexicon import Scanner, load, longest


class Consent(StrEnum):
    """What a text says about being written to."""

    OUT = "opt_out"
    IN = "opt_in"


_WORDS = load("opt_out")
_KEYWORDS = {
    re.sub(r"[^\w]", "", fold(word)): consent
    for consent in (Consent.IN, Consent.OUT)
    for word in _WORDS[consent]["keywords"]
}
_SCANNER = Scanner(
    [(consent, word) for consent in Consent for word in _WORDS[consent]["phrases"]]
    + [("about", word) for word in _WORDS["opt_out"]["about"]]
)
_POLITE = re.compile(
    r"谢谢(?:你们?|您)?|多谢|麻烦(?:了|你们?|您)?|请|吧|了|啊|呀|哈|嘛|(?<![a-z])(?:please|pls|plz|thanks|thank you|"
    r"thx|now|ok|hi|hello|sir)(?![a-z])"
)
_LETTERS = re.compile(r"[^\w]")


def find_folded(folded: str) -> Consent | None:
    """Read a folded text as a wish about messages, or None where it speaks of something else."""
    bare = _LETTERS.sub("", folded)
    keyword = _KEYWORDS.get(bare)
    if keyword is None and len(folded) <= 40:
        keyword = _KEYWORDS.get(_LETTERS.sub("", _POLITE.sub("", folded)))
    if keyword is not None:
        is_asked = bool(re.search(r"[?]", folded)) and len(bare) <= 2
        return None if is_asked else keyword
    hits = _SCANNER.scan(folded)
    if not hits or any(hit.kind == "about" for hit in hits):
        return None
    kinds = {hit.kind for hit in longest(hits)}
    if Consent.OUT in kinds:
        return Consent.OUT
    return Consent.IN if Consent.IN in kinds else None
