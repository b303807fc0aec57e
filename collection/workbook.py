"""Lists as workbooks (XLSX): sheets, words and cells are read by openpyxl, row by row and in little memory."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from collection.errors import BadFile
from collection.resident_row import ERROR, FORMULA
from collection.table_limits import LAST_ROW, Limits
from collection.workbook_dates import Formats, formats_of, shown
from collection.workbook_parts import Parts

EXACT = 10**15
"""A spreadsheet keeps fifteen digits: a larger number has lost some."""
STYLES = "xl/styles.xml"
WORKBOOK = "xl/workbook.xml"
_STRING, _TEXT, _RUN = (f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("si", "t", "r"))
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    ArithmeticError,
    TypeError,
    IndexError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
)
"""What is raised at a file that only looks like a workbook."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet as the workbook lists it."""

    title: str
    part: str
    is_visible: bool


class Workbook:
    """The first visible sheet with anything in it. `rows()` may be called again and again."""

    kind = "xlsx"
    encoding = "xlsx"

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self.file, self.limits = file, limits
        file.seek(0)
        try:
            self._parts = Parts(file, limits)
            if WORKBOOK not in self._parts.namelist():
                raise BadFile("no_table")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of extensions that do not matter here
                self._book = _Book(file, self._parts)
            self._sheet = self._choose()
            looked = self._parts.look(self._sheet.part)
        except _BROKEN:
            raise BadFile("broken_workbook") from None
        self.row_count, self.hidden_rows, self._merged = looked.rows, looked.hidden_rows, looked.merged

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each row with anything in it. Raises BadFile where the file is no table any more."""
        carried: dict[int, tuple[int, str]] = {}
        try:
            for number, row in self._book.rows(self._sheet, self.limits.most_columns):
                _fill(row, number, self._merged.get(number, ()), carried)
                yield number, row
        except _BROKEN as err:
            raise BadFile("broken_workbook") from err

    def estimate(self) -> int:
        """How many rows the workbook writes down."""
        return self.row_count

    def ends_abruptly(self, wanted: int) -> bool:
        """Never: half a workbook cannot be opened."""
        return False

    def _choose(self) -> Sheet:
        """The sheet that is read; the names of the other visible ones with anything in them go to `left_out`."""
        visible = [sheet for sheet in self._book.sheets if sheet.is_visible]
        filled = [sheet for sheet in visible if any(True for _ in self._book.rows(sheet, LAST_ROW))]
        if not filled:
            raise BadFile("empty")
        self.left_out = tuple(sheet.title for sheet in filled[1:])
        return filled[0]


class _Book(ExcelReader):
    """Of a workbook only what its cells need: words, days, sheets. Looks trip openpyxl and matter to nobody."""

    def __init__(self, file: BinaryIO, parts: Parts) -> None:
        super().__init__(file, read_only=True, keep_links=False)
        self.archive = self.parts = parts
        self.read_manifest()
        self.read_workbook()
        self.sheets = [
            Sheet(str(sheet.name), relation.target, sheet.state == "visible")
            for sheet, relation in self.parser.find_sheets()
            if relation.target in self.valid_files and "chartsheet" not in relation.Type
        ]
        styles = parts.read(STYLES) if STYLES in self.valid_files else b""
        self.formats: Formats = formats_of(styles)
        self.shared_strings = self._strings()

    def rows(self, sheet: Sheet, most_columns: int) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each row that holds anything, without the empty cells at its end."""
        with self.parts.sheet(sheet.part) as part, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of days that no calendar has
            cells = _Cells(part, self.shared_strings, epoch=self.wb.epoch, date_formats=self.formats.keys())
            for _, element in iterparse(part):
                if element.tag == ROW_TAG:
                    number, found = cells.parse_row(element)
                    element.clear()
                    if number > LAST_ROW:
                        raise BadFile("too_many_rows", most=LAST_ROW)
                    if row := self._row(number, found, most_columns):
                        yield number, row
                elif element.tag == DATA_TAG:
                    return

    def _row(self, number: int, cells: list[dict[str, Any]], most_columns: int) -> list[str]:
        row: list[str] = []
        for cell in cells:
            words = _words(cell, self.formats)
            if not words.strip():
                continue
            if (column := cell["column"]) > most_columns:
                raise BadFile("too_wide", row=number, most=most_columns)
            row += [""] * (column - len(row))
            row[column - 1] = words
        return row

    def _strings(self) -> list[str]:
        manifest: Any = self.package  # its stubs have no types
        part = manifest.find(SHARED_STRINGS)
        if part is None:
            return []
        words: list[str] = []
        with self.parts.strings(part.PartName[1:]) as source:
            root = None
            for event, element in iterparse(source, ("start", "end")):
                root = element if root is None else root
                if event == "end" and element.tag == _STRING:
                    words.append(_text(element))
                    root.clear()  # what was read stays nowhere
        return words


class _Cells(WorkSheetParser):
    """Cells as openpyxl reads them; of rows nothing is remembered, and no formula is taken apart."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.row_dimensions = _Forgotten()

    def parse_formula(self, element: Any) -> str:
        """That there is one."""
        return "="


class _Forgotten(dict[Any, Any]):
    def __setitem__(self, key: Any, value: Any) -> None:
        """How high each row is matters to nobody."""


def _text(string: Any) -> str:
    """The words of a string without those that say how to pronounce it."""
    found = []
    for child in string:
        if child.tag == _TEXT:
            found.append(child.text or "")
        elif child.tag == _RUN:
            found += [part.text or "" for part in child if part.tag == _TEXT]
    return "".join(found)


def _fill(row: list[str], number: int, starts: Iterable[tuple[int, int]], carried: dict[int, tuple[int, str]]) -> None:
    """A cell merged downwards holds for each of its rows."""
    for column, (until, words) in list(carried.items()):
        if number > until:
            del carried[column]
        elif column < len(row):
            row[column] = row[column] or words
        else:
            row += [""] * (column - len(row)) + [words]
    for column, until in starts:
        if column < len(row):
            carried[column] = (until, row[column])


def _words(cell: dict[str, Any], formats: Formats) -> str:
    """A cell as a person would have typed it."""
    value, kind = cell["value"], cell["data_type"]
    if value is None:
        return ""
    if kind == "f":
        return FORMULA
    if kind == "e":
        return ERROR
    if isinstance(value, str):
        return _ESCAPED.sub(_unescaped, value) if "_x" in value else value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date | time):
        return shown(value, formats.get(cell["style_id"]))
    if isinstance(value, int | float):
        return _number(value)
    return str(value)


def _unescaped(found: re.Match[str]) -> str:
    """A sign that XML cannot hold. Of those that no text of ours may hold either, nothing."""
    code = int(found[1], 16)
    return "" if code == 0 or 0xD800 <= code <= 0xDFFF else chr(code)


def _number(value: float) -> str:
    if value == int(value) and abs(value) < EXACT:
        return str(int(value))
    return f"{value:.14E}" if abs(value) >= EXACT else repr(value)
