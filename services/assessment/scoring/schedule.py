"""What is published by itself 公布安排 (§3.3.5, 3.3.7): each period on the plan's day, and again whenever late entries
have changed its numbers."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Final

from services.assessment.commands import PublishScores
from services.assessment.evidence.gathered import evidence_at
from services.assessment.ledgers import plans, rulebooks, scores
from services.assessment.rules import periods
from services.assessment.rules.versions import edition, newest
from services.assessment.scoring.measuring import Institution
from services.assessment.scoring.publishing import scores as scored
from services.assessment.scoring.restating import Restating, differing
from shared.contracts.assessment import Period, Plan, Publishing
from shared.contracts.days import civil_day
from shared.contracts.model import Look, Timely, Timer

CATCH_UP_DAYS: Final = 35
"""A publication that was missed for longer (nothing ran) is the office's, to be made by hand."""
_MOOT: Final = frozenset({"scores_unchanged", "no_communities"})
"""Somebody else was quicker, or there is nobody to be scored yet."""
_PASSING: Final = frozenset({"unknown_plan", "unknown_rulebook"})
"""The rulebook by which the plan publishes may yet be adopted."""


# publishing -------------------------------------------------------------------------------------------------------


def publications(plan_rows: Sequence[plans.Row], published: Sequence[scores.Row], today: date) -> list[Timely]:
    """What the plans in force have published by today and nobody has published yet.

    The as-of day is over, so that all that was entered on it counts; it came after the plan was given this schedule.
    """
    made = {(one.plan, one.rulebook, one.period_kind, one.period, one.as_of) for one in published}
    found = []
    for row in newest(plan_rows):
        for publishing in row.plan.publishing:
            given_on = _given_on(plan_rows, row.code, publishing.code)
            for period, as_of in _wanted(row.plan, publishing, today):
                wanted = (row.code, publishing.rulebook, period.kind, period.name)
                by_hand = any(tuple(of) == wanted and day >= as_of for *of, day in made)
                if as_of >= given_on and not by_hand:
                    found.append(_publication(row.code, publishing, period, as_of))
    return found


def _given_on(rows: Sequence[plans.Row], plan: str, publishing: str) -> date:
    """The day of the plan's first version that has this schedule."""
    having = (row for row in rows if row.code == plan and publishing in {one.code for one in row.plan.publishing})
    return min(civil_day(row.adopted_at) for row in having)


def _publication(plan: str, publishing: Publishing, period: Period, as_of: date) -> Timely:
    command = PublishScores(
        plan=plan, rulebook=publishing.rulebook, period_kind=period.kind, period=period.name, as_of=as_of
    )
    return Timely(f"{plan}/{publishing.code}/{period.name}/{as_of}", command, moot=_MOOT, passing=_PASSING)


def _wanted(plan: Plan, publishing: Publishing, today: date) -> Iterator[tuple[Period, date]]:
    """The periods whose as-of day is over, and not for too long."""
    after = timedelta(days=publishing.after_days)
    latest = today - timedelta(days=1) - after
    earliest = today - timedelta(days=CATCH_UP_DAYS) - after
    for period in periods.ending(plan, publishing.period_kind, earliest, latest):
        yield period, period.to_day + after


# restating --------------------------------------------------------------------------------------------------------


def restatements(look: Look, today: date) -> list[Timely]:
    """Publications whose numbers would be others now, however long ago they were made. They are scored by the same
    versions of plan and rulebook: what other rules would change is for the office to say."""
    published = look.rows(scores.LEDGER)
    if not published:
        return []
    plan_rows, rulebook_rows = look.rows(plans.LEDGER), look.rows(rulebooks.LEDGER)
    evidence, found = evidence_at(look), []
    news = sorted(evidence.told())
    for rows in _by_publication(published):
        one = max(rows, key=lambda row: row.position)  # as it was stated last
        if not _concerned(one, news):
            continue
        plan = edition(plan_rows, one.plan, one.plan_version)
        rulebook = edition(rulebook_rows, one.rulebook, one.rulebook_version)
        basis = Restating(plan, rulebook, evidence, one.full_period, one.as_of, Institution(look.log))
        if _is_other(basis, {row.community: row for row in rows}):
            command = PublishScores(
                plan=one.plan, rulebook=one.rulebook, period_kind=one.period_kind, period=one.period, as_of=one.as_of,
                plan_version=plan.version, rulebook_version=rulebook.version,
            )  # fmt: skip
            # Where the office has applied new rules meanwhile, these are not in force any more.
            found.append(Timely(f"{one.publication}/{today}", command, moot=_MOOT | _PASSING))
    return found


def _by_publication(published: Sequence[scores.Row]) -> list[Sequence[scores.Row]]:
    """Each publication's rows."""
    found: dict[str, list[scores.Row]] = defaultdict(list)
    for row in published:
        found[row.publication].append(row)
    return list(found.values())


def _concerned(stated_last: scores.Row, news: Sequence[tuple[int, date]]) -> bool:
    """Whether anything that was told since says something of days up to its as-of day."""
    since = bisect_right(news, stated_last.evidence_position, key=lambda one: one[0])
    return any(day <= stated_last.as_of for _, day in islice(news, since, None))


def _is_other(basis: Restating, published: Mapping[str, scores.Row]) -> bool:
    """Whether any number would be another now, or an institution has none yet."""
    return any(
        (was := published.get(now.subject)) is None or next(iter(differing(was, now)), None) is not None
        for now in scored(basis, -1, "")
    )


def _publish(look: Look, today: date) -> Sequence[Timely]:
    return publications(look.rows(plans.LEDGER), look.rows(scores.LEDGER), today)


TIMERS: Final = (Timer("publish", _publish), Timer("restate", restatements, daily=True))
