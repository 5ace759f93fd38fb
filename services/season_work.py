"""The season's public work and supervision: entries of every clause (synthetic), beside the cases of `season`.

Drawn up as data first, so that whoever plays a season sends them through whatever desks there are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from services.assessment import entry_commands as supervision
from services.assignment import entry_commands as work
from services.intake import entry_commands as findings
from shared.contracts.assessment_entries import (
    ArchiveKind,
    CircularKind,
    Commended,
    Finding,
    GroupPost,
    Portfolio,
    SurveyKind,
    SurveyMethod,
)
from shared.contracts.assignment_entries import (
    HelperKind,
    LawField,
    NoticePlace,
    OutreachForm,
    ReleaseReason,
    SafeUnitKind,
    Shown,
    SupportCount,
    SupportKind,
    TeamKind,
)
from shared.contracts.codes import Role
from shared.contracts.days import CIVIL
from shared.contracts.intake_entries import (
    AreaKind,
    FireGrade,
    HazardKind,
    OpinionChannel,
    OpinionOutcome,
    OpinionTopic,
    Severity,
    VenueKind,
)

_OFFICE: Final = "示例街道综治办"
_JUSTICE: Final = "示例司法所"


@dataclass(frozen=True, slots=True)
class Act:
    """An entry, or a step of one: who sends it when, under which id."""

    service: str
    command: Any
    at: datetime
    role: Role
    id: str
    stage: int = 0
    """What is of a later stage needs the ledgers to hold what an earlier one sent."""
    who: str = ""
    """The pseudonym of who sends it; by default whoever has the role."""


@dataclass(frozen=True, slots=True)
class Place:
    """A community, a grid of it, and an officer who serves there."""

    community: str
    grid: str
    officer: str


def _at(year: int, month: int, day: int, hour: int = 10) -> datetime:
    return datetime(year, month, day, hour, tzinfo=CIVIL)


def acts(year: int, places: Sequence[Place], meetings: Mapping[str, str], random: Random) -> Iterator[Act]:
    """A year's entries: `meetings` says which joint conference a community held."""
    yield from _organisation(year)
    for number, place in enumerate(places):
        community = place.community
        yield from _public_work(year, number, place, random)
        yield from _findings(year, number, place, random)
        yield from _supervision(year, number, community, random)
        if community in meetings:
            settle = work.SettleIssue(
                community=community, meeting=meetings[community], units=(_JUSTICE, "示例派出所"), issue="示例：停车矛盾"
            )
            yield Act("assignment", settle, _at(year, 10, 12), Role.CLERK, f"issue-{number}", 1)
    yield from _mistakes(year, places[0])


def _organisation(year: int) -> Iterator[Act]:
    seats = (
        supervision.SeatGiven(post=GroupPost.HEAD, office="街道党工委副书记", name="示例组长"),
        supervision.SeatGiven(post=GroupPost.DEPUTY, office="街道综治办副主任", name="示例副组长"),
    )
    group = supervision.ConstituteLeadingGroup(seats=seats, office_at=_OFFICE)
    yield Act("assessment", group, _at(year, 6, 1), Role.OFFICE, f"group-{year}")
    for number, portfolio in enumerate(Portfolio):
        assign = supervision.AssignPortfolio(portfolio=portfolio, holder=f"示例副组长{number + 1}")
        yield Act("assessment", assign, _at(year, 6, 1, 11), Role.OFFICE, f"portfolio-{year}-{portfolio}")
    funds = supervision.AllocateFunds(amount_fen=12_000_000, purpose="专项活动经费", document="示财字1号")
    yield Act("assessment", funds, _at(year, 6, 15), Role.OFFICE, f"funds-{year}")
    youths = supervision.ReportYouthOffenceRate(
        period=str(year), offenders=3, youths=4_200, by_unit="示例派出所"
    )  # fmt: skip
    yield Act("assessment", youths, _at(year, 12, 20), Role.OFFICE, f"youth-{year}")
    archive = supervision.AddArchiveEntry(
        officer="police-01", archive=ArchiveKind.WORK, period=str(year), entry="示例：全年走访记录完整。"
    )
    yield Act("assessment", archive, _at(year, 12, 10), Role.OFFICE, f"archive-{year}")
    reply = supervision.RecordArchiveReply(reply="示例：情况属实。")
    yield Act("assessment", reply, _at(year, 12, 12), Role.OFFICER, f"archive-{year}", 1, "police-01")
    filed = supervision.FileArchive(filed_with="示例区委政法委", filing=f"示备{year}-1")
    yield Act("assessment", filed, _at(year, 12, 28), Role.OFFICE, f"archive-{year}", 2)


def _public_work(year: int, number: int, where: Place, random: Random) -> Iterator[Act]:
    community, grid, officer = where.community, where.grid, where.officer

    def act(what: str, command: Any, at: datetime, role: Role = Role.CLERK, stage: int = 0) -> Act:
        return Act("assignment", command, at, role, f"{what}-{number}", stage)

    shown = (Shown.NAMES, Shown.POSTS, Shown.CONTACTS, Shown.HOURS)
    yield act("notice", work.PostNotice(community=community, place=NoticePlace.BOARD, shows=shown), _at(year, 6, 9))
    revise = work.ReviseNotice(now_shows=(*shown, Shown.PHOTOS), revision="补充照片")
    yield act("notice", revise, _at(year, 7, 2), stage=1)
    yield act("procedure", work.AdoptProcedure(community=community, title="下社区工作流程"), _at(year, 6, 10))
    body = work.FormWorkingBody(community=community, title="社区工作专班", members=5 + number % 3)
    yield act("body", body, _at(year, 6, 5))
    team = work.FormPatrolTeam(community=community, team=TeamKind.RED_ARMBANDS, strength=8 + number)
    yield act("team", team, _at(year, 6, 12))
    for turn in range(1 + random.randrange(3)):
        patrol = work.CompletePatrol(
            community=community, grid=grid, team=TeamKind.RED_ARMBANDS, participants=4, minutes=90, matters=turn
        )
        yield act(f"patrol{turn}", patrol, _at(year, 7, 3 + 7 * turn, 20))
    training = work.HoldTraining(community=community, officer=officer, topic="调解技巧", attended=12, hours=2)
    yield act("training", training, _at(year, 8, 5), Role.OFFICER)
    coach = work.CompleteCoachedCase(community=community, officer=officer, case=None, mediators=2, lesson="示例：倾听")
    yield act("coach", coach, _at(year, 8, 20), Role.OFFICER)
    outreach = work.HoldOutreach(
        community=community, grid=grid, form=OutreachForm.CASE_TALK, topic="相邻关系", audience=30 + 3 * number
    )
    yield act("outreach", outreach, _at(year, 7, 20), Role.OFFICER)
    advice = work.GiveLegalAdvice(community=community, grid=grid, law=LawField.FAMILY, inquiries=6 + number)
    yield act("advice", advice, _at(year, 7, 21), Role.OFFICER)
    aid = work.GrantLegalAid(community=community, grid=grid, law=LawField.LABOUR, matters=1, by_unit=_JUSTICE)
    yield act("aid", aid, _at(year, 9, 2), Role.OFFICER)
    services = (SupportCount(kind=SupportKind.MIGRANTS, count=9), SupportCount(kind=SupportKind.MINORS, count=2))
    support = work.ProvideSupport(community=community, unit=_JUSTICE, services=services)
    yield act("support", support, _at(year, 9, 8), Role.OFFICER)
    leader = work.AppointLeader(
        community=community, leader=f"leader-{number + 1:02}", post="街道班子成员", name="示例领导"
    )
    yield act("leader", leader, _at(year, 6, 2), Role.OFFICE)
    visit = work.CompleteLeaderVisit(community=community, leader=f"leader-{number + 1:02}", purpose="了解社情民意")
    yield act("leader-visit", visit, _at(year, 8, 12), Role.LEADER, 1)
    guard = work.EstablishEnterpriseSecurity(community=community, enterprise="示例商贸有限公司", staff=3)
    yield act("enterprise", guard, _at(year, 7, 8))
    helper = work.EnrolHelper(community=community, helper=HelperKind.MEDIATOR, name="示例调解员")
    yield act("helper", helper, _at(year, 6, 20))
    safe = work.DesignateSafeUnit(
        community=community, unit_kind=SafeUnitKind.SCHOOL, title="示例小学", by_unit=_OFFICE
    )  # fmt: skip
    yield act("safe", safe, _at(year, 11, 3), Role.OFFICE)
    if number == 0:
        yield act("leader", work.RelieveLeader(relieved_because="工作调整"), _at(year, 12, 1), Role.OFFICE, 2)
        yield act("helper", work.ReleaseHelper(left_because=ReleaseReason.MOVED), _at(year, 11, 1), stage=1)


def _findings(year: int, number: int, where: Place, random: Random) -> Iterator[Act]:
    community, grid = where.community, where.grid

    def act(what: str, command: Any, at: datetime, role: Role = Role.CLERK, stage: int = 0) -> Act:
        return Act("intake", command, at, role, f"{what}-{number}", stage)

    opinion = findings.RecordOpinion(
        community=community,
        grid=grid,
        topic=OpinionTopic.FACILITIES,
        channel=OpinionChannel.VISIT,
        opinion="示例：路灯",
    )
    yield act("opinion", opinion, _at(year, 7, 6))
    answer = findings.AnswerOpinion(outcome=OpinionOutcome.ADOPTED, answered_by=_OFFICE, answer="示例：已安排检修。")
    yield act("opinion", answer, _at(year, 7, 16), stage=1)
    area = findings.ListKeyArea(
        community=community, grid=grid, area=AreaKind.SCHOOL, place="示例小学周边", lead_unit=_OFFICE,
        due_on=date(year, 9, 30),
    )  # fmt: skip
    yield act("area", area, _at(year, 6, 25), Role.OFFICE)
    passed = findings.ReinspectKeyArea(passed=random.random() < 0.9, inspected_by=_OFFICE)
    yield act("area", passed, _at(year, 9, 28), Role.OFFICE, 1)
    venue = findings.InspectVenue(
        community=community,
        venue=VenueKind.INTERNET_CAFE,
        place="示例网吧",
        inspected_by="示例派出所",
        faults=number % 3,
    )
    yield act("venue", venue, _at(year, 8, 8), Role.OFFICER)
    found = _at(year, 7, 10)
    hazard = findings.ReportHazard(
        community=community, grid=grid, hazard=HazardKind.FIRE, severity=Severity.GENERAL, place="示例小区地下室",
        responsible_unit="示例物业", due_on=found.date() + timedelta(days=15),
    )  # fmt: skip
    yield act("hazard", hazard, found, Role.OFFICER)
    cleared = findings.ClearHazard(checked_by=_OFFICE)
    yield act("hazard", cleared, found + timedelta(days=9 + random.randrange(9)), Role.OFFICER, 1)


def _supervision(year: int, number: int, community: str, random: Random) -> Iterator[Act]:
    def act(what: str, command: Any, at: datetime, role: Role = Role.OFFICE, stage: int = 0) -> Act:
        return Act("assessment", command, at, role, f"{what}-{number}", stage)

    for survey, month in ((SurveyKind.AWARENESS, 9), (SurveyKind.SATISFACTION, 11)):
        valid = 90 + random.randrange(10)
        asked = supervision.ConcludeSurvey(
            community=community, survey=survey, method=SurveyMethod.DOOR, sample=100, valid=valid,
            positive=valid - random.randrange(9),
        )  # fmt: skip
        yield act(f"survey-{survey}", asked, _at(year, month, 18))
    plan = supervision.FileCommunityPlan(community=community, title="社区实施方案", measures=6)
    yield act("plan", plan, _at(year, 6, 9), Role.CLERK)
    summary = supervision.SubmitSummary(community=community, title="活动总结", practices=2)
    yield act("summary", summary, _at(year, 11, 10 + number % 6), Role.CLERK)
    seen = supervision.ConductInspection(
        community=community, inspected_by=_OFFICE, looked_at="台账与走访", faults=number % 2
    )
    yield act("inspection", seen, _at(year, 8, 25))
    review = supervision.RecordPublicReview(
        community=community, meeting=f"debriefing-{number}", good=30, fair=4, poor=1
    )
    yield act("review", review, _at(year, 12, 8))
    model = supervision.RecommendModelCase(community=community, title="物业议事会", worth_keeping="示例：三方共议")
    yield act("model", model, _at(year, 12, 22), Role.CLERK)
    if number % 2:
        order = supervision.OrderRectification(
            community=community, inspection=f"inspection-{number}", due_on=date(year, 9, 10), order="示例：补登走访。"
        )
        yield act("rectification", order, _at(year, 8, 26), stage=1)
        done = supervision.CompleteRectification(passed=True, rechecked_by=_OFFICE)
        yield act("rectification", done, _at(year, 9, 9), stage=2)


def _mistakes(year: int, where: Place) -> Iterator[Act]:
    """One entry of each service that was made void again, and a fire drill entered as a fire."""
    community, grid = where.community, where.grid
    fire = findings.ReportMajorFire(community=community, grade=FireGrade.LARGER, place="示例厂房", dead=0, injured=0)
    yield Act("intake", fire, _at(year, 10, 20), Role.OFFICE, "fire-0")
    yield Act("intake", findings.VoidFinding(reason="消防演练误登"), _at(year, 10, 21), Role.OFFICE, "fire-0", 1)
    outreach = work.HoldOutreach(
        community=community, grid=grid, form=OutreachForm.LECTURE, topic="重复登记", audience=1
    )
    yield Act("assignment", outreach, _at(year, 7, 22), Role.OFFICER, "outreach-twice")
    yield Act("assignment", work.VoidWork(reason="重复登记"), _at(year, 7, 23), Role.CLERK, "outreach-twice", 1)
    circular = supervision.IssueCircular(
        circular=CircularKind.PROGRESS, document="示通报1号", title="进度通报", communities=(community,)
    )
    yield Act("assessment", circular, _at(year, 9, 15), Role.OFFICE, "circular-0")
    plan = supervision.FileCommunityPlan(community=community, title="误传的方案", measures=1)
    yield Act("assessment", plan, _at(year, 6, 8), Role.CLERK, "plan-twice")
    yield Act("assessment", supervision.VoidSupervision(reason="误传"), _at(year, 6, 9), Role.OFFICE, "plan-twice", 1)


def after_publication(year: int, publication: str, community: str, at: datetime) -> Iterator[Act]:
    """What follows a published score: an appeal and its answer, a commendation."""
    appeal = supervision.AppealScore(community=community, publication=publication, grounds="示例：补报的纪要未计入。")
    yield Act("assessment", appeal, at, Role.CLERK, f"appeal-{year}")
    decided = supervision.DecideAppeal(finding=Finding.DISMISSED, decided_by=_OFFICE, decision="示例：逾期报送。")
    yield Act("assessment", decided, at + timedelta(days=5), Role.OFFICE, f"appeal-{year}", 1)
    award = supervision.AwardCommendation(
        commended=Commended.COMMUNITY, subject=community, award="先进社区", publication=publication
    )
    yield Act("assessment", award, at + timedelta(days=6), Role.OFFICE, f"award-{year}")
