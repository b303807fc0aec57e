"""In which language to answer a text."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
ENOUGH_WORDS = 2
"""So many words of Latin letters and no Chinese character: somebody who writes English, not an "ok"."""


def of_words(words: str) -> str | None:
    """The language (zh, en) that the words are written in; None when they do not tell."""
    if _HAN.search(words):
        return "zh"
    return "en" if len(_LATIN_WORD.findall(words)) >= ENOUGH_WORDS else None


def choose(words: str, *, last_written: str | None, listed: str | None, guessed: str) -> str:
    """The language to answer in: the one we last wrote to them in, else the listed one, else theirs, else a guess."""
    return last_written or listed or of_words(words) or guessed
