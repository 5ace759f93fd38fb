"""The office's papers as pages 文书 (§3.3.6, 3.3.7, 3.4, 6.5): what may be asked for, and each to read or to print."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from services.assessment.explaining.happenings import At, Event, causes
from services.assessment.explaining.telling import at
from services.assessment.explaining.wording import changed
from services.assessment.ledgers import communities_served, plans, scores
from services.assessment.pages.printed import ANY, SHEETS
from services.assessment.pages.printed import as_data as printed_as_data
from services.assessment.papers.kinds import KINDS, Kind, paper_asked
from services.assessment.papers.labels import LABELS
from services.assessment.papers.layout import SHARES, Said, laid_out
from services.assessment.papers.outcome import Result
from services.assessment.rules.versions import by_day
from shared.clock import utc_now
from shared.contracts.assessment import Change
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
from shared.contracts.model import Look
from shared.printing.typesetting import pdf_response, typeset
from shared.runtime import Node
from shared.web.pages import Ask, Page, View
from shared.web.questions import asking
from shared.web.words import Words

MOST_ROWS: Final = 40
"""Rows of a table that are shown; the data have them all."""
MOST_WITHIN: Final = 40
"""Tables and parts of a part."""
MOST_CAUSES: Final = 6
"""Events that changed a score's numbers; how many there were is said."""
_INDICATORS: Final = frozenset({"indicator", "reached", "missed"})
"""Fields that name indicators by their codes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A parameter of a paper, and what it may be."""

    name: str
    label: str
    needed: bool
    chosen: str
    options: Sequence[tuple[str, str]] | None
    """None where it is written."""


class PaperPages:
    """The views."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def index(self, ask: Ask) -> Page:
        """Every kind of paper that this visitor may read, each with what it is asked with; none where nothing began."""
        with self._node.look("assessment", ask.log) as look:
            begun = bool(look.rows(plans.LEDGER) or communities_served.names(look))
            found = [
                (kind, list(_choices(look, kind, ask)), ask.words.pick(kind.title_zh, kind.title_en))
                for kind in KINDS if ask.visitor.actor.role in kind.by
            ]  # fmt: skip
        return Page("assessment/papers.html", ask.words("papers_title"), {"kinds": found if begun else ()})

    def of(self, kind: Kind) -> View:
        """The view of one kind."""
        return lambda ask: self._paper(kind, ask)

    def file_of(self, kind: Kind) -> Callable[[Ask], Response]:
        """The same as a PDF."""
        return lambda ask: self._file(kind, ask)

    def _file(self, kind: Kind, ask: Ask) -> Response:
        """A paper to be signed and filed; raises `Refused`, also for what it cannot do without."""
        said = {name: text for name in kind.asked_with if (text := ask.query(name))}
        with self._node.look("assessment", ask.log, decides=True) as look:
            names = communities_served.names(look)
            asked = asking(self._node, "assessment", ask.log, said, ask.visitor.actor, civil_day(utc_now()))
            found = paper_asked(kind, look, asked)
        told = self._telling(ask, names, found)
        sheet, as_data = SHEETS.get(kind.code, (ANY, printed_as_data))
        data = as_data(found, ask.words.pick(kind.title_zh, kind.title_en), ask.words, told)
        content = typeset(sheet, data, self._node.storage.settings)
        return pdf_response(content, kind.code, kind.title_zh, ask.log, found.as_of, found.position)

    def _telling(self, ask: Ask, names: Mapping[str, str], found: Any) -> "_Telling":
        """How a paper's fields and values are told to whoever asks."""
        called = {**names, ask.log: ask.words("whole")}
        at_position = partial(at, self._node.storage.log, ask.log)
        return _Telling(ask.words, called, _titles(found.paper, ask.words), at_position)

    def _paper(self, kind: Kind, ask: Ask) -> Page:
        """A paper; where something is missing that it needs, what may be asked for."""
        said = {name: text for name in kind.asked_with if (text := ask.query(name))}
        title = ask.words.pick(kind.title_zh, kind.title_en)
        with self._node.look("assessment", ask.log, decides=True) as look:
            choices = list(_choices(look, kind, ask))
            names, found = communities_served.names(look), None
            if all(name in said for name in kind.needs):
                asked = asking(self._node, "assessment", ask.log, said, ask.visitor.actor, civil_day(utc_now()))
                found = paper_asked(kind, look, asked)
        shows: dict[str, Any] = {"kind": kind, "choices": choices, "paper": None, "part": None}
        if found is not None:
            shows |= {
                "paper": found, "part": laid_out(found.paper), "told": self._telling(ask, names, found),
                "most_rows": MOST_ROWS, "most_within": MOST_WITHIN,
                "json": f"/assessment/papers/{kind.code}?{urlencode({**said, 'log': ask.log})}",
                "pdf": f"/papers/{kind.code}/paper.pdf?{urlencode({**said, 'log': ask.log})}",
                "again": urlencode({**said, "as_of": found.as_of.isoformat(), "position": found.position}),
            }  # fmt: skip
        return Page("assessment/paper.html", title, shows)


# what may be asked ------------------------------------------------------------------------------------------------


def _choices(look: Look, kind: Kind, ask: Ask) -> Iterator[Choice]:
    for name in kind.parameters:
        options = _OPTIONS[name](look, ask) if name in _OPTIONS else None
        chosen = ask.query(name)
        if name == "officer" and ask.visitor.actor.role == Role.OFFICER:
            chosen = ask.visitor.actor.id
        yield Choice(name, ask.words.pick(*LABELS[name]), name in kind.needs, chosen, options)


def _communities(look: Look, ask: Ask) -> Sequence[tuple[str, str]]:
    return list(communities_served.names(look).items())


def _publications(look: Look, ask: Ask) -> Sequence[tuple[str, str]]:
    found = {row.publication: row for row in look.rows(scores.LEDGER)}
    return [
        (id, ask.words("publication_of", kind=row.period_kind, period=row.period, day=row.as_of))
        for id, row in sorted(found.items(), key=lambda one: (one[1].as_of, one[0]), reverse=True)
    ]  # fmt: skip


def _plans(look: Look, ask: Ask) -> Sequence[tuple[str, str]]:
    return [(row.code, row.plan.title) for row in by_day(look.rows(plans.LEDGER), civil_day(utc_now()))]


def _phases(look: Look, ask: Ask) -> Sequence[tuple[str, str]]:
    """Of the plan that is asked for, else of the newest."""
    rows = by_day(look.rows(plans.LEDGER), civil_day(utc_now()))
    row = next((row for row in rows if ask.query("plan") in ("", row.code)), None)
    return [] if row is None else [(one.code, ask.words.pick(one.title_zh, one.title_en)) for one in row.plan.phases]


_OPTIONS: Final = {
    "community": _communities, "publication": _publications, "plan": _plans, "phase": _phases,
}  # fmt: skip


# how it is told ---------------------------------------------------------------------------------------------------


def _titles(held: Any, words: Words) -> Mapping[str, str]:
    """The names of the indicators that a paper tells of, by their codes."""
    found: dict[str, str] = {}
    for one in _within(held):
        if isinstance(one, Result):
            found[one.score.code] = words.pick(one.title_zh, one.title_en)
    return found


def _within(held: Any) -> Iterator[Any]:
    """A value and every value within it."""
    yield held
    if isinstance(held, tuple):
        for one in held:
            yield from _within(one)
    for name in getattr(held, "__dataclass_fields__", ()):
        yield from _within(getattr(held, name))


class _Telling:
    """A paper's words: fields' names, and values as people read them."""

    def __init__(self, words: Words, names: Mapping[str, str], indicators: Mapping[str, str], at: At) -> None:
        self._words, self._names, self._indicators, self._at = words, names, indicators, at

    def label(self, name: str) -> str:
        """What a field is called; of a table of results, the community."""
        return self._names[name] if name in self._names else self._words.pick(*LABELS[name])

    def value(self, name: str, value: Any) -> str:
        """A field's value."""
        match value:
            case Said(zh=zh, en=en):
                return self._words.pick(zh or "", en or "") or "–"
            case None | ():
                return "–"
            case str() if name in _INDICATORS:
                return self._indicators.get(value, value)
            case str() if name in SHARES:
                return self._words.share(value, 2)
            case str() if name == "month":
                return self._words.month(value)
            case int() if name in ("position", "positions"):
                return str(value)
            case (Change(), *_):
                return self._changes(value)
            case tuple():
                return self._words("comma").join(self.value(name, one) for one in value)
            case _:
                return self._words.shown(value, self._names)

    def _changes(self, changes: Sequence[Change]) -> str:
        """Each changed number in words, and once what happened that changed them."""
        comma, because = self._words("comma"), causes(changes, self._at)
        told = comma.join(self._changed(one) for one in changes)
        happened = comma.join(self._happened(one) for one in because[:MOST_CAUSES])
        return self._words("paper_changed", changes=told, causes=happened, count=len(because)) if because else told

    def _changed(self, change: Change) -> str:
        what = self._words("sum") if change.indicator is None else self.value("indicator", change.indicator)
        return f"{what} {self._words.pick(*changed(change))}"

    def _happened(self, event: Event) -> str:
        where = event.case or self._names.get(event.community or "")
        told = f"{self._words.shown(event.on)} {self._words.pick(event.says_zh, event.says_en)}"
        return f"{told} {where}" if where else told
