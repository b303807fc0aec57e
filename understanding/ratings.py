"""Scores of 1 to 5, by digit, by word, by stars; a digit and words that disagree are no score."""

from __future__ import annotations

import re

from understanding.general import reading, unknown
from understanding.reading import Intent, Reading
from understanding.said import Said

_OUT_OF_TEN = re.compile(r"(?<!\d)(\d{1,3}) ?(?:分|/ ?10|out of 10|points?)")
_OUT_OF = re.compile(r"(?:/|out of) ?(\d{1,3})")
_GRADED = re.compile(r"(?<![\d.])(\d{1,3})(?:\.\d)? ?(?:分|颗?星|stars?|/ ?5|out of 5|points?)(?!钟)")


def _worded(said: Said) -> list[int]:
    """Give the scores that words give; what names satisfaction itself decides over praise of a part."""
    hits = [hit for hit in said.hits if hit.kind.startswith("score")]
    decided = [hit for hit in hits if re.search(r"满意|satisf|star|星|happy", said.folded[hit.start : hit.end])]
    return sorted({int(hit.kind[-1]) for hit in decided or hits})


def read_score(said: Said) -> Reading | None:
    """Read a score, or why a digit gives none; None when no score is spoken of."""
    words = _worded(said)
    graded = list(dict.fromkeys(int(match[1]) for match in _GRADED.finditer(said.digits)))
    most = {int(match[1]) for match in _OUT_OF.finditer(said.digits)} if graded else set()
    numbers = list(dict.fromkeys(graded + [n for n in said.choices if n not in most]))
    if said.stars and not numbers and not words:
        return reading(Intent.RATE, 0.9, score=str(said.stars)) if said.stars <= 5 else unknown("range")
    if len(numbers) > 1:
        return unknown("multiple")
    if re.search(r"\d\.\d", said.digits):
        return unknown("range")
    if numbers:
        return _with_digit(said, numbers[0], words)
    if not words:
        return reading(Intent.RATE, 0.5, score="4") if said.is_thumb else None
    if said.is_question and not said.has("score1", "score2"):
        return None
    return _by_words(said, words)


def _with_digit(said: Said, score: int, words: list[int]) -> Reading:
    if not 1 <= score <= 5:
        return unknown("range")
    spoken = [word for word in words if not _is_the_digit(said, word, score)]
    if any(abs(word - score) >= 2 and (word - 3) * (score - 3) <= 0 for word in spoken):
        return unknown("conflict")
    return reading(Intent.RATE, 0.97 if not spoken else 0.9, score=str(score))


def _is_the_digit(said: Said, word: int, score: int) -> bool:
    return word == score or any(str(score) in written for written in said.words(f"score{word}"))


def _by_words(said: Said, words: list[int]) -> Reading:
    if min(words) <= 2 and max(words) >= 4:
        return unknown()
    if said.has("uncertain") and words != [3]:
        return unknown()
    score = min(words) if max(words) <= 3 else max(words) if min(words) >= 4 else min(words)
    return reading(Intent.RATE, 0.9 if len(words) == 1 else 0.7, score=str(score))
