"""Tables that go out as CSV, in any of our encodings: row by row, and nothing in them runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from collection.safe_cells import neutral

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


def _taken(text: io.StringIO) -> str:
    words = text.getvalue()
    text.seek(0)
    text.truncate()
    return words
