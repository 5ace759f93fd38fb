"""What is written down beside cases and meetings, clause by clause: public work (§3.1–3.3, 5.3, 5.4, 6.2), and what was
found (§3.3.2, 5.4, 5.5)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from services.assignment import entry_commands as work
from services.intake import entry_commands as findings
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, Turn, Year, wave_of
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

ENTERED_LATE: Final = 0.07
"""Entries that are made weeks after the day: somebody clears a desk."""
LATE_BY: Final = (1, 4)
"""In half-months."""
HAZARD_DAYS: Final = 15
"""What a unit is given to clear a hazard."""
CLEARED_LATE: Final = 0.1
NEVER_CLEARED: Final = 0.03
AREA_PASSES: Final = 0.9
UNANSWERED: Final = 0.08
"""Opinions that nobody answers."""
OFFICE: Final = "示例街道综治办"
JUSTICE: Final = "示例司法所"
_TOPICS: Final = ("相邻关系", "防范诈骗", "劳动合同", "婚姻家庭", "消防安全")
_SHOWN: Final = (Shown.NAMES, Shown.POSTS, Shown.CONTACTS, Shown.HOURS)


@dataclass(frozen=True, slots=True)
class Place:
    """A community as its entries need it."""

    number: int
    community: str
    grids: tuple[str, ...]
    officer: Callable[[date], str]
    """Who teaches there, of those enrolled."""
    joints: tuple[tuple[str, datetime], ...] = ()
    """Its joint conferences and when they were held."""


class Pen:
    """Writes entries down. An entry's steps bear one id."""

    def __init__(self, scenario: Scenario, rhythm: Rhythm, year: Year, topic: str, number: int = 0) -> None:
        self.year, self.number, self._rhythm, self._last = year, number, rhythm, scenario.last_day
        self.random: Random = scenario.chance(topic, year.number, number)
        self.topic = topic

    def day(self, month: int, day: int) -> date:
        """A day of the year."""
        return date(self.year.number, month, day)

    def covers(self, day: date) -> bool:
        """Whether the season covers it."""
        return self.year.from_day <= day <= self.year.to_day

    def write(
        self, service: str, what: str, command: Any, day: date, role: Role = Role.CLERK, turn: int = Turn.WORK,
        who: str = "", evening: bool = False,
    ) -> Iterator[Act]:  # fmt: skip
        """An entry of that day, which begins; nothing where the season does not cover it."""
        if self.covers(day):
            at = (self._rhythm.evening if evening else self._rhythm.on)(self.random, day)
            late = self.random.random() < ENTERED_LATE and turn == Turn.WORK  # nothing rests on it
            wave = wave_of(at.date()) + (self.random.randint(*LATE_BY) if late else 0)
            id = f"{self.topic}-{self.year.number}-{what}-{self.number + 1:02}"
            yield self._act(service, id, command, at, role, turn, who, wave)

    def then(
        self, before: list[Act], command: Any, least: int, most: int, role: Role = Role.CLERK, turn: int = Turn.WORK,
        who: str = "",
    ) -> Iterator[Act]:  # fmt: skip
        """A later step of the entry whose last one that was, so many days after; nothing past the season's end."""
        if before:
            last = before[-1]
            at = self._rhythm.after(self.random, last.at, least, most)
            if at.date() <= self._last:
                wave = max(wave_of(at.date()), last.wave)
                turn = max(turn, last.turn) if wave == last.wave else turn
                assert last.id is not None, "an entry has an id"
                yield self._act(last.service, last.id, command, at, role, turn, who, wave)

    def _act(
        self, service: str, id: str, command: Any, at: datetime, role: Role, turn: int, who: str, wave: int
    ) -> Act:
        return Act(
            name=f"{id}/{type(command).__name__}@{at:%m%d%H%M}", service=service, command=command, at=at, role=role,
            wave=wave, turn=turn, id=id, who=who or f"{role}-{self.number + 1:02}",
        )  # fmt: skip


def of_community(scenario: Scenario, rhythm: Rhythm, year: Year, place: Place, size: int = 100) -> Iterator[Act]:
    """A community's year of public work and findings; the larger it is (in per cent), the more there is."""
    first = year.from_day == scenario.from_day
    yield from _set_up(Pen(scenario, rhythm, year, "setup", place.number), place, first)
    for month in year.months:
        pen = Pen(scenario, rhythm, year, f"work{month:02}", place.number)
        often = scenario.volume * (1 + (size > 110))
        yield from _monthly_work(pen, month, place, often)
        yield from _found(Pen(scenario, rhythm, year, f"found{month:02}", place.number), month, place, often)
    yield from _settled(Pen(scenario, rhythm, year, "issues", place.number), place)
    if place.number == 0:
        yield from _mistaken(Pen(scenario, rhythm, year, "mistaken", place.number), place)


def _set_up(pen: Pen, place: Place, first: bool) -> Iterator[Act]:
    """What a community sets up in its first weeks, and what it names and enrols each year."""
    community, start, random = place.community, pen.year.from_day, pen.random

    def on(days: int) -> date:
        return start + timedelta(days=days)

    if first:
        notice = list(pen.write(
            "assignment", "notice", work.PostNotice(community=community, place=NoticePlace.BOARD, shows=_SHOWN), on(8)
        ))  # fmt: skip
        yield from notice
        revise = work.ReviseNotice(now_shows=(*_SHOWN, Shown.PHOTOS), revision="补充照片")
        yield from pen.then(notice, revise, 20, 40)
        procedure = work.AdoptProcedure(community=community, title="下社区工作流程")
        yield from pen.write("assignment", "procedure", procedure, on(9))
        body = work.FormWorkingBody(community=community, title="社区工作专班", members=random.randint(4, 8))
        yield from pen.write("assignment", "body", body, on(4))
        team = work.FormPatrolTeam(community=community, team=TeamKind.RED_ARMBANDS, strength=random.randint(8, 20))
        yield from pen.write("assignment", "team", team, on(11))
    if first or place.number == 0:
        leader = work.AppointLeader(
            community=community, leader=f"leader-{place.number + 1:02}", post="街道班子成员", name="示例领导"
        )
        appointed = list(pen.write("assignment", "leader", leader, on(1), Role.OFFICE, Turn.ROSTER))
        yield from appointed
        if place.number == 0:  # whose leader is another one each year
            december = (pen.day(12, 1) - on(1)).days
            relieve = work.RelieveLeader(relieved_because="工作调整")
            yield from pen.then(appointed, relieve, december, december + 14, Role.OFFICE)
    for nth, helper in enumerate(random.sample(tuple(HelperKind), 2)):
        enrolled = list(pen.write(
            "assignment", f"helper{nth}", work.EnrolHelper(community=community, helper=helper, name="示例五员"), on(20)
        ))  # fmt: skip
        yield from enrolled
        if nth == 0 and (place.number == 0 or random.random() < 0.2):
            left = work.ReleaseHelper(left_because=random.choice(tuple(ReleaseReason)))
            yield from pen.then(enrolled, left, 90, 150)
    guard = work.EstablishEnterpriseSecurity(
        community=community, enterprise=f"示例商贸{pen.year.number}号公司", staff=random.randint(2, 9)
    )  # fmt: skip
    yield from pen.write("assignment", "enterprise", guard, on(38))
    safe = work.DesignateSafeUnit(
        community=community, unit_kind=random.choice(tuple(SafeUnitKind)), title="示例单位", by_unit=OFFICE
    )  # fmt: skip
    yield from pen.write("assignment", "safe", safe, on(155), Role.OFFICE)


def _monthly_work(pen: Pen, month: int, place: Place, often: int) -> Iterator[Act]:
    """Patrols, teaching, advice, support; a leader's visit each quarter."""
    community, random = place.community, pen.random

    def sometime() -> date:
        return pen.day(month, random.randint(1, 28))

    for turn in range(often * random.randint(1, 2)):
        patrol = work.CompletePatrol(
            community=community, grid=random.choice(place.grids), team=TeamKind.RED_ARMBANDS,
            participants=random.randint(2, 6), minutes=random.choice((60, 90, 120)), matters=random.randrange(3),
        )  # fmt: skip
        yield from pen.write("assignment", f"patrol{turn}", patrol, sometime(), Role.OFFICER, evening=True)
    for turn in range(often):
        outreach = work.HoldOutreach(
            community=community, grid=random.choice(place.grids), form=random.choice(tuple(OutreachForm)),
            topic=random.choice(_TOPICS), audience=random.randint(12, 80),
        )  # fmt: skip
        yield from pen.write("assignment", f"outreach{turn}", outreach, sometime(), Role.OFFICER)
        advice = work.GiveLegalAdvice(
            community=community, grid=random.choice(place.grids), law=random.choice(tuple(LawField)),
            inquiries=random.randint(1, 14),
        )  # fmt: skip
        yield from pen.write("assignment", f"advice{turn}", advice, sometime(), Role.OFFICER)
    kinds = random.sample(tuple(SupportKind), 2)
    support = work.ProvideSupport(
        community=community, unit=JUSTICE,
        services=tuple(SupportCount(kind=kind, count=random.randint(1, 12)) for kind in kinds),
    )  # fmt: skip
    yield from pen.write("assignment", "support", support, sometime(), Role.OFFICER)
    if month % 3 == 2:
        yield from _quarterly_work(pen, sometime, place)


def _quarterly_work(pen: Pen, sometime: Callable[[], date], place: Place) -> Iterator[Act]:
    community, random = place.community, pen.random
    day = sometime()
    training = work.HoldTraining(
        community=community, officer=place.officer(day), topic="调解技巧", attended=random.randint(6, 20), hours=2
    )  # fmt: skip
    yield from pen.write("assignment", "training", training, day, Role.OFFICER)
    coach = work.CompleteCoachedCase(
        community=community, officer=place.officer(day), case=None, mediators=random.randint(1, 4), lesson="示例：倾听"
    )
    yield from pen.write("assignment", "coach", coach, day, Role.OFFICER)
    aid = work.GrantLegalAid(
        community=community, grid=random.choice(place.grids), law=random.choice(tuple(LawField)), matters=1,
        by_unit=JUSTICE,
    )  # fmt: skip
    yield from pen.write("assignment", "aid", aid, sometime(), Role.OFFICER)
    visit = work.CompleteLeaderVisit(
        community=community, leader=f"leader-{place.number + 1:02}", purpose="了解社情民意"
    )  # fmt: skip
    yield from pen.write("assignment", "leader-visit", visit, day, Role.LEADER, Turn.AFTER)


def _found(pen: Pen, month: int, place: Place, often: int) -> Iterator[Act]:
    """Opinions and what became of them; hazards, venues, key areas."""
    community, random = place.community, pen.random

    def sometime() -> date:
        return pen.day(month, random.randint(1, 28))

    for turn in range(often):
        opinion = findings.RecordOpinion(
            community=community, grid=random.choice(place.grids), topic=random.choice(tuple(OpinionTopic)),
            channel=random.choice(tuple(OpinionChannel)), opinion="示例：希望增设照明与座椅。",
        )  # fmt: skip
        heard = list(pen.write("intake", f"opinion{turn}", opinion, sometime()))
        yield from heard
        if random.random() >= UNANSWERED:
            outcome = random.choice(tuple(OpinionOutcome))
            answer = findings.AnswerOpinion(outcome=outcome, answered_by=OFFICE, answer="示例：已转有关单位研究。")
            yield from pen.then(heard, answer, 5, 20)
        yield from _hazard(pen, f"hazard{turn}", sometime(), place)
    venue = findings.InspectVenue(
        community=community, venue=random.choice(tuple(VenueKind)), place="示例场所", inspected_by="示例派出所",
        faults=random.randrange(3),
    )  # fmt: skip
    yield from pen.write("intake", "venue", venue, sometime(), Role.OFFICER)
    if month % 6 == 0:
        yield from _area(pen, sometime(), place)


def _hazard(pen: Pen, what: str, day: date, place: Place) -> Iterator[Act]:
    random = pen.random
    late, never = random.random() < CLEARED_LATE, random.random() < NEVER_CLEARED
    hazard = findings.ReportHazard(
        community=place.community, grid=random.choice(place.grids), hazard=random.choice(tuple(HazardKind)),
        severity=random.choice(tuple(Severity)), place="示例小区地下室", responsible_unit="示例物业",
        due_on=day + timedelta(days=HAZARD_DAYS + 12),  # a day off may lie between
    )  # fmt: skip
    seen = list(pen.write("intake", what, hazard, day, Role.OFFICER))
    yield from seen
    if not never:
        days = (HAZARD_DAYS + 14, 50) if late else (3, HAZARD_DAYS)
        yield from pen.then(seen, findings.ClearHazard(checked_by=OFFICE), *days, Role.OFFICER)


def _area(pen: Pen, day: date, place: Place) -> Iterator[Act]:
    random = pen.random
    area = findings.ListKeyArea(
        community=place.community, grid=random.choice(place.grids), area=random.choice(tuple(AreaKind)),
        place="示例地段", lead_unit=OFFICE, due_on=day + timedelta(days=90),
    )  # fmt: skip
    listed = list(pen.write("intake", "area", area, day, Role.OFFICE))
    yield from listed
    passes = random.random() < AREA_PASSES
    looked = list(pen.then(
        listed, findings.ReinspectKeyArea(passed=passes, inspected_by=OFFICE), 45, 80, Role.OFFICE
    ))  # fmt: skip
    yield from looked
    if not passes:
        again = findings.ReinspectKeyArea(passed=True, inspected_by=OFFICE)
        yield from pen.then(looked, again, 10, 25, Role.OFFICE)


def _settled(pen: Pen, place: Place) -> Iterator[Act]:
    """What joint conferences settled (§3.2.6)."""
    for nth, (meeting, held_at) in enumerate(place.joints):
        settle = work.SettleIssue(
            community=place.community, meeting=meeting, units=(JUSTICE, "示例派出所"), issue="示例：停车矛盾"
        )
        day = held_at.date() + timedelta(days=pen.random.randint(3, 12))
        yield from pen.write("assignment", f"issue{nth}", settle, day, turn=Turn.AFTER)


def _mistaken(pen: Pen, place: Place) -> Iterator[Act]:
    """A fire drill entered as a fire, a lecture entered twice: made void again."""
    grid, start = place.grids[0], pen.year.from_day
    fire = findings.ReportMajorFire(
        community=place.community, grade=FireGrade.LARGER, place="示例厂房", dead=0, injured=0
    )  # fmt: skip
    drill = list(pen.write("intake", "fire", fire, start + timedelta(days=140), Role.OFFICE))
    yield from drill
    yield from pen.then(drill, findings.VoidFinding(reason="消防演练误登"), 1, 2, Role.OFFICE)
    outreach = work.HoldOutreach(
        community=place.community, grid=grid, form=OutreachForm.LECTURE, topic="重复登记", audience=1
    )
    twice = list(pen.write("assignment", "outreach", outreach, start + timedelta(days=50), Role.OFFICER))
    yield from twice
    yield from pen.then(twice, work.VoidWork(reason="重复登记"), 1, 4)
