"""A small campaign on a real node: SQLite, vault, ledgers, reactions, pages. Everyone in it is invented (synthetic)."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import update

from services.assessment.commands import AdoptPlan, AdoptRulebook, PublishScores
from services.assessment.rules.plan_file import load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assignment.commands import (
    AssignHandler,
    CompleteVisit,
    ConveneMeeting,
    DeclareSynthetic,
    DeclineVisit,
    EndPosting,
    EnrolOfficer,
    HoldMediation,
    IssueContactCards,
    OpenStudio,
    PlanVisit,
    PostOfficer,
    ReachAgreement,
    RecordConsent,
    RegisterCommunity,
    SetVisitTimes,
    SubmitMinutes,
)
from services.intake.commands import (
    AcceptCase,
    AmendCalendar,
    CloseCase,
    CorrectCase,
    DeclineCase,
    FollowUpCase,
    HandDownCase,
    Person,
    ReferCase,
    ReportCase,
    ResolveCase,
    TerminateCase,
    VoidCase,
)
from services.season import Scenario, entries, protected, supervised
from services.season.rhythm import Rhythm
from services.season.scenario import Year
from services.together import application, settled, together
from shared.access.visitor import Visitor
from shared.command import Asked
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import (
    AgreementForm,
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
)
from shared.contracts.event import Actor
from shared.ledger.tables import progress
from shared.log.database import writing
from shared.runtime import Node
from shared.settings import load
from shared.web.door import Doorkeeper

LOG = "410105010"
OTHER_LOG = "410105011"
SECRETS = (
    "虚构甲", "虚构乙", "13900000000", "为公共走道堆物争执", "商定每周清理", "语气缓和", "虚构警官", "网格填错",
    "误登两次", "住户表示不便", "社区调解室", "可向人民法院起诉", "研判本月矛盾纠纷化解工作", "逐户走访未化解的三户",
)  # fmt: skip
"""Personal values that were given: none of them may be on any page."""
SCRIPT = "<script>alert(1)</script>"
COMMUNITIES = ("学院社区", "河畔社区", "纬五社区", "新城社区", "老街村")


def day(text: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(f"2015-{text}T{hour:02}:00:00+08:00")


@dataclass
class Campaign:
    """What was made."""

    node: Node
    cases: dict[str, str] = field(default_factory=dict)
    """Case ids by what they are for."""
    sent: int = 0

    async def send(
        self, command: Any, at: datetime, id: str | None = None, role: Role = Role.OFFICE, log: str = LOG, who: str = ""
    ) -> str:
        """Send a command through its desk; gives the aggregate's id."""
        desk = next(d for d in self.node.desks.values() if type(command) in d._routes)
        self.sent += 1
        actor = Actor(id=who or f"{role}-1", role=role)
        asked = Asked(log=log, command_id=f"k-{log}-{self.sent}", command=command, occurred_at=at, actor=actor, id=id)
        return (await desk.send(asked)).stream.partition("/")[2]

    def judge(self, number: int, on: date) -> str:
        """Who is the judge of a community."""
        return self.cases[f"{Profession.JUDGE}-{number}"]

    async def settle(self) -> None:
        """Wait for every ledger and reaction."""
        await settled(self.node)


@asynccontextmanager
async def opened(data: Path, guest: Visitor | None = None) -> AsyncIterator[tuple[Node, Any]]:
    """A node at work, without a stream, and its application."""
    async with together(load(data, seal_seconds=0.05), stream=False) as node:
        yield node, application(node, guest)


def client_of(app: Any, cookies: dict[str, str] | None = None, language: str = "zh-CN") -> httpx.AsyncClient:
    """A browser, as far as HTTP goes."""
    headers = {"accept": "text/html,application/xhtml+xml", "accept-language": language}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers, cookies=cookies)


def signed_in(
    node: Node, app: Any, role: Role = Role.OFFICE, log: str = LOG, language: str = "zh-CN"
) -> httpx.AsyncClient:
    """A browser of someone who has signed in."""
    session = node.storage.sessions.open_for(Visitor(Actor(id=f"{role}-1", role=role), log))
    return client_of(app, {Doorkeeper.COOKIE: session}, language)


async def fill(node: Node) -> Campaign:
    """Two months of an invented campaign in five communities, scores published."""
    made = Campaign(node)
    await made.send(DeclareSynthetic(code=LOG, made_by="测试"), day("06-10"))
    await adopt_plan(made)
    holiday = AmendCalendar(
        off=(date(2015, 9, 3),), worked=(date(2015, 9, 6),), announced_on=date(2015, 5, 13), document="示例发电1号"
    )
    await made.send(holiday, day("06-10"))
    for number, name in enumerate(COMMUNITIES, 1):
        await join(made, number, name)
    await made.settle()
    await _cases(made)
    await _meetings(made)
    await made.settle()
    publish = PublishScores(
        plan="dongfeng-2015-28", rulebook="default", period_kind=PeriodKind.PHASE, period="2", as_of=date(2015, 8, 10)
    )
    await made.send(publish, day("08-11"))
    await made.settle()
    await _entries(made)
    node.storage.seal(LOG)
    return made


async def _entries(made: Campaign) -> None:
    """Everything else that an office writes down: what a season holds, in the first two communities."""
    joint, held_at = "joint-0", day("07-16")
    convene = ConveneMeeting(
        community=code(1), kind=MeetingKind.JOINT, month="2015-07", attended=9, subject="联席会议（虚构）"
    )
    await made.send(convene, held_at, joint)
    await made.settle()
    scenario = Scenario(
        log=LOG, seed=5, from_day=date(2015, 6, 15), to_day=date(2015, 12, 31), communities=COMMUNITIES[:2], cases=1
    )
    rhythm, year = Rhythm(scenario), scenario.years[0]
    until_then = Year(year.number, year.from_day, date(2015, 8, 10))
    acts = [*supervised.after_publication(scenario, rhythm, until_then, code(1), "phase-2.2015-08-10", 20)]
    for number in (0, 1):
        judge = partial(made.judge, number + 1)
        joints = ((joint, held_at),) if number == 0 else ()
        place = entries.Place(number, code(number + 1), ("grid-1",), judge, joints)
        acts += entries.of_community(scenario, rhythm, year, place)
        acts += supervised.of_community(scenario, rhythm, year, place)
        acts += supervised.of_whole(scenario, rhythm, year, place) if number == 0 else ()
    acts += list(protected.drawn(scenario, rhythm, acts))
    for act in sorted(acts, key=lambda act: (act.wave, act.turn)):
        await made.send(act.command, act.at, act.id, act.role, who=act.who)
    await made.settle()


async def hurried(made: Campaign) -> None:
    """Five cases of the third community end on the last day but one of July: a flag."""
    for _ in range(5):
        case = await report(made, day("07-20"), 3)
        await made.send(AcceptCase(), day("07-20", 11), case)
        await made.send(ResolveCase(), day("07-30"), case)
    await made.settle()


def code(number: int) -> str:
    """A community's code."""
    return f"{LOG}{number:03}"


async def adopt_plan(made: Campaign) -> None:
    """Put the built-in plan and rulebook in force."""
    await made.send(AdoptPlan(plan=load_plan(), author="领导小组办公室", reason="印发"), day("06-10"))
    await made.send(AdoptRulebook(rulebook=load_rulebook(), author="领导小组办公室", reason="试行"), day("06-10"))


async def join(made: Campaign, number: int, name: str) -> None:
    """A community joins: grids, studio, contact cards, officers."""
    grids, place = (f"G{number:02}-1", f"G{number:02}-2"), code(number)
    await made.send(RegisterCommunity(code=place, name=name, grids=grids, households=800 + 70 * number), day("06-11"))
    if number != 4:
        await made.send(OpenStudio(place=f"{name}综治工作站二楼 {SCRIPT}"), day("06-12"), id=place)
    await made.send(IssueContactCards(households=[870, 600, 955, 300, 700][number - 1]), day("06-25"), id=place)
    for profession in list(Profession)[: 2 if number == 4 else 4]:
        enrol = EnrolOfficer(profession=profession, unit="虚构机关", name="虚构警官", phone="13900000000")
        officer = await made.send(enrol, day("06-11"))
        await made.settle()
        made.cases[f"{profession}-{number}"] = officer
        await made.send(PostOfficer(community=place, officer=officer, from_day=date(2015, 6, 12)), day("06-12"))
        times = SetVisitTimes(community=place, officer=officer, times="每周三上午 9:00–11:30")
        await made.send(times, day("06-12"))
        if number == 5 and profession is Profession.PROSECUTOR:
            end = EndPosting(
                community=place, officer=officer, last_day=date(2015, 7, 31), reason=PostingEnd.TRANSFER
            )  # fmt: skip
            await made.send(end, day("07-31"))


async def report(
    made: Campaign, at: datetime, number: int = 1, kind: CaseKind = CaseKind.DISPUTE, log: str = LOG,
    summary: str = f"为公共走道堆物争执 {SCRIPT}",
) -> str:  # fmt: skip
    """Report a case in a community."""
    types = list(DisputeType)
    command = ReportCase(
        community=f"{log}{number:03}", grid=f"G{number:02}-1", kind=kind,
        dispute_type=types[(made.sent * 7) % len(types)], source=Source.SWEEP, summary=summary,
        parties=(
            Person(role=PartyRole.APPLICANT, name="虚构甲", phone="13900000000"),
            Person(role=PartyRole.RESPONDENT, name="虚构乙"),
        ),
    )  # fmt: skip
    return await made.send(command, at, role=Role.CLERK, log=log)


async def _cases(made: Campaign) -> None:
    for number in range(1, 6):
        for turn in range(8):
            at = day(f"06-{12 + turn * 2}", 10)
            id = await report(made, at, number)
            await made.send(AcceptCase(), at + timedelta(hours=2), id)
            if turn < (8, 7, 8, 4, 6)[number - 1]:
                await made.send(ResolveCase(by_agreement=turn % 2 == 0), at + timedelta(days=9 + turn), id)
            elif number == 2:
                await made.send(ReferCase(to_unit="区人民法院", outside=True), at + timedelta(days=5), id)
            elif number == 5:
                end = TerminateCase(reason=Termination.NO_AGREEMENT, remedies_told=True)
                await made.send(end, at + timedelta(days=6), id)
    await _handled(made)
    backlog = await report(made, day("06-15"), 2, CaseKind.DISPUTE)
    await made.send(HandDownCase(by_unit="区信访局", document="金信〔2015〕7号"), day("06-16"), backlog)
    await made.send(AcceptCase(), day("06-16", 11), backlog)
    declined = await report(made, day("07-02"), 3)
    remedy = "可向人民法院起诉"
    await made.send(DeclineCase(reason=DeclineReason.OTHER_AUTHORITY, remedy=remedy), day("07-03"), declined)
    voided = await report(made, day("07-05"), 3)
    await made.send(VoidCase(reason="误登两次"), day("07-06"), voided)
    made.cases |= {"backlog": backlog, "declined": declined, "voided": voided}


async def _handled(made: Campaign) -> None:
    """A case with everything that can happen to it."""
    case = made.cases["handled"] = await report(made, day("06-18"), 1)
    await made.send(AcceptCase(), day("06-18", 15), case)
    await made.settle()
    officer = made.cases[f"{Profession.POLICE}-1"]
    await made.send(AssignHandler(officer=officer), day("06-19"), case)
    await made.settle()
    for number, on in enumerate((date(2015, 6, 22), date(2015, 6, 24)), 1):
        await made.send(PlanVisit(officer=officer, on=on, must=True, visit=f"v{number}"), day("06-19", 10), case)
    await made.send(CompleteVisit(visit="v1", diary="语气缓和"), day("06-22"), case)
    await made.send(DeclineVisit(visit="v2", reason="住户表示不便"), day("06-24"), case)
    for party in (1, 2):
        await made.send(RecordConsent(party=party), day("06-25"), case)
    await made.send(HoldMediation(officers=(officer,), place="社区调解室", record="语气缓和"), day("06-26"), case)
    await made.send(ReachAgreement(form=AgreementForm.WRITTEN, terms="商定每周清理"), day("06-26", 16), case)
    await made.settle()
    await made.send(CorrectCase(reason="网格填错", grid="G01-2"), day("06-29"), case)
    await made.send(FollowUpCase(satisfied=True, stable=True, note="语气缓和"), day("07-10"), case)
    await made.send(CloseCase(), day("07-13"), case)


async def _meetings(made: Campaign) -> None:
    for number in range(1, 6):
        for month in (6, 7):
            if number == 4 and month == 7:
                continue
            convene = ConveneMeeting(
                community=code(number), kind=MeetingKind.MONTHLY, month=f"2015-{month:02}", attended=9 + number,
                subject="研判本月矛盾纠纷化解工作",
            )  # fmt: skip
            meeting = await made.send(convene, day(f"{month:02}-28"))
            if number != 3 or month == 6:
                minutes = SubmitMinutes(decisions=("逐户走访未化解的三户", "增设一处公示栏"))
                await made.send(minutes, day(f"{month + 1:02}-03"), meeting)


@contextmanager
def halted(node: Node, follower: str) -> Iterator[None]:
    """A ledger as an event leaves it that this program does not know: stopped on the way."""

    def leave(reason: str | None) -> None:
        with writing(node.storage.ledgers_engine) as connection:
            connection.execute(update(progress).where(progress.c.follower == follower).values(halted=reason))

    leave("unknown event type sanguan.drill.item-doubled.v1")
    try:
        yield
    finally:
        leave(None)


def joined(pages: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """An explanation of a score, of all its pages."""
    first, *others = pages
    for page in others:
        for whole, part in zip(first["indicators"], page["indicators"], strict=True):
            for name in ROW_LISTS:
                whole[name] += part[name]
    return {**first, "next": None}


ROW_LISTS = ("numerator", "denominator", "missed", "spared", "excluded", "not_yet_due")


async def all_rows(client: httpx.AsyncClient, id: str, **query: str) -> dict[str, Any]:
    """Every row of a score's explanation, page by page."""
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["next"]:
        said = {"limit": "1000", **query} | ({"cursor": pages[-1]["next"]} if pages else {})
        answer = await client.get(
            f"/assessment/scores/{id}/explanation", params=said, headers={"accept": "application/json"}
        )
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
    return joined(pages)
