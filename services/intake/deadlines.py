"""By when a case is to be settled 办理时限, which rule says so, and how it was counted.

The day of the act is not counted, a month ends on the same day of the next one (or on its last day), and a period whose
last day is not worked ends on the first day after it that is (民法通则 154, since 2021 民法典 201–203; that petition
clocks are counted the same way is common practice, no clause of theirs says so). A pause adds the days that it lasted.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final, NamedTuple

from services.intake.calendar import Calendar
from shared.contracts.codes import CaseKind, Named
from shared.contracts.days import month_after

DUE_AS_WRITTEN: Final = "paper"
"""The paper ledger's own due date."""
DUE_AS_CORRECTED: Final = "correction"
"""A due date that was put right by hand."""
SOON: Final = timedelta(days=7)
"""How long before it a deadline is near, so that leaders are told 预警 (this product's proposal)."""
EXTENSION_DAYS: Final = 30
"""How far a deadline may be put off, all in all: 信访条例 33, 信访工作条例 34. Of mediation, which is concluded within
a month *normally* (若干规定 33), no limit is written: the same is this product's proposal."""


class Clock(Named):
    """What is counted 时限种类."""

    REGISTER = "register", "决定是否受理", "say whether it is taken on"
    OBJECT = "object", "对转送交办提出异议", "object to what was handed down"
    HANDLE = "handle", "办结", "settle"


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


_PETITION: Final = frozenset({CaseKind.BACKLOG})
_MEDIATED: Final = frozenset({CaseKind.DISPUTE, CaseKind.INSTABILITY})
_2005, _2022 = date(2005, 5, 1), date(2022, 5, 1)
RULES: Final = (
    Rule(
        "mediation-one-month", Clock.HANDLE, _MEDIATED, date(2002, 11, 1), "人民调解工作若干规定 第三十三条",
        "人民调解委员会调解纠纷，一般在一个月内调结。", verified=True, months=1,
    ),
    Rule(
        "petition-60-days", Clock.HANDLE, _PETITION, _2005, "信访条例（2005）第三十三条",
        "信访事项应当自受理之日起60日内办结；情况复杂的，经本行政机关负责人批准，可以适当延长办理期限，"
        "但延长期限不得超过30日，并告知信访人延期理由。", verified=False, days=60,
    ),
    Rule(
        "petition-60-days-2022", Clock.HANDLE, _PETITION, _2022, "信访工作条例（2022）第三十四条",
        "信访事项应当自受理之日起60日内办结；情况复杂的，经本机关、单位负责人批准，可以适当延长办理期限，"
        "但延长期限不得超过30日，并告知信访人延期理由。", verified=False, days=60,
    ),
    Rule(
        "petition-register-15-days", Clock.REGISTER, _PETITION, _2005, "信访条例（2005）第二十二条",
        "不能当场答复的，应当自收到信访事项之日起15日内书面告知信访人。", verified=False, days=15,
    ),
    Rule(
        "petition-register-15-days-2022", Clock.REGISTER, _PETITION, _2022, "信访工作条例（2022）第二十三条",
        "不能当场告知的，应当自收到信访事项之日起15日内书面告知信访人。", verified=False, days=15,
    ),
    Rule(
        "petition-object-5-working-days", Clock.OBJECT, _PETITION, _2022, "信访工作条例（2022）第二十四条",
        "有异议的，应当自收到转送、交办之日起5个工作日内提出异议，并详细说明理由。", verified=False, working_days=5,
    ),
)  # fmt: skip
BY_CODE: Final = {rule.code: rule for rule in RULES}


class Due(NamedTuple):
    """A deadline and how it came about."""

    on: date
    rule: str
    provisional: bool = False
    """暂定: it rests on a year whose calendar had not been announced."""


class Counted(NamedTuple):
    """One step by which a deadline was counted: which, with how many days, and where it led."""

    step: str
    """`from`, `days`, `months`, `working_days`, `extended`, `paused` or `moved`."""
    length: int
    on: date


def rule_of(clock: Clock, kind: CaseKind, began_on: date) -> Rule | None:
    """The rule in force on the day on which the clock began; None where the law sets no such clock."""
    fitting = [one for one in RULES if one.clock is clock and kind in one.kinds and one.since <= began_on]
    return max(fitting, key=lambda one: one.since, default=None)


def due(
    clock: Clock, kind: CaseKind, began_on: date, calendar: Calendar, *, extended: int = 0, paused: int = 0
) -> Due | None:
    """The deadline of a clock that began on a day; `extended` and `paused` are days."""
    rule = rule_of(clock, kind, began_on)
    if rule is None:
        return None
    steps = list(counted(rule, began_on, calendar, extended=extended, paused=paused))
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


def _is_provisional(rule: Rule, steps: list[Counted], calendar: Calendar) -> bool:
    """Whether a year that was not announced decided which day it is."""
    looked_at = steps if rule.working_days else [step for step in steps[1:] if step.step in ("moved", steps[-1].step)]
    return not all(calendar.is_announced(step.on) for step in looked_at)


def put_off(told: Due, began_on: date, calendar: Calendar, *, extended: int, paused: int, by: int) -> Due:
    """A told deadline with an extension or a pause more: counted again from its beginning, by the same rule. One that a
    person gave is put off `by` so many days."""
    rule = BY_CODE.get(told.rule)
    if rule is None:
        on = calendar.from_day(told.on + timedelta(days=by))
        return Due(on, told.rule, provisional=not calendar.is_announced(on))
    steps = list(counted(rule, began_on, calendar, extended=extended, paused=paused))
    return Due(steps[-1].on, rule.code, provisional=_is_provisional(rule, steps, calendar))


class Standing(Named):
    """How a deadline stands on a day."""

    RUNNING = "running", "期限内", "running"
    SOON = "soon", "临近期限", "due soon"
    OVERDUE = "overdue", "已逾期", "overdue"
    PAUSED = "paused", "中止计算", "paused"
    IN_TIME = "in_time", "按期", "in time"
    LATE = "late", "逾期办结", "late"


def standing(on: date, today: date, *, done_on: date | None = None, paused: bool = False) -> Standing:
    """How a deadline stands: before it leaders are told in time, after it that it passed (escalation 预警与督办)."""
    if done_on is not None:
        return Standing.IN_TIME if done_on <= on else Standing.LATE
    if paused:
        return Standing.PAUSED
    if today > on:
        return Standing.OVERDUE
    return Standing.SOON if on - today <= SOON else Standing.RUNNING
