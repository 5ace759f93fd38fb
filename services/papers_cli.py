"""`sanguan paper`: the office's papers as data or text 文书, folded from the log itself: nothing need be running."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Annotated, Any, Final

import typer

from services.assessment.explaining.happenings import At, causes
from services.assessment.explaining.telling import at
from services.assessment.explaining.wording import changed, per_cent
from services.assessment.ledgers import communities_served
from services.assessment.papers.asking import OFFICE, asked
from services.assessment.papers.kinds import BY_CODE, KINDS, Kind, paper
from services.assessment.papers.labels import LABELS
from services.assessment.papers.layout import SHARES, Part, Said, Table, laid_out
from services.assessment.service import SERVICE
from services.cli import Data, Json, LogName, existing, known_log, options, say, settings
from services.installation import LOG, opened
from shared.clock import utc_now
from shared.contracts.assessment import Change
from shared.contracts.codes import Named
from shared.contracts.days import civil_day
from shared.errors import Unusable
from shared.ledger.prefix import prefix
from shared.log.codec import canonical

_MOST_ROWS: Final = 40
"""Rows of a table that are printed; --json has them all."""
_KINDS_HELP: Final = " · ".join(f"{kind.code} {kind.title_zh}" for kind in KINDS)


def paper_command(
    kind: Annotated[str, typer.Argument(help=f"Which: {_KINDS_HELP}")],
    month: Annotated[str, typer.Option(help="The month (YYYY-MM).")] = "",
    community: Annotated[str, typer.Option(help="Only this community's, by its division code.")] = "",
    plan: Annotated[str, typer.Option(help="The plan, by its code.")] = "",
    phase: Annotated[str, typer.Option(help="A phase of the plan, by its code.")] = "",
    publication: Annotated[str, typer.Option(help="The publication of scores, by its id.")] = "",
    officer: Annotated[str, typer.Option(help="The officer, by pseudonym.")] = "",
    case: Annotated[str, typer.Option(help="Only this case's, by its id.")] = "",
    as_of: Annotated[str, typer.Option(help="The day up to whose end acts count (default: today).")] = "",
    position: Annotated[str, typer.Option(help="As the record stood at this position (default: all of it).")] = "",
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Draw up a paper of the office 文书 from the log alone. The same record and question give the same paper.

    Examples:

    sanguan paper monthly-report --month 2015-06 --as-of 2015-07-31

    sanguan paper summary --plan dongfeng-2015-28 --as-of 2015-12-31 --json

    sanguan paper circular --publication month-2015-06.2015-07-20 --json
    """
    found = _kind(kind)
    given = {
        "month": month, "community": community, "plan": plan, "phase": phase, "publication": publication,
        "officer": officer, "case": case, "as_of": as_of, "position": position,
    }  # fmt: skip
    said = {name: text for name, text in given.items() if text}
    if foreign := sorted(said.keys() - found.asked_with.keys()):
        takes = ", ".join(f"--{name.replace('_', '-')}" for name in found.asked_with)
        raise Unusable(
            "bad_option", f"{found.title_zh}不用选项 {'、'.join(foreign)}；可用：{takes}",
            f"A {found.code} does not take {', '.join(foreign)}; it takes: {takes}",
        )  # fmt: skip
    with options(), opened(existing(settings(data)), audits=True) as storage:
        wanted = asked(said, OFFICE, civil_day(utc_now()))
        last = known_log(storage, log) - 1
        upto = last if wanted.position is None else wanted.position
        look = prefix(SERVICE, storage.log, log, upto, storage.root)
        made, names = paper(found, look, wanted), {**communities_served.names(look), log: "全街道"}
        lines = list(_Text(names, partial(at, storage.log, log)).lines(found, made))
    say({"ok": True, **json.loads(canonical(made))}, as_json, "\n".join(lines))


def _kind(code: str) -> Kind:
    """The kind of that code; raises `Unusable`."""
    if code not in BY_CODE:
        raise Unusable(
            "unknown_paper", f"没有“{code}”这种文书。现有：{_KINDS_HELP}",
            f"There is no paper {code}. There are: {', '.join(BY_CODE)}",
        )  # fmt: skip
    return BY_CODE[code]


# as text ----------------------------------------------------------------------------------------------------------


class _Text:
    """A paper as lines of text, in Chinese with both names of each field."""

    def __init__(self, names: Mapping[str, str], at: At) -> None:
        self._names, self._at = names, at

    def lines(self, kind: Kind, made: Any) -> Iterator[str]:
        yield f"{kind.title_zh} {kind.title_en} · {made.log} · {made.as_of} · #{made.position}"
        yield from self._part(laid_out(made.paper), "")

    def _part(self, part: Part, indent: str) -> Iterator[str]:
        for name, value in part.facts:
            yield f"{indent}{self._label(name)}: {self._told(value, name)}"
        for one in part.within:
            if isinstance(one, Table):
                yield from self._table(one, indent)
            else:
                yield f"{indent}{self._label(one.name)}"
                yield from self._part(one, f"{indent}  ")

    def _table(self, table: Table, indent: str) -> Iterator[str]:
        yield f"{indent}{self._label(table.name)}"
        yield f"{indent}  {' | '.join(self._label(column) for column in table.columns)}"
        for row in table.rows[:_MOST_ROWS]:
            yield f"{indent}  {' | '.join(map(self._told, row, table.columns))}"
        if len(table.rows) > _MOST_ROWS:
            yield f"{indent}  … (--json)"

    def _label(self, name: str) -> str:
        """What a field is called; of a table of results, the community."""
        return " ".join(LABELS[name]) if name in LABELS else self._names.get(name, name)

    def _told(self, value: Any, name: str = "") -> str:
        match value:
            case str() if name in SHARES:
                return per_cent(value)
            case None | ():
                return "–"
            case bool():
                return "是" if value else "否"
            case Said(zh=zh):
                return zh or "–"
            case Named():
                return value.zh
            case (Change(), *_):
                told = "、".join(f"{one.indicator or '总分'} {changed(one)[0]}" for one in value)
                because = (f"{one.on} {one.says_zh} #{one.position}" for one in causes(value, self._at))
                return f"{told}（{'；'.join(because)}）"
            case tuple():
                return "、".join(self._told(one) for one in value)
            case _ if is_dataclass(value):
                return " ".join(self._told(getattr(value, field.name)) for field in fields(value))
            case _:
                return self._names.get(str(value), str(value))
