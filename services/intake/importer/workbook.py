"""Opening a clerk's workbook safely: what it holds is only looked at after its size and shape were found harmless.

A workbook is a zip of XML. Before openpyxl sees it, the zip's directory is judged (nothing is unpacked), then every
XML part is streamed once through expat, which refuses document types and with them every entity, counts elements, and
notes what openpyxl's streaming reader does not tell: merged cells, hidden rows, formulas. Memory stays flat
throughout: nothing is kept until the whole file was found fit.
"""

import posixpath
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import openpyxl
from defusedxml.ElementTree import fromstring
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from services.intake.importer.findings import WorkbookRefused
from services.intake.importer.values import Scalar

MAX_FILE_BYTES: Final = 20 * 2**20
MAX_UNPACKED_BYTES: Final = 48 * 2**20
MAX_PARTS: Final = 2_000
MAX_SHEETS: Final = 200
MAX_ROWS: Final = 20_000
"""Rows with content in one sheet: a busy sub-district writes a few hundred a month."""
MAX_COLUMNS: Final = 200
MAX_ELEMENTS: Final = 800_000
"""XML elements in all parts together: some fifteen thousand ledger rows."""
MAX_OTHER_ELEMENTS: Final = 200_000
"""XML elements in a part that is neither a sheet nor the shared strings: styles are dear to load."""
MAX_MERGES: Final = 20_000
MAX_MERGED_CELLS: Final = 300_000
MAX_TEXT: Final = 100_000
"""Characters in one XML text: a spreadsheet program itself stops at 32,767 in a cell."""

_OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ParseError,
    InvalidFileException,
    NotImplementedError,  # a zip method that zipfile does not know
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)
"""What zipfile, expat and openpyxl raise at files that are no sound workbooks."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell with content, as the clerk's program stored it."""

    value: Scalar
    """For a formula its last computed value, or the formula's text where none was stored."""
    formula: bool
    number_format: str


@dataclass(frozen=True, slots=True)
class Box:
    """A merged range, bounds included, counted from 1."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Sheet:
    """A worksheet's cells with content by (row, column), counted from 1, and its merged ranges."""

    title: str
    hidden: bool
    cells: Mapping[tuple[int, int], Cell]
    merges: tuple[Box, ...]
    hidden_rows: frozenset[int]

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """The numbers of the rows that have content."""
        return tuple(sorted({row for row, _ in self.cells}))

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The numbers of the columns that have content."""
        return tuple(sorted({column for _, column in self.cells}))

    @cached_property
    def _boxes(self) -> Mapping[tuple[int, int], Box]:
        """The merged range that each covered place belongs to."""
        return {
            (row, column): box
            for box in self.merges
            for row in range(box.top, box.bottom + 1)
            for column in range(box.left, min(box.right, MAX_COLUMNS) + 1)
        }

    def at(self, row: int, column: int) -> Cell | None:
        """The cell that is shown at a place: its own, or that of the merged range over it."""
        box = self._boxes.get((row, column))
        return self.cells.get((box.top, box.left) if box else (row, column))

    def covered(self, row: int, column: int) -> bool:
        """Whether a merged range that begins in a higher row covers the place."""
        box = self._boxes.get((row, column))
        return box is not None and box.top < row

    def box_bottom(self, row: int, column: int) -> int:
        """The last row of the merged range at a place, or the row itself."""
        box = self._boxes.get((row, column))
        return box.bottom if box else row

    def box_right(self, row: int, column: int) -> int:
        """The last column of the merged range at a place, or the column itself."""
        box = self._boxes.get((row, column))
        return box.right if box else column


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook's sheets in their order; `epoch` is what its day numbers count from."""

    name: str
    sheets: tuple[Sheet, ...]
    epoch: date


def open_workbook(source: bytes | Path, name: str | None = None) -> Workbook:
    """Reads a workbook's sheets. `name` is the file's name, which may tell the month.

    Raises `WorkbookRefused` for everything that is not a sound, harmless .xlsx workbook of an office's size.
    """
    content = _content(source)
    if name is None:
        name = source.name if isinstance(source, Path) else ""
    try:
        shapes = inspect(content)
        return _load(content, name, shapes)
    except DAMAGED:
        raise WorkbookRefused("workbook_damaged") from None  # the cause may quote a cell


def _content(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            size = source.stat().st_size
        except OSError:
            raise WorkbookRefused("workbook_unreadable") from None
    if size > MAX_FILE_BYTES:
        raise WorkbookRefused("workbook_too_large")
    if size == 0:
        raise WorkbookRefused("workbook_empty")
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError:
        raise WorkbookRefused("workbook_unreadable") from None


@dataclass(slots=True)
class Shape:
    """What one pass over a sheet's XML finds: its merged ranges, hidden rows and formulas."""

    merges: list[Box] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)


def inspect(content: bytes) -> dict[str, Shape]:
    """Judges a workbook without unpacking it to memory; returns the shape of each sheet part.

    Raises `WorkbookRefused`, or one of the errors of a damaged file.
    """
    if content.startswith(_OLE2):
        raise WorkbookRefused("workbook_encrypted" if _ENCRYPTED_PACKAGE in content else "workbook_old_xls")
    if not content.startswith(b"PK\x03\x04"):
        raise WorkbookRefused("workbook_not_xlsx")
    with zipfile.ZipFile(BytesIO(content)) as package:
        _judge_directory(package)
        count = _Count()
        # Each name once, opened by its name: the same entry that openpyxl will open.
        return {
            part: _scan(package, part, count)
            for part in dict.fromkeys(package.namelist())
            if part.lower().endswith((".xml", ".rels", ".vml"))
        }


def _judge_directory(package: zipfile.ZipFile) -> None:
    entries = package.infolist()
    names = {entry.filename.lower() for entry in entries}
    if len(entries) > MAX_PARTS or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise WorkbookRefused("workbook_too_large")  # zipfile never unpacks more than the directory says
    if any(entry.flag_bits & 1 for entry in entries):
        raise WorkbookRefused("workbook_encrypted")
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise WorkbookRefused("workbook_not_xlsx")
    if "xl/workbook.bin" in names:
        raise WorkbookRefused("workbook_not_xlsx")
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        raise WorkbookRefused("workbook_macros")
    if b"macroenabled" in package.read("[Content_Types].xml").lower():
        raise WorkbookRefused("workbook_macros")


class _Count:
    """Elements and merged cells seen so far, over all parts."""

    __slots__ = ("elements", "merged")

    def __init__(self) -> None:
        self.elements = 0
        self.merged = 0


def _scan(package: zipfile.ZipFile, part: str, count: _Count) -> Shape:
    """One pass over an XML part. expat, not defusedxml, for its speed: with document types refused there is nothing
    left to defuse, since entities can only be declared in one."""
    shape = Shape()
    row = column = length = rows = counted = 0
    in_formula = False
    bulky = part.lower().startswith(("xl/worksheets/", "xl/sharedstrings"))
    limit = MAX_ELEMENTS if bulky else min(MAX_ELEMENTS, count.elements + MAX_OTHER_ELEMENTS)

    def doctype(*_: object) -> None:
        raise WorkbookRefused("workbook_entities")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, length, rows, counted, in_formula
        length = 0
        count.elements += 1
        if count.elements > limit:
            raise WorkbookRefused("workbook_too_large")
        match tag.rpartition(" ")[2]:
            case "row":
                row, column = int(attributes.get("r", row + 1)), 0
                if attributes.get("hidden") in ("1", "true"):
                    shape.hidden_rows.add(row)
            case "c":
                column, row = _place(attributes["r"]) if "r" in attributes else (column + 1, row)
            case "v" | "is":
                if column > MAX_COLUMNS:
                    raise WorkbookRefused("workbook_too_wide")
                rows += row != counted
                counted = row
                if rows > MAX_ROWS:
                    raise WorkbookRefused("workbook_too_many_rows")
            case "f":
                in_formula = True
                shape.formulas[row, column] = ""
            case "mergeCell":
                box = Box(*(int(bound or 0) for bound in range_boundaries(attributes["ref"])))
                count.merged += (box.right - box.left + 1) * (box.bottom - box.top + 1)
                if count.merged > MAX_MERGED_CELLS or len(shape.merges) >= MAX_MERGES:
                    raise WorkbookRefused("workbook_too_large")
                shape.merges.append(box)
            case _:
                pass

    def end(tag: str) -> None:
        nonlocal in_formula
        in_formula = False

    def text(data: str) -> None:
        nonlocal length
        length += len(data)
        if length > MAX_TEXT:
            raise WorkbookRefused("workbook_too_large")
        if in_formula:
            shape.formulas[row, column] += data

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    with package.open(part) as stream:
        while chunk := stream.read(2**16):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    return shape


def _place(reference: str) -> tuple[int, int]:
    match = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", reference, re.ASCII)
    if match is None:
        raise ValueError("cell reference")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return column, int(match[2])


def _load(content: bytes, name: str, shapes: Mapping[str, Shape]) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of decorations that it leaves out, which are not read here
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        if len(book.worksheets) > MAX_SHEETS:
            raise WorkbookRefused("workbook_too_many_sheets")
        with zipfile.ZipFile(BytesIO(content)) as package:
            parts = dict(_sheet_parts(package))
        sheets = []
        for sheet in book.worksheets:
            shape = shapes.get(parts.get(sheet.title, ""), Shape())
            sheet.reset_dimensions()  # what a sheet says about its own size may be wrong
            cells = dict(_cells(sheet.iter_rows(max_col=MAX_COLUMNS), shape))
            hidden = sheet.sheet_state != "visible"
            sheets.append(Sheet(sheet.title, hidden, cells, tuple(shape.merges), frozenset(shape.hidden_rows)))
        return Workbook(name, tuple(sheets), book.epoch.date())
    finally:
        book.close()


def _cells(rows: Iterable[tuple[object, ...]], shape: Shape) -> Iterator[tuple[tuple[int, int], Cell]]:
    before: tuple[object, ...] = ()
    for row in rows:
        if row is before:
            continue  # openpyxl's filler for rows that are not there: one tuple again and again
        before = row
        for cell in row:
            if not isinstance(cell, ReadOnlyCell) or cell.row is None or cell.column is None:
                continue  # its filler between cells, which has no place
            place = (cell.row, cell.column)
            value: object = cell.value
            if value is None and place in shape.formulas:
                value = "=" + shape.formulas[place]
            if isinstance(value, Scalar) and value != "":
                yield place, Cell(value, place in shape.formulas, cell.number_format)


def _sheet_parts(package: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """(title, part name) of each sheet, as the workbook's own part and its relationships say."""
    root = fromstring(package.read("_rels/.rels"))
    main = next((link.get("Target") for link in root if link.get("Type", "").endswith("/officeDocument")), "")
    main = posixpath.normpath(main.lstrip("/"))
    folder, file = posixpath.split(main)
    links = fromstring(package.read(f"{folder}/_rels/{file}.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for element in fromstring(package.read(main)).iter():
        if element.tag.endswith("}sheet"):
            target = targets.get(element.get(_RELATIONSHIP), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            yield element.get("name"), posixpath.normpath(part)
