"""Words found by their sound: a speech engine that writes 低水 for 滴水 still wrote the right syllables."""

from __future__ import annotations

import re
from collections.abc import Iterable

from understanding.folding import fold
from understanding.lexicon import Hit, load

_FILE = load("syllables")
_SYLLABLE = {c: syllable for syllable, characters in _FILE["syllables"].items() for c in characters}
_NEVER = re.compile("|".join(word.strip() for word in _FILE["never"].split(",")))
"""Words that are meant as they are written, and so never stand for others that sound alike."""
_SHORTEST = 2


def _blur(syllable: str) -> str:
    """Merge what dialects and engines confuse: zh and z, ch and c, sh and s, final ng after e and i."""
    if syllable[:2] in ("zh", "ch", "sh"):
        syllable = syllable[0] + syllable[2:]
    return syllable[:-1] if syllable.endswith(("eng", "ing")) else syllable


_BLURRED = {c: _blur(syllable) for c, syllable in _SYLLABLE.items()}


class SoundScanner:
    """Finds Chinese words of two characters or more by their syllables where the characters differ."""

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        self._index: dict[tuple[str, str], list[tuple[str, str, tuple[str, ...]]]] = {}
        for kind, written in words:
            word = fold(written)
            sounds = tuple(_BLURRED.get(c, "") for c in word)
            if len(word) >= _SHORTEST and all(sounds):
                self._index.setdefault((sounds[0], sounds[1]), []).append((kind, word, sounds))

    def scan(self, folded: str) -> list[Hit]:
        """Give the hits in a folded text that sound like a word and are not written like it."""
        sounds = [_BLURRED.get(c, "") for c in _NEVER.sub(lambda match: " " * len(match.group()), folded)]
        hits = []
        for start in range(len(folded) - 1):
            for kind, word, wanted in self._index.get((sounds[start], sounds[start + 1]), ()):
                end = start + len(word)
                if tuple(sounds[start:end]) == wanted and folded[start:end] != word:
                    hits.append(Hit(kind, start, end))
        return hits
