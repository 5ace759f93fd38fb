"""A ledger as a workbook, laid out as offices print it 台账打印样式: a title, where it stands in the record, headers in
two levels, A4 across, the headers on every page.

What it says of itself is enough to hold it against the record later: the log, the position, the root of the tree there,
how many rows, and when it was made. It is written row by row, in flat memory; whatever text it holds, opening it runs
nothing (row 22).
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from itertools import groupby
from math import ceil
from operator import attrgetter
from pathlib import Path
from types import TracebackType, UnionType
from typing import Annotated, Any, Final, Self, Union, get_args, get_origin, get_type_hints

import xlsxwriter
from starlette.responses import Response

from shared.contracts.codes import Named
from shared.contracts.days import CIVIL
from shared.log.sealer import LogDamaged
from shared.log.tree import TreeDamaged
from shared.storage import Storage
from shared.web.columns import title_en, title_zh
from shared.web.exports import LIVE, XLSX_TYPE, Found, Titled, cells_of, file_response, readable

SHEET_ROWS: Final = 1_000_000
"""Rows of a sheet; what is beyond goes on in another one."""
_CELL_CHARACTERS: Final = 32_767
_A4: Final = 9
_PAGE_CHARACTERS: Final = 170
"""How wide a page is, in characters of the table's type, when it is still read with ease."""
HEADERS: Final = 4
"""Rows above the first of the ledger: the title, where it stands, and the two levels of headers."""


class Group(Named):
    """The upper level of headers: what the columns below are."""

    NUMBER = "number", "编号", "Reference"
    WHO = "who", "基本情况", "Particulars"
    WHAT = "what", "类别与状态", "Kind and state"
    WHEN = "when", "时间", "Times"
    COUNT = "count", "数量", "Numbers"
    MORE = "more", "明细", "Details"
    SEALED = "sealed", "密封内容", "Sealed"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as it is headed."""

    title_zh: str
    title_en: str
    group: Group
    width: int
    place: int | None
    """Among the cells of a row as `cells_of` gives them; none for the row's own number."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a printed ledger says of itself."""

    log: str
    position: int
    """The last that it follows; -1 where the log is empty."""
    root: str | None
    """The tree's root over all up to the position; none where there is none, or the stored tree does not give it."""
    rows: int
    made_at: datetime
    only: Mapping[str, str]
    """Which rows alone were asked for: column → value."""
    ledger: str = ""
    """`<service>.<ledger>`; empty for what is no ledger."""
    digest: str | None = None
    """Over the rows, as a replay has it (`shared.web.printed`); none where it was not computed."""

    def line(self) -> str:
        """It, in one line."""
        only = "".join(f" · 仅 only {title_zh(name)} {title_en(name)} {value}" for name, value in self.only.items())
        ledger = f"台账 ledger {self.ledger} · " if self.ledger else ""
        digest = f" · 摘要 digest {self.digest or '—'}" if self.ledger else ""
        return (
            f"{ledger}日志 log {self.log} · 记录位置 position {self.position} · 行数 rows {self.rows}{only}"
            f" · 树根 root {self.root or '—'}{digest} · 制表 made {_minute(self.made_at)} +08:00"
            " · 时间均为北京时间 times in UTC+08:00"
        )

    def foot(self) -> str:
        """What stands at the foot of every page, in a spreadsheet's words for it (at most 255 characters)."""
        stands = f"{self.log} #{self.position} {(self.root or '—')[:16]}"
        # A blank behind the size of the type: what follows may begin with a digit.
        return f"&L&8 {stands}&C&8 第 &P 页，共 &N 页 Page &P of &N&R&8 {_minute(self.made_at)} +08:00"


def xlsx_response(ledger: Titled, row: type, names: Sequence[str], found: Found, standing: Standing) -> Response:
    """The rows, each of a class, as an XLSX workbook of one ledger."""
    file = io.BytesIO()
    with Workbook(file) as book:
        book.add(ledger, headings(row, names, ledger.sealed), cells_of(ledger, names, found), standing)
    return file_response(file.getvalue(), XLSX_TYPE, f"{ledger.name}-{standing.log}-{standing.position}.xlsx")


def standing(
    storage: Storage, log: str, position: int, rows: int, made_at: datetime, only: Mapping[str, str] | None = None
) -> Standing:
    """What a ledger at a position says of itself: with the tree's root, where the stored tree gives one."""
    try:
        root = storage.root(log, position + 1) if position >= 0 else None
    except (ValueError, LogDamaged, TreeDamaged):
        root = None  # the audit says what is wrong; the ledger can be read all the same
    return Standing(log, position, root, rows, made_at, only or {})


def headings(row: type, names: Sequence[str], sealed: Sequence[str]) -> tuple[Heading, ...]:
    """The columns of a table, those of one group beside each other, each group in the order of the row."""
    hints = get_type_hints(row, include_extras=True)
    made = [
        Heading("序号", "No.", Group.NUMBER, 7, None),
        Heading(title_zh("key"), title_en("key"), Group.NUMBER, 22, 0),
    ]
    for place, name in enumerate(names, 1):
        group, width = (Group.SEALED, 10) if name in sealed else _grouped(hints[name])
        zh, en = title_zh(name), title_en(name)
        made.append(Heading(zh, "" if en == zh else en, group, max(width, 2 * len(zh) + 2), place))
    order = list(Group)
    return tuple(sorted(made, key=lambda one: order.index(one.group)))


def _grouped(hint: Any) -> tuple[Group, int]:
    """The group of a column by its type, and how wide it is."""
    match _bare(hint):
        case type() as found if issubclass(found, Enum) or found is bool:
            return Group.WHAT, 10
        case type() as found if found is str:
            return Group.WHO, 16
        case type() as found if found is int:
            return Group.COUNT, 9
        case type() as found if issubclass(found, date):
            return Group.WHEN, 17 if found is datetime else 11
        case _:
            return Group.MORE, 30


def _bare(hint: Any) -> Any:
    """A column's type, without its markers and without None."""
    if get_origin(hint) in (UnionType, Union):
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        return _bare(arms[0]) if len(arms) == 1 else hint
    return _bare(get_args(hint)[0]) if get_origin(hint) is Annotated else hint


class Workbook:
    """A workbook, written from its first sheet to its last."""

    def __init__(self, file: io.BytesIO | Path) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book: Any = xlsxwriter.Workbook(file if isinstance(file, io.BytesIO) else str(file), options)
        self._formats = _Formats(self._book)
        self._taken: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._book.close()

    def add(
        self, ledger: Titled, columns: Sequence[Heading], cells: Iterable[Sequence[Any]], standing: Standing
    ) -> None:
        """Write a ledger: as many sheets as its rows need, and one where it has none."""
        sheet = self._sheet(ledger, columns, standing)
        for number, row in enumerate(cells, 1):
            if sheet.full:
                sheet = self._sheet(ledger, columns, standing)
            sheet.row(number, row)

    def _sheet(self, ledger: Titled, columns: Sequence[Heading], standing: Standing) -> "_Sheet":
        name = called = ledger.title_zh[:28]  # of 31, so that a number has room
        number = 1
        while called in self._taken:
            number += 1
            called = f"{name} {number}"
        self._taken.add(called)
        title = f"{ledger.title_zh} {ledger.title_en}"
        return _Sheet(self._book.add_worksheet(called), self._formats, title, columns, standing)


class _Formats:
    """How cells look: made once for a workbook."""

    def __init__(self, book: Any) -> None:
        body = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "text_wrap": True, "border": 1}
        title = {"font_name": "黑体", "font_size": 18, "bold": True, "align": "center", "valign": "vcenter"}
        self.title = book.add_format(title)
        self.stands = book.add_format({**body, "font_size": 9, "align": "left", "border": 0})
        self.head = book.add_format({**body, "bold": True, "align": "center", "bg_color": "#F2F2F2"})
        self.text = book.add_format(body)
        self.kept = book.add_format({**body, "quote_prefix": True})  # stays text when somebody edits the cell
        self.number = book.add_format({**body, "align": "right"})
        self.day = book.add_format({**body, "num_format": "yyyy-mm-dd", "align": "center"})
        self.moment = book.add_format({**body, "num_format": "yyyy-mm-dd hh:mm", "align": "center"})


class _Sheet:
    """One sheet, written from its top downwards: what was written cannot be gone back to."""

    def __init__(
        self, sheet: Any, formats: _Formats, title: str, columns: Sequence[Heading], standing: Standing
    ) -> None:
        self._sheet, self._formats, self._columns, self._at = sheet, formats, columns, HEADERS
        self._set_up(standing)
        last = _fitting(columns)  # the title spans what the first page shows
        sheet.set_row(0, 30)
        self._merged(0, 0, last, title, formats.title)
        sheet.set_row(1, 28)
        self._merged(1, 0, last, standing.line(), formats.stands)
        self._headers()

    @property
    def full(self) -> bool:
        """Whether the next row goes on in another sheet."""
        return self._at >= SHEET_ROWS + HEADERS

    def row(self, number: int, cells: Sequence[Any]) -> None:
        """A row of the ledger, with its number 序号."""
        for column, heading in enumerate(self._columns):
            self._write(column, number if heading.place is None else cells[heading.place])
        self._at += 1

    def _set_up(self, standing: Standing) -> None:
        """How it is printed, and what stays in sight when it is scrolled."""
        sheet = self._sheet
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(_pages(self._columns), 0)
        sheet.repeat_rows(0, HEADERS - 1)
        sheet.repeat_columns(0, 1)
        sheet.set_footer(standing.foot())
        sheet.freeze_panes(HEADERS, 2)
        for column, heading in enumerate(self._columns):
            sheet.set_column(column, column, heading.width)

    def _headers(self) -> None:
        """The groups, each over its columns, and below them the columns: Chinese above English."""
        self._sheet.set_row(2, 30)
        start = 0
        for group, columns in groupby(self._columns, attrgetter("group")):
            end = start + len(list(columns)) - 1
            self._merged(2, start, end, f"{group.zh}\n{group.en}", self._formats.head)
            start = end + 1
        self._sheet.set_row(3, 44)
        for column, heading in enumerate(self._columns):
            self._sheet.write_string(3, column, f"{heading.title_zh}\n{heading.title_en}".strip(), self._formats.head)

    def _merged(self, row: int, first: int, last: int, text: str, format: Any) -> None:
        if first != last:
            self._sheet.merge_range(row, first, row, last, "", format)
        self._sheet.write_string(row, first, text, format)  # as text, which merge_range alone would guess at

    def _write(self, column: int, cell: Any) -> None:
        sheet, formats = self._sheet, self._formats
        match cell:
            case None:
                sheet.write_blank(self._at, column, None, formats.text)
            case int() if not isinstance(cell, bool):
                sheet.write_number(self._at, column, cell, formats.number)
            case datetime():
                civil = cell.astimezone(CIVIL).replace(tzinfo=None)
                sheet.write_datetime(self._at, column, civil, formats.moment)
            case date():
                sheet.write_datetime(self._at, column, cell, formats.day)
            case _:
                text = readable(cell)
                if len(text) > _CELL_CHARACTERS:  # more would be dropped without a word
                    text = text[: _CELL_CHARACTERS - 1] + "…"
                sheet.write_string(self._at, column, text, formats.kept if LIVE.match(text) else formats.text)


def _pages(columns: Sequence[Heading]) -> int:
    """On how many pages beside each other a row is printed."""
    return ceil(sum(one.width for one in columns) / _PAGE_CHARACTERS)


def _fitting(columns: Sequence[Heading]) -> int:
    """The last column that the first of these pages shows, and the key's at least."""
    room = sum(one.width for one in columns) / _pages(columns)
    for column, heading in enumerate(columns):
        room -= heading.width
        if room < 0:
            return max(1, column - 1)
    return len(columns) - 1


def _minute(at: datetime) -> str:
    return at.astimezone(CIVIL).strftime("%Y-%m-%d %H:%M")
