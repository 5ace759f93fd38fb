"""Taking a paper ledger over 纸质台账转录: what one row of it says, as events that happened on the days it gives.

A row is what the office wrote, not a chain of acts that never were recorded: no consent, visit or mediation is made
up, and nothing is assigned for a case that was over when it was taken over.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.intake.commands import PaperOutcome, Person, TakeOverCase
from services.intake.deadlines import DUE_AS_WRITTEN, Due, settle_by
from shared.calendar import Calendar
from shared.contracts.codes import Basis, CaseKind, Termination
from shared.contracts.days import civil_day, last_day_of, refuse_future_day, start_of
from shared.contracts.intake import (
    CaseAccepted,
    CaseEvent,
    CaseHandedDown,
    CaseReferred,
    CaseReported,
    CaseResolved,
    CaseTerminated,
    CaseWithdrawn,
    Ending,
    Party,
)
from shared.contracts.model import Context, Dated, Refused


def taken_over_id(command: TakeOverCase) -> str:
    """The case's id: the row's community, month and number, so that no row is taken over twice.

    How often it was undone follows a colon, which no number holds: no two rows share an id.
    """
    row = f"{command.community}-{command.paper.month}-{command.paper.number}"
    return f"{row}:{command.undone}" if command.undone else row


def parties_of(persons: Iterable[Person]) -> tuple[Party, ...]:
    """Parties as events keep them; what is personal about them has been sealed by now."""
    return tuple(
        Party(role=person.role, name=person.name, phone=person.phone, id_number=person.id_number) for person in persons
    )


def taken_over(command: TakeOverCase, context: Context) -> Sequence[CaseEvent | Dated]:
    """What the row says happened; raises `Refused` where it contradicts itself."""
    _check(command)
    events: list[CaseEvent | Dated] = [_reported(command)]
    if not command.taken_on:
        return events
    told = _told(command, context)
    events.append(
        CaseAccepted(
            community=command.community, grid=command.grid, kind=command.kind, parties=len(command.parties),
            reported_at=context.at, due_on=told.on, due_rule=told.rule,
            to_be_handled=command.outcome is PaperOutcome.OPEN, basis=Basis.PAPER_LEDGER,
            due_provisional=told.provisional,
        )
    )  # fmt: skip
    if command.handed_down:
        events.append(
            CaseHandedDown(
                community=command.community, grid=command.grid, by_unit=command.handed_down_by, document=None,
                due_on=told.on, basis=Basis.PAPER_LEDGER,
            )
        )  # fmt: skip
    if (ending := _ending(command)) is not None:
        events.append(Dated(ending, _ended_at(command, context)))
    return events


def _told(command: TakeOverCase, context: Context) -> Due:
    """The deadline that the paper gives, or else the rule's."""
    if command.due_on is not None:
        return Due(command.due_on, DUE_AS_WRITTEN)
    calendar = Calendar(civil_day(context.now), context.facts.amended)
    return settle_by(command.kind, civil_day(context.at), calendar)


def _check(command: TakeOverCase) -> None:
    if command.handed_down and command.kind is not CaseKind.BACKLOG:
        raise Refused("backlog_kind", field="kind")
    if command.outcome is PaperOutcome.OPEN and command.ended_on is not None:
        raise Refused("ended_but_open", field="ended_on")
    if command.outcome is not PaperOutcome.OPEN and not command.taken_on:
        raise Refused("outcome_without_acceptance", field="outcome")
    if command.outcome is PaperOutcome.REFERRED and command.referred_to is None:
        raise Refused("referred_to_missing", field="referred_to")


def _reported(command: TakeOverCase) -> CaseReported:
    return CaseReported(
        community=command.community, grid=command.grid, kind=command.kind, dispute_type=command.dispute_type,
        source=command.source, summary=command.summary, parties=parties_of(command.parties),
        basis=Basis.PAPER_LEDGER, paper=command.paper,
    )  # fmt: skip


def _ending(command: TakeOverCase) -> Ending | None:
    basis, known = Basis.PAPER_LEDGER, command.ended_on is not None
    match command.outcome:
        case PaperOutcome.OPEN:
            return None
        case PaperOutcome.RESOLVED:
            return CaseResolved(tier=command.tier, by_agreement=False, basis=basis, day_known=known)
        case PaperOutcome.TERMINATED:
            # The paper says that it came to nothing; whether the remedies were told it does not say.
            return CaseTerminated(reason=Termination.NO_AGREEMENT, remedies_told=None, basis=basis, day_known=known)
        case PaperOutcome.REFERRED:
            assert command.referred_to is not None  # _check made sure
            return CaseReferred(
                to_unit=command.referred_to, outside=command.referred_outside, basis=basis, day_known=known
            )
        case PaperOutcome.WITHDRAWN:
            return CaseWithdrawn(reason=None, basis=basis, day_known=known)


def _ended_at(command: TakeOverCase, context: Context) -> datetime:
    """The day of the outcome; where the paper gives none, the end of its month, or today while that is to come."""
    reported_on, today = civil_day(context.at), civil_day(context.now)
    refuse_future_day(command.ended_on, "ended_on", context)
    if command.ended_on is not None and command.ended_on < reported_on:
        days = {"resolved_on": command.ended_on.isoformat(), "reported_on": reported_on.isoformat()}
        raise Refused("resolved_before_reported", field="ended_on", **days)
    on = command.ended_on or min(last_day_of(command.paper.month), today)
    return max(start_of(on), context.at)
