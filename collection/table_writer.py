"""Tables that go out: CSV in any of our encodings, or XLSX; row by row, and nothing in them runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from collection.safe_cells import neutral

XLSX = "xlsx"
MARK = {"utf-8": "utf-8-sig"}
"""With the mark a spreadsheet reads UTF-8 as UTF-8."""
AT_ONCE = 64 * 1024


def as_csv(rows: Iterable[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> Iterator[bytes]:
    """The bytes of a CSV, some rows at a time. A character that the encoding lacks becomes a question mark."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    codec = MARK.get(encoding, encoding)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        if text.tell() > AT_ONCE:
            yield _taken(text).encode(codec, "replace")
            codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(codec, codec)
    yield _taken(text).encode(codec, "replace")


def as_workbook(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The bytes of an XLSX of one sheet, written to a file that vanishes; every cell is text."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("1")
    for row in rows:
        cells = []
        for words in row:
            cell = WriteOnlyCell(sheet, value="")
            cell.value = neutral(words)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while part := file.read(AT_ONCE):
            yield part


def _taken(text: io.StringIO) -> str:
    words = text.getvalue()
    text.seek(0)
    text.truncate()
    return words
