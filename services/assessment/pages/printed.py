"""The office's papers as PDF 文书打印: what their pages show, with every row, on sheets that are signed and sealed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol

from services.assessment.papers.layout import Part, Table, laid_out
from services.assessment.papers.responsibility_letters import CaseLetters, ResponsibilityLetters
from shared.contracts.model import Refused
from shared.printing.typesetting import about, chinese_day
from shared.web.words import Words

_HERE: Final = Path(__file__).parent / "templates"
ANY: Final = _HERE / "paper.typ"
LETTERS: Final = _HERE / "responsibility_letters.typ"
_UPRIGHT_COLUMNS: Final = 12
"""Of a table on an upright sheet; a wider one turns it."""
_BY_HAND: Final[Mapping[str, Sequence[str]]] = {"performance-archive": ("paper_name", "paper_own_hand")}
"""Texts of the lines that are filled in by hand: an officer's name is sealed."""
_NARROWEST: Final = 5
_WIDEST: Final = 26
"""How wide a column may be, in letters, with the room beside its lines taken for four."""


class Telling(Protocol):
    """How a page names fields and tells values."""

    def label(self, name: str) -> str: ...
    def value(self, name: str, value: Any) -> str: ...


def as_data(found: Any, title: str, words: Words, told: Telling) -> dict[str, Any]:
    """A paper as the template takes it: texts alone, in the language of whoever asks."""
    part, other = _part(laid_out(found.paper), told), words.language == "zh"
    return {
        **_standing(found, title, words), "part": part, "flipped": _widest(part) > _UPRIGHT_COLUMNS,
        "other": found.title_en if other else found.title_zh, "seal": words("paper_seal"),
        "by_hand": [words(key) for key in _BY_HAND.get(found.kind, ())],
    }  # fmt: skip


def _standing(found: Any, title: str, words: Words) -> dict[str, Any]:
    """What every paper says of itself. Its day is the paper's, never the clock's."""
    day: date = found.as_of
    return {
        **about(title, day, f"{found.log} #{found.position}", words.language), "day": words.day(day),
        "standing": words("paper_standing", day=day, count=found.position + 1),
    }  # fmt: skip


def _part(part: Part, told: Telling) -> dict[str, Any]:
    return {
        "kind": "part", "label": told.label(part.name) if part.name != "paper" else "",
        "facts": [[told.label(name), told.value(name, held)] for name, held in part.facts],
        "within": [_table(one, told) if isinstance(one, Table) else _part(one, told) for one in part.within],
    }  # fmt: skip


def _table(table: Table, told: Telling) -> dict[str, Any]:
    columns = [told.label(column) for column in table.columns]
    rows = [[told.value(*cell) for cell in zip(table.columns, row, strict=True)] for row in table.rows]
    widths = [max(map(_letters, cells)) for cells in zip(columns, *rows, strict=True)]
    return {
        "kind": "table", "label": told.label(table.name), "columns": columns, "rows": rows,
        "widths": [min(_WIDEST, max(_NARROWEST, width)) + 4 for width in widths],
    }  # fmt: skip


def _letters(text: str) -> int:
    """How wide a text is: a Chinese character, or a mark among them, is as wide as two letters."""
    return sum(2 if character >= "—" else 1 for character in text)


def _widest(part: Mapping[str, Any]) -> int:
    """The most columns of any table."""
    within: Sequence[Mapping[str, Any]] = part["within"]
    return max((len(one["columns"]) if one["kind"] == "table" else _widest(one) for one in within), default=0)


# letters, to be signed --------------------------------------------------------------------------------------------


def letters_as_data(found: Any, title: str, words: Words, told: Telling) -> dict[str, Any]:
    """The letters of the handed-down cases, each to be signed; raises `Refused("unknown_case")` where there is none.
    They are Chinese, whoever asks for them."""
    paper: ResponsibilityLetters = found.paper
    if not paper.cases:
        raise Refused("unknown_case", field="case")
    return {**_standing(found, found.title_zh, words), "lang": "zh", "letters": [_letter(one) for one in paper.cases]}


def _letter(case: CaseLetters) -> dict[str, Any]:
    """What is known of it; the rest is filled in by hand. Who signs is sealed, and signs in person."""
    last = case.letters[-1] if case.letters else None
    known = (
        ("案件编号", case.case), ("所在社区", case.name or case.community), ("交办单位", case.by_unit or ""),
        ("交办文号", case.document or ""), ("交办日期", chinese_day(case.handed_down_on)),
        ("受理日期", chinese_day(case.accepted_on)),
    )  # fmt: skip
    return {
        "facts": [[name, said or "—"] for name, said in known], "unit": last.unit if last else None,
        "days": str(last.contact_days) if last else None,
    }  # fmt: skip


SHEETS: Final[Mapping[str, tuple[Path, Callable[[Any, str, Words, Telling], dict[str, Any]]]]] = {
    "responsibility-letters": (LETTERS, letters_as_data),
}
"""Kinds of papers that are laid out otherwise on paper than on their page."""
