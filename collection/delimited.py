"""Lists as text: cells divided by comma, semicolon or tab, quoted where needed; read row by row in little memory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, TextIO

from collection import encoding
from collection.errors import BadFile
from collection.resident_row import FORMULA
from collection.table_limits import Limits

DELIMITERS = (",", ";", "\t")
_AS_TEXT = re.compile(r'="([^"]*)"')
"""What keeps a spreadsheet from taking 0123 for a number."""
_QUOTED = re.compile(r'"[^"]*"')
_LINE_END = re.compile(r"\r\n?|\n")
_TAIL = 4096


class Delimited:
    """A text file of rows. `rows()` may be called again and again."""

    kind = "csv"

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.file, self.limits = file, limits
        self.encoding = encoding.of(file)
        self.delimiter = self._delimiter()
        self.left_out: tuple[str, ...] = ()
        self.hidden_rows = 0
        self._last_width = 0

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each row, the first is 1. Raises BadFile where the file is no table any more."""
        text = self._text()
        try:
            reader = csv.reader(self._lines(text), delimiter=self.delimiter, strict=True)
            for number, cells in enumerate(reader, start=1):
                self._last_width = len(cells)
                yield number, self._trimmed(number, cells)
        except csv.Error as err:
            raise _refusal(err, reader.line_num) from None
        finally:
            with suppress(ValueError):  # the file was closed before its last row
                text.detach()

    def estimate(self) -> int:
        """About how many rows there are: the lines."""
        self.file.seek(0)
        lines = 0
        while part := self.file.read(encoding.AT_ONCE):
            lines += part.count(b"\n")
        return lines + 1

    def ends_abruptly(self, wanted: int) -> bool:
        """Whether the file stops in the middle of its last row: no end of line, and cells are missing.

        To be asked behind the last row.
        """
        if self._last_width >= wanted:
            return False
        self.file.seek(0, io.SEEK_END)
        self.file.seek(max(0, self.file.tell() - _TAIL))
        tail = self.file.read().decode("utf-16-le" if self.encoding == "utf-16" else "latin-1", "ignore")
        return self._last_width > 0 and not tail.rstrip(" \0").endswith(("\n", "\r"))

    def swallows_rows(self, cells: list[str], wanted: int) -> bool:
        """Whether a cell goes on over whole rows, because a quotation mark is at the wrong place."""
        return any(
            line.count(self.delimiter) >= max(2, wanted - 1)
            for cell in cells
            if self.delimiter in cell
            for line in _LINE_END.split(cell)[1:]
        )

    def _delimiter(self) -> str:
        text = self._text()
        try:
            head = [_QUOTED.sub("", line) for line in self._head(text)]
        finally:
            text.detach()
        counts = {one: max((line.count(one) for line in head), default=0) for one in DELIMITERS}
        return max(DELIMITERS, key=lambda one: counts[one])

    def _head(self, text: TextIO) -> list[str]:
        return [text.readline(self.limits.widest_row) for _ in range(5)]

    def _text(self) -> io.TextIOWrapper:
        self.file.seek(0)
        return io.TextIOWrapper(self.file, encoding=self.encoding, newline="")

    def _lines(self, text: TextIO) -> Iterator[str]:
        number = 0
        while line := text.readline(self.limits.widest_row + 1):
            number += 1
            if len(line) > self.limits.widest_row:
                raise BadFile("too_wide", row=number, most=self.limits.most_columns)
            yield line

    def _trimmed(self, number: int, cells: list[str]) -> list[str]:
        """The cells without those of nothing at the end; a formula in a text file is none of ours to compute."""
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > self.limits.most_columns:
            raise BadFile("too_wide", row=number, most=self.limits.most_columns)
        return [_plain(cell) if cell.startswith("=") else cell for cell in cells]


def _plain(cell: str) -> str:
    found = _AS_TEXT.fullmatch(cell.strip())
    return found[1] if found else FORMULA


def _refusal(err: csv.Error, line: int) -> BadFile:
    if "unexpected end" in str(err):
        return BadFile("cut_off")
    return BadFile("quotes", row=line)
