"""Computing a published score again, from the ledgers replayed up to the position that it names."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from services.assessment.evidence import LEDGERS, evidence_of
from services.assessment.ledgers import plans, rulebooks
from services.assessment.restating import Restating
from services.assessment.score import Event, scores
from services.assessment.scoring import Institution
from shared.contracts.assessment import ScorePublished, ScoreRestated
from shared.contracts.model import Scorer

_Version = TypeVar("_Version", plans.Row, rulebooks.Row)


def recompute(event: Event, rows: Mapping[str, Sequence[Any]], position: int, root: str) -> Event:
    """The event as it must have been; raises `LookupError` where plan, rulebook or subject are not in the evidence."""
    published = event.score
    whole = Institution(published.subject) if Institution(published.subject).whole else None
    plan, rulebook = rules(
        rows, (published.plan, published.plan_version), (published.rulebook, published.rulebook_version)
    )
    versions = (*rows[plans.LEDGER.name], *rows[rulebooks.LEDGER.name])
    basis = Restating(plan, rulebook, evidence_of(rows), published.period, published.as_of, whole, versions)
    again = next((one for one in scores(basis, position, root) if one.subject == published.subject), None)
    if again is None:
        raise LookupError(f"{published.subject} is not in the evidence up to {position}")
    if isinstance(event, ScorePublished):
        return ScorePublished(score=again)
    return ScoreRestated(was=event.was, score=again, changes=basis.changes(event.was, again))


def rules(
    rows: Mapping[str, Sequence[Any]], plan: tuple[str, int], rulebook: tuple[str, int]
) -> tuple[plans.Row, rulebooks.Row]:
    """The plan and the rulebook of these codes and versions; raises `LookupError` where the rows lack them."""
    return _version(rows[plans.LEDGER.name], *plan), _version(rows[rulebooks.LEDGER.name], *rulebook)


def _version(rows: Sequence[_Version], code: str, version: int) -> _Version:
    found = next((row for row in rows if (row.code, row.version) == (code, version)), None)
    if found is None:
        raise LookupError(f"{code} version {version} is not in the evidence")
    return found


def _names(event: Event) -> tuple[int, str]:
    return event.score.position, event.score.root


SCORER = Scorer(
    events=(ScorePublished, ScoreRestated),
    ledgers=(*LEDGERS, plans.LEDGER, rulebooks.LEDGER),
    names=_names,
    recompute=recompute,
)
