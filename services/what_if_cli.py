"""`sanguan what-if`: the same record under rules that are only a draft, or others that are in force 假设推算.

It reads the log itself, so that nothing need be running, and changes nothing.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.assessment.evidence.gathered import LEDGERS, Evidence, evidence_of
from services.assessment.ledgers import plans, rulebooks
from services.assessment.rules.documents import DocumentFault, load
from services.assessment.service import SERVICE
from services.assessment.what_if.asked import Texts, sides, wanted
from services.assessment.what_if.comparing import (
    Compared,
    Outcome,
    Shift,
    Total,
    Under,
    WhatIf,
    what_if,
)
from services.assessment.what_if.differing import Difference
from services.cli import Data, Json, LogName, bar, check_log, existing, known_log, options, say, settings
from services.documents_cli import PLAN, RULEBOOK, Kind, told
from services.installation import LOG, opened
from shared.clock import utc_now
from shared.contracts.assessment import IndicatorScore, PeriodKind, Plan, Rulebook, Standing
from shared.contracts.days import civil_day
from shared.contracts.model import Refused
from shared.ledger.replay import Replay
from shared.log.codec import canonical
from shared.storage import Storage

_FILES: Final = (".yaml", ".yml")
_WIDTH: Final = 140
_LONGEST: Final = 100
"""Characters of a text's difference that a line shows; JSON has them all."""


_OPTIONS: Final = {
    "plan": "--against-plan", "rulebook": "--against-rulebook", "other_plan": "--plan", "other_rulebook": "--rulebook",
}  # fmt: skip
"""The options that do not have their parameter's name."""


def what_if_command(
    period_kind: Annotated[PeriodKind, typer.Option(help="What kind of period is scored.")],
    period: Annotated[str, typer.Option(help="Its name: 2, 2015-06, 2015-Q3, 2015, 2015-06-11_2015-07-31.")],
    as_of: Annotated[str, typer.Option(help="The day up to whose end acts count (YYYY-MM-DD; default: today).")] = "",
    rulebook: Annotated[
        str, typer.Option(help="The other rulebook: a file (.yaml), or the CODE or CODE@version of one in force.")
    ] = "",
    plan: Annotated[str, typer.Option(help="The other plan: the same.")] = "",
    against_rulebook: Annotated[
        str, typer.Option(help="What it is held against: the same (default: the one that its plan publishes by).")
    ] = "",
    against_plan: Annotated[
        str, typer.Option(help="What it is held against: the same (default: the plan of the as-of day).")
    ] = "",
    position: Annotated[str, typer.Option(help="The evidence up to this position of the log (default: all).")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also the indicators in which nothing differs.")] = False,
    log: LogName = LOG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Score the record under other rules, and say what would differ and why 假设推算. Publishes and changes nothing.

    Rules are files that nobody has adopted, or what is in force by its code. `sanguan rulebook check` says first
    whether a file is well.

    Example: sanguan what-if --period-kind month --period 2015-06 --as-of 2015-07-31 --rulebook my-rules.yaml

    Example: sanguan what-if --period-kind year --period 2015 --rulebook default@2 --against-rulebook default@1 --json
    """
    check_log(log)
    said = {
        "period_kind": period_kind, "period": period, "as_of": as_of, "position": position, "plan": against_plan,
        "rulebook": against_rulebook, "other_plan": plan, "other_rulebook": rulebook, "all": str(everything).lower(),
    }  # fmt: skip
    named = ((PLAN, against_plan), (PLAN, plan), (RULEBOOK, against_rulebook), (RULEBOOK, rulebook))
    drafts = {said: _draft(kind, said, as_json) for kind, said in named if said.endswith(_FILES)}
    with options(_OPTIONS), opened(existing(settings(data)), audits=True) as storage:
        asked = wanted(said, civil_day(utc_now()))
        at, evidence, texts = _seen(storage, log, asked.position, drafts)
        before, after = sides(asked, texts)
    found = what_if(evidence, before, after, asked.as_of, log=log, position=at, everything=asked.everything)
    if as_json:
        say({"ok": True, "same": found.same} | json.loads(canonical(found)), as_json, "")
    else:
        _print(found, Console(width=None if sys.stdout.isatty() else _WIDTH))


# what is compared -----------------------------------------------------------------------------------------------------


def _draft(kind: Kind, said: str, as_json: bool) -> Any:
    """The document in a file; ends with all that is wrong with it."""
    try:
        return load(Path(said), kind.form)
    except DocumentFault as fault:
        raise told(kind, fault, as_json) from None


def _seen(
    storage: Storage, log: str, position: int | None, drafts: Mapping[str, Plan | Rulebook]
) -> tuple[int, Evidence, Texts]:  # fmt: skip
    """The evidence up to a position, and whatever was adopted, also later."""
    ledgers = [(SERVICE, ledger) for ledger in (*LEDGERS, plans.LEDGER, rulebooks.LEDGER)]
    size = known_log(storage, log)
    if position is not None and position >= size:
        raise Refused("beyond_the_end", field="position", last=size - 1)
    replay = Replay(storage.log, log, ledgers)
    with bar() as progress:
        task = progress.add_task("replaying", total=size)

        def walk(upto: int | None) -> dict[str, list[Any]]:
            replay.to(upto, progress=lambda done: progress.update(task, completed=done))
            return {
                ledger.name: [row for _, row in replay.rows(f"{SERVICE.name}.{ledger.name}")] for _, ledger in ledgers
            }

        evidence, reached = evidence_of(walk(position)), replay.position
        rows = walk(None)
    there = rows[plans.LEDGER.name], rows[rulebooks.LEDGER.name]
    return reached, evidence, Texts(plans=there[0], rulebooks=there[1], position=position, drafts=drafts)


# telling --------------------------------------------------------------------------------------------------------------


def _print(found: WhatIf, out: Console) -> None:
    out.print(f"[bold]{found.note_zh}[/]\n{found.note_en}", highlight=False)
    for label, under in (("现行 as it is", found.before), ("改后 what if ", found.after)):
        out.print(f"{label}  {escape(_under(under))}", highlight=False, soft_wrap=True)
    out.print(f"截至 as of {found.as_of}，记录位置 position {found.position}", highlight=False)
    for one in (*found.rulebook, *found.plan):
        out.print(f"  [cyan]≠[/] {escape(_differs(one))}", highlight=False, soft_wrap=True)
    if not any(one.indicators or one.before != one.after for one in found.institutions):
        out.print("没有数字变动。 No number differs.", highlight=False)
        return
    table = Table(show_lines=False)
    for name in ("社区 institution", "指标 indicator"):
        table.add_column(name)
    for name in ("现行 as it is", "改后 what if", "差别 change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("变动 rows that moved")
    for outcome in found.institutions:
        _rows(table, outcome)
    out.print(table)


def _rows(table: Table, outcome: Outcome) -> None:
    """An institution's total, then each of its indicators."""
    table.add_section()
    name = outcome.name or "全街道 whole"
    same = f"[dim]{outcome.unchanged} 项相同 the same[/]"
    table.add_row(
        f"[bold]{escape(name)}[/]", "[bold]得分率 total[/]", _total(outcome.before), _total(outcome.after),
        _shift(outcome.change), same,
    )  # fmt: skip
    for one in outcome.indicators:
        moved = "\n".join(_moves(one))
        label = f"{escape(one.title_zh)} [dim]{one.code} §{one.clause}[/]"
        table.add_row("", label, _score(one.before), _score(one.after), _shift(one.change), moved)


def _moves(compared: Compared) -> Iterator[str]:
    """How many rows moved from what to what."""
    counts: dict[str, int] = {}
    for one in compared.moved:
        counts[one.says_zh] = counts.get(one.says_zh, 0) + 1
    return (f"{count} × {escape(move)}" for move, count in counts.items())


def _under(under: Under) -> str:
    plan = f"{under.plan}{_version(under.plan_version)}"
    book = f"{under.rulebook}{_version(under.rulebook_version)}"
    return f"{plan}  {book}  {under.period.from_day} – {under.period.to_day}"


def _version(version: int | None) -> str:
    return "（草案 draft）" if version is None else f"@{version}"


def _differs(one: Difference) -> str:
    before, after = (_short(text) for text in (one.before, one.after))
    return f"{one.at}: {before} → {after}"


def _short(text: str | None) -> str:
    if text is None:
        return "—"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _total(total: Total | None) -> str:
    if total is None or total.per_cent is None:
        return "—"
    return f"[bold]{total.per_cent}%[/] [dim]{total.points.decimal}/{total.possible.decimal}[/]"


def _score(score: IndicatorScore | None) -> str:
    """The fraction, what was excluded, and the points."""
    if score is None:
        return "—"
    if score.standing is not Standing.MEASURED:
        return f"[dim]{score.standing.zh}[/]"
    number = str(score.numerator) if score.denominator == 0 else f"{score.numerator}/{score.denominator}"
    left = f" -{score.excluded}" if score.excluded else ""
    points = "" if score.points is None else f" [dim]{score.points.decimal}/{score.weight}[/]"
    return f"{number}{left}{points}"


def _shift(shift: Shift | None) -> str:
    if shift is None or shift.exact == "0/1":
        return "[dim]—[/]"
    less = shift.exact.startswith("-")
    return f"[{'red' if less else 'green'}]{'' if less else '+'}{shift.decimal}[/]"
