"""What the forms about people send, read word by word; a word that no form would send is refused."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import request

from console.errors import TooManyWords
from console.paging import read_id
from console.typed import read_day
from core.uow import UnitOfWork
from directory.errors import FieldRefused
from directory.queries.places import communities
from staff.guard import current_scope
from understanding.folding import printable

Kind = TypeVar("Kind", bound=StrEnum)
LONGEST = 500


def typed_community(uow: UnitOfWork) -> str:
    """A community of the reader's area that the form offered: a forged one is refused like any other word."""
    code = request.form.get("community", "")
    if not any(one.code == code for one in communities(uow.session, current_scope())):
        raise FieldRefused("community", "unknown_choice")
    return code


def typed_choice(field: str, kinds: type[Kind]) -> Kind | None:
    """The choice of a list; None for none. Raises FieldRefused for a word that no list offers."""
    word = request.form.get(field, "")
    if not word:
        return None
    if word not in {kind.value for kind in kinds}:
        raise FieldRefused(field, "unknown_choice")
    return kinds(word)


def needed_choice(field: str, kinds: type[Kind]) -> Kind:
    """The choice of a list. Raises FieldRefused for none, and for a word that no list offers."""
    chosen = typed_choice(field, kinds)
    if chosen is None:
        raise FieldRefused(field, "unknown_choice")
    return chosen


def typed_id(field: str) -> int | None:
    """The id of a row; None for none, or for what cannot be one."""
    return read_id(request.form.get(field, ""))


def asks_himself() -> bool:
    """Whether somebody who was erased is said to ask himself that his data is kept again."""
    return request.form.get("again", "") == "yes"


def needed_day(field: str) -> date:
    """A day. Raises FieldRefused for none, and for what is no day."""
    day = typed_day(field)
    if day is None:
        raise FieldRefused(field, "day_missing")
    return day


def typed_day(field: str) -> date | None:
    """A day as the form sends it; None for an empty one. Raises FieldRefused for what is no day."""
    word = request.form.get(field, "").strip()
    if not word:
        return None
    day = read_day(word)
    if day is None:
        raise FieldRefused(field, "bad_date")
    return day


def typed_word(field: str, most: int = LONGEST) -> str:
    """A field as it was typed, without signs that nobody sees: one that turns a line round would make a name another.

    Blanks at its ends are cut. Raises TooManyWords: cutting more would lose something.
    """
    words = printable(request.form.get(field, "").replace("\r\n", "\n")).strip()
    if len(words) > most:
        raise TooManyWords(most)
    return words
