"""What a row of a clerk's workbook asks for, and what paper said of a case before (§3.1.4). Nothing is sent here."""

import hashlib
import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.intake.commands import (
    PaperOutcome,
    Person,
    ReferCase,
    ResolveCase,
    TakeOverCase,
    TerminateCase,
    WithdrawCase,
)
from services.intake.deadlines import DUE_AS_WRITTEN
from services.intake.importer import LedgerRow, Outcome
from shared.command import own_id
from shared.contracts.codes import Basis, CaseKind, DisputeType, Source, Termination
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.fields import names_someone
from shared.contracts.intake import (
    CaseAccepted,
    CaseCorrected,
    CaseHandedDown,
    CaseReferred,
    CaseReported,
    CaseResolved,
    CaseTerminated,
    CaseWithdrawn,
    PaperRow,
    ended_as,
)
from shared.log.codec import canonical
from shared.web.gate import refusal

_Command = TypeVar("_Command", bound=Hashable)

# from a row to a command ------------------------------------------------------------------------------------------


def command_of(row: LedgerRow, community: str, content: str, import_id: str) -> TakeOverCase:
    """The row as a command, through the same gate as everyone's; raises `Refused`."""
    assert row.dispute_type is not None, "accepted rows have a type"
    assert row.occurred_on is not None, "accepted rows have a report day"
    number = _number(row.number) or f"c{content[:16]}"
    if row.occurrence > 1:
        number += f"_{row.occurrence}"
    outcome = PaperOutcome.OPEN if row.outcome is Outcome.DECLINED else PaperOutcome(row.outcome.value)
    ended = outcome is not PaperOutcome.OPEN
    return checked(TakeOverCase(
        community=community, grid=grid_of(row.grid), kind=CaseKind.BACKLOG if row.backlog else CaseKind.DISPUTE,
        dispute_type=row.dispute_type, source=row.source, summary=row.summary or "（未填写）", parties=_parties(row),
        paper=PaperRow(
            import_id=import_id, sheet=_title(row.sheet), row=row.row, number=number,
            month=row.month or row.occurred_on.strftime("%Y-%m"),
        ),
        taken_on=row.outcome is not Outcome.DECLINED, due_on=row.due_on, handed_down=row.backlog, outcome=outcome,
        ended_on=row.resolved_on if ended else None,
        referred_to="纸质台账所载机关" if outcome is PaperOutcome.REFERRED else None,
    ))  # fmt: skip


def checked(command: _Command) -> _Command:
    """The command through the gate of everyone's; raises `Refused`."""
    try:
        made: _Command = _adapter(type(command)).validate_json(canonical(command))
    except ValidationError as error:
        raise refusal(error) from None
    return made


@cache
def _adapter(command: Any) -> TypeAdapter[Any]:
    return TypeAdapter(command)


def _title(sheet: str) -> str:
    """A sheet's title as a line of plain text; what would name someone is left out (the row is warned of it)."""
    return "（工作表）" if names_someone(sheet) else " ".join(sheet.split()) or "（工作表）"


def _number(written: str | None) -> str:
    """A row's number as a case's id can hold it. Two that differ on paper differ here: what has to be changed is told
    apart by a digest (a row's number is nothing personal)."""
    plain = re.sub(r"[^0-9A-Za-z\u3400-\u9fff.-]", "-", written or "")
    if written is None or (plain == written and len(plain) <= 24):
        return plain
    return f"{plain[:14]}_x{hashlib.sha256(written.encode()).hexdigest()[:8]}"


def grid_of(grid: str | None) -> str | None:
    """A grid as a code can hold it."""
    return re.sub(r"[^0-9A-Za-z\u3400-\u9fff._:-]", "", grid)[:64] or None if grid else None


def _parties(row: LedgerRow) -> tuple[Person, ...]:
    return tuple(
        Person(role=party.role, name=party.name, phone=party.phone, id_number=party.id_number) for party in row.parties
    )


def ending_of(command: TakeOverCase) -> ResolveCase | TerminateCase | ReferCase | WithdrawCase | None:
    """The command that ends an accepted case as the paper says; None where it says that the case is open."""
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


# what the paper said ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
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


def said(history: Sequence[Recorded]) -> Said:
    """Read from what was taken over and corrected on the paper's word; what anyone else decided is no part of it."""
    reported = history[0].event
    held = Said(
        grid=reported.grid, kind=reported.kind, dispute_type=reported.dispute_type, source=reported.source,
        reported_on=civil_day(history[0].occurred_at),
    )  # fmt: skip
    for recorded in history[1:]:
        event = recorded.event
        if isinstance(event, CaseCorrected):
            if recorded.command_id.startswith((own_id("change:"), own_id("amend:"))):
                names = ("grid", "kind", "dispute_type", "source", "reported_on", "due_on", "resolved_on")
                given = {name: new for name in names if (new := getattr(event, name)) is not None}
                held = replace(held, **given)
        elif not on_paper(recorded):
            continue
        elif isinstance(event, CaseAccepted):
            held = replace(held, taken_on=True, due_on=event.due_on if event.due_rule == DUE_AS_WRITTEN else None)
        elif isinstance(event, CaseResolved | CaseTerminated | CaseReferred | CaseWithdrawn):
            ended_on = civil_day(recorded.occurred_at) if event.day_known else None
            held = replace(held, outcome=PaperOutcome(ended_as(event).value), resolved_on=ended_on)
    return held


def on_paper(recorded: Recorded) -> bool:
    """Whether an event rests on the paper ledger's word."""
    return getattr(recorded.event, "basis", Basis.ACT) is Basis.PAPER_LEDGER


@dataclass(frozen=True, slots=True)
class Stood:
    """A case as it stood before something that is to be undone: what would take it over so, and since when."""

    command: TakeOverCase
    reported_on: date


def stood(history: Sequence[Recorded], like: TakeOverCase, open: Callable[[str], str]) -> Stood:
    """As it was reported and put right since, by whomever, and as the paper had it end.

    `like` says under which id and import it is known now, `open` opens a sealed box; raises what that raises.
    """
    reported: CaseReported = history[0].event
    fields: dict[str, Any] = {
        name: getattr(reported, name) for name in ("grid", "kind", "dispute_type", "source", "summary", "parties")
    }
    fields |= {"taken_on": False, "due_on": None, "handed_down": False, "outcome": PaperOutcome.OPEN, "ended_on": None}
    reported_on = civil_day(history[0].occurred_at)
    for recorded in history[1:]:
        event = recorded.event
        match event:
            case CaseCorrected():
                fields |= {name: new for name in fields if (new := getattr(event, name, None)) is not None}
                fields["ended_on"] = event.resolved_on or fields["ended_on"]
                reported_on = event.reported_on or reported_on
            case CaseAccepted() if on_paper(recorded):
                fields |= {"taken_on": True, "due_on": event.due_on if event.due_rule == DUE_AS_WRITTEN else None}
            case CaseHandedDown() if on_paper(recorded):
                fields |= {"handed_down": True, "handed_down_by": event.by_unit}
            case CaseResolved() | CaseTerminated() | CaseReferred() | CaseWithdrawn() if on_paper(recorded):
                ended_on = civil_day(recorded.occurred_at) if event.day_known else None
                fields |= {"outcome": PaperOutcome(ended_as(event).value), "ended_on": ended_on}
                if isinstance(event, CaseReferred):
                    fields |= {"referred_to": event.to_unit, "referred_outside": event.outside}
    fields["summary"] = open(fields["summary"])
    fields["parties"] = tuple(
        Person(
            role=party.role, name=open(party.name), phone=party.phone and open(party.phone),
            id_number=party.id_number and open(party.id_number),
        )
        for party in fields["parties"]
    )  # fmt: skip
    known = TakeOverCase(community=like.community, paper=like.paper, undone=like.undone, **fields)
    return Stood(checked(known), reported_on)


def emptied(before: Stood, since: Sequence[Recorded]) -> bool:
    """Whether something was filled in since that had been empty: a correction cannot empty it again."""
    was = before.command
    empty = {
        "grid": was.grid is None, "source": was.source is None, "due_on": was.due_on is None,
        "resolved_on": was.ended_on is None and was.outcome is not PaperOutcome.OPEN, "parties": not was.parties,
    }  # fmt: skip
    corrections = [one.event for one in since if isinstance(one.event, CaseCorrected)]
    return any(empty[name] and getattr(event, name) is not None for event in corrections for name in empty)
