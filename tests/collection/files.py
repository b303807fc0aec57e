"""Lists for tests, as files: boring residents of one community, in any writing."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from collection.identity import CHECKS, WEIGHTS

MANIFEST = "[Content_Types].xml"
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEADINGS = ("编号", "姓名", "性别", "出生日期", "身份证号", "社区", "地址", "手机", "座机", "户主", "短信同意")
COMMUNITY = "AH010201"


def an_identity(number: int, born: date = date(1980, 5, 1), sex: str = "M") -> str:
    """An identity number that is right, of a region that does not exist."""
    body = f"990101{born:%Y%m%d}{number % 100:02d}{number // 100 % 5 * 2 + (sex == 'M')}"
    return body + CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


def a_row(number: int, **other: str) -> list[str]:
    """One resident; fields by their Chinese heading replace the boring ones."""
    born = date(1950, 1, 1) + timedelta(days=number * 97 % 20000)
    row = {
        "编号": f"R{number:05d}",
        "姓名": f"唐{chr(0x4E00 + number % 2000)}东",
        "性别": "男",
        "出生日期": born.isoformat(),
        "身份证号": an_identity(number, born),
        "社区": COMMUNITY,
        "地址": f"{number // 40 + 1}号楼{number // 10 % 4 + 1}单元{number % 10 + 1}01",
        "手机": f"1620000{number:04d}",
        "座机": "",
        "户主": "是",
        "短信同意": "同意",
    }
    return [(row | other)[heading] for heading in HEADINGS]


def rows(count: int) -> list[list[str]]:
    """So many residents."""
    return [a_row(number) for number in range(1, count + 1)]


def as_csv(
    table: Iterable[Sequence[str]],
    *,
    encoding: str = "utf-8",
    delimiter: str = ",",
    headings: Sequence[str] = HEADINGS,
) -> bytes:
    """The list as text."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([headings, *table])
    return text.getvalue().encode(encoding)


def as_xlsx(table: Iterable[Sequence[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    """The list as a workbook; `change` gets its sheet before it is saved."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(HEADINGS)
    for row in table:
        sheet.append([value or None for value in row])
    if change is not None:
        change(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_excel(table: Iterable[Sequence[str]]) -> bytes:
    """The list as Excel writes it: each text once, in a part of its own; openpyxl writes texts into cells."""
    lines = [HEADINGS, *table]
    words = {word: place for place, word in enumerate(dict.fromkeys(word for line in lines for word in line))}
    cells = ("".join(f'<c t="s"><v>{words[word]}</v></c>' if word else "<c/>" for word in line) for line in lines)
    sheet = "".join(f'<row r="{number}">{line}</row>' for number, line in enumerate(cells, start=1))
    strings = "".join(f"<si><t>{escape(word)}</t></si>" for word in words)
    return with_strings(
        with_part(as_xlsx([]), SHEET, f"<worksheet {NS}><sheetData>{sheet}</sheetData></worksheet>".encode()),
        f"<sst {NS}>{strings}</sst>".encode(),
    )


def with_strings(workbook: bytes, content: bytes, place: str = STRINGS) -> bytes:
    """The workbook with this part as its texts."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        manifest = archive.read(MANIFEST)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    listed = f'<Override PartName="/{place}" ContentType="{kind}" /></Types>'.encode()
    return with_part(with_part(workbook, MANIFEST, manifest.replace(b"</Types>", listed)), place, content)


def with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()
