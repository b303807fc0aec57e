"""An empty list to fill in, and how each of its columns is written."""

from __future__ import annotations

from dataclasses import dataclass

from collection import fields
from collection.fields import NEEDED, Field
from collection.service.returning import WORKBOOK, Returned
from collection.table_writer import as_csv
from collection.workbook_writer import XLSX, Sheet, as_workbook
from core import wording

COLUMNS = tuple(one for one in Field if one is not Field.PHONE)
"""Mobile and landline stand apart, so that nobody puts two numbers into one cell."""
HELP_WIDTHS = (20, 10, 60, 24)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list, as whoever fills it in reads it."""

    field: str
    heading: str
    is_needed: bool
    how: str  # one line
    example: str
    words: tuple[tuple[str, ...], ...]  # where not every word will do: those that mean one thing together
    headings: tuple[str, ...]  # other headings that are understood


def columns(lang: str) -> list[Column]:
    """Every column that a list can have, in the order of the empty one."""
    return [_column(field, lang) for field in COLUMNS]


def help_titles() -> set[str]:
    """How the sheet of an empty list is called on which nobody stands."""
    return {_say("sheet_help", lang) for lang in wording.LANGUAGES}


def empty_list(lang: str, form: str) -> Returned:
    """A list with headings only: as CSV, or as XLSX with a second sheet that tells how each column is written."""
    found = columns(lang)
    headings = [one.heading for one in found]
    name = _say("file_name", lang)
    if form != XLSX:
        return Returned(f"{name}.csv", "text/csv; charset=utf-8", as_csv([headings]))
    told = [[_say(key, lang) for key in ("column", "needed", "how_head", "example_head")]]
    told += [[one.heading, _say("yes", lang) if one.is_needed else "", one.how, one.example] for one in found]
    sheets = (Sheet(_say("sheet_list", lang), [headings]), Sheet(_say("sheet_help", lang), told, HELP_WIDTHS))
    return Returned(f"{name}.xlsx", WORKBOOK, as_workbook(*sheets))


def _column(field: Field, lang: str) -> Column:
    heading = wording.say("collection", f"field.{field}", lang)
    others = (one for one in fields.headings_of(field) if _is_of(one, lang) and one != heading.casefold())
    return Column(
        field=field.value,
        heading=heading,
        is_needed=field in NEEDED,
        how=_say(f"how.{field}", lang),
        example=_say(f"example.{field}", lang),
        words=tuple(
            told
            for many in fields.words_of(field).values()
            if (told := tuple(one for one in many if _is_of(one, lang)))
        ),
        headings=tuple(others),
    )


def _is_of(words: str, lang: str) -> bool:
    """Whether a word is one of this language."""
    return words.isascii() is (lang == "en") and any(character.isalpha() for character in words)


def _say(key: str, lang: str) -> str:
    return wording.say("collection", f"blank.{key}", lang)
