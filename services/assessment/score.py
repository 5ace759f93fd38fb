"""A period's scores 考核结果 (§3.3.5): published once, and restated where numbers have changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime

from services.assessment import periods
from services.assessment.commands import PublishScores
from services.assessment.evidence import Evidence, evidence_at
from services.assessment.exact import decimal_of, figure
from services.assessment.ledgers import plans, rulebooks
from services.assessment.restating import Restating
from services.assessment.scoring import Institution, Tally, score
from shared.contracts.assessment import Score, ScorePublished, ScoreRestated
from shared.contracts.codes import Role
from shared.contracts.days import civil_day, refuse_future
from shared.contracts.frozen import dataclass
from shared.contracts.model import Accepts, Context, Decider, Look, Refused

Event = ScorePublished | ScoreRestated


@dataclass(frozen=True, slots=True)
class State:
    """What was last published, by subject."""

    published: Mapping[str, Score] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the scores rest on, at one position of the log."""

    plan: plans.Row | None
    rulebook: rulebooks.Row | None
    versions: Sequence[plans.Row | rulebooks.Row]
    """All that there were."""
    evidence: Evidence
    position: int
    root: str


def facts(command: PublishScores, id: str, look: Look) -> Facts:
    return Facts(
        plan=plans.current(look.rows(plans.LEDGER, code=command.plan), command.plan, command.plan_version),
        rulebook=rulebooks.current(
            look.rows(rulebooks.LEDGER, code=command.rulebook), command.rulebook, command.rulebook_version
        ),
        versions=(*look.rows(plans.LEDGER, code=command.plan), *look.rows(rulebooks.LEDGER)),
        evidence=evidence_at(look),
        position=look.position,
        root=look.root() if look.position >= 0 else "",
    )


def decide(command: PublishScores, state: State, context: Context) -> Sequence[Event]:
    """One event per institution whose score is new or has changed.

    Raises `Refused`: unknown_plan, unknown_rulebook, unknown_period, as_of_in_future, period_not_begun,
    no_communities, published_under_another_plan, scores_unchanged.
    """
    refuse_future(context)
    known: Facts = context.facts
    if known.plan is None:
        raise Refused("unknown_plan", field="plan", allowed=("adopt-plan",), item=command.plan)
    if known.rulebook is None:
        raise Refused("unknown_rulebook", field="rulebook", allowed=("adopt-rulebook",), item=command.rulebook)
    period = periods.period(command.period_kind, command.period, known.plan.plan)
    if command.as_of > civil_day(context.at):
        raise Refused("as_of_in_future", field="as_of", as_of=command.as_of.isoformat())
    if command.as_of < period.from_day:
        raise Refused("period_not_begun", field="as_of", from_day=period.from_day.isoformat())
    basis = Restating(
        known.plan, known.rulebook, known.evidence, period, command.as_of, Institution(context.log), known.versions
    )
    now = scores(basis, known.position, known.root)
    if len(now) < 2:
        raise Refused("no_communities", field="period", to_day=period.to_day.isoformat())
    other = next((was.plan for was in state.published.values() if was.plan != known.plan.code), None)
    if other is not None:
        raise Refused("published_under_another_plan", field="plan", item=other)
    events = [event for score in now if (event := _event(basis, state.published.get(score.subject), score))]
    if not events:
        raise Refused("scores_unchanged", field="period", period=command.period)
    return events


def _event(basis: Restating, was: Score | None, now: Score) -> Event | None:
    if was is None:
        return ScorePublished(score=now)
    changes = basis.changes(was, now)
    return ScoreRestated(was=was, score=now, changes=changes) if changes else None


def scores(basis: Restating, position: int, root: str) -> list[Score]:
    """The scores as they are published, of the sub-district (where named) and each community."""
    tallied = score(
        basis.rulebook.rulebook, basis.plan.plan, basis.evidence, basis.period, basis.as_of, whole=basis.whole
    )
    return [_published(basis, tally, position, root) for tally in tallied.tallies]


def _published(basis: Restating, tally: Tally, position: int, root: str) -> Score:
    return Score(
        subject=tally.subject.code,
        period=basis.period,
        as_of=basis.as_of,
        plan=basis.plan.code,
        plan_version=basis.plan.version,
        rulebook=basis.rulebook.code,
        rulebook_version=basis.rulebook.version,
        position=position,
        root=root,
        indicators=tally.indicators,
        points=figure(tally.points),
        possible=figure(tally.possible),
        per_cent=decimal_of(100 * tally.points / tally.possible) if tally.possible else None,
        rankable=tally.rankable,
    )


def evolve(state: State, event: Event, at: datetime) -> State:
    return State({**state.published, event.score.subject: event.score})


def publication(kind: str, period: str, as_of: str) -> str:
    """The id of a period's publication: `month-2015-06.2015-07-06`."""
    return f"{kind}-{period}.{as_of}"


def _id(command: PublishScores) -> str:
    return publication(command.period_kind.value, command.period, command.as_of.isoformat())


DECIDER: Decider[State] = Decider(
    category="score",
    accepts=(
        Accepts(
            command=PublishScores,
            by=frozenset({Role.OFFICE.value, Role.SERVICE.value}),
            clause="3.3.5",
            id=_id,
            creates=True,
            facts=facts,
        ),
    ),
    events=(ScorePublished, ScoreRestated),
    initial=State(),
    decide=decide,
    evolve=evolve,
)
