"""The season's cases: how many where and when, which story each tells, and what the office decides about them at intake
(§3.2.1, 5.1). What those do who handle them stands in `handled`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from services.intake.commands import (
    AcceptCase,
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
    ResolveCase,
    ResumeClock,
    RetractStep,
    TerminateCase,
    VoidCase,
    WithdrawCase,
)
from services.season import handled, matters
from services.season.life import Life, PastTheEnd
from services.season.pace import Pace
from services.season.people import People, Roster
from services.season.rhythm import Rhythm
from services.season.scenario import GRIDS, Act, Scenario, Turn, Year, one_of, wave_of
from services.season.stories import STORIES, Fate, Story, Twist
from shared.contracts.codes import CaseKind, DeclineReason, DisputeType, PartyRole, Role, Source, Termination, Tier
from shared.contracts.intake import CaseStep, PauseReason

FIRST_REPORTS: Final = timedelta(days=10)
"""Nothing is reported before somebody is there to whom it can be."""
TAKEN_UP: Final = timedelta(days=6)
"""Within so many days a case has a handler."""
THIRD_PARTY: Final = 0.12
"""Cases with three parties: a landlord, a guarantor, a second neighbour."""
NOT_FOLLOWED_UP: Final = 0.06
HANDED_DOWN_FIRST: Final = 0.6
"""Of what is handed down: what comes as a petition. The rest was a dispute here, and was handed down as it went on."""
"""Settled cases that nobody asks after again; where the officers are behind, four times as many."""
NOT_CLOSED: Final = 0.05
DISSATISFIED: Final = 0.06
UNSTABLE: Final = 0.03
"""Settled, and yet it flares up."""
_PAUSES: Final = tuple(PauseReason)


@dataclass(frozen=True, slots=True)
class Matter:
    """A case before it is told: where and when it is reported, and its story."""

    id: str
    number: int
    day: date
    story: Story


def drawn(scenario: Scenario, rhythm: Rhythm, people: People, paces: list[Pace]) -> Iterator[Act]:
    """All acts about all cases."""
    for year in scenario.years:
        before: dict[int, Matter] = {}
        for matter in _drawn_up(scenario, rhythm, people, paces, year):
            roster = people.rosters[matter.number]
            yield from told(scenario, rhythm, roster, paces[matter.number], matter, before.get(matter.number))
            if matter.story.fate is Fate.AGREED and matter.story.slip is None:
                before[matter.number] = matter


def _drawn_up(scenario: Scenario, rhythm: Rhythm, people: People, paces: list[Pace], year: Year) -> list[Matter]:
    """The year's cases in the order of their days, their stories dealt."""
    first = max(year.from_day, scenario.from_day + FIRST_REPORTS)
    if first > year.to_day:
        return []
    days = sorted(
        (day, number, turn)
        for number, pace in enumerate(paces)
        for turn, day in enumerate(rhythm.reports(
            scenario.chance("reports", year.number, number), first, year.to_day, matters.BY_MONTH,
            pace.reports(scenario.cases, year),
        ))
    )  # fmt: skip
    random = scenario.chance("stories", year.number)
    made = [
        Matter(f"{year.number}-{number + 1:02}-{turn + 1:03}", number, day, one_of(random, STORIES))
        for day, number, turn in days
    ]
    slow = {found for roster in people.rosters for found in _in_hand_at_an_end(roster, made, year)}
    early = [index for index, one in enumerate(made[: len(made) * 2 // 3]) if one.id not in slow]
    told = random.sample(early, min(len(early), len(STORIES)))
    fixed = {made[index].id: story for index, (story, _) in zip(told, STORIES, strict=False)}
    fixed |= dict.fromkeys(slow, Story(Fate.AGREED, Twist.HANDED_DOWN))
    return [replace(one, story=fixed.get(one.id, one.story)) for one in made]


def _in_hand_at_an_end(roster: Roster, made: list[Matter], year: Year) -> Iterator[str]:
    """The last case that whoever leaves takes up and cannot finish: petition backlog, which takes long."""
    for posting in roster.postings:
        if posting.last_day is not None and posting.last_day.year == year.number:
            ended = wave_of(posting.last_day)
            here = (one for one in made if roster.number == one.number)
            early = [one for one in here if wave_of(one.day + TAKEN_UP) < ended]
            if early:
                yield max(early, key=lambda one: one.day).id


# a case -------------------------------------------------------------------------------------------------------------


def told(
    scenario: Scenario, rhythm: Rhythm, roster: Roster, pace: Pace, matter: Matter, before: Matter | None
) -> list[Act]:
    """A case's acts as its story has them; `before` is an earlier case of the community, for which it may be taken."""
    random = scenario.chance("case", matter.id)
    report = _report(random, roster, matter)
    at, parties = rhythm.hours(random, matter.day), len(report.parties)
    life = Life(matter.id, scenario, rhythm, roster, pace, random, at, matter.number, parties)
    life.clerk("report", report)
    twice: list[Act] = []
    try:
        if matter.story.twist is Twist.REPORTED_TWICE:
            twice = _reported_twice(life, report, roster)
        _decided(life, matter.story, before)
        if not life.over:
            handled.told(life, matter.story)
            afterwards(life, matter.story)
    except PastTheEnd:
        pass
    life.closing()
    return [*life.acts, *twice]


def _report(random: Random, roster: Roster, matter: Matter) -> ReportCase:
    kind, summary, source = matters.drawn(random, matter.day.month)
    roles = [PartyRole.APPLICANT, PartyRole.RESPONDENT]
    if random.random() < THIRD_PARTY:
        roles.append(PartyRole.OTHER)
    if matter.story.twist is Twist.HANDED_DOWN:
        source = Source.HANDED_DOWN
    return ReportCase(
        community=roster.code, grid=random.choice(GRIDS), kind=CaseKind.DISPUTE, dispute_type=kind, source=source,
        summary=summary,
        parties=tuple(
            # No telephone in the country begins like these numbers: they are nobody's.
            Person(role=role, name=f"示例{mark}{matter.id}", phone=f"100{random.randrange(10**8):08}")
            for role, mark in zip(roles, "甲乙丙", strict=False)
        ),
    )  # fmt: skip


def _reported_twice(life: Life, report: ReportCase, roster: Roster) -> list[Act]:
    """Some days later by the hotline, in other words; a clerk finds that it is the same, and links it."""
    random = life.scenario.chance("twice", life.id)
    at = life.rhythm.after(random, life.at, 1, 6)
    second = Life(f"{life.id}d", life.scenario, life.rhythm, roster, life.pace, random, at, life.number, life.parties)
    again = ReportCase(
        community=report.community, grid=report.grid, kind=report.kind, dispute_type=report.dispute_type,
        source=Source.HOTLINE, summary=report.summary.replace("示例：", "示例：来电反映，") + "请尽快处理。",
        parties=report.parties,
    )  # fmt: skip
    second.clerk("report", again)
    second.later(0, 2)
    if random.random() < 0.4:
        second.clerk("accept", AcceptCase())
        second.later(0, 2)
    second.clerk("link", LinkCase(duplicate_of=life.id), turn=Turn.AFTER)
    return second.acts


# at intake ----------------------------------------------------------------------------------------------------------


def _decided(life: Life, story: Story, before: Matter | None) -> None:
    """Taken on, or not; and what the office knows of it early."""
    life.later(0, 3)
    match story.fate:
        case Fate.VOIDED:
            life.clerk("void", VoidCase(reason="录入有误"))
            life.over = True
            return
        case Fate.DECLINED:
            life.clerk("decline", _decline())
            life.over = True
            return
        case _:
            _mistaken_before(life, story, before)
    as_petition = story.twist is Twist.HANDED_DOWN and life.random.random() < HANDED_DOWN_FIRST
    if as_petition:
        _hand_down(life)
        life.later(1, 6)
    life.clerk("accept", AcceptCase())
    _mistaken_after(life, story)
    if not as_petition:
        _known_early(life, story)
    match story.fate:
        case Fate.WITHDRAWN:
            life.later(2, 8)
            life.clerk("withdraw", WithdrawCase(reason="双方自行和解"))
        case Fate.REFERRED_OUTSIDE | Fate.REFERRED_WITHIN:
            life.later(1, 6)
            outside = story.fate is Fate.REFERRED_OUTSIDE
            unit = "示例劳动人事争议仲裁委员会" if outside else "示例街道司法所"
            life.clerk("refer", ReferCase(to_unit=unit, outside=outside))
        case Fate.SETTLED_AT_ONCE:
            life.later(0, 4)
            life.clerk("resolve", ResolveCase())
            life.over = True
            afterwards(life, story)
        case _:
            return
    life.over = True


def _decline() -> DeclineCase:
    return DeclineCase(reason=DeclineReason.OTHER_AUTHORITY, remedy="已告知向主管机关反映")


def _taken_back(life: Life, step: CaseStep, role: Role = Role.CLERK) -> None:
    life.soon()
    life.clerk(f"{step.value}-taken-back", RetractStep(step=step, reason="误登"), role)


def _mistaken_before(life: Life, story: Story, before: Matter | None) -> None:
    """Recorded by mistake while it was only reported, and taken back."""
    slip = story.slip
    match slip:
        case CaseStep.VOIDED:
            life.clerk("void", VoidCase(reason="误选"))
        case CaseStep.DECLINED:
            life.clerk("decline", _decline())
        case CaseStep.LINKED if before is not None:
            life.clerk("link", LinkCase(duplicate_of=before.id), turn=Turn.AFTER)
        case CaseStep.ACCEPTED:
            life.clerk("accept-early", AcceptCase())
        case _:
            return
    assert isinstance(slip, CaseStep), "a step of the case's life"
    _taken_back(life, slip)
    life.soon()


def _mistaken_after(life: Life, story: Story) -> None:
    """The same once it was taken on: the case goes back to those who handle it."""
    wrong: dict[CaseStep, Any] = {
        CaseStep.RESOLVED: ResolveCase(),
        CaseStep.TERMINATED: TerminateCase(reason=Termination.REFUSED, remedies_told=True),
        CaseStep.REFERRED: ReferCase(to_unit="示例街道司法所", outside=False),
        CaseStep.WITHDRAWN: WithdrawCase(reason="误登为撤回"),
    }
    if isinstance(story.slip, CaseStep) and story.slip in wrong:
        life.soon()
        life.clerk(story.slip.value, wrong[story.slip])
        _taken_back(life, story.slip)


def _hand_down(life: Life) -> None:
    life.soon()
    down = HandDownCase(by_unit="示例区信访局", document=f"示信交{life.at.year}-{life.number + 1}")
    life.clerk("hand-down", down, Role.OFFICE)


def _known_early(life: Life, story: Story) -> None:
    """What the office decides about it beside its being handled, within the first weeks."""
    match story.twist:
        case Twist.HANDED_DOWN:
            _hand_down(life)
        case Twist.CLOCK:
            _clock(life, story)
        case Twist.RECLASSIFIED:
            life.later(1, 4)
            other = ReclassifyCase(kind=CaseKind.INSTABILITY, dispute_type=DisputeType.OTHER, reason="涉及多户")
            life.clerk("reclassify", other)
        case Twist.CORRECTED:
            life.soon()
            life.clerk("correct", CorrectCase(reason="网格更正", grid=life.random.choice(GRIDS)))
        case _:
            return


def _clock(life: Life, story: Story) -> None:
    """An appraisal for which the clock stands, an extension, and a word from above; one of them entered twice."""

    def step(step: CaseStep, command: Any, role: Role = Role.CLERK) -> None:
        life.clerk(step.value, command, role)
        if story.slip is step:
            _taken_back(life, step, role)
            life.soon()
            if step is not CaseStep.DUE_CORRECTED:
                life.clerk(f"{step.value}-again", command, role)

    life.later(2, 4)
    step(CaseStep.PAUSED, PauseClock(reason=life.random.choice(_PAUSES)))
    life.later(7, 12)
    step(CaseStep.RESUMED, ResumeClock())
    life.soon()
    extended = ExtendDeadline(days=life.random.choice((7, 10, 15)), approved_by="街道办事处主任", reason="情况复杂")
    step(CaseStep.EXTENDED, extended, Role.OFFICE)
    if story.slip is CaseStep.DUE_CORRECTED:
        life.soon()
        wrong = CorrectCase(reason="期限录入", due_on=life.at.date() + timedelta(days=60))
        step(CaseStep.DUE_CORRECTED, wrong, Role.OFFICE)
    life.soon()
    step(CaseStep.ESCALATED, EscalateCase(to=Tier.SUBDISTRICT, reason="涉及多个部门"))


# afterwards ---------------------------------------------------------------------------------------------------------


def afterwards(life: Life, story: Story) -> None:
    """Followed up and closed; now and then a case comes back."""
    skipped = NOT_FOLLOWED_UP * (4 if life.pace.behind(life.at.date()) else 1)
    rare = story.slip is not None or story.twist is Twist.REOPENED
    if not life.over or (not rare and life.random.random() < skipped):
        return
    life.later(6, 11)
    _follow_up(life, story, "follow-up")
    if not rare and life.random.random() < NOT_CLOSED:
        return
    life.later(0, 6)
    life.clerk("close", CloseCase())
    if story.slip is CaseStep.CLOSED:
        _taken_back(life, CaseStep.CLOSED)
        life.later(1, 3)
        life.clerk("close-again", CloseCase())
    if story.twist is Twist.REOPENED:
        life.later(4, 15)
        life.clerk("reopen", ReopenCase(reason="当事人反映协议未履行"))
        life.resumed()
        handled.told_again(life)
        life.later(10, 20)
        _follow_up(life, story, "follow-up-again")
        life.clerk("close-for-good", CloseCase())


def _follow_up(life: Life, story: Story, what: str) -> None:
    random = life.random
    settled = story.fate in (Fate.AGREED, Fate.SETTLED_AT_ONCE)
    satisfied = None if random.random() < 0.1 else random.random() > (DISSATISFIED if settled else 0.5)
    asked = FollowUpCase(
        satisfied=satisfied, stable=random.random() > UNSTABLE,
        note="示例：电话回访，双方已无争执。" if random.random() < 0.3 else None,
    )  # fmt: skip
    life.clerk(what, asked)
    if story.slip is CaseStep.FOLLOWED_UP and what == "follow-up":
        _taken_back(life, CaseStep.FOLLOWED_UP)
        life.soon()
        life.clerk("follow-up-right", asked)
    life.soon()
