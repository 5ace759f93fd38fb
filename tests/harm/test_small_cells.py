"""Rule 4, first half: what anybody may see keeps small numbers back, and nobody can work them out."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from services.assessment.commands import PublishScores
from services.assessment.public.figures import Publication, Row, Version, quarters
from services.assessment.public.suppression import SPAN, THRESHOLD, Shown, span, suppress, with_totals
from services.installation import SERVICES
from services.intake.commands import CorrectCase, VoidCase
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import DisputeType
from shared.web.documents import openapi
from tests.harm.invented import NAME, PHONE
from tests.harm.linear import Cell, Known, range_of
from tests.harm.office import COMMUNITY, Office, office, person
from tests.web.campaign import LOG, adopt_plan, day
from tests.web.test_documents import check

Counts = list[list[int]]


def occurring(counts: Counts) -> Counts:
    """Of a table, the rows and columns that count something: the page tells no others."""
    columns = [j for j, column in enumerate(zip(*counts, strict=True)) if any(column)]
    return [[row[j] for j in columns] for row in counts if any(row)]


COUNTS = st.one_of(st.just(0), st.just(1), st.integers(0, 2 * THRESHOLD), st.integers(0, 60))
TABLES = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda size: st.lists(st.lists(COUNTS, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0])
    .map(occurring)
    .filter(bool)
)  # fmt: skip


# the numbers --------------------------------------------------------------------------------------------------------


def known_of(full: Shown) -> Known:
    """What somebody knows of each count who knows the rule, and has even been told which ones are small: a small one is
    below the threshold, and no total is nought, as no community or type is told in which nothing was."""

    def of(i: int, j: int, count: int) -> tuple[int, int | None]:
        if count >= THRESHOLD:
            return THRESHOLD, None
        return int(i == len(full) - 1 or j == len(full[0]) - 1), THRESHOLD - 1

    return {(i, j): of(i, j, count) for i, row in enumerate(full) for j, count in enumerate(row) if count is not None}


def small(full: Shown) -> list[Cell]:
    cells = [(i, j, count) for i, row in enumerate(full) for j, count in enumerate(row)]
    return [(i, j) for i, j, count in cells if count is not None and count < THRESHOLD]


def assert_kept_back(counts: Counts) -> None:
    """Each small count is hidden, and could be any of enough numbers. Of a table of which nothing at all is shown
    nobody can be told more than that."""
    full, shown = with_totals(counts), suppress(counts)
    if not any(count is not None for row in shown for count in row):
        assert small(full)
        return
    for i, j in small(full):
        assert shown[i][j] is None
        least, largest = range_of(shown, (i, j), known_of(full))
        assert largest is not None
        assert 0 <= least <= full[i][j] <= largest < THRESHOLD
        assert largest - least >= SPAN, (i, j)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_no_small_count_can_be_worked_out_by_who_knows_the_rule(counts: Counts) -> None:
    assert_kept_back(counts)


@given(TABLES)
def test_no_small_count_is_shown_and_what_is_shown_is_true(counts: Counts) -> None:
    full, shown = with_totals(counts), suppress(counts)
    for true, told in zip(full, shown, strict=True):
        for count, cell in zip(true, told, strict=True):
            assert cell is None or THRESHOLD <= cell == count


@given(TABLES)
def test_a_table_without_small_counts_is_shown_whole(counts: Counts) -> None:
    large = [[count + THRESHOLD for count in row] for row in counts]
    assert suppress(large) == with_totals(large)


@settings(max_examples=60, deadline=None)
@given(TABLES, st.data())
def test_how_wide_a_gap_is_is_what_the_equations_say(counts: Counts, data: st.DataObject) -> None:
    """The flow that the product reckons with, against the simplex of the test, with any cells hidden."""
    full = with_totals(counts)
    cells = [(i, j) for i, row in enumerate(full) for j, _ in enumerate(row)]
    hidden = data.draw(st.sets(st.sampled_from(cells), min_size=1))
    shown = [[None if (i, j) in hidden else count for j, count in enumerate(row)] for i, row in enumerate(full)]
    for cell in hidden & set(small(full)):
        least, largest = range_of(shown, cell, known_of(full))
        assert largest is not None
        assert span(full, hidden, cell) == largest - least


SIX_ONES = [[1, 1, 1, 1, 1, 1], [9, 0, 7, 12, 0, 5], [6, 8, 0, 5, 30, 2]]


def test_six_small_counts_of_a_total_of_six_are_not_six_ones() -> None:
    """Were noughts shown, each hidden count would be one at least, and so exactly one."""
    full, shown = with_totals(SIX_ONES), suppress(SIX_ONES)
    assert shown[0] == (None,) * 6 + (6,)
    noughts_told = {cell: (1, most) if full[cell[0]][cell[1]] else (0, 0) for cell, (_, most) in known_of(full).items()}
    assert range_of(shown, (0, 0), noughts_told) == (Fraction(1), Fraction(1))
    assert_kept_back(SIX_ONES)


@pytest.mark.parametrize(
    "counts",
    [
        [[1, 1, 1, 1, 1, 1]],  # the only community: each type has one case at least
        [[4, 4, 4], [9, 9, 9]],  # a total that only the largest of small counts make
        [[0, 0, 5], [9, 9, 9]],  # noughts beside a count that is all of its total
        [[4, 0], [0, 4], [50, 50]],
    ],
)
def test_a_total_that_tells_its_small_counts_is_kept_back(counts: Counts) -> None:
    full, shown = with_totals(counts), suppress(counts)
    alone = [[None if count < THRESHOLD else count for count in row] for row in full]
    assert any(_spread(alone, cell, full) < SPAN for cell in small(full)), "hiding small counts alone does not do"
    assert shown != tuple(map(tuple, alone))
    assert_kept_back(counts)


def _spread(shown: Any, cell: Cell, full: Shown) -> Fraction:
    least, largest = range_of(shown, cell, known_of(full))
    assert largest is not None
    return largest - least


def test_large_tables_are_done_in_good_time_and_right() -> None:
    counts = [[(7 * i * j + 3 * i + j) % 11 if (i + j) % 3 else 0 for j in range(1, 16)] for i in range(1, 31)]
    full, shown = with_totals(counts), suppress(counts)
    hidden = {(i, j) for i, row in enumerate(shown) for j, count in enumerate(row) if count is None}
    assert hidden >= set(small(full))
    assert all(span(full, hidden, cell) >= SPAN for cell in small(full))
    assert sum(count is not None for row in shown for count in row) > len(hidden) / 2, "what can be told is told"


# the editions -------------------------------------------------------------------------------------------------------


PLACES, TYPES = ("410105010001", "410105010002", "410105010003"), tuple(DisputeType)[:3]
FIRST_DAY = date(2015, 4, 1)


@st.composite
def histories(draw: Any) -> tuple[list[Row], list[Publication]]:
    """Cases with their corrections, and publications, as a log may hold them: each at a position of its own."""
    moments = list(range(draw(st.integers(10, 60))))
    cases: list[list[Version]] = []
    publications: list[Publication] = []
    for position in moments:
        reported_on = FIRST_DAY + timedelta(days=draw(st.integers(0, 250)))
        version = Version(
            position=position, community=draw(st.sampled_from(PLACES)), dispute_type=draw(st.sampled_from(TYPES)),
            reported_on=reported_on, counts=draw(st.booleans()),
        )  # fmt: skip
        what = draw(st.sampled_from(["case", "case", "case", "change", "publish"]))
        if what == "publish":
            publications.append(Publication(position, reported_on))
        elif what == "change" and cases:
            cases[draw(st.integers(0, len(cases) - 1))].append(version)
        else:
            cases.append([version])
    return [Row(tuple(versions)) for versions in cases], publications


@settings(max_examples=80, deadline=None)
@given(histories(), st.integers(0, 60))
def test_an_edition_once_given_never_changes(history: tuple[list[Row], list[Publication]], upto: int) -> None:
    """Whatever the log takes later: else a late case would be the difference between what was shown and what is."""
    cases, publications = history
    earlier = [
        Row(versions) for row in cases if (versions := tuple(one for one in row.versions if one.position <= upto))
    ]  # fmt: skip
    before = quarters([one for one in publications if one.position <= upto], earlier)
    now = {quarter.name: quarter for quarter in quarters(publications, cases)}
    assert [now.get(quarter.name) for quarter in before] == before


def test_a_quarter_that_is_not_over_is_not_told() -> None:
    case = Row((Version(position=0, community=PLACES[0], dispute_type=TYPES[0], reported_on=date(2015, 7, 1)),))
    assert quarters([Publication(1, date(2015, 9, 29))], [case]) == []
    assert [one.name for one in quarters([Publication(1, date(2015, 9, 30))], [case])] == ["2015-Q3"]


# over HTTP ----------------------------------------------------------------------------------------------------------


def run(play: Callable[[Office], Any], data: Path) -> None:
    async def whole() -> None:
        async with office(data) as made:
            await play(made)

    asyncio.run(whole())


PUBLISH = PublishScores(
    plan="dongfeng-2015-28",
    rulebook="default",
    period_kind=PeriodKind.QUARTER,
    period="2015-Q2",
    as_of=date(2015, 6, 30),
)


async def public(made: Office) -> Any:
    answer = await made.web.get(f"/public/{LOG}.json")
    assert answer.status_code == 200
    return answer.json()


def test_a_stranger_sees_figures_of_communities_and_no_small_one(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        await adopt_plan(made.campaign)
        made_cases = [await made.case(person(NAME, PHONE)) for _ in range(THRESHOLD - 1)]
        assert (await public(made))["quarters"] == []
        await made.campaign.send(PUBLISH, day("07-02"))
        told = await public(made)
        document = openapi(SERVICES)
        answer = document["paths"]["/public/{log}.json"]["get"]["responses"]["200"]
        check(document, answer["content"]["application/json"]["schema"], told)
        (quarter,) = told["quarters"]
        assert quarter["communities"] == [{"code": COMMUNITY, "name": "虚构社区"}]
        assert quarter["counts"] == [[None, None], [None, None]]
        page = await made.web.get(f"/public/{LOG}", headers={"accept": "text/html"})
        assert page.status_code == 200
        for text in (page.text, json.dumps(told, ensure_ascii=False)):
            assert not [secret for secret in (NAME, PHONE, *made_cases) if secret in text]
            assert "sealed:" not in text
        links = set(re.findall(r'href="([^"?]+)', page.text))
        assert {link for link in links if link.startswith("/")} <= {
            "/", f"/public/{LOG}.json", "/record#verify", "/policy", *re.findall(r'"(/static/[^"?]+)', page.text)
        }, "nothing leads from here to a case"  # fmt: skip

    run(play, tmp_path)


def test_what_comes_later_changes_no_figure_that_was_shown(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        await adopt_plan(made.campaign)
        cases = [await made.case(person(NAME)) for _ in range(THRESHOLD)]
        await made.campaign.send(PUBLISH, day("07-02"))
        before = await public(made)
        assert before["quarters"][0]["counts"] == [[THRESHOLD, THRESHOLD], [THRESHOLD, THRESHOLD]]
        await made.case(person(NAME))  # of the same quarter, entered late
        await made.campaign.send(VoidCase(reason="误登"), day("07-03"), cases[0])
        await made.campaign.send(CorrectCase(reason="误填", dispute_type=DisputeType.OTHER), day("07-03"), cases[1])
        await made.campaign.settle()
        again = replace(PUBLISH, period_kind=PeriodKind.MONTH, period="2015-06", as_of=date(2015, 7, 3))
        await made.campaign.send(again, day("07-04"))
        assert await public(made) == before

    run(play, tmp_path)


def test_only_a_sub_district_that_is_there_has_figures_and_only_all_of_them(tmp_path: Path) -> None:
    """Figures of a part, or of another day, would be differences to work with."""
    absent = ("410105099", "410105010.access", "410105010001", "x", "4101050１0")
    parts = ("community", "quarter", "as_of", "type", "at_least", "format", "from", "grid")

    async def play(made: Office) -> None:
        for ending in ("", ".json"):
            for log in absent:
                assert (await made.web.get(f"/public/{log}{ending}")).status_code == 404
            for name in parts:
                answer = await made.web.get(f"/public/{LOG}{ending}", params={name: "1"})
                assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")

    run(play, tmp_path)


OPEN_TO_ALL = {
    "/openapi.json", "/asyncapi.json", "/schemas/{type}.json", "/-/health/live", "/-/health/ready", "/-/metrics",
    "/-/policy.json", "/policy", "/static/{name}", "/sign-in", "/sign-out", "/public/{log}", "/public/{log}.json",
    "/intake/residents/session", "/sign-in/factor", "/sign-in/oidc", "/sign-in/oidc/callback",
}  # fmt: skip
"""All that needs no sign-in: documents, health, the ways in, and the one page of figures."""


def test_every_other_address_refuses_the_public(tmp_path: Path) -> None:
    async def play(made: Office) -> None:
        await made.case(person(NAME, PHONE))
        refused = set()
        for route in made.app.routes:
            assert isinstance(route, Route)
            if route.path in OPEN_TO_ALL or "commands" in route.path:
                continue
            path = re.sub(r"{\w+:int}", "0", route.path).replace("{name}", "cases").replace("{clause}", "5.1")
            for method in (route.methods or set()) - {"HEAD"}:
                answer = await made.web.request(method, re.sub(r"{\w+}", "x", path), json={"purpose": "visit"})
                assert answer.status_code == 401, (method, route.path)
                refused.add(route.path)
        assert len(refused) > 20
        for service in SERVICES:
            for ledger in service.ledgers:
                for form in ("json", "csv", "xlsx"):
                    answer = await made.web.get(f"/{service.name}/ledgers/{ledger.name}", params={"format": form})
                    assert answer.status_code == 401

    run(play, tmp_path)


def test_the_public_numbers_of_the_system_say_nothing_of_cases(tmp_path: Path) -> None:
    """The metrics are open too: they count events of a log, and no kind of case, community or person."""

    async def play(made: Office) -> None:
        case = await made.case(person(NAME, PHONE))
        text = (await made.web.get("/-/metrics")).text
        labels = set(re.findall(r'[{,](\w+)="', text))
        assert labels <= {"log", "ledger", "service", "outcome", "code", "shard"}
        assert not [one for one in (case, COMMUNITY, NAME, PHONE, "neighbours") if one in text]

    run(play, tmp_path)
