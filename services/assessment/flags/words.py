"""Flags in words 疑点说明文字, in Chinese and English: what was seen, of what, from when on it is raised, and what is
left out. The numbers decide; this says them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

from services.assessment.flags.odd_times import EARLIEST, LATEST, MOST_A_DAY, Pair
from shared.contracts.assessment import FlagKind, FlagRule


def sentence(rule: FlagRule, month: str, numerator: int, denominator: int) -> Pair:
    """What a flag says."""
    share = per_cent(Fraction(numerator, denominator))
    zh, en = _seen(rule, month, numerator, denominator)
    from_zh, from_en = raised_from(rule)
    return f"{zh}（{share}）。{from_zh}", f"{en} ({share}). {from_en}"


def raised_from(rule: FlagRule) -> Pair:
    """From when on a rule raises a flag."""
    share = f"{(Decimal(rule.share) * 100).normalize():f}%"
    return (
        f"达到{share}且不少于{rule.least}项即作提示，不扣分，请予说明。",
        f"Raised from {share} and {rule.least} on; it takes no points, and asks for an answer.",
    )


def per_cent(share: Fraction) -> str:
    """To one place, rounded half up: 2/3 → 66.7%."""
    tenths = (2_000 * share.numerator + share.denominator) // (2 * share.denominator)
    return f"{tenths // 10}.{tenths % 10}%"


def _seen(rule: FlagRule, month: str, numerator: int, denominator: int) -> Pair:
    days, n, of = rule.days, numerator, denominator
    match rule.kind:
        case FlagKind.MONTH_END:
            return (
                f"{month}办结（化解或依法终止）{of}件，其中{n}件在当月最后{days}天办结；纸质台账转录的不计",
                f"Of {of} cases that ended (settled, or mediation ended) in {month}, {n} did in its last {days} days; "
                "what was taken over from paper is left out",
            )
        case FlagKind.REOPENED:
            return (
                f"{month}及此前{days}天内化解{of}件，其中{n}件于{month}在化解后{days}天内重开",
                f"Of {of} cases settled in {month} or in the {days} days before, {n} were opened again in {month}, "
                f"within {days} days",
            )
        case FlagKind.BACKDATED:
            return (
                f"{month}录入{of}条，其中{n}条在事后超过{days}天才录入；社区录入本系统之前的事和已作废的不计",
                f"Of {of} entries made in {month}, {n} tell of something more than {days} days before; what happened "
                "before the community was in the log, and what is void, is left out",
            )
        case FlagKind.REPEATED_TEXT:
            return (
                f"{month}有民情日记的走访{of}次，其中{n}次的日记与本社区此前录入的逐字相同",
                f"Of {of} visits with a diary in {month}, {n} have one that says the same, word for word, as one "
                "entered before in the community",
            )
        case FlagKind.IMPOSSIBLE_TIMES:
            return (
                f"{month}走访{of}次，其中{n}次的时间不合常理：早于{EARLIEST:%H:%M}、晚于{LATEST:%H:%M}、"
                f"10分钟内两个社区，或一人一天超过{MOST_A_DAY}次",
                f"Of {of} visits in {month}, {n} were at times at which nobody visits: before {EARLIEST:%H:%M}, after "
                f"{LATEST:%H:%M}, in two communities within 10 minutes, or more than {MOST_A_DAY} of one officer a day",
            )
        case FlagKind.VOIDED:
            return (
                f"{month}了结的案件{of}件，其中{n}件尚未办结即作废，且登记已超过{days}天",
                f"Of {of} cases that left the books in {month}, {n} did not end but were made void, more than {days} "
                "days after they were entered",
            )
        case _:
            assert_never(rule.kind)


def ended(on: date) -> Pair:
    return f"{on}办结", f"ended on {on}"


def again(settled: date, reopened: date) -> Pair:
    days = (reopened - settled).days
    return (
        f"{settled}化解，{days}天后（{reopened}）重开",
        f"settled on {settled}, opened again {days} days later ({reopened})",
    )


def late(on: date, recorded_on: date) -> Pair:
    days = (recorded_on - on).days
    return f"{on}的事，{days}天后（{recorded_on}）录入", f"of {on}, entered {days} days later ({recorded_on})"


def void(entered_on: date, voided_on: date) -> Pair:
    days = (voided_on - entered_on).days
    return (
        f"{entered_on}录入，尚未办结，{days}天后（{voided_on}）作废",
        f"entered on {entered_on}, open, made void {days} days later ({voided_on})",
    )


def same(repeated: int) -> Pair:
    return f"与此前{repeated}篇逐字相同", f"the same as {repeated} before it"
