"""Which what-if is asked for 假设推算: a period, a day, and each side's rules, of those that were adopted or drafts."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from typing import Final, TypeVar

from services.assessment.evidence.gathered import evidence_at
from services.assessment.ledgers import plans, rulebooks
from services.assessment.rules.periods import period
from services.assessment.rules.versions import chosen, current, rulebook_of
from services.assessment.what_if.comparing import Rules, WhatIf, what_if
from shared.contracts.assessment import Period, PeriodKind, Plan, Rulebook
from shared.contracts.frozen import dataclass
from shared.contracts.model import Asking, Look, Refused
from shared.queries import choice, day_by, needed, position

_MOST_QUOTED: Final = 80
_Row = TypeVar("_Row", plans.Row, rulebooks.Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked: a period and a day, and each side's rules as `CODE` or `CODE@version`. Empty: the day's plan and
    the rulebook that it publishes by, and for the other side, what the first has."""

    kind: PeriodKind
    period: str
    as_of: date
    plan: str = ""
    rulebook: str = ""
    other_plan: str = ""
    other_rulebook: str = ""
    position: int | None = None
    """The evidence up to there; None for all."""
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All that was ever adopted, and drafts beside it. At an earlier position a code alone means its newest version
    there; what came later is tried by naming it."""

    plans: Sequence[plans.Row]
    rulebooks: Sequence[rulebooks.Row]
    position: int | None = None
    drafts: Mapping[str, Plan | Rulebook] = field(default_factory=dict)
    """By the names under which they are asked for."""

    def plan(self, said: str, field: str, day: date) -> tuple[Plan, int | None]:
        """The plan that is named, else the day's, and its version (none of a draft); raises `Refused`."""
        draft = self.drafts.get(said)
        if isinstance(draft, Plan):
            return draft, None
        row = self._named(self.plans, said, field, "plan") if said else chosen(self._then(self.plans), "", day)
        if row is None:
            raise Refused("no_plan", field=field)
        return row.plan, row.version

    def rulebook(self, said: str, field: str, plan: Plan, kind: PeriodKind) -> tuple[Rulebook, int | None]:
        """The rulebook that is named, else the plan's for such periods, and its version; raises `Refused`."""
        draft = self.drafts.get(said)
        if isinstance(draft, Rulebook):
            return draft, None
        there = self._then(self.rulebooks)
        row = self._named(self.rulebooks, said, field, "rulebook") if said else rulebook_of(plan, there, kind)
        if row is None:
            raise Refused("no_rulebook", field=field)
        return row.rulebook, row.version

    def _then(self, rows: Sequence[_Row]) -> Sequence[_Row]:
        return [row for row in rows if self.position is None or row.position <= self.position]

    def _named(self, rows: Sequence[_Row], said: str, field: str, what: str) -> _Row:
        """The row of `CODE@version`, or of `CODE` the newest; raises `Refused`."""
        code, at, version = said.partition("@")
        own = [row for row in rows if row.code == code]
        if not own:
            raise Refused(f"unknown_{what}", field=field, item=code[:_MOST_QUOTED])
        found = [row for row in own if str(row.version) == version] if at else self._then(own) or own
        if not found:
            there = ", ".join(f"{code}@{row.version}" for row in own)
            raise Refused("unknown_version", field=field, item=said[:_MOST_QUOTED], there=there)
        row = current(found, code)
        assert row is not None, "it is among them"
        return row


def wanted(said: Mapping[str, str], today: date) -> Wanted:
    """What a query asks for; raises `Refused` that names what is missing or cannot be read."""
    return Wanted(
        kind=PeriodKind(choice(said, "period_kind", tuple(PeriodKind))), period=needed(said, "period", "2015-06"),
        as_of=day_by(said, "as_of", today), plan=said.get("plan", ""), rulebook=said.get("rulebook", ""),
        other_plan=said.get("other_plan", ""), other_rulebook=said.get("other_rulebook", ""), position=position(said),
        everything=choice(said, "all", ("true", "false"), "false") == "true",
    )  # fmt: skip


def supposed_asked(look: Look, asking: Asking) -> WhatIf:
    """The answer to a query; raises `Refused`."""
    return supposed(look, asking, wanted(asking.said, asking.today))


def supposed(look: Look, asking: Asking, asked: Wanted) -> WhatIf:
    """The what-if, on the ledgers as they stand, or as they stood at the position that is asked for."""
    texts = Texts(plans=look.rows(plans.LEDGER), rulebooks=look.rows(rulebooks.LEDGER), position=asked.position)
    before, after = sides(asked, texts)
    then = look if asked.position is None else asking.at(asked.position)
    return what_if(
        evidence_at(then), before, after, asked.as_of, log=look.log, position=then.position,
        everything=asked.everything,
    )  # fmt: skip


def sides(asked: Wanted, texts: Texts) -> tuple[Rules, Rules]:
    """Both sides' rules.

    Raises `Refused`: no_plan, no_rulebook, unknown_plan, unknown_rulebook, unknown_version, unknown_period,
    period_not_begun; same_rules, where there is nothing to compare.
    """
    plan = texts.plan(asked.plan, "plan", asked.as_of)
    rulebook = texts.rulebook(asked.rulebook, "rulebook", plan[0], asked.kind)
    other_plan, other_rulebook = plan, rulebook
    if asked.other_plan:
        other_plan = texts.plan(asked.other_plan, "other_plan", asked.as_of)
    if asked.other_rulebook:
        other_rulebook = texts.rulebook(asked.other_rulebook, "other_rulebook", plan[0], asked.kind)
    if (plan[0], rulebook[0]) == (other_plan[0], other_rulebook[0]):
        raise Refused("same_rules", field="other_rulebook")
    return _rules(plan, rulebook, asked), _rules(other_plan, other_rulebook, asked)


def _rules(plan: tuple[Plan, int | None], rulebook: tuple[Rulebook, int | None], asked: Wanted) -> Rules:
    return Rules(
        plan=plan[0], plan_version=plan[1], rulebook=rulebook[0], rulebook_version=rulebook[1],
        period=begun(period(asked.kind, asked.period, plan[0]), asked.as_of),
    )  # fmt: skip


def begun(span: Period, as_of: date) -> Period:
    """The period, where it has begun by the day; raises `Refused("period_not_begun")`."""
    if as_of < span.from_day:
        raise Refused("period_not_begun", field="as_of", from_day=span.from_day.isoformat())
    return span
