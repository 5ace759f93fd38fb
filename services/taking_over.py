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
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

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
from services.intake.deadlines import DUE_AS_WRITTEN
from services.intake.importer import FINDINGS, LedgerRow, Outcome, Reading, WorkbookRefused, read_workbook, report
from services.intake.ledgers import cases, places
from services.intake.life import ended_as
from services.intake.takeover import taken_over_id
from services.together import SERVICES, settled, together
from shared.command import Asked, own_id
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, Role, Source, Termination
from shared.contracts.days import civil_day, start_of
from shared.contracts.event import Actor, Recorded
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseReferred,
    CaseResolved,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    PaperRow,
)
from shared.contracts.model import Refused
from shared.errors import Sentences
from shared.log.codec import canonical
from shared.runtime import Node
from shared.settings import Settings
from shared.web.gate import refusal

_CLERK: Final = Actor(id="importer", role=Role.CLERK)
_OFFICE: Final = Actor(id="importer", role=Role.OFFICE)
_AT_ONCE: Final = 64
"""Rows under way at a time: enough to share a commit."""
_Command = TypeVar("_Command", TakeOverCase, RegisterCommunity)


@dataclass(slots=True)
class Taken:
    """What an import did, row by row."""

    import_id: str
    done: Counter[str] = field(default_factory=Counter)
    """taken_over, unchanged, corrected, voided, registered."""
    changed: list[LedgerRow] = field(default_factory=list)
    refused: list[tuple[LedgerRow, Refused]] = field(default_factory=list)


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
            try:
                await settled(node)
            except Refused:  # what was taken over is in the log; only those that follow it are late
                late = "台账尚未追上记录，请运行 sanguan doctor。 The ledgers are behind: run sanguan doctor."
                notes.print(f"[yellow]![/] {late}", highlight=False, soft_wrap=True)
    if report_to is not None:
        await asyncio.to_thread(lambda: report_to.write_bytes(report(file, told(reading, taken), refusals(taken))))
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
    body["rejected"] += [{"sheet": row.sheet, "row": row.row, "code": refused.code} for row, refused in taken.refused]
    body["accepted"] -= len(taken.refused)
    body["dry_run"], body["import_id"] = dry_run, taken.import_id
    body["done"] = {name: taken.done[name] for name in ("taken_over", "unchanged", "corrected", "voided", "registered")}
    return body


def told(reading: Reading, taken: Taken) -> Reading:
    """The reading with what the import itself found, for the workbook that is given back."""
    changed = {(row.sheet, row.row) for row in taken.changed}
    rows = tuple(
        replace(row, findings=(*row.findings, "row_changed")) if (row.sheet, row.row) in changed else row
        for row in reading.rows
    )
    return replace(reading, rows=rows)


def refusals(taken: Taken) -> dict[tuple[str, int], str]:
    """Why rows were refused when they were to be taken over, in Chinese, by sheet and row."""
    sentences = Sentences(SERVICES)
    return {
        (row.sheet, row.row): FINDINGS[refused.code].zh
        if refused.code in FINDINGS
        else str(sentences.problem(refused)["detail_zh"])
        for row, refused in taken.refused
    }


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
                if isinstance(community := codes[plain_name(row.community)], Refused):
                    raise community
                await _row(node, log, community, row, taken)
            except Refused as refused:
                taken.refused.append((row, refused))
            step()

    async with asyncio.TaskGroup() as group:
        for row in reading.accepted:
            group.create_task(one(row))


async def _row(node: Node, log: str, community: str, row: LedgerRow, taken: Taken) -> None:
    content = node.storage.vault.body_mac(row.content()).hex()[:24]
    command = _command(row, community, content, taken.import_id)
    while (history := await _history(node, log, command)) and isinstance(history[-1].event, CaseVoided):
        command = replace(command, undone=command.undone + 1)
    if not history:
        await _take(node, log, command, content, row, taken)
        taken.done["taken_over"] += 1
        return
    marks = [one for one in history if _content(one.command_id) is not None]
    if marks and _content(marks[-1].command_id) == content:
        taken.done["unchanged"] += 1
        return
    # What was only taken over by hand bears no mark: whether the row says the same is not known, so that it is changed.
    first: PaperRow | None = history[0].event.paper
    if first is not None:  # the case stays with the import that brought it in, and is undone with that one
        command = replace(command, paper=replace(command.paper, import_id=first.import_id))
    await _change(node, log, row, command, history, f"{content}:{marks[-1].version if marks else 0}", taken)
    taken.changed.append(row)
    taken.done["corrected"] += 1


async def _history(node: Node, log: str, command: TakeOverCase) -> list[Recorded]:
    return await asyncio.to_thread(node.storage.log.stream, log, f"case/{taken_over_id(command)}")


_MARK: Final = re.compile(own_id("(?:take|change|end):([0-9a-f]{24}):"))
"""The last command of each time that a row was followed: it bears the keyed digest of what the row said."""


def _content(command_id: str) -> str | None:
    """The digest of the row's content that a command followed to its end; None for any other command."""
    found = _MARK.match(command_id)
    return found[1] if found else None


async def _take(node: Node, log: str, command: TakeOverCase, content: str, row: LedgerRow, taken: Taken) -> None:
    id = taken_over_id(command)
    await _send(node, log, command, f"take:{content}:{id}", taken, id=None, at=_reported_at(row))


async def _change(
    node: Node, log: str, row: LedgerRow, command: TakeOverCase, history: Sequence[Recorded], mark: str, taken: Taken
) -> None:
    """The row says something else than before: put right what it changed; where its outcome is another, that follows.

    What is decisive is what the paper said last, not how the case stands: work done since is never undone by a
    correction. Raises `Refused` before anything is done where the paper's new outcome contradicts such work.
    """
    id, said, now = taken_over_id(command), _said(history), node.storage.log.clock()
    case = await asyncio.to_thread(_case, node, log, id)
    ending = None
    if (said.taken_on, said.outcome) != (command.taken_on, command.outcome) and not _agrees(case, command):
        if said.taken_on and said.outcome is PaperOutcome.OPEN and case.status is CaseStatus.ACCEPTED:
            ending = _ending(command)
        if ending is None:  # it takes back what it said: the case begins anew, unless it was worked on
            if _worked(case, history):
                raise Refused("not_possible_now", standing=case.status.value, standing_zh=case.status.zh)
            anew = replace(command, undone=command.undone + 1)
            await _take(node, log, anew, mark.partition(":")[0], row, taken)  # first, for it may be refused
            await _send(node, log, VoidCase(reason="台账更正：办理结果已改"), f"void:{mark}:{id}", taken, id=id, at=now)
            return
    correcting = f"{'amend' if ending else 'change'}:{mark}:{id}"
    if not any(one.command_id == own_id(correcting) for one in history):  # else the ending alone is wanting
        await _send(node, log, _correction(command, said, case, row), correcting, taken, id=id, at=now)
    if ending is not None:
        at = start_of(command.ended_on) if command.ended_on else now
        await _send(node, log, ending, f"end:{mark}:{id}", taken, id=id, at=at)


def _correction(command: TakeOverCase, said: "_Said", case: cases.Row, row: LedgerRow) -> CorrectCase:
    """What the paper says otherwise than it did; what is sealed cannot be compared, and is given whole."""

    def changed(name: str, new: Any) -> Any:
        return new if new != getattr(said, name) else None

    papers_ending = said.outcome is command.outcome and case.ending is not None and not case.reopened
    return CorrectCase(
        reason="台账更正", grid=changed("grid", command.grid), kind=changed("kind", command.kind),
        dispute_type=changed("dispute_type", command.dispute_type), source=changed("source", command.source),
        reported_on=changed("reported_on", row.occurred_on),
        resolved_on=changed("resolved_on", command.ended_on) if papers_ending else None,
        due_on=changed("due_on", command.due_on) if case.due_on is not None else None,
        summary=command.summary, parties=command.parties or None, paper=command.paper,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the paper said last, as far as it can be read."""

    grid: str | None
    kind: CaseKind
    dispute_type: DisputeType
    source: Source | None
    reported_on: date
    taken_on: bool = False
    due_on: date | None = None
    outcome: PaperOutcome = PaperOutcome.OPEN
    resolved_on: date | None = None


def _said(history: Sequence[Recorded]) -> _Said:
    """Read from what was taken over and corrected on the paper's word; what anyone else decided is no part of it."""
    reported = history[0].event
    said = _Said(
        grid=reported.grid, kind=reported.kind, dispute_type=reported.dispute_type, source=reported.source,
        reported_on=civil_day(history[0].occurred_at),
    )  # fmt: skip
    for recorded in history[1:]:
        event = recorded.event
        if isinstance(event, CaseCorrected):
            if recorded.command_id.startswith((own_id("change:"), own_id("amend:"))):
                names = ("grid", "kind", "dispute_type", "source", "reported_on", "due_on", "resolved_on")
                given = {name: new for name in names if (new := getattr(event, name)) is not None}
                said = replace(said, **given)
        elif not _on_paper(recorded):
            continue
        elif isinstance(event, CaseAccepted):
            said = replace(said, taken_on=True, due_on=event.due_on if event.due_rule == DUE_AS_WRITTEN else None)
        elif isinstance(event, CaseResolved | CaseTerminated | CaseReferred | CaseWithdrawn):
            ended_on = civil_day(recorded.occurred_at) if event.day_known else None
            said = replace(said, outcome=PaperOutcome(ended_as(event).value), resolved_on=ended_on)
    return said


def _on_paper(recorded: Recorded) -> bool:
    return getattr(recorded.event, "basis", Basis.ACT) is Basis.PAPER_LEDGER


def _worked(case: cases.Row, history: Sequence[Recorded]) -> bool:
    """Whether anything was done about the case since it was taken over; to correct its entry is no work on it."""
    acts = any(not isinstance(one.event, CaseCorrected) and not _on_paper(one) for one in history)
    return acts or case.visits_done + case.visits_declined + case.mediations > 0


def _agrees(case: cases.Row, command: TakeOverCase) -> bool:
    """Whether the case has ended, in the system, just as the paper says by now."""
    return case.ending is not None and case.ending.value == command.outcome.value


async def undo_import(node: Node, log: str, reading: Reading, taken: Taken, step: Callable[[], None]) -> None:
    """Make void what this workbook brought in and is not void yet. What it only corrected stays corrected."""
    await node.followers["intake"].caught_up(log)
    with node.look("intake", log) as look:
        mine = [case for case in look.rows(cases.LEDGER) if case.paper and case.paper.import_id == taken.import_id]
    for case in mine:
        if case.status is not CaseStatus.VOIDED:
            command_id, now = f"undo:{taken.import_id}:{case.id}", node.storage.log.clock()
            await _send(node, log, VoidCase(reason="撤销导入"), command_id, taken, id=case.id, at=now)
            taken.done["voided"] += 1
        step()


async def _send(
    node: Node, log: str, command: Any, command_id: str, taken: Taken, *, id: str | None, at: datetime
) -> None:
    """Ask it of intake in the importer's name: whatever an import does has the import for its cause."""
    asked = Asked(
        log=log, command_id=own_id(command_id), command=command, occurred_at=at, actor=_CLERK, id=id,
        cause=taken.import_id,
    )  # fmt: skip
    await node.desks["intake"].send(asked)


def _case(node: Node, log: str, id: str) -> cases.Row:
    with node.look("intake", log) as look:
        case = look.row(cases.LEDGER, id)
    if case is None:
        raise Refused("ledger_behind")
    return case


def _reported_at(row: LedgerRow) -> datetime:
    assert row.occurred_on is not None, "accepted rows have a report day"
    return start_of(row.occurred_on)


# from a row to a command ------------------------------------------------------------------------------------------


def _command(row: LedgerRow, community: str, content: str, import_id: str) -> TakeOverCase:
    """The row as a command, through the same gate as everyone's; raises `Refused`."""
    assert row.dispute_type is not None, "accepted rows have a type"
    assert row.occurred_on is not None, "accepted rows have a report day"
    number = _number(row.number) or f"c{content[:16]}"
    if row.occurrence > 1:
        number += f"_{row.occurrence}"
    outcome = PaperOutcome.OPEN if row.outcome is Outcome.DECLINED else PaperOutcome(row.outcome.value)
    ended = outcome is not PaperOutcome.OPEN
    return _checked(TakeOverCase(
        community=community, grid=_grid(row.grid), kind=CaseKind.BACKLOG if row.backlog else CaseKind.DISPUTE,
        dispute_type=row.dispute_type, source=row.source, summary=row.summary or "（未填写）", parties=_parties(row),
        paper=PaperRow(
            import_id=import_id, sheet=row.sheet, row=row.row, number=number,
            month=row.month or row.occurred_on.strftime("%Y-%m"),
        ),
        taken_on=row.outcome is not Outcome.DECLINED, due_on=row.due_on, handed_down=row.backlog, outcome=outcome,
        ended_on=row.resolved_on if ended else None,
        referred_to="纸质台账所载机关" if outcome is PaperOutcome.REFERRED else None,
    ))  # fmt: skip


def _checked(command: _Command) -> _Command:
    """The command through the gate of everyone's; raises `Refused`."""
    try:
        made: _Command = TypeAdapter(type(command)).validate_json(canonical(command))
    except ValidationError as error:
        raise refusal(error) from None
    return made


def _number(written: str | None) -> str:
    """A row's number as a case's id can hold it. Two that differ on paper differ here: what has to be changed is told
    apart by a digest (a row's number is nothing personal)."""
    plain = re.sub(r"[^0-9A-Za-z\u3400-\u9fff.-]", "-", written or "")
    if written is None or (plain == written and len(plain) <= 24):
        return plain
    return f"{plain[:14]}_x{hashlib.sha256(written.encode()).hexdigest()[:8]}"


def _grid(grid: str | None) -> str | None:
    return re.sub(r"[^0-9A-Za-z\u3400-\u9fff._:-]", "", grid)[:64] or None if grid else None


def _parties(row: LedgerRow) -> tuple[Person, ...]:
    return tuple(
        Person(role=party.role, name=party.name, phone=party.phone, id_number=party.id_number) for party in row.parties
    )


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


# communities ------------------------------------------------------------------------------------------------------


def plain_name(name: str) -> str:
    """A community's name as papers shorten it: 文博 for 文博社区."""
    return re.sub(r"(社区|村)(居委会|村委会)?$", "", name) or name


async def _communities(node: Node, log: str, rows: Sequence[LedgerRow], taken: Taken) -> dict[str, str | Refused]:
    """The codes of the communities that the rows name, by their plain names. One that the log does not know yet is
    registered; where that is refused, so are its rows."""
    await node.followers["intake"].caught_up(log)
    with node.look("intake", log) as look:
        known: dict[str, str | Refused] = {plain_name(row.name): row.community for row in look.rows(places.LEDGER)}
    free = max((int(code[9:]) for code in known.values() if isinstance(code, str)), default=0)
    for name in dict.fromkeys(row.community for row in rows if row.community is not None):
        if plain_name(name) not in known:
            try:
                known[plain_name(name)] = await _register(node, log, f"{log}{free + 1:03}", name, rows, taken)
                free += 1
            except Refused as refused:
                known[plain_name(name)] = refused
    await node.followers["intake"].caught_up(log)
    return known


async def _register(node: Node, log: str, code: str, name: str, rows: Sequence[LedgerRow], taken: Taken) -> str:
    here = [row for row in rows if row.community == name]
    grids = tuple(sorted({grid for row in here if (grid := _grid(row.grid))}))
    command = _checked(RegisterCommunity(code=code, name=name, grids=grids, households=0))
    asked = Asked(
        log=log, command_id=own_id(f"register:{code}"), command=command, actor=_OFFICE, cause=taken.import_id,
        occurred_at=min(map(_reported_at, here)),
    )  # fmt: skip
    await node.desks["assignment"].send(asked)
    taken.done["registered"] += 1
    return code
