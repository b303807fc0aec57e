"""Workbooks that go out: the same cells as another program reads them, row by row, and nothing kept in memory."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from itertools import pairwise

import pytest
from openpyxl import load_workbook

from collection.table_limits import Limits
from collection.workbook import Workbook
from collection.workbook_writer import Sheet, as_workbook

HEADINGS = ["编号", "姓名", "手机"]
ODD = [
    "00123",
    "1.62E+10",
    "1980-02-29",
    "440101198005010010",
    "Tom & <Jerry> \"x\" 'y'",
    " 前后有空格 ",
    "两\n行",
    "\u200b零宽",
    "𠮷野家😀",
    "_x0041_",
    "#REF!",
    "TRUE",
]


def made(*rows: list[str]) -> bytes:
    return b"".join(as_workbook(Sheet("1", rows)))


def many(count: int) -> Iterator[list[str]]:
    yield HEADINGS
    for number in range(count):
        yield [f"R{number:06d}", f"唐晓东{number * 7919 % 1000}", f"1620{number:07d}"]


def test_another_program_reads_the_same_cells_each_as_text() -> None:
    sheet = load_workbook(io.BytesIO(made(ODD, ["", "后面"]))).worksheets[0]

    assert [cell.value for cell in sheet[1]] == [*ODD[:9], "_x005F_x0041_", *ODD[10:]]
    assert {(cell.data_type, cell.number_format) for cell in sheet[1]} == {("s", "@")}
    assert [sheet["A2"].value, sheet["B2"].value] == [None, "后面"]


def test_our_own_reader_gets_back_what_was_written() -> None:
    book = Workbook(io.BytesIO(made(ODD, ["甲", "两\r\n行", "丙"])), Limits())

    assert list(book.rows()) == [(1, ODD), (2, ["甲", "两\r\n行", "丙"])]


def test_nothing_that_was_typed_into_a_name_runs() -> None:
    cells = ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "＝1", "张=三"]

    sheet = load_workbook(io.BytesIO(made(cells))).worksheets[0]

    assert [cell.value for cell in sheet[1]] == ["'=1+1", "'+86", "'-1", "'@SUM(A1)", "'\t=1", "'＝1", "张=三"]
    assert all(cell.data_type == "s" for cell in sheet[1])


def test_signs_that_no_workbook_can_hold_are_left_out() -> None:
    sheet = load_workbook(io.BytesIO(made(["甲\x00\x0b\x1f\ufffe\uffff\ud800乙", "丙" * 40_000]))).worksheets[0]

    assert sheet["A1"].value == "甲乙"
    assert sheet["B1"].value == "丙" * 32_767


def test_headings_stay_in_sight_and_empty_cells_of_a_column_take_text() -> None:
    sheet = load_workbook(io.BytesIO(made(HEADINGS))).worksheets[0]

    assert sheet.freeze_panes == "A2"
    assert [sheet.column_dimensions[letter].number_format for letter in "ABC"] == ["@", "@", "@"]


def test_several_sheets_have_their_titles_and_an_empty_one_is_a_sheet() -> None:
    whole = b"".join(as_workbook(Sheet("名单 & 其他", [HEADINGS]), Sheet("写法", [["甲"], ["乙"]]), Sheet("空", [])))

    book = load_workbook(io.BytesIO(whole))
    assert book.sheetnames == ["名单 & 其他", "写法", "空"]
    assert [[cell.value for cell in row] for row in book["写法"]] == [["甲"], ["乙"]]


def test_the_zip_is_whole_and_of_the_plain_kind_that_every_spreadsheet_opens() -> None:
    whole = b"".join(as_workbook(Sheet("1", many(3_000))))

    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == "[Content_Types].xml"
        assert {part.extract_version for part in archive.infolist()} == {zipfile.DEFAULT_VERSION}
        assert all(not part.extra for part in archive.infolist())


def test_its_first_bytes_go_before_any_row_is_known_and_more_long_before_the_last() -> None:
    asked = 0

    def rows() -> Iterator[list[str]]:
        nonlocal asked
        for row in many(20_000):
            asked += 1
            yield row

    parts = as_workbook(Sheet("1", rows()))

    assert next(parts).startswith(b"PK\x03\x04")
    assert asked == 0
    seen = [asked for _ in parts]
    assert seen[0] < 3_000
    assert len(seen) > 10
    assert max(later - earlier for earlier, later in pairwise(seen)) < 3_000


def test_a_long_sheet_takes_no_more_memory_than_a_short_one() -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in as_workbook(Sheet("1", many(count))):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    short, long = peak(3_000), peak(12_000)

    assert long < short * 1.2


def test_an_error_in_the_rows_is_told_and_a_reader_who_goes_away_is_no_error() -> None:
    def rows() -> Iterator[list[str]]:
        yield from many(10)
        raise LookupError

    with pytest.raises(LookupError):
        list(as_workbook(Sheet("1", rows())))

    parts = as_workbook(Sheet("1", many(5_000)))
    next(parts)
    next(parts)
    parts.close()  # type: ignore[attr-defined]
