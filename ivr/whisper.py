"""What somebody hears in the few seconds before a caller is put through: how long words take, and which ones fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ivr.reply import Sentence

LONGEST = 12.0
"""Seconds of speech for which a caller may be kept waiting."""
LONGEST_IN_DANGER = 8.0
LONGEST_ADDRESS = 5.0
LONGEST_NAME = 2.0
MOST = 200
"""Characters of an address that are looked at: what nobody can pronounce takes no time."""

# About how long a voice at its usual speed takes, in seconds.
SIGN_TAKES = 0.22  # a Han sign, or a figure
WORD_TAKES = 0.4  # a word in letters
USUAL_WORD = 8  # letters; what is longer takes longer
LETTER_TAKES = 0.05  # of those beyond
PAUSE_TAKES = 0.3  # at a mark of punctuation
SYMBOL_TAKES = 0.4  # a sign or a picture whose name is read out

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
WORD = re.compile(r"[^\W\d_\u3400-\u9fff\uf900-\ufaff]+(?:['’-][^\W\d_\u3400-\u9fff\uf900-\ufaff]+)*")
PAUSE = re.compile(r"[，。、；：！？,.;:!?]+")
FIGURE = r"[\d\u3007\u96f6\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5e7a]"  # also in Han signs
LONG_NUMBER = re.compile(rf"{FIGURE}(?:[\W_]{{0,3}}{FIGURE}){{4,}}")
"""Five figures and more that nothing but marks divides, also as they are spoken."""
GLUE = {"zh": "", "en": " "}


def seconds(text: str) -> float:
    """About how long it takes to say this."""
    signs = len(HAN.findall(text)) + sum(one.isdigit() for one in text)
    symbols = sum(unicodedata.category(one)[0] == "S" for one in text)
    words = sum(WORD_TAKES + max(0, len(word) - USUAL_WORD) * LETTER_TAKES for word in WORD.findall(text))
    return signs * SIGN_TAKES + words + symbols * SYMBOL_TAKES + len(PAUSE.findall(text)) * PAUSE_TAKES


def tongue(words: str) -> str:
    """Which voice can read words that somebody typed: zh where there is a Han sign, else en."""
    return "zh" if HAN.search(words) else "en"


def is_speakable(note: str) -> bool:
    """Whether a note or a name may be read out: it says something, and no telephone or identity number is in it."""
    plain = "".join(one for one in unicodedata.normalize("NFKC", note) if unicodedata.category(one) != "Cf")
    return bool(HAN.search(plain) or WORD.search(plain)) and not LONG_NUMBER.search(plain)


def bare(note: str) -> str:
    """A note without the mark at its end, so that it can become a sentence."""
    return note.strip().rstrip("。，、；：,.;: ")


def short(words: str, longest: float = LONGEST_ADDRESS) -> str:
    """The beginning of these words that can be said in so many seconds; all of them, if they can."""
    words = words[:MOST]
    if seconds(words) <= longest:
        return words
    end = next(place for place in range(1, len(words) + 1) if seconds(words[:place]) > longest) - 1
    if words[end - 1 : end + 1].isascii() and words[end - 1 : end + 1].isalnum():  # not in the middle of a word
        end = max(words.rfind(" ", 0, end), 0) or end
    return words[:end].rstrip(" ,，、")


def fitted(
    first: Sequence[Sentence], marks: Sequence[Sentence], more: Sentence, longest: float
) -> tuple[Sentence, ...]:
    """`first` always; of `marks`, the weightiest of which come first, those that fit; `more` when some did not.

    The weightiest alone counts more than that there is more: where only one of the two fits, it is that one.
    Neighbours in one language become one sentence, so that the voice does not stop between them.
    """
    marks = list(dict.fromkeys(marks))
    left = longest - sum(seconds(one.text) for one in first)
    if sum(seconds(one.text) for one in marks) <= left:
        return _joined((*first, *marks))
    if left - seconds(more.text) < seconds(marks[0].text) <= left:
        return _joined((*first, marks[0]))
    left -= seconds(more.text)
    told: list[Sentence] = []
    for mark in marks:
        if seconds(mark.text) <= left:
            left -= seconds(mark.text)
            told.append(mark)
    return _joined((*first, *told, more))


def _joined(sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    found: list[Sentence] = []
    for one in sentences:
        if found and found[-1].lang == one.lang:
            found[-1] = Sentence(f"{found[-1].text}{GLUE[one.lang]}{one.text}", one.lang)
        else:
            found.append(one)
    return tuple(found)
