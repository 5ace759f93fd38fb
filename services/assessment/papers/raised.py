"""Flags, as papers tell them 疑点: what looked odd in a community's month, and whether it was answered."""

from collections.abc import Collection
from datetime import date

from services.assessment.flags.asked import flags_at
from services.assessment.flags.raising import months_of
from shared.contracts.assessment import FlagKind, FlagRule
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Day, Division, Line
from shared.contracts.model import Look


@value
class Raised:
    """A flag 疑点: an appearance that asks for an answer, beside the score and never in it."""

    code: Code
    """The rule's."""
    kind: FlagKind
    clause: Code
    title_zh: Line
    title_en: Line
    community: Division
    month: Code
    numerator: Count
    denominator: Count
    says_zh: Line
    says_en: Line
    answered_on: tuple[Day, ...]
    """When the community said what is behind it; what it said is sealed."""


def raised(
    look: Look, rules: Collection[FlagRule], first_day: date, last_day: date, as_of: date, community: str | None = None
) -> tuple[Raised, ...]:
    """The flags of the months from one day to another by a rulebook's rules, as they stood on a day: by month,
    community and rule."""
    months = set(months_of(first_day, last_day))
    found = [
        Raised(
            code=one.code, kind=one.kind, clause=one.clause, title_zh=one.title_zh, title_en=one.title_en,
            community=one.community, month=one.month, numerator=one.numerator, denominator=one.denominator,
            says_zh=one.says_zh, says_en=one.says_en,
            answered_on=tuple(answer.on for answer in one.answers if answer.on <= as_of),
        )
        for one in flags_at(look, rules, months=months, community=community, as_of=as_of)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.month, one.community)))
