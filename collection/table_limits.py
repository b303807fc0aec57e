"""How large a list may be: what is larger is refused before it fills memory or disk."""

from __future__ import annotations

from dataclasses import dataclass

LAST_ROW = 1_048_576
"""The last row that a sheet of a workbook can have."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, but for rows, columns and the characters of a row."""

    largest_file: int = 64 * 1024**2
    most_rows: int = 300_000
    most_columns: int = 200
    widest_row: int = 100_000  # characters
    most_parts: int = 1_000  # files inside a workbook
    largest_unpacked: int = 1024**3  # all of them together
    largest_sheet: int = 512 * 1024**2  # unpacked, as the next two
    largest_strings: int = 64 * 1024**2
    largest_other: int = 8 * 1024**2
    most_tags: int = 500_000  # in one part that is neither sheet nor strings
    most_merged: int = 100_000
