"""The handling 办理 of an accepted case (§3.2.1, 3.3.2): handlers, visits, consent, mediation.

It is opened when intake accepts or reopens a case, and ended when the case is over there. Mediation follows the
People's Mediation Law 人民调解法: every party agrees to it and may withdraw (17, 26), an agreement is oral or written
(28, 29), and mediation that comes to nothing is ended with the remedies told (26).
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Final, assert_never, get_args

from services.assignment.aftercare import OfAgreement, about_the_agreement, letter
from services.assignment.commands import (
    AssignHandler,
    CheckPerformance,
    CompleteHandover,
    CompleteVisit,
    DeclareConflict,
    DeclineVisit,
    EndHandling,
    HoldMediation,
    OfferJudicialConfirmation,
    OpenHandling,
    OpenHandover,
    PlanVisit,
    ReachAgreement,
    RecordConsent,
    RecordJudicialConfirmation,
    ReplaceHandler,
    ResumeHandling,
    RetractWork,
    SignResponsibilityLetter,
    TerminateMediation,
    WithdrawConsent,
)
from services.assignment.diaries import DIARY
from services.assignment.ledgers import handling as ledger
from services.assignment.ledgers import roster, work_calendar
from services.assignment.retraction import MEDIATING, Done, retracted
from services.assignment.roles import LEADERS, OFFICERS, REACTIONS
from shared.calendar import Calendar, Entered
from shared.contracts.assignment import (
    AgreementReached,
    ConflictDeclared,
    ConsentRecorded,
    ConsentWithdrawn,
    HandlerAssigned,
    HandlerReplaced,
    HandlerStanding,
    HandlingEnded,
    HandlingEvent,
    HandlingOpened,
    HandlingResumed,
    HandoverCompleted,
    HandoverOpened,
    JudicialConfirmationOffered,
    JudicialConfirmationRecorded,
    LetterStanding,
    MediationHeld,
    MediationTerminated,
    PerformanceChecked,
    PerformanceStanding,
    ResponsibilityLetterSigned,
    VisitCompleted,
    VisitDeclined,
    VisitPlanned,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import CaseKind, CaseStatus, Role, Termination, VisitResult
from shared.contracts.days import civil_day, refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused, placed_in

NOBODY: Final = HandlerStanding(officer=None, since=None, handover_since=None)
UNCHECKED: Final = PerformanceStanding(performance=None, at=None)
UNSIGNED: Final = LetterStanding(unit=None, contact_days=None, at=None)
Visiting = PlanVisit | CompleteVisit | DeclineVisit
Mediating = RecordConsent | WithdrawConsent | HoldMediation | ReachAgreement | TerminateMediation
Handing = AssignHandler | ReplaceHandler | DeclareConflict | CompleteHandover
Work = Handing | Visiting | Mediating | OfAgreement | SignResponsibilityLetter | RetractWork
Command = OpenHandling | ResumeHandling | OpenHandover | Work | EndHandling


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that was planned."""

    officer: str
    must: bool
    result: VisitResult = VisitResult.PLANNED
    done_at: datetime | None = None
    """When it took place or was declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What later decisions rest on."""

    community: str
    grid: str | None
    kind: CaseKind
    parties: int
    """How many."""
    reported_at: datetime
    answering: HandlerStanding = NOBODY
    answered: tuple[HandlerStanding, ...] = ()
    """Who answered for it before: the last choice of a handler may be taken back."""
    checks: tuple[PerformanceStanding, ...] = ()
    """What the checks of the agreement found."""
    agreed_on: date | None = None
    confirmation_offered: bool = False
    letters: tuple[LetterStanding, ...] = ()
    """Signed for keeping it stable: the last is in force."""
    conflicted: frozenset[str] = frozenset()
    visits: Mapping[str, Visit] = field(default_factory=dict)
    consents: frozenset[int] = frozenset()
    """Parties who agree to mediation now."""
    mediations: int = 0
    """Since it was last opened."""
    mediated: bool = False
    """Whether mediation is over: agreed or terminated."""
    ended_as: CaseStatus | None = None
    ended_at: datetime | None = None

    @property
    def handler(self) -> str | None:
        return self.answering.officer

    @property
    def leaving(self) -> str | None:
        """The handler whose posting ended, as long as the case is not handed over."""
        return None if self.answering.handover_since is None else self.answering.officer


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say: the case as it was corrected, the postings to its community, the working calendar."""

    case: ledger.Row | None = None
    postings: Sequence[roster.Row] = ()
    amended: Sequence[Entered] = ()
    """What was announced of the working calendar."""

    def posted(self, officer: str, day: date) -> bool:
        """Whether the officer served the case's community on that day, or somebody's leave in whose place they were."""
        serving = [posting for posting in self.postings if posting.serves(day)]
        return any(posting.officer == officer for posting in serving) or any(
            (leave := posting.leave_on(day)) is not None and leave.cover == officer for posting in serving
        )

    def away(self, officer: str, day: date) -> bool:
        """Whether the officer was on leave on that day."""
        return any(
            posting.officer == officer and posting.serves(day) and posting.leave_on(day) is not None
            for posting in self.postings
        )


# decide ----------------------------------------------------------------------------------------------------------


def decide(command: Command, handling: Handling | None, context: Context) -> Sequence[HandlingEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    if isinstance(command, OpenHandling) or (isinstance(command, ResumeHandling) and handling is None):
        return [_opened(command) if handling is None else _opened_again(command, handling)]
    if handling is None:
        raise Refused("unknown_handling", field="stream")
    if isinstance(command, EndHandling):
        _refuse_ended(handling)
        return [HandlingEnded(status=command.status)]
    if isinstance(command, ResumeHandling):
        if handling.ended_as is None:
            raise Refused("already_open", allowed=allowed(handling))
        return [HandlingResumed()]
    if isinstance(command, OpenHandover):
        return [_to_be_handed_over(command, handling)]
    facts: Facts = context.facts
    handling = _as_known_now(handling, facts)
    if context.by.role != Role.SERVICE:  # what follows from a posting is dated by it
        _refuse_before_report(handling, context)
    if isinstance(command, CompleteVisit | DeclineVisit):
        _refuse_visit_after_end(handling, context.at)
    elif isinstance(command, OfAgreement | RetractWork):
        _refuse_void(handling)
    else:
        _refuse_ended(handling)
    match command:
        case CheckPerformance() | OfferJudicialConfirmation() | RecordJudicialConfirmation():
            day, calendar = civil_day(context.at), Calendar(civil_day(context.now), facts.amended)
            return [about_the_agreement(command, handling.agreed_on, handling.confirmation_offered, day, calendar)]
        case SignResponsibilityLetter():
            return [letter(command, handling.kind, handling.community)]
        case RetractWork():
            return [_retracted(command, handling, context)]
        case AssignHandler() | ReplaceHandler() | DeclareConflict() | CompleteHandover():
            return [_handled_by(command, handling, facts, civil_day(context.at))]
        case PlanVisit() | CompleteVisit() | DeclineVisit():
            return [_visited(command, handling, context)]
        case RecordConsent() | WithdrawConsent() | HoldMediation() | ReachAgreement() | TerminateMediation():
            return [_mediated(command, handling, facts, civil_day(context.at))]
        case _:
            assert_never(command)


def _opened_again(command: OpenHandling | ResumeHandling, handling: Handling) -> HandlingOpened | HandlingResumed:
    """Reopened, it begins anew; where its acceptance had been taken back, it goes on as before."""
    if handling.ended_as is None:
        raise Refused("already_open", allowed=allowed(handling))
    return HandlingResumed() if handling.ended_as is CaseStatus.REPORTED else _opened(command)


def _opened(command: OpenHandling | ResumeHandling) -> HandlingOpened:
    return HandlingOpened(
        community=command.community, grid=command.grid, kind=command.kind, parties=command.parties,
        reported_at=command.reported_at, due_on=command.due_on,
    )  # fmt: skip


def _as_known_now(handling: Handling, facts: Facts) -> Handling:
    """With what intake has put right since it was opened."""
    case = facts.case
    if case is None:
        return handling
    return replace(
        handling, community=case.community, grid=case.grid, kind=case.kind, parties=case.parties,
        reported_at=case.reported_at,
    )  # fmt: skip


def _refuse_before_report(handling: Handling, context: Context) -> None:
    if context.at < handling.reported_at:
        times = {"occurred_at": context.at.isoformat(), "reported_at": handling.reported_at.isoformat()}
        raise Refused("before_reported", field="occurred_at", **times)


def _refuse_visit_after_end(handling: Handling, at: datetime) -> None:
    """A visit that took place before the case was over may still be entered afterwards, unless the case is void."""
    _refuse_void(handling)
    if handling.ended_at is not None and at > handling.ended_at:
        times = {"occurred_at": at.isoformat(), "ended_at": handling.ended_at.isoformat()}
        raise Refused("visit_after_end", field="occurred_at", **times)


def _refuse_void(handling: Handling) -> None:
    if handling.ended_as is CaseStatus.VOIDED:
        _refuse_ended(handling)


def _refuse_ended(handling: Handling) -> None:
    if handling.ended_as is not None:
        standing = handling.ended_as
        raise Refused(
            "handling_ended", allowed=allowed(handling), standing=standing.value, standing_zh=standing.zh
        )  # fmt: skip


def allowed(handling: Handling) -> Sequence[str]:
    """The commands that would be taken now, given fitting data."""
    due = any(visit.result is VisitResult.PLANNED for visit in handling.visits.values())
    visits = ["complete-visit", "decline-visit"] if due else []
    if _retractable(handling):
        visits.append("retract-work")
    if handling.agreed_on is not None:
        offered = handling.confirmation_offered
        visits += ["check-performance", "record-judicial-confirmation" if offered else "offer-judicial-confirmation"]
    if handling.ended_as is not None:
        return [] if handling.ended_as is CaseStatus.VOIDED else visits
    if handling.leaving is not None:
        visits.append("complete-handover")
    if handling.kind is CaseKind.BACKLOG:
        visits.append("sign-responsibility-letter")
    work = ["assign-handler" if handling.handler is None else "replace-handler", "declare-conflict", "plan-visit"]
    if handling.mediated:
        return [*work, *visits]
    agreed = 0 < handling.parties == len(handling.consents)
    mediation = {
        "record-consent": len(handling.consents) < handling.parties,
        "withdraw-consent": bool(handling.consents),
        "hold-mediation": agreed,
        "reach-agreement": agreed and handling.mediations > 0,
        "terminate-mediation": True,
    }
    return [*work, *visits, *(slug for slug, possible in mediation.items() if possible)]


# handlers


def _handled_by(
    command: Handing, handling: Handling, facts: Facts, day: date
) -> HandlerAssigned | HandlerReplaced | ConflictDeclared | HandoverCompleted:
    match command:
        case AssignHandler():
            if handling.handler is not None:
                raise Refused("handler_assigned", allowed=allowed(handling), handler=handling.handler)
            _refuse_unfit(command.officer, "officer", handling, facts, day)
            return HandlerAssigned(officer=command.officer)
        case ReplaceHandler():
            if handling.handler is None:
                raise Refused("no_handler", allowed=allowed(handling))
            if handling.handler == command.officer:
                raise Refused("same_handler", field="officer", handler=handling.handler)
            _refuse_unfit(command.officer, "officer", handling, facts, day)
            return HandlerReplaced(officer=command.officer, replaced=handling.handler, reason=command.reason)
        case DeclareConflict():
            if command.officer in handling.conflicted:
                raise Refused("conflict_already_declared", field="officer", officer=command.officer)
            return ConflictDeclared(officer=command.officer, reason=command.reason)
        case CompleteHandover():
            if handling.leaving is None:
                raise Refused("no_handover", allowed=allowed(handling))
            _refuse_unfit(command.officer, "officer", handling, facts, day)
            return HandoverCompleted(officer=command.officer, replaced=handling.leaving, note=command.note)
        case _:
            assert_never(command)


def _to_be_handed_over(command: OpenHandover, handling: Handling) -> HandoverOpened:
    """The handler leaves; what became another's, or was over, meanwhile needs no handing over."""
    _refuse_ended(handling)
    if handling.handler != command.officer:
        raise Refused("no_handover", allowed=allowed(handling))
    return HandoverOpened(officer=command.officer)


def _refuse_unfit(officer: str, field: str, handling: Handling, facts: Facts, day: date) -> None:
    """An officer works on a case only without a conflict of interest, and while posted to its community."""
    if officer in handling.conflicted:
        raise Refused("conflict_of_interest", field=field, officer=officer)
    if facts.away(officer, day):
        raise Refused("on_leave", field=field, officer=officer, day=day.isoformat())
    if not facts.posted(officer, day):
        raise Refused("not_posted", field=field, officer=officer, day=day.isoformat(), community=handling.community)


# visits


def _visited(command: Visiting, handling: Handling, context: Context) -> VisitPlanned | VisitCompleted | VisitDeclined:
    facts: Facts = context.facts
    match command:
        case PlanVisit():
            return _planned(command, handling, facts)
        case CompleteVisit():
            if command.officer in handling.conflicted:
                raise Refused("conflict_of_interest", field="officer", officer=command.officer)
            visit = _due(command.visit, handling)
            officer = command.officer or visit.officer
            _refuse_unfit(officer, "officer", handling, facts, civil_day(context.at))
            return VisitCompleted(
                visit=command.visit, officer=officer, community=handling.community, grid=handling.grid,
                must=visit.must, diary=command.diary, repeated=context.said_before,
            )  # fmt: skip
        case DeclineVisit():
            visit = _due(command.visit, handling)
            return VisitDeclined(
                visit=command.visit, officer=visit.officer, community=handling.community, grid=handling.grid,
                must=visit.must, reason=command.reason,
            )  # fmt: skip
        case _:
            assert_never(command)


def _planned(command: PlanVisit, handling: Handling, facts: Facts) -> VisitPlanned:
    if command.visit in handling.visits:
        raise Refused("visit_exists", field="visit", visit=command.visit)
    if command.household_class is not None and not command.must:
        raise Refused("class_without_must", field="household_class")
    if command.on < civil_day(handling.reported_at):
        times = {"occurred_at": command.on.isoformat(), "reported_at": handling.reported_at.isoformat()}
        raise Refused("before_reported", field="on", **times)
    _refuse_unfit(command.officer, "officer", handling, facts, command.on)
    return VisitPlanned(
        visit=command.visit or _next_visit(handling), officer=command.officer, community=handling.community,
        grid=handling.grid, on=command.on, must=command.must, household_class=command.household_class,
    )  # fmt: skip


def _next_visit(handling: Handling) -> str:
    number = len(handling.visits) + 1
    while f"v{number}" in handling.visits:
        number += 1
    return f"v{number}"


def _due(id: str, handling: Handling) -> Visit:
    visit = handling.visits.get(id)
    if visit is None or visit.result is VisitResult.RETRACTED:
        raise Refused("unknown_visit", field="visit", visit=id)
    if visit.result is not VisitResult.PLANNED:
        raise Refused("visit_already_done", field="visit", visit=id)
    return visit


# what is taken back


def _done(handling: Handling, by_reaction: bool = False) -> Done:
    """That the handler's posting has ended is taken back by a reaction only, with the end itself."""
    return Done(
        visits={
            id: visit.result for id, visit in handling.visits.items() if visit.result is not VisitResult.RETRACTED
        },
        consents=frozenset(map(str, handling.consents)), conflicts=handling.conflicted,
        mediations=handling.mediations, offered=handling.confirmation_offered, letter=bool(handling.letters),
        chosen=bool(handling.answered), checked=bool(handling.checks),
        leaving=handling.leaving if by_reaction else None,
    )  # fmt: skip


def _retractable(handling: Handling) -> bool:
    """Whether there is anything that may be taken back whatever the ledgers say: what led to an ending stands as long
    as that does, and a handler is not given back to a case on which they may not work."""
    done = _done(handling)
    led = () if _mediation_is_over(handling) else (done.consents, done.mediations)
    return any((done.visits, done.conflicts, done.offered, done.letter, done.checked, *led))


def _mediation_is_over(handling: Handling) -> bool:
    return handling.mediated or handling.ended_as is not None


def _retracted(command: RetractWork, handling: Handling, context: Context) -> WorkRetracted:
    if command.act in MEDIATING and _mediation_is_over(handling):
        possible = [slug for slug in allowed(handling) if slug != "retract-work"]
        raise Refused("ending_rests_on_it", field="act", allowed=possible)
    event = retracted(command, _done(handling, context.by.role == Role.SERVICE), handling.community)
    match command.act:
        case WorkAct.VISIT:
            visits = {**handling.visits}
            mistaken = visits.pop(command.item or "")
            times = [visit.done_at for visit in visits.values() if visit.result is VisitResult.COMPLETED]
            last = max((at for at in times if at is not None), default=None)
            return replace(event, done_at=mistaken.done_at, last_visit_at=last)
        case WorkAct.HANDLER:
            before = handling.answered[-1]
            if before.officer is not None and before.handover_since is None:
                _refuse_unfit(before.officer, "act", handling, context.facts, civil_day(context.at))
            return replace(event, handler=before)
        case WorkAct.HANDOVER:
            return replace(event, handler=_staying(handling.answering))
        case WorkAct.PERFORMANCE:
            return replace(event, performance=(UNCHECKED, *handling.checks)[-2])
        case WorkAct.LETTER:
            return replace(event, letter=(UNSIGNED, *handling.letters)[-2])
        case WorkAct.CONSENT | WorkAct.MEDIATION | WorkAct.CONFLICT | WorkAct.CONFIRMATION_OFFER:
            return event
        case _:
            assert_never(command.act)


def _staying(standing: HandlerStanding) -> HandlerStanding:
    return replace(standing, handover_since=None)


# mediation


def _mediated(
    command: Mediating, handling: Handling, facts: Facts, day: date
) -> ConsentRecorded | ConsentWithdrawn | MediationHeld | AgreementReached | MediationTerminated:
    if handling.mediated:
        raise Refused("mediation_over", allowed=allowed(handling))
    match command:
        case RecordConsent():
            if not command.party <= handling.parties:
                raise Refused("unknown_party", field="party", parties=handling.parties)
            if command.party in handling.consents:
                raise Refused("consent_already_recorded", field="party", party=command.party)
            return ConsentRecorded(party=command.party)
        case WithdrawConsent():
            if command.party not in handling.consents:
                raise Refused("consent_not_recorded", field="party", party=command.party)
            return ConsentWithdrawn(party=command.party)
        case HoldMediation():
            return _held(command, handling, facts, day)
        case ReachAgreement():
            _refuse_unagreed(handling)
            if handling.mediations == 0:
                raise Refused("mediation_missing", allowed=allowed(handling))
            return AgreementReached(form=command.form, terms=command.terms, tier=command.tier)
        case TerminateMediation():
            if command.reason is Termination.NO_AGREEMENT and handling.mediations == 0:
                raise Refused("nothing_was_tried", field="reason")
            return MediationTerminated(reason=command.reason, remedies_told=command.remedies_told)
        case _:
            assert_never(command)


def _held(command: HoldMediation, handling: Handling, facts: Facts, day: date) -> MediationHeld:
    _refuse_unagreed(handling)
    officers = tuple(dict.fromkeys(command.officers))
    if not officers:
        raise Refused("officers_missing", field="officers")
    for officer in officers:
        _refuse_unfit(officer, "officers", handling, facts, day)
    return MediationHeld(officers=officers, place=command.place, record=command.record)


def _refuse_unagreed(handling: Handling) -> None:
    """Nobody is mediated against their will (人民调解法 17)."""
    if handling.parties == 0:
        raise Refused("parties_unknown", allowed=allowed(handling))
    missing = [party for party in range(1, handling.parties + 1) if party not in handling.consents]
    if missing:
        raise Refused("consent_missing", allowed=allowed(handling), parties=", ".join(map(str, missing)))


# evolve ----------------------------------------------------------------------------------------------------------


def evolve(handling: Handling | None, event: HandlingEvent, occurred_at: datetime) -> Handling:
    """The handling after an event that was decided about it."""
    if isinstance(event, HandlingOpened):
        return _open(handling, event)
    assert handling is not None, "every handling begins with being opened"
    match event:
        case HandlerAssigned() | HandlerReplaced() | HandoverCompleted():
            chosen = HandlerStanding(officer=event.officer, since=occurred_at, handover_since=None)
            return replace(handling, answering=chosen, answered=(*handling.answered, handling.answering))
        case HandoverOpened():
            return replace(handling, answering=replace(handling.answering, handover_since=occurred_at))
        case PerformanceChecked():
            found = PerformanceStanding(performance=event.performance, at=occurred_at)
            return replace(handling, checks=(*handling.checks, found))
        case JudicialConfirmationRecorded():
            return handling
        case ResponsibilityLetterSigned():
            signed = LetterStanding(unit=event.unit, contact_days=event.contact_days, at=occurred_at)
            return replace(handling, letters=(*handling.letters, signed))
        case WorkRetracted():
            return _without(handling, event)
        case HandlingResumed():
            return replace(
                handling, ended_as=None, ended_at=None, mediated=False, agreed_on=None, confirmation_offered=False,
                checks=(),
            )  # fmt: skip
        case JudicialConfirmationOffered():
            return replace(handling, confirmation_offered=True)
        case ConflictDeclared():
            return replace(handling, conflicted=handling.conflicted | {event.officer})
        case VisitPlanned():
            return replace(handling, visits={**handling.visits, event.visit: Visit(event.officer, event.must)})
        case VisitCompleted() | VisitDeclined():
            result = VisitResult.COMPLETED if isinstance(event, VisitCompleted) else VisitResult.DECLINED
            visit = Visit(event.officer, event.must, result, occurred_at)
            return replace(handling, visits={**handling.visits, event.visit: visit})
        case ConsentRecorded():
            return replace(handling, consents=handling.consents | {event.party})
        case ConsentWithdrawn():
            return replace(handling, consents=handling.consents - {event.party})
        case MediationHeld():
            return replace(handling, mediations=handling.mediations + 1)
        case AgreementReached():
            return replace(handling, mediated=True, agreed_on=civil_day(occurred_at))
        case MediationTerminated():
            return replace(handling, mediated=True)
        case HandlingEnded():
            return replace(handling, ended_as=event.status, ended_at=occurred_at)
        case _:
            assert_never(event)


def _without(handling: Handling, event: WorkRetracted) -> Handling:
    """The handling without an act that never took place. The id of a visit is not given again."""
    match event.act:
        case WorkAct.VISIT:
            assert event.item is not None, "a visit has an id"
            visit = replace(handling.visits[event.item], result=VisitResult.RETRACTED)
            return replace(handling, visits={**handling.visits, event.item: visit})
        case WorkAct.CONSENT:
            return replace(handling, consents=handling.consents - {int(event.item or 0)})
        case WorkAct.CONFLICT:
            return replace(handling, conflicted=handling.conflicted - {event.item or ""})
        case WorkAct.MEDIATION:
            return replace(handling, mediations=handling.mediations - 1)
        case WorkAct.CONFIRMATION_OFFER:
            return replace(handling, confirmation_offered=False)
        case WorkAct.LETTER:
            return replace(handling, letters=handling.letters[:-1])
        case WorkAct.HANDLER:
            return replace(handling, answering=handling.answered[-1], answered=handling.answered[:-1])
        case WorkAct.HANDOVER:
            return replace(handling, answering=_staying(handling.answering))
        case WorkAct.PERFORMANCE:
            return replace(handling, checks=handling.checks[:-1])
        case _:
            assert_never(event.act)


def _open(handling: Handling | None, event: HandlingOpened) -> Handling:
    """Opened again, consents and mediation begin anew; handler, conflicts and visits stay."""
    opened = Handling(
        community=event.community, grid=event.grid, kind=event.kind, parties=event.parties,
        reported_at=event.reported_at,
    )  # fmt: skip
    if handling is None:
        return opened
    return replace(
        opened, answering=handling.answering, answered=handling.answered, conflicted=handling.conflicted,
        visits=handling.visits, letters=handling.letters,
    )  # fmt: skip


# declaration -----------------------------------------------------------------------------------------------------


def _facts(command: Work, id: str, look: Look) -> Facts:
    case = look.row(ledger.LEDGER, id)
    return Facts(case, () if case is None else look.rows(roster.LEDGER, community=case.community))


def _facts_and_calendar(command: OfferJudicialConfirmation, id: str, look: Look) -> Facts:
    return replace(_facts(command, id, look), amended=look.rows(work_calendar.LEDGER))


DECIDER: Final[Decider[Handling | None]] = Decider(
    category="handling",
    accepts=(
        Accepts(OpenHandling, REACTIONS, "3.2.1", creates=True),
        Accepts(ResumeHandling, REACTIONS, "3.2.1"),
        Accepts(AssignHandler, LEADERS, "3.2.1", facts=_facts),
        Accepts(ReplaceHandler, LEADERS, "3.2.1", facts=_facts),
        Accepts(DeclareConflict, OFFICERS, "3.2.1", facts=_facts),
        Accepts(PlanVisit, OFFICERS, "3.3.2", facts=_facts),
        Accepts(CompleteVisit, OFFICERS, "3.3.2", facts=_facts, compared=DIARY),
        Accepts(DeclineVisit, OFFICERS, "3.3.2", facts=_facts),
        Accepts(RecordConsent, OFFICERS, "3.2.1", facts=_facts),
        Accepts(WithdrawConsent, OFFICERS, "3.2.1", facts=_facts),
        Accepts(HoldMediation, OFFICERS, "3.2.1", facts=_facts),
        Accepts(ReachAgreement, OFFICERS, "3.2.1", facts=_facts),
        Accepts(TerminateMediation, OFFICERS, "3.2.1", facts=_facts),
        Accepts(CheckPerformance, OFFICERS, "3.2.1", facts=_facts),
        Accepts(OfferJudicialConfirmation, OFFICERS, "3.2.1", facts=_facts_and_calendar),
        Accepts(RecordJudicialConfirmation, OFFICERS, "3.2.1", facts=_facts),
        Accepts(SignResponsibilityLetter, LEADERS, "3.4.1", facts=_facts),
        Accepts(OpenHandover, REACTIONS, "3.1.3"),
        Accepts(CompleteHandover, LEADERS, "3.1.3", facts=_facts),
        Accepts(RetractWork, OFFICERS | REACTIONS, "3.1.4", facts=_facts),
        Accepts(EndHandling, REACTIONS, "5.1"),
    ),
    events=get_args(HandlingEvent),
    initial=None,
    decide=decide,
    evolve=evolve,
    place=placed_in(ledger.LEDGER),
    sealed_under="case",
)
