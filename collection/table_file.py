"""A file that somebody uploaded, as a table: what kind it is, where its headings stand, and its rows one by one."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from collection.delimited import Delimited
from collection.errors import BadFile
from collection.fields import guess, value_of
from collection.table_limits import Limits
from collection.workbook import Workbook

OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and any workbook locked with a password
ZIP = b"PK\x03\x04"
NO_TEXT = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"{\\rtf")
MARKUP = re.compile(rb"\s*<(?:!doctype|\?xml|html|head|meta|style|table|div)\b", re.IGNORECASE)
"""A page that some program called a spreadsheet."""
HEADINGS_WITHIN = 15  # rows; above them stand titles
_OF_A_PERSON = re.compile(r"\d{7}|\d{4}[-/.\u5e74]\d{1,2}")
"""A telephone or identity number or a date: nobody heads a column with that."""


@dataclass(frozen=True, slots=True)
class Table:
    """An open file. It must stay open while rows are read."""

    file: Delimited | Workbook
    headings: tuple[str, ...]  # "" where a column has none; a heading that comes again gets its number
    heading_row: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each row below the headings; empty rows and the headings again are left out.

        There are as many cells as headings, and in a row of a text file more where it has more: some separator in
        there was meant as a word's. Raises BadFile when the file turns out to be cut off or no table, which may be
        at its very end.
        """
        width, count, headings = len(self.headings), 0, list[str]()
        for number, cells in self.file.rows():
            if number == self.heading_row:
                headings = cells
            if number <= self.heading_row or cells == headings or not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > self.file.limits.most_rows:
                raise BadFile("too_many_rows", most=self.file.limits.most_rows)
            if isinstance(self.file, Workbook):
                del cells[width:]
            elif self.file.swallows_rows(cells, width):
                raise BadFile("quotes", row=number)
            yield number, cells + [""] * (width - len(cells))
        if self.file.ends_abruptly(width):
            raise BadFile("cut_off")


def open_table(file: BinaryIO, limits: Limits, known: Collection[str] = ()) -> Table:
    """Find out what a file is and where its headings stand; `known` are headings that the source used before.

    Raises BadFile with the sentence for whoever uploaded it.
    """
    file.seek(0)
    head = file.read(256)
    if not head:
        raise BadFile("empty")
    if head.startswith(OLD_EXCEL):
        raise BadFile("old_excel")
    if head.startswith(NO_TEXT) or MARKUP.match(head.removeprefix(BOM_UTF8)):
        raise BadFile("no_table")
    opened = Workbook(file, limits) if head.startswith(ZIP) else Delimited(file, limits)
    row, cells = _headings(opened, known)
    return Table(opened, tuple(_told_apart(cells)), row)


def _headings(opened: Delimited | Workbook, known: Collection[str]) -> tuple[int, list[str]]:
    """The first row that names two fields we know; else the first with two cells that holds nothing of a person."""
    fallback: tuple[int, list[str]] | None = None
    for number, cells in opened.rows():
        if number > HEADINGS_WITHIN:
            break
        words = [" ".join(cell.split()) for cell in cells]
        if sum(guess(cell) is not None or cell in known for cell in words if cell) >= 2:
            return number, words
        if fallback is None and sum(bool(cell) for cell in words) >= 2 and not any(map(_is_of_a_person, words)):
            fallback = number, words
    if fallback is None:
        raise BadFile("no_headings")
    return fallback


def _is_of_a_person(words: str) -> bool:
    return _OF_A_PERSON.search(words) is not None or value_of("sex", words) is not None


def _told_apart(cells: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for cell in cells:
        heading = "" if cell.startswith("\x00") else cell[:60]
        if heading:
            seen[heading] = seen.get(heading, 0) + 1
            heading = heading if seen[heading] == 1 else f"{heading} ({seen[heading]})"
        found.append(heading)
    return found
