"""How large a list may be: what is larger is refused before it fills memory or disk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, but for rows, columns and the characters of a row."""

    largest_file: int = 64 * 1024**2
    most_rows: int = 300_000
    most_columns: int = 200
    widest_row: int = 100_000  # characters
    most_parts: int = 1_000  # files inside a workbook
    largest_sheet: int = 512 * 1024**2  # unpacked
    largest_strings: int = 64 * 1024**2
    largest_other: int = 8 * 1024**2
    most_merged: int = 100_000
