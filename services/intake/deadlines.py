"""By when something is to be done about a case 办理时限, which rule says so, and how it was counted.

A rule is in force from its first day on until another takes its place; so is the law by which periods are counted:
the day of the act is not counted, a month ends on the same day of the next one (or on its last day), and a period whose
last day is not worked ends on the first day after it that is. That petition clocks are counted so, too, is common
practice: no clause of theirs says so. A pause adds the days that it lasted (no clause says so either).
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from shared.calendar import Announcement, Calendar
from shared.contracts.codes import CaseKind, Named
from shared.contracts.days import month_after
from shared.contracts.frozen import dataclass

DUE_AS_WRITTEN: Final = "paper"
"""The paper ledger's own due date."""
DUE_AS_CORRECTED: Final = "correction"
"""A due date that was put right by hand."""
EXTENSION_DAYS: Final = 30
"""How far a deadline may be put off, all in all: 信访条例 33, 信访工作条例 34. Of mediation, which is concluded within
a month *normally* (若干规定 33), no limit is written: the same is this product's proposal."""


class Clock(Named):
    """What is counted 时限种类."""

    REGISTER = "register", "告知是否受理", "tell whether it is taken on"
    OBJECT = "object", "对转送交办提出异议", "object to what was handed down"
    HANDLE = "handle", "办结", "settle"
    CONFIRM = "confirm", "申请司法确认", "ask a court to confirm the agreement"


CHOICES: Final = frozenset({Clock.OBJECT, Clock.CONFIRM})
"""Clocks of what may be done, or left: nobody is late when they have run out."""


# the law ----------------------------------------------------------------------------------------------------------


class Rule(NamedTuple):
    """A statutory period, in force for what begins from its first day on until another takes its place."""

    code: str
    clock: Clock
    kinds: frozenset[CaseKind]
    since: date
    law: str
    quote: str
    verified: bool
    """Whether the quoted text was compared with a published copy; what was not is marked so wherever it is shown."""
    days: int = 0
    months: int = 0
    working_days: int = 0
    handed_down: bool | None = None
    """Whether it is for what another authority handed down or passed on, or for what came straight from people."""


_PETITION: Final = frozenset({CaseKind.BACKLOG})
_MEDIATED: Final = frozenset({CaseKind.DISPUTE, CaseKind.INSTABILITY})
_2005, _2022 = date(2005, 5, 1), date(2022, 5, 1)
_HANDED_DOWN_2022: Final = (
    "对党委和政府信访部门或者本系统上级机关、单位转送、交办的信访事项，属于本机关、单位职权范围的，有关机关、单位应当自收到"
    "之日起15日内书面告知信访人接收情况以及处理途径和程序；不属于本机关、单位或者本系统职权范围的，有关机关、单位应当自收到"
    "之日起5个工作日内提出异议，并详细说明理由，经转送、交办的信访部门或者上级机关、单位核实同意后，交还相关材料。"
)
RULES: Final = (
    Rule(
        "mediation-one-month", Clock.HANDLE, _MEDIATED, date(2002, 11, 1), "人民调解工作若干规定 第三十三条",
        "人民调解委员会调解纠纷，一般在一个月内调结。", verified=True, months=1,
    ),
    Rule(
        "petition-60-days", Clock.HANDLE, _PETITION, _2005, "信访条例（2005）第三十三条",
        "信访事项应当自受理之日起60日内办结；情况复杂的，经本行政机关负责人批准，可以适当延长办理期限，"
        "但延长期限不得超过30日，并告知信访人延期理由。", verified=True, days=60,
    ),
    # Of article 31 (6): what no other procedure is there for. A case that is kept as backlog is taken for such a one.
    Rule(
        "petition-60-days-2022", Clock.HANDLE, _PETITION, _2022, "信访工作条例（2022）第三十四条",
        "对本条例第三十一条第六项规定的信访事项应当自受理之日起60日内办结；情况复杂的，经本机关、单位负责人批准，"
        "可以适当延长办理期限，但延长期限不得超过30日，并告知信访人延期理由。", verified=True, days=60,
    ),
    Rule(
        "petition-register-15-days", Clock.REGISTER, _PETITION, _2005, "信访条例（2005）第二十二条",
        "有关行政机关收到信访事项后，能够当场答复是否受理的，应当当场书面答复；不能当场答复的，"
        "应当自收到信访事项之日起15日内书面告知信访人。", verified=True, days=15, handed_down=False,
    ),
    Rule(
        "petition-register-handed-down-15-days", Clock.REGISTER, _PETITION, _2005, "信访条例（2005）第二十一条",
        "有关行政机关应当自收到转送、交办的信访事项之日起15日内决定是否受理并书面告知信访人，"
        "并按要求通报信访工作机构。", verified=True, days=15, handed_down=True,
    ),
    Rule(
        "petition-register-15-days-2022", Clock.REGISTER, _PETITION, _2022, "信访工作条例（2022）第二十三条",
        "对信访人直接提出的信访事项，有关机关、单位能够当场告知的，应当当场书面告知；不能当场告知的，"
        "应当自收到信访事项之日起15日内书面告知信访人，但信访人的姓名（名称）、住址不清的除外。",
        verified=True, days=15, handed_down=False,
    ),
    Rule(
        "petition-register-handed-down-15-days-2022", Clock.REGISTER, _PETITION, _2022,
        "信访工作条例（2022）第二十三条", _HANDED_DOWN_2022, verified=True, days=15, handed_down=True,
    ),
    Rule(
        "petition-object-5-working-days", Clock.OBJECT, _PETITION, _2022, "信访工作条例（2022）第二十三条",
        _HANDED_DOWN_2022, verified=True, working_days=5, handed_down=True,
    ),
    # Assignment decides by it (`aftercare.CONFIRMATION_DAYS`); a test holds the two together.
    Rule(
        "agreement-confirm-30-days", Clock.CONFIRM, frozenset(CaseKind), date(2011, 1, 1), "人民调解法 第三十三条",
        "经人民调解委员会调解达成调解协议后，双方当事人认为有必要的，可以自调解协议生效之日起三十日内共同向人民法院"
        "申请司法确认，人民法院应当及时对调解协议进行审查，依法确认调解协议的效力。", verified=True, days=30,
    ),
)  # fmt: skip
BY_CODE: Final = {rule.code: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Counting:
    """How the law of its time counts periods 期间计算."""

    since: date
    law: str
    quote: str
    verified: bool


_2017: Final = (
    "按照年、月、日计算期间的，开始的当日不计入，自下一日开始计算。……按照年、月计算期间的，到期月的对应日为期间的最后一日；"
    "没有对应日的，月末日为期间的最后一日。……期间的最后一日是法定休假日的，以法定休假日结束的次日为期间的最后一日。"
)
COUNTINGS: Final = (
    Counting(
        date(1987, 1, 1), "民法通则 第一百五十四条",
        "规定按照日、月、年计算期间的，开始的当天不算入，从下一天开始计算。期间的最后一天是星期日或者其他法定休假日的，"
        "以休假日的次日为期间的最后一天。", verified=True,
    ),
    Counting(date(2017, 10, 1), "民法总则 第二百零一条至第二百零三条", _2017, verified=True),
    Counting(date(2021, 1, 1), "民法典 第二百零一条至第二百零三条", _2017, verified=True),
)  # fmt: skip
"""民通意见 198 says of the first that where days off were exchanged, it is the day after the actual day off."""


def rule_of(clock: Clock, kind: CaseKind, began_on: date, *, handed_down: bool = False) -> Rule | None:
    """The rule in force on the day on which the clock began; None where the law sets no such clock."""
    fitting = [
        one
        for one in RULES
        if one.clock is clock and kind in one.kinds and one.since <= began_on
        and one.handed_down in (None, handed_down)
    ]  # fmt: skip
    return max(fitting, key=lambda one: one.since, default=None)


def counting_of(began_on: date) -> Counting | None:
    """The law by which what began on that day is counted."""
    return max((one for one in COUNTINGS if one.since <= began_on), key=lambda one: one.since, default=None)


# counting ---------------------------------------------------------------------------------------------------------


class Due(NamedTuple):
    """A deadline and how it came about."""

    on: date
    rule: str
    provisional: bool = False
    """暂定: it rests on a year whose calendar had not been announced."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One step by which a deadline was counted: which, with how many days, and where it led."""

    step: str
    """`from`, `days`, `months`, `working_days`, `extended`, `paused` or `moved`."""
    length: int
    on: date


def due(
    clock: Clock, kind: CaseKind, began_on: date, calendar: Calendar, *,
    extended: int = 0, paused: int = 0, handed_down: bool = False,
) -> Due | None:  # fmt: skip
    """The deadline of a clock that began on a day; `extended` and `paused` are days."""
    rule = rule_of(clock, kind, began_on, handed_down=handed_down)
    if rule is None:
        return None
    return due_of(rule, [*counted(rule, began_on, calendar, extended=extended, paused=paused)], calendar)


def due_of(rule: Rule, steps: Sequence[Counted], calendar: Calendar) -> Due:
    """Where the steps led."""
    return Due(steps[-1].on, rule.code, provisional=_is_provisional(rule, steps, calendar))


def settle_by(kind: CaseKind, accepted_on: date, calendar: Calendar, *, extended: int = 0, paused: int = 0) -> Due:
    """By when a case that was taken on (or reopened) that day is to be settled."""
    found = due(Clock.HANDLE, kind, accepted_on, calendar, extended=extended, paused=paused)
    if found is None:  # before any rule that this product knows: as the first one has it
        return Due(calendar.from_day(month_after(accepted_on) + timedelta(days=extended + paused)), RULES[0].code)
    return found


def counted(rule: Rule, began_on: date, calendar: Calendar, *, extended: int = 0, paused: int = 0) -> Iterator[Counted]:
    """Step by step, how the deadline is counted: what a case's page shows."""
    yield Counted("from", 0, began_on)
    if rule.working_days:
        on = calendar.after(began_on, rule.working_days)
        yield Counted("working_days", rule.working_days, on)
    elif rule.months:
        on = began_on
        for _ in range(rule.months):
            on = month_after(on)
        yield Counted("months", rule.months, on)
    else:
        on = began_on + timedelta(days=rule.days)
        yield Counted("days", rule.days, on)
    for step, days in (("extended", extended), ("paused", paused)):
        if days:
            on += timedelta(days=days)
            yield Counted(step, days, on)
    if (moved := calendar.from_day(on)) != on:
        yield Counted("moved", (moved - on).days, moved)


def _is_provisional(rule: Rule, steps: Sequence[Counted], calendar: Calendar) -> bool:
    """Whether a year that was not announced decided which day it is."""
    looked_at = steps if rule.working_days else [step for step in steps[1:] if step.step in ("moved", steps[-1].step)]
    return not all(calendar.is_announced(step.on) for step in looked_at)


def announced_in(steps: Sequence[Counted], calendar: Calendar) -> tuple[Announcement, ...]:
    """The announcements that decided which day it is, the earliest first: of each day that was counted or passed over
    as worked or off, and of the last."""
    days = [steps[-1].on]
    for before, step in pairwise(steps):
        if step.step in ("working_days", "moved"):
            first = before.on if step.step == "moved" else before.on + timedelta(days=1)
            days += [first + timedelta(days=passed) for passed in range((step.on - first).days)]
    found = {calendar.announced_by(day) for day in days}
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.on, one.document)))


def put_off(told: Due, began_on: date, calendar: Calendar, *, extended: int, paused: int, by: int) -> Due:
    """A told deadline with an extension or a pause more: counted again from its beginning, by the same rule. One that a
    person gave is put off `by` so many days."""
    rule = BY_CODE.get(told.rule)
    if rule is None:
        on = calendar.from_day(told.on + timedelta(days=by))
        return Due(on, told.rule, provisional=not calendar.is_announced(on))
    return due_of(rule, [*counted(rule, began_on, calendar, extended=extended, paused=paused)], calendar)


# escalation -------------------------------------------------------------------------------------------------------


class Level(Named):
    """Who is to be told of a deadline 预警督办层级, the higher after the lower."""

    NONE = "none", "无须预警", "nobody yet"
    HANDLER = "handler", "提醒承办人", "the handler is reminded"
    LEADER = "leader", "提请包案领导", "the leader who answers for it is told"
    OFFICE = "office", "办公室督办", "the office presses for it"
    GROUP = "group", "报领导小组", "it goes to the leading group"


class Warned(NamedTuple):
    """From which day on somebody is told: so many days after the deadline, before it where negative."""

    from_days: int
    level: Level


ESCALATION: Final = (
    Warned(-7, Level.HANDLER), Warned(-3, Level.LEADER), Warned(1, Level.OFFICE), Warned(15, Level.GROUP),
)  # fmt: skip
"""Before a deadline 预警 and after it 督办. This product's proposals, all of them: the law only has the petition office
press for what is late (信访条例 36, 信访工作条例 40), the plan only has it supervise (§3.3.7)."""
SOON: Final = timedelta(days=-ESCALATION[0].from_days)
"""How long before it a deadline is near."""


def escalation(on: date, today: date) -> Level:
    """Who is to be told, of a deadline that is not met yet and whose clock goes."""
    past = (today - on).days
    return max((one for one in ESCALATION if one.from_days <= past), default=Warned(0, Level.NONE)).level


def due_between(level: Level, today: date) -> tuple[date | None, date | None]:
    """The first and the last deadline of which, today, just this level is to be told; None where there is no bound."""
    starts = [one.from_days for one in ESCALATION]
    place = [one.level for one in ESCALATION].index(level) if level is not Level.NONE else -1
    last = today - timedelta(days=starts[place]) if place >= 0 else None
    after = starts[place + 1 : place + 2]
    return today - timedelta(days=after[0] - 1) if after else None, last


class DueStanding(Named):
    """How a deadline stands on a day."""

    RUNNING = "running", "期限内", "running"
    SOON = "soon", "临近期限", "due soon"
    OVERDUE = "overdue", "已逾期", "overdue"
    PAUSED = "paused", "中止计算", "paused"
    IN_TIME = "in_time", "按期", "in time"
    LATE = "late", "逾期", "late"
    UNCLEAR = "unclear", "台账未写明日期", "the paper gives no day"
    LAPSED = "lapsed", "期间已过", "has run out"
    MOOT = "moot", "不再计算", "no longer counted"


def standing(on: date, today: date, *, done_on: date | None = None, paused: bool = False) -> DueStanding:
    """How a deadline stands."""
    if done_on is not None:
        return DueStanding.IN_TIME if done_on <= on else DueStanding.LATE
    if paused:
        return DueStanding.PAUSED
    if today > on:
        return DueStanding.OVERDUE
    return DueStanding.SOON if on - today <= SOON else DueStanding.RUNNING
