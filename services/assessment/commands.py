"""What may be asked of assessment."""

from shared.contracts.assessment import PeriodKind, Plan, Rulebook
from shared.contracts.event import value
from shared.contracts.fields import Code, Day, Line, Ordinal


@value
class AdoptPlan:
    """Put a plan in force 印发方案. `author` is the institution that enters it."""

    plan: Plan
    author: Line
    reason: Line


@value
class AmendPlan:
    """Change a plan 调整方案: the whole text as it is to stand, and why."""

    plan: Plan
    author: Line
    reason: Line


@value
class AdoptRulebook:
    """Put a rulebook, or its next version, in force 施行考核办法 (§3.3.5)."""

    rulebook: Rulebook
    author: Line
    reason: Line


@value
class PublishScores:
    """Score all communities and publish the results 公布考核结果; asked again, it restates what has changed.

    `period` is named as its kind wants it: a phase's code, 2015-06, 2015-Q3, 2015 or 2015-06-11_2015-07-31. `as_of` is
    the civil day up to whose end acts count.
    """

    plan: Code
    rulebook: Code
    period_kind: PeriodKind
    period: Code
    as_of: Day
    plan_version: Ordinal | None = None
    """Of the plan and of the rulebook: those in force where none is said."""
    rulebook_version: Ordinal | None = None
