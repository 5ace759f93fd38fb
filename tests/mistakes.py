"""For every event that a person of the office enters: how it may be entered by mistake, and how it is put right.

Each mistake is made in an office at work, and put right with the commands that stand beside it; what should have been
entered instead, where anything should, is entered in a second office that never made the mistake. All data is invented
(synthetic).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from services.assessment import commands as assessment
from services.assessment import entry_commands as supervision
from services.assessment.rules.plan_file import load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assignment import commands as work
from services.assignment import entry_commands as public_work
from services.intake import commands as intake
from services.intake.takeover import taken_over_id
from shared.contracts import assessment as assessed
from shared.contracts import assignment as assigned
from shared.contracts import intake as taken_in
from shared.contracts import privacy as guarded
from shared.contracts.access import AccessAnchored
from shared.contracts.assessment import PeriodKind
from shared.contracts.assignment import CommunityAct, Confirmation, Performance, WorkAct
from shared.contracts.codes import (
    AgreementForm,
    CaseKind,
    DeclineReason,
    DisputeType,
    MeetingKind,
    PartyRole,
    PostingEnd,
    Profession,
    Source,
    Termination,
    Tier,
)
from shared.contracts.entries import Entries, Kind
from shared.contracts.event import Event
from shared.contracts.intake import CaseStep, PaperRow, PauseReason
from tests import entered
from tests.assignment.invented import WENBO
from tests.spec import START
from tests.world import ALL, World

YOUSHENG, LANE = "410105010002", "410105010003"
CASE, OTHER = "case-1", "case-2"
PLAN, RULEBOOK = load_plan(), load_rulebook()
ERROR: Final = "误登"
PERSONS = (
    intake.Person(role=PartyRole.APPLICANT, name="示例甲"),
    intake.Person(role=PartyRole.RESPONDENT, name="示例乙"),
)


@dataclass(frozen=True)
class Say:
    """Something that is asked: of which aggregate, and how many hours after the start it happened."""

    command: Any
    id: str | None = None
    hours: int = 0


@dataclass(frozen=True)
class Mistake:
    """A mistake, and how it is put right."""

    wrong: tuple[Say, ...]
    right: tuple[Say, ...]
    """What is entered to put it right, with what should have been entered instead."""
    true: tuple[Say, ...] = ()
    """What should have been entered instead."""
    given: tuple[Say, ...] = ()
    """What was entered before, rightly."""
    goes_on: tuple[Say, ...] = ()
    """What is entered afterwards: it is taken as though the mistake had never been made."""
    anew: Mapping[str, str] = field(default_factory=dict)
    """Ids under which something was entered anew, and those that it has where there was no mistake."""
    but: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Columns, by ledger, in which this mistake stays visible."""

    def by(self, *given: Say) -> "Mistake":
        """The same mistake with something entered before."""
        return replace(self, given=(*given, *self.given))


# the office


def day(number: int) -> date:
    """The day so many days after the start."""
    return (START + timedelta(days=number)).date()


def say(world: World, *said: Say) -> None:
    for one in said:
        world.send(one.command, one.id, START + timedelta(hours=one.hours))


def report(**changed: Any) -> intake.ReportCase:
    given: dict[str, Any] = {
        "community": WENBO, "grid": "1网格", "kind": CaseKind.DISPUTE, "dispute_type": DisputeType.NEIGHBOURS,
        "source": Source.SWEEP, "summary": "示例", "parties": PERSONS,
    }  # fmt: skip
    return intake.ReportCase(**(given | changed))


def office() -> World:
    """An office at work: a plan and a rulebook, two communities and who serves them, two cases, a publication."""
    world = World(ALL)
    at = -24 * 20
    adopted = (
        assessment.AdoptPlan(plan=PLAN, author="领导小组办公室", reason="印发"),
        assessment.AdoptRulebook(rulebook=RULEBOOK, author="领导小组办公室", reason="施行"),
    )
    say(world, *(Say(one, hours=at) for one in adopted))
    for code, name in ((WENBO, "文博社区"), (YOUSHENG, "优胜社区")):
        grids = ("1网格", "2网格")
        say(world, Say(work.RegisterCommunity(code=code, name=name, grids=grids, households=900), hours=at))
    for officer, profession in (
        ("judge-1", Profession.JUDGE), ("judge-2", Profession.JUDGE), ("police-1", Profession.POLICE),
        ("lawyer-1", Profession.LAWYER), ("lawyer-2", Profession.LAWYER),
    ):  # fmt: skip
        say(world, Say(work.EnrolOfficer(profession=profession, unit="某单位", name="示例"), officer, at))
        if officer != "judge-2":
            say(world, Say(work.PostOfficer(community=WENBO, officer=officer, from_day=day(-10)), hours=at))
    say(
        world,
        Say(public_work.AppointLeader(**entered.IN, leader="leader-0", post="副书记", name="示例"), "leader-0", at),
        Say(report(), CASE), Say(report(), OTHER), Say(intake.AcceptCase(), CASE, 1),
        Say(work.ConveneMeeting(**entered.IN, kind=MeetingKind.JOINT, month="2015-06", attended=9, subject="示例"),
            entered.MEETING, 2),
        Say(entered.COMMANDS[supervision.ConductInspection], entered.INSPECTION, 3),
        Say(publish(), hours=24 * 26),
    )  # fmt: skip
    assert not world.refused_reactions
    return world


def publish() -> assessment.PublishScores:
    return assessment.PublishScores(
        plan=PLAN.code, rulebook=RULEBOOK.code, period_kind=PeriodKind.MONTH, period="2015-06",
        as_of=date(2015, 7, 6),
    )  # fmt: skip


def take_over(undone: int = 0) -> intake.TakeOverCase:
    """A row of a paper ledger; what was taken over from it may have been undone before."""
    paper = PaperRow(import_id="import-1", sheet="示例", row=5, month="2015-06", number="7")
    return intake.TakeOverCase(
        community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, source=Source.SWEEP,
        summary="示例", parties=PERSONS, paper=paper, outcome=intake.PaperOutcome.RESOLVED, ended_on=day(0),
        undone=undone,
    )  # fmt: skip


PAPER_ID: Final = taken_over_id(take_over())
OFFICE: Final = office()


# the case


def back(step: CaseStep, hours: int, id: str = CASE) -> Say:
    return Say(intake.RetractStep(step=step, reason=ERROR), id, hours)


def take_back(act: WorkAct, hours: int, item: str | None = None) -> Say:
    return Say(work.RetractWork(act=act, item=item, reason=ERROR), CASE, hours)


def correct(hours: int, id: str = CASE, **given: Any) -> Say:
    return Say(intake.CorrectCase(reason=ERROR, **given), id, hours)


RESOLVE = Say(intake.ResolveCase(), CASE, 48)
FOLLOW_UP = Say(intake.FollowUpCase(satisfied=True, stable=True), CASE, 72)
CLOSE = Say(intake.CloseCase(), CASE, 73)
ENDED = (RESOLVE, FOLLOW_UP, CLOSE)
HAND_DOWN = Say(intake.HandDownCase(by_unit="区信访局", document="交1"), CASE, 5)
PAUSE = Say(intake.PauseClock(reason=PauseReason.APPRAISAL), CASE, 24 * 3)
RESUME = Say(intake.ResumeClock(), CASE, 24 * 8)
EXTEND = Say(intake.ExtendDeadline(days=10, approved_by="主任", reason="复杂"), CASE, 24 * 4)
ESCALATE = Say(intake.EscalateCase(to=Tier.SUBDISTRICT, reason="久拖"), CASE, 24 * 2)
REOPENED: Final = {
    "cases": frozenset({"reopened", "reopened_at", "due_rule"}), "case_terms": frozenset({"clocks", "marks"}),
}  # fmt: skip
"""What reopened a case stays in the record: the case is ended again as it really ended, and its due day corrected."""
AMEND = intake.AmendCalendar(
    off=(date(2015, 7, 13),), worked=(), announced_on=date(2015, 6, 12), document="示例通知"
)  # fmt: skip

ASSIGN = Say(work.AssignHandler(officer="judge-1"), CASE, 10)
PLAN_VISIT = Say(work.PlanVisit(officer="judge-1", on=day(2), must=True, visit="first"), CASE, 12)
ANEW = replace(PLAN_VISIT, command=replace(PLAN_VISIT.command, visit="anew"))
COMPLETE = Say(work.CompleteVisit(visit="first", diary="示例"), CASE, 40)
COMPLETE_ANEW = replace(COMPLETE, command=replace(COMPLETE.command, visit="anew"))
CONSENT = tuple(Say(work.RecordConsent(party=party), CASE, 13) for party in (1, 2))
MEDIATE = Say(work.HoldMediation(officers=("judge-1",), place="工作室"), CASE, 20)
AGREE = Say(work.ReachAgreement(form=AgreementForm.ORAL), CASE, 24)
AGREED = (*CONSENT, MEDIATE, AGREE)
OFFER = Say(work.OfferJudicialConfirmation(), CASE, 30)
LETTER = Say(work.SignResponsibilityLetter(unit="综治办", person="示例", contact_days=7), CASE, 30)
KEPT = Say(work.CheckPerformance(performance=Performance.PERFORMED), CASE, 90)
END_POSTING = Say(
    work.EndPosting(community=WENBO, officer="judge-1", last_day=day(3), reason=PostingEnd.TRANSFER), hours=24 * 3
)  # fmt: skip
HAND_OVER = Say(work.CompleteHandover(officer="lawyer-1"), CASE, 24 * 5)
REPLACE = Say(work.ReplaceHandler(officer="lawyer-1", reason="调整"), CASE, 60)

INTAKE: Final[Mapping[type[Event], tuple[Mistake, ...]]] = {
    taken_in.CaseReported: (
        Mistake(
            (Say(take_over()),), (Say(intake.VoidCase(reason=ERROR), PAPER_ID, 30), Say(take_over(undone=1))),
            true=(Say(take_over()),), anew={f"{PAPER_ID}:1": PAPER_ID},
        ),
        Mistake((Say(report(), "case-3", 4),), (Say(intake.VoidCase(reason=ERROR), "case-3", 30),)),
    ),
    taken_in.CaseAccepted: (
        Mistake((Say(intake.AcceptCase(), OTHER, 2),), (back(CaseStep.ACCEPTED, 30, OTHER),)),
        Mistake(
            (Say(intake.AcceptCase(), OTHER, 2), replace(PAUSE, id=OTHER)),
            (back(CaseStep.ACCEPTED, 24 * 4, OTHER), Say(intake.AcceptCase(), OTHER, 24 * 5)),
            true=(Say(intake.AcceptCase(), OTHER, 24 * 5),),
        ),
    ),
    taken_in.CaseDeclined: (
        Mistake(
            (Say(intake.DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉"), OTHER, 2),),
            (back(CaseStep.DECLINED, 30, OTHER),), goes_on=(Say(intake.AcceptCase(), OTHER, 40),),
        ),
    ),
    taken_in.CaseHandedDown: (
        Mistake(
            (HAND_DOWN,), (correct(30, kind=CaseKind.DISPUTE),), goes_on=(*ENDED,),
        ),
        Mistake(
            (Say(intake.HandDownCase(by_unit="市信访局"), CASE, 5),),
            (correct(30, kind=CaseKind.DISPUTE), HAND_DOWN), true=(HAND_DOWN,), goes_on=(*ENDED,),
        ),
    ),
    taken_in.CaseLinkedAsDuplicate: (
        Mistake((Say(intake.LinkCase(duplicate_of=OTHER), CASE, 6),), (back(CaseStep.LINKED, 30),), goes_on=ENDED),
    ),
    taken_in.CaseReclassified: (
        Mistake(
            (Say(intake.ReclassifyCase(
                kind=CaseKind.INSTABILITY, dispute_type=DisputeType.LABOUR, reason="改类"
            ), CASE, 6),),
            (correct(30, kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS),), goes_on=ENDED,
        ),
        Mistake(
            (Say(intake.ReclassifyCase(
                kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS, reason="改类"
            ), "case-3", 6),),
            (correct(30, "case-3", kind=CaseKind.BACKLOG),), goes_on=(Say(intake.AcceptCase(), "case-3", 40),),
        ).by(Say(report(kind=CaseKind.BACKLOG), "case-3", 2)),
    ),
    taken_in.CaseEscalated: (
        Mistake((ESCALATE,), (back(CaseStep.ESCALATED, 60),), goes_on=ENDED),
        Mistake(
            (Say(intake.EscalateCase(to=Tier.ABOVE, reason="久拖"), CASE, 50),), (back(CaseStep.ESCALATED, 60),),
            goes_on=ENDED,
        ).by(ESCALATE),
    ),
    taken_in.ClockPaused: (Mistake((PAUSE,), (back(CaseStep.PAUSED, 24 * 5),), goes_on=(EXTEND, RESOLVE)),),
    taken_in.ClockResumed: (
        Mistake(
            (Say(intake.ResumeClock(), CASE, 24 * 6),), (back(CaseStep.RESUMED, 24 * 7),), goes_on=(RESUME,)
        ).by(PAUSE),
    ),
    taken_in.DeadlineExtended: (
        Mistake((EXTEND,), (back(CaseStep.EXTENDED, 24 * 5),), goes_on=(PAUSE, RESUME)),
        Mistake(
            (Say(intake.ExtendDeadline(days=5, approved_by="主任", reason="复杂"), CASE, 24 * 9),),
            (back(CaseStep.EXTENDED, 24 * 10),), goes_on=(RESOLVE,),
        ).by(PAUSE, RESUME, replace(EXTEND, hours=24 * 9)),
    ),
    taken_in.CaseReferred: (
        Mistake(
            (Say(intake.ReferCase(to_unit="区法院", outside=True), CASE, 30),), (back(CaseStep.REFERRED, 40),),
            goes_on=ENDED,
        ),
    ),
    taken_in.CaseWithdrawn: (
        Mistake((Say(intake.WithdrawCase(reason="和解"), CASE, 30),), (back(CaseStep.WITHDRAWN, 40),), goes_on=ENDED),
    ),
    taken_in.CaseResolved: (
        Mistake((RESOLVE,), (back(CaseStep.RESOLVED, 50),), goes_on=(replace(RESOLVE, hours=60), FOLLOW_UP)),
        Mistake(
            (Say(intake.ResolveCase(tier=Tier.ABOVE), CASE, 48),), (back(CaseStep.RESOLVED, 50), RESOLVE),
            true=(RESOLVE,), goes_on=(FOLLOW_UP, CLOSE),
        ),
    ),
    taken_in.CaseTerminated: (
        Mistake(
            (Say(intake.TerminateCase(reason=Termination.REFUSED, remedies_told=False), CASE, 30),),
            (back(CaseStep.TERMINATED, 40),), goes_on=ENDED,
        ),
    ),
    taken_in.CaseFollowedUp: (
        Mistake((FOLLOW_UP,), (back(CaseStep.FOLLOWED_UP, 80),), goes_on=(replace(FOLLOW_UP, hours=90),)).by(RESOLVE),
        Mistake(
            (Say(intake.FollowUpCase(satisfied=False, stable=False), CASE, 72),),
            (back(CaseStep.FOLLOWED_UP, 80), FOLLOW_UP), true=(FOLLOW_UP,),
        ).by(HAND_DOWN, RESOLVE),
    ),
    taken_in.CaseClosed: (
        Mistake((CLOSE,), (back(CaseStep.CLOSED, 80),), goes_on=(replace(CLOSE, hours=90),)).by(RESOLVE, FOLLOW_UP),
    ),
    taken_in.CaseReopened: (
        Mistake(
            (Say(intake.ReopenCase(reason="反复"), CASE, 24 * 5),),
            (correct(24 * 6, due_on=date(2015, 7, 13)), *ENDED), but=REOPENED,
            goes_on=(Say(intake.ReopenCase(reason="反复"), CASE, 24 * 9),),
        ).by(*ENDED),
    ),
    taken_in.CaseCorrected: (
        Mistake(
            (correct(
                30, community=YOUSHENG, grid="2网格", kind=CaseKind.INSTABILITY, dispute_type=DisputeType.LABOUR,
                source=Source.HOTLINE, summary="错", parties=PERSONS[:1],
            ),),
            (correct(
                40, community=WENBO, grid="1网格", kind=CaseKind.DISPUTE, dispute_type=DisputeType.NEIGHBOURS,
                source=Source.SWEEP, summary="示例", parties=PERSONS,
            ),),
            goes_on=ENDED,
        ),
        Mistake((correct(30, reported_on=day(-3)),), (correct(40, reported_on=day(0)),), goes_on=ENDED),
        Mistake((correct(50, resolved_on=day(1)),), (correct(60, resolved_on=day(2)),)).by(RESOLVE),
        Mistake((correct(30, due_on=day(60)),), (back(CaseStep.DUE_CORRECTED, 40),), goes_on=(EXTEND, RESOLVE)),
        Mistake((correct(80, due_on=day(60)),), (back(CaseStep.DUE_CORRECTED, 90),)).by(EXTEND, *ENDED),
        Mistake(
            (correct(30, kind=CaseKind.DISPUTE),), (correct(40, kind=CaseKind.BACKLOG),), goes_on=ENDED
        ).by(HAND_DOWN),
    ),
    taken_in.CaseVoided: (
        Mistake((Say(intake.VoidCase(reason=ERROR), CASE, 30),), (back(CaseStep.VOIDED, 40),), goes_on=(AGREE,)).by(
            ASSIGN, PLAN_VISIT, *CONSENT, MEDIATE
        ),
        Mistake((Say(intake.VoidCase(reason=ERROR), CASE, 30),), (back(CaseStep.VOIDED, 40),), goes_on=ENDED),
        Mistake((Say(intake.VoidCase(reason=ERROR), CASE, 80),), (back(CaseStep.VOIDED, 90),)).by(*ENDED),
    ),
    taken_in.CaseStepRetracted: (
        Mistake((back(CaseStep.RESOLVED, 60),), (RESOLVE,), goes_on=(FOLLOW_UP, CLOSE)).by(RESOLVE),
        Mistake((back(CaseStep.ACCEPTED, 60),), (Say(intake.AcceptCase(), CASE, 1),), goes_on=(AGREE,)).by(
            *CONSENT, MEDIATE
        ),
        Mistake((back(CaseStep.VOIDED, 60),), (Say(intake.VoidCase(reason=ERROR), CASE, 70),)).by(
            Say(intake.VoidCase(reason=ERROR), CASE, 50)
        ),
    ),
    taken_in.CalendarAmended: (
        Mistake(
            (Say(replace(AMEND, off=(date(2015, 7, 14),)), hours=24 * 2),),
            (Say(replace(AMEND, off=(date(2015, 7, 13),), worked=(date(2015, 7, 14),)), hours=24 * 3),),
            true=(Say(AMEND, hours=24 * 3),), goes_on=(Say(intake.AcceptCase(), OTHER, 24 * 4),),
        ),
        Mistake(
            (Say(replace(AMEND, year=2031, off=(date(2031, 1, 1),), worked=()), hours=24 * 2),),
            (Say(replace(AMEND, off=(), withdrawn=(date(2031, 1, 1),), withdrawn_year=2031), hours=24 * 3),),
            goes_on=(Say(intake.AcceptCase(), OTHER, 24 * 4),),
        ),
    ),
}  # fmt: skip

# the work on a case

HANDLING: Final[Mapping[type[Event], tuple[Mistake, ...]]] = {
    assigned.HandlerAssigned: (Mistake((ASSIGN,), (take_back(WorkAct.HANDLER, 30),), goes_on=(PLAN_VISIT, RESOLVE)),),
    assigned.HandlerReplaced: (
        Mistake((REPLACE,), (take_back(WorkAct.HANDLER, 70),), goes_on=(RESOLVE,)).by(ASSIGN),
        Mistake((REPLACE,), (take_back(WorkAct.HANDLER, 24 * 5),), goes_on=(HAND_OVER,)).by(ASSIGN, END_POSTING),
    ),
    assigned.HandoverCompleted: (
        Mistake(
            (HAND_OVER,), (take_back(WorkAct.HANDLER, 24 * 6),),
            goes_on=(Say(work.CompleteHandover(officer="lawyer-2"), CASE, 24 * 7),),
        ).by(ASSIGN, END_POSTING),
    ),
    assigned.ConflictDeclared: (
        Mistake(
            (Say(work.DeclareConflict(officer="judge-1", reason="近亲属"), CASE, 11),),
            (take_back(WorkAct.CONFLICT, 14, "judge-1"),), goes_on=(PLAN_VISIT, COMPLETE),
        ),
    ),
    assigned.VisitPlanned: (Mistake((PLAN_VISIT,), (take_back(WorkAct.VISIT, 30, "first"),), goes_on=(RESOLVE,)),),
    assigned.VisitCompleted: (
        Mistake(
            (COMPLETE,), (take_back(WorkAct.VISIT, 50, "first"), ANEW), anew={"anew": "first"}, goes_on=(RESOLVE,)
        ).by(HAND_DOWN, PLAN_VISIT),
        Mistake(
            (replace(COMPLETE, hours=60),),
            (take_back(WorkAct.VISIT, 61, "first"), ANEW, COMPLETE_ANEW),
            true=(COMPLETE,), anew={"anew": "first"},
        ).by(HAND_DOWN, PLAN_VISIT),
    ),
    assigned.VisitDeclined: (
        Mistake(
            (Say(work.DeclineVisit(visit="first", reason="谢绝"), CASE, 40),),
            (take_back(WorkAct.VISIT, 50, "first"), ANEW), anew={"anew": "first"}, goes_on=(RESOLVE,),
        ).by(PLAN_VISIT),
    ),
    assigned.ConsentRecorded: (Mistake((CONSENT[0],), (take_back(WorkAct.CONSENT, 15, "1"),), goes_on=AGREED),),
    assigned.ConsentWithdrawn: (
        Mistake((Say(work.WithdrawConsent(party=1), CASE, 14),), (CONSENT[0],), goes_on=(MEDIATE, AGREE)).by(*CONSENT),
    ),
    assigned.MediationHeld: (
        Mistake((MEDIATE,), (take_back(WorkAct.MEDIATION, 22),), goes_on=(MEDIATE, AGREE)).by(*CONSENT),
    ),
    assigned.AgreementReached: (
        Mistake((AGREE,), (back(CaseStep.RESOLVED, 30),), goes_on=(replace(AGREE, hours=40),)).by(*CONSENT, MEDIATE),
        Mistake((AGREE, OFFER, KEPT), (back(CaseStep.RESOLVED, 24 * 5),), goes_on=(RESOLVE,)).by(*CONSENT, MEDIATE),
    ),
    assigned.MediationTerminated: (
        Mistake(
            (Say(work.TerminateMediation(reason=Termination.REFUSED, remedies_told=True), CASE, 21),),
            (back(CaseStep.TERMINATED, 22),), goes_on=(AGREE,),
        ).by(*CONSENT, MEDIATE),
    ),
    assigned.PerformanceChecked: (
        Mistake((KEPT,), (take_back(WorkAct.PERFORMANCE, 95),), goes_on=(replace(KEPT, hours=96),)).by(*AGREED),
        Mistake(
            (Say(work.CheckPerformance(performance=Performance.PARTLY), CASE, 95),),
            (take_back(WorkAct.PERFORMANCE, 96),),
        ).by(*AGREED, KEPT),
    ),
    assigned.JudicialConfirmationOffered: (
        Mistake(
            (OFFER,), (take_back(WorkAct.CONFIRMATION_OFFER, 40),), goes_on=(replace(OFFER, hours=50),)
        ).by(*AGREED),
    ),
    assigned.JudicialConfirmationRecorded: (
        Mistake(
            (Say(work.RecordJudicialConfirmation(confirmation=Confirmation.CONFIRMED), CASE, 50),),
            (take_back(WorkAct.CONFIRMATION_OFFER, 60), OFFER),
        ).by(*AGREED, OFFER),
    ),
    assigned.ResponsibilityLetterSigned: (
        Mistake((LETTER,), (take_back(WorkAct.LETTER, 40),), goes_on=(replace(LETTER, hours=50),)).by(HAND_DOWN),
        Mistake(
            (Say(work.SignResponsibilityLetter(unit="综治办", person="示例", contact_days=7), "case-3", 30),),
            (Say(work.RetractWork(act=WorkAct.LETTER, item=None, reason=ERROR), "case-3", 40),),
        ).by(Say(report(kind=CaseKind.BACKLOG), "case-3", 6), Say(intake.AcceptCase(), "case-3", 7)),
        Mistake(
            (Say(work.SignResponsibilityLetter(unit="别处", person="示例", contact_days=3), CASE, 24 * 4),),
            (take_back(WorkAct.LETTER, 24 * 5),), goes_on=(RESOLVE,),
        ).by(HAND_DOWN, LETTER),
    ),
    assigned.WorkRetracted: (
        Mistake((take_back(WorkAct.CONSENT, 14, "1"),), (CONSENT[0],), goes_on=(MEDIATE, AGREE)).by(*CONSENT),
        Mistake((take_back(WorkAct.HANDLER, 14),), (ASSIGN,), goes_on=(RESOLVE,)).by(ASSIGN),
    ),
}  # fmt: skip

# who serves where, and what is done in a community


def post(officer: str = "judge-2", from_day: int = 1, hours: int = 24) -> Say:
    return Say(work.PostOfficer(community=WENBO, officer=officer, from_day=day(from_day)), hours=hours)


def register(code: str, name: str, hours: int, **changed: Any) -> Say:
    given: dict[str, Any] = {"code": code, "name": name, "grids": ("1网格",), "households": 300}
    return Say(work.RegisterCommunity(**(given | changed)), hours=hours)


def community(hours: int, code: str = WENBO, **given: Any) -> Say:
    return Say(work.CorrectCommunity(code=code, reason=ERROR, **given), hours=hours)


def act(taken_back: CommunityAct, hours: int, households: int | None = None) -> Say:
    return Say(work.RetractCommunityWork(act=taken_back, households=households, reason=ERROR), WENBO, hours)


OF: Final[Mapping[str, Any]] = {"community": WENBO, "officer": "judge-1"}
OPEN = Say(work.OpenStudio(place="警务室"), WENBO, 5)
SHUT = Say(work.CloseStudio(reason="搬迁"), WENBO, 24 * 3)
THIRD_FOR_FIRST: Final = {f"{WENBO}/3": f"{WENBO}/1"}
"""Contact cards are told apart by the place of their event in the community's stream."""
CARDS = Say(work.IssueContactCards(households=100), WENBO, 24)
LEAVE = Say(work.RecordLeave(**OF, first_day=day(5), last_day=day(9), cover="judge-2"), hours=24)
NOT_TAKEN = Say(work.EndLeave(**OF, first_day=day(5), last_day=day(4)), hours=24 * 5)
BACK_EARLY = Say(work.EndLeave(**OF, first_day=day(5), last_day=day(7)), hours=24 * 8)
CONVENE = Say(
    work.ConveneMeeting(community=WENBO, kind=MeetingKind.MONTHLY, month="2015-06", attended=20, subject="示例"), "m-1",
    24 * 9,
)  # fmt: skip
MINUTES = Say(work.SubmitMinutes(decisions=("示例",)), "m-1", 24 * 10)
VOID_MEETING = Say(work.VoidMeeting(reason=ERROR), "m-1", 24 * 11)
END_RETRACTED = Say(work.RetractPostingEnd(**OF, reason=ERROR), hours=24 * 5)
VOID_POSTING = Say(work.VoidPosting(**OF, reason=ERROR), hours=24 * 5)
POST_AGAIN = Say(work.PostOfficer(**OF, from_day=day(-10)), hours=-24 * 20)


def under(id: str, *said: Say) -> tuple[Say, ...]:
    """The same, of another aggregate."""
    return tuple(replace(one, id=id) for one in said)


SERVING: Final[Mapping[type[Event], tuple[Mistake, ...]]] = {
    assigned.CommunityRegistered: (
        Mistake(
            (register(LANE, "里巷社区", 24),), (Say(work.VoidCommunity(code=LANE, reason=ERROR), hours=48),),
            goes_on=(register("410105010004", "里巷社区", 60),),
        ),
    ),
    assigned.CommunityCorrected: (
        Mistake(
            (community(24, name="文博里社区", grids=("9网格",), households=1),),
            (community(30, name="文博社区", grids=("1网格", "2网格"), households=900),),
            goes_on=(register(LANE, "文博里社区", 60),),
        ),
    ),
    assigned.CommunityVoided: (
        Mistake(
            (Say(work.VoidCommunity(code=YOUSHENG, reason=ERROR), hours=24),),
            (register(YOUSHENG, "优胜社区", -24 * 20, grids=("1网格", "2网格"), households=900),),
            goes_on=(community(60, YOUSHENG, households=901),),
        ),
    ),
    assigned.StudioOpened: (
        Mistake((OPEN,), (act(CommunityAct.STUDIO_OPENED, 30),), goes_on=(replace(OPEN, hours=40),)),
        Mistake(
            (Say(work.OpenStudio(place="别处"), WENBO, 24 * 4),), (act(CommunityAct.STUDIO_OPENED, 24 * 5),)
        ).by(OPEN, SHUT),
    ),
    assigned.StudioClosed: (Mistake((SHUT,), (act(CommunityAct.STUDIO_CLOSED, 24 * 4),)).by(OPEN),),
    assigned.ContactCardsIssued: (
        Mistake(
            (CARDS,), (act(CommunityAct.CARDS, 48, 100),), goes_on=(replace(CARDS, hours=60),), anew=THIRD_FOR_FIRST
        ),
        Mistake(
            (CARDS,), (act(CommunityAct.CARDS, 48, 10),),
            true=(replace(CARDS, command=work.IssueContactCards(households=90)),),
        ).by(replace(CARDS, hours=20)),
    ),
    assigned.CommunityWorkRetracted: (
        Mistake((act(CommunityAct.STUDIO_OPENED, 30),), (OPEN,), goes_on=(SHUT,)).by(OPEN),
        Mistake((act(CommunityAct.STUDIO_CLOSED, 24 * 4),), (SHUT,)).by(OPEN, SHUT),
        Mistake((act(CommunityAct.CARDS, 30, 100),), (CARDS,), anew=THIRD_FOR_FIRST).by(CARDS),
    ),
    assigned.OfficerEnrolled: (
        Mistake(
            (Say(work.EnrolOfficer(profession=Profession.JUDGE, unit="区法院", name="示例"), "judge-3", 5),),
            (Say(work.VoidOfficer(reason=ERROR), "judge-3", 6),),
        ),
    ),
    assigned.OfficerCorrected: (
        Mistake(
            (Say(work.CorrectOfficer(
                reason=ERROR, profession=Profession.POLICE, unit="某所", name="错"
            ), "judge-2", 5),),
            (Say(work.CorrectOfficer(
                reason=ERROR, profession=Profession.JUDGE, unit="某单位", name="示例"
            ), "judge-2", 6),),
            goes_on=(post(),),
        ),
    ),
    assigned.OfficerVoided: (
        Mistake(
            (Say(work.VoidOfficer(reason=ERROR), "judge-2", 5),),
            (Say(work.EnrolOfficer(profession=Profession.JUDGE, unit="某单位", name="示例"), "judge-2", -24 * 20),),
            goes_on=(post(),),
        ),
    ),
    assigned.OfficerPosted: (
        Mistake((post(),), (Say(work.VoidPosting(community=WENBO, officer="judge-2", reason=ERROR), hours=30),)),
        Mistake(
            (post(from_day=2),),
            (Say(work.VoidPosting(community=WENBO, officer="judge-2", reason=ERROR), hours=30), post()),
            true=(post(),),
        ),
    ),
    assigned.VisitTimesSet: (
        Mistake(
            (Say(work.SetVisitTimes(**OF, times="周五"), hours=30),),
            (Say(work.SetVisitTimes(**OF, times="周一"), hours=31),),
        ).by(Say(work.SetVisitTimes(**OF, times="周一"), hours=5)),
    ),
    assigned.PostingEnded: (
        Mistake((END_POSTING,), (END_RETRACTED,), goes_on=(RESOLVE,)),
        Mistake((END_POSTING,), (END_RETRACTED,), goes_on=(replace(REPLACE, hours=24 * 6),)).by(ASSIGN),
    ),
    assigned.PostingEndRetracted: (
        Mistake((END_RETRACTED,), (END_POSTING,), goes_on=(HAND_OVER,)).by(ASSIGN, END_POSTING),
    ),
    assigned.PostingVoided: (
        Mistake((VOID_POSTING,), (POST_AGAIN,), goes_on=(END_POSTING,)),
        Mistake((VOID_POSTING,), (POST_AGAIN,), goes_on=(replace(REPLACE, hours=24 * 6),)).by(ASSIGN),
    ),
    assigned.LeaveRecorded: (Mistake((LEAVE,), (NOT_TAKEN,), goes_on=(LEAVE,)),),
    assigned.LeaveEnded: (
        Mistake(
            (BACK_EARLY,), (Say(work.EndLeave(**OF, first_day=day(5), last_day=day(9)), hours=24 * 9),)
        ).by(LEAVE),
        Mistake((NOT_TAKEN,), (LEAVE,), goes_on=(BACK_EARLY,)).by(LEAVE),
    ),
    assigned.MeetingConvened: (Mistake((CONVENE,), (VOID_MEETING,), goes_on=under("m-2", CONVENE, MINUTES)),),
    assigned.MinutesSubmitted: (
        Mistake(
            (MINUTES,), (VOID_MEETING, *under("m-2", CONVENE)), anew={"m-2": "m-1"},
        ).by(CONVENE),
        Mistake(
            (replace(MINUTES, hours=24 * 40),), (VOID_MEETING, *under("m-2", CONVENE, MINUTES)), true=(MINUTES,),
            anew={"m-2": "m-1"},
        ).by(CONVENE),
    ),
    assigned.MeetingVoided: (
        Mistake((VOID_MEETING,), under("m-2", CONVENE, MINUTES), anew={"m-2": "m-1"}).by(CONVENE, MINUTES),
    ),
}  # fmt: skip

# plans, rulebooks and scores

LATER = replace(PLAN, posting_months=18)
MISTAKEN = "mistaken"
NOTHING = replace(
    PLAN, code=MISTAKEN, phases=(), duties=(), cadences=(), targets=(), anomalies=(), rounds=(), terms=(),
    publishing=(), must_visits=replace(PLAN.must_visits, classes=()), since=date(2015, 1, 1), until=date(2015, 1, 1),
)  # fmt: skip
"""A text that asks nothing of anyone."""


def amend(plan: assessed.Plan, hours: int) -> Say:
    return Say(assessment.AmendPlan(plan=plan, author="领导小组办公室", reason="更正"), hours=hours)


def rule(rulebook: assessed.Rulebook, hours: int) -> Say:
    return Say(assessment.AdoptRulebook(rulebook=rulebook, author="领导小组办公室", reason="更正"), hours=hours)


FEWER = replace(RULEBOOK, indicators=RULEBOOK.indicators[:-1])
AGAIN = Say(publish(), hours=24 * 30)
OTHER_RULES = replace(FEWER, code="other")
SECOND = Say(replace(publish(), as_of=date(2015, 7, 9)), hours=24 * 28)
"""A publication besides the office's first."""

ASSESSED: Final[Mapping[type[Event], tuple[Mistake, ...]]] = {
    assessed.PlanAdopted: (
        Mistake(
            (Say(assessment.AdoptPlan(plan=replace(PLAN, code=MISTAKEN), author="办公室", reason="印发"), hours=24),),
            (amend(NOTHING, 48),),
        ),
    ),
    assessed.PlanAmended: (Mistake((amend(LATER, 24),), (amend(PLAN, 48),), anew={"000003": "000001"}),),
    assessed.RulebookAdopted: (Mistake((rule(FEWER, 24),), (rule(RULEBOOK, 48),), anew={"000003": "000001"}),),
    assessed.ScorePublished: (
        Mistake(
            (RESOLVE, SECOND), (back(CaseStep.RESOLVED, 24 * 29), replace(SECOND, hours=24 * 30)),
            true=(replace(SECOND, hours=24 * 30),),
        ),
        Mistake(
            (replace(SECOND, command=replace(SECOND.command, rulebook=OTHER_RULES.code)),),
            (replace(SECOND, hours=24 * 30),), true=(SECOND,),
        ).by(rule(OTHER_RULES, 24 * 27)),
    ),
    assessed.ScoreRestated: (
        Mistake(
            (Say(intake.VoidCase(reason=ERROR), CASE, 24 * 28), AGAIN),
            (back(CaseStep.VOIDED, 24 * 31), replace(AGAIN, hours=24 * 32)),
        ),
    ),
}  # fmt: skip

# entries


HURRIED: Final = tuple(
    replace(one, share="0.0001", least=1, days=31) for one in RULEBOOK.flags if one.code == entered.FLAG
)
NEEDED: Final[Mapping[type, tuple[Say, ...]]] = {
    supervision.AnswerFlag: (
        rule(replace(RULEBOOK, flags=HURRIED), 12), Say(intake.ResolveCase(), CASE, 20)
    ),
}  # fmt: skip
"""What must be there before some entries, besides the office: a case that ends when a rule says that it may not."""


def _flagged() -> World:
    """The office with a flag to be answered."""
    world = OFFICE.copy()
    say(world, *NEEDED[supervision.AnswerFlag])
    return world


FLAGGED: Final = _flagged()


BEGUN: Final = {"appeals": 24 * 26, "flag_answers": 24 * 20}
"""By kind, the hours before the first step: an appeal comes after the publication, an answer after the flag's month."""


def _of_entries(entries: Entries) -> Iterator[tuple[type[Event], tuple[Mistake, ...]]]:
    """An entry that never was is made void; so is one with a step that never was, and the rest is entered anew."""
    void, voided = entered.VOIDS[entries.decider.category], entries.decider.events[-1]
    for kind in entries.kinds:
        for number, step in enumerate(kind.steps):
            before = (*NEEDED.get(step.command, ()), *_steps(kind, number, "first"))
            begun = BEGUN.get(kind.name, 0)
            wrong = Say(entered.COMMANDS[step.command], "first", begun + 24 * (number + 1))
            right = (Say(void, "first", begun + 24 * 9), *_steps(kind, number, "anew"))
            yield step.event, (Mistake((wrong,), right, given=before, anew={"anew": "first"}),)
    whole = _steps(entries.kinds[0], 2, "first")
    mistaken, anew = Say(void, "first", 24 * 9), tuple(replace(one, id="anew") for one in whole)
    yield voided, (Mistake((mistaken,), anew, given=whole, anew={"anew": "first"}),)


def _steps(kind: Kind, count: int, id: str) -> tuple[Say, ...]:
    """So many steps of an entry, each a day after the other."""
    steps = kind.steps[:count]
    begun = BEGUN.get(kind.name, 0)
    return tuple(Say(entered.COMMANDS[step.command], id, begun + 24 * (day + 1)) for day, step in enumerate(steps))


ENTERED: Final[Mapping[type[Event], tuple[Mistake, ...]]] = {
    event: mistakes for entries in entered.ALL for event, mistakes in _of_entries(entries)
}

# all of them

MISTAKES: Final[Mapping[type[Event], tuple[Mistake, ...]]] = {**INTAKE, **HANDLING, **SERVING, **ASSESSED, **ENTERED}
ENTERED_BY_NOBODY: Final[Mapping[type[Event], str]] = {
    assigned.HandlingOpened: "a reaction to acceptance; it goes with it",
    assigned.HandlingResumed: "a reaction to an ending taken back; it goes with the next",
    assigned.HandlingEnded: "a reaction to an ending; it goes when that is taken back",
    assigned.HandoverOpened: "a reaction to the end of a posting; it goes when that is taken back",
    AccessAnchored: "the record's own, of the log of readings: it says what that held, and cannot be wrong",
}
KEPT_FOR_ACCOUNT: Final[Mapping[type[Event], str]] = {
    guarded.RestrictionPlaced: "lifted by lift-restriction",
    guarded.RestrictionLifted: "placed again by place-restriction",
    guarded.ErasureProposed: "withdrawn or refused by refuse-erasure",
    guarded.ErasureApproved: "nothing takes it back: another person looked, and thirty days went before it",
    guarded.ErasureRefused: "proposed again by propose-erasure",
    guarded.ErasureHeld: "released by release-erasure-hold",
    guarded.ErasureHoldReleased: "held again by hold-erasure",
    guarded.PersonalDataErased: "for ever: that is what it is for",
    guarded.UnmaskingAsked: "withdrawn by end-unmasking",
    guarded.UnmaskingGranted: "ended by end-unmasking; what was read meanwhile stays recorded",
    guarded.UnmaskingRefused: "asked for anew by ask-unmasking",
    guarded.UnmaskingEnded: "asked for anew by ask-unmasking",
    guarded.GlassBroken: "ended by end-unmasking; looked at whether or not it was a mistake",
    guarded.GlassReviewed: "a judgement of the moment; the record has both",
    guarded.PersonRequestReceived: "answered as withdrawn, entered by mistake",
    guarded.PersonRequestAnswered: "another request is entered",
}
"""What guards personal data counts nowhere, and that it was done must stay in sight: its effect is ended, and it is
not made as though it had never been."""
ONLY_OF_AN_EMPTY_LOG: Final[Mapping[type[Event], str]] = {
    assigned.SyntheticDeclared: "it must be beyond recall, and nothing else is there yet: another log is begun instead",
}
