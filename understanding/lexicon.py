"""The words of the lexicon and the one pass that finds them all in a text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any, NamedTuple

from understanding.folding import LEXICON, ends_clause, fold

HAN_GAP = 6
LATIN_GAP = 24
"""How many characters "…" in a lexicon word may stand for, in Chinese and in English."""


class Hit(NamedTuple):
    """One word of the lexicon found: the class it stands in, and where, as a half-open range of the folded text."""

    kind: str
    start: int
    end: int


def load(name: str) -> dict[str, Any]:
    """Read one file of the lexicon; called while modules are imported, never later."""
    return tomllib.loads((LEXICON / f"{name}.toml").read_text(encoding="utf-8"))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


class Scanner:
    """Finds every word of many classes in one pass.

    A word is written as people write it; "…" stands for a few characters within the clause, a trailing "*" lets an
    English word go on (``leak*``), a leading or trailing "|" is the start or end of the text. English words match
    whole words only.
    """

    def __init__(self, words: Iterable[tuple[str, str]]) -> None:
        self._index: dict[str, list[tuple[str, list[str], bool, bool, bool]]] = {}
        for kind, written in words:
            at_start, at_end = written.startswith("|"), written.endswith("|")
            bare = written.strip("|")
            goes_on = bare.endswith("*")
            pieces = [fold(piece) for piece in bare.removesuffix("*").split("…")]
            if not all(pieces):
                raise ValueError(f"lexicon word without letters: {written!r}")
            entry = (kind, pieces, goes_on, at_start, at_end)
            self._index.setdefault(pieces[0][:2], []).append(entry)

    def scan(self, text: str) -> list[Hit]:
        """Give every hit in a folded text, in order of place."""
        hits: list[Hit] = []
        index, length = self._index, len(text)
        for start in range(length):
            two = text[start : start + 2]
            for key in (two, two[0]):
                if key not in index:
                    continue
                for kind, pieces, goes_on, at_start, at_end in index[key]:
                    if not text.startswith(pieces[0], start) or (at_start and text[:start].strip(" ,.。!;")):
                        continue
                    end = _match(text, start, pieces, goes_on)
                    if end and not (at_end and text[end:].strip(" ,.。!?;~呀啊吧哦呢")):
                        hits.append(Hit(kind, start, end))
                if start + 1 >= length:
                    break
        return hits


def _match(text: str, start: int, pieces: list[str], goes_on: bool) -> int:
    """Give the end of a word that starts here, 0 when it does not."""
    end = _piece_end(text, start, pieces[0], goes_on and len(pieces) == 1)
    for i, piece in enumerate(pieces[1:], start=2):
        if not end:
            return 0
        end = _next_piece(text, end, piece, goes_on and i == len(pieces))
    return end


def _piece_end(text: str, start: int, piece: str, goes_on: bool) -> int:
    if not text.startswith(piece, start):
        return 0
    end = start + len(piece)
    if _is_latin(piece[0]) and start and _is_latin(text[start - 1]):
        return 0
    if not goes_on and _is_latin(piece[-1]) and end < len(text) and _is_latin(text[end]):
        return 0
    return end


def _next_piece(text: str, end: int, piece: str, goes_on: bool) -> int:
    latin = piece[0].isascii() or (end and text[end - 1].isascii())
    for start in range(end, min(len(text), end + (LATIN_GAP if latin else HAN_GAP) + 1)):
        found = _piece_end(text, start, piece, goes_on)
        if found:
            return found
        if ends_clause(text[start]) or (text[start] == " " and not latin):
            return 0
    return 0


def longest(hits: list[Hit]) -> list[Hit]:
    """Leave out each hit that lies inside a longer one: "不满意" is not also "满意"."""
    ordered = sorted(hits, key=lambda hit: (hit.start, -hit.end))
    kept: list[Hit] = []
    reach = (-1, -1)
    for hit in ordered:
        if hit.end < reach[1] or (hit.end == reach[1] and hit.start > reach[0]):
            continue
        kept.append(hit)
        if hit.end > reach[1]:
            reach = (hit.start, hit.end)
    return kept
