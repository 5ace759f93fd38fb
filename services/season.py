"""A season of work in an invented sub-district, sent through the same commands as everyone's. All of it is synthetic.

Seeded: the same season every time. What each stage needs of another service (a handling that a reaction opens, a case
that an agreement resolves) has arrived when the stage begins, because the ledgers and reactions are waited for.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from services import season_work
from services.assessment.commands import (
    AdoptPlan,
    AdoptRulebook,
    AmendPlan,
    PublishScores,
)
from services.assessment.plan_file import load_plan
from services.assessment.rulebook_file import load_rulebook
from services.assessment.score import publication
from services.assignment.commands import (
    AssignHandler,
    CheckPerformance,
    CloseStudio,
    CompleteHandover,
    CompleteVisit,
    ConveneMeeting,
    DeclareConflict,
    DeclineVisit,
    EndPosting,
    EnrolOfficer,
    HoldMediation,
    IssueContactCards,
    OfferJudicialConfirmation,
    OpenStudio,
    PlanVisit,
    PostOfficer,
    ReachAgreement,
    RecordConsent,
    RecordJudicialConfirmation,
    RegisterCommunity,
    ReplaceHandler,
    SetVisitTimes,
    SignResponsibilityLetter,
    SubmitMinutes,
    TerminateMediation,
    WithdrawConsent,
)
from services.assignment.ledgers import (
    handling,
    meetings,
)
from services.intake.commands import (
    AcceptCase,
    AmendCalendar,
    CloseCase,
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
    ResumeClock,
    VoidCase,
    WithdrawCase,
)
from services.intake.ledgers import cases
from services.together import settled
from shared.command import Asked, own_id
from shared.contracts.assessment import (
    Duty,
    PeriodKind,
)
from shared.contracts.assignment import Confirmation, Performance
from shared.contracts.codes import (
    AgreementForm,
    CaseKind,
    CaseStatus,
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
from shared.contracts.days import CIVIL
from shared.contracts.event import Actor
from shared.contracts.frozen import replace
from shared.contracts.intake import PauseReason
from shared.log.append import Appended
from shared.runtime import Node

COMMUNITIES: Final = ("文博社区", "优胜社区", "金源社区", "丰庆社区", "翰林社区", "运河社区", "翠竹社区", "安泰社区")
GRIDS: Final = ("1网格", "2网格", "3网格", "4网格", "5网格")
CASES_PER_COMMUNITY: Final = 10
_AT_ONCE: Final = 64

_MATTERS: Final = (
    (DisputeType.NEIGHBOURS, "示例：楼上漏水，楼下天花板受损，双方对赔偿有争议。"),
    (DisputeType.PROPERTY_MANAGEMENT, "示例：小区停车位分配引起争议。"),
    (DisputeType.MARRIAGE_FAMILY, "示例：老人赡养费分担意见不一。"),
    (DisputeType.LABOUR, "示例：解除合同的经济补偿未谈妥。"),
    (DisputeType.CONSUMPTION, "示例：预付卡停业不退。"),
    (DisputeType.HOUSING, "示例：租房押金退还发生争议。"),
    (DisputeType.TRAFFIC, "示例：电动车剐蹭，赔偿未达成一致。"),
    (DisputeType.CONTRACT, "示例：装修合同延期。"),
)


@dataclass(slots=True)
class Desks:
    """Sends commands as the actors of the sub-district, and counts them."""

    node: Node
    log: str
    sent: Counter[str] = field(default_factory=Counter)

    async def send(
        self, service: str, name: str, command: Any, at: datetime, role: Role, id: str | None = None, who: str = ""
    ) -> Appended:
        """Send a command whose id is its name in the season, so that a season run twice has one effect."""
        asked = Asked(
            log=self.log, command_id=own_id(f"season:{name}"), command=command, occurred_at=at,
            actor=Actor(id=who or f"{role}-1", role=role), id=id,
        )  # fmt: skip
        answer = await self.node.desks[service].send(asked)
        self.sent[type(command).__name__] += 1
        return answer


def moment(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of a working day."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CIVIL)


async def _all(work: Iterable[Awaitable[Any]]) -> None:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(task: Awaitable[Any]) -> None:
        async with gate:
            await task

    await asyncio.gather(*(one(task) for task in work))


def code(log: str, number: int) -> str:
    """The code of the n-th community (from 0)."""
    return f"{log}{number + 1:03}"


def officer(number: int, profession: Profession) -> str:
    """The pseudonym of the officer who serves the n-th community."""
    return f"{profession}-{number + 1:02}"


# the campaign begins ------------------------------------------------------------------------------------------------


async def begin(desks: Desks) -> None:
    """Plan and rulebook adopted, communities registered, studios opened, officers posted (§3.1, §3.4.1)."""
    start = moment(date(2015, 6, 1))
    office = "领导小组办公室"
    plan, rulebook = load_plan(), load_rulebook()
    adopted = moment(plan.issued_on, 17)
    await desks.send("assessment", "plan", AdoptPlan(plan=plan, author=office, reason="印发"), adopted, Role.OFFICE)
    rules = AdoptRulebook(rulebook=rulebook, author=office, reason="随方案施行")
    await desks.send("assessment", "rulebook", rules, adopted, Role.OFFICE)
    fire = Duty(
        code="fire_safety", clause="5.5", title_zh="落实消防安全责任制，做好隐患排查巡查",
        title_en="Fire safety: find hazards", lead="综治办", phase=None, due_on=None,
    )  # fmt: skip
    amend = AmendPlan(plan=replace(plan, duties=(*plan.duties, fire)), author=office, reason="补列消防安全任务")
    await desks.send("assessment", "amend", amend, moment(date(2015, 7, 1)), Role.OFFICE)
    holiday = AmendCalendar(
        off=(date(2015, 9, 3), date(2015, 9, 4)), worked=(date(2015, 9, 6),), announced_on=date(2015, 5, 13),
        document="国发明电〔2015〕1号",
    )  # fmt: skip
    await desks.send("intake", "calendar", holiday, start, Role.OFFICE)
    for number, name in enumerate(COMMUNITIES):
        community = RegisterCommunity(
            code=code(desks.log, number), name=name, grids=GRIDS, households=900 + 150 * number
        )
        await desks.send("assignment", f"community:{number}", community, start, Role.OFFICE)
    await _all(_serve(desks, number, profession) for number in range(len(COMMUNITIES)) for profession in Profession)
    await settled(desks.node)
    await _all(_post(desks, number) for number in range(len(COMMUNITIES)))


async def _serve(desks: Desks, number: int, profession: Profession) -> None:
    unit = {"judge": "示例法院", "prosecutor": "示例检察院", "police": "示例派出所", "lawyer": "示例律师事务所"}
    enrol = EnrolOfficer(
        profession=profession, unit=unit[profession], name=f"示例{profession.zh}{number + 1:02}", phone=None
    )
    await desks.send(
        "assignment", f"enrol:{number}:{profession}", enrol, moment(date(2015, 6, 1)), Role.OFFICE,
        id=officer(number, profession),
    )  # fmt: skip


async def _post(desks: Desks, number: int) -> None:
    """Four to each community; the seventh waits for its lawyer until September, the last loses its judge in October."""
    community = code(desks.log, number)
    opened = moment(date(2015, 6, 2 + number))
    studio = OpenStudio(place="社区警务室")
    await desks.send("assignment", f"studio:{number}", studio, opened, Role.OFFICE, id=community)
    if number == 2:
        closed, again = moment(date(2015, 8, 3)), moment(date(2015, 8, 6))
        close = CloseStudio(reason="警务室翻修")
        await desks.send("assignment", f"close:{number}", close, closed, Role.OFFICE, id=community)
        studio = OpenStudio(place="综治工作站")
        await desks.send("assignment", f"reopen:{number}", studio, again, Role.OFFICE, id=community)
    for profession in Profession:
        day = date(2015, 9, 1) if number == 6 and profession is Profession.LAWYER else date(2015, 6, 8)
        who = officer(number, profession)
        post = PostOfficer(community=community, officer=who, from_day=day)
        await desks.send("assignment", f"post:{number}:{profession}", post, moment(day), Role.OFFICE)
        times = SetVisitTimes(community=community, officer=who, times="每周二上午")
        await desks.send("assignment", f"times:{number}:{profession}", times, moment(day, 10), Role.CLERK)
    if number == 7:
        end = EndPosting(
            community=community, officer=officer(7, Profession.JUDGE), last_day=date(2015, 10, 15),
            reason=PostingEnd.TRANSFER,
        )  # fmt: skip
        await desks.send("assignment", "end:7", end, moment(date(2015, 10, 15), 17), Role.OFFICE)


# meetings and cards -------------------------------------------------------------------------------------------------


async def meet(desks: Desks, random: Random) -> None:
    """A meeting a month, its minutes, now and then late; joint conferences; contact cards (§3.3.2, 3.3.3)."""
    plans = [(number, month, random.random()) for number in range(len(COMMUNITIES)) for month in range(6, 13)]
    await _all(_month(desks, number, month, luck) for number, month, luck in plans)
    await _all(_cards(desks, number, random.choice((1.0, 1.0, 1.0, 0.93))) for number in range(len(COMMUNITIES)))


async def _month(desks: Desks, number: int, month: int, luck: float) -> None:
    held = moment(date(2015, month, 20 + number % 7), 15)
    name, community = f"meeting:{number}:{month}", code(desks.log, number)
    if luck < 0.03:
        return  # a month without its meeting
    convene = ConveneMeeting(
        community=community, kind=MeetingKind.MONTHLY, month=f"2015-{month:02}", attended=8 + number,
        subject="研判重大矛盾纠纷化解工作",
    )  # fmt: skip
    meeting = (await desks.send("assignment", name, convene, held, Role.CLERK)).stream.partition("/")[2]
    filed = held + timedelta(days=25 if luck > 0.94 else 3)
    minutes = SubmitMinutes(decisions=("逐案落实承办人", "下月开展入户走访"))
    await desks.send("assignment", f"minutes:{number}:{month}", minutes, filed, Role.CLERK, id=meeting)
    if month % 3 == 0:
        joint = ConveneMeeting(
            community=community, kind=MeetingKind.JOINT, month=f"2015-{month:02}", attended=12, subject="联席会议"
        )
        await desks.send("assignment", f"joint:{number}:{month}", joint, held + timedelta(days=2), Role.CLERK)


async def _cards(desks: Desks, number: int, share: float) -> None:
    households = 900 + 150 * number
    first, second = households * 3 // 5, households * 2 // 5
    if share < 1:
        second -= households // 15
    for turn, count in enumerate((first, second)):
        at = moment(date(2015, 7 + turn, 6), 10)
        cards = IssueContactCards(households=count)
        await desks.send("assignment", f"cards:{number}:{turn}", cards, at, Role.CLERK, id=code(desks.log, number))


# cases ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matter:
    """A case of the season: where, when, and what is to become of it."""

    name: str
    community: int
    day: date
    fate: float
    """In [0, 1): most are settled; some are refused, referred, declined, linked, voided or stay open."""
    luck: float


def matters(random: Random) -> list[Matter]:
    """The season's cases, spread over July to November."""
    made = []
    for number in range(len(COMMUNITIES)):
        for turn in range(CASES_PER_COMMUNITY):
            day = date(2015, 7, 1) + timedelta(days=random.randrange(0, 135))
            made.append(Matter(f"{number}:{turn}", number, day, random.random(), random.random()))
    return made


async def work(desks: Desks, random: Random) -> None:
    """Report, accept, assign, visit, mediate, agree or not, follow up, close: stage by stage."""
    season = matters(random)
    ids: dict[str, str] = {}
    await settled(desks.node)
    await _all(_report(desks, matter, ids) for matter in season)
    await settled(desks.node)
    await _all(_register(desks, matter, ids) for matter in season)
    await settled(desks.node)
    going = [(ids[matter.name], matter) for matter in season if matter.fate >= 0.12]
    await _all(_hand_down(desks, id, matter) for id, matter in going if matter.fate < 0.18)
    await settled(desks.node)
    going += [(id, _paper_matter(desks.log, row)) for id, row in _open_on_paper(desks)]
    await _all(_handle(desks, id, matter) for id, matter in going)
    await settled(desks.node)
    await _all(_finish(desks, id, matter) for id, matter in going if 0.28 <= matter.fate < 0.92)
    await settled(desks.node)


def _open_on_paper(desks: Desks) -> list[tuple[str, cases.Row]]:
    """What the imported ledger left open: handled like any other case."""
    with desks.node.look("intake", desks.log) as look:
        rows = look.rows(cases.LEDGER, status=CaseStatus.ACCEPTED)
    return [(row.id, row) for row in rows if row.paper is not None]


def _paper_matter(log: str, row: cases.Row) -> Matter:
    luck = Random(row.id).random()
    return Matter(f"paper:{row.id}", int(row.community[9:]) - 1, date(2015, 7, 1), 0.12 + 0.88 * luck, luck)


async def _report(desks: Desks, matter: Matter, ids: dict[str, str]) -> None:
    kind, told = _MATTERS[int(matter.luck * len(_MATTERS))]
    report = ReportCase(
        community=code(desks.log, matter.community), grid=GRIDS[int(matter.luck * 100) % 5], kind=CaseKind.DISPUTE,
        dispute_type=kind, source=(Source.SWEEP, Source.APPLICATION, Source.HOTLINE)[int(matter.luck * 1000) % 3],
        summary=told,
        parties=(
            Person(role=PartyRole.APPLICANT, name=f"示例当事人甲{matter.name}", phone="19900000000"),
            Person(role=PartyRole.RESPONDENT, name=f"示例当事人乙{matter.name}"),
        ),
    )  # fmt: skip
    at = moment(matter.day, 9, int(matter.luck * 60))
    answer = await desks.send("intake", f"report:{matter.name}", report, at, Role.CLERK)
    ids[matter.name] = answer.stream.partition("/")[2]


async def _register(desks: Desks, matter: Matter, ids: dict[str, str]) -> None:
    id, day = ids[matter.name], matter.day
    at, name = moment(day + timedelta(days=1), 10), matter.name
    if matter.fate < 0.03:
        await desks.send("intake", f"void:{name}", VoidCase(reason="录入有误"), at, Role.CLERK, id=id)
    elif matter.fate < 0.06:
        declined = DeclineCase(reason=DeclineReason.OTHER_AUTHORITY, remedy="已告知向主管机关反映")
        await desks.send("intake", f"decline:{name}", declined, at, Role.CLERK, id=id)
    elif matter.fate < 0.09:
        twin = next(other for other in ids.values() if other != id)
        await desks.send("intake", f"link:{name}", LinkCase(duplicate_of=twin), at, Role.CLERK, id=id)
    else:
        await desks.send("intake", f"accept:{name}", AcceptCase(), at, Role.CLERK, id=id)
        if matter.fate < 0.12:
            if matter.luck < 0.5:
                gone = WithdrawCase(reason="双方自行和解")
                await desks.send("intake", f"withdraw:{name}", gone, at + timedelta(days=2), Role.CLERK, id=id)
                return
            refer = ReferCase(to_unit="示例劳动人事争议仲裁委员会", outside=True)
            await desks.send("intake", f"refer:{name}", refer, at + timedelta(days=2), Role.CLERK, id=id)
        elif 0.6 < matter.luck < 0.68:
            await _clock(desks, id, matter, at)
        elif 0.7 < matter.luck < 0.74:
            other = ReclassifyCase(kind=CaseKind.INSTABILITY, dispute_type=DisputeType.OTHER, reason="涉及多户")
            await desks.send("intake", f"reclassify:{name}", other, at + timedelta(hours=3), Role.CLERK, id=id)
        elif matter.luck > 0.95:
            right = CorrectCase(reason="网格更正", grid=GRIDS[0])
            await desks.send("intake", f"correct:{name}", right, at + timedelta(hours=2), Role.CLERK, id=id)


async def _hand_down(desks: Desks, id: str, matter: Matter) -> None:
    """By now those who handle the case have it, and are told."""
    at, down = moment(matter.day + timedelta(days=1), 11), HandDownCase(by_unit="示例区信访局", document="示信交2015-7")
    await desks.send("intake", f"hand:{matter.name}", down, at, Role.OFFICE, id=id)


async def _clock(desks: Desks, id: str, matter: Matter, at: datetime) -> None:
    """An appraisal for which the clock stands, an extension, and a word from above."""
    steps: tuple[tuple[str, Any, timedelta, Role], ...] = (
        ("pause", PauseClock(reason=PauseReason.APPRAISAL), timedelta(days=3), Role.CLERK),
        ("resume", ResumeClock(), timedelta(days=11), Role.CLERK),
        (
            "extend",
            ExtendDeadline(days=15, approved_by="主任", reason="情况复杂"),
            timedelta(days=12),
            Role.OFFICE,
        ),
        ("escalate", EscalateCase(to=Tier.SUBDISTRICT, reason="涉及多个部门"), timedelta(days=13), Role.CLERK),
    )
    for what, command, later, role in steps:
        await desks.send("intake", f"{what}:{matter.name}", command, at + later, role, id=id)


async def _handle(desks: Desks, id: str, matter: Matter) -> None:
    """Assigned, visited, mediated. One in twelve refuses; one in twelve is still open at the end."""
    number, name, start = matter.community, matter.name, moment(matter.day + timedelta(days=2), 9)
    police, lawyer = officer(number, Profession.POLICE), officer(number, Profession.PROSECUTOR)

    async def do(what: str, command: Any, days: int, role: Role = Role.OFFICER, hour: int = 0) -> None:
        at = start + timedelta(days=days, hours=hour)
        await desks.send("assignment", f"{what}:{name}", command, at, role, id=id, who=police)

    await do("assign", AssignHandler(officer=police), 0, Role.LEADER)
    if 0.12 <= matter.fate < 0.18 and not name.startswith("paper"):
        letter = SignResponsibilityLetter(unit="示例街道信访办", person="示例包案人", contact_days=7)
        await do("letter", letter, 1, Role.LEADER)
    if matter.luck > 0.97:
        await do("conflict", DeclareConflict(officer=police, reason="与一方当事人系亲属"), 1)
        await do("replace", ReplaceHandler(officer=lawyer, reason="回避"), 1, Role.LEADER, 1)
        police = lawyer
    await do("plan", PlanVisit(officer=police, on=start.date() + timedelta(days=3), must=True), 1, hour=2)
    if matter.luck < 0.06:
        await do("declined", DeclineVisit(visit="v1", reason="当事人表示不便"), 3)
    elif matter.luck < 0.9:
        await do("visit", CompleteVisit(visit="v1", diary="示例：入户了解情况，双方愿意调解。"), 3)
    if matter.fate >= 0.92:
        return
    if matter.fate < 0.2:
        refused = TerminateMediation(reason=Termination.REFUSED, remedies_told=True)
        await do("terminate", refused, 6)
        return
    for party in (1, 2):
        await do(f"consent{party}", RecordConsent(party=party), 5, hour=party)
    if 0.4 < matter.luck < 0.45:
        await do("unwilling", WithdrawConsent(party=2), 6)
        await do("again", RecordConsent(party=2), 7)
    await do("mediate", HoldMediation(officers=(police,), place="社区调解室", record="示例：当面沟通。"), 8)
    if matter.fate < 0.28:
        await do("failed", TerminateMediation(reason=Termination.NO_AGREEMENT, remedies_told=True), 12)
    else:
        form = AgreementForm.WRITTEN if matter.luck > 0.4 else AgreementForm.ORAL
        days = 9 + int(matter.luck * 24)
        await do("agree", ReachAgreement(form=form, terms="示例：双方各自承担一部分。"), days)
        await do("tell", OfferJudicialConfirmation(), days, hour=1)
        if matter.luck > 0.8:
            confirmed = RecordJudicialConfirmation(confirmation=Confirmation.CONFIRMED, document="示确1号")
            await do("confirm", confirmed, days + 12)
        await do("check", CheckPerformance(performance=Performance.PERFORMED), days + 30)


async def _finish(desks: Desks, id: str, matter: Matter) -> None:
    """Followed up and closed; now and then a case comes back."""
    name, at = matter.name, moment(matter.day + timedelta(days=45), 10)
    follow = FollowUpCase(satisfied=matter.luck > 0.1, stable=matter.luck > 0.05, note=None)
    await desks.send("intake", f"follow:{name}", follow, at, Role.CLERK, id=id)
    if matter.luck > 0.15:
        await desks.send("intake", f"close:{name}", CloseCase(), at + timedelta(hours=1), Role.CLERK, id=id)
        if 0.15 < matter.luck < 0.2:
            again = ReopenCase(reason="当事人反映协议未履行")
            await desks.send("intake", f"reopen:{name}", again, at + timedelta(days=9), Role.CLERK, id=id)


# public work and supervision ----------------------------------------------------------------------------------------


async def keep(desks: Desks, random: Random) -> None:
    """Every other clause: debriefings, notices, patrols, outreach, hazards, surveys, inspections, archives, …"""
    await _all(_debrief(desks, number) for number in range(len(COMMUNITIES)))
    await settled(desks.node)
    with desks.node.look("assignment", desks.log) as look:
        joint = {row.community: row.id for row in look.rows(meetings.LEDGER, kind=MeetingKind.JOINT)
                 if row.held_at < moment(date(2015, 10, 12))}  # fmt: skip
    places = [
        season_work.Place(code(desks.log, number), GRIDS[number % len(GRIDS)], officer(number, Profession.JUDGE))
        for number in range(len(COMMUNITIES))
    ]
    await enter(desks, list(season_work.acts(2015, places, joint, random)))
    await relieve(desks)


async def relieve(desks: Desks) -> None:
    """A police officer leaves at the year's end: the open cases are handed over, then another is posted."""
    number, who = 0, officer(0, Profession.POLICE)
    community, day = code(desks.log, number), date(2015, 12, 29)
    end = EndPosting(community=community, officer=who, last_day=day, reason=PostingEnd.RETIRED)
    await desks.send("assignment", "leave:0", end, moment(day, 17), Role.OFFICE)
    await settled(desks.node)
    with desks.node.look("assignment", desks.log) as look:
        waiting = [row for row in look.rows(handling.LEDGER, community=community) if row.handover_since is not None]
    for row in waiting:
        over = CompleteHandover(officer=officer(0, Profession.PROSECUTOR), note="示例：案卷已交接。")
        await desks.send("assignment", f"over:{row.id}", over, moment(date(2015, 12, 30)), Role.LEADER, id=row.id)
    await settled(desks.node)


async def _debrief(desks: Desks, number: int) -> None:
    held = moment(date(2015, 12, 7), 15)
    for kind, at in ((MeetingKind.DEBRIEFING, held), (MeetingKind.MOBILISATION, moment(date(2015, 6, 2), 15))):
        convene = ConveneMeeting(
            community=code(desks.log, number), kind=kind, month=f"{at:%Y-%m}", attended=40, subject=kind.zh
        )
        name = f"{kind}-{number}"
        await desks.send("assignment", name, convene, at, Role.CLERK, id=name)


async def enter(desks: Desks, acts: Sequence[season_work.Act]) -> None:
    """Send entries stage by stage."""
    for stage in range(1 + max(act.stage for act in acts)):
        await _all(_enter(desks, act) for act in acts if act.stage == stage)
        await settled(desks.node)


async def _enter(desks: Desks, act: season_work.Act) -> None:
    name = f"{act.id}:{type(act.command).__name__}"
    await desks.send(act.service, name, act.command, act.at, act.role, id=act.id, who=act.who)


# scores ----------------------------------------------------------------------------------------------------------


async def publish(desks: Desks) -> Counter[str]:
    """The office publishes: the first month, the long phase, and the year (§3.3.5)."""
    wanted = (
        (PeriodKind.MONTH, "2015-06", date(2015, 7, 20)),
        (PeriodKind.PHASE, "2", date(2015, 12, 20)),
        (PeriodKind.YEAR, "2015", date(2016, 1, 31)),
    )
    published: Counter[str] = Counter()
    for kind, period, as_of in wanted:
        command = PublishScores(
            plan="dongfeng-2015-28", rulebook="default", period_kind=kind, period=period, as_of=as_of
        )
        at = moment(as_of + timedelta(days=1), 9)
        answer = await desks.send("assessment", f"publish:{kind}:{period}", command, at, Role.OFFICE)
        published.update(answer.types)
    await settled(desks.node)
    for number in range(len(COMMUNITIES)):  # some households had been missed: entered late, so the year is restated
        late = IssueContactCards(households=30)
        at = moment(date(2015, 12, 30))
        await desks.send("assignment", f"late-cards:{number}", late, at, Role.CLERK, id=code(desks.log, number))
    await settled(desks.node)
    again = PublishScores(
        plan="dongfeng-2015-28", rulebook="default", period_kind=PeriodKind.YEAR, period="2015", as_of=date(2016, 1, 31)
    )
    restated = await desks.send("assessment", "restate", again, moment(date(2016, 2, 1), 9), Role.OFFICE)
    published.update(restated.types)
    await settled(desks.node)
    last = publication(PeriodKind.YEAR, "2015", "2016-01-31")
    after = season_work.after_publication(2015, last, code(desks.log, 0), moment(date(2016, 2, 2)))
    await enter(desks, list(after))
    return published
