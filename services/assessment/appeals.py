"""An appeal against a score 申诉 (§3.3.5): until when it is lodged, who hears and decides it, what it may leave out."""

from datetime import date, timedelta
from typing import Any, Final

from services.assessment.entry_commands import DecideAppeal, HearAppeal, VoidSupervision
from services.assessment.evidence import evidence_at
from services.assessment.ledgers import appeal_results, plans, rulebooks, scores, took_part
from services.assessment.scoring import Institution, explain
from shared.contracts.assessment import Period
from shared.contracts.assessment_entries import Finding
from shared.contracts.days import civil_day
from shared.contracts.entries import Entry
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Context, Look, Refused

APPEAL_DAYS: Final = 30
"""For so long after a score was last stated it may be appealed against (this product's proposal)."""
Made = dict[str, Any]


def last_day(published: scores.Row) -> date:
    """The last day on which a score may be appealed against."""
    return civil_day(published.restated_at or published.published_at) + timedelta(days=APPEAL_DAYS)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of an appeal."""

    known: bool = False
    scored_by: tuple[str, ...] = ()
    lodged_by: tuple[str, ...] = ()
    members: frozenset[tuple[str, str, str]] = frozenset()
    """(indicator, table, member) of the community's denominators on today's evidence, for a decision that names any."""


def facts(command: HearAppeal | DecideAppeal | VoidSupervision, id: str, look: Look) -> Facts:
    """Who had a part in it."""
    row = look.row(appeal_results.LEDGER, id)
    if row is None:
        return Facts()
    scored, lodged = (
        look.row(took_part.LEDGER, key) for key in (took_part.of_publication(row.publication), took_part.of_appeal(id))
    )
    found = Facts(True, scored.who if scored else (), lodged.who if lodged else ())
    excuses = isinstance(command, DecideAppeal) and command.excused
    return replace(found, members=_members(look, row)) if excuses else found


def _members(look: Look, appeal: appeal_results.Row) -> frozenset[tuple[str, str, str]]:
    """What the community's score rests on now, by the rules under which it was last stated."""
    own = next(
        (one for one in look.rows(scores.LEDGER, publication=appeal.publication) if one.community == appeal.community),
        None,
    )
    if own is None:
        return frozenset()
    plan = plans.current(look.rows(plans.LEDGER, code=own.plan), own.plan, own.plan_version)
    rulebook = rulebooks.current(look.rows(rulebooks.LEDGER, code=own.rulebook), own.rulebook, own.rulebook_version)
    assert plan is not None, "what scores were published under is in force, or was"
    assert rulebook is not None, "the same"
    period = Period(kind=own.period_kind, name=own.period, from_day=own.from_day, to_day=own.to_day)
    found = explain(rulebook.rulebook, plan.plan, evidence_at(look), period, own.as_of, whole=None)
    return frozenset(
        (measured.indicator.code, item.table, item.key)
        for measured in found.get(Institution(appeal.community), ())
        for item in measured.denominator
    )


def heard(command: HearAppeal | DecideAppeal, entry: Entry | None, context: Context) -> Made:
    """Raises `Refused`: scored_it, lodged_it."""
    known: Facts = context.facts
    if not known.known:
        raise Refused("unknown_entry", field="stream")
    if context.by.id in known.scored_by:
        raise Refused("scored_it")
    if context.by.id in known.lodged_by:
        raise Refused("lodged_it")
    return {}


def voided(command: VoidSupervision, entry: Entry | None, context: Context) -> Made:
    """No appeal is made void by whoever it is against; raises `Refused`: scored_it."""
    if entry is not None and entry.kind == "appeals" and context.by.id in context.facts.scored_by:
        raise Refused("scored_it")
    return {}


def decided(command: DecideAppeal, entry: Entry | None, context: Context) -> Made:
    """Raises `Refused`: scored_it, lodged_it, nothing_to_excuse, unknown_member."""
    made = heard(command, entry, context)
    if command.excused and command.finding is Finding.DISMISSED:
        raise Refused("nothing_to_excuse", field="excused")
    for one in command.excused:
        if (one.indicator, one.table, one.member) not in context.facts.members:
            raise Refused("unknown_member", field="excused", indicator=one.indicator, member=one.member)
    return made
