"""`sanguan import`: a clerk's workbook becomes commands 台账导入 (§3.1.4).

A row is known by its community, month and number. The same row again changes nothing; a changed row leads to a
correction; a row whose outcome is taken back is made void and taken over anew; an import is undone as a whole.
"""

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import Progress

from services.assignment.commands import RegisterCommunity
from services.intake.commands import (
    CorrectCase,
    PaperOutcome,
    Person,
    ReferCase,
    ResolveCase,
    TakeOverCase,
    TerminateCase,
    VoidCase,
    WithdrawCase,
)
from services.intake.importer import FINDINGS, LedgerRow, Outcome, Reading, WorkbookRefused, read_workbook, report
from services.intake.ledgers import cases, places
from services.intake.takeover import taken_over_id
from services.together import settled, together
from shared.command import Asked
from shared.contracts.codes import Basis, CaseKind, CaseStatus, Role, Termination
from shared.contracts.days import start_of
from shared.contracts.event import Actor
from shared.contracts.intake import PaperRow
from shared.contracts.model import Refused
from shared.log.codec import canonical
from shared.runtime import Node
from shared.settings import Settings
from shared.web.gate import refusal

_CLERK: Final = Actor(id="importer", role=Role.CLERK)
_OFFICE: Final = Actor(id="importer", role=Role.OFFICE)
_AT_ONCE: Final = 64
"""Rows under way at a time: enough to share a commit."""
_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(TakeOverCase)


@dataclass(slots=True)
class Taken:
    """What an import did, row by row."""

    import_id: str
    done: Counter[str] = field(default_factory=Counter)
    """taken_over, unchanged, corrected, voided, registered."""
    changed: list[LedgerRow] = field(default_factory=list)
    refused: list[tuple[LedgerRow, str]] = field(default_factory=list)


async def import_workbook(
    settings: Settings, file: Path, log: str, *, dry_run: bool, report_to: Path | None, strict: bool, undo: bool,
    as_json: bool, notes: Console,
) -> int:  # fmt: skip
    """Read, judge, and (unless it is a dry run) take over. Gives the exit code."""
    try:
        reading = await asyncio.to_thread(read_workbook, file)
    except WorkbookRefused as refused:
        problem = {"code": refused.code, "detail_zh": refused.detail_zh, "detail_en": refused.detail_en}
        if as_json:
            print(json.dumps(problem, ensure_ascii=False))
        notes.print(f"[red]✗[/] {refused.detail_zh} {refused.detail_en}", highlight=False, soft_wrap=True)
        return 2
    taken = Taken(import_id(file))
    if not dry_run:
        async with together(settings, stream=False) as node:
            with Progress(console=notes, transient=True, disable=not notes.is_terminal) as bar:
                task = bar.add_task("导入 importing", total=len(reading.accepted))
                work = undo_import if undo else take_over
                await work(node, log, reading, taken, lambda: bar.advance(task))
            await settled(node)
    if report_to is not None:
        await asyncio.to_thread(lambda: report_to.write_bytes(report(file, told(reading, taken))))
    body = answer(reading, taken, dry_run=dry_run)
    print(json.dumps(body, ensure_ascii=False) if as_json else _sentence(body))
    return 1 if strict and body["rejected"] else 0


def import_id(file: Path) -> str:
    """The import's id: the same file has the same one."""
    return f"import-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"


def answer(reading: Reading, taken: Taken, *, dry_run: bool) -> dict[str, Any]:
    """The contract's object, and what was done."""
    body = reading.to_json()
    body["warnings"] += [{"sheet": row.sheet, "row": row.row, "code": "row_changed"} for row in taken.changed]
    body["rejected"] += [{"sheet": row.sheet, "row": row.row, "code": code} for row, code in taken.refused]
    body["accepted"] -= len(taken.refused)
    body["dry_run"], body["import_id"] = dry_run, taken.import_id
    body["done"] = {name: taken.done[name] for name in ("taken_over", "unchanged", "corrected", "voided", "registered")}
    return body


def told(reading: Reading, taken: Taken) -> Reading:
    """The reading with what the import itself found, for the workbook that is given back."""
    found: dict[tuple[str, int], str] = {(row.sheet, row.row): "row_changed" for row in taken.changed}
    found |= {(row.sheet, row.row): code for row, code in taken.refused if code in FINDINGS}
    rows = tuple(
        replace(row, findings=(*row.findings, code)) if (code := found.get((row.sheet, row.row))) else row
        for row in reading.rows
    )
    return replace(reading, rows=rows)


def _sentence(body: dict[str, Any]) -> str:
    done = body["done"]
    read = f"读取 {body['rows']} 行，接收 {body['accepted']} 行，"
    read += f"退回 {len(body['rejected'])} 行，提示 {len(body['warnings'])} 条。"
    if body["dry_run"]:
        return f"{read}（试读，未作任何改动。Nothing was changed.）"
    counts = (("新登记", "taken_over"), ("未变", "unchanged"), ("更正", "corrected"), ("作废", "voided"))
    return f"{read} {'，'.join(f'{word} {done[name]}' for word, name in counts)}。"


# taking over ----------------------------------------------------------------------------------------------------


async def take_over(node: Node, log: str, reading: Reading, taken: Taken, step: Callable[[], None]) -> None:
    """Take every accepted row over; each is a command of its own, so that one refusal stops nothing."""
    codes = await _communities(node, log, reading.accepted, taken)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(row: LedgerRow) -> None:
        async with gate:
            try:
                if row.community is None:
                    raise Refused("community_missing")
                await _row(node, log, codes[plain_name(row.community)], row, taken)
            except Refused as refused:
                taken.refused.append((row, refused.code))
            step()

    async with asyncio.TaskGroup() as group:
        for row in reading.accepted:
            group.create_task(one(row))


async def _row(node: Node, log: str, community: str, row: LedgerRow, taken: Taken) -> None:
    content = node.storage.vault.body_mac(row.content()).hex()[:24]
    command = _command(row, community, content, taken.import_id)
    undone = 0
    while history := await asyncio.to_thread(node.storage.log.stream, log, f"case/{_id(command, undone)}"):
        case = await asyncio.to_thread(_case, node, log, _id(command, undone), history[-1].position)
        if case is None or case.status is not CaseStatus.VOIDED:
            break
        undone += 1
    id = _id(command, undone)
    if not history:
        await _send(node, log, _again(command, undone), f"take:{id}:{content}", row, id=None)
        taken.done["taken_over"] += 1
        return
    last = next(r.command_id for r in reversed(history) if r.command_id.startswith(("take:", "change:")))
    if last.split(":")[2] == content:
        taken.done["unchanged"] += 1
        return
    taken.changed.append(row)
    await _change(node, log, id, row, command, f"{content}:{history[-1].version}", undone)
    taken.done["corrected"] += 1


async def _change(node: Node, log: str, id: str, row: LedgerRow, command: TakeOverCase, mark: str, undone: int) -> None:
    """The row says something else than before: correct the case; where its outcome is another, let it follow."""
    case = await asyncio.to_thread(_case, node, log, id, -1)
    before = _paper_outcome(case)
    if before is not command.outcome and before is not PaperOutcome.OPEN:
        await _send(node, log, VoidCase(reason="台账更正：办理结果已改"), f"void:{id}:{mark}", row, id=id)
        content = mark.split(":")[0]
        await _send(node, log, _again(command, undone + 1), f"take:{_id(command, undone + 1)}:{content}", row, id=None)
        return
    ended = command.ended_on if before is command.outcome else None
    correction = CorrectCase(
        reason="台账更正", grid=command.grid, kind=command.kind, dispute_type=command.dispute_type,
        source=command.source, reported_on=row.occurred_on, resolved_on=ended, due_on=command.due_on,
        summary=command.summary, parties=command.parties, paper=command.paper,
    )  # fmt: skip
    await _send(node, log, correction, f"change:{id}:{mark}", row, id=id)
    if before is not command.outcome and (ending := _ending(command)) is not None:
        await _send(node, log, ending, f"end:{id}:{mark}", row, id=id, ended=True)


async def undo_import(node: Node, log: str, reading: Reading, taken: Taken, step: Callable[[], None]) -> None:
    """Make void what this workbook brought in and is not void yet. What it only corrected stays corrected."""
    with node.look("intake", log) as look:
        mine = [case for case in look.rows(cases.LEDGER) if case.paper and case.paper.import_id == taken.import_id]
    for case in mine:
        if case.status is not CaseStatus.VOIDED:
            asked = Asked(
                log=log, command_id=f"undo:{taken.import_id}:{case.id}", command=VoidCase(reason="撤销导入"),
                occurred_at=node.storage.log.clock(), actor=_CLERK, id=case.id, cause=taken.import_id,
            )  # fmt: skip
            await node.desks["intake"].send(asked)
            taken.done["voided"] += 1
        step()


async def _send(
    node: Node, log: str, command: Any, command_id: str, row: LedgerRow, *, id: str | None, ended: bool = False
) -> None:
    assert row.occurred_on is not None, "accepted rows have a report day"
    at = start_of(row.occurred_on)
    if ended or isinstance(command, VoidCase | CorrectCase):
        at = start_of(row.resolved_on) if ended and row.resolved_on else node.storage.log.clock()
    asked = Asked(
        log=log, command_id=command_id, command=command, occurred_at=at, actor=_CLERK, id=id,
        cause=command_id.split(":")[0] if id else None,
    )  # fmt: skip
    await node.desks["intake"].send(asked)


def _case(node: Node, log: str, id: str, position: int) -> cases.Row | None:
    with node.look("intake", log) as look:
        return look.row(cases.LEDGER, id)


# from a row to a command ------------------------------------------------------------------------------------------


def _command(row: LedgerRow, community: str, content: str, import_id: str) -> TakeOverCase:
    """The row as a command, through the same gate as everyone's; raises `Refused`."""
    assert row.dispute_type is not None, "accepted rows have a type"
    assert row.occurred_on is not None, "accepted rows have a report day"
    number = re.sub(r"[^0-9A-Za-z\u3400-\u9fff._:-]", "-", row.number or "")[:40] or f"c{content[:16]}"
    if row.occurrence > 1:
        number += f"_{row.occurrence}"
    outcome = PaperOutcome.OPEN if row.outcome is Outcome.DECLINED else PaperOutcome(row.outcome.value)
    ended = outcome is not PaperOutcome.OPEN
    command = TakeOverCase(
        community=community, grid=_grid(row.grid), kind=CaseKind.BACKLOG if row.backlog else CaseKind.DISPUTE,
        dispute_type=row.dispute_type, source=row.source, summary=row.summary or "（未填写）", parties=_parties(row),
        paper=PaperRow(
            import_id=import_id, sheet=row.sheet, row=row.row, number=number,
            month=row.month or row.occurred_on.strftime("%Y-%m"),
        ),
        taken_on=row.outcome is not Outcome.DECLINED, due_on=row.due_on, handed_down=row.backlog, outcome=outcome,
        ended_on=row.resolved_on if ended else None,
        referred_to="纸质台账所载机关" if outcome is PaperOutcome.REFERRED else None,
    )  # fmt: skip
    try:
        made: TakeOverCase = _ADAPTER.validate_json(canonical(command))
    except ValidationError as error:
        raise refusal(error) from None
    return made


def _grid(grid: str | None) -> str | None:
    return re.sub(r"[^0-9A-Za-z\u3400-\u9fff._:-]", "", grid)[:64] or None if grid else None


def _parties(row: LedgerRow) -> tuple[Person, ...]:
    return tuple(
        Person(role=party.role, name=party.name, phone=party.phone, id_number=party.id_number) for party in row.parties
    )


def _again(command: TakeOverCase, undone: int) -> TakeOverCase:
    return replace(command, undone=undone)


def _id(command: TakeOverCase, undone: int) -> str:
    return taken_over_id(_again(command, undone))


def _ending(command: TakeOverCase) -> ResolveCase | TerminateCase | ReferCase | WithdrawCase | None:
    paper = Basis.PAPER_LEDGER
    match command.outcome:
        case PaperOutcome.RESOLVED:
            return ResolveCase(basis=paper)
        case PaperOutcome.TERMINATED:
            return TerminateCase(reason=Termination.NO_AGREEMENT, remedies_told=False, basis=paper)
        case PaperOutcome.REFERRED:
            return ReferCase(to_unit=command.referred_to or "", outside=True, basis=paper)
        case PaperOutcome.WITHDRAWN:
            return WithdrawCase(reason=PaperOutcome.WITHDRAWN.zh, basis=paper)
        case PaperOutcome.OPEN:
            return None


def _paper_outcome(case: cases.Row | None) -> PaperOutcome:
    """What the paper would call the case's present standing."""
    endings = {
        CaseStatus.RESOLVED: PaperOutcome.RESOLVED, CaseStatus.TERMINATED: PaperOutcome.TERMINATED,
        CaseStatus.REFERRED: PaperOutcome.REFERRED, CaseStatus.WITHDRAWN: PaperOutcome.WITHDRAWN,
    }  # fmt: skip
    return PaperOutcome.OPEN if case is None or case.ending is None else endings[case.ending]


# communities ------------------------------------------------------------------------------------------------------


def plain_name(name: str) -> str:
    """A community's name as papers shorten it: 文博 for 文博社区."""
    return re.sub(r"(社区|村)(居委会|村委会)?$", "", name) or name


async def _communities(node: Node, log: str, rows: Sequence[LedgerRow], taken: Taken) -> dict[str, str]:
    """The codes of the communities that the rows name; one that the log does not know yet is registered."""
    await node.followers["intake"].caught_up(log)
    with node.look("intake", log) as look:
        known = {plain_name(row.name): row.community for row in look.rows(places.LEDGER)}
    free = max((int(code[9:]) for code in known.values()), default=0)
    for name in dict.fromkeys(row.community for row in rows if row.community is not None):
        if plain_name(name) in known:
            continue
        free += 1
        grids = sorted({grid for row in rows if row.community == name and (grid := _grid(row.grid))})
        command = RegisterCommunity(code=f"{log}{free:03}", name=name, grids=tuple(grids), households=0)
        asked = Asked(
            log=log, command_id=f"register:{command.code}", command=command, actor=_OFFICE,
            occurred_at=min(start_of(row.occurred_on) for row in rows if row.community == name and row.occurred_on),
        )  # fmt: skip
        await node.desks["assignment"].send(asked)
        known[plain_name(name)] = command.code
        taken.done["registered"] += 1
    await node.followers["intake"].caught_up(log)
    return known
