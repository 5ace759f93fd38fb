"""Builds clerks' workbooks for tests. Everyone in them is invented (synthetic): names 测试…, telephones 199000xxxxx."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from services.intake.importer import LedgerRow, Reading, read_workbook

SAMPLE = Path(__file__).parents[1] / "fixtures" / "ledger-2015-06.xlsx"
TRUTH = SAMPLE.with_suffix(".truth.json")

Lines = Sequence[Sequence[Any]]


def fill(page: Worksheet, lines: Lines, first_row: int = 1, merges: Sequence[str] = ()) -> None:
    """Writes lines of cells below each other; text that begins with = is written as text, not as a formula."""
    for row, line in enumerate(lines, start=first_row):
        for column, value in enumerate(line, start=1):
            if value is None:
                continue
            cell = page.cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
    for merged in merges:
        page.merge_cells(merged)


def packed(book: Workbook) -> bytes:
    """The workbook's bytes."""
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def workbook(sheets: Mapping[str, Lines], merges: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """A workbook of sheets by title."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, lines in sheets.items():
        fill(book.create_sheet(title), lines, merges=(merges or {}).get(title, ()))
    return packed(book)


def read_lines(lines: Lines, title: str = "测试社区", merges: Sequence[str] = (), name: str = "台账.xlsx") -> Reading:
    """What is read from one sheet."""
    return read_workbook(workbook({title: lines}, {title: merges}), name)


def only(reading: Reading) -> LedgerRow:
    """The one row of a reading."""
    [row] = reading.rows
    return row


TITLE = ["测试街道矛盾纠纷排查化解台账（2015年6月）"]
HEADER = [
    "序号",
    "登记日期",
    "网格",
    "纠纷类型",
    "甲方姓名",
    "甲方电话",
    "甲方身份证号",
    "乙方姓名",
    "基本情况",
    "来源",
    "办理期限",
    "处理结果",
    "办结时间",
    "是否积案",
    "备注",
]
CASE: dict[str, Any] = {
    "序号": 1,
    "登记日期": "2015年6月3日",
    "网格": "1网格",
    "纠纷类型": "邻里",
    "甲方姓名": "测试甲",
    "甲方电话": "19900000001",
    "甲方身份证号": None,
    "乙方姓名": "测试乙",
    "基本情况": "测试甲与测试乙因楼道堆物发生纠纷。",
    "来源": "排查",
    "办理期限": "2015年7月3日",
    "处理结果": "已化解",
    "办结时间": "2015年6月9日",
    "是否积案": None,
    "备注": None,
}


def ledger(*cases: Mapping[str, Any], title: Sequence[str] = TITLE) -> Lines:
    """A plain one-row-header ledger of cases that differ from `CASE` as said; numbered unless they say otherwise."""
    rows = [
        [{**CASE, "序号": number, **case}[column] for column in HEADER] for number, case in enumerate(cases, start=1)
    ]
    return [title, HEADER, *rows]
