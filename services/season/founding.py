"""How a programme begins (§3.1.1, 3.4.1): declared synthetic, a plan and rules adopted, communities registered, studios
opened, contact cards given; and what of it is changed or put right later."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from services.assessment.commands import AdoptPlan, AdoptRulebook, AmendPlan
from services.assessment.rules.periods import span
from services.assessment.rules.plan_file import STANDING, load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assignment.commands import (
    CloseStudio,
    CorrectCommunity,
    DeclareSynthetic,
    IssueContactCards,
    OpenStudio,
    RegisterCommunity,
    RetractCommunityWork,
    VoidCommunity,
)
from services.intake.commands import AmendCalendar
from services.season.rhythm import Rhythm
from services.season.scenario import GRIDS, Act, Scenario, Turn, wave_of
from shared.contracts.assessment import Duty
from shared.contracts.assignment import CommunityAct
from shared.contracts.codes import Role
from shared.contracts.frozen import replace

HOUSEHOLDS: Final = (700, 2600)
"""Of a community: a few lanes, or a large new estate."""
NEVER_REACHED: Final = 15
"""Of so many households one got no card in some communities: nobody was at home."""
UNREACHED: Final = 0.25
"""In how many communities that is so; in the first it always is, so that there is something to restate."""
WITHOUT_STUDIO: Final = 0.04
"""Communities whose studio opens months late: there is no room for it."""
_OFFICE: Final = "领导小组办公室"
_CHECKED_AFTER: Final = timedelta(days=45)


def _told(scenario: Scenario) -> str:
    """All that a season is drawn from but its length: sent first, it keeps another season from being mixed in."""
    size = f"{len(scenario.communities)} communities, {scenario.cases} cases, volume {scenario.volume}"
    return f"sanguan season (seed {scenario.seed}, from {scenario.from_day}, {size})"


class Founding:
    """What a sub-district sets up before the work begins."""

    def __init__(self, scenario: Scenario, rhythm: Rhythm) -> None:
        self._scenario, self._rhythm = scenario, rhythm
        self._random = scenario.chance("founding")
        self._start = rhythm.on(self._random, rhythm.working(scenario.from_day))
        self.wave = scenario.founding
        self.households = [
            scenario.chance("households", number).randrange(*HOUSEHOLDS, 10)
            for number in range(len(scenario.communities))
        ]
        ones = (act for number in range(len(self.households)) for act in self._one(number))
        self.acts = [*self._whole(), *ones, *self._standing()]

    def _act(
        self, service: str, name: str, command: Any, day: date, turn: int = Turn.WORK, wave: int = 0,
        id: str | None = None, role: Role = Role.OFFICE,
    ) -> Act:  # fmt: skip
        at = self._rhythm.on(self._random, day)
        return Act(
            name=f"founding/{name}", service=service, command=command, at=max(at, self._start), role=role,
            wave=wave or wave_of(day), turn=turn, id=id,
        )  # fmt: skip

    def _whole(self) -> Iterator[Act]:
        scenario, day = self._scenario, self._start.date()
        declared = DeclareSynthetic(code=scenario.log, made_by=_told(scenario))
        yield self._act("assignment", "synthetic", declared, day, Turn.DECLARED, self.wave)
        plan, rulebook = load_plan(), load_rulebook()
        adopted = max(plan.issued_on, day)
        adopt = AdoptPlan(plan=plan, author=_OFFICE, reason="印发")
        yield self._act("assessment", "plan", adopt, adopted, wave=self.wave)
        rules = AdoptRulebook(rulebook=rulebook, author=_OFFICE, reason="随方案施行")
        yield self._act("assessment", "rulebook", rules, adopted, wave=self.wave)
        fire = Duty(
            code="fire_safety", clause="5.5", title_zh="落实消防安全责任制，做好隐患排查巡查",
            title_en="Fire safety: find hazards", lead="综治办", phase=None, due_on=None,
        )  # fmt: skip
        amend = AmendPlan(plan=replace(plan, duties=(*plan.duties, fire)), author=_OFFICE, reason="补列消防安全任务")
        yield self._act("assessment", "amend", amend, self._rhythm.working(adopted + timedelta(days=21)))
        holiday = AmendCalendar(
            off=(date(2015, 9, 3), date(2015, 9, 4)), worked=(date(2015, 9, 6),), announced_on=date(2015, 5, 13),
            document="国发明电〔2015〕1号",
        )  # fmt: skip
        yield self._act("intake", "calendar", holiday, day, wave=self.wave)
        mistaken = scenario.log + "999"
        twice = RegisterCommunity(code=mistaken, name="误登社区", grids=(GRIDS[0],), households=1)
        yield self._act("assignment", "mistaken", twice, day, Turn.FIRST, self.wave)
        void = VoidCommunity(code=mistaken, reason="与现有社区重复")
        yield self._act("assignment", "mistaken/void", void, day + timedelta(days=1), wave=self.wave)

    def _standing(self) -> Iterator[Act]:
        """What goes on after the campaign 常态化 (§6.4): the standing plan, from the day after its last. Drawn last, so
        that a season which ends with the campaign is the same."""
        campaign_ends_on = span(load_plan()).last
        assert campaign_ends_on is not None, "a campaign has an end"
        since = campaign_ends_on + timedelta(days=1)
        if self._scenario.to_day < since:
            return
        plan = replace(load_plan(STANDING), since=since, issued_on=since)
        adopt = AdoptPlan(plan=plan, author=_OFFICE, reason="专项活动结束，转入常态化")
        day = max(since, self._start.date())
        wave = self.wave if day == self._start.date() else 0
        yield self._act("assessment", "standing", adopt, self._rhythm.working(day), wave=wave)

    def _one(self, number: int) -> Iterator[Act]:
        scenario, random, start = self._scenario, self._random, self._start.date()
        code, households = scenario.code(number), self.households[number]
        register = RegisterCommunity(
            code=code, name=scenario.communities[number], grids=GRIDS, households=households
        )  # fmt: skip
        yield self._act("assignment", f"{code}/register", register, start, Turn.FIRST, self.wave)
        late = random.random() < WITHOUT_STUDIO and number > 0  # the first one's moves before that
        wait = 100 if late else random.randint(1, 10)
        opened = self._rhythm.working(start + timedelta(days=wait))
        if opened <= scenario.to_day:
            yield self._act("assignment", f"{code}/studio", OpenStudio(place="社区警务室"), opened, id=code)
        yield from self._cards(number, code, households, random)
        if number == 0:
            yield from self._put_right(code, households)

    def _cards(self, number: int, code: str, households: int, random: Random) -> Iterator[Act]:
        """Given out in two rounds, five and nine weeks after the start."""
        missed = households // NEVER_REACHED if number == 0 or random.random() < UNREACHED else 0
        first = households * 3 // 5
        for turn, count in enumerate((first, households - first - missed)):
            day = self._rhythm.working(self._start.date() + timedelta(days=35 + 28 * turn))
            if day <= self._scenario.to_day:
                cards = IssueContactCards(households=count)
                yield self._act("assignment", f"{code}/cards-{turn}", cards, day, id=code, role=Role.CLERK)

    def _put_right(self, code: str, households: int) -> Iterator[Act]:
        """The first community moves its studio, is renamed in part, and takes back what it entered by mistake."""
        day = self._rhythm.working(self._start.date() + _CHECKED_AFTER)
        if day + timedelta(days=20) > self._scenario.to_day:
            return
        steps: tuple[tuple[str, Any, int, Role], ...] = (
            ("close", CloseStudio(reason="警务室翻修"), 0, Role.OFFICE),
            ("close/back", RetractCommunityWork(act=CommunityAct.STUDIO_CLOSED, reason="日期有误"), 1, Role.CLERK),
            ("close-again", CloseStudio(reason="警务室翻修"), 2, Role.OFFICE),
            ("open", OpenStudio(place="综治工作站一楼"), 4, Role.OFFICE),
            ("open/back", RetractCommunityWork(act=CommunityAct.STUDIO_OPENED, reason="地点有误"), 5, Role.CLERK),
            ("open-again", OpenStudio(place="综治工作站"), 5, Role.OFFICE),
            ("cards-twice", IssueContactCards(households=40), 6, Role.CLERK),
            (
                "cards-twice/back",
                RetractCommunityWork(act=CommunityAct.CARDS, reason="重复登记", households=40), 7, Role.CLERK,
            ),
        )  # fmt: skip
        wave = wave_of(day)
        for name, command, days, role in steps:
            on = self._rhythm.working(day + timedelta(days=days))
            yield self._act("assignment", f"{code}/{name}", command, on, id=code, role=role, wave=wave)
        census = CorrectCommunity(code=code, reason="入户核对户数", households=households + 12)
        yield self._act("assignment", f"{code}/census", census, day + timedelta(days=20), wave=wave + 1)
