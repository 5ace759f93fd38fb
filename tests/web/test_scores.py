"""Published scores as a browser and a program are told of them: the same rows and numbers, down to the events. The
season is played on a real node; everyone in it is invented (synthetic)."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.assessment.commands import AdoptRulebook, PublishScores
from services.assessment.explaining import telling
from services.assessment.ledgers import case_results, scores
from services.assessment.pages import score as page
from services.assessment.rules.rulebook_file import load_rulebook
from services.installation import SERVICES
from services.intake.commands import VoidCase
from services.season import Scenario, drawn, names_of, play
from shared.contracts.assessment import PeriodKind, RankUse, ScorePublished, ScoreRestated
from shared.contracts.codes import Role
from shared.contracts.event import Recorded
from shared.ledger.replay import Replay
from shared.runtime import Node
from shared.web.documents import openapi
from shared.web.words import Words
from tests.web.campaign import LOG, ROW_LISTS, SCRIPT, Campaign, all_rows, day, opened, signed_in
from tests.web.test_documents import check

PLAN = "dongfeng-2015-28"
JULY, AUGUST = "month-2015-07.2015-08-20", "month-2015-08.2015-09-20"
SEASON = Scenario(
    log=LOG, seed=7, from_day=date(2015, 6, 1), to_day=date(2015, 12, 31), communities=names_of(2), cases=12
)  # fmt: skip
RULEBOOK = {one.code: one for one in load_rulebook().indicators}

ZH, EN = Words("zh", {}, {}), Words("en", {}, {})

Json = Mapping[str, Any]
Scene = Callable[[Node, Any], Coroutine[Any, Any, None]]


def on(data: Path, scene: Scene) -> None:
    async def work() -> None:
        async with opened(data) as (node, app):
            await scene(node, app)

    asyncio.run(work())


async def published(
    made: Campaign, period: str, as_of: str, kind: PeriodKind = PeriodKind.MONTH, on: str | None = None
) -> None:
    command = PublishScores(
        plan=PLAN, rulebook="default", period_kind=kind, period=period, as_of=date.fromisoformat(as_of)
    )
    await made.send(command, day(on or as_of[5:], 12))
    await made.settle()


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A season with its publications, and two months in a row; a community's case is made void after the first."""
    data = tmp_path_factory.mktemp("season")

    async def scene(node: Node, app: Any) -> None:
        await play(node, {LOG: drawn(SEASON)})
        made = Campaign(node)
        await published(made, "2015-07", "2015-08-20")
        await published(made, "2015-08", "2015-09-20")
        with node.look("assessment", LOG) as look:
            reported = [one for one in look.rows(case_results.LEDGER) if one.community == f"{LOG}001"]
        case = next(one.id for one in reported if one.marks[0].on < date(2015, 7, 20))
        await made.send(VoidCase(reason="误登"), day("09-21"), case)
        await made.settle()
        await published(made, "2015-07", "2015-08-20", on="09-22")
        node.storage.seal(LOG)

    on(data, scene)
    return data


async def listed(client: httpx.AsyncClient) -> list[Json]:
    found: list[Json] = (await client.get("/assessment/scores?limit=1000")).json()["rows"]
    return found


async def told(client: httpx.AsyncClient, id: str, what: str = "") -> Json:
    """A score's explanation with all its rows, or what else is told of it."""
    if not what:
        return await all_rows(client, id)
    answer = await client.get(f"/assessment/scores/{id}/{what}", headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


# rows and numbers -----------------------------------------------------------------------------------------------------


def add_up(one: Json) -> None:
    """The rows of an indicator give its published numbers."""
    score, code = one["score"], one["indicator"]
    unmet = [*one["missed"], *one["spared"]]
    owed = [*one["numerator"], *(each["member"] for each in unmet), *one["denominator"]]
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
    for each in (*unmet, *one["excluded"], *one["not_yet_due"]):
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
    never = {"voided", "undecided"}  # of no case of the season
    assert tried == set(RULEBOOK) - never, "every other indicator of the default rulebook had rows"


def test_an_explanation_comes_page_by_page_and_counts_whole(season: Path) -> None:
    async def scene(node: Node, app: Any) -> None:
        async with signed_in(node, app) as client:
            id = max(await listed(client), key=lambda row: sum(n["denominator"] for n in row["indicators"]))["key"]
            path = f"/assessment/scores/{id}/explanation"
            whole = await told(client, id)
            for one in whole["indicators"]:
                there = {name: len(one[name]) for name in ROW_LISTS if one[name]}
                assert {name: sum(n["count"] for n in one["rows"] if n["part"] == name) for name in there} == there
                assert sum(each["count"] for each in one["rows"]) == sum(there.values())
            usual = (await client.get(path)).json()
            assert sum(len(one[name]) for one in usual["indicators"] for name in ROW_LISTS) == 200
            for limit in ("70", "200"):
                assert await all_rows(client, id, limit=limit) == whole
            for one in whole["indicators"]:
                alone = await all_rows(client, id, indicator=one["indicator"], limit="50")
                assert alone == {**whole, "indicators": [one]}
            beyond = (await client.get(path, params={"cursor": "9999999"})).json()
            assert (beyond["next"], beyond["restatements"]) == (None, [])
            assert [one["rows"] for one in beyond["indicators"]] == [one["rows"] for one in whole["indicators"]]
            for said, status, code in (
                ({"indicator": "nothing"}, 422, "unknown_indicator"), ({"limit": "0"}, 422, "out_of_range"),
                ({"cursor": "x"}, 400, "malformed"),
            ):  # fmt: skip
                answer = await client.get(path, params=said, headers={"accept": "application/json"})
                assert (answer.status_code, answer.json()["code"]) == (status, code)

    on(season, scene)


def test_pages_and_programs_are_told_from_one_reading(season: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[str] = []

    class Counted(Replay):
        def __init__(self, log: Any, name: str, ledgers: Any) -> None:
            walks.append(name)
            super().__init__(log, name, ledgers)

    monkeypatch.setattr(telling, "Replay", Counted)

    async def scene(node: Node, app: Any) -> None:
        async with signed_in(node, app) as client:
            id = (await listed(client))[0]["key"]
            paths = (f"/scores/{id}", f"/assessment/scores/{id}/explanation", f"/scores/{id}")
            assert {one.status_code for one in await asyncio.gather(*map(client.get, paths))} == {200}

    on(season, scene)
    assert walks == [LOG]


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
                counted = [one for one in why if one["kind"] in ("count", "zero_incident")]
                expected = dict(zip(titles, (
                    sum(len(one["missed"]) for one in why),
                    sum(len(one["numerator"]) for one in why if one not in counted),
                    sum(len(one["numerator"]) for one in counted),
                    sum(len(one["spared"]) for one in why),
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
                    assert f'<q lang="zh">{one["quote_zh"]}</q>' in html
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


@pytest.mark.parametrize(("code", "part"), [("four_roles", "missed"), ("resolve_rate", "numerator")])
def test_the_events_that_decide_stand_first_and_every_other_can_be_reached(season: Path, code: str, part: str) -> None:
    async def scene(node: Node, app: Any) -> None:
        async with signed_in(node, app) as client:
            id = f"year-2015.2016-01-31.{LOG}"
            (why,) = (one for one in (await told(client, id))["indicators"] if one["indicator"] == code)
            html = (await client.get(f"/scores/{id}?indicator={code}&part={part}")).text
            members = [one.get("member", one) for one in why[part]]
            lines = html.split('<ul class="members">')[1].split("<li>")[1:]
            assert len(lines) == len(members) > 0
            for line, member in zip(lines, members, strict=True):
                first, _, rest = line.partition("<details>")
                deciding = [one["position"] for one in member["events"] if one["decides"]]
                others = [one["position"] for one in member["events"] if not one["decides"]]
                shown = deciding[-page.MOST_STEPS :]
                assert positions_in(first) == shown != []
                assert positions_in(rest.partition("</details>")[0]) == sorted({*deciding, *others} - {*shown})
            assert any(not one["decides"] for member in members for one in member["events"])

    on(season, scene)


def positions_in(html: str) -> list[int]:
    return [int(at) for at in re.findall(r'href="/record/([0-9]+)"', html)]


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

    def part(side: Json) -> tuple[str, str | None]:
        return side["part"], side["reason"]

    def self_told(one: Json) -> None:
        """The rows that moved make up the difference between both sides' counts."""
        for rows in one["rows"]:
            side = rows["part"], rows["reason"]
            came = sum(part(each["now"]) == side != part(each["was"]) for each in one["moved"])
            went = sum(part(each["was"]) == side != part(each["now"]) for each in one["moved"])
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
                (f"{month}/since?before={AUGUST}.{LOG}001", 422, "unknown_score"),
                (f"{month}/since?before=nothing", 422, "unknown_score"),
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
        (cause,) = [one for one in restated["causes"] if one["position"] == voided]
        assert (cause["says_en"], cause["case"], cause["on"]) == ("Voided", case, "2015-09-20")
        why = html[html.index("What changed them") :]
        of_case = f'<a href="/cases/{case}">{case}</a>'
        assert f'<a href="/record/{voided}">#{voided}</a> Voided 20 Sept 2015 · {of_case}' in why
        told_so = html[html.index('id="restated"') : html.index("What changed them")]
        assert not re.findall("True|False|nothing →|[0-9]{6,}/", told_so)

    on(tmp_path, scene)


def test_a_board_says_when_it_was_published_and_which_scores_were_put_right_since(season: Path) -> None:
    """As the record has it: told here from the events alone."""

    async def scene(node: Node, app: Any) -> None:
        told: dict[str, list[Recorded]] = {}
        for one in node.storage.log.recorded(LOG, -1, 100_000):
            if isinstance(one.event, ScorePublished | ScoreRestated):
                told.setdefault(one.id, []).append(one)
        newest = max(told, key=lambda id: told[id][0].event.score.as_of)
        seen = set()
        async with signed_in(node, app, language="en") as client, signed_in(node, app) as chinese:
            for path, id in (("/", newest), *((f"/scores?publication={id}", id) for id in told)):
                en, zh = unescape((await client.get(path)).text), unescape((await chinese.get(path)).text)
                first, restated = told[id][0], [one for one in told[id] if isinstance(one.event, ScoreRestated)]
                times = Counter(one.event.score.subject for one in restated)
                some = len(times) < len({one.event.score.subject for one in told[id]})
                position = f"{first.event.score.position + 1:,}"
                published_en, published_zh = EN.civil_day(first.occurred_at), ZH.civil_day(first.occurred_at)
                assert (f"Published {published_en} from the first {position} events" in en) is some
                assert (f"Published {published_en}; anyone may compute it again" in en) is not some
                assert (f"{published_zh}公布，依据记录前 {position} 条事件算出" in zh) is some
                assert (f"{published_zh}公布，任何人可依据记录重新核算" in zh) is not some
                seen.add((bool(restated), some))
                if not restated:
                    assert "restated" not in en
                    continue
                last, all_ = restated[-1].occurred_at, f"{restated[-1].event.score.position + 1:,}"
                assert (
                    f"{len(times)} of these scores were restated since, last on {EN.civil_day(last)} from the first "
                    f"{all_} events"
                ) in en
                assert f"{len(times)} 项得分公布后作过更正，最近一次在{ZH.civil_day(last)}，依据记录前 {all_} 条" in zh
                for one in told[id]:
                    link = f'<a href="/scores/{id}.{one.event.score.subject}#restated">'
                    mine = times.get(one.event.score.subject)
                    assert (link in en, link in zh) == (bool(mine), bool(mine))
                    if mine:
                        assert f"{link}restated {mine}×, last " in en
                        assert f"{link}已更正 {mine} 次，最近20" in zh
        assert seen == {(False, True), (True, True), (True, False)}, "none, some and all were put right"

    on(season, scene)


def test_scores_of_one_publication_may_name_two_rulebooks_and_each_says_its_own(tmp_path: Path) -> None:
    """What a newer rulebook does not change is not put right, and goes on naming the older one."""

    async def scene(node: Node, app: Any) -> None:
        await play(node, {LOG: drawn(replace(SEASON, to_day=date(2015, 8, 31)))})
        made = Campaign(node)
        await published(made, "2015-07", "2015-08-20")
        with node.look("assessment", LOG) as look:
            rows = [row for row in look.rows(scores.LEDGER, publication=JULY) if row.community != LOG]
        households = {row.id: one.denominator for row in rows for one in row.indicators if one.code == "contact_cards"}
        small, large = sorted(households, key=lambda id: households[id])
        book = load_rulebook()
        indicators = tuple(
            replace(one, title_en="Cards for all", minimum=households[large]) if one.code == "contact_cards" else one
            for one in book.indicators
        )
        adopt = AdoptRulebook(
            rulebook=replace(book, ranks=RankUse.PUBLIC, indicators=indicators), author="办公室", reason="修订"
        )
        await made.send(adopt, day("09-01"))
        await made.settle()
        await published(made, "2015-07", "2015-08-20", on="09-22")
        async with signed_in(node, app, language="en") as client, signed_in(node, app, Role.CLERK) as clerk:
            html = unescape((await client.get(f"/scores?publication={JULY}")).text)
            order = await clerk.get(f"/assessment/ranking?publication={JULY}", headers={"accept": "application/json"})
            board = (await clerk.get(f"/scores?publication={JULY}")).text
        assert "version 2 (some of the scores rest on another rulebook, as their rows say)" in html
        heads = dict(re.findall(r'<th scope="row"><a href="/scores/([^"]+)">(.*?)</th>', html, re.S))
        assert {id: ", version 1" in head for id, head in heads.items()} == {
            small: False, large: True, f"{JULY}.{LOG}": True,
        }  # fmt: skip
        assert "Cards for all" in html
        assert order.status_code == 403, "the older rulebook shows the order to the office only"
        assert "名（满分" not in board

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
