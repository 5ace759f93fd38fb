"""The script that goes into a bundle agrees with every row of evidence, every number of every indicator, and every
published score, on seasons that are made up."""

import ast
import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from services.assessment.evidence.items import TABLES, Fields, Item
from services.assessment.evidence.tables import tables
from services.assessment.rescoring.script import script
from services.assessment.rules.filters import Frame
from services.assessment.rules.periods import period, span
from services.assessment.rules.rulebook import faults
from services.assessment.rules.rulebook_file import load_rulebook
from services.assessment.scoring.exact import figure
from services.assessment.scoring.measuring import Institution, Measured, Tally, sorted_out, tallied
from shared.calendar import Calendar
from shared.contracts.assessment import Period, PeriodKind, Plan, ScorePublished, ScoreRestated
from tests.recomputed.asking import rulebooks_asking
from tests.recomputed.bundles import bundle
from tests.recomputed.recomputation import (
    RESCORE,
    Documents,
    members_of,
    read,
    record_of,
    rows_of,
    working_days,
)
from tests.recomputed.seasons import Season, played, scenario

SEASONS = (0, 1, 2, 3, 7)
"""Those that a push waits for: together they hold all that is asked for below, one of them two communities. `make
test-long` has the others."""
MANY, AT_ONCE = 200, 8
RULEBOOK = load_rulebook()
CODES = [one.code for one in RULEBOOK.indicators]
ONLY_COUNTS = {one.code for one in RULEBOOK.indicators if one.denominator is None}


@dataclass(slots=True)
class Compared:
    """What came of comparing some seasons."""

    differences: list[str] = field(default_factory=list)
    met: Mapping[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By indicator, how often it was measured, missed, left out …"""
    kinds: set[PeriodKind] = field(default_factory=set)
    rows: Counter[str] = field(default_factory=Counter)
    """How many rows of each table were compared."""


@pytest.fixture(scope="module")
def seasons(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Season]:
    return asyncio.run(played(tmp_path_factory.mktemp("recomputed"), [scenario(n) for n in SEASONS]))


@pytest.fixture(scope="module")
def compared(seasons: Sequence[Season]) -> Compared:
    return _compared(seasons)


def test_every_row_and_number_is_the_same_when_it_is_computed_in_sql_from_the_record_alone(compared: Compared) -> None:
    assert compared.differences == []
    assert compared.kinds == set(PeriodKind)


def test_every_table_of_evidence_is_put_to_the_test(compared: Compared) -> None:
    assert all(compared.rows[name] > 0 for name in TABLES)


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


@pytest.mark.parametrize("number", range(len(SEASONS)))
def test_every_published_score_is_recomputed_from_a_bundle(
    seasons: Sequence[Season], number: int, tmp_path: Path
) -> None:  # fmt: skip
    assert _rescored(seasons[number], tmp_path / "season.zip") == (0, True)


def test_every_question_that_a_rulebook_may_ask_is_answered_alike(seasons: Sequence[Season]) -> None:
    season = max(seasons, key=lambda one: len(one.events))
    events = read(season.events)
    record, documents, as_of = record_of(events), Documents(events), date(2015, 10, 20)
    plan = season.plans[0]
    one, asked = (
        period(PeriodKind.QUARTER, "2015-Q3", plan), RESCORE.period_of("quarter", "2015-Q3", documents.plans[plan.code])
    )  # fmt: skip
    rows = tables(season.evidence, plan, one, as_of)
    differences = []
    for rulebook in rulebooks_asking(rows):
        assert list(faults(rulebook)) == []
        totals = record.scores(documents.plans[plan.code], to_builtins(rulebook), [asked], as_of.isoformat())
        frame = Frame(one, as_of, plan.issued_on, rulebook.grace_days)
        explained = sorted_out(rulebook, rows, frame, whole=Institution(season.log))
        for tally in tallied(explained, begun=True).tallies:
            total = totals[asked.name, "" if tally.subject.whole else tally.subject.code]
            differences += _unlike(tally.subject.code, _told(tally), _by_name(total.as_published()))
    assert differences == []


def test_the_script_knows_the_tables_that_a_rulebook_may_name() -> None:
    kinds = {date: "day", str: "word", int: "whole", bool: "truth"}
    assert {name: {one: kinds[of] for one, of in fields.items()} for name, fields in TABLES.items()} == RESCORE.TABLES


def test_the_script_shares_no_code_with_the_product_and_needs_the_standard_library_alone() -> None:
    tree = ast.parse(script(), feature_version=(3, 9))
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names
    assert "sqlite3" in named


def test_the_working_calendar_in_sql_is_the_state_councils() -> None:
    """Two lists of the same public notices, made apart."""
    record, first = record_of([]), date(2015, 1, 1)
    for known_on in (date(2015, 3, 1), date(2015, 7, 1), date(2015, 12, 9), date(2016, 2, 1), date(2016, 12, 1)):
        known, told = Calendar(known_on), working_days(record, known_on.isoformat(), first.isoformat())
        days = [first + timedelta(days=n) for n in range((known_on - first).days + 365)]
        assert [known.works(day) for day in days] == [told[day.isoformat()] for day in days]


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY, AT_ONCE))
def test_hundreds_of_seasons_agree_as_well(tmp_path: Path, first: int) -> None:
    batch = asyncio.run(played(tmp_path, [scenario(n) for n in range(first, first + AT_ONCE)]))
    assert _compared(batch).differences == []
    assert {_rescored(one, tmp_path / f"{one.log}.zip") for one in batch} == {(0, True)}


def _rescored(season: Season, out: Path) -> tuple[int, bool]:
    """The script's exit code on a bundle of a season, and whether something was published and restated in it."""
    written = bundle(out, season.log, season.events, season.enclosed)
    kinds = {event["type"] for event in read(season.events)}
    return RESCORE.main([str(written)]), {ScorePublished.NAME, ScoreRestated.NAME} <= kinds


# comparing ------------------------------------------------------------------------------------------------------------


def _compared(seasons: Sequence[Season]) -> Compared:
    compared = Compared()
    for season in seasons:
        events = read(season.events)
        record, documents = record_of(events), Documents(events)
        for plan in season.plans:
            for as_of in _days(season, plan):
                _compare(season, record, documents, plan, as_of, compared)
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


def _compare(
    season: Season, record: Any, documents: Documents, plan: Plan, as_of: date, compared: Compared
) -> None:  # fmt: skip
    periods = list({one.name: one for one in _periods(plan, as_of)}.values())
    asked = {one: RESCORE.period_of(one.kind.value, one.name, documents.plans[plan.code]) for one in periods}
    assert all(days[2:] == (one.from_day.isoformat(), one.to_day.isoformat()) for one, days in asked.items())
    rulebook = documents.rulebooks[season.rulebook.code]
    totals = record.scores(documents.plans[plan.code], rulebook, list(asked.values()), as_of.isoformat())
    members, rows = members_of(record), _rows(record)
    for one in periods:
        compared.kinds.add(one.kind)
        where, name = f"{season.log} {plan.code} {one.name} {as_of}", asked[one].name
        whole = Institution(season.log)
        own_rows = tables(season.evidence, plan, one, as_of)
        _compare_rows(where, own_rows, rows[name], compared)
        frame = Frame(one, as_of, plan.issued_on, season.rulebook.grace_days)
        explained = sorted_out(season.rulebook, own_rows, frame, whole=whole)
        tallies = tallied(explained, begun=as_of >= plan.issued_on).tallies
        subjects = {"" if tally.subject.whole else tally.subject.code for tally in tallies}
        if subjects != {subject for of, subject in totals if of == name}:
            compared.differences.append(f"{where}: other institutions")
            continue
        for tally in tallies:
            subject = "" if tally.subject.whole else tally.subject.code
            compared.differences += _unlike(
                f"{where} {subject}", _told(tally), _by_name(totals[name, subject].as_published())
            )
            if subject:
                for measured in explained[tally.subject]:
                    code = measured.indicator.code
                    _count(compared.met[code], measured)
                    own, theirs = _sorted(measured), members.get((name, subject, code), {})
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


# rows -----------------------------------------------------------------------------------------------------------------

Rows = Mapping[str, Mapping[str, Mapping[str, object]]]
"""By table and key."""


def _rows(record: Any) -> Mapping[str, Rows]:
    """The evidence as the script has it, by the period's name."""
    found: dict[str, dict[str, dict[str, Mapping[str, object]]]] = defaultdict(lambda: defaultdict(dict))
    for table, fields in TABLES.items():
        for row in rows_of(record, table):
            values = {name: _value(row[name], of) for name, of in fields.items()}
            told = {**values, "community": row["community"], "taken over": bool(row["taken_over"])}
            found[row["period"]][table][row["member"]] = told
    return found


def _value(value: Any, of: type) -> object:
    if value is None:
        return None
    return date.fromisoformat(value) if of is date else bool(value) if of is bool else value


def _compare_rows(where: str, own: Mapping[str, Sequence[Item]], theirs: Rows, compared: Compared) -> None:
    for table, items in own.items():
        known = {item.key: _row(item) for item in items if item.counts}
        compared.rows[table] += len(known)
        told = theirs[table]
        for key in sorted({*known, *told}):
            compared.differences += _unlike(f"{where} {table} {key}", known.get(key, {}), told.get(key, {}))


def _row(item: Item) -> Mapping[str, object]:
    fields: Fields = {name: item.fields[name] for name in TABLES[item.table]}
    return {**fields, "community": item.community, "taken over": item.taken_over}


# numbers --------------------------------------------------------------------------------------------------------------


def _told(tally: Tally) -> dict[str, object]:
    """A tally as it is published, by number; those of an indicator together, by its code."""
    return _by_name(
        {
            "points": to_builtins(figure(tally.points)), "possible": to_builtins(figure(tally.possible)),
            "per_cent": tally.per_cent, "rankable": tally.rankable,
            "indicators": [to_builtins(one) for one in tally.indicators],
        }
    )  # fmt: skip


def _by_name(score: Mapping[str, Any]) -> dict[str, object]:
    indicators = score["indicators"]
    return {
        **score, "indicators": [one["code"] for one in indicators], **{one["code"]: one for one in indicators},
    }  # fmt: skip


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
