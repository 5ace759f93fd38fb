"""What if other rules applied: over HTTP and as a page, on a real node with an invented campaign (synthetic)."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assessment.commands import AdoptRulebook, AmendPlan, PublishScores
from services.assessment.ledgers.scores import LEDGER
from services.assessment.plan_file import load_plan
from services.assessment.rulebook_file import load_rulebook
from shared.contracts.assessment import PeriodKind, RankUse
from shared.contracts.codes import Role
from shared.contracts.frozen import replace
from shared.runtime import Node
from tests.web.campaign import LOG, OTHER_LOG, SECRETS, Campaign, client_of, day, fill, opened, signed_in

PUBLICATION = "phase-2.2015-08-10"
ASKED = {"period_kind": "phase", "period": "2", "as_of": "2015-08-10"}
TARGET = "0.5"


class Asking:
    """A node with an invented campaign and other rules in force, asked from outside."""

    def __init__(self, runner: asyncio.Runner, node: Node, app: Any, made: Campaign) -> None:
        self._runner, self.node, self._app, self.made = runner, node, app, made

    def __call__(
        self, path: str, role: Role | None = Role.OFFICE, /, language: str = "en", **query: str
    ) -> httpx.Response:
        accept = "application/json" if path.startswith("/assessment") else "text/html"

        async def ask() -> httpx.Response:
            client = client_of(self._app) if role is None else signed_in(self.node, self._app, role, language=language)
            async with client:
                return await client.get(path, params=query, headers={"accept": accept})

        return self._runner.run(ask())

    def json(self, **query: str) -> dict[str, Any]:
        answer = self("/assessment/what-if", Role.OFFICE, **{**ASKED, **query})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        node, app = runner.run(stack.enter_async_context(opened(tmp_path_factory.mktemp("what-if"))))
        made = runner.run(fill(node))
        runner.run(adopt_others(made))
        yield Asking(runner, node, app, made)
        runner.run(stack.aclose())


async def adopt_others(made: Campaign) -> None:
    """A second version of the rulebook, an easier one of its own that ranks nobody, and an amended plan."""
    book, plan = load_rulebook(), load_plan()
    easier = tuple(replace(one, target=TARGET) if one.code == "resolve_rate" else one for one in book.indicators)
    unranked = replace(book, code="easier", indicators=easier, ranks=RankUse.NOBODY)
    for other in (replace(book, grace_days=book.grace_days + 1), unranked):
        await made.send(AdoptRulebook(rulebook=other, author="领导小组办公室", reason="试行"), day("08-12"))
    stricter = replace(plan, cadences=tuple(replace(one, due_day=1) for one in plan.cadences))
    await made.send(AmendPlan(plan=stricter, author="领导小组办公室", reason="调整"), day("08-12"))
    later = PublishScores(
        plan=plan.code, rulebook="easier", period_kind=PeriodKind.MONTH, period="2015-07", as_of=day("08-12").date()
    )
    await made.send(later, day("08-12"))
    await made.settle()


# over HTTP ------------------------------------------------------------------------------------------------------------


def test_both_numbers_of_what_differs_are_answered_with_the_reason(asked: Asking) -> None:
    body = asked.json(rulebook="default@1", other_rulebook="easier", plan="dongfeng-2015-28@1")
    assert "what-if" in body["note_en"]
    assert (body["before"]["rulebook"], body["before"]["rulebook_version"]) == ("default", 1)
    assert (body["after"]["rulebook"], body["after"]["rulebook_version"]) == ("easier", 1)
    assert {one["at"]: one["after"] for one in body["rulebook"]} == {
        "code": "easier", "ranks": "nobody", "indicators.resolve_rate.target": TARGET,
    }  # fmt: skip
    assert body["plan"] == []
    assert [one["community"] for one in body["institutions"]] == [LOG, *(f"{LOG}00{n}" for n in range(1, 6))]
    differing = [compared for one in body["institutions"] for compared in one["indicators"]]
    assert {one["code"] for one in differing} == {"resolve_rate"}
    for one in differing:
        assert (one["before"]["numerator"], one["before"]["denominator"]) == (
            one["after"]["numerator"], one["after"]["denominator"]
        )  # fmt: skip
        assert (one["before"]["target"], one["after"]["target"]) == ("0.9", TARGET)
        assert one["moved"] == []


def test_at_a_publication_s_position_the_one_side_is_what_was_published(asked: Asking) -> None:
    with asked.node.look("assessment", LOG) as look:
        rows = {row.community: row for row in look.rows(LEDGER, publication=PUBLICATION)}
    position = next(iter(rows.values())).evidence_position
    body = asked.json(
        plan="dongfeng-2015-28@1",
        rulebook="default@1",
        other_plan="dongfeng-2015-28@2",
        position=str(position),
        all="true",
    )
    assert body["position"] == position
    for one in body["institutions"]:
        row = rows[one["community"]]
        assert one["before"]["points"]["exact"] == row.points.exact
        told = {compared["code"]: compared["before"] for compared in one["indicators"]}
        assert {code: (said["numerator"], said["denominator"]) for code, said in told.items()} == {
            known.code: (known.numerator, known.denominator) for known in row.indicators
        }
    moved = [
        member for one in body["institutions"] for compared in one["indicators"] for member in compared["moved"]
        if compared["code"] == "minutes_on_time"
    ]  # fmt: skip
    assert moved
    for member in moved:
        assert (member["before"]["part"], member["after"]["part"]) == ("numerator", "denominator")
        assert max(member["positions"]) <= position


def test_the_same_rules_differ_in_nothing(asked: Asking) -> None:
    body = asked.json()
    assert (body["plan"], body["rulebook"]) == ([], [])
    assert all(one["indicators"] == [] and one["change"]["exact"] == "0/1" for one in body["institutions"])
    assert body["before"] == body["after"], "the newest of both"
    assert (body["before"]["rulebook"], body["before"]["plan_version"]) == ("easier", 2)


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"period_kind": "week"}, 400, "bad_parameter", "period_kind"),
        ({"period": ""}, 400, "bad_parameter", "period"),
        ({"as_of": "2199-01-01"}, 400, "bad_parameter", "as_of"),
        ({"publish": "yes"}, 400, "bad_parameter", "publish"),
        ({"position": "x"}, 400, "bad_parameter", "position"),
        ({"period": "9"}, 422, "unknown_period", "period"),
        ({"position": "999999"}, 422, "beyond_the_end", "position"),
        ({"other_rulebook": "harder"}, 422, "unknown_edition", "other_rulebook"),
        ({"other_plan": "dongfeng-2015-28@3"}, 422, "unknown_edition", "other_plan"),
        ({"as_of": "2015-06-01"}, 422, "period_not_begun", "as_of"),
    ],
)
def test_what_cannot_be_reckoned_is_refused_by_name(
    asked: Asking, query: dict[str, str], status: int, code: str, field: str
) -> None:
    answer = asked("/assessment/what-if", Role.OFFICE, **{**ASKED, **query})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)


def test_only_those_who_weigh_rules_are_answered_and_of_their_own_log(asked: Asking) -> None:
    for role, status in ((Role.LEADER, 200), (Role.AUDITOR, 200), (Role.CLERK, 403), (Role.OFFICER, 403), (None, 401)):
        assert asked("/assessment/what-if", role, **ASKED).status_code == status
    assert asked("/assessment/what-if", Role.OFFICE, **ASKED, log=OTHER_LOG).status_code == 403
    assert asked("/what-if", Role.CLERK).status_code == 403


def test_nothing_is_appended_by_asking(asked: Asking) -> None:
    before = asked.node.storage.log.size(LOG)
    asked.json(other_rulebook="default@1")
    asked("/what-if", other_rulebook="default@1")
    assert asked.node.storage.log.size(LOG) == before


# the page -------------------------------------------------------------------------------------------------------------


def test_the_page_shows_both_numbers_and_the_rows_that_moved(asked: Asking) -> None:
    page = asked("/what-if", publication=PUBLICATION, other_plan="dongfeng-2015-28@2").text
    assert "A what-if: what the same record would give" in page
    assert "cadences.monthly_meeting.due_day" in page
    assert "in the numerator → in the denominator only" in page
    assert re.search(r'<b class="less">-[0-9.]+</b>', page)
    assert page.count("<h2 id=") >= 2
    for position in {int(found) for found in re.findall(r'href="/record/(\d+)"', page)}:
        assert position < asked.node.storage.log.size(LOG)
    chinese = asked("/what-if", language="zh-CN", publication=PUBLICATION, other_rulebook="easier@1").text
    assert "假设推算" in chinese
    assert 'class="more"' in chinese
    for secret in SECRETS:
        assert secret not in page + chinese


def test_before_other_rules_are_chosen_the_page_says_how_to_try_a_draft(asked: Asking) -> None:
    page = asked("/what-if", publication=PUBLICATION).text
    assert "sanguan rulebook check my-rules.yaml" in page
    assert "sanguan what-if --period-kind phase --period 2 --as-of 2015-08-10 --rulebook my-rules.yaml" in page
    assert '<option value="easier@1">' in page


def test_where_no_number_differs_the_page_says_so(asked: Asking) -> None:
    page = asked("/what-if", publication=PUBLICATION, other_rulebook="default@1").text
    assert "No number differs" in page


def test_what_is_not_published_is_reckoned_to_today(asked: Asking) -> None:
    page = asked("/what-if", publication="now", other_rulebook="default@1").text
    assert "easier@1" in page
    assert "what_if" not in page
    assert asked("/what-if", publication="month-1999-01.1999-02-01").status_code == 404


def test_an_empty_log_has_nothing_to_reckon_with(tmp_path: Path) -> None:
    async def work() -> str:
        async with opened(tmp_path) as (node, app), signed_in(node, app, language="en") as client:
            answer = await client.get("/what-if")
            assert answer.status_code == 200
            return str(answer.text)

    assert "There is nothing to reckon with yet" in asyncio.run(work())


def test_the_scoreboard_leads_to_it_for_those_who_may_see_it(asked: Asking) -> None:
    link = f'href="/what-if?publication={PUBLICATION}"'
    assert link in asked("/scores", publication=PUBLICATION).text
    assert "/what-if" not in asked("/scores", Role.CLERK, publication=PUBLICATION).text


# the order ------------------------------------------------------------------------------------------------------------


def test_the_order_of_a_publication_is_answered_with_ties_and_with_why_some_have_no_place(asked: Asking) -> None:
    body = asked("/assessment/ranking", publication=PUBLICATION).json()
    assert (body["publication"], body["shown_to"], body["log"]) == (PUBLICATION, "office", LOG)
    places = [one["place"] for one in body["places"]]
    assert places == sorted(places)
    assert all(one["shared"] == (places.count(one["place"]) > 1) for one in body["places"])
    told = {one["community"] for one in (*body["places"], *body["without"])}
    assert told == {f"{LOG}00{n}" for n in range(1, 6)}
    for one in body["without"]:
        assert all(why["denominator"] < why["minimum"] for why in one["reasons"] if why["why"] == "below_minimum")


def test_the_order_is_refused_to_others_and_where_there_is_none(asked: Asking) -> None:
    for role, query, status, code in (
        (Role.CLERK, {"publication": PUBLICATION}, 403, "role_not_allowed"),
        (Role.OFFICE, {"publication": "month-2015-07.2015-08-12"}, 409, "not_ranked"),
        (Role.OFFICE, {"publication": "none"}, 422, "unknown_publication"),
        (Role.OFFICE, {}, 400, "bad_parameter"),
    ):
        answer = asked("/assessment/ranking", role, **query)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
