"""The zip of a workbook: no part of it is opened before it was looked through for what would burst."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO, Any, BinaryIO

from collection.errors import BadFile
from collection.table_limits import Limits

AT_ONCE = 256 * 1024
WIDEST_XML = 4 * 1024**2  # bytes of one row as the workbook writes it, or of what stands before and behind them
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Spreadsheets use no other, and some others take as much memory as the file demands."""
LOCKED = 1  # flag of a part that needs a password
_ROW = re.compile(rb"<(?:\w+:)?row[ >/]")
_HIDDEN = re.compile(rb'<(?:\w+:)?row [^>]*hidden="(?:1|true)"')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_LONGEST_MATCH = 200  # bytes; a match may begin in one block and end in the next


@dataclass(slots=True)
class Looked:
    """What a part that is read piece by piece holds, seen without parsing it."""

    rows: int = 0
    hidden_rows: int = 0
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    """Row to the columns (0 is the first) that are merged from it downwards, with the last row."""


class Parts(zipfile.ZipFile):
    """The zip. Python never unpacks more of a part than the directory says, so that the sizes there count.

    Raises BadFile for one that is larger than it may be, locked, or compressed unlike any spreadsheet's.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        super().__init__(file)
        self.limits = limits
        self._looked: dict[str, Looked] = {}
        parts = self.infolist()
        if len(parts) > limits.most_parts or len(set(self.namelist())) != len(parts):
            raise BadFile("bomb")
        if sum(part.file_size for part in parts) > limits.largest_unpacked:
            raise BadFile("bomb")
        if any(part.flag_bits & LOCKED for part in parts):
            raise BadFile("old_excel")
        if any(part.compress_type not in COMPRESSIONS for part in parts):
            raise BadFile("broken_workbook")

    def read(self, name: Any, pwd: bytes | None = None) -> bytes:
        """A whole part, which must be small."""
        if self.getinfo(str(name)).file_size > self.limits.largest_other:
            raise BadFile("bomb")
        with super().open(name, "r", pwd) as part:
            content = part.read()
        _refuse_entities(content)
        if content.count(b"<") > self.limits.most_tags:
            raise BadFile("bomb")
        return content

    def strings(self, name: str) -> IO[bytes]:
        """The part that holds the words of all sheets, to be read piece by piece."""
        if self.getinfo(name).file_size > self.limits.largest_strings:
            raise BadFile("bomb")
        with super().open(name) as part:
            rest = b""
            while more := part.read(AT_ONCE):
                _refuse_entities(rest + more)
                rest = more[-_LONGEST_MATCH:]
        return super().open(name)

    def sheet(self, name: str) -> IO[bytes]:
        """A sheet, to be read piece by piece."""
        self.look(name)
        return super().open(name)

    def look(self, name: str) -> Looked:
        """Look through a sheet once: count its rows, measure the longest, note which cells are merged."""
        if name not in self._looked:
            if self.getinfo(name).file_size > self.limits.largest_sheet:
                raise BadFile("bomb")
            with super().open(name) as part:
                self._looked[name] = self._look(part)
        return self._looked[name]

    def _look(self, part: IO[bytes]) -> Looked:
        found = Looked()
        since_row = merged = 0
        rest = b""
        while more := part.read(AT_ONCE):
            block = rest + more
            _refuse_entities(block)
            starts = [one.start() for one in _ROW.finditer(block, max(0, len(rest) - 6))]
            found.rows += len(starts)
            since_row = len(block) - starts[-1] if starts else since_row + len(more)
            widest = max((after - before for before, after in pairwise(starts)), default=0)
            if max(since_row, widest) > WIDEST_XML:
                raise BadFile("too_wide", row=found.rows, most=self.limits.most_columns)
            cut = max(block.rfind(b">") + 1, len(block) - _LONGEST_MATCH)
            if b"hidden=" in block:
                found.hidden_rows += sum(1 for _ in _HIDDEN.finditer(block, 0, cut))
            for one in _MERGED.finditer(block, 0, cut) if b"mergeCell" in block else ():
                merged += 1
                if merged > self.limits.most_merged:
                    raise BadFile("bomb")
                top, bottom = int(one[2]), int(one[4])
                if bottom > top:
                    found.merged[top].append((_column(one[1]), bottom))
            rest = block[cut:]
        return found


def _refuse_entities(content: bytes) -> None:
    """No spreadsheet declares entities, nor writes its parts in an encoding in which these would hide."""
    if b"\0" in content[:64] or (b"<!" in content and _DOCTYPE.search(content)):
        raise BadFile("bomb")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
