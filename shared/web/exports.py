"""A ledger as a file that people open: CSV here, XLSX in `workbook`. Whatever text it holds, opening it runs nothing
(row 22).

Both hold the same rows as the JSON, with Chinese headers and the codes' Chinese names; sealed values are masked.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any, Final, Protocol

from starlette.responses import Response

from shared.contracts.codes import Named
from shared.contracts.personal import SEALED_MARK
from shared.web.columns import title_zh, word_zh

FORMATS: Final = ("json", "csv", "xlsx")
"""In which rows may be asked for; all but the first are files."""
MASK: Final = "•••"
CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

LIVE: Final = re.compile(r"[\s\u200b\ufeff]*[=+\-@＝＋－＠﹢﹣﹦﹫−]|[\t\r\n]")
"""How text begins that a spreadsheet may take for a formula: also behind blanks, and in forms that it may fold."""

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


def csv_response(
    ledger: Titled, names: Sequence[str], found: Found, log: str, position: int, foot: Sequence[str] = ()
) -> Response:
    """The rows as CSV: UTF-8 with the mark that spreadsheets look for, every cell quoted, ISO days and moments; below
    them a last line, if one is wanted."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow([title_zh(name) for name in ("key", *names)])
    for cells in cells_of(ledger, names, found):
        writer.writerow([inert(readable(cell)) if not isinstance(cell, int) else readable(cell) for cell in cells])
    if foot:
        writer.writerow(foot)
    return file_response(text.getvalue().encode("utf-8-sig"), CSV_TYPE, f"{ledger.name}-{log}-{position}.csv")


def inert(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet might run it."""
    return f"'{text}" if LIVE.match(text) else text


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


def cells_of(ledger: Titled, names: Sequence[str], found: Iterable[tuple[str, Any]]) -> Iterator[list[Any]]:
    """The cells of each row, its key's first: what is sealed masked, codes kept as text by their Chinese names."""
    for key, row in found:
        values = [(name, getattr(row, name)) for name in names]
        yield [key, *(MASK if name in ledger.sealed and value else word_zh(name, value) for name, value in values)]


def file_response(content: bytes, media_type: str, name: str) -> Response:
    """An answer that is saved under a name that the server chose."""
    plain = re.sub(r"[^0-9A-Za-z._-]", "_", name)
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{plain}"'})
