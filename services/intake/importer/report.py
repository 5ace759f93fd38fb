"""`--report`: the clerk's own workbook back, with a column that says in Chinese what was found in each row.

Cells, merged ranges and formats stay as they were. Nothing in it is live: a formula becomes the value it last had, and
text that begins like one is marked as text, so that no program takes it for a formula when the file is opened again.
"""

import warnings
from collections.abc import Mapping
from copy import copy
from io import BytesIO
from pathlib import Path
from typing import Final

import openpyxl
from openpyxl.cell import MergedCell
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from services.intake.importer.findings import FINDINGS, Level, WorkbookRefused
from services.intake.importer.reading import LedgerRow, Reading, SheetReading
from services.intake.importer.values import begins_like_formula
from services.intake.importer.workbook import DAMAGED, Sheet, open_workbook

HEADING: Final = "导入核对结果"
GOOD: Final = "✓ 已读取"
_SIGNS: Final = {Level.REJECTION: "✗", Level.WARNING: "△", Level.NOTE: "·"}
_FILLS: Final = {Level.REJECTION: "FFF4B6B6", Level.WARNING: "FFFBE3A6"}
_WIDTH: Final = 46


def report(source: bytes | Path, reading: Reading, refused: Mapping[tuple[str, int], str] | None = None) -> bytes:
    """The workbook that `reading` came from, with the column of results, as .xlsx bytes.

    What is found later, such as `row_changed`, may be added to the rows' findings before; `refused` says, by sheet and
    row, why a row that could be read could not be taken over. Raises `WorkbookRefused` if
    the source is no longer the sound workbook that was read.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    opened = open_workbook(content, reading.name)  # judges the file again before openpyxl loads all of it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of decorations that it cannot keep
        try:
            book = openpyxl.load_workbook(BytesIO(content), rich_text=True, keep_links=False)
        except DAMAGED:
            raise WorkbookRefused("workbook_damaged") from None  # in a part that reading the cells did not need
    rows: dict[str, list[LedgerRow]] = {}
    for row in reading.rows:
        rows.setdefault(row.sheet, []).append(row)
    read = {sheet.title: sheet for sheet in reading.sheets}
    for sheet in opened.sheets:
        page = book[sheet.title]
        _make_inert(page, sheet)
        if read[sheet.title].headers:
            _add_column(page, read[sheet.title], rows.get(sheet.title, []), refused or {})
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def sentence(row: LedgerRow, refused: str | None = None) -> str:
    """What was found in a row, in Chinese, the gravest first."""
    said = [
        f"{_SIGNS[FINDINGS[code].level]} {FINDINGS[code].level.value}：{FINDINGS[code].zh}" for code in row.findings
    ]
    if refused is not None:
        return "\n".join([f"{_SIGNS[Level.REJECTION]} {Level.REJECTION.value}：{refused}", *said])
    return "\n".join(said) if row.rejected or row.warnings else "\n".join([GOOD, *said])


def _make_inert(page: Worksheet, sheet: Sheet) -> None:
    for (row, column), cell in sheet.cells.items():
        place = page.cell(row, column)
        if isinstance(place, MergedCell):
            continue
        if cell.formula:
            place.value = cell.value
        if isinstance(cell.value, str) and begins_like_formula(cell.value):
            place.data_type = "s"
            place.quotePrefix = True


def _add_column(
    page: Worksheet, read: SheetReading, rows: list[LedgerRow], refused: Mapping[tuple[str, int], str]
) -> None:
    column = read.width + 1
    _free(page, column)
    page.column_dimensions[get_column_letter(column)].width = _WIDTH
    for header in read.headers:
        heading = page.cell(header.top, column, HEADING)
        _dress(heading, page.cell(header.top, header.columns[-1].index))
        heading.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        if header.bottom > header.top:
            page.merge_cells(None, header.top, column, header.bottom, column)
    for row in rows:
        why = refused.get((row.sheet, row.row))
        place = page.cell(row.row, column, sentence(row, why))
        _dress(place, page.cell(row.row, read.width))
        place.alignment = Alignment(vertical="center", wrap_text=True)
        level = Level.REJECTION if row.rejected or why else Level.WARNING if row.warnings else None
        if level is not None:
            place.fill = PatternFill("solid", fgColor=_FILLS[level])
            place.font = Font(bold=level is Level.REJECTION)


def _free(page: Worksheet, column: int) -> None:
    """Ends merged ranges before the new column, where a title was merged far beyond what is written."""
    for merged in [each for each in page.merged_cells.ranges if each.max_col >= column]:
        page.unmerge_cells(merged.coord)
        if merged.min_col < column:
            page.merge_cells(None, merged.min_row, merged.min_col, merged.max_row, column - 1)


def _dress(cell: SheetCell | MergedCell, like: SheetCell | MergedCell) -> None:
    cell.border = copy(like.border)  # type: ignore[assignment]  # a copied proxy is a border
    cell.font = copy(like.font)  # type: ignore[assignment]  # a copied proxy is a font
