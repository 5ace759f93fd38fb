"""The three services together: every ledger as JSON, CSV and XLSX, every route documented, after a whole campaign."""

import asyncio
import csv
import io
import re
from dataclasses import is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx
import openpyxl
import pytest
from starlette.routing import Match, Route

from services.assessment import api as scores_api
from services.assessment.commands import PublishScores
from services.assessment.due.listing import Line
from services.assessment.entry_commands import AnswerFlag
from services.assessment.grids import Grid
from services.installation import SERVICES
from services.intake import api as intake_api
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import Role
from shared.contracts.model import Ledger
from shared.runtime import Node
from shared.web.app import make_app
from shared.web.columns import COLUMNS, WORDS, title_en, title_zh
from shared.web.documents import openapi
from shared.web.door import Doorkeeper
from shared.web.workbook import HEADERS
from tests.web.campaign import LOG, SECRETS, all_rows, code, day, fill, hurried, opened, signed_in
from tests.web.test_documents import check, operations

LEDGERS = [(service.name, ledger) for service in SERVICES for ledger in service.served]
PUBLISHED = PublishScores(
    plan="dongfeng-2015-28", rulebook="default", period_kind=PeriodKind.PHASE, period="2", as_of=date(2015, 8, 10)
)
NAMES = [f"{service}.{ledger.name}" for service, ledger in LEDGERS]


@pytest.mark.parametrize(("service", "ledger"), LEDGERS, ids=NAMES)
def test_every_column_has_titles_of_its_own(service: str, ledger: Ledger[Any]) -> None:
    names = ("key", *ledger.row.__dataclass_fields__)
    assert [name for name in names if name not in COLUMNS] == []
    for title in (title_zh, title_en):
        assert len({title(name) for name in names}) == len(names)


def named_within(hint: Any, seen: frozenset[Any] = frozenset()) -> set[str]:
    """The fields of a row, and of all values within it. A row that remembers what it was holds rows of its own kind."""
    found = set().union(*(named_within(arm, seen) for arm in get_args(hint)))
    if isinstance(hint, type) and is_dataclass(hint) and hint not in seen:
        for name, inner in get_type_hints(hint, include_extras=True).items():
            found |= {name} | named_within(inner, seen | {hint})
    return found


def test_every_field_has_a_title_and_every_titled_one_exists() -> None:
    used = {"key"}.union(*(named_within(ledger.row) for _, ledger in LEDGERS), named_within(Line), named_within(Grid))
    assert used == set(COLUMNS)
    assert set(WORDS) <= used


def test_every_ledger_of_a_campaign_is_what_the_document_says_in_every_form(tmp_path: Path) -> None:
    document = openapi(SERVICES)

    async def read(client: httpx.AsyncClient, service: str, ledger: Ledger[Any]) -> int:
        path = f"/{service}/ledgers/{ledger.name}"
        page = (await client.get(path, params={"limit": 1000})).json()
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        check(document, schema, page)
        assert page["position"] >= 0
        text = (await client.get(path, params={"format": "csv"})).content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline="")))
        assert [line[0] for line in lines[1:]] == [row["key"] for row in page["rows"]]
        file = (await client.get(path, params={"format": "xlsx"})).content
        sheet = openpyxl.load_workbook(io.BytesIO(file)).active
        assert sheet is not None
        cells = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
        assert ledger.title_zh in cells[0][0]
        assert LOG in cells[1][0]
        assert [row[1] for row in cells[HEADERS:]] == [row["key"] for row in page["rows"]]
        headers = [cell.partition("\n")[0] for cell in cells[HEADERS - 1]]
        assert sorted(headers) == sorted(["序号", *lines[0]])
        for form in (text, str(cells), str(page)):
            assert not [secret for secret in SECRETS if secret in form]
        for form in (text, str(cells)):
            assert "sealed:" not in form
            assert re.findall(r"(?:^|[；，'\"])([A-Za-z_]+)：", form) == [], "a field without a Chinese title"
        named = {title_zh(column) for column in WORDS}
        for line in lines[1:]:
            for title, cell in zip(lines[0], line, strict=True):
                assert title.isascii() is False
                if title in named and cell and title != title_zh("reason"):
                    assert not cell.isascii(), f"{title}: a code that nobody named"
        assert re.findall("事项：([a-z_]+)", text) == []
        return len(page["rows"])

    async def play() -> None:
        async with opened(tmp_path) as (node, app):
            made = await fill(node)
            await hurried(made)
            answered = AnswerFlag(community=code(3), flag="month_end", month="2015-07", answer="语气缓和")
            await made.send(answered, day("08-12"), "answer-1", Role.CLERK, who="clerk-3")
            await made.send(PUBLISHED, day("12-31"))  # what was entered since restates it
            await made.settle()
            async with signed_in(node, app) as client:
                found = {f"{s}.{ledger.name}": await read(client, s, ledger) for s, ledger in LEDGERS}
        assert [name for name, rows in found.items() if rows == 0] == []

    asyncio.run(play())


def test_every_route_of_the_services_is_documented_and_the_other_way_round(tmp_path: Path) -> None:
    def compare(node: Node) -> None:
        doorkeeper = Doorkeeper(node)
        apis = (intake_api, scores_api)  # but not the pages
        app = make_app(node, doorkeeper, lambda *_: [route for api in apis for route in api.routes(node, doorkeeper)])
        routes = [route for route in app.routes if isinstance(route, Route)]
        listed = [(method.upper(), path) for method, path, _ in operations(openapi(SERVICES))]
        for route in routes:
            methods = (route.methods or set()) - {"HEAD"}
            assert any(method in methods and route.path_regex.match(path) for method, path in listed), route.path
        for method, path in listed:
            scope = {"type": "http", "method": method, "path": path}
            assert any(route.matches(scope)[0] is Match.FULL for route in routes), path

    async def play() -> None:
        async with opened(tmp_path) as (node, _):
            compare(node)

    asyncio.run(play())


def test_the_served_document_is_the_whole_one(tmp_path: Path) -> None:
    async def play() -> None:
        async with opened(tmp_path) as (node, app), signed_in(node, app, Role.CLERK) as client:
            assert (await client.get("/openapi.json")).json() == openapi(SERVICES)
            assert set((await client.get("/-/policy.json")).json()["commands"]) == {s.name for s in SERVICES}

    asyncio.run(play())


def test_a_published_score_is_explained_down_to_its_events(tmp_path: Path) -> None:
    document = openapi(SERVICES)

    def fits(path: str, body: object) -> None:
        answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        check(document, answer, body)

    async def play() -> None:
        async with opened(tmp_path) as (node, app):
            await fill(node)
            async with signed_in(node, app) as client:
                page = (await client.get("/assessment/scores")).json()
                fits("/assessment/scores", page)
                assert page["rows"]
                explained = 0
                for row in page["rows"]:
                    one = (await client.get(f"/assessment/scores/{row['key']}")).json()
                    fits("/assessment/scores/{id}", one)
                    assert one["score"] == row
                    why = await all_rows(client, row["key"])
                    fits("/assessment/scores/{id}/explanation", why)
                    assert (why["score"], why["position"]) == (row["key"], row["evidence_position"])
                    told = {indicator["indicator"]: indicator for indicator in why["indicators"]}
                    for indicator in row["indicators"]:
                        members = told[indicator["code"]]
                        assert len(members["excluded"]) == indicator["excluded"]
                        assert bool(members["numerator"]) == bool(indicator["numerator"])
                        events = [event for member in members["numerator"] for event in member["events"]]
                        explained += len(events)
                        assert all(event["position"] <= row["evidence_position"] for event in events)
                assert explained > 0
                nothing = await client.get("/assessment/scores/nothing", headers={"accept": "application/json"})
                assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
            async with signed_in(node, app, Role.OPERATOR) as stranger:
                assert (await stranger.get("/assessment/scores")).status_code == 403
                assert (await stranger.get(f"/assessment/scores/{page['rows'][0]['key']}")).status_code == 403

    asyncio.run(play())
