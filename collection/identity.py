"""Identity numbers of 18 places: checked as GB 11643 says, and what they tell of sex and birth date."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
"""GB 11643-1999: the check place by the weighted sum of the others modulo 11 (ISO 7064 MOD 11-2)."""
_NUMBER = re.compile(r"\d{17}[\dX]")
_LOST = re.compile(r"\d(?:\.\d+)?E\+?\d{1,2}|\d{15}0{3}|\d{16,18}\.0+", re.IGNORECASE)
_HIDDEN = re.compile(r"[*\u2022\u25cf\u00d7]+\s*(\d{3}[\dX])")


class Bad(StrEnum):
    """Why something is not an identity number."""

    LENGTH = "length"
    DIGITS_LOST = "digits_lost"  # a spreadsheet keeps fifteen digits of a number
    CHECK = "check"
    NO_SUCH_DAY = "no_such_day"


class BadIdentity(ValueError):
    """Not an identity number; `kind` says why. The number itself is not in the message."""

    def __init__(self, kind: Bad) -> None:
        super().__init__(f"not an identity number: {kind}")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Identity:
    """A number that is right, and what it says."""

    number: str  # 18 places, the last may be X
    birth_date: date
    sex: str  # M, F


def read(words: str) -> Identity:
    """Read an identity number. Raises BadIdentity."""
    text = unicodedata.normalize("NFKC", words).strip().lstrip("'").replace(" ", "").upper()
    if _LOST.fullmatch(text):  # of these every eleventh has a right check place: by chance
        raise BadIdentity(Bad.DIGITS_LOST)
    if not _NUMBER.fullmatch(text):
        raise BadIdentity(Bad.LENGTH)
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], WEIGHTS, strict=True))
    if CHECKS[total % 11] != text[17]:
        raise BadIdentity(Bad.CHECK)
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise BadIdentity(Bad.NO_SUCH_DAY) from None
    return Identity(text, born, "M" if int(text[16]) % 2 else "F")


def hidden(words: str) -> str:
    """The number as our pages and files show it: dots and the last four."""
    text = unicodedata.normalize("NFKC", words).strip()
    return f"•••• {text[-4:].upper()}" if len(text) > 4 else "••••"


def is_hidden(words: str) -> bool:
    """Whether these are dots and last four places, as in a file of ours that came back: no number was given."""
    return _HIDDEN.fullmatch(unicodedata.normalize("NFKC", words).strip().upper()) is not None
