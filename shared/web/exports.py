"""A ledger as a file that people open: CSV, and XLSX. Whatever text it holds, opening it runs nothing (row 22).

Both hold the same rows as the JSON, with Chinese headers and the codes' Chinese names; sealed values are masked.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

import xlsxwriter
from starlette.responses import Response

from shared.contracts.codes import Named
from shared.contracts.days import CIVIL
from shared.contracts.personal import SEALED_MARK
from shared.web.columns import title_zh, word_zh

FORMATS: Final = ("json", "csv", "xlsx")
"""In which rows may be asked for; all but the first are files."""
MASK: Final = "•••"
CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_LIVE: Final = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫−]|[\t\r\n]")
"""How text begins that a spreadsheet may take for a formula: also behind blanks, and in forms that it may fold."""
_CELL_CHARACTERS: Final = 32_767
_SHEET_ROWS: Final = 1_000_000
"""Rows of a sheet; what is beyond goes on in another one."""

Found = Sequence[tuple[str, Any]]
"""Key and row, in the order of the keys."""


class Titled(Protocol):
    """What a file is of: a ledger, or an answer with lines."""

    @property
    def name(self) -> str: ...
    @property
    def title_zh(self) -> str: ...
    @property
    def title_en(self) -> str: ...
    @property
    def sealed(self) -> Sequence[str]: ...


def csv_response(ledger: Titled, names: Sequence[str], found: Found, log: str, position: int) -> Response:
    """The rows as CSV: UTF-8 with the mark that spreadsheets look for, every cell quoted, ISO days and moments."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([title_zh(name) for name in ("key", *names)])
    for cells in _cells(ledger, names, found):
        writer.writerow([inert(readable(cell)) if not isinstance(cell, int) else readable(cell) for cell in cells])
    return _file(text.getvalue().encode("utf-8-sig"), CSV_TYPE, f"{ledger.name}-{log}-{position}.csv")


def xlsx_response(ledger: Titled, names: Sequence[str], found: Found, log: str, position: int) -> Response:
    """The rows as an XLSX workbook: a line that says what it is, the headers, then the rows, text as text only."""
    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        cells = list(_cells(ledger, names, found))
        for start in range(0, max(1, len(cells)), _SHEET_ROWS):
            sheet = _Sheet(book, f"{start // _SHEET_ROWS + 1}")
            sheet.heading(
                f"{ledger.title_zh} {ledger.title_en} · 日志 log {log} · 记录位置 position {position}"
                " · 时间为北京时间 times in UTC+08:00",
                [title_zh(name) for name in ("key", *names)],
            )
            for row in cells[start : start + _SHEET_ROWS]:
                sheet.row(row)
    return _file(file.getvalue(), XLSX_TYPE, f"{ledger.name}-{log}-{position}.xlsx")


def inert(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet might run it."""
    return f"'{text}" if _LIVE.match(text) else text


def readable(value: Any) -> str:
    """A value as one line for people: codes by their Chinese names, ISO times, what is sealed masked."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case Named():
            return value.zh
        case str():
            return MASK if value.startswith(SEALED_MARK) else value
        case date():  # moments too
            return value.isoformat()
        case tuple() | list():
            return "；".join(readable(item) for item in value)
        case _ if is_dataclass(value):
            held = ((field.name, readable(word_zh(field.name, getattr(value, field.name)))) for field in fields(value))
            return "，".join(f"{title_zh(name)}：{text}" for name, text in held if text)
        case _:
            return str(value)


def _cells(ledger: Titled, names: Sequence[str], found: Found) -> Iterator[list[Any]]:
    for key, row in found:
        values = [(name, getattr(row, name)) for name in names]
        yield [key, *(MASK if name in ledger.sealed and value else word_zh(name, value) for name, value in values)]


class _Sheet:
    """One sheet, written from its top downwards."""

    def __init__(self, book: Any, name: str) -> None:
        self._sheet, self._at = book.add_worksheet(name), 0
        self._bold = book.add_format({"bold": True})
        self._kept = book.add_format({"quote_prefix": True})  # stays text when somebody edits the cell
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})

    def heading(self, line: str, headers: Sequence[str]) -> None:
        self._sheet.freeze_panes(2, 1)
        self._sheet.set_column(0, len(headers) - 1, 16)
        self._sheet.write_string(0, 0, line, self._bold)
        for column, header in enumerate(headers):
            self._sheet.write_string(1, column, header, self._bold)
        self._at = 2

    def row(self, cells: Sequence[Any]) -> None:
        for column, cell in enumerate(cells):
            self._write(column, cell)
        self._at += 1

    def _write(self, column: int, cell: Any) -> None:
        match cell:
            case None:
                pass
            case int() if not isinstance(cell, bool):
                self._sheet.write_number(self._at, column, cell)
            case datetime():
                self._sheet.write_datetime(self._at, column, cell.astimezone(CIVIL).replace(tzinfo=None), self._moment)
            case date():
                self._sheet.write_datetime(self._at, column, cell, self._day)
            case _:
                text = readable(cell)
                if len(text) > _CELL_CHARACTERS:  # more would be dropped without a word
                    text = text[: _CELL_CHARACTERS - 1] + "…"
                self._sheet.write_string(self._at, column, text, self._kept if _LIVE.match(text) else None)


def _file(content: bytes, media_type: str, name: str) -> Response:
    """An answer that is saved under a name that the server chose."""
    plain = re.sub(r"[^0-9A-Za-z._-]", "_", name)
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{plain}"'})
