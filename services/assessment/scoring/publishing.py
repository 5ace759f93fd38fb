"""A period's scores 考核结果 (§3.3.5): published once, and restated where numbers have changed since."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta

from services.assessment.commands import PublishScores
from services.assessment.evidence.gathered import Evidence, evidence_at
from services.assessment.ledgers import did_work, plans, rulebooks
from services.assessment.rules import periods
from services.assessment.rules.versions import current, newest, superseded
from services.assessment.scoring.exact import figure
from services.assessment.scoring.measuring import Institution, Tally, score
from services.assessment.scoring.restating import Restating
from shared.contracts.assessment import Period, Plan, Score, ScorePublished, ScoreRestated
from shared.contracts.codes import Role
from shared.contracts.days import civil_day, refuse_future
from shared.contracts.frozen import dataclass
from shared.contracts.model import Accepts, Context, Decider, Look, Refused
from shared.contracts.persons import same_person

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
    worked: frozenset[str] = frozenset()
    """Who did what is scored."""


def facts(command: PublishScores, id: str, look: Look) -> Facts:
    return Facts(
        plan=current(look.rows(plans.LEDGER), command.plan, command.plan_version),
        rulebook=current(look.rows(rulebooks.LEDGER), command.rulebook, command.rulebook_version),
        versions=(*look.rows(plans.LEDGER), *look.rows(rulebooks.LEDGER)),
        evidence=evidence_at(look),
        position=look.position,
        root=look.root() if look.position >= 0 else "",
        worked=frozenset(row.id for row in look.rows(did_work.LEDGER)),
    )


def decide(command: PublishScores, state: State, context: Context) -> Sequence[Event]:
    """One event per institution whose score is new or has changed.

    Raises `Refused`: did_the_work, unknown_plan, unknown_rulebook, unknown_period, as_of_in_future, period_not_begun,
    kept_for_plan, no_communities, published_under_another_plan, published_under_another_rulebook, scores_unchanged.
    """
    refuse_future(context)
    known: Facts = context.facts
    if same_person(context.by, known.worked):
        raise Refused("did_the_work")
    if known.plan is None:
        raise Refused("unknown_plan", field="plan", allowed=("adopt-plan",), item=command.plan)
    if known.rulebook is None:
        raise Refused("unknown_rulebook", field="rulebook", allowed=("adopt-rulebook",), item=command.rulebook)
    period = periods.period(command.period_kind, command.period, known.plan.plan)
    if command.as_of > civil_day(context.at):
        raise Refused("as_of_in_future", field="as_of", as_of=command.as_of.isoformat())
    if command.as_of < period.from_day:
        raise Refused("period_not_begun", field="as_of", from_day=period.from_day.isoformat())
    check_rules(known.plan, known.rulebook, known.versions, period, command.as_of, state.published)
    basis = Restating(
        known.plan, known.rulebook, known.evidence, period, command.as_of, Institution(context.log), known.versions
    )
    now = scores(basis, known.position, known.root)
    if len(now) < 2:
        raise Refused("no_communities", field="period", to_day=period.to_day.isoformat())
    if any(was.position > known.position for was in state.published.values()):
        raise Refused("ledger_behind", position=known.position)  # a score never goes back to what was known before it
    events = [event for score in now if (event := _event(basis, state.published.get(score.subject), score))]
    if not events:
        raise Refused("scores_unchanged", field="period", period=command.period)
    return events


def check_rules(
    plan: plans.Row, rulebook: rulebooks.Row, versions: Sequence[plans.Row | rulebooks.Row], period: Period,
    as_of: date, published: Mapping[str, Score],
) -> None:  # fmt: skip
    """That a publication may go by these rules, of all that there were; `published` is what it has stated, by subject.

    Raises `Refused`: kept_for_plan, published_under_another_plan, published_under_another_rulebook, unknown_plan,
    unknown_rulebook.
    """
    if not published:
        _not_kept(versions, plan, rulebook, period, as_of)
    for was in published.values():
        if was.plan != plan.code:
            raise Refused("published_under_another_plan", field="plan", item=was.plan)
        # By mistake it may have been another; the plan's own puts that right.
        if was.rulebook != rulebook.code and not _names(plan.plan, rulebook.code, period):
            raise Refused("published_under_another_rulebook", field="rulebook", item=was.rulebook)
    last = max(published.values(), key=lambda was: was.position, default=None)
    if (row := superseded(plan, rulebook, versions, last)) is not None:
        what = "plan" if row is plan else "rulebook"
        raise Refused(f"unknown_{what}", field=f"{what}_version", item=f"{row.code}@{row.version}")


def _not_kept(
    versions: Sequence[plans.Row | rulebooks.Row], plan: plans.Row, rulebook: rulebooks.Row, period: Period, as_of: date
) -> None:
    """That no plan keeps the day for what it publishes by itself; its own rulebook may be asked for by hand, as both
    stand now. Raises `Refused`: kept_for_plan."""
    plan_rows = [row for row in versions if isinstance(row, plans.Row)]
    books = [row for row in versions if isinstance(row, rulebooks.Row)]
    kept = [
        (row.code, one.rulebook) for row in newest(plan_rows) for one in row.plan.publishing
        if period in periods.ending(row.plan, one.period_kind, *2 * (as_of - timedelta(days=one.after_days),))
    ]  # fmt: skip
    newest_ones = current(plan_rows, plan.code), current(books, rulebook.code)
    if kept and ((plan.code, rulebook.code) not in kept or newest_ones != (plan, rulebook)):
        raise Refused("kept_for_plan", field="as_of", item=kept[0][0], rulebook=kept[0][1])


def _names(plan: Plan, rulebook: str, period: Period) -> bool:
    """Whether a plan says that such a period is published by a rulebook."""
    return (period.kind, rulebook) in {(one.period_kind, one.rulebook) for one in plan.publishing}


def _event(basis: Restating, was: Score | None, now: Score) -> Event | None:
    """Under another rulebook it is restated even where no number is another: a score says what it rests on."""
    if was is None:
        return ScorePublished(score=now)
    changes = basis.changes(was, now)
    return ScoreRestated(was=was, score=now, changes=changes) if changes or was.rulebook != now.rulebook else None


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
        per_cent=tally.per_cent,
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
            heavy=True,
            at_head=True,
        ),
    ),
    events=(ScorePublished, ScoreRestated),
    initial=State(),
    decide=decide,
    evolve=evolve,
)
