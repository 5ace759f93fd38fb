"""A case 案件 (§3.2.1, §5.1): what has been decided about it, what may be decided next, and what is refused."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Final, assert_never

from services.intake.commands import (
    AcceptCase,
    CloseCase,
    Command,
    CorrectCase,
    DeclineCase,
    EscalateCase,
    ExtendDeadline,
    FollowUpCase,
    HandDownCase,
    LinkCase,
    PauseClock,
    Person,
    ReclassifyCase,
    ReferCase,
    ReopenCase,
    ReportCase,
    ResolveCase,
    ResumeClock,
    RetractStep,
    TakeOverCase,
    TerminateCase,
    VoidCase,
    WithdrawCase,
)
from services.intake.deadlines import DUE_AS_CORRECTED, EXTENSION_DAYS, Due, put_off, settle_by
from services.intake.duplicates import traces
from services.intake.ledgers import cases, places, work_calendar
from services.intake.life import ACCEPTED_IN
from services.intake.takeover import parties_of, taken_over, taken_over_id
from shared.calendar import Calendar, Entered
from shared.contracts.codes import Basis, CaseKind, CaseStatus, DisputeType, Role, Source, Tier
from shared.contracts.days import civil_day, refuse_future, refuse_future_day, start_of
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    EVENTS,
    CalendarAmended,
    CaseAccepted,
    CaseClosed,
    CaseCorrected,
    CaseDeclined,
    CaseEscalated,
    CaseEvent,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReferred,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseStep,
    CaseStepRetracted,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    ClockPaused,
    ClockResumed,
    ClockStanding,
    DeadlineExtended,
    Ending,
    Escalation,
    Party,
    ended_as,
)
from shared.contracts.model import Accepts, Context, Dated, Decider, Look, Refused, placed_in, slug


@dataclass(frozen=True, slots=True)
class ClockStep:
    """A step of the deadline's clock, and how the deadline stood before it."""

    step: CaseStep
    before: ClockStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What later decisions rest on."""

    status: CaseStatus
    community: str
    grid: str | None
    kind: CaseKind
    dispute_type: DisputeType
    parties: int
    """How many."""
    reported_at: datetime
    first_step: date | None = None
    """The earliest day on which the office acted on it: it cannot have been reported later."""
    was_backlog: bool = False
    """Whether it was ever petition backlog, if only by what was entered."""
    handed_down_at: datetime | None = None
    """When it was handed down, if only by what was entered."""
    due: Due | None = None
    """None before acceptance."""
    due_from: date | None = None
    """When it was last accepted or reopened: from then on its deadline is counted."""
    extended: int = 0
    """Days by which the deadline was put off with leave."""
    paused: int = 0
    """Days for which the clock stood."""
    paused_since: datetime | None = None
    """Since when it stands; none while it goes."""
    clock_steps: tuple[ClockStep, ...] = ()
    """The steps of its clock since it was accepted or reopened: the last may be taken back."""
    escalations: tuple[Escalation, ...] = ()
    """Since it was accepted or reopened, each further up than the one before."""
    in_hand: bool = False
    """Whether assignment is handling it."""
    ended_on: date | None = None
    trail: tuple[CaseStatus, ...] = ()
    """The statuses that it came through since it was reported or last reopened: where steps taken back lead to."""
    import_id: str | None = None
    """The import that took it over from paper, by which it may be undone."""

    @property
    def handed_down(self) -> bool:
        """Whether it was handed down, and nobody has said since that it is no petition backlog."""
        return self.handed_down_at is not None and self.kind is CaseKind.BACKLOG

    @property
    def paused_on(self) -> date | None:
        """The day since which its clock stands."""
        return None if self.paused_since is None else civil_day(self.paused_since)

    @property
    def escalated_to(self) -> Tier | None:
        return self.escalations[-1].to if self.escalations else None

    @property
    def clock(self) -> ClockStanding | None:
        """How its deadline stands; none before it is accepted."""
        if self.due is None:
            return None
        return ClockStanding(
            due_on=self.due.on, due_rule=self.due.rule, due_provisional=self.due.provisional,
            extended_days=self.extended, paused_days=self.paused, paused_since=self.paused_since,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What intake's ledgers say of what a command names."""

    place: places.Row | None = None
    duplicate: cases.Row | None = None
    amended: Sequence[Entered] = ()
    """What was announced of the working calendar."""


# decide ---------------------------------------------------------------------------------------------------------


def decide(command: Command, case: Case | None, context: Context) -> Sequence[CaseEvent | Dated]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    _refuse_deadline(command, context)
    if isinstance(command, ReportCase | TakeOverCase):
        return _begin(command, case, context)
    case = _standing(command, case, context)
    match command:
        case AcceptCase():
            return [_accepted(case, context)]
        case DeclineCase():
            return [CaseDeclined(reason=command.reason, remedy=command.remedy)]
        case HandDownCase():
            return [_handed_down(command, case)]
        case LinkCase():
            return [_linked(command, case, context)]
        case ReclassifyCase():
            return [_reclassified(command, case)]
        case ReferCase() | WithdrawCase() | ResolveCase() | TerminateCase():
            return [_ended(command, case)]
        case FollowUpCase():
            return [CaseFollowedUp(satisfied=command.satisfied, stable=command.stable, note=command.note)]
        case CloseCase():
            return [CaseClosed()]
        case ReopenCase():
            return [_reopened(command, case, context)]
        case EscalateCase():
            return [_escalated(command, case)]
        case PauseClock() | ResumeClock() | ExtendDeadline():
            return [_clock(command, case, context)]
        case CorrectCase():
            return [_corrected(command, case, context)]
        case VoidCase():
            return [CaseVoided(reason=command.reason, handled=case.in_hand)]
        case RetractStep():
            return [_retracted(command, case)]
        case _:
            assert_never(command)


def _begin(command: ReportCase | TakeOverCase, case: Case | None, context: Context) -> Sequence[CaseEvent | Dated]:
    if case is not None:
        raise Refused("already_reported", allowed=_allowed(case), standing=case.status.value)
    community = _community(context.facts)
    if context.by.role == Role.RESIDENT and command.source is not Source.APPLICATION:
        raise Refused("only_by_application", field="data.source")
    if isinstance(command, TakeOverCase):
        return taken_over(command, context)
    return [
        CaseReported(
            community=community, grid=command.grid, kind=command.kind, dispute_type=command.dispute_type,
            source=command.source, summary=command.summary, parties=_parties(command.parties), basis=Basis.ACT,
            paper=None,
        )
    ]  # fmt: skip


def _refuse_deadline(command: Command, context: Context) -> None:
    """By when a case is to be settled, the office alone says otherwise, as it alone puts a deadline off: the community
    is judged by it."""
    corrects = isinstance(command, CorrectCase) and command.due_on is not None
    takes_back = isinstance(command, RetractStep) and command.step is CaseStep.DUE_CORRECTED
    if (corrects or takes_back) and context.by.role != Role.OFFICE:
        raise Refused("deadline_of_the_office", field="due_on" if corrects else "step")


def _standing(command: Command, case: Case | None, context: Context) -> Case:
    """The case, where it exists, takes this command now, and had been reported when it happened."""
    if case is None:
        raise Refused("unknown_case", field="stream")
    if case.status is CaseStatus.VOIDED and not isinstance(command, RetractStep):
        raise Refused("case_voided", allowed=_allowed(case))
    if type(command) not in ACCEPTED_IN[case.status]:
        status = case.status
        raise Refused("not_possible_now", allowed=_allowed(case), standing=status.value, standing_zh=status.zh)
    if context.at < case.reported_at:
        times = {"occurred_at": context.at.isoformat(), "reported_at": case.reported_at.isoformat()}
        raise Refused("before_reported", field="occurred_at", **times)
    return case


def _allowed(case: Case) -> Sequence[str]:
    """The commands that would be taken now, given fitting data."""
    stands = case.paused_on is not None
    idle = {
        HandDownCase: case.handed_down,
        EscalateCase: case.escalated_to is Tier.ABOVE,
        PauseClock: stands,
        ResumeClock: not stands,
        ExtendDeadline: stands or case.extended == EXTENSION_DAYS,
        RetractStep: not case.trail and not case.escalations and not case.clock_steps,
    }
    return [slug(command) for command in ACCEPTED_IN[case.status] if not idle.get(command, False)]


def _community(facts: Facts) -> str:
    if facts.place is None:
        raise Refused("unknown_community", field="community")
    return facts.place.community


def _parties(persons: Sequence[Person]) -> tuple[Party, ...]:
    if not persons:
        raise Refused("parties_missing", field="parties")
    return parties_of(persons)


def _accepted(case: Case, context: Context) -> CaseAccepted:
    told = settle_by(case.kind, civil_day(context.at), _calendar(context))
    return CaseAccepted(
        community=case.community, grid=case.grid, kind=case.kind, parties=case.parties, reported_at=case.reported_at,
        due_on=told.on, due_rule=told.rule, to_be_handled=True, basis=Basis.ACT, due_provisional=told.provisional,
    )  # fmt: skip


def _calendar(context: Context) -> Calendar:
    """The working calendar, as it is known now."""
    facts: Facts = context.facts
    return Calendar(civil_day(context.now), facts.amended)


def _handed_down(command: HandDownCase, case: Case) -> CaseHandedDown:
    """The due day told at acceptance stays: handing a case down gives no one more time."""
    if case.handed_down:
        raise Refused("already_handed_down", allowed=_allowed(case))
    return CaseHandedDown(
        community=case.community, grid=case.grid, by_unit=command.by_unit, document=command.document,
        due_on=case.due.on if case.due else None, basis=Basis.ACT,
    )  # fmt: skip


def _linked(command: LinkCase, case: Case, context: Context) -> CaseLinkedAsDuplicate:
    facts: Facts = context.facts
    if command.duplicate_of == context.id:
        raise Refused("duplicate_of_itself", field="duplicate_of")
    if facts.duplicate is None:
        raise Refused("unknown_duplicate", field="duplicate_of")
    if facts.duplicate.status in (CaseStatus.VOIDED, CaseStatus.LINKED):
        raise Refused("duplicate_unfit", field="duplicate_of", standing=facts.duplicate.status.value)
    return CaseLinkedAsDuplicate(duplicate_of=command.duplicate_of, handled=case.in_hand)


def _reclassified(command: ReclassifyCase, case: Case) -> CaseReclassified:
    if (command.kind, command.dispute_type) == (case.kind, case.dispute_type):
        raise Refused("nothing_changes", field="kind")
    _refuse_quiet_backlog(command.kind, case)
    if case.handed_down and command.kind is not CaseKind.BACKLOG:
        raise Refused("handed_down_stays", field="kind", allowed=("correct-case",))
    return CaseReclassified(kind=command.kind, dispute_type=command.dispute_type, reason=command.reason)


def _refuse_quiet_backlog(kind: CaseKind | None, case: Case) -> None:
    """A case becomes petition backlog only by being handed down, which says by whom."""
    if kind is CaseKind.BACKLOG and case.kind is not CaseKind.BACKLOG:
        raise Refused("hand_down_instead", field="kind")


def _ended(command: ReferCase | WithdrawCase | ResolveCase | TerminateCase, case: Case) -> Ending:
    match command:
        case ReferCase():
            return CaseReferred(
                to_unit=command.to_unit, outside=command.outside, basis=command.basis, handled=case.in_hand
            )
        case WithdrawCase():
            return CaseWithdrawn(reason=command.reason, basis=command.basis, handled=case.in_hand)
        case ResolveCase():
            return CaseResolved(
                tier=command.tier, by_agreement=command.by_agreement, basis=command.basis, handled=case.in_hand
            )
        case TerminateCase():
            return CaseTerminated(
                reason=command.reason, remedies_told=command.remedies_told, basis=command.basis, handled=case.in_hand
            )
        case _:
            assert_never(command)


def _reopened(command: ReopenCase, case: Case, context: Context) -> CaseReopened:
    told = settle_by(case.kind, civil_day(context.at), _calendar(context))
    return CaseReopened(
        community=case.community, grid=case.grid, kind=case.kind, parties=case.parties, reported_at=case.reported_at,
        reason=command.reason, due_on=told.on, due_rule=told.rule, due_provisional=told.provisional,
    )  # fmt: skip


def _escalated(command: EscalateCase, case: Case) -> CaseEscalated:
    above = tuple(Tier)
    if above.index(command.to) <= above.index(case.escalated_to or Tier.COMMUNITY):
        raise Refused("not_above", field="to")
    return CaseEscalated(to=command.to, reason=command.reason)


def _clock(
    command: PauseClock | ResumeClock | ExtendDeadline, case: Case, context: Context
) -> ClockPaused | ClockResumed | DeadlineExtended:
    assert case.due is not None, "an accepted case has a deadline"
    day = civil_day(context.at)
    if isinstance(command, ResumeClock):
        return _resumed(case, day, context)
    if case.paused_on is not None:
        raise Refused("clock_stands", allowed=_allowed(case), since=case.paused_on.isoformat())
    if day > case.due.on:
        raise Refused("deadline_passed", field="occurred_at", due_on=case.due.on.isoformat())
    if isinstance(command, PauseClock):
        return ClockPaused(reason=command.reason, note=command.note)
    left = EXTENSION_DAYS - case.extended
    if command.days > left:
        raise Refused("extended_too_far", field="days", left=left)
    now_due = _put_off(case, context, extended=command.days)
    return DeadlineExtended(
        days=command.days, due_on=now_due.on, due_provisional=now_due.provisional, approved_by=command.approved_by,
        reason=command.reason,
    )  # fmt: skip


def _resumed(case: Case, day: date, context: Context) -> ClockResumed:
    if case.paused_on is None:
        raise Refused("clock_goes", allowed=_allowed(case))
    if day < case.paused_on:
        days = {"day": day.isoformat(), "since": case.paused_on.isoformat()}
        raise Refused("resumed_before_paused", field="occurred_at", **days)
    stood = (day - case.paused_on).days
    now_due = _put_off(case, context, paused=stood)
    return ClockResumed(paused_days=stood, due_on=now_due.on, due_provisional=now_due.provisional)


def _put_off(case: Case, context: Context, extended: int = 0, paused: int = 0) -> Due:
    """The deadline with so many days more."""
    assert case.due is not None, "an accepted case has a deadline"
    assert case.due_from is not None, "and it was accepted some day"
    return put_off(
        case.due, case.due_from, _calendar(context),
        extended=case.extended + extended, paused=case.paused + paused, by=extended + paused,
    )  # fmt: skip


def _corrected(command: CorrectCase, case: Case, context: Context) -> CaseCorrected:
    if all(getattr(command, field.name) is None for field in fields(command) if field.name != "reason"):
        raise Refused("nothing_changes")
    if not case.was_backlog:
        _refuse_quiet_backlog(command.kind, case)
    _check_days(command, case, context)
    if command.paper is not None and command.paper.import_id != case.import_id:
        raise Refused("import_stays", field="paper.import_id")
    return CaseCorrected(
        reason=command.reason,
        community=None if command.community is None else _community(context.facts),
        grid=command.grid, kind=command.kind, dispute_type=command.dispute_type, source=command.source,
        reported_on=command.reported_on, resolved_on=command.resolved_on, due_on=command.due_on,
        summary=command.summary, parties=None if command.parties is None else _parties(command.parties),
        paper=command.paper,
        handed_down_at=case.handed_down_at if command.kind is CaseKind.BACKLOG else None,
    )  # fmt: skip


def _retracted(command: RetractStep, case: Case) -> CaseStepRetracted:
    """Only the last step of its kind, for each later one rests on it. What reopened a case stays: many things rest on
    that."""
    step, back_to = command.step, case.status
    clock: ClockStanding | None = None
    if step.of_clock:
        clock = _clock_before(step, case)
    elif step is CaseStep.ESCALATED:
        if not case.escalations or case.status is not CaseStatus.ACCEPTED:
            raise _not_the_last(case)
    elif step.value != case.status.value:
        raise _not_the_last(case)
    elif not case.trail:
        allowed = tuple(slug for slug in _allowed(case) if slug != "retract-step")
        raise Refused("reopening_stays", field="step", allowed=allowed)
    else:
        back_to = case.trail[-1]
    standing = clock or case.clock
    return CaseStepRetracted(
        step=step, back_to=back_to, reason=command.reason, handled=case.in_hand, community=case.community,
        grid=case.grid, kind=case.kind, parties=case.parties, reported_at=case.reported_at,
        due_on=None if standing is None or back_to is CaseStatus.REPORTED else standing.due_on, clock=clock,
        escalated=case.escalations[-2] if step is CaseStep.ESCALATED and len(case.escalations) > 1 else None,
    )  # fmt: skip


def _clock_before(step: CaseStep, case: Case) -> ClockStanding:
    """How the deadline stood before the last step of its clock; while the case is over, that can be a correction."""
    over = case.status is not CaseStatus.ACCEPTED and step is not CaseStep.DUE_CORRECTED
    if over or not case.clock_steps or case.clock_steps[-1].step is not step:
        raise _not_the_last(case)
    return case.clock_steps[-1].before


def _not_the_last(case: Case) -> Refused:
    return Refused("not_the_last_step", field="step", standing=case.status.value, standing_zh=case.status.zh)


def _check_days(command: CorrectCase, case: Case, context: Context) -> None:
    """The days as they will be after the correction must make sense together."""
    if command.due_on is not None and case.due is None:
        raise Refused("not_accepted", field="due_on")
    if command.resolved_on is not None and case.ended_on is None:
        raise Refused("not_ended", field="resolved_on")
    refuse_future_day(command.reported_on, "reported_on", context)
    refuse_future_day(command.resolved_on, "resolved_on", context)
    reported = command.reported_on or civil_day(case.reported_at)
    ended = command.resolved_on or case.ended_on
    if ended is not None and ended < reported:
        days = {"resolved_on": ended.isoformat(), "reported_on": reported.isoformat()}
        raise Refused("resolved_before_reported", field="resolved_on" if command.resolved_on else "reported_on", **days)
    if command.reported_on is not None and case.first_step is not None and case.first_step < reported:
        days = {"first_step": case.first_step.isoformat(), "reported_on": reported.isoformat()}
        raise Refused("reported_after_first_step", field="reported_on", **days)


# evolve ---------------------------------------------------------------------------------------------------------


def evolve(case: Case | None, event: CaseEvent, occurred_at: datetime) -> Case:
    """The case after an event that was decided about it."""
    after = _evolved(case, event, occurred_at)
    if case is None or after.status is case.status or isinstance(event, CaseReopened | CaseStepRetracted):
        return after
    return replace(after, trail=(*case.trail, case.status))


def _evolved(case: Case | None, event: CaseEvent, occurred_at: datetime) -> Case:
    if isinstance(event, CaseReported):
        return Case(
            status=CaseStatus.REPORTED, community=event.community, grid=event.grid, kind=event.kind,
            dispute_type=event.dispute_type, parties=len(event.parties), reported_at=occurred_at,
            was_backlog=event.kind is CaseKind.BACKLOG,
            import_id=None if event.paper is None else event.paper.import_id,
        )  # fmt: skip
    assert case is not None, "every case begins with a report"
    if isinstance(event, CaseCorrected):
        return _put_right(case, event)
    if isinstance(event, CaseVoided):
        return replace(case, status=CaseStatus.VOIDED, in_hand=False)
    if isinstance(event, CaseStepRetracted):
        return _taken_back(case, event)
    day = civil_day(occurred_at)
    if isinstance(event, Ending):
        return replace(case, status=ended_as(event), in_hand=False, ended_on=day)
    if not (isinstance(event, CaseAccepted | CaseHandedDown) and event.basis is Basis.PAPER_LEDGER):
        # A paper row gives one day for report and acceptance: the one is put right with the other.
        case = replace(case, first_step=min(case.first_step or day, day))
    match event:
        case CaseAccepted():
            told = Due(event.due_on, event.due_rule, event.due_provisional)
            return replace(case, status=CaseStatus.ACCEPTED, due=told, due_from=day, in_hand=event.to_be_handled)
        case CaseHandedDown():
            return replace(case, kind=CaseKind.BACKLOG, was_backlog=True, handed_down_at=occurred_at)
        case CaseReclassified():
            return replace(case, kind=event.kind, dispute_type=event.dispute_type)
        case CaseFollowedUp():
            return replace(case, status=CaseStatus.FOLLOWED_UP)
        case CaseClosed():
            return replace(case, status=CaseStatus.CLOSED)
        case CaseReopened():
            told = Due(event.due_on, event.due_rule, event.due_provisional)
            return replace(
                case, status=CaseStatus.ACCEPTED, due=told, due_from=day, extended=0, paused=0, paused_since=None,
                clock_steps=(), escalations=(), in_hand=True, ended_on=None, trail=(),
            )  # fmt: skip
        case CaseEscalated():
            return replace(case, escalations=(*case.escalations, Escalation(to=event.to, at=occurred_at)))
        case ClockPaused() | ClockResumed() | DeadlineExtended():
            return _clocked(case, event, occurred_at)
        case _:
            assert_never(event)


def _clocked(case: Case, event: ClockPaused | ClockResumed | DeadlineExtended, occurred_at: datetime) -> Case:
    assert case.due is not None, "an accepted case has a deadline"
    match event:
        case ClockPaused():
            return replace(_stepped(case, CaseStep.PAUSED), paused_since=occurred_at)
        case ClockResumed():
            told = Due(event.due_on, case.due.rule, event.due_provisional)
            paused = case.paused + event.paused_days
            return replace(_stepped(case, CaseStep.RESUMED), paused_since=None, paused=paused, due=told)
        case DeadlineExtended():
            told = Due(event.due_on, case.due.rule, event.due_provisional)
            return replace(_stepped(case, CaseStep.EXTENDED), extended=case.extended + event.days, due=told)
        case _:
            assert_never(event)


def _stepped(case: Case, step: CaseStep) -> Case:
    """The case with how its deadline stands now remembered, before a step of its clock."""
    assert case.clock is not None, "an accepted case has a deadline"
    return replace(case, clock_steps=(*case.clock_steps, ClockStep(step, case.clock)))


def _taken_back(case: Case, event: CaseStepRetracted) -> Case:
    if event.step is CaseStep.ESCALATED:
        return replace(case, escalations=case.escalations[:-1] if event.escalated else ())
    if (clock := event.clock) is not None:
        return replace(
            case, due=Due(clock.due_on, clock.due_rule, clock.due_provisional), extended=clock.extended_days,
            paused=clock.paused_days, paused_since=clock.paused_since, clock_steps=case.clock_steps[:-1],
        )  # fmt: skip
    back = replace(
        case, status=event.back_to, trail=case.trail[:-1], in_hand=event.back_to is CaseStatus.ACCEPTED
    )  # fmt: skip
    if event.back_to is CaseStatus.ACCEPTED:
        return replace(back, ended_on=None)
    if event.back_to is not CaseStatus.REPORTED:
        return back
    return replace(
        back, ended_on=None, first_step=None, due=None, due_from=None, extended=0, paused=0, paused_since=None,
        clock_steps=(), escalations=(),
    )  # fmt: skip


def _put_right(case: Case, event: CaseCorrected) -> Case:
    kind = event.kind or case.kind
    if event.due_on is not None:
        case = replace(_stepped(case, CaseStep.DUE_CORRECTED), due=Due(event.due_on, DUE_AS_CORRECTED))
    return replace(
        case,
        community=event.community or case.community,
        grid=event.grid or case.grid,
        kind=kind,
        dispute_type=event.dispute_type or case.dispute_type,
        parties=case.parties if event.parties is None else len(event.parties),
        reported_at=case.reported_at if event.reported_on is None else start_of(event.reported_on),
        ended_on=event.resolved_on or case.ended_on,
    )


# declaration ----------------------------------------------------------------------------------------------------


def _place(command: ReportCase | TakeOverCase | CorrectCase, id: str, look: Look) -> Facts:
    return Facts(place=None if command.community is None else look.row(places.LEDGER, command.community))


def _place_and_calendar(command: TakeOverCase, id: str, look: Look) -> Facts:
    return Facts(place=look.row(places.LEDGER, command.community), amended=look.rows(work_calendar.LEDGER))


def _announced(command: Command, id: str, look: Look) -> Facts:
    return Facts(amended=look.rows(work_calendar.LEDGER))


def _duplicate(command: LinkCase, id: str, look: Look) -> Facts:
    return Facts(duplicate=look.row(cases.LEDGER, command.duplicate_of))


CLERKS: Final = frozenset({Role.CLERK, Role.OFFICE})
"""The community's clerk keeps its ledger (§3.1.4); the office may do everything that a clerk may."""
OFFICE: Final = frozenset({Role.OFFICE})
REPORTERS: Final = CLERKS | {Role.RESIDENT}
"""Residents report by themselves, and take their own case back (§3.3.4)."""
REACTING: Final = CLERKS | {Role.SERVICE}

DECIDER: Final[Decider[Case | None]] = Decider(
    category="case",
    accepts=(
        Accepts(ReportCase, REPORTERS, "3.2.1", creates=True, facts=_place, traces=traces),
        Accepts(
            TakeOverCase, CLERKS, "3.1.4", id=taken_over_id, creates=True, facts=_place_and_calendar, traces=traces
        ),
        Accepts(AcceptCase, CLERKS, "3.2.1", facts=_announced),
        Accepts(DeclineCase, CLERKS, "3.2.1"),
        Accepts(HandDownCase, OFFICE, "3.2.1"),
        Accepts(LinkCase, CLERKS, "3.1.4", facts=_duplicate, other="duplicate_of"),
        Accepts(ReclassifyCase, CLERKS, "3.1.4"),
        Accepts(ReferCase, CLERKS, "5.1"),
        Accepts(WithdrawCase, REPORTERS, "5.1"),
        Accepts(ResolveCase, REACTING, "5.1"),
        Accepts(TerminateCase, REACTING, "5.1"),
        Accepts(FollowUpCase, CLERKS, "5.1"),
        Accepts(CloseCase, CLERKS, "5.1"),
        Accepts(ReopenCase, CLERKS, "5.1", facts=_announced),
        Accepts(EscalateCase, CLERKS, "3.2.1"),
        Accepts(PauseClock, CLERKS, "5.1", facts=_announced),
        Accepts(ResumeClock, CLERKS, "5.1", facts=_announced),
        Accepts(ExtendDeadline, OFFICE, "5.1", facts=_announced),
        Accepts(CorrectCase, CLERKS, "3.1.4", facts=_place, traces=traces),
        Accepts(VoidCase, CLERKS, "3.1.4"),
        Accepts(RetractStep, CLERKS, "3.1.4"),
    ),
    events=tuple(event for event in EVENTS if event is not CalendarAmended),
    initial=None,
    decide=decide,
    evolve=evolve,
    place=placed_in(cases.LEDGER),
)
