"""`sanguan demo`: the main job from beginning to end, then the audit of what it made."""

import asyncio
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from services.assessment.due.listing import Duties, Wanted, duties
from services.assessment.due.obligation import State
from services.assessment.ledgers import communities_served, rulebooks, scores
from services.assessment.scoring.ranking import Place, ranks
from services.closing import Closing, closing, printed
from services.installation import LOG, opened
from services.sample import Campaign, campaign
from services.season.scores import CAMPAIGN
from services.together import settled, together
from shared.audit.compare import Compared, compare
from shared.audit.verify import Verification, verify_log
from shared.contracts.assessment import IndicatorScore, Standing
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
from shared.ledger.waiting import refused, troubles
from shared.log import keys
from shared.log.store import Log
from shared.runtime import Node
from shared.settings import Settings
from shared.storage import Storage

_LAST_DAY: Final = date(2015, 12, 31)
"""Of the campaign."""


async def demo(settings: Settings, kept: bool, notes: Console, as_json: bool) -> int:
    """Run the campaign, audit it, print the scoreboard; the last line of stdout is one JSON object.

    Gives the exit code. `kept` says whether the data directory stays.
    """
    began = monotonic()
    out = Console(stderr=as_json, width=150 if not notes.is_terminal else None)
    async with together(settings) as node:
        with Progress(console=notes, transient=True, disable=not notes.is_terminal) as bar:
            task = bar.add_task("一个年份的工作 a season of work", total=None)
            done = await campaign(
                node,
                lambda text: notes.print(f"[green]·[/] {text}", highlight=False),
                lambda sent, total: bar.update(task, advance=sent, total=total),
            )
        await settled(node)
        await asyncio.to_thread(node.storage.seal, LOG)
        waits = await asyncio.to_thread(troubles, node.storage.ledgers_engine)
        waits += await asyncio.to_thread(refused, node.storage.log_engine)
        streamed = node.relay.published_total if node.relay else 0
        scoreboard(node, out)
        ended = await asyncio.to_thread(_ended, node)
        printed(ended, out)
        owed = await asyncio.to_thread(_owed, node)
        out.print(_owed_line(owed), highlight=False)
    notes.print("[green]·[/] 审计  replaying every ledger and score, verifying the tree", highlight=False)
    with opened(settings, audits=True) as storage:
        compared = await asyncio.to_thread(compare, storage, LOG)
        chain = keys.load_chain(settings.data_dir, LOG)
        verified = await asyncio.to_thread(verify_log, storage.log_engine, LOG, chain)
        body = summary(storage, done, compared, verified, streamed, len(waits))
    body["duties"] = dict(owed.counts)
    body["summary"] = ended.counts()
    body["seconds"] = round(monotonic() - began, 1)
    if kept:
        body["data"] = str(settings.data_dir)
    out.print(_audit_line(compared, verified), highlight=False)
    print(json.dumps(body, ensure_ascii=False))
    return 0 if body["ok"] else 1


def summary(
    storage: Storage, done: Campaign, compared: Compared, verified: Verification, streamed: int, waits: int
) -> dict[str, Any]:
    """The named counts of a run."""
    read = done.reading.to_json()
    types: Counter[str] = Counter()
    after = -1
    while page := storage.log.read(LOG, after, 5_000):
        types.update(stored.type for stored in page)
        after = page[-1].position
    refused = len(done.taken.refused)
    published = types["sanguan.assessment.score-published.v1"]
    ok = compared.ok and verified.ok and not refused and not waits and published > 0
    return {
        "ok": ok, "log": LOG, "events": types.total(), "event_types": dict(sorted(types.items())),
        "commands": done.commands.total() + done.taken.done["taken_over"],
        "import": {
            "rows": read["rows"], "accepted": read["accepted"], "rejected": len(read["rejected"]),
            "warnings": len(read["warnings"]), "taken_over": done.taken.done["taken_over"], "refused": refused,
        },
        "scores_published": published,
        "streamed": streamed, "waiting": waits,
        "audit": {
            "replay_ok": compared.ok, "ledgers": len(compared.ledgers),
            "scores": {"checked": compared.scores_checked, "equal": compared.scores_equal},
            "verify_ok": verified.ok, "checkpoints": verified.checkpoints_checked, "size": compared.size,
            "root": compared.root,
        },
    }  # fmt: skip


def scoreboard(node: Node, out: Console) -> None:
    """The year's published scores: indicators downwards, institutions across, numerators over denominators."""
    with node.look("assessment", LOG) as look:
        found = [row for row in look.rows(scores.LEDGER) if row.period == "2015"]
        book = next((row.rulebook for row in look.rows(rulebooks.LEDGER) if row.code == found[0].rulebook), None)
        names = communities_served.names(look)
    if book is None:
        return
    rows = sorted(found, key=lambda row: row.community)  # the sub-district's own code is the shortest
    table = Table(title="东风路街道 2015 年考核（示例数据）  The year's scores (synthetic)", title_style="bold")
    table.add_column("指标 indicator")
    for row in rows:
        table.add_column(names.get(row.community, "全街道"), justify="right")
    held = [{one.code: one for one in row.indicators} for row in rows]
    for indicator in book.indicators:
        if Decimal(indicator.weight) > 0:
            cells = (_cell(of.get(indicator.code)) for of in held)
            table.add_row(f"{indicator.title_zh} [dim]§{indicator.clause}[/]", *cells)
    table.add_section()
    table.add_row("[bold]得分率 per cent[/]", *(f"[bold]{row.per_cent or '—'}[/]" for row in rows))
    places = ranks(rows, book.ranks, Role.OFFICE)
    table.add_row("名次 place（仅办公室 the office only）", *(_place(places.get(row.id)) for row in rows))
    out.print(table)


def _place(held: Place | None) -> str:
    """A place, and whether others have it too; none for the sub-district, nor where there is too little to compare."""
    if held is None:
        return "[dim]—[/]"
    return f"并列 ={held.place}" if held.shared else str(held.place)


def _ended(node: Node) -> Closing:
    """What became of the campaign, by the day of the record's last event."""
    with node.look("assessment", LOG) as look:
        return closing(look, CAMPAIGN, _last_day(node.storage.log))


def _last_day(log: Log) -> date:
    """The last day of which the record tells."""
    last, after = date.min, -1
    while page := log.recorded(LOG, after, 5_000):
        last, after = max(last, *(civil_day(one.occurred_at) for one in page)), page[-1].position
    return last


def _owed(node: Node) -> Duties:
    """What was due, done, overdue or vacant on the campaign's last day."""
    with node.look("assessment", LOG) as look:
        return duties(look, Wanted(as_of=_LAST_DAY), _LAST_DAY)


def _owed_line(owed: Duties) -> str:
    told = "  ".join(f"{state.zh} {state.en} {count}" for state in State if (count := owed.counts[state]))
    return f"{_LAST_DAY} 应办事项 duties:  {told}"


def _cell(indicator: IndicatorScore | None) -> str:
    """Numerator over denominator, green where the target is reached; a dot where there is nothing to measure."""
    if indicator is None or indicator.standing is not Standing.MEASURED:
        return "[dim]·[/]"
    number = f"{indicator.numerator}/{indicator.denominator}"
    colour = {True: "green", False: "red", None: "dim"}[indicator.reached]
    return f"[{colour}]{number}[/]"


def _audit_line(compared: Compared, verified: Verification) -> str:
    equal = sum(1 for one in compared.ledgers if one.live == one.replayed)
    mark = "[green]✓[/]" if compared.ok and verified.ok else "[red]✗[/]"
    return (
        f"{mark} {compared.size} events · {equal} of {len(compared.ledgers)} ledgers equal their replay · "
        f"{compared.scores_equal} of {compared.scores_checked} scores recomputed to the same digits · "
        f"{verified.checkpoints_checked} signed checkpoints verified · root {(compared.root or '—')[:16]}…"
    )
