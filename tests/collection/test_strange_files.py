"""Files that are not what they look like: each is read as a person would read it, or refused with its sentence."""

from __future__ import annotations

import io
import random
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from collection.errors import BadFile
from collection.resident_row import ERROR, FORMULA
from collection.table_limits import Limits
from tests.collection.files import (
    MANIFEST,
    NS,
    SHEET,
    STRINGS,
    as_csv,
    as_excel,
    as_xlsx,
    rows,
    with_part,
    with_strings,
)
from tests.collection.test_files import opened, read, refusal

STYLES = "xl/styles.xml"
CORE = "docProps/core.xml"
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


def part_of(workbook: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(workbook)).read(name)


def with_sheet_rows(xml: str) -> bytes:
    """A workbook whose sheet holds these rows as they are."""
    sheet = f"<worksheet {NS}><sheetData>{xml}</sheetData></worksheet>"
    return with_part(as_xlsx(rows(1)), SHEET, sheet.encode())


def text_row(number: int, *cells: str) -> str:
    inner = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{number}">{inner}</row>'


# --- text files


def test_short_chinese_bytes_that_are_also_utf8_are_read_as_chinese() -> None:
    content = "name,address\n陆业,陆\n".encode("gb18030")
    assert content.decode("utf-8")  # that is the trap

    assert read(content) == [["陆业", "陆"]]


@pytest.mark.parametrize("name", ["José Núñez", "Иван Петров", "Zoë", "Ελένη", "محمد", "Müller"])
def test_short_lists_of_foreign_names_in_utf8_stay_utf8(name: str) -> None:
    assert read(f"name,address\n{name},A1\n".encode()) == [[name, "A1"]]


@pytest.mark.parametrize("ends", [["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r"]])
def test_line_ends_of_every_kind_are_read_also_mixed(ends: list[str]) -> None:
    lines = as_csv(rows(7)).decode().splitlines()

    assert read("".join(line + ends[n % len(ends)] for n, line in enumerate(lines)).encode()) == rows(7)


def test_a_last_row_without_a_line_end_is_whole_when_its_empty_cells_are_there() -> None:
    assert read("姓名,地址,手机,备注\n唐东,1号楼101,,".encode()) == [["唐东", "1号楼101", "", ""]]


def test_a_quotation_mark_that_swallows_rows_is_refused() -> None:
    assert (
        refusal('姓名,性别,地址,手机\n唐一,男,1号楼,"162\n唐二,女,2号楼,163"\n唐三,男,3号楼,164\n'.encode()) == "quotes"
    )


def test_headings_that_come_again_further_down_are_no_person() -> None:
    twice = as_csv(rows(2)) + as_csv(rows(3))

    assert read(twice) == [*rows(2), *rows(3)]


def test_a_list_without_headings_is_refused_and_no_person_becomes_one() -> None:
    lines = as_csv(rows(3)).decode().partition("\r\n")[2]

    assert refusal(lines.encode()) == "no_headings"
    assert refusal("唐东,男,1号楼\n唐西,女,2号楼\n".encode()) == "no_headings"


def test_headings_that_nobody_knows_are_headings() -> None:
    assert opened("甲,乙\n唐东,1号楼\n".encode()).headings == ("甲", "乙")


def test_a_cell_that_was_torn_by_its_comma_shows() -> None:
    assert read("姓名,手机,地址\n唐东,162,2号楼,1单元\n唐西,163,3号楼,,\n".encode()) == [
        ["唐东", "162", "2号楼", "1单元"],
        ["唐西", "163", "3号楼"],
    ]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html><head></head><body><table><tr><td>a</td><td>b</td></tr></table></body></html>", "no_table"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<table>", "no_table"),
        (b'<?xml version="1.0"?><Workbook><Worksheet/></Workbook>', "no_table"),
        (as_csv(rows(1)) + b"," * 300 + b"x", "too_wide"),
        (as_csv(rows(4000)) + "唐\0东,\n".encode(), "damaged"),
        (as_csv(rows(20), encoding="utf-16").replace("唐".encode("utf-16-le"), b"\0\0", 1), "damaged"),
        (b"\xff\xfe", "no_headings"),
        ("姓名,地址".encode("utf-16")[:-1], "cut_off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_only_looks_like_a_text_table_is_refused(content: bytes, kind: str) -> None:
    assert refusal(content) == kind


def test_blank_lines_and_lines_of_separators_are_no_rows() -> None:
    table = opened(as_csv(rows(2)) + b",,,,,,\r\n\r\n" * 3000)

    assert [cells for _, cells in table.rows()] == rows(2)


# --- workbooks


def test_a_part_of_which_spreadsheets_read_nothing_is_not_opened_whatever_its_size() -> None:
    """openpyxl reads the properties of a workbook whole."""
    huge = b"<x>" + b"<a/>" * (9 * 1024**2 // 4) + b"</x>"
    content = with_part(as_xlsx(rows(2)), CORE, huge)
    tracemalloc.start()

    assert read(content) == rows(2)
    assert tracemalloc.get_traced_memory()[1] < 8 * 1024**2
    tracemalloc.stop()


def test_a_workbook_as_excel_writes_it_is_read() -> None:
    assert read(as_excel(rows(30))) == rows(30)


@pytest.mark.parametrize("place", ["docProps/strings.xml", "xl/media/strings.xml", "xl/worksheets/strings.xml"])
def test_strings_are_measured_wherever_they_lie(place: str) -> None:
    content = with_strings(as_xlsx(rows(2)), part_of(as_excel(rows(2)), STRINGS), place)
    assert read(content) == rows(2)

    assert refusal(content, Limits(largest_strings=100)) == "bomb"
    assert refusal(with_part(content, place, LAUGHS)) == "bomb"


@pytest.mark.parametrize("name", [STRINGS, STYLES, SHEET, MANIFEST, "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_entities_hide_nowhere(name: str) -> None:
    workbook = as_excel(rows(1))
    behind_a_comment = b"<!--" + b"x" * 600_000 + b"-->" + LAUGHS

    assert refusal(with_part(workbook, name, behind_a_comment)) == "bomb"
    assert refusal(with_part(workbook, name, LAUGHS.decode().encode("utf-16"))) == "bomb"


def test_a_part_of_nothing_but_tags_is_refused_before_it_is_parsed() -> None:
    styles = f"<styleSheet {NS}><cellXfs>".encode() + b"<xf/>" * 700_000 + b"</cellXfs></styleSheet>"

    assert refusal(with_part(as_xlsx(rows(1)), STYLES, styles)) == "bomb"


def test_what_stands_before_the_first_row_is_measured() -> None:
    sheet = f"<worksheet {NS}>".encode() + b"<cols/>" * 700_000 + b"<sheetData/></worksheet>"

    assert refusal(with_part(as_xlsx(rows(1)), SHEET, sheet)) == "too_wide"


def test_all_parts_together_are_measured() -> None:
    assert refusal(as_xlsx(rows(5)), Limits(largest_unpacked=3000)) == "bomb"


def test_a_compression_that_no_spreadsheet_uses_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx(rows(1)))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))

    assert refusal(out.getvalue()) == "broken_workbook"


def test_a_part_with_a_password_is_refused() -> None:
    content = bytearray(as_xlsx(rows(1)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), bytes(content)):
            flags = struct.unpack_from("<H", content, found.start() + offset)[0]
            struct.pack_into("<H", content, found.start() + offset, flags | 1)

    assert refusal(bytes(content)) == "old_excel"


@pytest.mark.parametrize("extra", ["mimetype", "content.xml"])
def test_other_offices_files_are_refused(extra: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(extra, "application/vnd.oasis.opendocument.spreadsheet")

    assert refusal(file.getvalue()) == "no_table"


def test_a_workbook_with_macros_is_read_and_nothing_in_it_runs() -> None:
    content = as_xlsx(rows(2))
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    manifest = part_of(content, MANIFEST).replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", kind.encode()
    )

    assert read(with_part(with_part(content, MANIFEST, manifest), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")) == rows(2)


def test_a_million_formatted_rows_of_nothing_below_a_list_are_no_rows() -> None:
    below = "".join(f'<row r="{n}" ht="15"><c r="A{n}" s="1"/></row>' for n in range(3, 3_000))
    content = with_sheet_rows(text_row(1, "姓名", "地址") + text_row(2, "唐东", "1号楼") + below)

    assert [cells for _, cells in opened(content, Limits(most_rows=10)).rows()] == [["唐东", "1号楼"]]


def test_a_column_too_far_to_the_right_is_refused_and_not_left_out() -> None:
    def change(sheet: Any) -> None:
        sheet.cell(1, 300).value = "备注"

    assert refusal(as_xlsx(rows(1), change)) == "too_wide"


def test_styles_that_trip_the_library_matter_to_nobody() -> None:
    styles = (
        f'<styleSheet {NS}><fills><fill/><odd/></fills><cellXfs><xf numFmtId="0" fontId="9999"/></cellXfs></styleSheet>'
    )

    assert read(with_part(as_xlsx(rows(2)), STYLES, styles.encode())) == rows(2)


@pytest.mark.parametrize(
    ("code", "number_format", "shown"),
    [
        ("14", "", "1980-05-01"),
        ("31", "", "1980-05-01"),  # yyyy年m月d日 of a Chinese spreadsheet
        ("57", "", "1980-05"),  # yyyy年m月: the day was never typed
        ("58", "", "5-1"),  # m月d日: the year was never typed
        ("176", "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", "1980-05-01"),
        ("176", "[$-804]yyyy/m/d", "1980-05-01"),
        ("176", "yyyy\\-mm", "1980-05"),
        ("176", "#,##0.00", "29342"),
        ("0", "", "29342"),
    ],
)
def test_a_day_reads_as_its_cell_shows_it(code: str, number_format: str, shown: str) -> None:
    own = f'<numFmts><numFmt numFmtId="{code}" formatCode="{number_format}"/></numFmts>' if number_format else ""
    styles = f'<styleSheet {NS}>{own}<cellXfs><xf numFmtId="0"/><xf numFmtId="{code}"/></cellXfs></styleSheet>'
    row = '<row r="2"><c t="inlineStr"><is><t>唐东</t></is></c><c s="1"><v>29342</v></c></row>'
    content = with_part(with_sheet_rows(text_row(1, "姓名", "出生日期") + row), STYLES, styles.encode())

    assert read(content) == [["唐东", shown]]


def test_days_counted_from_1904_are_the_days_that_the_sheet_shows() -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet: Any = book.active
    sheet.append(["姓名", "出生日期"])
    sheet.append(["唐东", datetime(1980, 5, 1)])  # noqa: DTZ001  as a spreadsheet has it
    file = io.BytesIO()
    book.save(file)

    assert read(file.getvalue()) == [["唐东", "1980-05-01"]]


@pytest.mark.parametrize("value", ["1e999", "-1e999", "1e400", "nan", "inf", "1" * 5000, "1.5.5"])
def test_a_number_that_is_none_does_no_harm(value: str) -> None:
    xml = text_row(1, "姓名", "地址") + f'<row r="2"><c><v>{value}</v></c><c><v>2</v></c></row>'

    assert refusal(with_sheet_rows(xml)) == "broken_workbook"


def test_marks_that_xml_cannot_hold_are_read_and_what_no_text_may_hold_is_left_out() -> None:
    xml = text_row(1, "姓名", "地址") + text_row(2, "唐_x0000_东_xD800_", "1号楼_x000D_\n_x005F_x0041_")

    assert read(with_sheet_rows(xml)) == [["唐东", "1号楼\r\n_x0041_"]]


def test_how_words_are_pronounced_is_no_part_of_them() -> None:
    strings = (
        f"<sst {NS}><si><t>姓名</t></si><si><r><t>地</t></r><r><rPr/><t>址</t></r><rPh><t>dizhi</t></rPh></si></sst>"
    )
    xml = '<row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>' + text_row(2, "唐东", "1号楼")

    table = opened(with_strings(with_sheet_rows(xml), strings.encode()))

    assert table.headings == ("姓名", "地址")


def test_rows_that_the_sheet_hides_are_read_and_counted() -> None:
    def change(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True

    table = opened(as_xlsx(rows(3), change))

    assert table.file.hidden_rows == 1
    assert [cells for _, cells in table.rows()] == rows(3)


def test_a_cell_merged_over_the_last_column_holds_for_each_of_its_rows() -> None:
    xml = text_row(1, "姓名", "地址") + text_row(2, "唐东", "1号楼") + text_row(3, "唐西")
    sheet = part_of(with_sheet_rows(xml), SHEET).replace(
        b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="B2:B4"/></mergeCells>'
    )

    assert read(with_part(as_xlsx(rows(1)), SHEET, sheet)) == [["唐东", "1号楼"], ["唐西", "1号楼"]]


def test_a_shared_formula_is_a_formula_in_each_of_its_cells() -> None:
    xml = (
        text_row(1, "姓名", "地址")
        + '<row r="2"><c r="A2"><f t="shared" si="0" ref="A2:A3">B2&amp;C2</f><v>1</v></c><c r="B2"><v>1</v></c></row>'
        + '<row r="3"><c r="A3"><f t="shared" si="0"/><v>2</v></c><c r="B3" t="e"><v>#N/A</v></c></row>'
    )

    assert read(with_sheet_rows(xml)) == [[FORMULA, "1"], [FORMULA, ERROR]]


# --- whatever comes


@pytest.mark.parametrize("make", [as_csv, as_excel], ids=["csv", "xlsx"])
def test_damaged_bytes_are_read_or_refused_and_never_an_error(make: Callable[[list[list[str]]], bytes]) -> None:
    whole, dice = make(rows(4)), random.Random(20261126)  # noqa: S311  no secret
    inside = [with_part(whole, name, b"") for name in (SHEET, STRINGS, STYLES, MANIFEST)] if make is as_excel else []
    for damaged in [*inside, *(_damaged(whole, dice) for _ in range(60))]:
        try:
            found = read(damaged)
        except BadFile:
            continue
        assert all("\0" not in cell or cell in (FORMULA, ERROR) for row in found for cell in row)


def _damaged(whole: bytes, dice: random.Random) -> bytes:
    if whole.startswith(b"PK") and dice.random() < 0.7:  # inside a part, so that the zip itself is right
        name = dice.choice(zipfile.ZipFile(io.BytesIO(whole)).namelist())
        return with_part(whole, name, _damaged(part_of(whole, name) or b"x", dice))
    content = bytearray(whole)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(content))
        content[at : at + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
    return bytes(content) or b"x"
