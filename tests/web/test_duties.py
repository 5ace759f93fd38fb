"""`GET /assessment/duties`: what is due on a day, over HTTP on a real node with an invented campaign (synthetic)."""

import asyncio
import csv
import io
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from services.assessment.due.obligation import State
from shared.contracts.codes import Role
from shared.runtime import Node
from shared.web.workbook import HEADERS
from tests.test_refusals import documented_of
from tests.web.campaign import LOG, OTHER_LOG, SECRETS, client_of, fill, opened, signed_in


class Asking:
    """A node with an invented campaign, asked from outside."""

    def __init__(self, runner: asyncio.Runner, node: Node, app: Any) -> None:
        self._runner, self._node, self._app = runner, node, app

    def __call__(self, role: Role | None = Role.OFFICE, /, **query: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with client_of(self._app) if role is None else signed_in(self._node, self._app, role) as client:
                return await client.get("/assessment/duties", params=query, headers={"accept": "application/json"})

        return self._runner.run(ask())

    def lines(self, **query: str) -> list[dict[str, Any]]:
        """All lines, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = "0"
        while cursor is not None:
            page = self(**query, cursor=cursor).json()
            found += page["lines"]
            cursor = page["next"]
        return found


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        node, app = runner.run(stack.enter_async_context(opened(tmp_path_factory.mktemp("duties"))))
        runner.run(fill(node))
        yield Asking(runner, node, app)
        runner.run(stack.aclose())


def test_every_line_says_whose_it_is_under_which_clause_and_how_it_stands(asked: Asking) -> None:
    body = asked(as_of="2015-08-10", limit="1000").json()
    assert body["log"] == LOG
    assert body["as_of"] == "2015-08-10"
    assert body["plans"] == ["dongfeng-2015-28"]
    assert sum(body["counts"].values()) == len(body["lines"])
    assert {line["state"] for line in body["lines"]} <= set(State)
    for line in body["lines"]:
        assert line["community"].startswith(LOG)
        assert line["lead"]
        assert line["clause"]
        if line["state"] == "overdue":
            assert line["due_on"] < "2015-08-10"
            assert line["done_on"] is None
            assert line["days"] > 0
    states = [line["state"] for line in body["lines"]]
    assert states == sorted(states, key=list(dict.fromkeys(states)).index), "what presses first comes first"


def test_july_s_minutes_are_not_yet_due_in_june_due_in_july_and_overdue_in_august(asked: Asking) -> None:
    def july(day: str) -> set[str]:
        of = asked.lines(as_of=day, community=f"{LOG}003", clause="3.3.3")
        return {line["state"] for line in of if line["code"] == "monthly_meeting" and line["about"] == "2015-07"}

    assert july("2015-06-20") == {"not_yet_due"}
    assert july("2015-07-31") <= {"due", "done"}
    assert july("2015-09-01") <= {"overdue", "done", "late"}


def test_pages_of_lines_hold_each_line_once(asked: Asking) -> None:
    whole = asked(as_of="2015-08-10", limit="1000").json()["lines"]
    assert asked.lines(as_of="2015-08-10", limit="7") == whole


def test_a_filter_narrows_and_the_counts_are_of_all_states(asked: Asking) -> None:
    body = asked(as_of="2015-08-10", state="done", community=f"{LOG}001", limit="1000").json()
    assert {line["community"] for line in body["lines"]} == {f"{LOG}001"}
    assert {line["state"] for line in body["lines"]} == {"done"}
    assert body["counts"]["done"] == len(body["lines"])
    assert sum(body["counts"].values()) > len(body["lines"])


def test_files_hold_all_lines_with_chinese_headers(asked: Asking) -> None:
    count = sum(asked(as_of="2015-08-10").json()["counts"].values())
    text = asked(as_of="2015-08-10", format="csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == count + 1
    assert {"状态", "社区", "到期日"} & set(rows[0])
    sheet = load_workbook(io.BytesIO(asked(as_of="2015-08-10", format="xlsx").content)).active
    assert sheet is not None
    assert sheet.max_row == count + HEADERS
    assert f"行数 rows {count} · 仅 only 截至 As of 2015-08-10 · 树根 root " in str(sheet["A2"].value)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"as_of": "2015-02-30"}, 400, "malformed"), ({"as_of": "yesterday"}, 400, "malformed"),
        ({"as_of": "2199-01-01"}, 422, "too_far_ahead"), ({"state": "lost"}, 400, "malformed"),
        ({"plan": "none"}, 422, "unknown_plan"), ({"community": "zz"}, 422, "unknown_community"),
        ({"format": "pdf"}, 400, "malformed"), ({"cursor": "x"}, 400, "malformed"),
        ({"who": "1"}, 400, "bad_parameter"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_is_not_there_is_named(
    asked: Asking, query: dict[str, str], status: int, code: str
) -> None:
    answer = asked(**query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, *query)
    assert code in documented_of("/assessment/duties", status)


def test_only_readers_of_this_log_are_answered(asked: Asking) -> None:
    assert asked(None).status_code == 401
    assert asked(Role.OPERATOR).status_code == 403
    assert asked(Role.AUDITOR, log=OTHER_LOG).status_code == 403
    assert asked(Role.CLERK).status_code == 200


def test_nothing_personal_stands_in_it(asked: Asking) -> None:
    text = asked(as_of="2015-08-10", limit="1000").text
    assert not [secret for secret in SECRETS if secret in text]
    assert "sealed:" not in text
