"""What if other rules applied: over HTTP and as a page, on a real node with an invented campaign (synthetic)."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from services.assessment.commands import AdoptPlan, AdoptRulebook, AmendPlan, PublishScores
from services.assessment.ledgers.scores import LEDGER
from services.assessment.pages import what_if
from services.assessment.rules.plan_file import load_plan
from services.assessment.rules.rulebook_file import load_rulebook
from services.assignment.commands import RegisterCommunity
from shared.contracts.assessment import PeriodKind, RankUse
from shared.contracts.codes import Role
from shared.contracts.frozen import replace
from shared.runtime import Node
from tests.test_refusals import documented_of
from tests.web.campaign import LOG, OTHER_LOG, SECRETS, Campaign, client_of, day, fill, halted, opened, signed_in

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
    """A second version of the rulebook, an easier one of its own that ranks nobody, one that is only called otherwise,
    one that leaves no dispute out, and an amended plan."""
    book, plan = load_rulebook(), load_plan()
    easier = tuple(replace(one, target=TARGET) if one.code == "resolve_rate" else one for one in book.indicators)
    unranked = replace(book, code="easier", indicators=easier, ranks=RankUse.NOBODY)
    every = tuple(replace(one, exclusions=()) if one.code == "resolve_rate" else one for one in book.indicators)
    renamed, whole = replace(book, code="renamed"), replace(book, code="whole", indicators=every)
    for other in (replace(book, grace_days=book.grace_days + 1), unranked, renamed, whole):
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
        assert (member["before"]["part"], member["after"]["part"]) == ("numerator", "missed")
        assert max(member["positions"]) <= position


def test_evidence_that_does_not_stand_at_its_position_is_compared_by_nobody(asked: Asking) -> None:
    said = {**ASKED, "other_rulebook": "easier"}
    with halted(asked.node, "assessment.deeds"):
        answer = asked("/assessment/what-if", **said)
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_behind")
        assert asked("/what-if", publication="now", other_rulebook="easier").status_code == 503
    assert asked("/assessment/what-if", **said).status_code == 200


def test_what_is_not_named_is_the_day_s_plan_and_the_rulebook_that_it_publishes_by(asked: Asking) -> None:
    body = asked.json(other_rulebook="easier")
    assert [(body[side]["rulebook"], body[side]["rulebook_version"]) for side in ("before", "after")] == [
        ("default", 2), ("easier", 1)
    ]  # fmt: skip
    assert {body[side]["plan_version"] for side in ("before", "after")} == {2}


def test_at_a_position_what_is_not_named_is_what_was_in_force_there(asked: Asking) -> None:
    with asked.node.look("assessment", LOG) as look:
        position = look.rows(LEDGER, publication=PUBLICATION)[0].evidence_position
    body = asked.json(other_rulebook="easier", position=str(position))
    assert (body["before"]["rulebook"], body["before"]["rulebook_version"]) == ("default", 1)
    assert body["before"]["plan_version"] == 1


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"period_kind": "week"}, 400, "malformed", "period_kind"),
        ({"period": ""}, 400, "missing_parameter", "period"),
        ({"as_of": "2199-01-01"}, 422, "in_the_future", "as_of"),
        ({"publish": "yes"}, 400, "bad_parameter", "publish"),
        ({"position": "x"}, 400, "malformed", "position"),
        ({"period": "9"}, 422, "unknown_period", "period"),
        ({"position": "999999"}, 422, "beyond_the_end", "position"),
        ({"other_rulebook": "harder"}, 422, "unknown_rulebook", "other_rulebook"),
        ({"other_plan": "dongfeng-2015-28@3"}, 422, "unknown_version", "other_plan"),
        ({"other_rulebook": "default@2"}, 422, "same_rules", "other_rulebook"),
        ({"as_of": "2015-06-01"}, 422, "period_not_begun", "as_of"),
    ],
)
def test_what_cannot_be_reckoned_is_refused_by_name(
    asked: Asking, query: dict[str, str], status: int, code: str, field: str
) -> None:
    answer = asked("/assessment/what-if", Role.OFFICE, **{**ASKED, "other_rulebook": "easier", **query})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)
    assert code in documented_of("/assessment/what-if", status)


def test_only_those_who_weigh_rules_are_answered_and_of_their_own_log(asked: Asking) -> None:
    for role, status in ((Role.LEADER, 200), (Role.AUDITOR, 200), (Role.CLERK, 403), (Role.OFFICER, 403), (None, 401)):
        assert asked("/assessment/what-if", role, **ASKED, other_rulebook="easier").status_code == status
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
    assert "counted → missed" in page
    assert re.search(r'<b class="less">-[0-9.]+</b>', page)
    assert page.count("<h2 id=") >= 2
    for position in {int(found) for found in re.findall(r'href="/record/(\d+)"', page)}:
        assert position < asked.node.storage.log.size(LOG)
    chinese = asked("/what-if", language="zh-CN", publication=PUBLICATION, other_rulebook="easier@1").text
    assert "假设推算" in chinese
    assert 'class="more"' in chinese
    for secret in SECRETS:
        assert secret not in page + chinese


def test_of_a_large_group_as_many_rows_are_listed_as_a_page_holds_and_the_rest_is_led_to(
    asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if, "MOST_MOVED", 2)
    page = asked("/what-if", publication=PUBLICATION, other_plan="dongfeng-2015-28@2").text
    (listed, counted) = max(
        ((len(re.findall("<li>", group[1])), int(group[0])) for group in re.findall(_GROUP, page, re.S)),
        key=lambda sizes: sizes[1],
    )
    assert listed == 2 < counted
    assert f"2 of {counted} are listed here" in page
    chinese = asked("/what-if", language="zh-CN", publication=PUBLICATION, other_plan="dongfeng-2015-28@2").text
    assert f"这里列出 2 项，共 {counted} 项" in chinese
    (address,) = set(re.findall(r'href="(/assessment/what-if[^"]*)"', page))
    body = asked.json(**dict(parse_qsl(urlsplit(unescape(address)).query)))
    assert max(len(line["moved"]) for one in body["institutions"] for line in one["indicators"]) >= counted


_GROUP = r"<summary>[^<]* → [^<]* \(([0-9]+)\)</summary>(.*?)</details>"


def test_a_case_that_moved_is_named_in_full(asked: Asking) -> None:
    page = asked("/what-if", publication=PUBLICATION, other_rulebook="whole").text
    moved = asked.json(rulebook="default@1", plan="dongfeng-2015-28@1", other_rulebook="whole")
    cases = {row["key"] for one in moved["institutions"] for line in one["indicators"] for row in line["moved"]}
    assert cases
    assert {*re.findall(r'<a href="/cases/([^"]+)"><code>\1</code>', page)} == cases


def test_before_other_rules_are_chosen_the_page_says_how_to_try_a_draft(asked: Asking) -> None:
    page = asked("/what-if", publication=PUBLICATION).text
    assert "sanguan rulebook check my-rules.yaml" in page
    assert "sanguan what-if --period-kind phase --period 2 --as-of 2015-08-10 --rulebook my-rules.yaml" in page
    assert '<option value="easier@1">' in page


def test_where_no_number_differs_the_page_says_so(asked: Asking) -> None:
    page = asked("/what-if", publication=PUBLICATION, other_rulebook="renamed").text
    assert "No number differs" in page


def test_of_the_rules_as_they_are_the_page_says_that_they_are_none_other(asked: Asking) -> None:
    page = asked("/what-if", publication=PUBLICATION, other_rulebook="default@1")
    assert page.status_code == 200
    assert "These are the rules as they are" in page.text


def test_what_is_not_published_is_reckoned_to_today(asked: Asking) -> None:
    page = asked("/what-if", publication="now", other_rulebook="default@1").text
    assert "easier@1" in page
    assert "what_if" not in page
    assert asked("/what-if", publication="month-1999-01.1999-02-01").status_code == 404


def test_a_rulebook_on_trial_is_not_what_the_scores_of_today_are_worked_out_by(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(tmp_path) as (node, app), signed_in(node, app, language="en") as client:
            made, told = Campaign(node), {"author": "领导小组办公室", "reason": "印发"}
            community = RegisterCommunity(code=f"{LOG}001", name="学院社区", grids=("1网格",), households=9)
            await made.send(community, day("06-01"))
            await made.send(AdoptPlan(plan=load_plan(), **told), day("06-10"))
            for book in (load_rulebook(), replace(load_rulebook(), code="trial", title_en="On trial")):
                await made.send(AdoptRulebook(rulebook=book, **told), day("06-10"))
            await made.settle()
            assert "On trial" not in (await client.get("/scores")).text
            page = (await client.get("/what-if", params={"other_rulebook": "trial"})).text
            assert "No number differs" in page, "from those by which the plan publishes"

    asyncio.run(work())


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
        (Role.OFFICE, {}, 400, "missing_parameter"),
    ):
        answer = asked("/assessment/ranking", role, **query)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
