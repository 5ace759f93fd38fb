"""Meetings and their minutes (§3.2.6, 3.3.3, 3.3.4, 3.4.1): one a month and community, now and then none, now and then
late."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from services.assignment.commands import ConveneMeeting, SubmitMinutes, VoidMeeting
from services.season.pace import Pace
from services.season.rhythm import Rhythm
from services.season.scenario import Act, Scenario, Turn, Year, wave_of
from shared.contracts.codes import MeetingKind, Role

MISSED: Final = 0.03
"""Months without a meeting: the secretary was away, and nobody else called one."""
MISSED_BEHIND: Final = 0.2
"""The same where the officers have fallen behind."""
LATE: Final = 0.05
"""Minutes that come after the fifth of the next month, by which the office wants them."""
LATE_BEHIND: Final = 0.6
ENTERED_LATE: Final = 0.08
"""Minutes that were there in time, but entered only weeks later."""
_DECISIONS: Final = (
    "逐案落实承办人", "下月开展入户走访", "对未化解的案件逐户回访", "增设一处公示栏", "组织一次消防检查",
    "联系司法所开展普法",
)  # fmt: skip
_SUBJECTS: Final = (
    "研判本月矛盾纠纷化解工作", "研判重大矛盾纠纷", "部署走访与普法工作", "汛期与用电安全排查", "年末欠薪排查",
)  # fmt: skip


def joint_of(year: int, month: int, number: int) -> str:
    """The id of a joint conference."""
    return f"joint-{year}-{month:02}-{number + 1:02}"


def debriefing_of(year: int, number: int) -> str:
    """The id of a year's debriefing."""
    return f"debriefing-{year}-{number + 1:02}"


def late_minutes(scenario: Scenario, year: Year, held: Sequence[Act]) -> tuple[int, str] | None:
    """A community (not the first, which has an appeal of its own) and a month of the year whose minutes were not there
    in time; None where all were."""
    filed = {act.id: act.at.date() for act in held if isinstance(act.command, SubmitMinutes)}
    for number in range(1, len(scenario.communities)):
        for month in year.months:
            due = date(year.number + month // 12, month % 12 + 1, 5)
            if filed.get(monthly_of(year.number, month, number), date.max) > due:
                return number, f"{year.number}-{month:02}"
    return None


def monthly_of(year: int, month: int, number: int) -> str:
    """The id of a monthly meeting."""
    return f"monthly-{year}-{month:02}-{number + 1:02}"


def has_joint(year: Year, month: int) -> bool:
    """Whether a joint conference is held: at the end of a quarter."""
    return month % 3 == 0 and date(year.number, month, 25) <= year.to_day


def drawn(scenario: Scenario, rhythm: Rhythm, paces: list[Pace]) -> Iterator[Act]:
    """All meetings of the season."""
    for year in scenario.years:
        for number in range(len(scenario.communities)):
            yield from _Meetings(scenario, rhythm, paces[number], year, number).all()


class _Meetings:
    """A community's meetings in a year."""

    def __init__(self, scenario: Scenario, rhythm: Rhythm, pace: Pace, year: Year, number: int) -> None:
        self._scenario, self._rhythm, self._pace, self._year, self._number = scenario, rhythm, pace, year, number
        self._random: Random = scenario.chance("meetings", year.number, number)

    def all(self) -> Iterator[Act]:
        year, number = self._year, self._number
        opening = year.from_day + timedelta(days=9)
        yield self._held(f"mobilisation-{year.number}-{number + 1:02}", MeetingKind.MOBILISATION, opening, 40)
        for month in year.months:
            day = date(year.number, month, self._random.randint(18, 26))
            if opening < day <= year.to_day:
                yield from self._monthly(day)
            if has_joint(year, month):
                day = date(year.number, month, self._random.randint(20, 25))
                yield self._held(joint_of(year.number, month, number), MeetingKind.JOINT, day, 12)
        if year.to_day >= date(year.number, 12, 20):
            day = date(year.number, 12, self._random.randint(5, 11))
            yield self._held(debriefing_of(year.number, number), MeetingKind.DEBRIEFING, day, 45)
        if number == 0:
            yield from self._entered_twice(opening)

    def _held(self, id: str, kind: MeetingKind, day: date, attended: int) -> Act:
        at = self._rhythm.on(self._random, day)
        convene = ConveneMeeting(
            community=self._scenario.code(self._number), kind=kind, month=f"{day:%Y-%m}",
            attended=attended + self._random.randint(-4, 8),
            subject=f"示例：{self._random.choice(_SUBJECTS) if kind is MeetingKind.MONTHLY else kind.zh}",
        )  # fmt: skip
        return self._act(id, "held", convene, at, wave_of(at.date()))

    def _act(self, id: str, what: str, command: Any, at: datetime, wave: int) -> Act:
        return Act(
            name=f"meeting/{id}/{what}", service="assignment", command=command, at=at, role=Role.CLERK, wave=wave,
            turn=Turn.WORK, id=id,
        )  # fmt: skip

    def _monthly(self, day: date) -> Iterator[Act]:
        behind = self._pace.behind(day)
        if self._random.random() < (MISSED_BEHIND if behind else MISSED):
            return
        id = monthly_of(day.year, day.month, self._number)
        held = self._held(id, MeetingKind.MONTHLY, day, 9)
        yield held
        late = self._random.random() < (LATE_BEHIND if behind else LATE)
        filed = self._rhythm.after(self._random, held.at, *((16, 40) if late else (1, 5)))
        if filed.date() > self._scenario.last_day:
            return
        decisions = tuple(f"示例：{one}" for one in self._random.sample(_DECISIONS, 2))
        wave = max(wave_of(filed.date()), held.wave) + (self._random.random() < ENTERED_LATE and 3)
        yield self._act(id, "minutes", SubmitMinutes(decisions=decisions), filed, wave)

    def _entered_twice(self, opening: date) -> Iterator[Act]:
        """The mobilisation was entered by two clerks."""
        id = f"mobilisation-twice-{self._year.number}"
        twice = self._held(id, MeetingKind.MOBILISATION, opening, 40)
        yield twice
        void = VoidMeeting(reason="重复登记")
        yield self._act(id, "void", void, self._rhythm.after(self._random, twice.at, 1, 4), twice.wave)
