"""Whatever is asked, in whatever order: a case and its handling keep their invariants, and the ledgers follow.

Commands are drawn at random, most of them such as the aggregate would take; both services decide, fold and react.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.assignment import commands as work
from services.assignment.handling import Facts, Handling, allowed
from services.assignment.handling import decide as decide_handling
from services.assignment.ledgers import roster
from services.assignment.service import SERVICE as ASSIGNMENT
from services.intake import commands as intake
from services.intake.case import Case
from services.intake.life import ACCEPTED_IN
from services.intake.service import SERVICE as INTAKE
from shared.contracts.assignment import (
    AgreementReached,
    Confirmation,
    ConflictDeclared,
    HandlerAssigned,
    HandlerReplaced,
    HandoverCompleted,
    MediationHeld,
    Performance,
    VisitCompleted,
    VisitDeclined,
    VisitPlanned,
    WorkAct,
    WorkRetracted,
)
from shared.contracts.codes import (
    AgreementForm,
    CaseKind,
    CaseStatus,
    DeclineReason,
    DisputeType,
    PartyRole,
    PostingEnd,
    Profession,
    Source,
    Termination,
    Tier,
    VisitResult,
)
from shared.contracts.days import civil_day
from shared.contracts.event import Actor, Recorded
from shared.contracts.intake import (
    CaseCorrected,
    CaseReported,
    CaseStep,
    CaseStepRetracted,
    CaseVoided,
    PauseReason,
)
from shared.contracts.model import Context, Refused, slug
from tests.assignment.invented import WENBO
from tests.declarations import assert_refusal_is_told
from tests.spec import START
from tests.world import SERVICES, World, fold

CASE = "case-1"
OFFICERS = ("judge-1", "police-1", "lawyer-1", "lawyer-2")
DAYS = 40
PERSONS = (
    intake.Person(role=PartyRole.APPLICANT, name="sealed:n1"),
    intake.Person(role=PartyRole.RESPONDENT, name="sealed:n2"),
)
NEXT = {
    None: {CaseStatus.REPORTED},
    CaseStatus.REPORTED: {CaseStatus.ACCEPTED, CaseStatus.DECLINED, CaseStatus.LINKED},
    CaseStatus.ACCEPTED: {
        CaseStatus.RESOLVED, CaseStatus.TERMINATED, CaseStatus.REFERRED, CaseStatus.WITHDRAWN, CaseStatus.LINKED,
    },
    CaseStatus.DECLINED: set(),
    CaseStatus.LINKED: set(),
    CaseStatus.RESOLVED: {CaseStatus.FOLLOWED_UP},
    CaseStatus.TERMINATED: {CaseStatus.FOLLOWED_UP},
    CaseStatus.REFERRED: {CaseStatus.FOLLOWED_UP},
    CaseStatus.WITHDRAWN: {CaseStatus.FOLLOWED_UP},
    CaseStatus.FOLLOWED_UP: {CaseStatus.CLOSED},
    CaseStatus.CLOSED: {CaseStatus.ACCEPTED},
    CaseStatus.VOIDED: set(),
}  # fmt: skip
"""The life of a case, written down a second time."""


def campaign() -> World:
    """Two communities, their officers, and another case to link to."""
    world = World()
    for code, name in ((WENBO, "文博社区"), ("410105010002", "优胜社区")):
        world.send(work.RegisterCommunity(code=code, name=name, grids=("1网格",), households=900))
    for officer in (*OFFICERS, "stranger"):
        world.send(work.EnrolOfficer(profession=Profession.JUDGE, unit="某单位", name="sealed:n"), officer)
    for officer in OFFICERS:
        for community in (WENBO, "410105010002"):
            world.send(work.PostOfficer(community=community, officer=officer, from_day=date(2015, 6, 1)))
    end = work.EndPosting(
        community=WENBO, officer="police-1", last_day=date(2015, 6, 25), reason=PostingEnd.TRANSFER
    )  # fmt: skip
    world.send(end)
    world.send(report(), "other")
    return world


def report(kind: CaseKind = CaseKind.DISPUTE) -> intake.ReportCase:
    return intake.ReportCase(
        community="文博社区", grid="1网格", kind=kind, dispute_type=DisputeType.NEIGHBOURS, source=Source.SWEEP,
        summary="sealed:s", parties=PERSONS,
    )  # fmt: skip


CAMPAIGN = campaign()
"""Of the officers, judge-1 and police-1 may have conflicts; police-1 leaves, and stranger was never posted."""

officers = st.sampled_from([*OFFICERS, *OFFICERS, "stranger"])
days = st.integers(0, DAYS).map(lambda n: date(2015, 6, 9) + timedelta(days=n))
maybe_day = st.none() | days
parties = st.integers(1, 3)
visits = st.sampled_from(["v1", "v2", "v3", "extra"])
kinds = st.sampled_from(CaseKind)

ASKED: dict[str, st.SearchStrategy[Any]] = {
    "report-case": kinds.map(report),
    "accept-case": st.just(intake.AcceptCase()),
    "decline-case": st.just(intake.DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉")),
    "hand-down-case": st.just(intake.HandDownCase(by_unit="区信访局")),
    "link-case": st.sampled_from(["other", CASE, "none"]).map(lambda id: intake.LinkCase(duplicate_of=id)),
    "reclassify-case": st.builds(
        intake.ReclassifyCase, kind=kinds, dispute_type=st.sampled_from(DisputeType), reason=st.just("改类")
    ),
    "refer-case": st.builds(intake.ReferCase, to_unit=st.just("区法院"), outside=st.booleans()),
    "withdraw-case": st.just(intake.WithdrawCase(reason="和解")),
    "resolve-case": st.just(intake.ResolveCase()),
    "terminate-case": st.just(intake.TerminateCase(reason=Termination.REFUSED, remedies_told=True)),
    "follow-up-case": st.builds(intake.FollowUpCase, satisfied=st.booleans() | st.none(), stable=st.booleans()),
    "close-case": st.just(intake.CloseCase()),
    "reopen-case": st.just(intake.ReopenCase(reason="反复")),
    "correct-case": st.builds(
        intake.CorrectCase, reason=st.just("录入有误"), grid=st.none() | st.just("2网格"), reported_on=maybe_day,
        resolved_on=maybe_day, due_on=maybe_day, kind=st.none() | kinds,
        community=st.none() | st.sampled_from(["优胜社区", WENBO, "无名社区"]),
        parties=st.none() | st.just(PERSONS[:1]) | st.just(PERSONS),
    ),
    "escalate-case": st.sampled_from(Tier).map(lambda tier: intake.EscalateCase(to=tier, reason="久拖未决")),
    "pause-clock": st.just(intake.PauseClock(reason=PauseReason.APPRAISAL)),
    "resume-clock": st.just(intake.ResumeClock()),
    "extend-deadline": st.integers(1, 31).map(
        lambda days: intake.ExtendDeadline(days=days, approved_by="主任", reason="情况复杂")
    ),
    "void-case": st.just(intake.VoidCase(reason="重复录入")),
    "retract-step": st.sampled_from(CaseStep).map(lambda step: intake.RetractStep(step=step, reason="误登")),
    "retract-work": st.builds(
        work.RetractWork, act=st.sampled_from(WorkAct), reason=st.just("误登"),
        item=st.none() | visits | st.sampled_from(["1", "2", "judge-1", "police-1"]),
    ),
    "assign-handler": st.builds(work.AssignHandler, officer=officers),
    "replace-handler": st.builds(work.ReplaceHandler, officer=officers, reason=st.just("调整")),
    "declare-conflict": st.sampled_from(["judge-1", "police-1"]).map(
        lambda officer: work.DeclareConflict(officer=officer, reason="近亲属")
    ),
    "plan-visit": st.builds(
        work.PlanVisit, officer=officers, on=days, must=st.booleans(), visit=st.none() | visits
    ),
    "complete-visit": st.builds(work.CompleteVisit, visit=visits, officer=st.none() | officers),
    "decline-visit": st.builds(work.DeclineVisit, visit=visits, reason=st.just("谢绝")),
    "record-consent": st.builds(work.RecordConsent, party=parties),
    "withdraw-consent": st.builds(work.WithdrawConsent, party=parties),
    "hold-mediation": st.builds(
        work.HoldMediation, officers=st.lists(officers, max_size=2).map(tuple), place=st.just("工作室")
    ),
    "reach-agreement": st.builds(work.ReachAgreement, form=st.sampled_from(AgreementForm)),
    "check-performance": st.sampled_from(Performance).map(lambda kept: work.CheckPerformance(performance=kept)),
    "offer-judicial-confirmation": st.just(work.OfferJudicialConfirmation()),
    "record-judicial-confirmation": st.just(work.RecordJudicialConfirmation(confirmation=Confirmation.NOT_ASKED)),
    "sign-responsibility-letter": st.just(
        work.SignResponsibilityLetter(unit="综治办", person="sealed:p", contact_days=7)
    ),
    "complete-handover": st.builds(work.CompleteHandover, officer=officers),
    "terminate-mediation": st.builds(
        work.TerminateMediation, reason=st.sampled_from(Termination), remedies_told=st.booleans()
    ),
}  # fmt: skip
RARE = {"void-case", "decline-case", "link-case", "refer-case", "withdraw-case", "resolve-case", "terminate-case"}


ANYTHING = st.sampled_from([name for name in ASKED for _ in range(1 if name in RARE else 3)])
PLENTY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def histories(draw: st.DrawFn) -> World:
    """A campaign in which up to forty things were asked about one case: most of them such as would be taken."""
    world = CAMPAIGN.copy()
    world.send(draw(ASKED["report-case"]), CASE)
    for _ in range(draw(st.sampled_from([0, 5, 20, 40]))):
        handling = world.states.get(f"handling/{CASE}")
        what = draw(st.integers(0, 29))
        if what == 0 and (steps := last_steps(world.states[f"case/{CASE}"])):
            command: Any = draw(st.sampled_from(steps))
        elif what < 16 and handling is not None and (names := worth_trying(handling)):
            command = fitting(draw(st.sampled_from(names)), handling)
        elif what < 24 and (names := possible(world.states[f"case/{CASE}"])):
            command = draw(ASKED[draw(st.sampled_from(names))])
        else:
            command = draw(ASKED[draw(ANYTHING)])
        ask(world, command, draw(st.integers(0, 12)))
    return world


def worth_trying(handling: Handling) -> list[str]:
    """What may be asked of the handling now, what leads towards an agreement more often."""
    names = [name for name in allowed(handling) if name not in ("terminate-mediation", "retract-work")]
    back = ["retract-work"] if "retract-work" in allowed(handling) and len(handling.visits) % 2 else []
    return (
        names + back + 3 * [name for name in names if name in ("record-consent", "hold-mediation", "reach-agreement")]
    )


def possible(case: Case) -> list[str]:
    """What may be asked of the case now: its endings seldom, voiding never (that is left to chance)."""
    names = [slug(command) for command in ACCEPTED_IN[case.status] if command is not intake.VoidCase]
    return names + 3 * [name for name in names if name not in RARE and name not in ("correct-case", "retract-step")]


def last_steps(case: Case) -> list[intake.RetractStep]:
    """The steps that may be taken back now: that of its life, that of its clock and its escalation."""
    found = [step for step in CaseStep if case.trail and step.value == case.status.value]
    found += [step.step for step in case.clock_steps[-1:]] + [CaseStep.ESCALATED] * bool(case.escalations)
    return [intake.RetractStep(step=step, reason="误登") for step in found]


def ask(world: World, command: Any, hours: int) -> None:
    """Ask, `hours` times six hours after the start at the earliest; a refusal changes nothing and is told well."""
    before = len(world.log)
    at = START + timedelta(hours=6 * hours + 6 * before // 4)
    try:
        world.send(command, CASE, at)
    except Refused as said:
        refused = said
    else:
        return
    assert len(world.log) == before
    service = next(s for s in SERVICES for d in s.deciders for a in d.accepts if a.command is type(command))
    assert_refusal_is_told(service, refused)
    assert slug(type(command)) not in refused.allowed, f"{refused.code}: what is allowed was refused"


def history(world: World, stream: str) -> list[Recorded]:
    return [recorded for recorded in world.log if recorded.stream == stream]


INVARIANTS: list[Callable[[World], None]] = []


def invariant(check: Callable[[World], None]) -> Callable[[World], None]:
    """Name what must hold of every history."""
    INVARIANTS.append(check)
    return check


# the case


@invariant
def a_case_goes_only_the_ways_of_its_life(world: World) -> None:
    state: Case | None = None
    been: list[CaseStatus] = []
    evolve: Callable[..., Case] = INTAKE.deciders[0].evolve
    for recorded in history(world, f"case/{CASE}"):
        before, state = state, evolve(state, recorded.event, recorded.occurred_at)
        was = before.status if before else None
        if isinstance(recorded.event, CaseStepRetracted):
            assert state.status is recorded.event.back_to
            assert state.status in been, "it stands where it stood before"
            continue
        been.append(state.status)
        if state.status is not was:
            assert state.status in NEXT[was] | ({CaseStatus.VOIDED} if was is not None else set())
        assert was is not CaseStatus.VOIDED, "voided is the end of everything"


@invariant
def nothing_is_decided_about_a_case_before_it_was_reported(world: World) -> None:
    state: Case | None = None
    for recorded in history(world, f"case/{CASE}"):
        if state is not None:
            assert recorded.occurred_at >= state.reported_at
        state = INTAKE.deciders[0].evolve(state, recorded.event, recorded.occurred_at)
        assert state is not None
        assert (state.due is None) == (
            state.status in (CaseStatus.REPORTED, CaseStatus.DECLINED)
            or (state.status in (CaseStatus.LINKED, CaseStatus.VOIDED) and state.due is None)
        )
        if state.ended_on is not None and not isinstance(recorded.event, CaseVoided):
            assert state.ended_on >= civil_day(state.reported_at)


@invariant
def a_case_is_in_hand_just_while_its_handling_is_open(world: World) -> None:
    case, handling = world.states[f"case/{CASE}"], world.states.get(f"handling/{CASE}")
    assert world.refused_reactions == []
    assert case.in_hand == (handling is not None and handling.ended_as is None)
    assert not case.in_hand or case.status is CaseStatus.ACCEPTED
    if handling is not None and case.status in NEXT[CaseStatus.ACCEPTED]:
        never_accepted = case.due is None  # its acceptance was taken back
        assert handling.ended_as is (CaseStatus.REPORTED if never_accepted else case.status)


# the handling


@invariant
def nobody_is_mediated_without_consent_and_nothing_agreed_without_mediation(world: World) -> None:
    state: Handling | None = None
    for recorded in history(world, f"handling/{CASE}"):
        if isinstance(recorded.event, MediationHeld | AgreementReached):
            assert state is not None
            assert state.consents >= set(range(1, known_parties(world, recorded) + 1))
        if isinstance(recorded.event, AgreementReached):
            assert state is not None
            assert state.mediations > 0
        state = evolve_handling(state, recorded)


def known_parties(world: World, before: Recorded) -> int:
    """How many parties the case had when that was decided, corrections included."""
    count = 0
    for recorded in world.log[: before.position]:
        if recorded.stream == f"case/{CASE}" and isinstance(recorded.event, CaseReported | CaseCorrected):
            count = count if recorded.event.parties is None else len(recorded.event.parties)
    return count


@invariant
def an_officer_works_only_unconflicted_and_while_posted(world: World) -> None:
    conflicted: set[str] = set()
    for recorded in history(world, f"handling/{CASE}"):
        match recorded.event:
            case ConflictDeclared(officer=officer):
                conflicted.add(officer)
                continue
            case WorkRetracted(act=WorkAct.CONFLICT, item=item):
                conflicted.discard(item or "")
                continue
            case (
                HandlerAssigned(officer=officer) | HandlerReplaced(officer=officer) | HandoverCompleted(officer=officer)
            ):
                working, day = {officer}, civil_day(recorded.occurred_at)
            case VisitCompleted(officer=officer):
                working, day = {officer}, civil_day(recorded.occurred_at)
            case VisitPlanned(officer=officer, on=on):
                working, day = {officer}, on
            case MediationHeld(officers=officers):
                working, day = set(officers), civil_day(recorded.occurred_at)
            case _:
                continue
        assert not working & conflicted
        postings = [row for row in world.rows["roster"].values() if row.serves(day)]
        assert working <= {row.officer for row in postings}


@invariant
def a_visit_is_done_once_after_it_was_planned(world: World) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for recorded in history(world, f"handling/{CASE}"):
        event = recorded.event
        if isinstance(event, VisitPlanned):
            assert not seen[event.visit, "planned"], "no id is given twice"
            seen[event.visit, "planned"] += 1
        if isinstance(event, VisitCompleted | VisitDeclined):
            assert seen[event.visit, "planned"]
            assert not seen[event.visit, "done"]
            seen[event.visit, "done"] += 1


@invariant
def what_is_allowed_is_taken_when_the_data_fit(world: World) -> None:
    handling = world.states.get(f"handling/{CASE}")
    if handling is None:
        return
    context = Context(
        id=CASE, at=handling.ended_at or START, now=START + timedelta(days=DAYS), by=Actor(id="a-1", role="officer"),
        command_id="k", log="410105010", facts=Facts(None, LAWYERS),
    )  # fmt: skip
    if handling.reported_at > context.at:
        return  # nothing can have happened by then
    for name in allowed(handling):
        assert decide_handling(fitting(name, handling), handling, context)


LAWYERS = tuple(
    roster.Row(community=WENBO, officer=officer, profession=Profession.LAWYER, from_day=date(2015, 6, 1))
    for officer in ("lawyer-1", "lawyer-2")
)


def fitting(name: str, handling: Handling) -> Any:
    """A command of that name whose data the handling cannot object to. The lawyers never have a conflict."""
    due = next((id for id, visit in handling.visits.items() if visit.result is VisitResult.PLANNED), "")
    free = [party for party in range(1, handling.parties + 1) if party not in handling.consents]
    other = "lawyer-1" if handling.handler != "lawyer-1" else "lawyer-2"
    commands: dict[str, Callable[[], Any]] = {
        "assign-handler": lambda: work.AssignHandler(officer="lawyer-1"),
        "replace-handler": lambda: work.ReplaceHandler(officer=other, reason="调整"),
        "declare-conflict": lambda: work.DeclareConflict(
            officer=next(free for n in range(99) if (free := f"stranger-{n}") not in handling.conflicted),
            reason="近亲属",
        ),
        "plan-visit": lambda: work.PlanVisit(officer="lawyer-1", on=date(2015, 12, 1), must=False),
        "complete-visit": lambda: work.CompleteVisit(visit=due, officer="lawyer-1"),
        "decline-visit": lambda: work.DeclineVisit(visit=due, reason="谢绝"),
        "record-consent": lambda: work.RecordConsent(party=free[0]),
        "withdraw-consent": lambda: work.WithdrawConsent(party=min(handling.consents)),
        "hold-mediation": lambda: work.HoldMediation(officers=("lawyer-1",), place="工作室"),
        "reach-agreement": lambda: work.ReachAgreement(form=AgreementForm.ORAL),
        "terminate-mediation": lambda: work.TerminateMediation(reason=Termination.REFUSED, remedies_told=True),
        "check-performance": lambda: work.CheckPerformance(performance=Performance.PERFORMED),
        "offer-judicial-confirmation": lambda: work.OfferJudicialConfirmation(),
        "record-judicial-confirmation": lambda: work.RecordJudicialConfirmation(confirmation=Confirmation.CONFIRMED),
        "sign-responsibility-letter": lambda: work.SignResponsibilityLetter(
            unit="综治办", person="sealed:p", contact_days=7
        ),
        "complete-handover": lambda: work.CompleteHandover(officer=other),
        "retract-work": lambda: retraction(handling),
    }
    return commands[name]()


def retraction(handling: Handling) -> work.RetractWork:
    """Something that may be taken back."""
    over = handling.mediated or handling.ended_as is not None
    visit = next((id for id, visit in handling.visits.items() if visit.result is not VisitResult.RETRACTED), None)
    acts: list[tuple[WorkAct, str | None, bool]] = [
        (WorkAct.VISIT, visit, visit is not None),
        (WorkAct.CONFLICT, min(handling.conflicted, default=None), bool(handling.conflicted)),
        (WorkAct.CONFIRMATION_OFFER, None, handling.confirmation_offered),
        (WorkAct.LETTER, None, bool(handling.letters)),
        (WorkAct.PERFORMANCE, None, bool(handling.checks)),
        (WorkAct.MEDIATION, None, handling.mediations > 0 and not over),
        (WorkAct.CONSENT, str(min(handling.consents, default=0)), bool(handling.consents) and not over),
    ]
    act, item, _ = next(one for one in acts if one[2])
    return work.RetractWork(act=act, item=item, reason="误登")


def evolve_handling(state: Handling | None, recorded: Recorded) -> Handling:
    decider = next(d for d in ASSIGNMENT.deciders if d.category == "handling")
    evolved = decider.evolve(state, recorded.event, recorded.occurred_at)
    assert isinstance(evolved, Handling)
    return evolved


# the ledgers


@invariant
def the_case_ledger_says_what_was_decided(world: World) -> None:
    case, row = world.states[f"case/{CASE}"], world.rows["cases"][CASE]
    handling = world.states.get(f"handling/{CASE}")
    for name in ("status", "community", "grid", "kind", "dispute_type", "reported_at"):
        assert getattr(row, name) == getattr(case, name), name
    assert (row.due_on, row.due_rule) == (case.due[:2] if case.due else (None, None))
    assert (row.extended_days, row.paused_days, row.paused_since) == (case.extended, case.paused, case.paused_since)
    assert row.escalated_to is case.escalated_to
    assert len(row.parties) == case.parties
    assert (civil_day(row.ended_at) if row.ended_at else None) == case.ended_on
    assert row.handler == (handling.handler if handling else None)
    taken_back = [r for r in world.log if isinstance(r.event, WorkRetracted)]
    done = [r for r in world.log if isinstance(r.event, VisitCompleted)]
    assert row.visits_done == len(done) - len([r for r in taken_back if r.event.visit is VisitResult.COMPLETED])
    assert (row.voided_at is not None) == (case.status is CaseStatus.VOIDED)


@invariant
def the_backlog_ledger_holds_the_petition_backlog_and_nothing_else(world: World) -> None:
    case, row = world.states[f"case/{CASE}"], world.rows.get("backlog", {}).get(CASE)
    assert (row is not None and row.no_backlog_since is None) == (case.kind is CaseKind.BACKLOG)
    if row is not None:
        for name in ("status", "community", "grid"):
            assert getattr(row, name) == getattr(case, name), name
        assert row.due_on == (case.due.on if case.due else None)
        assert (civil_day(row.ended_at) if row.ended_at else None) == case.ended_on
        assert (row.contacts, row.last_contact_at) == (len(row.contacts_at), max(row.contacts_at, default=None))


@invariant
def the_handling_and_visit_ledgers_say_what_was_done(world: World) -> None:
    handling, row = world.states.get(f"handling/{CASE}"), world.rows.get("handling", {}).get(CASE)
    assert (row is None) == (handling is None)
    if row is None or handling is None:
        return
    assert row.handler == handling.handler
    assert (row.handler_since, row.handover_since) == (handling.answering.since, handling.answering.handover_since)
    assert row.performance is (handling.checks[-1].performance if handling.checks else None)
    assert set(row.conflicted) == handling.conflicted
    assert set(row.consents) == handling.consents
    assert row.mediations == handling.mediations
    assert ((row.agreed_at or row.terminated_at) is not None) == handling.mediated
    assert row.ended_as is handling.ended_as
    assert (row.voided_at is not None) == (world.states[f"case/{CASE}"].status is CaseStatus.VOIDED)
    rows = {id.partition("/")[2]: visit for id, visit in world.rows.get("visits", {}).items()}
    assert {id: visit.result for id, visit in rows.items()} == {
        id: visit.result for id, visit in handling.visits.items()
    }
    assert row.visits_planned == len([visit for visit in rows.values() if visit.result is not VisitResult.RETRACTED])


@invariant
def folding_again_and_folding_key_by_key_give_the_same_rows(world: World) -> None:
    assert fold(world.log, {}) == world.rows
    for service in SERVICES:
        for ledger in service.ledgers:
            concerned = [r for r in world.log if isinstance(r.event, ledger.handles)]
            for key in {key for r in concerned for key in ledger.keys(r)}:
                row: Any = None
                for recorded in concerned:
                    if key in ledger.keys(recorded):
                        row = ledger.evolve(row, recorded, key)
                assert row == world.rows[ledger.name].get(key)


@given(histories())
@PLENTY
def test_whatever_is_asked_the_invariants_hold(world: World) -> None:
    for check in INVARIANTS:
        check(world)


def test_the_histories_tried_go_deep() -> None:
    """Commands drawn at random would prove little if they never got anywhere."""
    reached: Counter[str] = Counter()

    @given(histories())
    @settings(PLENTY, database=None, derandomize=True)
    def look(world: World) -> None:
        reached.update({type(recorded.event).__name__ for recorded in world.log})

    look()
    both = [decider for service in (INTAKE, ASSIGNMENT) for decider in service.deciders]
    events = {event.__name__ for one in both if one.category in ("case", "handling") for event in one.events}
    assert events - {"HandoverOpened", "HandoverCompleted"} <= set(reached)  # nobody leaves once cases have begun
