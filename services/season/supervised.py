"""Supervision and outcomes as the office enters them (§2, 3.1.2, 3.3.4–3.3.7, 3.4, 5.6, 6), and what follows from a
publication."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from services.assessment import entry_commands as supervision
from services.season.entries import OFFICE, Pen, Place
from services.season.meetings import debriefing_of
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, Turn, Year
from shared.contracts.assessment_entries import (
    ArchiveKind,
    CircularKind,
    Commended,
    Excused,
    Finding,
    GroupPost,
    Portfolio,
    SurveyKind,
    SurveyMethod,
)
from shared.contracts.codes import Role

FAULTY: Final = 0.4
"""Inspections that find something to be put right."""
PUT_RIGHT: Final = 0.85
"""Orders that are carried out well the first time."""
GROUP: Final = "示例领导小组"
NEUTRAL: Final = "office-20"
"""Who hears appeals: nobody who publishes scores."""
MINUTES: Final = "minutes_on_time"
"""The indicator that a community is right about."""
STEPS: Final = 3
"""Of an appeal: lodged, heard, decided."""
_HEARD: Final = supervision.HearAppeal(heard_by=GROUP, account="示例：社区与办公室分别作了说明。")
AWARE: Final = (82, 100)
"""Of a hundred residents asked, how many know of it."""


def of_community(scenario: Scenario, rhythm: Rhythm, year: Year, place: Place) -> Iterator[Act]:
    """What the office enters of a community in a year."""
    pen = Pen(scenario, rhythm, year, "supervised", place.number)
    community, random, start = place.community, pen.random, year.from_day
    surveys = ((SurveyKind.AWARENESS, 9), (SurveyKind.SATISFACTION, 11))
    for survey, month in surveys:
        valid = random.randint(88, 100)
        asked = supervision.ConcludeSurvey(
            community=community, survey=survey, method=SurveyMethod.DOOR, sample=100, valid=valid,
            positive=valid * random.randint(*AWARE) // 100,
        )  # fmt: skip
        yield from pen.write("assessment", f"survey-{survey}", asked, pen.day(month, 18), Role.OFFICE)
    plan = supervision.FileCommunityPlan(
        community=community, title=f"{year.number}年社区实施方案", measures=random.randint(4, 9)
    )
    yield from pen.write("assessment", "plan", plan, start + timedelta(days=random.randint(5, 12)))
    summary = supervision.SubmitSummary(community=community, title="活动总结", practices=random.randint(1, 4))
    yield from pen.write("assessment", "summary", summary, pen.day(11, random.randint(6, 18)))
    review = supervision.RecordPublicReview(
        community=community, meeting=debriefing_of(year.number, place.number), good=random.randint(22, 36),
        fair=random.randint(2, 8), poor=random.randrange(3),
    )  # fmt: skip
    yield from pen.write("assessment", "review", review, pen.day(12, 14), Role.OFFICE)
    model = supervision.RecommendModelCase(community=community, title="物业议事会", worth_keeping="示例：三方共议")
    yield from pen.write("assessment", "model", model, pen.day(12, 22))
    for month in year.months:
        if month % 3 == 2:
            yield from _inspected(pen, month, place)


def _inspected(pen: Pen, month: int, place: Place) -> Iterator[Act]:
    """Looked at each quarter; what is found is ordered to be put right, and looked at again."""
    random, day = pen.random, pen.day(month, pen.random.randint(16, 24))
    faulty = random.random() < FAULTY or (place.number == 0 and month == 8)
    seen = supervision.ConductInspection(
        community=place.community, inspected_by=OFFICE, looked_at="台账与走访", faults=int(faulty)
    )
    inspection = list(pen.write("assessment", f"inspection{month:02}", seen, day, Role.OFFICE, Turn.ROSTER))
    yield from inspection
    if not (inspection and faulty):
        return
    order = supervision.OrderRectification(
        community=place.community, inspection=inspection[0].id or "", due_on=day + timedelta(days=25),
        order="示例：补登走访。",
    )  # fmt: skip
    at = inspection[0].at.date() + timedelta(days=1)
    ordered = list(pen.write("assessment", f"order{month:02}", order, at, Role.OFFICE, Turn.AFTER))
    yield from ordered
    passed = random.random() < PUT_RIGHT
    done = list(pen.then(
        ordered, supervision.CompleteRectification(passed=passed, rechecked_by=OFFICE), 10, 22, Role.OFFICE
    ))  # fmt: skip
    yield from done
    if not passed:
        again = supervision.CompleteRectification(passed=True, rechecked_by=OFFICE)
        yield from pen.then(done, again, 7, 14, Role.OFFICE)


def of_whole(scenario: Scenario, rhythm: Rhythm, year: Year, place: Place) -> Iterator[Act]:
    """What concerns the sub-district as a whole; `place` is its first community, whose officer has the archive."""
    pen = Pen(scenario, rhythm, year, "office")
    start = year.from_day

    def enter(what: str, command: Any, days: int, role: Role = Role.OFFICE) -> list[Act]:
        return list(pen.write("assessment", what, command, start + timedelta(days=days), role))

    seats = (
        supervision.SeatGiven(post=GroupPost.HEAD, office="街道党工委副书记", name="示例组长"),
        supervision.SeatGiven(post=GroupPost.DEPUTY, office="街道综治办副主任", name="示例副组长"),
    )
    yield from enter("group", supervision.ConstituteLeadingGroup(seats=seats, office_at=OFFICE), 0)
    for nth, portfolio in enumerate(Portfolio):
        assigned = supervision.AssignPortfolio(portfolio=portfolio, holder=f"示例副组长{nth + 1}")
        yield from enter(f"portfolio{nth}", assigned, 1)
    funds = supervision.AllocateFunds(amount_fen=12_000_000, purpose="专项活动经费", document=f"示财字{year.number}-1")
    yield from enter("funds", funds, 14)
    for month in year.months:
        if month % 3 == 0:
            circular = supervision.IssueCircular(
                circular=CircularKind.PROGRESS, document=f"示通报{year.number}-{month}", title="进度通报",
                communities=(place.community,),
            )  # fmt: skip
            yield from pen.write("assessment", f"circular{month:02}", circular, pen.day(month, 15), Role.OFFICE)
    youths = supervision.ReportYouthOffenceRate(
        period=str(year.number), offenders=pen.random.randint(1, 9), youths=4_200, by_unit="示例派出所"
    )
    yield from pen.write("assessment", "youth", youths, pen.day(12, 20), Role.OFFICE)
    yield from _archive(pen, place, year)
    mistaken = enter("plan-twice", supervision.FileCommunityPlan(
        community=place.community, title="误传的方案", measures=1
    ), 7, Role.CLERK)  # fmt: skip
    yield from mistaken
    yield from pen.then(mistaken, supervision.VoidSupervision(reason="误传"), 1, 2, Role.OFFICE)


def _archive(pen: Pen, place: Place, year: Year) -> Iterator[Act]:
    """Something is put on an officer's archive; the officer answers; it is filed upward."""
    day = pen.day(12, 10)
    officer = place.officer(day)
    entry = supervision.AddArchiveEntry(
        officer=officer, archive=ArchiveKind.WORK, period=str(year.number), entry="示例：全年走访记录完整。"
    )
    added = list(pen.write("assessment", "archive", entry, day, Role.OFFICE, Turn.ROSTER))
    yield from added
    word = supervision.RecordArchiveReply(reply="示例：情况属实。")
    replied = list(pen.then(added, word, 1, 3, Role.OFFICER, Turn.AFTER, officer))
    yield from replied
    filed = supervision.FileArchive(filed_with="示例区委政法委", filing=f"示备{year.number}-1")
    yield from pen.then(replied, filed, 7, 16, Role.OFFICE)


def upheld(
    scenario: Scenario, rhythm: Rhythm, year: Year, number: int, publication: str, member: str, days: int
) -> Iterator[Act]:
    """A community appeals because of one month's minutes, so many days after the year's end, and is right."""
    pen = Pen(scenario, rhythm, Year(year.number, year.to_day, scenario.last_day), "appeals", number)
    lodge = supervision.AppealScore(
        community=scenario.code(number), publication=publication, indicator=MINUTES,
        grounds="示例：当月办公楼断网，纪要无法上报。",
    )  # fmt: skip
    lodged = list(pen.write("assessment", "upheld", lodge, year.to_day + timedelta(days=days), turn=Turn.AFTER))
    yield from lodged
    heard = list(pen.then(lodged, _HEARD, 1, 2, Role.OFFICE, Turn.AFTER, NEUTRAL))
    yield from heard
    decide = supervision.DecideAppeal(
        finding=Finding.UPHELD, decided_by=GROUP, decision="示例：断网属实，该月纪要不计。",
        excused=(Excused(indicator=MINUTES, table="duties", member=member),),
    )  # fmt: skip
    yield from pen.then(heard, decide, 1, 2, Role.OFFICE, Turn.AFTER, NEUTRAL)


def after_publication(
    scenario: Scenario, rhythm: Rhythm, year: Year, community: str, publication: str, days: int
) -> Iterator[Act]:
    """An appeal against a published score and its answer, and a commendation, so many days after the year's end."""
    last = scenario.last_day
    pen = Pen(scenario, rhythm, Year(year.number, year.to_day, last), "published")
    day = year.to_day + timedelta(days=days)
    grounds = supervision.AppealScore(community=community, publication=publication, grounds="示例：补报的纪要未计入。")
    appeal = list(pen.write("assessment", "appeal", grounds, day, Role.CLERK, Turn.AFTER))
    yield from appeal
    heard = list(pen.then(appeal, _HEARD, 1, 3, Role.OFFICE, Turn.AFTER, NEUTRAL))
    yield from heard
    decided = supervision.DecideAppeal(finding=Finding.DISMISSED, decided_by=GROUP, decision="示例：逾期报送。")
    yield from pen.then(heard, decided, 1, 3, Role.OFFICE, Turn.AFTER, NEUTRAL)
    award = supervision.AwardCommendation(
        commended=Commended.COMMUNITY, subject=community, award="先进社区", publication=publication
    )
    yield from pen.write("assessment", "award", award, day + timedelta(days=6), Role.OFFICE, Turn.AFTER)
