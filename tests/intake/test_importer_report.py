"""`--report`: the same workbook back, with what was found in each row, and nothing live in it."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from services.intake.importer import FINDINGS, read_workbook, report
from services.intake.importer.__main__ import main
from services.intake.importer.report import HEADING
from tests.intake.workbooks import HEADER, SAMPLE, TITLE, ledger, workbook


def _column(page: Worksheet) -> int:
    return next(cell.column for row in page.iter_rows() for cell in row if cell.value == HEADING and cell.column)


def test_cells_merged_ranges_and_formats_stay(tmp_path: Path) -> None:
    assert main([str(SAMPLE), "--report", str(tmp_path / "report.xlsx")]) == 0
    old, new = openpyxl.load_workbook(SAMPLE), openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert new.sheetnames == old.sheetnames
    for page in old.worksheets:
        copy = new[page.title]
        assert {str(merged) for merged in page.merged_cells.ranges} <= {
            str(merged) for merged in copy.merged_cells.ranges
        }
        for row in page.iter_rows():
            for cell in row:
                same = copy[cell.coordinate]
                assert (same.value, same.number_format) == (cell.value, cell.number_format)
                assert [repr(style) for style in (same.font, same.border, same.fill, same.alignment)] == [
                    repr(style) for style in (cell.font, cell.border, cell.fill, cell.alignment)
                ]
                assert same.data_type == cell.data_type
        for letter, dimension in page.column_dimensions.items():
            assert copy.column_dimensions[letter].width == dimension.width


def test_every_row_says_in_chinese_what_was_wrong_with_it() -> None:
    reading = read_workbook(SAMPLE)
    book = openpyxl.load_workbook(BytesIO(report(SAMPLE, reading)))
    for row in reading.rows:
        page = book[row.sheet]
        said = page.cell(row.row, _column(page))
        assert isinstance(said.value, str)
        if not row.findings:
            assert said.value == "✓ 已读取"
        for code in row.findings:
            assert FINDINGS[code].zh in said.value
        assert said.value.startswith("✗ 退回") is (row.rejected is not None)
        assert said.font.bold is (row.rejected is not None)
        assert (said.fill.fill_type == "solid") is bool(row.rejected or row.warnings)
    assert all(cell.value != HEADING for line in book["汇总"].iter_rows() for cell in line)


def test_rows_that_are_no_cases_are_left_alone() -> None:
    content = workbook({"测试社区": [*ledger({}), ["小计", "共1件"]]})
    page = openpyxl.load_workbook(BytesIO(report(content, read_workbook(content))))["测试社区"]
    assert [page.cell(row, len(HEADER) + 1).value for row in (1, 2, 3, 4)] == [None, HEADING, "✓ 已读取", None]


@pytest.mark.parametrize("text", ['=HYPERLINK("http://example.invalid")', "+1", "-1度", "@SUM(A1)", "\t=1+1", "＝1+1"])
def test_text_that_begins_like_a_formula_is_inert_in_the_report(text: str) -> None:
    content = workbook({"测试社区": ledger({"备注": text, "基本情况": text + "测试纠纷"})})
    reading = read_workbook(content)
    assert reading.rows[0].warnings == ("formula_text",)
    page = openpyxl.load_workbook(BytesIO(report(content, reading)))["测试社区"]
    for column, written in (("备注", text), ("基本情况", text + "测试纠纷")):
        cell = page.cell(3, HEADER.index(column) + 1)
        assert cell.value == written
        assert cell.data_type == "s"
        assert cell.quotePrefix
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_live_formulas_become_their_last_values() -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    page = book.add_worksheet("测试社区")
    for at, line in enumerate(ledger({})):
        for column, value in enumerate(line):
            if value is not None:
                page.write(at, column, value)
    page.write_formula(2, 0, "=ROW()-2", value=1)
    page.write_formula(2, 14, '=WEBSERVICE("http://example.invalid")', value="")
    page.write_array_formula("P3:P3", "{=SUM(A1:A3)}", value=7)
    book.close()
    content = out.getvalue()
    written = openpyxl.load_workbook(BytesIO(report(content, read_workbook(content))))["测试社区"]
    assert written["A3"].value == 1
    assert written["P3"].value == 7
    assert written["O3"].data_type != "f"
    assert all(cell.data_type != "f" for row in written.iter_rows() for cell in row)


def test_a_title_merged_beyond_the_table_makes_room_for_the_column() -> None:
    content = workbook({"测试社区": ledger({})}, {"测试社区": ["A1:Z1", "A2:A2"]})
    page = openpyxl.load_workbook(BytesIO(report(content, read_workbook(content))))["测试社区"]
    assert page["A1"].value == TITLE[0]
    assert page.cell(2, len(HEADER) + 1).value == HEADING
