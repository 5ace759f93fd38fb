"""Scores of the synthetic campaign, published and told of: what tests of explanations and comparisons share."""

from datetime import date
from typing import Any

from services.assessment.commands import PublishScores
from services.assessment.explaining.explanation import Explained, Explanation, explanation
from services.assessment.explaining.happenings import happened
from services.assessment.explaining.reading import Reading, reading
from services.assessment.explaining.since import IndicatorSince, Since, earlier, since
from services.assessment.ledgers import scores
from services.assessment.scoring.publishing import publication
from services.assessment.service import SERVICE
from shared.contracts.assessment import PeriodKind
from tests.assessment.campaign import EAST, LOG, PLAN, RULEBOOK, Campaign, folded


def publish(
    campaign: Campaign, period: str, as_of: str, kind: PeriodKind = PeriodKind.MONTH, plan: str = PLAN.code
) -> str:
    """Publish a period's scores on its as-of day, or restate them; gives the publication's id."""
    command = PublishScores(
        plan=plan, rulebook=RULEBOOK.code, period_kind=kind, period=period, as_of=date.fromisoformat(as_of)
    )
    campaign.send(command, as_of)
    return publication(kind, period, as_of)


def rows_of(campaign: Campaign) -> dict[str, Any]:
    return folded(scores.LEDGER, campaign.recorded())


def read(campaign: Campaign, row: scores.Row) -> Reading:
    """The reading of a score, as a replay of the campaign's log gives it."""
    assert SERVICE.scorer is not None
    recorded = campaign.recorded()
    taken = recorded[: row.evidence_position + 1]
    rows = {ledger.name: list(folded(ledger, taken).values()) for ledger in SERVICE.scorer.ledgers}
    return reading(row, rows, lambda position: happened(recorded[position]))


def told(campaign: Campaign, publication: str, subject: str = EAST) -> Explanation:
    """A published score, explained."""
    row, recorded = rows_of(campaign)[f"{publication}.{subject}"], campaign.recorded()
    history = [one for one in recorded if one.stream == f"score/{publication}"]
    return explanation(LOG, row, read(campaign, row), history, lambda position: happened(recorded[position]))


def explained(campaign: Campaign, code: str, publication: str, subject: str = EAST) -> Explained:
    """One indicator of a published score, explained."""
    return next(one for one in told(campaign, publication, subject).indicators if one.indicator == code)


def compared(campaign: Campaign, publication: str, before: str = "", subject: str = EAST) -> Since:
    """What changed since an earlier publication; since that of the period before where none is named."""
    rows = rows_of(campaign)
    row = rows[f"{publication}.{subject}"]
    was = earlier(rows.values(), row, f"{before}.{subject}" if before else "")
    return since(LOG, (was, read(campaign, was)), (row, read(campaign, row)))


def changed(campaign: Campaign, code: str, publication: str, before: str = "", subject: str = EAST) -> IndicatorSince:
    """One indicator, then and now."""
    found = compared(campaign, publication, before, subject)
    return next(one for one in found.indicators if one.indicator == code)
