"""An independent recomputation agrees with every number of every indicator, on seasons that are made up."""

import ast
import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from services.assessment.rules.periods import period, span
from services.assessment.rules.rulebook_file import load_rulebook
from services.assessment.scoring.measuring import Institution, Measured, Tally, explain, tallied
from shared.calendar import Calendar
from shared.contracts.assessment import IndicatorScore, Period, PeriodKind, Plan
from tests.recomputed import recomputation
from tests.recomputed.recomputation import Found, Record, Stretch
from tests.recomputed.seasons import Season, played, scenario

SEASONS = 8
"""How many a push waits for; `make test-long` has the others."""
MANY = 200
RULEBOOK = load_rulebook()
CODES = [one.code for one in RULEBOOK.indicators]
ONLY_COUNTS = {one.code for one in RULEBOOK.indicators if one.denominator is None}


@dataclass(slots=True)
class Compared:
    """What came of comparing some seasons."""

    differences: list[str]
    met: Mapping[str, Counter[str]]
    """By indicator, how often it was measured, missed, left out …"""
    kinds: set[PeriodKind]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return _compared(asyncio.run(played(tmp_path_factory.mktemp("recomputed"), [scenario(n) for n in range(SEASONS)])))


def test_every_number_is_the_same_when_it_is_computed_in_sql_from_the_record_alone(compared: Compared) -> None:
    assert compared.differences == []
    assert compared.kinds == set(PeriodKind)


@pytest.mark.parametrize("code", CODES)
def test_every_indicator_is_put_to_the_test_by_some_season(compared: Compared, code: str) -> None:
    met = compared.met[code]
    assert met["measured"] > 0
    assert met["counted"] > 0
    if code not in ONLY_COUNTS:
        assert met["missed"] > 0
        assert met["not yet due"] > 0


@pytest.mark.parametrize(
    ("code", "reason"), [(one.code, why.code) for one in RULEBOOK.indicators for why in one.exclusions]
)
def test_every_exclusion_is_put_to_the_test_by_some_season(compared: Compared, code: str, reason: str) -> None:
    assert compared.met[code][reason] > 0


def test_what_an_appeal_leaves_out_is_left_out_in_sql_too(compared: Compared) -> None:
    assert sum(met["excused_on_appeal"] for met in compared.met.values()) > 0


def test_every_indicator_of_the_default_rulebook_has_its_sql() -> None:
    assert {path.stem for path in (recomputation.SQL / "indicators").glob("*.sql")} == set(CODES)


def test_the_recomputation_shares_no_code_with_the_product() -> None:
    tree = ast.parse(Path(recomputation.__file__).read_text())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names
    assert "sqlite3" in named


def test_the_working_calendar_in_sql_is_the_state_councils() -> None:
    """Two lists of the same public notices, made apart."""
    record, first = Record([]), date(2015, 1, 1)
    for known_on in (date(2015, 3, 1), date(2015, 7, 1), date(2015, 12, 9), date(2016, 2, 1), date(2016, 12, 1)):
        known, told = Calendar(known_on), record.working_days(known_on, first)
        days = [first + timedelta(days=n) for n in range((known_on - first).days + 365)]
        assert [known.works(day) for day in days] == [told[day] for day in days]


@pytest.mark.long
@pytest.mark.parametrize("first", range(SEASONS, MANY, SEASONS))
def test_hundreds_of_seasons_agree_as_well(tmp_path: Path, first: int) -> None:
    batch = [scenario(n) for n in range(first, first + SEASONS)]
    assert _compared(asyncio.run(played(tmp_path, batch))).differences == []


# comparing ------------------------------------------------------------------------------------------------------------


def _compared(seasons: Sequence[Season]) -> Compared:
    compared = Compared([], defaultdict(Counter), set())
    for season in seasons:
        record = Record(season.events)
        for plan in season.plans:
            for as_of in _days(season, plan):
                _compare(season, record, plan, as_of, compared)
    return compared


def _days(season: Season, plan: Plan) -> Iterator[date]:
    """A day before the plan was issued, two in its course, one when all is over."""
    first = max(span(plan).first, min(row.marks[0].on for row in season.evidence.communities))
    yield plan.issued_on - timedelta(days=1)
    yield first + timedelta(days=50)
    yield first + timedelta(days=110)
    yield date(2016, 9, 30)


def _periods(plan: Plan, as_of: date) -> Iterator[Period]:
    """Of every kind; the months, the quarter and the two dates around the as-of day."""
    month = as_of.replace(day=1) - timedelta(days=1)
    yield period(PeriodKind.MONTH, f"{month:%Y-%m}", plan)
    yield period(PeriodKind.MONTH, "2015-06", plan)
    yield period(PeriodKind.QUARTER, f"{month.year}-Q{(month.month + 2) // 3}", plan)
    yield period(PeriodKind.QUARTER, "2015-Q3", plan)
    yield period(PeriodKind.YEAR, "2015", plan)
    yield period(PeriodKind.YEAR, "2016", plan)
    yield period(PeriodKind.DATES, f"{as_of - timedelta(days=75)}_{as_of - timedelta(days=7)}", plan)
    yield period(PeriodKind.DATES, f"{as_of - timedelta(days=400)}_{as_of + timedelta(days=40)}", plan)
    for phase in plan.phases:
        yield period(PeriodKind.PHASE, phase.code, plan)


def _compare(season: Season, record: Record, plan: Plan, as_of: date, compared: Compared) -> None:
    periods = list({one.name: one for one in _periods(plan, as_of)}.values())
    rulebook = record.rulebooks[season.rulebook.code]
    asked = [Stretch(one.kind.value, one.name, one.from_day, one.to_day) for one in periods]
    totals = record.scores(record.plans[plan.code], rulebook, asked, as_of)
    members = record.members()
    for one in periods:
        compared.kinds.add(one.kind)
        whole = Institution(season.log)
        explained = explain(season.rulebook, plan, season.evidence, one, as_of, whole=whole)
        tallies = tallied(explained, begun=as_of >= plan.issued_on).tallies
        where = f"{season.log} {plan.code} {one.name} {as_of}"
        subjects = {"" if tally.subject.whole else tally.subject.code for tally in tallies}
        if subjects != {subject for name, subject in totals if name == one.name}:
            compared.differences.append(f"{where}: other institutions")
            continue
        for tally in tallies:
            subject = "" if tally.subject.whole else tally.subject.code
            total = totals[one.name, subject]
            told = _told(tally), _recomputed(total)
            compared.differences += _unlike(f"{where} {subject}", *told)
            if subject:
                for measured in explained[tally.subject]:
                    code = measured.indicator.code
                    _count(compared.met[code], measured)
                    own, theirs = _sorted(measured), members.get((one.name, subject, code), {})
                    compared.differences += _unlike(f"{where} {subject} {code}", own, theirs)
            for score in tally.indicators:
                compared.met[score.code][score.standing.en] += 1
                compared.met[score.code]["counted"] += score.numerator > 0
                compared.met[score.code]["missed"] += score.numerator < score.denominator


def _unlike(where: str, own: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    return [
        f"{where} {key}: {own.get(key)} in the product, {theirs.get(key)} in SQL"
        for key in sorted({*own, *theirs})
        if own.get(key) != theirs.get(key)
    ]


def _told(tally: Tally) -> dict[str, object]:
    """All numbers of a tally, by name."""
    sums: dict[str, object] = {
        "points": tally.points, "possible": tally.possible,
        "per_cent": recomputation.rounded(100 * tally.points / tally.possible) if tally.possible else None,
    }  # fmt: skip
    return sums | {one.code: _numbers(one) for one in tally.indicators}


def _numbers(one: IndicatorScore) -> tuple[object, ...]:
    return (
        one.standing.value, one.numerator, one.denominator, one.excluded, one.unadjusted_numerator,
        one.unadjusted_denominator, one.rate, one.unadjusted_rate, one.reached,
        None if one.points is None else Fraction(one.points.exact), one.taken_over,
    )  # fmt: skip


def _recomputed(total: recomputation.Total) -> dict[str, object]:
    sums: dict[str, object] = {"points": total.points, "possible": total.possible, "per_cent": total.per_cent}
    return sums | {code: _found(one) for code, one in total.indicators.items()}


def _found(one: Found) -> tuple[object, ...]:
    return (
        one.standing, one.numerator, one.denominator, one.excluded, one.unadjusted_numerator,
        one.unadjusted_denominator, one.rate, one.unadjusted_rate, one.reached, one.points, one.taken_over,
    )  # fmt: skip


def _sorted(measured: Measured) -> dict[str, object]:
    """The members of an indicator by their names: counted, missed, or why they are left out."""
    counted = {item.key for item in measured.numerator}
    members: dict[str, object] = {item.key: "" for item in measured.denominator}
    if measured.indicator.denominator is None:
        return {}
    same = measured.indicator.numerator.table == measured.indicator.denominator.table
    return {
        **{key: "counted" if same and key in counted else "" for key in members},
        **{item.key: why.code for why, item in measured.excluded},
    }


def _count(met: Counter[str], measured: Measured) -> None:
    for why, _ in measured.excluded:
        met[why.code] += 1
