"""Flags on institutions over HTTP and as a page, on a real node with an invented campaign (synthetic)."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from shared.contracts.codes import Role
from shared.runtime import Node
from tests.test_refusals import documented_of
from tests.web.campaign import (
    LOG,
    OTHER_LOG,
    SECRETS,
    Campaign,
    client_of,
    code,
    fill,
    hurried,
    opened,
    signed_in,
)
from tests.web.test_pages import _sound

WHY = "五件同日送达，虚构的说明"
ANSWER = {"community": code(3), "flag": "month_end", "month": "2015-07", "answer": WHY}


class Asking:
    """A node with an invented campaign in which one community ends many cases at the end of July."""

    def __init__(self, runner: asyncio.Runner, node: Node, app: Any) -> None:
        self._runner, self._node, self._app = runner, node, app

    def __call__(
        self, path: str = "/assessment/flags", role: Role | None = Role.OFFICE, log: str = LOG, language: str = "zh-CN",
        html: bool = False, **query: str,
    ) -> httpx.Response:  # fmt: skip
        async def ask() -> httpx.Response:
            node, app = self._node, self._app
            who = client_of(app) if role is None else signed_in(node, app, role, log, language)
            async with who as client:
                headers = {} if html else {"accept": "application/json"}
                return await client.get(path, params=query or None, headers=headers)

        return self._runner.run(ask())

    def page(self, path: str, language: str = "zh-CN", **query: str) -> str:
        where = f"{path}?{urlencode(query)}" if query else path
        answer = self(where, html=True, language=language)
        _sound(answer)
        assert answer.status_code == 200, answer.text
        return answer.text

    def recorded(self) -> list[Any]:
        return self._node.storage.log.recorded(LOG, -1, 10_000)

    def answers(self, key: str, **changed: str) -> httpx.Response:
        """What comes of a clerk's answering over HTTP; the ledgers hold it afterwards."""

        async def post() -> httpx.Response:
            token = self._node.storage.tokens.mint(
                Role.CLERK, LOG, subject="clerk-3", valid=timedelta(hours=1)
            )  # fmt: skip
            headers = {"authorization": f"Bearer {token}", "idempotency-key": key, "accept": "application/json"}
            body = {"log": LOG, "occurred_at": "2015-08-12T09:00:00+08:00", "data": {**ANSWER, **changed}}
            async with client_of(self._app) as client:
                answer = await client.post("/assessment/commands/answer-flag", json=body, headers=headers)
            await Campaign(self._node).settle()
            return answer

        return self._runner.run(post())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        node, app = runner.run(stack.enter_async_context(opened(tmp_path_factory.mktemp("flags"))))
        made = runner.run(fill(node))
        runner.run(hurried(made))
        yield Asking(runner, node, app)
        runner.run(stack.aclose())


def test_a_flag_says_of_which_community_and_month_how_much_of_what_and_why(asked: Asking) -> None:
    body = asked().json()
    assert (body["log"], body["rulebook"]) == (LOG, "default")
    (flag,) = [one for one in body["flags"] if one["community"] == code(3)]
    assert (flag["code"], flag["kind"], flag["month"], flag["clause"]) == ("month_end", "month_end", "2015-07", "5.1")
    assert flag["numerator"] == 5 == len(flag["members"])
    assert flag["share"] == {"exact": f"5/{flag['denominator']}", "decimal": flag["share"]["decimal"]}
    assert f"2015-07办结（化解或依法终止）{flag['denominator']}件，其中5件在当月最后3天办结" in flag["says_zh"]
    assert "takes no points, and asks for an answer" in flag["says_en"]
    assert {one["why_en"] for one in flag["members"]} == {"ended on 2015-07-30"}


def test_each_member_leads_to_its_event_in_the_record(asked: Asking) -> None:
    flag = asked(community=code(3)).json()["flags"][0]
    for member in flag["members"]:
        (position,) = member["positions"]
        assert "case-resolved" in asked.page(f"/record/{position}")


def test_what_is_asked_for_bounds_what_is_told(asked: Asking) -> None:
    assert asked(month="2015-06", community=code(3)).json()["flags"] == []
    assert asked(month="2015-07", community=code(3)).json() == asked(community=code(3)).json()
    assert asked(as_of="2015-07-29", community=code(3)).json()["flags"] == []
    assert asked(community=code(1)).json()["flags"] == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [({"month": "july"}, 400, "malformed"), ({"as_of": "2015-7-1"}, 400, "malformed"),
     ({"as_of": "2199-01-01"}, 422, "in_the_future"), ({"rulebook": "none"}, 422, "unknown_rulebook"),
     ({"community": "zz"}, 422, "unknown_community"), ({"officer": "police-1"}, 400, "bad_parameter")],
)  # fmt: skip
def test_what_cannot_be_read_or_is_not_there_is_refused_by_its_name(
    asked: Asking, query: dict[str, str], status: int, code: str
) -> None:
    answer = asked(f"/assessment/flags?{urlencode(query)}")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, *query)
    assert code in documented_of("/assessment/flags", status)


def test_only_readers_of_the_log_are_told(asked: Asking) -> None:
    assert asked(role=None).status_code == 401
    assert asked(log=OTHER_LOG).json()["flags"] == []
    assert asked(role=Role.AUDITOR).status_code == 200


def test_the_page_says_it_in_words_and_leads_to_cases_and_events(asked: Asking) -> None:
    flag = asked(community=code(3)).json()["flags"][0]
    page = asked.page("/flags", community=code(3))
    assert flag["says_zh"] in page
    assert flag["says_en"] in asked.page("/flags", "en", community=code(3))
    for member in flag["members"]:
        assert f'href="/cases/{member["key"]}"><code>{member["key"]}</code>' in page, "in full"
        assert f'href="/record/{member["positions"][0]}"' in page
    assert "不扣分、不计入得分" in page
    assert "本产品建议" in page, "whose numbers the rules are"
    assert "没有疑点" in asked.page("/flags", month="2015-06", community=code(3))


def test_the_flag_stands_beside_the_score_on_the_board_and_on_its_own_page(asked: Asking) -> None:
    board = asked.page("/scores", publication="phase-2.2015-08-10")
    assert f'<a href="/flags?community={code(3)}">疑点 1 项</a>' in board
    assert f'/flags?community={code(1)}"' not in board
    own = asked.page(f"/scores/phase-2.2015-08-10.{code(3)}")
    assert "疑点 1 项" in own
    assert f"/flags?month=2015-07&amp;community={code(3)}" in own
    assert "疑点 1 项" in asked.page(f"/scores/phase-2.2015-08-10.{LOG}"), "the whole's page tells of all"
    assert "疑点" not in asked.page(f"/scores/phase-2.2015-08-10.{code(1)}").partition("<main")[2]


def test_what_is_not_raised_cannot_be_answered(asked: Asking) -> None:
    for key, changed in (("x1", {"month": "2015-06"}), ("x2", {"flag": "reopened"}), ("x3", {"community": code(1)})):
        answer = asked.answers(key, **changed)
        told = answer.json()
        assert (answer.status_code, told["code"], told["field"]) == (422, "no_such_flag", "flag")
        assert "疑点" in told["detail_zh"]
        assert "page of flags" in told["detail_en"]


def test_an_answer_is_shown_as_given_and_its_text_is_on_no_page(asked: Asking) -> None:
    assert "尚未说明" in asked.page("/flags", community=code(3))
    assert asked.answers("answer-1").status_code == 201
    body = asked(community=code(3)).json()
    assert [one["on"] for one in body["flags"][0]["answers"]] == ["2015-08-12"]
    pages = [
        asked.page("/flags", community=code(3)), asked.page(f"/scores/phase-2.2015-08-10.{code(3)}")
    ]  # fmt: skip
    (entered,) = [
        one.position for one in asked.recorded() if one.type == "sanguan.assessment.flag-answered.v1"
    ]  # fmt: skip
    assert f'2015年8月12日已作说明</span> <small>社区专干 · <a href="/record/{entered}">' in pages[0]
    assert f'answered on 12 Aug 2015</span> <small>community clerk · <a href="/record/{entered}">' in asked.page(
        "/flags", "en", community=code(3)
    )
    assert "sanguan.assessment.flag-answered.v1" in asked.page(f"/record/{entered}")
    for page in pages:
        assert "2015-08-12已作说明" in page.replace("2015年8月12日", "2015-08-12")
        assert "尚未说明" not in page
    ledger = asked("/assessment/ledgers/flag_answers", log=LOG, community=code(3), month="2015-07").json()
    assert [row["flag"] for row in ledger["rows"]] == ["month_end"]
    for text in (*pages, str(body), str(ledger)):
        assert WHY not in text
        assert not [secret for secret in SECRETS if secret in text]


def test_nothing_that_is_told_names_an_officer(asked: Asking) -> None:
    told = asked().text + asked.page("/flags")
    officers = asked("/assignment/ledgers/officers").json()["rows"]
    assert len(officers) > 10
    assert [one["id"] for one in officers if one["id"] in told] == []
