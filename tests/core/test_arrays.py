"""Lists arrive as arrays with every element as it was."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

WORDS = [
    "",
    " ",
    "NULL",
    "null",
    'a "b"',
    "back\\slash",
    "{1,2}",
    "a,b",
    "梧桐里8号楼\u3000一单元",
    "\u202eabc",
    "\n\t'",
    None,
]


@pytest.mark.parametrize("words", [WORDS, WORDS[:-1], [None, None], [], ["x"], ['"'], ["\\"]])
def test_words_arrive_as_they_were(session: Session, words: list[str | None]) -> None:
    found = session.scalar(text("select cast(:words as text[])"), {"words": words})

    assert found == words


@pytest.mark.parametrize("numbers", [[1, None, -3], [0], [2**31, -(2**63)], [True, None, False]])
def test_numbers_and_answers_arrive_as_they_were(session: Session, numbers: list[Any]) -> None:
    kind = "bool[]" if True in numbers and numbers[-1] is False else "bigint[]"

    assert session.scalar(text(f"select cast(:numbers as {kind})"), {"numbers": numbers}) == numbers


def test_a_word_with_nul_is_refused_before_it_is_cut_off(session: Session) -> None:
    with pytest.raises(DataError, match="NUL"):
        session.scalar(text("select cast(:words as text[])"), {"words": ["a", "b\0c"]})
