"""`sanguan import`: a clerk's workbook becomes commands 台账导入 (§3.1.4).

A row is known by its community, month and number. The same row again changes nothing; a changed row leads to a
correction; a row whose outcome is taken back is made void and taken over anew. An import is undone as a whole: what it
brought in is made void, what it corrected is put back as it stood.
"""

import asyncio
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress

from services.assignment.commands import RegisterCommunity
from services.installation import SERVICES, data_exists, opened
from services.intake.commands import CorrectCase, PaperOutcome, TakeOverCase, VoidCase
from services.intake.importer import FINDINGS, LedgerRow, Reading, WorkbookRefused, read_workbook, report
from services.intake.ledgers import cases, places
from services.intake.takeover import taken_over_id
from services.paper_ledger import Said, checked, command_of, emptied, ending_of, grid_of, on_paper, said, stood
from services.together import settled, together
from shared.clock import utc_now
from shared.command import Asked, own_id
from shared.contracts.codes import CaseStatus, Role
from shared.contracts.days import start_of
from shared.contracts.event import Actor, Recorded
from shared.contracts.intake import CaseCorrected, CaseVoided, PaperRow
from shared.contracts.model import Refused
from shared.errors import Sentences, Unusable
from shared.log.vault import Unreadable
from shared.runtime import Node
from shared.settings import Settings
from shared.storage import Storage

_CLERK: Final = Actor(id="importer", role=Role.CLERK)
_OFFICE: Final = Actor(id="importer", role=Role.OFFICE)
_AT_ONCE: Final = 64
"""Rows under way at a time: enough to share a commit."""
_MOST_TOLD: Final = 20
"""Rejected rows that a terminal is told of; the report has them all."""
DONE: Final = ("taken_over", "unchanged", "corrected", "restored", "voided", "registered")
"""What may become of a row, or of a case or community that it names."""


@dataclass(slots=True)
class Taken:
    """What an import did, or would do, row by row."""

    import_id: str
    done: Counter[str] = field(default_factory=Counter)
    """How often each of `DONE`."""
    found: list[tuple[LedgerRow, str]] = field(default_factory=list)
    """What taking over or undoing found out about rows: codes of `FINDINGS`."""
    refused: list[tuple[LedgerRow, Refused]] = field(default_factory=list)


class Office:
    """An installation as an import meets it: its record, its ledgers, its desks. A dry run asks nothing of the desks,
    and where there is no installation yet, there is nothing in the record."""

    def __init__(self, log: str, import_id: str, storage: Storage | None, node: Node | None = None) -> None:
        self.log, self.import_id = log, import_id
        self._storage, self._node = storage, node

    async def send(
        self, service: str, command: Any, command_id: str, actor: Actor, id: str | None, at: datetime
    ) -> None:
        """Ask it in the importer's name, through the gate of everyone's: whatever an import does has the import for its
        cause."""
        command = checked(command)
        if self._node is not None:
            asked = Asked(
                log=self.log, command_id=own_id(command_id), command=command, occurred_at=at, actor=actor, id=id,
                cause=self.import_id,
            )  # fmt: skip
            await self._node.desks[service].send(asked)

    async def caught_up(self) -> None:
        """Return when intake's ledgers hold all that the record holds."""
        if self._node is not None:
            await self._node.followers["intake"].caught_up(self.log)

    async def history(self, id: str) -> list[Recorded]:
        """All events of a case."""
        if self._storage is None:
            return []
        return await asyncio.to_thread(self._storage.log.stream, self.log, f"case/{id}")

    def rows(self, ledger: str) -> list[Any]:
        """All rows of one of intake's ledgers."""
        if self._storage is None:
            return []
        with self._storage.ledgers_engine.connect() as connection:
            return [row for _, row in self._storage.tables["intake"][ledger].query(connection, self.log, {})]

    def case(self, id: str) -> cases.Row:
        """A case as its ledger has it; raises `Refused("ledger_behind")`."""
        assert self._storage is not None, "a case that is there is in a record"
        with self._storage.ledgers_engine.connect() as connection:
            held: Mapping[str, Any] = self._storage.tables["intake"]["cases"].fetch(connection, self.log, [id])
        if id not in held:
            raise Refused("ledger_behind")
        row: cases.Row = held[id]
        return row

    def digest(self, row: LedgerRow) -> str:
        """What tells a row's content from another without telling it."""
        if self._storage is None:
            return hashlib.sha256(f"{row.sheet}:{row.row}".encode()).hexdigest()[:24]  # of its place: nothing is kept
        return self._storage.vault.body_mac(row.content()).hex()[:24]

    def open(self, box: str) -> str:
        """What a sealed box holds; raises `Unreadable`."""
        assert self._storage is not None, "a box comes from a record"
        return self._storage.vault.open(self.log, box)

    def now(self) -> datetime:
        """When it is."""
        return utc_now()


@asynccontextmanager
async def _office(
    settings: Settings, log: str, import_id: str, *, dry_run: bool
) -> AsyncIterator[tuple[Office, Node | None]]:
    """The installation, at work unless nothing is to be changed."""
    if not dry_run:
        async with together(settings, stream=False) as node:
            yield Office(log, import_id, node.storage, node), node
    elif settings.database_url is not None or data_exists(settings.data_dir):
        with opened(settings, audits=True) as storage:
            yield Office(log, import_id, storage), None
    else:
        yield Office(log, import_id, None), None


async def import_workbook(
    settings: Settings, file: Path, log: str, *, dry_run: bool, report_to: Path | None, strict: bool, undo: bool,
    as_json: bool, notes: Console,
) -> int:  # fmt: skip
    """Read, judge, and (unless it is a dry run) take over. Gives the exit code; raises `Unusable` before anything is
    done where the log's name, the workbook or the place of the report cannot be used."""
    _check_log(log)
    if report_to is not None:
        _check_report(report_to, file)
    try:
        reading = await asyncio.to_thread(read_workbook, file)
    except WorkbookRefused as refused:
        raise Unusable(refused.code, f"{refused.detail_zh}。", f"{refused.detail_en}.") from None
    taken = Taken(import_id(file))
    async with _office(settings, log, taken.import_id, dry_run=dry_run) as (office, node):
        with Progress(console=notes, transient=True, disable=not notes.is_terminal) as bar:
            task = bar.add_task("导入 importing", total=len(reading.accepted))
            await (undo_import if undo else take_over)(office, reading, taken, lambda: bar.advance(task))
        if node is not None:
            try:
                await settled(node)
            except Refused:  # what was taken over is in the log; only those that follow it are late
                late = "台账尚未追上记录，请运行 sanguan doctor。 The ledgers are behind: run sanguan doctor."
                notes.print(f"[yellow]![/] {late}", highlight=False, soft_wrap=True)
    if report_to is not None:
        await asyncio.to_thread(lambda: report_to.write_bytes(report(file, told(reading, taken), refusals(taken))))
    body = answer(reading, taken, dry_run=dry_run)
    print(json.dumps(body, ensure_ascii=False) if as_json else sentences(body, reading, taken, report_to is None))
    return 1 if strict and body["rejected"] else 0


def _check_log(log: str) -> None:
    if not re.fullmatch("[0-9]{9}", log):
        raise Unusable(
            "bad_log", "日志名是街道的九位区划代码，例如 410105010。",
            "A log is a sub-district's nine-digit division code, for example 410105010.",
        )  # fmt: skip


def _check_report(report_to: Path, file: Path) -> None:
    """That the report can be written, and is not the workbook itself: said before anything is imported."""
    place = report_to.parent
    if not place.is_dir() or not os.access(place, os.W_OK) or report_to.is_dir():
        raise Unusable(
            "report_not_writable", f"不能把核对结果写到 {report_to}：请换一个已有的、可写的文件夹。尚未导入任何内容。",
            f"The report cannot be written to {report_to}: name a file in a directory that is there and can be written "
            "to. Nothing was imported.",
        )  # fmt: skip
    if report_to.exists() and file.exists() and report_to.samefile(file):
        raise Unusable(
            "report_over_workbook", "核对结果不能覆盖原工作簿：请换一个文件名。尚未导入任何内容。",
            "The report would overwrite the workbook: give it another name. Nothing was imported.",
        )  # fmt: skip


def import_id(file: Path) -> str:
    """The import's id: the same file has the same one."""
    return f"import-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}"


def answer(reading: Reading, taken: Taken, *, dry_run: bool) -> dict[str, Any]:
    """The contract's object; what was done, and what a dry run would do."""
    body = reading.to_json()
    body["warnings"] += [{"sheet": row.sheet, "row": row.row, "code": code} for row, code in taken.found]
    body["rejected"] += [{"sheet": row.sheet, "row": row.row, "code": refused.code} for row, refused in taken.refused]
    body["accepted"] -= len(taken.refused)
    body["dry_run"], body["import_id"] = dry_run, taken.import_id
    counts = {name: taken.done[name] for name in DONE}
    body["done"] = dict.fromkeys(DONE, 0) if dry_run else counts
    if dry_run:
        body["would_do"] = counts
    return body


def told(reading: Reading, taken: Taken) -> Reading:
    """The reading with what the import itself found, for the workbook that is given back."""
    found: dict[tuple[str, int], list[str]] = {}
    for row, code in taken.found:
        found.setdefault((row.sheet, row.row), []).append(code)
    rows = (replace(row, findings=(*row.findings, *found.get((row.sheet, row.row), ()))) for row in reading.rows)
    return replace(reading, rows=tuple(rows))


def refusals(taken: Taken) -> dict[tuple[str, int], str]:
    """Why rows were refused when they were to be taken over, in Chinese, by sheet and row."""
    known = Sentences(SERVICES)
    return {
        (row.sheet, row.row): FINDINGS[refused.code].zh
        if refused.code in FINDINGS
        else str(known.problem(refused)["detail_zh"])
        for row, refused in taken.refused
    }


def sentences(body: dict[str, Any], reading: Reading, taken: Taken, tells_rows: bool) -> str:
    """What people are told: how much was read and done, and (`tells_rows`) which rows were not taken, and why."""
    counts = body["would_do"] if body["dry_run"] else body["done"]
    words = {"taken_over": "新登记", "unchanged": "未变", "corrected": "更正", "restored": "恢复", "voided": "作废"}
    done = "，".join(f"{word} {counts[name]}" for name, word in words.items() if counts[name] or name in DONE[:3])
    text = f"读取 {body['rows']} 行，接收 {body['accepted']} 行，"
    text += f"退回 {len(body['rejected'])} 行，提示 {len(body['warnings'])} 条。 "
    text += f"（试读，未作任何改动；导入将会：{done}。Nothing was changed.）" if body["dry_run"] else f"{done}。"
    lines = [f"  ✗ {sheet} 第{row}行：{why}" for (sheet, row), why in _rejections(reading, taken).items()]
    if not tells_rows or not lines:
        return text
    if len(lines) > _MOST_TOLD:
        lines[_MOST_TOLD:] = [f"  … 还有 {len(lines) - _MOST_TOLD} 行 ({len(lines) - _MOST_TOLD} more rows)"]
    todo = "请在工作簿中改正以上各行后再导入一次，已接收的行不会重复；加 --report 意见.xlsx 可得到逐行说明。"
    also = (
        "Mend these rows and import again: rows that were taken are not taken twice. --report FILE.xlsx tells of each."
    )
    return "\n".join([text, *lines, todo, also])


def _rejections(reading: Reading, taken: Taken) -> dict[tuple[str, int], str]:
    """Why each row was not taken, in the workbook's order."""
    read = {(row.sheet, row.row): FINDINGS[row.rejected].zh for row in reading.rows if row.rejected}
    why = read | refusals(taken)
    return {(row.sheet, row.row): why[row.sheet, row.row] for row in reading.rows if (row.sheet, row.row) in why}


# taking over ----------------------------------------------------------------------------------------------------


async def take_over(office: Office, reading: Reading, taken: Taken, step: Callable[[], None]) -> None:
    """Take every accepted row over; each is a command of its own, so that one refusal stops nothing."""
    codes = await _communities(office, reading.accepted, taken)
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(row: LedgerRow) -> None:
        async with gate:
            try:
                if row.community is None:
                    raise Refused("community_missing")
                if isinstance(community := codes[plain_name(row.community)], Refused):
                    raise community
                await _row(office, community, row, taken)
            except Refused as refused:
                taken.refused.append((row, refused))
            step()

    async with asyncio.TaskGroup() as group:
        for row in reading.accepted:
            group.create_task(one(row))


async def _row(office: Office, community: str, row: LedgerRow, taken: Taken) -> None:
    content = office.digest(row)
    command, history, _ = await _standing(office, command_of(row, community, content, office.import_id))
    if not history:
        await _take(office, command, content, _reported_on(row))
        taken.done["taken_over"] += 1
        return
    marks = _marks(history)
    if marks and _content(marks[-1]) == content:
        taken.done["unchanged"] += 1
        return
    # What was only taken over by hand bears no mark: whether the row says the same is not known, so that it is changed.
    mark = f"{content}:{marks[-1].version if marks else 0}"
    await _change(office, command, _reported_on(row), history, mark)
    taken.found.append((row, "row_changed"))
    taken.done["corrected"] += 1


async def _standing(office: Office, command: TakeOverCase) -> tuple[TakeOverCase, list[Recorded], Sequence[Recorded]]:
    """The row's case that is not void: the command with its id, its history (none where there is no such case), and the
    history of the one before it. The case stays with the import that brought it in, and is undone with that one."""
    before: Sequence[Recorded] = ()
    while (history := await office.history(taken_over_id(command))) and isinstance(history[-1].event, CaseVoided):
        before, command = history, replace(command, undone=command.undone + 1)
    first: PaperRow | None = history[0].event.paper if history else None
    if first is not None:
        command = replace(command, paper=replace(command.paper, import_id=first.import_id))
    return command, history, before


_MARK: Final = re.compile(own_id("(?:take|change|end):([0-9a-f]{24}):"))
"""The last command of each time that a row was followed: it bears the keyed digest of what the row said."""
_NO_CONTENT: Final = "0" * 24
"""The mark of what no row said: it was taken over by hand."""


def _marks(history: Sequence[Recorded]) -> list[Recorded]:
    """Where the case came to say what a row said: of each such command the last event."""
    return list({one.command_id: one for one in history if _MARK.match(one.command_id)}.values())


def _content(marked: Recorded) -> str:
    """The digest of the row's content that a marked command followed to its end."""
    found = _MARK.match(marked.command_id)
    assert found is not None
    return found[1]


async def _take(office: Office, command: TakeOverCase, content: str, reported_on: date) -> None:
    mark = f"take:{content}:{taken_over_id(command)}"
    await office.send("intake", command, mark, _CLERK, None, start_of(reported_on))


async def _change(
    office: Office, command: TakeOverCase, reported_on: date, history: Sequence[Recorded], mark: str
) -> None:
    """The row says something else than before: put right what it changed; where its outcome is another, that follows.

    What is decisive is what the paper said last, not how the case stands: work done since is never undone by a
    correction. Raises `Refused` before anything is done where the paper's new outcome contradicts such work.
    """
    id, before, now = taken_over_id(command), said(history), office.now()
    case = await asyncio.to_thread(office.case, id)
    ending = None
    if (before.taken_on, before.outcome) != (command.taken_on, command.outcome) and not _agrees(case, command):
        if before.taken_on and before.outcome is PaperOutcome.OPEN and case.status is CaseStatus.ACCEPTED:
            ending = ending_of(command)
        if ending is None:  # it takes back what it said: the case begins anew, unless it was worked on
            if _worked(case, history):
                raise Refused("not_possible_now", standing=case.status.value, standing_zh=case.status.zh)
            anew = replace(command, undone=command.undone + 1)
            await _take(office, anew, mark.partition(":")[0], reported_on)  # first, for it may be refused
            voiding = VoidCase(reason="台账更正：办理结果已改")
            await office.send("intake", voiding, f"void:{mark}:{id}", _CLERK, id, now)
            return
    correcting = f"{'amend' if ending else 'change'}:{mark}:{id}"
    if not any(one.command_id == own_id(correcting) for one in history):  # else the ending alone is wanting
        correction = _correction(command, before, case, reported_on)
        by = _CLERK if correction.due_on is None else _OFFICE  # who may say so of a deadline
        await office.send("intake", correction, correcting, by, id, now)
    if ending is not None:
        at = start_of(command.ended_on) if command.ended_on else now
        await office.send("intake", ending, f"end:{mark}:{id}", _CLERK, id, at)


def _correction(command: TakeOverCase, before: Said, case: cases.Row, reported_on: date) -> CorrectCase:
    """What the paper says otherwise than it did; what is sealed cannot be compared, and is given whole."""

    def changed(name: str, new: Any) -> Any:
        return new if new != getattr(before, name) else None

    papers_ending = before.outcome is command.outcome and case.ending is not None and not case.reopened
    return CorrectCase(
        reason="台账更正", grid=changed("grid", command.grid), kind=changed("kind", command.kind),
        dispute_type=changed("dispute_type", command.dispute_type), source=changed("source", command.source),
        reported_on=changed("reported_on", reported_on),
        resolved_on=changed("resolved_on", command.ended_on) if papers_ending else None,
        due_on=changed("due_on", command.due_on) if case.due_on is not None else None,
        summary=command.summary, parties=command.parties or None, paper=command.paper,
    )  # fmt: skip


def _worked(case: cases.Row, history: Sequence[Recorded]) -> bool:
    """Whether anything was done about the case since it was taken over; to correct its entry is no work on it."""
    acts = any(not isinstance(one.event, CaseCorrected) and not on_paper(one) for one in history)
    return acts or case.visits_done + case.visits_declined + case.mediations > 0


def _agrees(case: cases.Row, command: TakeOverCase) -> bool:
    """Whether the case has ended, in the system, just as the paper says by now."""
    return case.ending is not None and case.ending.value == command.outcome.value


def _reported_on(row: LedgerRow) -> date:
    assert row.occurred_on is not None, "accepted rows have a report day"
    return row.occurred_on


# undoing --------------------------------------------------------------------------------------------------------


async def undo_import(office: Office, reading: Reading, taken: Taken, step: Callable[[], None]) -> None:
    """Make void what this workbook brought in and is not void yet, and put back what it corrected."""
    await office.caught_up()
    mine = [case for case in office.rows("cases") if case.paper and case.paper.import_id == office.import_id]
    for case in mine:
        if case.status is not CaseStatus.VOIDED:
            undoing = f"undo:{office.import_id}:{case.id}"
            await office.send("intake", VoidCase(reason="撤销导入"), undoing, _CLERK, case.id, office.now())
            taken.done["voided"] += 1
    codes = _known(office)
    for row in reading.accepted:
        community = codes.get(plain_name(row.community)) if row.community is not None else None
        if community is not None:
            try:
                await _put_back(office, community, row, taken)
            except Refused as refused:
                taken.refused.append((row, refused))
        step()


async def _put_back(office: Office, community: str, row: LedgerRow, taken: Taken) -> None:
    """Put a case back as it stood before this import corrected it; where something was corrected since, say so."""
    content = office.digest(row)
    command, history, earlier = await _standing(office, command_of(row, community, content, office.import_id))
    marks = _marks(history)
    mine = [one for one in marks if one.cause == office.import_id]
    brought_in = bool(history) and history[0].event.paper and history[0].event.paper.import_id == office.import_id
    if brought_in or not mine or _content(mine[-1]) != content:
        return  # it is void by now, or nothing of this import stands
    if any(isinstance(one.event, CaseCorrected) and one.version > mine[-1].version for one in history):
        taken.found.append((row, "corrected_since"))
        return
    before, since = _parted(history, marks, office.import_id, earlier)
    try:
        was = stood(before, command, office.open)
    except Unreadable:
        taken.found.append((row, "not_all_restored"))
        return
    last = _marks(before)
    mark = f"{_content(last[-1]) if last else _NO_CONTENT}:{marks[-1].version}"
    await _change(office, was.command, was.reported_on, history, mark)
    taken.done["restored"] += 1
    if emptied(was, since):
        taken.found.append((row, "not_all_restored"))


def _parted(
    history: Sequence[Recorded], marks: Sequence[Recorded], import_id: str, earlier: Sequence[Recorded]
) -> tuple[Sequence[Recorded], Sequence[Recorded]]:
    """What was recorded of the case before this import corrected it the last time, and since."""
    if len(marks) == 1 and history[0].cause == import_id:  # it took the case over anew, and made the one before it void
        return earlier[:-1], history
    after = marks[-2].version if len(marks) > 1 else 0
    first = next(n for n, one in enumerate(history) if one.version > after and one.cause == import_id)
    return history[:first], history[first:]


# communities ------------------------------------------------------------------------------------------------------


def plain_name(name: str) -> str:
    """A community's name as papers shorten it: 文博 for 文博社区."""
    return re.sub(r"(社区|村)(居委会|村委会)?$", "", name) or name


def _known(office: Office) -> dict[str, str]:
    """The codes of the registered communities, by their plain names."""
    registered: list[places.Row] = office.rows("places")
    return {plain_name(row.name): row.community for row in registered}


async def _communities(office: Office, rows: Sequence[LedgerRow], taken: Taken) -> dict[str, str | Refused]:
    """The codes of the communities that the rows name, by their plain names. One that the log does not know yet is
    registered; where that is refused, so are its rows."""
    await office.caught_up()
    known: dict[str, str | Refused] = {**_known(office)}
    free = max((int(code[9:]) for code in known.values() if isinstance(code, str)), default=0)
    for name in dict.fromkeys(row.community for row in rows if row.community is not None):
        if plain_name(name) not in known:
            try:
                known[plain_name(name)] = await _register(office, f"{office.log}{free + 1:03}", name, rows, taken)
                free += 1
            except Refused as refused:
                known[plain_name(name)] = refused
    await office.caught_up()
    return known


async def _register(office: Office, code: str, name: str, rows: Sequence[LedgerRow], taken: Taken) -> str:
    here = [row for row in rows if row.community == name]
    grids = tuple(sorted({grid for row in here if (grid := grid_of(row.grid))}))
    command = RegisterCommunity(code=code, name=name, grids=grids, households=0)
    at = start_of(min(map(_reported_on, here)))
    await office.send("assignment", command, f"register:{code}", _OFFICE, None, at)
    taken.done["registered"] += 1
    return code
