"""Deadlines on the pages and as JSON, each with what explains it (synthetic)."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from services.assignment.commands import RegisterCommunity
from services.installation import SERVICES
from services.intake.commands import AcceptCase, AmendCalendar, HandDownCase, VoidCase
from shared.clock import utc_now
from shared.contracts.codes import CaseKind, Role
from shared.web.documents import openapi
from tests.web.campaign import LOG, OTHER_LOG, Campaign, code, day, opened, report, signed_in
from tests.web.test_documents import check

Scenario = Callable[[Campaign, Any], Coroutine[Any, Any, None]]


@cache
def document() -> dict[str, Any]:
    """Made when it is first asked for: every worker of a test run reads this file, and one runs it."""
    return openapi(SERVICES)


def play(data: Path, scenario: Scenario) -> None:
    """Run a scenario on a fresh node with one community."""

    async def work() -> None:
        async with opened(data) as (node, app):
            made = Campaign(node)
            await made.send(
                RegisterCommunity(code=code(1), name="学院社区", grids=("G01-1",), households=900), day("06-01")
            )
            await made.settle()
            await scenario(made, app)

    asyncio.run(work())


async def asked(client: httpx.AsyncClient, case: str) -> list[dict[str, Any]]:
    """The clocks of a case, as the document has them."""
    answer = await client.get(f"/intake/cases/{case}/deadline")
    assert answer.status_code == 200
    answers = document()["paths"]["/intake/cases/{id}/deadline"]["get"]["responses"]["200"]
    check(document(), answers["content"]["application/json"]["schema"], answer.json())
    body: dict[str, Any] = answer.json()
    assert (body["log"], body["case"]) == (LOG, case)
    clocks: list[dict[str, Any]] = body["clocks"]
    return clocks


def test_a_deadline_explains_itself_to_readers_of_json(tmp_path: Path) -> None:
    async def scenario(made: Campaign, app: Any) -> None:
        case = await report(made, day("07-04"), 1)
        await made.settle()
        async with signed_in(made.node, app, Role.CLERK) as clerk:
            assert await asked(clerk, case) == [], "a dispute has no clock before it is accepted"
            await made.send(HandDownCase(by_unit="区信访局", document="示例〔2015〕7号"), day("07-05"), case)
            await made.settle()
            (register,) = await asked(clerk, case)
            assert (register["clock"], register["on"], register["told"]) == ("register", "2015-07-20", False)
            assert (register["standing"], register["escalation"]) == ("overdue", "group")
            await made.send(AcceptCase(), day("07-05", 11), case)
            await made.settle()
            settle, register = await asked(clerk, case)
        assert register["standing"] == "in_time"
        assert settle | {"counting": None, "quote": None, "announced": None} == {
            "clock": "handle", "on": "2015-09-06", "told": True, "rule": "petition-60-days",
            "law": "信访条例（2005）第三十三条", "quote": None, "verified": True, "counting": None,
            "provisional": False,
            "steps": [
                {"step": "from", "length": 0, "on": "2015-07-05"}, {"step": "days", "length": 60, "on": "2015-09-03"},
                {"step": "moved", "length": 3, "on": "2015-09-06"},
            ],
            "now": "2015-09-06", "announced": None, "standing": "overdue", "escalation": "group",
        }  # fmt: skip
        assert settle["quote"].startswith("信访事项应当自受理之日起60日内办结")
        assert settle["counting"]["law"] == "民法通则 第一百五十四条"
        assert [one["document"] for one in settle["announced"]][-1] == "国发明电〔2015〕1号"

    play(tmp_path, scenario)


def test_what_was_told_stays_when_the_calendar_is_amended_and_the_difference_is_shown(tmp_path: Path) -> None:
    async def scenario(made: Campaign, app: Any) -> None:
        case = await report(made, day("06-11"), 1)
        await made.send(AcceptCase(), day("06-11", 11), case)
        await made.send(
            AmendCalendar(off=(date(2015, 7, 13),), worked=(), announced_on=date(2015, 6, 20), document="示例2号"),
            day("06-20"),
        )
        await made.settle()
        async with signed_in(made.node, app, Role.AUDITOR, language="en") as auditor:
            (settle,) = await asked(auditor, case)
            page = unescape((await auditor.get(f"/cases/{case}")).text)
        assert (settle["on"], settle["now"]) == ("2015-07-13", "2015-07-14")
        assert {"on": "2015-06-20", "document": "示例2号"} in settle["announced"]
        for said in (
            "13 Jul 2015", "By the calendar as it is now it would be 14 Jul 2015",
            "人民调解委员会调解纠纷，一般在一个月内调结。", "人民调解工作若干规定 第三十三条",
            "民法通则 第一百五十四条", "示例2号", "it goes to the leading group",
        ):  # fmt: skip
            assert said in page, said
        assert "not checked" not in page, "its text was compared"

    play(tmp_path, scenario)


def test_the_cases_of_whom_somebody_is_to_be_told_are_listed_by_level(tmp_path: Path) -> None:
    async def scenario(made: Campaign, app: Any) -> None:
        late, void = await report(made, day("06-11"), 1), await report(made, day("06-11"), 1)
        just_now = utc_now() - timedelta(minutes=5)
        fresh, petition = await report(made, just_now, 1), await report(made, just_now, 1, CaseKind.BACKLOG)
        for case in (late, void):
            await made.send(AcceptCase(), day("06-12"), case)
        await made.send(AcceptCase(), just_now, fresh)
        await made.send(VoidCase(reason="误登"), day("06-13"), void)
        await made.settle()

        async def listed(query: str) -> set[str]:
            page = (await browser.get(f"/cases{query}")).text
            return set(re.findall(r'href="/cases/([0-9a-f]{20})"', page))

        async with signed_in(made.node, app) as browser:
            assert await listed("") == {late, void, fresh, petition}
            assert await listed("?escalation=group") == {late}
            assert await listed("?escalation=group&status=resolved") == set()
            assert await listed("?escalation=none") == {fresh}
            for level in ("handler", "leader", "office", "nobody-knows", "%27%20OR%201=1"):
                assert await listed(f"?escalation={level}") == set()
            page = unescape((await browser.get("/cases")).text)
            assert 'href="/cases?escalation=group"' in page
            assert "告知是否受理" in page, "the petition shows by when it is to be answered"
            assert "/intake/ledgers/cases?" in page
            assert "/intake/ledgers/cases?" not in (await browser.get("/cases?escalation=group")).text

    play(tmp_path, scenario)


def test_deadlines_are_for_readers_of_the_log_alone(tmp_path: Path) -> None:
    async def scenario(made: Campaign, app: Any) -> None:
        case = await report(made, day("06-11"), 1)
        await made.settle()
        path = f"/intake/cases/{case}/deadline"
        async with signed_in(made.node, app) as client:
            answers = {
                path: (200, None), f"{path}?log={LOG}": (200, None),
                f"{path}?log={OTHER_LOG}": (403, "wrong_jurisdiction"),
                f"{path}?on=2015-06-11": (400, "bad_parameter"), "/intake/cases/%00/deadline": (400, "bad_parameter"),
                "/intake/cases/nothing/deadline": (404, "not_found"),
            }  # fmt: skip
            for address, (status, problem) in answers.items():
                answer = await client.get(address, headers={"accept": "application/json"})
                assert (answer.status_code, answer.json().get("code")) == (status, problem), address
        async with signed_in(made.node, app, log=OTHER_LOG) as neighbour:
            assert (await neighbour.get(path, headers={"accept": "application/json"})).status_code == 404
        async with signed_in(made.node, app, Role.OPERATOR) as operator:
            assert (await operator.get(path)).status_code == 403

    play(tmp_path, scenario)
