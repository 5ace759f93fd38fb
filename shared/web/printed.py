"""A ledger on paper 打印台账: as a page or a PDF that is printed, and what every copy of a ledger says of itself.

A copy names the ledger, the log, the position, the number of rows, the root of the tree there, and a digest over the
rows. The digest is that of the record (`shared.ledger.tables.digest`): `sanguan audit replay --as-of POSITION` and a
bundle have the same for a whole ledger, whatever the words are in which a later version of this program prints it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.ledger.tables import digest
from shared.printing.typesetting import about, pdf_response, typeset
from shared.settings import Settings
from shared.web.columns import title_en, title_zh
from shared.web.exports import Found, Titled, cells_of, readable
from shared.web.workbook import Heading, Standing, headings

MOST_ROWS: Final = 5_000
"""Of a printed page; a longer ledger is printed from its workbook."""
MOST_CELLS: Final = 40_000
"""Of a PDF: they take the press about ten seconds."""
_SHEET_CHARACTERS: Final = 170
"""How wide a printed sheet is, in the characters of its columns."""
FOOT: Final = "sanguan"
"""What the last line of a file of lines begins with, where one was asked for."""
LEAST_HEX: Final = 16
"""Digits of a root or a digest that are enough to be held against the record: as many as the foot of a page has."""
_HEX: Final = re.compile(r"[0-9a-f]{16,64}")
_BLANK: Final = "—"

_HERE: Final = Path(__file__).parent
_SHEETS: Final = _HERE.parent / "printing" / "ledger.typ"


def _asset(name: str) -> str:
    """The address of a file of the site, as its pages have it: it changes with what the file holds."""
    return f"/static/{name}?{sha256((_HERE / 'static' / name).read_bytes()).hexdigest()[:12]}"


_PAGE: Final = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
).get_template("printed.html", globals={"style": _asset("site.css"), "icon": _asset("icon.svg")})  # fmt: skip


def of_rows(stands: Standing, ledger: str, found: Iterable[tuple[str, Any]]) -> Standing:
    """The same, with the ledger's name and the digest of the rows that are printed."""
    return replace(stands, ledger=ledger, digest=digest(found))


def facts(stands: Standing) -> dict[str, str]:
    """What a copy says of itself, for programs."""
    said = {
        "ledger": stands.ledger, "log": stands.log, "position": str(stands.position), "rows": str(stands.rows),
        "root": stands.root or "", "digest": stands.digest or "", "only": urlencode(stands.only),
        "made": stands.made_at.isoformat(),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def headed(response: Response, stands: Standing) -> Response:
    """The answer with what it says of itself in its head, where no program stumbles over it."""
    for name, value in facts(stands).items():
        response.headers[f"sanguan-{name}"] = value
    return response


def foot_line(stands: Standing) -> list[str]:
    """The same as the cells of a last line."""
    return [FOOT, *(f"{name}={value}" for name, value in facts(stands).items())]


def html_response(ledger: Titled, row: type, names: Sequence[str], found: Found, stands: Standing) -> Response:
    """The rows as a page to be printed, with the standing at the foot of every sheet; raises `Refused("too_many")`."""
    if len(found) > MOST_ROWS:
        raise Refused("too_many", field="format")
    cells = list(cells_of(ledger, names, found))
    parts = [_part(columns, cells) for columns in _beside(headings(row, names, ledger.sealed))]
    return Response(_PAGE.render(ledger=ledger, stands=stands, parts=parts), media_type="text/html")


def pdf_of_ledger(
    ledger: Titled, row: type, names: Sequence[str], found: Found, stands: Standing, settings: Settings
) -> Response:
    """The same as a PDF; raises `Refused`: too_many, and what `typeset` raises."""
    beside = _beside(headings(row, names, ledger.sealed))
    if len(found) * sum(map(len, beside)) > MOST_CELLS:
        raise Refused("too_many", field="format")
    cells, line = list(cells_of(ledger, names, found)), stands.line()
    data = {
        **about(f"{ledger.title_zh} {ledger.title_en}", civil_day(stands.made_at), line), "zh": ledger.title_zh,
        "en": ledger.title_en, "line": line,
        "parts": [_as_data(_part(columns, cells)) for columns in beside],
    }  # fmt: skip
    content = typeset(_SHEETS, data, settings, tagged=False)
    return pdf_response(content, ledger.name, ledger.title_zh, stands.log, stands.position)


def _as_data(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands on some sheets, as texts and numbers."""
    return {
        "widths": [column.width for column in part["columns"]],
        "groups": [{"zh": group.zh, "en": group.en, "span": span} for group, span in part["groups"]],
        "columns": [{"zh": column.title_zh, "en": column.title_en} for column in part["columns"]],
        "lines": part["lines"],
    }


def _beside(columns: Sequence[Heading]) -> list[list[Heading]]:
    """The columns by the sheets on which they are printed beside each other: number and key stand on each."""
    always, rest = list(columns[:2]), columns[2:]
    sheets, room = [list(always)], 0
    for column in rest:
        if room + column.width > _SHEET_CHARACTERS - sum(one.width for one in always) and len(sheets[-1]) > len(always):
            sheets.append(list(always))
            room = 0
        sheets[-1].append(column)
        room += column.width
    return sheets


def _part(columns: Sequence[Heading], rows: Sequence[Sequence[Any]]) -> Mapping[str, Any]:
    """What stands on the sheets of some columns."""
    groups = [(group, len(list(held))) for group, held in groupby(columns, key=lambda one: one.group)]
    lines = [
        [str(number) if column.place is None else readable(cells[column.place]) for column in columns]
        for number, cells in enumerate(rows, 1)
    ]
    return {"columns": columns, "groups": groups, "lines": lines}


# reading what a copy says ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody reads off a copy. What it does not tell is None."""

    ledger: str
    position: int
    rows: int | None
    root: str | None
    """In hexadecimal; its beginning is enough."""
    digest: str | None
    only: Mapping[str, str]


def hexadecimal(said: str, field: str) -> str | None:
    """A root or a digest, or its beginning; raises `Refused("bad_parameter")`."""
    plain = said.strip().rstrip("…").lower()
    if not plain or plain == _BLANK:
        return None
    if not _HEX.fullmatch(plain):
        raise Refused("bad_parameter", field=field)
    return plain


_LINE: Final = re.compile(
    r"台账 ledger (?P<ledger>[a-z_]+\.[a-z_]+) · 日志 log (?P<log>\d{9}) · 记录位置 position (?P<position>-?\d{1,15})"
    r" · 行数 rows (?P<rows>\d{1,15})(?P<only>.*?) · 树根 root (?P<root>[0-9a-f]{64}|—)"
    r" · 摘要 digest (?P<digest>[0-9a-f]{64}|—)"
)
_ONLY: Final = re.compile(r" · 仅 only (.*?)(?= · |$)")


def read_line(text: str, names: Sequence[str]) -> dict[str, str]:
    """The fields of the line that a copy carries, by the names of the form; nothing where it is no such line. `names`
    are the columns by which rows may have been chosen."""
    if text.count(FOOT + '"') or text.startswith(FOOT + ","):
        return dict(re.findall(r"\b(ledger|log|position|rows|root|digest|only)=([^\",\s]*)", text))
    found = _LINE.search(" ".join(text.split()))  # a sheet of paper has it on two lines
    if found is None:
        return {}
    said = found.groupdict()
    chosen = {}
    for part in _ONLY.findall(said.pop("only")):
        for name in (*names, "as_of"):
            if part.startswith(start := f"{title_zh(name)} {title_en(name)} "):
                chosen[name] = part.removeprefix(start)
    return said | ({"only": urlencode(chosen)} if chosen else {})
