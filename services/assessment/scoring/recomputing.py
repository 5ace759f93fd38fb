"""Computing published scores again, from the ledgers replayed up to the position that they name."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from services.assessment.evidence.gathered import LEDGERS, evidence_of
from services.assessment.ledgers import plans, rulebooks
from services.assessment.rules.versions import edition
from services.assessment.scoring.measuring import Institution
from services.assessment.scoring.publishing import Event, scores
from services.assessment.scoring.restating import Restating
from shared.contracts.assessment import Period, Score, ScorePublished, ScoreRestated
from shared.contracts.model import Scorer

_Asked = tuple[tuple[str, int], tuple[str, int], Period, date, Institution]
"""Plan and rulebook in which versions, the period and the as-of day, and the sub-district."""


class Rescoring:
    """The scores that rest on one stand of the log: each publication is worked out once, for all its institutions."""

    def __init__(self, rows: Mapping[str, Sequence[Any]], position: int, root: str) -> None:
        self._rows, self._position, self._root = rows, position, root
        self._evidence = evidence_of(rows)
        self._versions = (*rows[plans.LEDGER.name], *rows[rulebooks.LEDGER.name])
        self._worked_out: dict[_Asked, tuple[Restating, Mapping[str, Score]]] = {}

    def again(self, event: Event) -> Event:
        """The event as it must have been; raises `LookupError` where plan, rulebook or subject are not in the
        evidence."""
        basis, found = self._publication(event.score)
        score = found.get(event.score.subject)
        if score is None:
            raise LookupError(f"{event.score.subject} is not in the evidence up to {self._position}")
        if isinstance(event, ScorePublished):
            return ScorePublished(score=score)
        return ScoreRestated(was=event.was, score=score, changes=basis.changes(event.was, score))

    def _publication(self, named: Score) -> tuple[Restating, Mapping[str, Score]]:
        """What a score is one of."""
        plan, rulebook = (named.plan, named.plan_version), (named.rulebook, named.rulebook_version)
        whole = Institution(named.subject[:9])
        asked = (plan, rulebook, named.period, named.as_of, whole)
        if asked not in self._worked_out:
            basis = Restating(
                *rules(self._rows, plan, rulebook), self._evidence, named.period, named.as_of, whole, self._versions
            )
            found = {one.subject: one for one in scores(basis, self._position, self._root)}
            self._worked_out[asked] = basis, found
        return self._worked_out[asked]


def rescored(rows: Mapping[str, Sequence[Any]], position: int, root: str) -> Callable[[Event], Event]:
    """What computes each event again that names this stand of the log."""
    return Rescoring(rows, position, root).again


def rules(
    rows: Mapping[str, Sequence[Any]], plan: tuple[str, int], rulebook: tuple[str, int]
) -> tuple[plans.Row, rulebooks.Row]:
    """The plan and the rulebook of these codes and versions; raises `LookupError` where the rows lack them."""
    return edition(rows[plans.LEDGER.name], *plan), edition(rows[rulebooks.LEDGER.name], *rulebook)


def _names(event: Event) -> tuple[int, str]:
    return event.score.position, event.score.root


SCORER = Scorer(
    events=(ScorePublished, ScoreRestated),
    ledgers=(*LEDGERS, plans.LEDGER, rulebooks.LEDGER),
    names=_names,
    rescored=rescored,
)
