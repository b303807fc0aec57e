"""What a column of a list can be: the fields that we load, and which headings and words mean which of them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent / "words.toml"
_NOTE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_GAPS = re.compile(r"[\W_]+")


class Field(StrEnum):
    """A field that a column can be loaded into. Labels (income, illness) are never loaded from a list."""

    ID = "id"  # the source's own number of the person
    NAME = "name"
    SEX = "sex"
    BIRTH_DATE = "birth_date"
    IDENTITY = "identity"  # becomes a keyed hash and the last four
    COMMUNITY = "community"  # code or words
    ADDRESS = "address"
    MOBILE = "mobile"
    LANDLINE = "landline"
    PHONE = "phone"  # either
    HEAD = "head"  # head of the household
    RESIDENCE_KIND = "residence_kind"
    LIVING_SINCE = "living_since"
    REGISTERED_PLACE = "registered_place"
    NATIONALITY = "nationality"
    LANG = "lang"
    ACCESS_NEED = "access_need"
    CONSENT = "consent"


NUMBERS = (Field.MOBILE, Field.LANDLINE, Field.PHONE)
NEEDED = (Field.NAME, Field.ADDRESS)
"""Without these a list is no list of residents."""
NOT_FOR_THIRD_PARTIES = (Field.IDENTITY,)


def guess(heading: str) -> Field | None:
    """The field that a heading names, in Chinese or English; None when it names none that we know."""
    return _headings().get(plain(heading))


def guess_all(headings: Sequence[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Heading to field, as remembered of the source, else guessed; a field that takes one column goes to the first.

    A heading that was remembered as "" is left out, as somebody decided.
    """
    found: dict[str, str] = {}
    for heading in headings:
        wanted = remembered.get(heading)
        if wanted is None:
            wanted = guess(heading) or ""
        if wanted and wanted not in NUMBERS and wanted in found.values():
            wanted = ""
        if heading:
            found[heading] = wanted
    return found


def fields_twice(mapping: Mapping[str, str]) -> list[str]:
    """Fields that take one column and were given several."""
    given = [field for field in mapping.values() if field and field not in NUMBERS]
    return sorted({field for field in given if given.count(field) > 1})


def missing(mapping: Mapping[str, str]) -> list[Field]:
    """Fields without which nothing can be loaded and that no column has."""
    return [field for field in NEEDED if field not in mapping.values()]


def value_of(kind: str, words: str) -> str | None:
    """Our value for a word of a list: `value_of("sex", "女")` is F. None for words that we do not know."""
    return _values()[kind].get(plain(words))


def words_of(kind: str) -> dict[str, tuple[str, ...]]:
    """The words of a list that mean each of our values, as they are written down; none for a field of free words."""
    return {value: tuple(many) for value, many in _file()["values"].get(kind, {}).items()}


def headings_of(field: Field) -> tuple[str, ...]:
    """The headings that name a field, as they are written down."""
    return tuple(_file()["headings"][field.value])


def plain(words: str) -> str:
    """Words without case, width, gaps, signs and bracketed notes, for comparing."""
    folded = unicodedata.normalize("NFKC", words).casefold()
    return _GAPS.sub("", _NOTE.sub("", folded)) or _GAPS.sub("", folded)


@lru_cache(maxsize=1)
def _headings() -> dict[str, Field]:
    return {plain(words): Field(field) for field, many in _file()["headings"].items() for words in many}


@lru_cache(maxsize=1)
def _values() -> dict[str, dict[str, str]]:
    return {
        kind: {plain(words): value for value, many in values.items() for words in many}
        for kind, values in _file()["values"].items()
    }


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))
