"""The rows that were refused, as a file of the same shape with the reasons, to be mended and uploaded again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from collection.delimited import Delimited
from collection.errors import BadFile
from collection.fields import Field
from collection.models import Batch
from collection.queries.batches import refused
from collection.service import keeping
from collection.table_file import open_table
from collection.table_limits import Limits
from collection.table_writer import as_csv
from collection.workbook_writer import XLSX, Sheet, as_workbook
from core import wording

AT_ONCE = 1_000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Sessions = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Returned:
    """A file that goes back."""

    name: str
    content_type: str
    parts: Iterator[bytes]


def sentence(reason: Mapping[str, Any], lang: str) -> str:
    """A reason as a person reads it."""
    facts = {name: value for name, value in reason.items() if name != "key"}
    if facts.get("field") in set(Field):
        facts["field"] = wording.say("collection", f"field.{facts['field']}", lang)
    return wording.say("collection", f"reason.{reason['key']}", lang, **facts)


def error_file(sessions: Sessions, batch: Batch, lang: str, limits: Limits) -> Returned:
    """The refused rows of a list: as they stood in its file while that is kept, afterwards as they were kept.

    Read a thousand at a time, so that a long list takes no memory.
    """
    stem = batch.file_name.rpartition(".")[0] or batch.file_name
    suffix = wording.say("collection", "column.refused", lang)
    if batch.encoding == XLSX:
        rows = _rows(sessions, batch, lang, limits)
        return Returned(f"{stem}-{suffix}.xlsx", WORKBOOK, as_workbook(Sheet("1", rows)))
    encoding = batch.encoding.removesuffix("-sig") or "utf-8"
    separator = _delimiter(batch, limits)
    parts = as_csv(_rows(sessions, batch, lang, limits, separator), encoding, separator)
    return Returned(f"{stem}-{suffix}.csv", f"text/csv; charset={encoding}", parts)


def _rows(sessions: Sessions, batch: Batch, lang: str, limits: Limits, separator: str = ",") -> Iterator[Sequence[str]]:
    yield [*batch.headings, wording.say("collection", "column.reason", lang)]
    whole = _from_file(batch, limits)
    after = 0
    while True:
        with sessions() as session:
            some = refused(session, batch.id, after, AT_ONCE)
        for row_no, cells, reasons in some:
            words = " ".join(sentence(reason, lang) for reason in reasons if isinstance(reason, dict))
            kept = [str(cell) for cell in cells] or [""] * len(batch.headings)
            yield [*_as_wide(_whole(whole, row_no, kept), len(batch.headings), separator), words]
        if len(some) < AT_ONCE:
            return
        after = some[-1][0]


def _as_wide(cells: list[str], width: int, separator: str) -> list[str]:
    """What a row has too much stands in its last cell: where the separator was meant as a word's it is mended so."""
    return [*cells[: width - 1], separator.join(cells[width - 1 :])]


def _whole(whole: Iterator[tuple[int, list[str]]], row_no: int, kept: list[str]) -> list[str]:
    """The row as it stands in the file, else as it was kept."""
    for number, cells in whole:
        if number == row_no:
            return ["" if cell.startswith("\x00") else cell for cell in cells]
        if number > row_no:
            break
    return kept


def _from_file(batch: Batch, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    if not batch.file_path:
        return
    try:
        with keeping.opened(batch.file_path) as file:
            yield from open_table(file, limits, batch.headings).rows()
    except BadFile:
        return


def _delimiter(batch: Batch, limits: Limits) -> str:
    if not batch.file_path:
        return ","
    try:
        with keeping.opened(batch.file_path) as file:
            table = open_table(file, limits, batch.headings)
            return table.file.delimiter if isinstance(table.file, Delimited) else ","
    except BadFile:
        return ","
