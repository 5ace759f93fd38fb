"""Several plans in force at once, as pages show them. Both sub-districts and all that is in them are invented."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

from services.assessment.commands import AdoptPlan, PublishScores
from services.assessment.rules.plan_file import load_plan
from shared.contracts.assessment import PeriodKind
from tests.web.campaign import Campaign, adopt_plan, day, join, opened, signed_in

OTHER = load_plan(Path(__file__).parents[1] / "fixtures" / "plan-other.yaml")
OURS = load_plan()


def ask(data: Path, *paths: str, publish: bool = False) -> list[tuple[int, str]]:
    """Status and text of each page, in a log where both plans are in force."""
    found: list[tuple[int, str]] = []

    async def work() -> None:
        async with opened(data) as (node, app):
            made = Campaign(node)
            await adopt_plan(made)
            await made.send(AdoptPlan(plan=OTHER, author="领导小组办公室", reason="印发"), day("06-11"))
            await join(made, 1, "虚构社区")
            await made.settle()
            if publish:
                command: Any = PublishScores(
                    plan=OURS.code, rulebook="default", period_kind=PeriodKind.MONTH, period="2015-06",
                    as_of=date(2015, 7, 6),
                )  # fmt: skip
                await made.send(command, day("07-07"))
                await made.settle()
            async with signed_in(node, app, language="en") as client:
                for path in paths:
                    answer = await client.get(path)
                    found.append((answer.status_code, answer.text))

    asyncio.run(work())
    return found


def test_a_reader_is_shown_the_day_s_plan_and_may_choose_the_other(tmp_path: Path) -> None:
    (_, home), (_, board), (_, clauses), (_, ours), (nothing, _), (clause, _) = ask(
        tmp_path, "/", "/scores", "/clauses", f"/clauses?plan={OURS.code}", "/clauses?plan=nothing", "/clauses/3.2.1"
    )
    for page in (home, board, clauses):  # both are over: the later one is nearer to today
        assert f'<b aria-current="true">{OTHER.title}</b>' in page
        assert f'<a href="?plan={OURS.code}">{OURS.title}</a>' in page
    assert f'<b aria-current="true">{OURS.title}</b>' in ours
    assert "Mobilisation meeting" in clauses
    assert "The plan, clause by clause" not in clauses, "its clauses are numbered by its own document"
    assert "The plan, clause by clause" in ours
    assert nothing == 404
    assert clause == 200


def test_a_plan_of_another_document_is_shown_in_the_order_of_its_own_clauses_with_its_oddities(tmp_path: Path) -> None:
    ((_, page),) = ask(tmp_path, f"/clauses?plan={OTHER.code}")
    places = [page.index(f"<td>{clause}</td>") for clause in ("1.1", "1.2", "1.3", "1.4", "1.10", "2.1", "2.2", "3")]
    assert places == sorted(places)
    assert "due on a day that is not worked" in page
    assert OTHER.anomalies[1].note_en in page


def test_scores_are_those_that_were_published_under_the_plan_that_is_shown(tmp_path: Path) -> None:
    publication = "month-2015-06.2015-07-06"
    (_, other), (_, ours), (_, named) = ask(
        tmp_path, "/scores", f"/scores?plan={OURS.code}", f"/scores?publication={publication}", publish=True
    )
    assert "Provisional" in other
    assert publication not in other
    for page in (ours, named):
        assert "Provisional" not in page
        assert publication in page
        assert f'<b aria-current="true">{OURS.title}</b>' in page


def test_the_schemas_of_what_an_office_writes_are_served(tmp_path: Path) -> None:
    (plan, text), (rulebook, _), (nothing, _) = ask(
        tmp_path, "/schemas/plan.json", "/schemas/rulebook.json", "/schemas/nothing.json"
    )
    assert (plan, rulebook, nothing) == (200, 200, 404)
    assert '"$id":"/schemas/plan.json"' in text
