"""What seldom happens, added to a season that was played: what came late from paper, entries that were wrong in
every way, an appeal that was upheld. Everyone and everything in it is invented (synthetic)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from services.assessment.commands import PublishScores
from services.assessment.entry_commands import (
    AddArchiveEntry,
    AppealScore,
    ConcludeSurvey,
    DecideAppeal,
    HearAppeal,
    ReportYouthOffenceRate,
    VoidSupervision,
)
from services.assessment.evidence.gathered import evidence_at
from services.assessment.rules.periods import period
from services.assessment.rules.plan_file import load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assessment.scoring.measuring import Institution, explain
from services.assessment.scoring.publishing import publication
from services.assignment.commands import (
    CompleteVisit,
    ConveneMeeting,
    EndPosting,
    EnrolOfficer,
    HoldMediation,
    IssueContactCards,
    PlanVisit,
    PostOfficer,
    RecordConsent,
    RetractCommunityWork,
    RetractWork,
    SignResponsibilityLetter,
    SubmitMinutes,
    VoidMeeting,
    VoidPosting,
)
from services.intake.commands import (
    AcceptCase,
    CloseCase,
    CorrectCase,
    DeclineCase,
    FollowUpCase,
    HandDownCase,
    LinkCase,
    PaperOutcome,
    Person,
    ReferCase,
    ReopenCase,
    ReportCase,
    ResolveCase,
    RetractStep,
    TakeOverCase,
    TerminateCase,
    VoidCase,
)
from services.intake.entry_commands import ListKeyArea, ReinspectKeyArea, ReportMajorFire
from services.season import Scenario
from services.together import settled
from shared.command import Asked
from shared.contracts.assessment import PeriodKind
from shared.contracts.assessment_entries import ArchiveKind, Excused, Finding, SurveyKind, SurveyMethod
from shared.contracts.assignment import CommunityAct, WorkAct
from shared.contracts.codes import (
    CaseKind,
    DeclineReason,
    DisputeType,
    MeetingKind,
    PartyRole,
    PostingEnd,
    Profession,
    Role,
    Source,
    Termination,
    Tier,
)
from shared.contracts.event import Actor
from shared.contracts.intake import CaseStep, PaperRow
from shared.contracts.intake_entries import AreaKind, FireGrade
from shared.runtime import Node

OFFICER = "police-extra"
WHY = "误登"
LONG_AFTER = date(2017, 1, 1)
"""When all has been entered."""
PARTIES = (Person(role=PartyRole.APPLICANT, name="虚构甲"), Person(role=PartyRole.RESPONDENT, name="虚构乙"))


@dataclass(slots=True)
class Desk:
    """Sends commands about one season's first community."""

    node: Node
    scenario: Scenario
    _numbers: Iterator[int]

    @property
    def community(self) -> str:
        return self.scenario.code(0)

    def day(self, after: int, hour: int = 10) -> datetime:
        """So many days after the season's tenth, when somebody serves there."""
        return datetime.fromisoformat(f"{self.scenario.from_day + timedelta(days=10 + after)}T{hour:02}:00:00+08:00")

    async def send(self, command: Any, at: datetime, id: str | None = None, who: str = "office-7") -> str:
        """Gives the aggregate's id."""
        desk = next(desk for desk in self.node.desks.values() if _takes(desk, command))
        asked = Asked(
            log=self.scenario.log, command_id=f"mishap-{self.scenario.log}-{next(self._numbers)}", command=command,
            occurred_at=at, actor=Actor(id=who, role=Role.OFFICE), id=id,
        )  # fmt: skip
        return (await desk.send(asked)).stream.partition("/")[2]

    async def case(self, after: int, kind: CaseKind = CaseKind.DISPUTE, accepted: bool = True) -> str:
        """A case that was reported, and accepted the same day."""
        report = ReportCase(
            community=self.scenario.communities[0], kind=kind, dispute_type=DisputeType.NEIGHBOURS,
            source=Source.SWEEP, summary="楼道堆物", parties=PARTIES, grid="1网格",
        )  # fmt: skip
        id = await self.send(report, self.day(after))
        if accepted:
            await self.send(AcceptCase(), self.day(after, 11), id)
        return id

    async def each(self, id: str, after: int, *commands: Any) -> None:
        """Commands about one case, one a day."""
        for number, command in enumerate(commands):
            await self.send(command, self.day(after + number), id)


def _takes(desk: Any, command: Any) -> bool:
    try:
        desk.route(type(command))
    except KeyError:
        return False
    return True


async def happen(node: Node, scenario: Scenario) -> None:
    """All of it; seeds differ in what of it is taken back."""
    desk, odd = Desk(node, scenario, count(1)), scenario.seed % 2 == 1
    for of_it in (_served, _from_paper, _kinds, _days, _ends, _undecided, _community, _findings, _meetings):
        await of_it(desk, odd)
    await settled(node)
    for handled in (_kept, _missed, _seldom, _never_signed, _mediated):
        await handled(desk, odd)
    await settled(node)
    await _appeal(desk)
    await settled(node)


async def _served(desk: Desk, odd: bool) -> None:
    """One more police officer, who leaves early; posted twice by mistake, once made void and entered again."""
    first = desk.day(0).date()
    enrol = EnrolOfficer(profession=Profession.POLICE, unit="示例派出所", name="虚构警官")
    await desk.send(enrol, desk.day(0), OFFICER)
    post = PostOfficer(community=desk.community, officer=OFFICER, from_day=first)
    await desk.send(post, desk.day(0))
    await desk.send(VoidPosting(community=desk.community, officer=OFFICER, reason=WHY), desk.day(0))
    await desk.send(post, desk.day(0))


async def _from_paper(desk: Desk, odd: bool) -> None:
    """Petition backlog that was over when it was taken over; of odd seasons it came back later. And one left open."""
    month = f"{desk.day(0):%Y-%m}"

    def row(number: str, outcome: PaperOutcome, ended_on: date | None) -> TakeOverCase:
        return TakeOverCase(
            community=desk.community, kind=CaseKind.BACKLOG, dispute_type=DisputeType.HOUSING, source=None,
            summary="宅基地", parties=PARTIES, handed_down=True, outcome=outcome, ended_on=ended_on,
            paper=PaperRow(import_id="paper-1", sheet="6月", row=4, month=month, number=number),
        )  # fmt: skip

    over = await desk.send(row("p1", PaperOutcome.RESOLVED, desk.day(3).date()), desk.day(0))
    await desk.send(row("p2", PaperOutcome.OPEN, None), desk.day(0))
    if odd:
        await desk.each(over, 55, FollowUpCase(stable=False), CloseCase(), ReopenCase(reason="又起争执"))


async def _kinds(desk: Desk, odd: bool) -> None:
    """Handed down, though it was no backlog; of odd seasons, it was after all."""
    id = await desk.case(5)
    await desk.each(id, 6, HandDownCase(by_unit="示例区信访局"), CorrectCase(reason=WHY, kind=CaseKind.DISPUTE))
    if odd:
        await desk.send(CorrectCase(reason=WHY, kind=CaseKind.BACKLOG), desk.day(9), id)
    backlog = await desk.case(7, CaseKind.BACKLOG)
    if not odd:
        await desk.send(CorrectCase(reason=WHY, kind=CaseKind.DISPUTE), desk.day(9), backlog)


async def _days(desk: Desk, odd: bool) -> None:
    """Days and communities that were entered wrongly; a follow-up that was not made."""
    others = desk.scenario.communities[1:]
    moved = CorrectCase(
        reason=WHY, reported_on=desk.day(2).date(), community=others[0] if others else None, grid="2网格"
    )  # fmt: skip
    id = await desk.case(12)
    await desk.each(
        id, 13, moved, ResolveCase(tier=Tier.SUBDISTRICT), CorrectCase(reason=WHY, resolved_on=desk.day(50).date()),
        FollowUpCase(stable=False),
    )  # fmt: skip
    if odd:
        await desk.send(RetractStep(step=CaseStep.FOLLOWED_UP, reason=WHY), desk.day(20), id)
    late = await desk.case(14)
    await desk.each(late, 15, CorrectCase(reason=WHY, due_on=desk.day(16).date()), ResolveCase())
    if odd:
        await desk.send(RetractStep(step=CaseStep.DUE_CORRECTED, reason=WHY), desk.day(20), late)


async def _ends(desk: Desk, odd: bool) -> None:
    """Cases that ended otherwise, came back, were void; and what of that was a mistake."""
    void = await desk.case(8)
    await desk.send(VoidCase(reason=WHY), desk.day(9), void)
    if odd:
        await desk.send(RetractStep(step=CaseStep.VOIDED, reason=WHY), desk.day(10), void)
    again = await desk.case(9)
    await desk.each(
        again, 10, ResolveCase(tier=Tier.COMMUNITY), FollowUpCase(stable=True), CloseCase(),
        ReopenCase(reason="又起争执"),
    )  # fmt: skip
    await desk.send(ResolveCase(tier=Tier.SUBDISTRICT), desk.day(60), again)
    if odd:
        await desk.send(RetractStep(step=CaseStep.RESOLVED, reason=WHY), desk.day(61), again)
    outside = await desk.case(10)
    await desk.send(ReferCase(to_unit="示例法院", outside=True), desk.day(12), outside)
    twice = await desk.case(10)
    await desk.send(HandDownCase(by_unit="示例区信访局"), desk.day(11), twice)
    await desk.send(LinkCase(duplicate_of=again), desk.day(12), twice)
    untold = await desk.case(11)
    await desk.send(TerminateCase(reason=Termination.REFUSED, remedies_told=odd), desk.day(15), untold)


async def _undecided(desk: Desk, odd: bool) -> None:
    """Reports on which nobody decided, or too late, or in time not to take them on."""
    kind = CaseKind.BACKLOG if odd else CaseKind.DISPUTE
    await desk.case(4, kind, accepted=False)
    decline, link = (
        DeclineCase(reason=DeclineReason.NOT_IN_SCOPE, remedy="起诉"),
        LinkCase(duplicate_of=await desk.case(3)),
    )
    for after, command in ((10, decline), (40, decline), (45, AcceptCase()), (48, link)):
        await desk.send(command, desk.day(after), await desk.case(4, kind, accepted=False))


async def _community(desk: Desk, odd: bool) -> None:
    """Cards that never were given, a survey that was none, surveys of a few, a part of the year's youths, fires."""
    youths = ReportYouthOffenceRate(
        community=desk.scenario.code(0), period=str(desk.day(9).year), offenders=9, youths=200, by_unit="示例派出所"
    )
    await desk.send(youths, desk.day(9))
    await desk.send(IssueContactCards(households=40), desk.day(4), desk.community)
    back = RetractCommunityWork(act=CommunityAct.CARDS, reason=WHY, households=15)
    await desk.send(back, desk.day(6), desk.community)
    survey = ConcludeSurvey(
        community=desk.community, survey=SurveyKind.AWARENESS, method=SurveyMethod.PHONE, sample=50, valid=40,
        positive=39,
    )  # fmt: skip
    for is_void in (False, True):
        id = await desk.send(survey, desk.day(8))
        if is_void:
            await desk.send(VoidSupervision(reason=WHY), desk.day(9), id)
    for kind in SurveyKind:
        few = ConcludeSurvey(
            community=desk.community, survey=kind, method=SurveyMethod.STREET, sample=30, valid=29, positive=29
        )
        await desk.send(few, desk.day(10))
    for number in range(2 * odd):
        fire = ReportMajorFire(
            community=desk.scenario.communities[0], grade=FireGrade.MAJOR, place="示例市场", dead=0, injured=number
        )
        await desk.send(fire, desk.day(20 + number))


async def _findings(desk: Desk, odd: bool) -> None:
    """A key area that passed, and failed later; an archive entry that was never filed."""
    area = ListKeyArea(
        community=desk.scenario.communities[0], grid="1网格", area=AreaKind.MARKET, place="示例市场",
        lead_unit="示例街道综治办", due_on=desk.day(30).date(),
    )  # fmt: skip
    id = await desk.send(area, desk.day(6))
    for number, passed in enumerate((True, False) if odd else (False, True, True)):
        inspected = ReinspectKeyArea(passed=passed, inspected_by="示例街道综治办")
        await desk.send(inspected, desk.day(20 + 20 * number), id)
    entry = AddArchiveEntry(officer=OFFICER, archive=ArchiveKind.WORK, period="2015", entry="示例：走访。")
    await desk.send(entry, desk.day(25))


async def _meetings(desk: Desk, odd: bool) -> None:
    """A monthly meeting with its minutes that was held somewhere else; of odd seasons, an early debriefing."""
    month = f"{desk.day(0):%Y-%m}"
    if odd:
        debriefing = ConveneMeeting(
            community=desk.community, kind=MeetingKind.DEBRIEFING, month=month, attended=30, subject="述职"
        )
        await desk.send(debriefing, desk.day(2))
    for is_void in (True, False) if odd else (True,):
        meeting = ConveneMeeting(
            community=desk.community, kind=MeetingKind.MONTHLY, month=month, attended=9, subject="研判"
        )
        id = await desk.send(meeting, desk.day(1))
        await desk.send(SubmitMinutes(decisions=("逐户走访",)), desk.day(2), id)
        if is_void:
            await desk.send(VoidMeeting(reason=WHY), desk.day(3), id)


async def _handed_down(desk: Desk, after: int) -> str:
    id = await desk.case(after)
    await desk.send(HandDownCase(by_unit="示例区信访局"), desk.day(after, 12), id)
    await settled(desk.node)
    return id


def _letter(days: int) -> SignResponsibilityLetter:
    return SignResponsibilityLetter(unit="示例街道信访办", person="虚构丙", contact_days=days)


async def _visited(desk: Desk, id: str, visit: str, after: int) -> None:
    plan = PlanVisit(officer=OFFICER, on=desk.day(after).date(), must=True, visit=visit)
    await desk.send(plan, desk.day(after, 8), id)
    await desk.send(CompleteVisit(visit=visit), desk.day(after, 15), id)


async def _kept(desk: Desk, odd: bool) -> None:
    """Signed for in time, and seen as agreed; signed once more by mistake."""
    id = await _handed_down(desk, 15)
    await desk.send(_letter(20), desk.day(16), id)
    await desk.send(_letter(1), desk.day(17), id)
    await desk.send(RetractWork(act=WorkAct.LETTER, reason=WHY), desk.day(17, 12), id)
    await _visited(desk, id, "w1", 30)
    await desk.each(id, 40, ResolveCase(), FollowUpCase(stable=True))


async def _missed(desk: Desk, odd: bool) -> None:
    """A contact was missed; a visit in between was never made. Settled in time, or not at all."""
    id = await _handed_down(desk, 16)
    await desk.send(_letter(20), desk.day(17), id)
    await desk.send(_letter(5), desk.day(20), id)
    await _visited(desk, id, "w1", 24)
    await _visited(desk, id, "w2", 40)
    await desk.send(RetractWork(act=WorkAct.VISIT, item="w1", reason=WHY), desk.day(41), id)
    if odd:
        await desk.send(CorrectCase(reason=WHY, due_on=LONG_AFTER), desk.day(44), id)
        await desk.send(ResolveCase(), desk.day(45), id)


async def _seldom(desk: Desk, odd: bool) -> None:
    """A letter by which nobody need be seen for years; of odd seasons they were, a while later."""
    id = await _handed_down(desk, 14)
    await desk.send(_letter(3_650), desk.day(15), id)
    if odd:
        await _visited(desk, id, "w1", 35)


async def _mediated(desk: Desk, odd: bool) -> None:
    """Sessions of a case whose grid was another; of odd seasons one of them never took place, of even ones the case
    was another community's."""
    id = await desk.case(20)
    await settled(desk.node)
    for party in range(1, len(PARTIES) + 1):
        await desk.send(RecordConsent(party=party), desk.day(21), id)
    for after in (22, 50):
        await desk.send(HoldMediation(officers=(OFFICER,), place="社区调解室"), desk.day(after), id)
    if odd:
        await desk.send(RetractWork(act=WorkAct.MEDIATION, reason=WHY), desk.day(52), id)
    others = desk.scenario.communities[1:]
    moved = CorrectCase(reason=WHY, community=others[0] if others and not odd else None, grid="2网格")
    await desk.send(moved, desk.day(53), id)


async def _never_signed(desk: Desk, odd: bool) -> None:
    """Nobody signed: settled before that was due; settled in time; not settled; and of odd seasons not stable."""
    for number, settled_after in enumerate((3, 25, None)):
        id = await _handed_down(desk, 17 + number)
        if settled_after is not None:
            if odd:
                long_after = CorrectCase(reason=WHY, due_on=LONG_AFTER)
                await desk.send(long_after, desk.day(17 + number + settled_after, 9), id)
            await desk.send(ResolveCase(), desk.day(17 + number + settled_after), id)
            if odd:
                await desk.send(FollowUpCase(stable=number == 1), desk.day(18 + number + settled_after), id)
    end = EndPosting(
        community=desk.community, officer=OFFICER, last_day=desk.day(70).date(),
        reason=PostingEnd.TRANSFER if odd else PostingEnd.ILLNESS,
    )  # fmt: skip
    await desk.send(end, desk.day(70))


async def _appeal(desk: Desk) -> None:
    """A month is published, and the community appeals twice: what it missed of some indicators is left
    out, and of others that decision was a mistake."""
    plan, rulebook = load_plan(), load_rulebook()
    month, as_of = f"{desk.day(0):%Y-%m}", desk.day(75).date()
    publish = PublishScores(
        plan=plan.code, rulebook=rulebook.code, period_kind=PeriodKind.MONTH, period=month, as_of=as_of
    )
    await desk.send(publish, desk.day(76), who="office-8")
    await settled(desk.node)
    days = period(PeriodKind.MONTH, month, plan)
    with desk.node.look("assessment", desk.scenario.log) as look:
        found = explain(rulebook, plan, evidence_at(look), days, as_of, whole=None)
    missed = [
        Excused(indicator=one.indicator.code, table=item.table, member=item.key)
        for one in found[Institution(desk.community)]
        if one.indicator.code in ("resolve_rate", "minutes_on_time", "awareness", "four_roles")
        for item in one.missed[:1]
    ]
    name = publication(PeriodKind.MONTH, month, as_of.isoformat())
    for number, excused in enumerate((missed[:2], missed[2:])):
        if excused:
            appeal = await _appealed(desk, name, tuple(excused))
            if number:
                await desk.send(VoidSupervision(reason=WHY), desk.day(82), appeal)


async def _appealed(desk: Desk, name: str, excused: tuple[Excused, ...]) -> str:
    lodged = AppealScore(community=desk.community, publication=name, grounds="示例：非本社区原因。")
    id = await desk.send(lodged, desk.day(78))
    await settled(desk.node)
    await desk.send(HearAppeal(heard_by="示例街道", account="示例：属实。"), desk.day(79), id, "office-9")
    decided = DecideAppeal(finding=Finding.PARTLY, decided_by="示例街道", decision="示例：不计。", excused=excused)
    await desk.send(decided, desk.day(80), id, "office-9")
    return id
