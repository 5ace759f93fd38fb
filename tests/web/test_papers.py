"""`GET /assessment/papers/{kind}`, the pages of papers and `sanguan paper`, on a real node with an invented campaign
(synthetic)."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from services.assessment.papers.kinds import BY_CODE, KINDS, QUESTIONS
from services.assessment.papers.labels import LABELS
from shared.access.visitor import Visitor
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.runtime import Node
from shared.web.door import Doorkeeper
from tests.system.cli import Done, called
from tests.test_refusals import documented_of
from tests.web.campaign import LOG, OTHER_LOG, SECRETS, Campaign, client_of, fill, halted, opened, signed_in

PUBLICATION = "phase-2.2015-08-10"
ASKED: dict[str, dict[str, str]] = {
    "monthly-report": {"month": "2015-06", "as_of": "2015-08-10"},
    "circular": {"publication": PUBLICATION, "as_of": "2015-12-31"},
    "performance-archive": {"as_of": "2015-12-31"},
    "responsibility-letters": {"as_of": "2015-12-31"},
    "debriefing-record": {"community": f"{LOG}001", "as_of": "2015-12-31"},
    "summary": {"plan": "dongfeng-2015-28", "as_of": "2015-12-31"},
}
"""What each kind is asked with; the archive also with an officer."""
PAGE_BYTES = 100_000


class Asking:
    """A node with an invented campaign, asked from outside."""

    def __init__(self, runner: asyncio.Runner, node: Node, app: Any, made: Campaign, data: Path) -> None:
        self._runner, self.node, self._app, self._data = runner, node, app, data
        self.judge, self.other = made.cases["judge-1"], made.cases["judge-2"]
        self.asked = {**ASKED, "performance-archive": {**ASKED["performance-archive"], "officer": self.judge}}

    def get(
        self, path: str, query: dict[str, str], role: Role | None = Role.OFFICE, who: str = "", language: str = "zh-CN"
    ) -> httpx.Response:  # fmt: skip
        """What is answered to somebody of a role; to a stranger where there is none."""

        async def ask() -> httpx.Response:
            accept = "application/json" if path.startswith("/assessment") else "text/html"
            async with self._client(role, who, language) as client:
                return await client.get(path, params=query, headers={"accept": accept})

        return self._runner.run(ask())

    def _client(self, role: Role | None, who: str, language: str) -> httpx.AsyncClient:
        if role is None:
            return client_of(self._app)
        if not who:
            return signed_in(self.node, self._app, role, language=language)
        session = self.node.storage.sessions.open_for(Visitor(Actor(id=who, role=role), LOG))
        return client_of(self._app, {Doorkeeper.COOKIE: session}, language)

    def paper(self, kind: str, role: Role | None = Role.OFFICE, who: str = "", /, **query: str) -> httpx.Response:
        """A paper as data, asked for in its usual way and as the query says besides."""
        return self.get(f"/assessment/papers/{kind}", {**self.asked[kind], **query}, role, who)

    def page(self, kind: str, language: str = "zh-CN", **query: str) -> httpx.Response:
        """The same as a page."""
        return self.get(f"/papers/{kind}", {**self.asked[kind], **query}, language=language)

    def called(self, *words: str) -> Done:
        """`sanguan paper`, on the same data."""
        return called("paper", *words, "--data", self._data)


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with asyncio.Runner() as runner:
        stack, data = AsyncExitStack(), tmp_path_factory.mktemp("papers")
        node, app = runner.run(stack.enter_async_context(opened(data)))
        made = runner.run(fill(node))
        yield Asking(runner, node, app, made, data)
        runner.run(stack.aclose())


KIND_CODES = [kind.code for kind in KINDS]


@pytest.mark.parametrize("kind", KIND_CODES)
def test_a_paper_says_what_it_is_and_where_it_stands(asking: Asking, kind: str) -> None:
    answer = asking.paper(kind)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"as_of", "kind", "log", "paper", "position", "title_en", "title_zh"}
    assert (body["log"], body["kind"], body["as_of"]) == (LOG, kind, asking.asked[kind]["as_of"])
    assert (body["title_zh"], body["title_en"]) == (BY_CODE[kind].title_zh, BY_CODE[kind].title_en)
    assert body["position"] == asking.node.storage.log.size(LOG) - 1


@pytest.mark.parametrize("kind", KIND_CODES)
def test_the_same_prefix_gives_the_same_bytes_from_the_ledgers_and_from_the_log(asking: Asking, kind: str) -> None:
    served = asking.paper(kind)
    folded = asking.paper(kind, position=str(served.json()["position"]))
    assert served.content == folded.content
    assert asking.paper(kind, position=str(served.json()["position"])).content == folded.content


def test_a_paper_of_an_earlier_position_knows_nothing_of_what_came_since(asking: Asking) -> None:
    now = asking.paper("summary").json()["paper"]
    publication = now["publications"][0]
    then = asking.paper("summary", position=str(publication["position"])).json()
    assert then["position"] == publication["position"]
    assert then["paper"]["publications"] == []
    assert then["paper"]["commendations"] == []
    assert now["commendations"]


def test_what_is_answered_is_what_the_document_says(asking: Asking) -> None:
    for question in QUESTIONS:
        kind = question.path.rpartition("/")[2]
        properties = TypeAdapter(question.answer).json_schema(mode="serialization")["properties"]
        assert set(properties) == set(asking.paper(kind).json())
        assert set(question.parameters) == {*BY_CODE[kind].parameters, "as_of", "position"}


# who ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [code for code in KIND_CODES if code != "performance-archive"])
def test_readers_of_ledgers_read_papers_and_others_do_not(asking: Asking, kind: str) -> None:
    assert asking.paper(kind, Role.CLERK).status_code == 200
    assert asking.paper(kind, Role.OPERATOR).status_code == 403
    assert asking.paper(kind, None).status_code == 401
    assert asking.paper(kind, log=OTHER_LOG).status_code == 403


def test_an_archive_is_for_the_office_auditors_and_the_officer(asking: Asking) -> None:
    read = asking.paper("performance-archive")
    assert asking.paper("performance-archive", Role.AUDITOR).content == read.content
    assert asking.paper("performance-archive", Role.OFFICER, asking.judge).content == read.content
    for role in (Role.CLERK, Role.LEADER, Role.SUBSCRIBER, Role.OPERATOR):
        assert asking.paper("performance-archive", role).status_code == 403
    strangers = [
        asking.paper("performance-archive", Role.OFFICER, asking.other, officer=officer)
        for officer in (asking.judge, "nobody")
    ]
    assert {answer.json()["code"] for answer in strangers} == {"archive_of_another"}
    assert {answer.status_code for answer in strangers} == {403}
    assert "reply" not in strangers[0].json()["detail_en"]
    assert strangers[0].content == strangers[1].content, "who is there is not told"


def test_the_pages_are_for_the_same_roles(asking: Asking) -> None:
    query = asking.asked["performance-archive"]
    assert asking.get("/papers/performance-archive", query, Role.CLERK).status_code == 403
    assert asking.get("/papers/performance-archive", query, Role.OFFICER, asking.judge).status_code == 200
    assert "/papers/performance-archive" in asking.get("/papers", {}).text
    assert "/papers/performance-archive" not in asking.get("/papers", {}, Role.CLERK).text


def test_places_are_shown_to_the_office_and_not_to_a_clerk(asking: Asking) -> None:
    def places(role: Role) -> list[Any]:
        return [one["place"] for one in asking.paper("circular", role).json()["paper"]["communities"]]

    assert sorted(place for place in places(Role.OFFICE) if place is not None)[0] == 1
    assert set(places(Role.CLERK)) == {None}


# what cannot be asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "query", "status", "code"),
    [
        ("monthly-report", {"month": "2015-6"}, 400, "malformed"),
        ("monthly-report", {"month": ""}, 400, "missing_parameter"),
        ("monthly-report", {"community": "410105010999"}, 422, "unknown_community"),
        ("monthly-report", {"as_of": "x"}, 400, "malformed"),
        ("monthly-report", {"as_of": "2199-01-01"}, 422, "in_the_future"),
        ("monthly-report", {"officer": "x"}, 400, "bad_parameter"),
        ("circular", {"publication": "none"}, 422, "unknown_publication"),
        ("circular", {"position": "x"}, 400, "malformed"),
        ("performance-archive", {"officer": "nobody"}, 422, "unknown_officer"),
        ("performance-archive", {"month": "1"}, 400, "bad_parameter"),
        ("responsibility-letters", {"case": "none"}, 404, "unknown_case"),
        ("debriefing-record", {"community": ""}, 400, "missing_parameter"),
        ("debriefing-record", {"community": "虚构"}, 422, "unknown_community"),
        ("summary", {"plan": "none"}, 422, "unknown_plan"), ("summary", {"phase": "9"}, 422, "unknown_phase"),
        ("summary", {"who": "1"}, 400, "bad_parameter"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_is_not_there_is_named(
    asking: Asking, kind: str, query: dict[str, str], status: int, code: str
) -> None:
    answer = asking.paper(kind, **query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, *query)
    assert code in documented_of(f"/assessment/papers/{kind}", status)


def test_what_is_beyond_the_end_or_no_paper_is_said_to_be(asking: Asking) -> None:
    assert asking.paper("summary", position="999999").json()["code"] == "beyond_the_end"
    assert asking.get("/assessment/papers/certificate", {}).status_code == 404
    assert asking.get("/papers/certificate", {}).status_code == 404


# what is kept back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KIND_CODES)
def test_nothing_personal_stands_in_a_paper(asking: Asking, kind: str) -> None:
    for text in (asking.paper(kind).text, asking.page(kind).text, asking.page(kind, "en").text):
        assert not [secret for secret in SECRETS if secret in text]
        assert "sealed:" not in text


def test_what_does_not_stand_at_its_position_is_told_by_no_paper(asking: Asking) -> None:
    """A ledger that stopped on the way goes on from there some day; until then its rows are of another position."""
    with halted(asking.node, "assessment.communities_served"):
        assert asking.paper("summary").json()["code"] == "ledger_behind"
        for kind in KIND_CODES:
            assert (asking.paper(kind).status_code, asking.page(kind).status_code) == (503, 503), kind
    assert asking.paper("summary").status_code == 200


# pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KIND_CODES)
def test_a_paper_is_a_page_in_both_languages_with_all_its_parts(asking: Asking, kind: str) -> None:
    body = asking.paper(kind).json()
    for language, side in (("zh-CN", 0), ("en", 1)):
        answer = asking.page(kind, language)
        assert answer.status_code == 200
        assert len(answer.content) < PAGE_BYTES
        assert (body["title_zh"], body["title_en"])[side] in answer.text
        for name, held in body["paper"].items():
            if isinstance(held, list) and held:
                assert LABELS[name][side] in unescape(answer.text), name
        assert f"position={body['position']}" in answer.text


def test_a_page_without_what_it_needs_asks_for_it(asking: Asking) -> None:
    answer = asking.get("/papers/monthly-report", {})
    assert answer.status_code == 200
    assert 'name="month"' in answer.text
    assert "<article" not in answer.text
    assert asking.page("monthly-report", month="2015-13").status_code == 400


def test_the_index_offers_what_there_is(asking: Asking) -> None:
    text = asking.get("/papers", {}).text
    for kind in KINDS:
        assert f"/papers/{kind.code}" in text
        assert kind.title_zh in text
    assert PUBLICATION in text
    assert f"{LOG}001" in text


# the command line -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KIND_CODES)
def test_the_command_line_draws_up_the_same_paper_from_the_log(asking: Asking, kind: str) -> None:
    options = [word for name, text in asking.asked[kind].items() for word in (f"--{name.replace('_', '-')}", text)]
    done = asking.called(kind, *options, "--json")
    assert done.code == 0, done.err
    assert done.json == {"ok": True, **asking.paper(kind).json()}
    told = asking.called(kind, *options)
    assert told.code == 0
    assert BY_CODE[kind].title_zh in told.out.splitlines()[0]
    assert "sealed:" not in told.out


def test_a_call_that_cannot_be_answered_says_why(asking: Asking) -> None:
    asking.called("certificate", "--json").problem("unknown_paper")
    told = asking.called("monthly-report", "--json").problem("missing_parameter")
    assert told["detail_en"] == "The parameter --month is missing; write, for example, 2015-06."
    told = asking.called("summary", "--as-of", "31.12.", "--json").problem("malformed")
    assert told["detail_en"] == "The parameter --as-of should be a day, for example 2015-07-31."
    told = asking.called("summary", "--plan", "none", "--json").problem("unknown_plan")
    assert told["detail_en"].startswith("--plan: There is no plan none in force")
    told = asking.called("summary", "--month", "2015-06", "--json").problem("bad_option")
    assert "--phase" in told["detail_en"]
    asking.called("summary", "--position", "999999", "--json").problem("beyond_the_end")
