"""Lists as workbooks (XLSX), read by openpyxl row by row, after their zip was looked through for what would burst."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl

from collection.errors import BadFile
from collection.resident_row import ERROR, FORMULA
from collection.table_limits import Limits

SHEETS = "xl/worksheets/"
STRINGS = "xl/sharedStrings.xml"
PICTURES = ("xl/media/", "xl/embeddings/", "docProps/", "xl/drawings/", "customXml/")
"""Parts that nobody opens here, whatever their size."""
EXACT = 10**15
"""A spreadsheet keeps fifteen digits: a larger number has lost some."""
AT_ONCE = 256 * 1024
WIDEST_XML = 4 * 1024**2  # bytes of one row as the workbook writes it
_ROW = re.compile(rb"<(?:\w+:)?row[ >/]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    NotImplementedError,
    RuntimeError,  # a part that is locked with a password
)
"""What openpyxl raises at a file that only looks like a workbook."""


class Workbook:
    """The first visible sheet with anything in it. `rows()` may be called again and again."""

    kind = "xlsx"
    encoding = "xlsx"

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.file, self.limits = file, limits
        self.row_count = 0
        self._merged: dict[str, dict[int, list[tuple[int, int]]]] = {}
        file.seek(0)
        try:
            with zipfile.ZipFile(file) as archive:
                self._look_through(archive)
        except BadFile:
            raise
        except _BROKEN:
            raise BadFile("broken_workbook") from None
        self.left_out: tuple[str, ...] = ()
        self._sheet = self._choose()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each row, the first is 1. Raises BadFile where the file is no table any more."""
        book = self._open()
        try:
            sheet: Any = book.worksheets[self._sheet]
            sheet.reset_dimensions()  # what a file says of its size is often wrong
            starts = self._merged.get(sheet._worksheet_path.lstrip("/"), {})
            carried: dict[int, tuple[int, str]] = {}
            for number, cells in enumerate(sheet.iter_rows(max_col=self.limits.most_columns), start=1):
                if number > self.limits.most_rows + 100:
                    raise BadFile("too_many_rows", most=self.limits.most_rows)
                row = [_words(cell) for cell in cells]
                _fill(row, number, starts, carried)
                while row and not row[-1].strip():
                    row.pop()
                yield number, row
        except _BROKEN as err:
            raise BadFile("broken_workbook") from err
        finally:
            book.close()

    def estimate(self) -> int:
        """How many rows the workbook writes down."""
        return self.row_count

    def ends_abruptly(self, last: list[str], wanted: int) -> bool:
        """Never: half a workbook cannot be opened."""
        return False

    def _look_through(self, archive: zipfile.ZipFile) -> None:
        """Refuse what is too large when unpacked. Python never unpacks more of a part than the directory says."""
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "xl/workbook.xml" not in names:
            raise BadFile("no_table")
        if len(parts) > self.limits.most_parts or len(names) != len(parts):
            raise BadFile("bomb")
        for part in parts:
            if part.file_size > self._most(part.filename):
                raise BadFile("bomb")
            if part.flag_bits & 1:
                raise BadFile("old_excel")
        for part in parts:
            if part.filename.startswith(SHEETS) and part.filename.endswith(".xml"):
                self._scan(archive, part.filename)
            elif part.filename.endswith((".xml", ".rels")) and not part.filename.startswith(PICTURES):
                with archive.open(part) as opened:
                    if _DOCTYPE.search(opened.read(AT_ONCE)):
                        raise BadFile("bomb")

    def _most(self, name: str) -> int:
        if name.startswith(PICTURES):
            return self.limits.largest_sheet
        if name.startswith(SHEETS):
            return self.limits.largest_sheet
        return self.limits.largest_strings if name == STRINGS else self.limits.largest_other

    def _scan(self, archive: zipfile.ZipFile, name: str) -> None:
        """Count the rows of a sheet, measure the longest, and note which cells are merged, without parsing it."""
        starts: dict[int, list[tuple[int, int]]] = defaultdict(list)
        since_row = rows = merged = 0
        rest = b""
        with archive.open(name) as opened:
            is_first = True
            while part := opened.read(AT_ONCE):
                block = rest + part
                if is_first and _DOCTYPE.search(block):
                    raise BadFile("bomb")
                is_first = False
                found = list(_ROW.finditer(block, max(0, len(rest) - 6)))
                rows += len(found)
                since_row = len(block) - found[-1].start() if found else since_row + len(part)
                gaps = [after.start() - before.start() for before, after in pairwise(found)]
                if since_row > WIDEST_XML or max(gaps, default=0) > WIDEST_XML:
                    raise BadFile("too_wide", row=rows, most=self.limits.most_columns)
                cut = max(block.rfind(b">") + 1, len(block) - 200)
                for one in _MERGED.finditer(block, 0, cut):
                    merged += 1
                    if merged > self.limits.most_merged:
                        raise BadFile("bomb")
                    top, bottom = int(one[2]), int(one[4])
                    if bottom > top:
                        starts[top].append((_column(one[1]), bottom))
                rest = block[cut:]
        self.row_count = max(self.row_count, rows)
        self._merged[name] = dict(starts)

    def _open(self) -> Any:
        self.file.seek(0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and extensions that do not matter here
                return openpyxl.load_workbook(self.file, read_only=True, keep_links=False)
        except _BROKEN:
            raise BadFile("broken_workbook") from None

    def _choose(self) -> int:
        """The place of the sheet that is read; the names of the other visible ones go to `left_out`."""
        book = self._open()
        try:
            visible = [
                (place, sheet)
                for place, sheet in enumerate(book.worksheets)
                if getattr(sheet, "sheet_state", "visible") == "visible"
            ]
            chosen = next((place for place, sheet in visible if _has_anything(sheet)), None)
            if chosen is None:
                raise BadFile("empty")
            self.left_out = tuple(sheet.title for place, sheet in visible if place != chosen and _has_anything(sheet))
            return chosen
        except _BROKEN as err:
            raise BadFile("broken_workbook") from err
        finally:
            book.close()


def _has_anything(sheet: Any) -> bool:
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_col=50, values_only=True)):
        if any(value not in (None, "") for value in row):
            return True
        if number > 100:
            return False
    return False


def _fill(
    row: list[str], number: int, starts: dict[int, list[tuple[int, int]]], carried: dict[int, tuple[int, str]]
) -> None:
    """A cell merged downwards holds for each of its rows."""
    for column, (until, words) in list(carried.items()):
        if number > until:
            del carried[column]
        elif column < len(row) and not row[column]:
            row[column] = words
    for column, until in starts.get(number, ()):
        if column < len(row):
            carried[column] = (until, row[column])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _words(cell: Any) -> str:
    """A cell as a person would have typed it."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if cell.data_type == "e":
        return ERROR
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    if value == int(value) and abs(value) < EXACT:
        return str(int(value))
    return f"{value:.14E}" if abs(value) >= EXACT else repr(value)
