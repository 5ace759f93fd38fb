"""Which what-if is asked for 假设推算: a period, a day, and each side's rules among those that were adopted."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from services.assessment.counterfactual import Rules
from services.assessment.in_force import chosen
from services.assessment.ledgers import plans, rulebooks
from services.assessment.periods import period
from shared.contracts.assessment import Period, PeriodKind
from shared.contracts.days import read_day
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused

_LONGEST_POSITION: Final = 16
_MOST_QUOTED: Final = 80
_Version = TypeVar("_Version", plans.Row, rulebooks.Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked: a period and a day, and each side's rules as `CODE` or `CODE@version`. Empty: what is in force
    on the day, and for the other side, what the first has."""

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


def wanted(said: Mapping[str, str], today: date) -> Wanted:
    """What a query asks for; raises `Refused("bad_parameter")` that names what is missing or cannot be read."""
    kind, as_of = said.get("period_kind", ""), read_day(said["as_of"]) if said.get("as_of") else today
    if kind not in set(PeriodKind):
        raise Refused("bad_parameter", field="period_kind")
    if not said.get("period"):
        raise Refused("bad_parameter", field="period")
    if as_of is None or as_of > today:
        raise Refused("bad_parameter", field="as_of")
    if said.get("all", "") not in ("", "true", "false"):
        raise Refused("bad_parameter", field="all")
    position = said.get("position", "")
    if position and not (position.isascii() and position.isdigit() and len(position) <= _LONGEST_POSITION):
        raise Refused("bad_parameter", field="position")
    return Wanted(
        kind=PeriodKind(kind), period=said["period"], as_of=as_of, plan=said.get("plan", ""),
        rulebook=said.get("rulebook", ""), other_plan=said.get("other_plan", ""),
        other_rulebook=said.get("other_rulebook", ""), position=int(position) if position else None,
        everything=said.get("all") == "true",
    )  # fmt: skip


def sides(asked: Wanted, plan_rows: Sequence[plans.Row], rulebook_rows: Sequence[rulebooks.Row]) -> tuple[Rules, Rules]:
    """Both sides' rules among those that were adopted.

    Raises `Refused`: not_found where none was adopted, unknown_edition, unknown_period, period_not_begun.
    """
    plan, rulebook = meant(plan_rows, asked.plan, asked.as_of), newest_of(rulebook_rows, asked.rulebook)
    other_plan = edition(plan_rows, asked.other_plan, "other_plan") if asked.other_plan else plan
    other_rulebook = (
        edition(rulebook_rows, asked.other_rulebook, "other_rulebook") if asked.other_rulebook else rulebook
    )
    return _rules(plan, rulebook, asked), _rules(other_plan, other_rulebook, asked)


def _rules(plan: plans.Row, rulebook: rulebooks.Row, asked: Wanted) -> Rules:
    return Rules(
        plan=plan.plan, plan_version=plan.version, rulebook=rulebook.rulebook, rulebook_version=rulebook.version,
        period=begun(period(asked.kind, asked.period, plan.plan), asked.as_of),
    )  # fmt: skip


def meant(rows: Sequence[plans.Row], said: str, day: date) -> plans.Row:
    """The plan that is named, or without a name the day's; raises `Refused`."""
    if said:
        return edition(rows, said, "plan")
    row = chosen(rows, "", day)
    if row is None:
        raise Refused("not_found", field="plan")
    return row


def newest_of(rows: Sequence[rulebooks.Row], said: str) -> rulebooks.Row:
    """The rulebook that is named, or without a name the one adopted last; raises `Refused`."""
    if said:
        return edition(rows, said, "rulebook")
    if not rows:
        raise Refused("not_found", field="rulebook")
    return max(rows, key=lambda row: row.position)


def begun(span: Period, as_of: date) -> Period:
    """The period, where it has begun by the day; raises `Refused("period_not_begun")`."""
    if as_of < span.from_day:
        raise Refused("period_not_begun", field="as_of", from_day=span.from_day.isoformat())
    return span


def edition(rows: Sequence[_Version], said: str, field: str) -> _Version:
    """The row of `CODE@version`, or of `CODE` the last; raises `Refused("unknown_edition")`."""
    code, at, version = said.partition("@")
    found = [row for row in rows if row.code == code and (not at or str(row.version) == version)]
    if not found:
        raise Refused("unknown_edition", field=field, item=said[:_MOST_QUOTED])
    return max(found, key=lambda row: row.version)
