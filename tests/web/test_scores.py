"""Published scores as a browser and a program are told of them: the same rows and numbers, down to the events. The
season is played on a real node; everyone in it is invented (synthetic)."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assessment.commands import AdoptRulebook, PublishScores
from services.assessment.pages import score as page
from services.assessment.rulebook_file import load_rulebook
from services.intake.commands import VoidCase
from services.season import Scenario, drawn, names_of, play
from services.together import SERVICES
from shared.contracts.assessment import PeriodKind
from shared.runtime import Node
from shared.web.documents import openapi
from tests.web.campaign import LOG, SCRIPT, Campaign, day, opened, signed_in
from tests.web.test_documents import check

PLAN = "dongfeng-2015-28"
JULY, AUGUST = "month-2015-07.2015-08-20", "month-2015-08.2015-09-20"
SEASON = Scenario(
    log=LOG, seed=7, from_day=date(2015, 6, 1), to_day=date(2015, 12, 31), communities=names_of(2), cases=12
)  # fmt: skip
RULEBOOK = {one.code: one for one in load_rulebook().indicators}

Json = Mapping[str, Any]
Scene = Callable[[Node, Any], Coroutine[Any, Any, None]]


def on(data: Path, scene: Scene) -> None:
    async def work() -> None:
        async with opened(data) as (node, app):
            await scene(node, app)

    asyncio.run(work())


async def published(made: Campaign, period: str, as_of: str, kind: PeriodKind = PeriodKind.MONTH) -> None:
    command = PublishScores(
        plan=PLAN, rulebook="default", period_kind=kind, period=period, as_of=date.fromisoformat(as_of)
    )
    await made.send(command, day(as_of[5:], 12))
    await made.settle()


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A season with its publications, and two months in a row."""
    data = tmp_path_factory.mktemp("season")

    async def scene(node: Node, app: Any) -> None:
        await play(node, {LOG: drawn(SEASON)})
        made = Campaign(node)
        await published(made, "2015-07", "2015-08-20")
        await published(made, "2015-08", "2015-09-20")
        node.storage.seal(LOG)

    on(data, scene)
    return data


async def listed(client: httpx.AsyncClient) -> list[Json]:
    found: list[Json] = (await client.get("/assessment/scores?limit=1000")).json()["rows"]
    return found


async def told(client: httpx.AsyncClient, id: str, what: str = "explanation") -> Json:
    answer = await client.get(f"/assessment/scores/{id}/{what}", headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


# rows and numbers -----------------------------------------------------------------------------------------------------


def add_up(one: Json) -> None:
    """The rows of an indicator give its published numbers."""
    score, code = one["score"], one["indicator"]
    owed = [*one["numerator"], *(each["member"] for each in one["missed"]), *one["denominator"]]
    left_out = [each["member"] for each in one["excluded"]]
    sums: dict[str, list[int]] = {}
    for member in owed:
        both = sums.setdefault(member["community"], [0, 0])
        both[0], both[1] = both[0] + member["numerator"], both[1] + member["denominator"]
    if one["denominator"] and one["kind"] != "zero_incident":  # a community's cards do not make up for another's
        sums = {community: [min(both), both[1]] for community, both in sums.items()}
    numerator, denominator = (sum(both[place] for both in sums.values()) for place in (0, 1))
    assert (numerator, denominator) == (score["numerator"], score["denominator"]), code
    assert sum(member["denominator"] for member in left_out) == score["excluded"], code
    assert one["agrees"] is True, code
    for each in (*one["missed"], *one["excluded"], *one["not_yet_due"]):
        assert each["why_zh"], code
        assert each["why_en"], code
        assert each["why_zh"] != each["why_en"], code


def test_every_score_of_a_season_is_explained_by_rows_that_add_up_in_every_indicator(season: Path) -> None:
    document = openapi(SERVICES)
    path = document["paths"]["/assessment/scores/{id}/explanation"]["get"]
    schema = path["responses"]["200"]["content"]["application/json"]["schema"]
    tried: set[str] = set()

    async def scene(node: Node, app: Any) -> None:
        types = {one.position: one.type for one in node.storage.log.read(LOG, -1, 100_000)}
        async with signed_in(node, app) as client:
            for row in await listed(client):
                why = await told(client, row["key"])
                check(document, schema, why)
                assert [one["score"] for one in why["indicators"]] == row["indicators"]
                for one in why["indicators"]:
                    add_up(one)
                    if one["numerator"] or one["missed"] or one["denominator"] or one["not_yet_due"]:
                        tried.add(one["indicator"])
                    members = [*one["numerator"], *(each["member"] for each in (*one["missed"], *one["excluded"]))]
                    for event in (event for member in members for event in member["events"]):
                        assert types[event["position"]] == event["type"]
                        assert event["position"] <= why["position"]

    on(season, scene)
    # A yearly debriefing outlasts the campaign; it is tried under the standing plan (tests/assessment).
    assert tried == set(RULEBOOK) - {"debriefings"}, "every other indicator of the default rulebook had rows"


def rows_on(html: str) -> dict[str, int]:
    """How many rows the page says each group has, by its title without the number."""
    titles = re.findall(r"<summary>([^<]*)[（(]([0-9,]+)[)）]</summary>", html)
    found: dict[str, int] = {}
    for title, count in titles:
        found[unescape(title).strip()] = found.get(unescape(title).strip(), 0) + int(count.replace(",", ""))
    return found


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("zh-CN", ("未计入分子", "计入分子", "计入数量", "未发生", "计入分母", "未到期")),
        ("en", (
            "Not in the numerator", "In the numerator", "Counted", "Where it did not happen", "In the denominator",
            "Not yet due",
        )),
    ],
)  # fmt: skip
def test_the_page_has_the_same_rows_and_numbers_as_the_answer(
    season: Path, language: str, titles: tuple[str, ...]
) -> None:
    async def scene(node: Node, app: Any) -> None:
        async with signed_in(node, app, language=language) as client:
            for row in await listed(client):
                why = (await told(client, row["key"]))["indicators"]
                answer = await client.get(f"/scores/{row['key']}")
                assert answer.status_code == 200
                html = unescape(answer.text)
                shown = rows_on(answer.text)
                zero = [one for one in why if one["kind"] == "zero_incident"]
                counted = [one for one in why if one["kind"] in ("count", "zero_incident")]
                expected = dict(zip(titles, (
                    sum(len(one["missed"]) for one in why if one not in zero),
                    sum(len(one["numerator"]) for one in why if one not in counted),
                    sum(len(one["numerator"]) for one in counted),
                    sum(len(one["missed"]) for one in zero),
                    sum(len(one["denominator"]) for one in why),
                    sum(len(one["not_yet_due"]) for one in why),
                ), strict=True))  # fmt: skip
                assert {title: shown.get(title, 0) for title in titles} == expected
                for one in why:
                    score = one["score"]
                    rated = score["standing"] == "measured" and one["kind"] not in ("count", "zero_incident")
                    if rated:
                        assert f"{score['numerator']:,} ÷ {score['denominator']:,} = " in html
                    if rated and score["excluded"]:
                        assert f"{score['unadjusted_numerator']:,} ÷ {score['unadjusted_denominator']:,} = " in html
                    assert one["title_zh" if language == "zh-CN" else "title_en"] in html
                    for each in (*one["missed"][:1], *one["excluded"][:1], *one["not_yet_due"][:1]):
                        assert each["why_zh" if language == "zh-CN" else "why_en"] in html

    on(season, scene)


def test_a_page_of_one_indicator_has_all_its_rows_page_by_page(season: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST", 2)

    async def scene(node: Node, app: Any) -> None:
        async with signed_in(node, app, language="en") as client:
            row = next(one for one in await listed(client) if one["key"] == f"year-2015.2016-01-31.{LOG}")
            why = {one["indicator"]: one for one in (await told(client, row["key"]))["indicators"]}
            (patrols, resolve) = (why["patrols"]["numerator"], why["resolve_rate"]["numerator"])
            assert len(resolve) > 4
            for code, members in (("patrols", patrols), ("resolve_rate", resolve)):
                found, path, pages = [], f"/scores/{row['key']}?indicator={code}&part=numerator", 0
                while path:
                    html = (await client.get(path)).text
                    found += re.findall(r"<li>(.*?)<small>", html, re.S)
                    after = re.search(r'<a href="([^"]+)">Next page</a>', html)
                    path, pages = unescape(after[1]) if after else "", pages + 1
                assert pages == -(-len(members) // 2)
                assert len(found) == len(members)
                for line, member in zip(found, members, strict=True):
                    assert member["name_en"] in unescape(line)
                    assert member["case"] is None or f'href="/cases/{member["case"]}"' in line

    on(season, scene)


def test_every_link_of_a_score_leads_somewhere(season: Path) -> None:
    async def scene(node: Node, app: Any) -> None:
        async with signed_in(node, app) as client:
            html = (await client.get(f"/scores/{AUGUST}.{LOG}001")).text
            main = html[html.index("<main") :]
            links = {unescape(found) for found in re.findall(r'href="(/[^"]*)"', main)}
            assert {link.split("/")[1] for link in links} >= {
                "record",
                "clauses",
                "scores",
                "assessment",
                "communities",
            }
            for link in sorted(links):
                assert (await client.get(link)).status_code == 200, link

    on(season, scene)


# since the score before -----------------------------------------------------------------------------------------------


def test_a_change_since_last_month_explains_itself_on_the_page_as_in_the_answer(season: Path) -> None:
    document = openapi(SERVICES)
    path = document["paths"]["/assessment/scores/{id}/since"]["get"]
    schema = path["responses"]["200"]["content"]["application/json"]["schema"]

    async def scene(node: Node, app: Any) -> None:
        size = node.storage.log.size(LOG)
        async with signed_in(node, app, language="en") as client:
            for community in ("", "001", "002"):
                found = await told(client, f"{AUGUST}.{LOG}{community}", "since")
                check(document, schema, found)
                assert found["before"] == f"{JULY}.{LOG}{community}"
                html = unescape((await client.get(f"/scores/{AUGUST}.{LOG}{community}")).text)
                assert f'href="/scores/{JULY}.{LOG}{community}"' in html
                changed = 0
                for one in found["indicators"]:
                    assert all(0 <= at < size for change in one["changes"] for at in change["causes"])
                    self_told(one)
                    numbers = {change["number"] for change in one["changes"]}
                    if numbers & {"numerator", "denominator", "excluded"}:
                        changed += 1
                        assert f"?indicator={one['indicator']}&part=since" in html
                        assert one["moved"]
                assert changed > 3

    def self_told(one: Json) -> None:
        """The rows that moved make up the difference between both sides' counts."""
        for rows in one["rows"]:
            came = sum(each["now"] == rows["side"] and each["was"] != rows["side"] for each in one["moved"])
            went = sum(each["was"] == rows["side"] and each["now"] != rows["side"] for each in one["moved"])
            assert rows["after"] - rows["before"] == came - went
            assert rows["stayed"] == rows["after"] - came == rows["before"] - went

    on(season, scene)


def test_any_two_scores_of_an_institution_can_be_compared_and_no_others(season: Path) -> None:
    async def scene(node: Node, app: Any) -> None:
        async with signed_in(node, app) as client:
            year, month = f"year-2015.2016-01-31.{LOG}", f"{AUGUST}.{LOG}"
            found = await told(client, month, f"since?before={year}")
            assert found["before"] == year
            plain = {"accept": "application/json"}
            for path, status, code in (
                (f"{month}/since?before={AUGUST}.{LOG}001", 400, "bad_parameter"),
                (f"{month}/since?before=nothing", 400, "bad_parameter"),
                (f"{month}/since?nothing=1", 400, "bad_parameter"),
                (f"{year}/since", 404, "nothing_before"),
                ("nothing/since", 404, "not_found"),
            ):
                answer = await client.get(f"/assessment/scores/{path}", headers=plain)
                assert (answer.status_code, answer.json()["code"]) == (status, code), path
            assert (await client.get(f"/scores/{month}?indicator=nothing")).status_code == 404
            assert (await client.get(f"/scores/{month}?indicator=resolve_rate&part=missed&skip=x")).status_code == 400

    on(season, scene)


# what comes later -----------------------------------------------------------------------------------------------------


def test_what_comes_later_changes_no_explanation_and_a_restatement_is_told_with_its_causes(tmp_path: Path) -> None:
    async def scene(node: Node, app: Any) -> None:
        await play(node, {LOG: drawn(replace(SEASON, to_day=date(2015, 8, 31)))})
        made = Campaign(node)
        await published(made, "2015-07", "2015-08-20")
        async with signed_in(node, app, language="en") as client:
            id = f"{JULY}.{LOG}"
            before, page_before = await told(client, id), (await client.get(f"/scores/{id}")).text
            resolve = next(one for one in before["indicators"] if one["indicator"] == "resolve_rate")
            case = resolve["numerator"][0]["key"]
            await made.send(VoidCase(reason="误登"), day("09-20"), case)
            await made.settle()
            assert await told(client, id) == before
            assert (await client.get(f"/scores/{id}")).text == page_before
            assert case in page_before
            voided = node.storage.log.size(LOG) - 1
            await published(made, "2015-07", "2015-08-20")
            after, html = await told(client, id), unescape((await client.get(f"/scores/{id}")).text)
        (restated,) = after["restatements"]
        numerator = resolve["score"]["numerator"]
        assert {
            "indicator": "resolve_rate", "number": "numerator", "before": str(numerator), "after": str(numerator - 1),
            "causes": [voided],
        } in restated["changes"]  # fmt: skip
        assert "Restatements (1)" in html
        assert f"Numerator: {numerator} → {numerator - 1}" in html
        assert f'href="/record/{voided}"' in html

    on(tmp_path, scene)


def test_what_an_office_wrote_into_its_rulebook_is_shown_as_text(tmp_path: Path) -> None:
    async def scene(node: Node, app: Any) -> None:
        await play(node, {LOG: drawn(replace(SEASON, to_day=date(2015, 7, 31)))})
        made, mine = Campaign(node), load_rulebook()
        first = mine.indicators[0]
        named = replace(first, title_zh=f"齐备{SCRIPT}", title_en=f"All four{SCRIPT}")
        adopt = AdoptRulebook(
            rulebook=replace(mine, indicators=(named, *mine.indicators[1:])), author="办公室", reason="更名"
        )
        await made.send(adopt, day("08-01"))
        await made.settle()
        await published(made, "2015-07", "2015-08-20")
        for language in ("zh-CN", "en"):
            async with signed_in(node, app, language=language) as client:
                html = (await client.get(f"/scores/{JULY}.{LOG}")).text
                assert SCRIPT not in html
                assert SCRIPT in unescape(html)

    on(tmp_path, scene)
