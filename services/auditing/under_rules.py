"""Published scores beside what another rulebook would make of the same evidence 改用另一办法.

Each institution's score is taken as it stands, and worked out again on the very prefix of the log that it names, under
the plan that it names, by the rules of a file that nobody need have adopted. Nothing is published by it.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from services.assessment.evidence.gathered import evidence_of
from services.assessment.scoring.recomputing import SCORER, rules
from services.assessment.service import SERVICE
from services.assessment.what_if.comparing import NOTE, Compared, Outcome, Rules, Total, what_if
from shared.audit.scores import Span, published
from shared.contracts.assessment import Rulebook, Score
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused
from shared.ledger.replay import Replay
from shared.log.codec import canonical
from shared.log.store import Log


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One published score, and what the other rulebook makes of it."""

    score: str
    """Its id."""
    position: int
    """Of the event that last stated it."""
    evidence_position: int
    community: str
    name: str | None
    published: Total
    under: Total | None
    """None where it cannot be worked out: `why` then says why."""
    indicators: tuple[Compared, ...]
    """Those that differ."""
    unchanged: int
    why: str | None = None

    @property
    def same(self) -> bool:
        return self.under == self.published and not self.indicators


class Standing(NamedTuple):
    """A score as it stands."""

    id: str
    position: int
    score: Score


_SUM: Final = ("points", "possible", "per_cent", "rankable")


def standing(log: Log, name: str, span: Span) -> dict[str, Standing]:
    """Each score as it was last stated, by id."""
    found: dict[str, Standing] = {}
    for position, stated in published(log, name, SCORER, span):
        if stated is not None:
            score: Score = stated.event.score
            id = f"{stated.id}.{score.subject}"
            found[id] = Standing(id, position, score)
    return found


def beside(
    log: Log, name: str, rulebook: Rulebook, span: Span, progress: Callable[[int], None] = lambda done: None
) -> Iterator[Beside]:
    """Every score as it stands in a span of the log, beside what the rulebook makes of it. The log is walked once."""
    together: dict[tuple[Any, ...], list[Standing]] = defaultdict(list)
    for one in standing(log, name, span).values():
        said = one.score
        key = (said.position, said.plan, said.plan_version, said.rulebook, said.rulebook_version, said.as_of)
        together[(*key, said.period.kind, said.period.name)].append(one)
    replay = Replay(log, name, [(SERVICE, ledger) for ledger in SCORER.ledgers])
    for _, scores in sorted(together.items(), key=lambda one: one[0]):
        replay.to(scores[0].score.position, progress=progress)
        if any(folded.halt is not None for folded in replay.ledgers.values()):
            raise Refused("ledger_behind")  # an event that this build does not know
        rows = {
            ledger.name: [row for _, row in replay.rows(f"{SERVICE.name}.{ledger.name}")] for ledger in SCORER.ledgers
        }
        yield from _of_publication(name, rows, rulebook, scores)


def _of_publication(name: str, rows: dict[str, list[Any]], draft: Rulebook, scores: list[Standing]) -> Iterator[Beside]:
    """Of one publication's scores, from the rows at their evidence."""
    said = scores[0].score
    try:
        plan, rulebook = rules(rows, (said.plan, said.plan_version), (said.rulebook, said.rulebook_version))
    except LookupError as missing:
        yield from (_beside(one, None, str(missing)) for one in scores)
        return
    before = Rules(
        plan=plan.plan, plan_version=plan.version, rulebook=rulebook.rulebook, rulebook_version=rulebook.version,
        period=said.period,
    )  # fmt: skip
    after = Rules(
        plan=plan.plan, plan_version=plan.version, rulebook=draft, rulebook_version=None, period=said.period
    )  # fmt: skip
    found = what_if(evidence_of(rows), before, after, said.as_of, log=name, position=said.position)
    outcomes = {outcome.community: outcome for outcome in found.institutions}
    for one in scores:
        outcome = outcomes.get(one.score.subject)
        yield _beside(one, outcome, None if outcome else f"{one.score.subject} is not in the evidence")


def _beside(one: Standing, outcome: Outcome | None, why: str | None) -> Beside:
    said = one.score
    return Beside(
        score=one.id, position=one.position, evidence_position=said.position, community=said.subject,
        name=outcome.name if outcome else None,
        published=Total(**{name: getattr(said, name) for name in _SUM}), under=outcome.after if outcome else None,
        indicators=outcome.indicators if outcome else (), unchanged=outcome.unchanged if outcome else 0, why=why,
    )  # fmt: skip


def as_json(rulebook: Rulebook, file: str, found: list[Beside]) -> dict[str, Any]:
    """For a program: the key `rules` of a replay."""
    return {
        "note_zh": NOTE[0], "note_en": NOTE[1], "file": file, "rulebook": rulebook.code,
        "changed": sum(not one.same for one in found), "scores": json.loads(canonical(found)),
    }  # fmt: skip


def as_text(rulebook: Rulebook, file: str, found: list[Beside]) -> Iterator[str]:
    """For a person: a line for each score, published and under the other rules."""
    yield f"under {rulebook.code} of {file}: {sum(not one.same for one in found)} of {len(found)} scores would differ"
    yield f"  {NOTE[0]} {NOTE[1]}"
    for one in found:
        if one.under is None:
            yield f"  {one.score:<46} {_total(one.published):>24} → cannot be worked out: {one.why}"
            continue
        moved = ", ".join(indicator.code for indicator in one.indicators)
        state = f"{_total(one.under):>24}  {moved}" if not one.same else f"{'the same':>24}"
        yield f"  {one.score:<46} {_total(one.published):>24} → {state}"


def _total(total: Total) -> str:
    share = "—" if total.per_cent is None else f"{total.per_cent}%"
    return f"{share} ({total.points.decimal}/{total.possible.decimal})"
