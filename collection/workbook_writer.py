"""Workbooks (XLSX) that go out: every cell is text, and each row leaves before the next one is known.

The parts of a workbook are written into a zip that is never gone back in, so that a sheet of a million rows takes no
memory and its first bytes go at once. The zip keeps to sizes of 32 bits: what is longer, spreadsheets call damaged.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import chain
from typing import IO

from openpyxl.utils import get_column_letter

from collection.safe_cells import neutral

XLSX = "xlsx"
LONGEST_CELL = 32_767
WIDTH = 16
PART = 64 * 1024
LEVEL = 3
"""Of compression: a third of the time of the usual one, and a tenth more bytes."""

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
"""Style 1 is text: a number that somebody types into such a cell keeps its zeros."""
_HEAD_STAYS = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its first row are headings, which stay in sight."""

    title: str
    rows: Iterable[Sequence[str]]
    widths: Sequence[int] = ()  # of its first columns, in digits; the others get the usual one


class _Tray:
    """What the zip has written and nobody has taken yet."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes, /) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> Iterator[bytes]:
        """All of it, if there is any."""
        if self._parts:
            yield b"".join(self._parts)
            self._parts.clear()


def as_workbook(*sheets: Sheet) -> Iterator[bytes]:
    """The bytes of an XLSX, as they come. Whoever gives the rows sees to it that none stands behind `LAST_ROW`."""
    tray = _Tray()
    with zipfile.ZipFile(tray, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name, words in _frame([sheet.title for sheet in sheets]):
            with archive.open(name, "w") as part:
                part.write(words.encode())
        yield from tray.take()
        for number, sheet in enumerate(sheets, start=1):
            with _member(archive, f"xl/worksheets/sheet{number}.xml") as part:
                for words in _in_parts(_sheet(sheet)):
                    part.write(words.encode("utf-8", "ignore"))  # half of a sign is none
                    yield from tray.take()
    yield from tray.take()


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as part:
        yield part


def _frame(titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every part but the sheets, by name."""
    numbers = range(1, len(titles) + 1)
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for number in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{kinds}</Types>',
    )
    yield "_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")])
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    yield "xl/_rels/workbook.xml.rels", _relations([*targets, ("styles", "styles.xml")])
    listed = "".join(
        f'<sheet name="{escape(title)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, title in zip(numbers, titles, strict=True)
    )
    book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
    yield "xl/workbook.xml", _XML + book
    yield "xl/styles.xml", STYLES


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _sheet(sheet: Sheet) -> Iterator[str]:
    """The XML of a sheet, row by row. Its frame goes before any row is asked for."""
    yield f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{_HEAD_STAYS}</sheetView>'
    yield "</sheetViews>"
    rows = iter(sheet.rows)
    first = next(rows, None)
    if first is None:
        yield "<sheetData/></worksheet>"
        return
    yield "<cols>"
    for column in range(1, len(first) + 1):
        width = sheet.widths[column - 1] if column <= len(sheet.widths) else WIDTH
        yield f'<col min="{column}" max="{column}" width="{width}" style="1" customWidth="1"/>'
    yield "</cols><sheetData>"
    letters = [get_column_letter(column) for column in range(1, len(first) + 1)]
    for number, row in enumerate(chain([first], rows), start=1):
        while len(letters) < len(row):
            letters.append(get_column_letter(len(letters) + 1))
        yield _row(number, row, letters)
    yield "</sheetData></worksheet>"


def _row(number: int, row: Sequence[str], letters: Sequence[str]) -> str:
    cells = "".join(
        f'<c r="{letter}{number}" s="1" t="inlineStr"><is>{_text(words)}</is></c>'
        for letter, words in zip(letters, row, strict=False)
        if words
    )
    return f'<row r="{number}">{cells}</row>'


def _text(words: str) -> str:
    plain = neutral(words)[:LONGEST_CELL]
    if "_x" in plain:
        plain = _LOOKS_ESCAPED.sub("_x005F_", plain)
    told = escape(plain, quote=False)
    if plain.isprintable() and plain == plain.strip():
        return f"<t>{told}</t>"
    kept = told.replace("\r", "&#13;")
    return f'<t xml:space="preserve">{kept}</t>'


def _in_parts(words: Iterable[str]) -> Iterator[str]:
    """The same words, so many at once that each call of the compressor is worth it; the first ones at once."""
    held: list[str] = []
    size = 0
    for some in words:
        held.append(some)
        size += len(some)
        if size >= PART:
            yield "".join(held)
            held.clear()
            size = 0
    yield "".join(held)
