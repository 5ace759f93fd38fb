"""How institutions did, as papers tell it: every indicator with its numerator and denominator, and which targets were
reached."""

from collections.abc import Iterable, Mapping, Sequence

from services.assessment.ledgers import scores
from services.assessment.scoring.exact import figure
from services.assessment.scoring.measuring import Tally
from shared.contracts.assessment import Comparison, DecimalText, Figure, IndicatorKind, IndicatorScore, Rulebook
from shared.contracts.event import value
from shared.contracts.fields import Code, Division, Line


@value
class Result:
    """One indicator 指标: its name, and its numbers as scores have them."""

    title_zh: Line
    title_en: Line
    comparison: Comparison | None
    """How its target is to be met; None where it has none, or is that nothing happens."""
    score: IndicatorScore


@value
class InstitutionOutcome:
    """One institution's results 考核情况."""

    community: Division
    """Its division code; the sub-district's own has nine digits."""
    name: Line | None
    """None for the sub-district."""
    points: Figure
    possible: Figure
    """The weights of what could be measured."""
    per_cent: DecimalText | None
    rankable: bool
    """False below the rulebook's minimum, and for the sub-district as a whole."""
    reached: tuple[Code, ...]
    """The indicators whose target was reached."""
    missed: tuple[Code, ...]
    results: tuple[Result, ...]


def of_tally(tally: Tally, rulebook: Rulebook, names: Mapping[str, str]) -> InstitutionOutcome:
    """What was worked out just now."""
    return _outcome(
        tally.subject.code, names, tally.indicators, rulebook, figure(tally.points), figure(tally.possible),
        tally.per_cent, tally.rankable,
    )  # fmt: skip


def of_row(row: scores.Row, rulebook: Rulebook, names: Mapping[str, str]) -> InstitutionOutcome:
    """What was published, as last restated."""
    return _outcome(
        row.community, names, row.indicators, rulebook, row.points, row.possible, row.per_cent, row.rankable
    )  # fmt: skip


def _outcome(
    code: str, names: Mapping[str, str], told: Sequence[IndicatorScore], rulebook: Rulebook, points: Figure,
    possible: Figure, per_cent: str | None, rankable: bool,
) -> InstitutionOutcome:  # fmt: skip
    return InstitutionOutcome(
        community=code, name=names.get(code), points=points, possible=possible, per_cent=per_cent, rankable=rankable,
        reached=_codes(told, reached=True), missed=_codes(told, reached=False),
        results=tuple(_results(told, rulebook)),
    )  # fmt: skip


def _codes(told: Iterable[IndicatorScore], *, reached: bool) -> tuple[str, ...]:
    return tuple(one.code for one in told if one.reached is reached)


def _results(told: Iterable[IndicatorScore], rulebook: Rulebook) -> Iterable[Result]:
    of = {one.code: one for one in rulebook.indicators}
    for one in told:
        rule = of[one.code]
        rated = one.target is not None and one.kind is not IndicatorKind.ZERO_INCIDENT
        comparison = rule.comparison if rated else None
        yield Result(title_zh=rule.title_zh, title_en=rule.title_en, comparison=comparison, score=one)
