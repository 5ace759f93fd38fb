"""An appeal against a score 申诉 (§3.3.5): until when it is lodged, who hears and decides it, what it may leave out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta
from enum import Enum, auto
from typing import Any, Final

from services.assessment.entry_commands import AppealScore, DecideAppeal, HearAppeal, VoidSupervision
from services.assessment.evidence.gathered import evidence_at
from services.assessment.ledgers import appeal_results, plans, restatements, rulebooks, scores, took_part
from services.assessment.rules.versions import edition
from services.assessment.scoring.measuring import Institution, Measured, explain
from services.assessment.scoring.membership import Key, Membership, memberships, one_table
from shared.contracts.assessment import Comparison, Indicator, IndicatorKind, Period
from shared.contracts.assessment_entries import Excused, Finding
from shared.contracts.codes import Basis
from shared.contracts.days import civil_day
from shared.contracts.entries import Entry
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Context, Look, Refused
from shared.contracts.persons import same_person

APPEAL_DAYS: Final = 30
"""For so long after a score was stated it may be appealed against (this product's proposal)."""
Made = dict[str, Any]


def last_day(published: scores.Row, restated: Iterable[restatements.Row], indicator: str | None) -> date:
    """The last day on which a score, or one indicator of it, may be appealed against. A restatement may be appealed
    against in what it changed, and opens nothing else again."""
    again = [one.recorded_on for one in restated for change in one.changes if change.indicator == indicator]
    last: date = max([published.recorded_on, *(again if indicator is not None else ())])
    return last + timedelta(days=APPEAL_DAYS)


def in_time(
    command: AppealScore, published: scores.Row, restated: Iterable[restatements.Row], context: Context
) -> None:
    """That there was a score to appeal against, and is still time: by the day on which the log takes the appeal,
    whatever day it names. What is taken over from paper says so, and is judged by the day that is written there.

    Raises `Refused`: before_published, appeal_too_late.
    """
    lodged_on, published_on = civil_day(context.at), civil_day(published.published_at)
    until = last_day(published, restated, command.indicator)
    if lodged_on < published_on:
        raise Refused("before_published", field="occurred_at", published_on=published_on.isoformat())
    if (lodged_on if command.basis is Basis.PAPER_LEDGER else civil_day(context.now)) > until:
        raise Refused("appeal_too_late", field="occurred_at", last_day=until.isoformat())


Member = tuple[str, str, str]
"""Indicator, table and key."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of an appeal."""

    known: bool = False
    scored_by: tuple[str, ...] = ()
    lodged_by: tuple[str, ...] = ()
    indicator: str | None = None
    """What was appealed against; none where it was the whole score."""
    period: Period | None = None
    """Of the scores, for a decision that leaves anything out."""
    members: Mapping[Member, "Weight"] = field(default_factory=dict)
    """Of the community's denominators on today's evidence, for such a decision."""


class Weight(Enum):
    """What a member of a denominator does to the rate."""

    DOWN = auto()
    """Without it the rate is no worse."""
    UP = auto()
    NONE = auto()
    """What must not happen is counted beside it, and would still have happened without it."""


def facts(command: HearAppeal | DecideAppeal | VoidSupervision, id: str, look: Look) -> Facts:
    """Who had a part in it."""
    row = look.row(appeal_results.LEDGER, id)
    if row is None:
        return Facts()
    scored, lodged = (
        look.row(took_part.LEDGER, key) for key in (took_part.of_publication(row.publication), took_part.of_appeal(id))
    )
    found = Facts(True, scored.who if scored else (), lodged.who if lodged else (), row.indicator)
    if not isinstance(command, DecideAppeal) or not command.excused:
        return found
    own = look.row(scores.LEDGER, f"{row.publication}.{row.community}")
    return replace(found, period=own.full_period, members=_members(look, own)) if own else found


def _members(look: Look, own: scores.Row) -> Mapping[Member, Weight]:
    """What a community's score rests on now, by the rules under which it was last stated."""
    plan = edition(look.rows(plans.LEDGER, code=own.plan), own.plan, own.plan_version)
    rulebook = edition(look.rows(rulebooks.LEDGER, code=own.rulebook), own.rulebook, own.rulebook_version)
    found = explain(rulebook.rulebook, plan.plan, evidence_at(look), own.full_period, own.as_of, whole=None)
    return {
        (measured.indicator.code, *key): weight
        for measured in found.get(Institution(own.community), ())
        for key, weight in _weighed(measured)
    }


def _weighed(measured: Measured) -> Iterator[tuple[Key, Weight]]:
    """Each member of the denominator, and what it does to the rate."""
    of, told = measured.indicator, memberships(measured)
    numerator, denominator = (
        sum(getattr(one, name) for _, one in told.values()) for name in ("numerator", "denominator")
    )
    for item in measured.denominator:
        key = item.table, item.key
        if of.kind is IndicatorKind.ZERO_INCIDENT and not one_table(measured):
            yield key, Weight.NONE
        else:
            yield key, Weight.DOWN if _weighs_down(of, told[key][1], numerator, denominator) else Weight.UP


def _weighs_down(of: Indicator, member: Membership, numerator: int, denominator: int) -> bool:
    """Whether a member counts for less than all of it together do; where little is good, for more."""
    if of.denominator is None or of.numerator.table != of.denominator.table:
        return True  # what is counted stands in other rows
    own, of_all = member.numerator * denominator, numerator * member.denominator
    if of.kind is IndicatorKind.ZERO_INCIDENT or of.comparison is Comparison.BELOW:
        return member.numerator > 0 and own >= of_all
    return member.numerator < member.denominator and own <= of_all


def heard(command: HearAppeal | DecideAppeal, entry: Entry | None, context: Context) -> Made:
    """Raises `Refused`: scored_it, lodged_it."""
    known: Facts = context.facts
    if not known.known:
        raise Refused("unknown_entry", field="stream")
    if same_person(context.by, known.scored_by):
        raise Refused("scored_it")
    if same_person(context.by, known.lodged_by):
        raise Refused("lodged_it")
    return {}


def voided(command: VoidSupervision, entry: Entry | None, context: Context) -> Made:
    """No appeal is made void by whoever it is against; raises `Refused`: scored_it."""
    if entry is not None and entry.kind == "appeals" and same_person(context.by, context.facts.scored_by):
        raise Refused("scored_it")
    return {}


def decided(command: DecideAppeal, entry: Entry | None, context: Context) -> Made:
    """Raises `Refused`: scored_it, lodged_it, nothing_to_excuse, not_appealed_against, unknown_member,
    not_excusable."""
    made, known = heard(command, entry, context), context.facts
    if command.excused and command.finding is Finding.DISMISSED:
        raise Refused("nothing_to_excuse", field="excused")
    for one in command.excused:
        _may_leave_out(one, known)
    return {**made, "excused_in": known.period}


def _may_leave_out(one: Excused, known: Facts) -> None:
    said = {"field": "excused", "indicator": one.indicator, "member": one.member}
    if known.indicator not in (None, one.indicator):
        raise Refused("not_appealed_against", **said)
    match known.members.get((one.indicator, one.table, one.member)):
        case None:
            raise Refused("unknown_member", **said)
        case Weight.NONE:
            raise Refused("not_excusable", **said)
        case Weight.UP:
            raise Refused("nothing_to_excuse", **said)
        case Weight.DOWN:
            return
