"""Computing published scores again, from the ledgers replayed up to the position that they name."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from services.assessment.evidence.gathered import LEDGERS, evidence_of
from services.assessment.ledgers import plans, rulebooks
from services.assessment.ledgers import scores as stated
from services.assessment.rules.versions import edition
from services.assessment.scoring.measuring import Institution
from services.assessment.scoring.publishing import Event, check_rules, publication, scores
from services.assessment.scoring.restating import Restating
from shared.contracts.assessment import Period, Score, ScorePublished, ScoreRestated
from shared.contracts.model import Refused, Scorer

_Asked = tuple[tuple[str, int], tuple[str, int], Period, date, Institution]
"""Plan and rulebook in which versions, the period and the as-of day, and the sub-district."""


_NOT_BY = {
    "kept_for_plan": "the plan {item} kept the day for the rulebook {rulebook}, as both stood by then",
    "published_under_another_plan": "it had been published under the plan {item}",
    "published_under_another_rulebook": "it had been published under the rulebook {item}",
    "unknown_plan": "the plan {item} was not in force any more",
    "unknown_rulebook": "the rulebook {item} was not in force any more",
}
"""Why a score may not go by the rules that it names, by what the office would have been told."""


class _Publication(NamedTuple):
    """Scores that were worked out together."""

    basis: Restating
    scores: Mapping[str, Score]
    """By subject, as what follows."""
    before: Mapping[str, Score]
    """As they had been stated last."""


class Rescoring:
    """The scores that rest on one stand of the log: each publication is worked out once, for all its institutions."""

    def __init__(self, rows: Mapping[str, Sequence[Any]], position: int, root: str) -> None:
        self._rows, self._position, self._root = rows, position, root
        self._evidence = evidence_of(rows)
        self._versions = (*rows[plans.LEDGER.name], *rows[rulebooks.LEDGER.name])
        self._before: dict[str, dict[str, Score]] = defaultdict(dict)
        for row in rows[stated.LEDGER.name]:
            self._before[row.publication][row.community] = stated.stated(row)
        self._worked_out: dict[_Asked, _Publication] = {}

    def again(self, event: Event) -> Event:
        """The event as it must have been: published where it was not before, else restated from what was stated last.
        Raises `LookupError` where plan, rulebook or subject are not in the evidence, or it may not go by these rules.
        """
        one = self._publication(event.score)
        score = one.scores.get(event.score.subject)
        if score is None:
            raise LookupError(f"{event.score.subject} is not in the evidence up to {self._position}")
        if (was := one.before.get(score.subject)) is None:
            return ScorePublished(score=score)
        return ScoreRestated(was=was, score=score, changes=one.basis.changes(was, score))

    def _publication(self, named: Score) -> _Publication:
        """What a score is one of."""
        plan, rulebook = (named.plan, named.plan_version), (named.rulebook, named.rulebook_version)
        whole = Institution(named.subject[:9])
        asked = (plan, rulebook, named.period, named.as_of, whole)
        if asked not in self._worked_out:
            own = rules(self._rows, plan, rulebook)
            before = self._before[publication(named.period.kind, named.period.name, named.as_of.isoformat())]
            try:
                check_rules(*own, self._versions, named.period, named.as_of, before)
            except Refused as refused:
                raise LookupError(_NOT_BY[refused.code].format_map(refused.known)) from None
            basis = Restating(*own, self._evidence, named.period, named.as_of, whole, self._versions)
            found = {one.subject: one for one in scores(basis, self._position, self._root)}
            self._worked_out[asked] = _Publication(basis, found, before)
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
    ledgers=(*LEDGERS, plans.LEDGER, rulebooks.LEDGER, stated.LEDGER),
    names=_names,
    rescored=rescored,
)
