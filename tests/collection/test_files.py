"""Files as people upload them: every usual writing is read, and what is no list is refused with its sentence."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from datetime import date, datetime
from typing import Any

import pytest

from collection.errors import BadFile
from collection.resident_row import ERROR, FORMULA
from collection.safe_cells import neutral
from collection.table_file import Table, open_table
from collection.table_limits import Limits
from collection.table_writer import as_csv as written
from collection.workbook_writer import Sheet, as_workbook
from core import wording
from tests.collection.files import HEADINGS, NS, SHEET, a_row, as_csv, as_xlsx, rows, with_part, with_strings

BIG5 = "姓名,地址\n鄭雅文,忠孝東路\n張學友,羅斯福路\n".encode("big5")


def opened(content: bytes, limits: Limits | None = None) -> Table:
    return open_table(io.BytesIO(content), limits or Limits())


def read(content: bytes) -> list[list[str]]:
    return [cells for _, cells in opened(content).rows()]


def refusal(content: bytes, limits: Limits | None = None) -> str:
    """Why a file is refused; the sentence is there in both languages."""
    with pytest.raises(BadFile) as refused:
        list(opened(content, limits).rows())
    for lang in wording.LANGUAGES:
        assert wording.say("collection", refused.value.wording, lang, **refused.value.facts)
    return refused.value.kind


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_usual_encoding_and_delimiter_is_read(encoding: str, delimiter: str) -> None:
    content = as_csv(rows(3), encoding=encoding, delimiter=delimiter)

    assert opened(content).headings == HEADINGS
    assert read(content) == rows(3)


def test_quoted_cells_keep_commas_and_line_ends() -> None:
    row = a_row(1, 地址="2号楼,1单元\n1002")

    assert read(as_csv([row])) == [row]


def test_a_name_with_a_rare_character_survives() -> None:
    row = a_row(1, 姓名="𠮷䶮")

    assert read(as_csv([row], encoding="gb18030")) == [row]
    assert read(as_xlsx([row])) == [row]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (as_csv(rows(9)).decode().encode("utf-16")[2:], "encoding"),  # without its mark
        (BIG5, "encoding"),
        (as_csv(rows(9)).replace("唐".encode(), b"\xe5\x94?", 1), "damaged"),
        (as_csv(rows(9))[:-60] + "唐".encode()[:2], "cut_off"),
        (as_csv(rows(9))[:-45], "cut_off"),
        (as_csv(rows(9)) + b'"R00010,"no end', "quotes"),
        (as_csv(rows(9)) + b'R10,"no end', "cut_off"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "old_excel"),
        (b"%PDF-1.7 ...", "no_table"),
        (b"\x89PNG\r\n\x1a\n", "no_table"),
        (as_xlsx(rows(9))[:-500], "broken_workbook"),
        (b"PK\x03\x04" + b"\0" * 100, "broken_workbook"),
        (b"hello", "no_headings"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_list_is_refused_with_its_sentence(content: bytes, kind: str) -> None:
    assert refusal(content) == kind


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")

    assert refusal(file.getvalue()) == "no_table"


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    """A gigabyte of nothing in a megabyte."""
    tracemalloc.start()
    bomb = with_strings(as_xlsx(rows(1)), b" " * (80 * 1024**2))
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]

    assert len(bomb) < 200_000
    assert refusal(bomb) == "bomb"
    assert tracemalloc.get_traced_memory()[1] - before < 5 * 1024**2
    tracemalloc.stop()


def test_entities_that_grow_are_refused() -> None:
    laughs = f'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><sst {NS}><si><t>&b;</t></si></sst>'.encode()

    assert refusal(with_strings(as_xlsx(rows(1)), laughs)) == "bomb"
    assert refusal(with_part(as_xlsx(rows(1)), SHEET, laughs)) == "bomb"


def test_ten_million_columns_of_nothing_are_refused_in_little_memory() -> None:
    wide = as_csv(rows(1)) + b"," * 10_000_000
    tracemalloc.start()

    assert refusal(wide) == "too_wide"
    assert tracemalloc.get_traced_memory()[1] < 10 * 1024**2
    tracemalloc.stop()


def test_empty_columns_at_the_end_do_no_harm() -> None:
    assert read(as_csv([[*row, *[""] * 150] for row in rows(2)])) == rows(2)


def test_a_workbook_row_of_a_million_cells_is_refused_before_it_is_parsed() -> None:
    cells = b'<c r="A1"/>' * 600_000
    sheet = f"<worksheet {NS}><sheetData><row>".encode() + cells + b"</row></sheetData></worksheet>"

    assert refusal(with_part(as_xlsx(rows(1)), SHEET, sheet)) == "too_wide"


def test_what_a_workbook_says_of_its_size_is_not_believed() -> None:
    content = as_xlsx(rows(2))
    sheet = zipfile.ZipFile(io.BytesIO(content)).read(SHEET)
    lying = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', sheet)

    assert read(with_part(content, SHEET, lying)) == rows(2)


def test_a_row_far_below_everything_is_refused() -> None:
    content = as_xlsx(rows(1))
    sheet = zipfile.ZipFile(io.BytesIO(content)).read(SHEET)
    far = sheet.replace(b"</sheetData>", b'<row r="9999999999"><c r="A9" t="n"><v>1</v></c></row></sheetData>')

    assert refusal(with_part(content, SHEET, far), Limits(most_rows=1000)) == "too_many_rows"


def test_more_rows_than_policy_allows_are_refused() -> None:
    assert refusal(as_csv(rows(12)), Limits(most_rows=10)) == "too_many_rows"
    assert refusal(as_xlsx(rows(12)), Limits(most_rows=10)) == "too_many_rows"


def test_cells_of_a_workbook_read_as_a_person_would_type_them() -> None:
    def change(sheet: Any) -> None:
        sheet["D2"] = datetime(1999, 4, 12)  # noqa: DTZ001  as a spreadsheet has it
        sheet["E2"] = 110101199001011234
        sheet["F2"] = True
        sheet["G2"] = 1002
        sheet["H2"] = 16200000001
        sheet["I2"] = 0.5
        sheet["D3"] = date(2000, 2, 29)

    first, second = read(as_xlsx(rows(2), change))

    assert first[3:9] == ["1999-04-12", "1.10101199001011E+17", "1", "1002", "16200000001", "0.5"]
    assert second[3] == "2000-02-29"


def test_a_formula_is_no_value_nor_is_an_error() -> None:
    def change(sheet: Any) -> None:
        sheet["H2"] = "=A2&B2"
        sheet["I2"] = "#REF!"

    (row,) = read(as_xlsx(rows(1), change))

    assert row[7:9] == [FORMULA, ERROR]


def test_a_formula_in_a_text_file_is_no_value_and_a_guarded_number_is_one() -> None:
    (row,) = read(as_csv([a_row(1, 手机='="016200000001"', 姓名='=HYPERLINK("http://x")')]))

    assert row[7] == "016200000001"
    assert row[1] == FORMULA


def test_a_cell_merged_downwards_holds_for_each_of_its_rows() -> None:
    family = [a_row(1), a_row(2, 地址=""), a_row(3, 地址=""), a_row(4)]

    found = read(as_xlsx(family, lambda sheet: sheet.merge_cells("G2:G4")))

    assert [row[6] for row in found] == [a_row(1)[6]] * 3 + [a_row(4)[6]]


def test_titles_above_the_headings_are_passed_over() -> None:
    def change(sheet: Any) -> None:
        sheet.insert_rows(1, 2)
        sheet["A1"] = "梧桐里社区居民名单"
        sheet.merge_cells("A1:K1")

    table = opened(as_xlsx(rows(2), change))

    assert (table.headings, table.heading_row) == (HEADINGS, 3)
    assert [number for number, _ in table.rows()] == [4, 5]


def test_hidden_sheets_are_not_read_and_further_ones_are_named() -> None:
    def change(sheet: Any) -> None:
        sheet.parent.create_sheet("secret", 0).append(["姓名", "地址"])
        sheet.parent["secret"].sheet_state = "hidden"
        sheet.parent.create_sheet("more").append(["姓名", "地址"])
        sheet.parent.create_sheet("nothing")

    table = opened(as_xlsx(rows(2), change))

    assert table.file.left_out == ("more",)
    assert [cells for _, cells in table.rows()] == rows(2)


def test_a_heading_that_comes_twice_is_told_apart() -> None:
    assert opened(as_csv([["a", "b", "c"]], headings=("姓名", "电话", "电话"))).headings == ("姓名", "电话", "电话 (2)")


@pytest.mark.parametrize("words", ["=1+1", "+86", "-1", "@x", "\tx", "\rx", "  =1", "＝1+1", "＠x", "\u3000=1"])
def test_what_a_spreadsheet_would_run_goes_out_as_text_and_comes_back_as_it_was(words: str) -> None:
    assert neutral(words) == f"'{words}"
    (line,) = [b"".join(written([[words]]))]
    assert line.decode("utf-8-sig").strip('"\r\n').startswith("'")


def test_a_written_workbook_holds_text_only() -> None:
    rows = [["姓名", "地址"], ["=HYPERLINK(1)", "+8616200000001"], ["唐\uffff东\x01", ""]]
    content = b"".join(as_workbook(Sheet("1", rows)))

    (row, odd) = read(content)

    assert row == ["'=HYPERLINK(1)", "'+8616200000001"]
    assert odd == ["唐东", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_a_long_file_in_any_encoding_is_written_so_that_it_can_be_read_again(encoding: str) -> None:
    content = b"".join(written([HEADINGS, *rows(2000)], encoding))

    assert read(content) == rows(2000)
