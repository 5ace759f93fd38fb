"""What a reader may ask of a ledger, what a sender may say he has seen, and how a refusal is worded. Invented data."""

import asyncio
import re
from pathlib import Path

import pytest

from services.installation import SERVICES
from shared.contracts.assessment import PeriodKind
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from shared.errors import CODES, Sentences
from tests.web import campaign
from tests.web.toy import AT, LOG, Running, scene

SENTENCES = Sentences(SERVICES)


# how a refusal is worded ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", SENTENCES.codes)
def test_no_refusal_shows_a_placeholder(code: str) -> None:
    sentence = SENTENCES.codes[code]
    names = set(re.findall(r"\{(\w+)\}", sentence.zh + sentence.en))
    for known in ({}, dict.fromkeys(names, "known"), dict.fromkeys(names, 7), dict.fromkeys(names, PeriodKind.MONTH)):
        problem = SENTENCES.problem(Refused(code, **known))
        for part in ("title", "detail_zh", "detail_en"):
            assert "{" not in problem[part]
            assert "}" not in problem[part]
        assert ("…" in problem["detail_zh"]) <= ("…" in sentence.zh or not known), "what is known is quoted"


def test_a_title_is_of_the_kind_and_does_not_change_from_one_to_the_next() -> None:
    one, other = (SENTENCES.problem(Refused("version_conflict", version=version)) for version in (2, 3))
    assert one["title"] == other["title"] == "Version conflict"
    assert one["detail_en"] != other["detail_en"]
    assert len({SENTENCES.problem(Refused(code))["title"] for code in SENTENCES.codes}) == len(SENTENCES.codes)


def test_a_code_is_quoted_by_its_name_and_a_moment_in_chinas_time() -> None:
    problem = SENTENCES.problem(Refused("unknown_period", period="2015-13", kind=PeriodKind.MONTH))
    assert "月" in problem["detail_zh"]
    assert "month" not in problem["detail_zh"]
    assert PeriodKind.MONTH.en in problem["detail_en"]
    assert problem["kind"] == "month", "programs get the code"


@pytest.mark.parametrize("code", CODES)
def test_the_mechanisms_codes_speak_both_languages(code: str) -> None:
    assert re.search("[\u4e00-\u9fff]", CODES[code].zh)
    assert CODES[code].en.isascii()


# what is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/intake/ledgers/files", "/record/events"])
def test_a_page_of_nothing_is_refused(path: str, tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        await toy.open_file("k-1")
        for limit in ("0", "00"):
            answer = await toy.get(f"{path}?limit={limit}")
            body = answer.json()
            assert (answer.status_code, body["code"], body["field"]) == (422, "out_of_range", "limit")
        assert (await toy.get(f"{path}?limit=1")).status_code == 200
        assert (await toy.get(f"{path}?limit=9999")).status_code == 200, "more than a page holds is a full page"

    scene(play, tmp_path)


def test_a_position_beyond_the_logs_end_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(toy: Running) -> None:
        follower = toy.node.followers["intake"]

        async def never(*_: object) -> None:
            raise AssertionError("nobody waits for what is not there")

        empty = await toy.get("/intake/ledgers/files?at_least=0")
        assert (empty.status_code, empty.json()["code"]) == (422, "beyond_the_end")
        size = (await toy.open_file("k-1"))["positions"][-1] + 1
        assert (await toy.get(f"/intake/ledgers/files?at_least={size - 1}")).json()["position"] >= size - 1
        monkeypatch.setattr(follower, "reach", never)
        for beyond in (size, 10**9):
            answer = await toy.get(f"/intake/ledgers/files?at_least={beyond}")
            body = answer.json()
            assert (answer.status_code, body["code"], body["field"]) == (422, "beyond_the_end", "at_least")
            assert body["last"] == size - 1

    scene(play, tmp_path)


def test_a_community_may_be_named(tmp_path: Path) -> None:
    async def play() -> None:
        async with campaign.opened(tmp_path) as (node, app):
            await campaign.fill(node)
            async with campaign.signed_in(node, app, Role.AUDITOR) as client:
                client.headers["accept"] = "application/json"
                known = (await client.get("/assignment/ledgers/communities")).json()["rows"]
                asked = {"intake/ledgers/cases", "assignment/ledgers/roster", "assessment/ledgers/scores"}
                for path in asked:
                    for community in known:
                        code, name = community["community"], community["name"]
                        by_code = await client.get(f"/{path}", params={"community": code})
                        by_name = await client.get(f"/{path}", params={"community": name})
                        assert by_code.status_code == 200
                        assert by_name.json() == by_code.json()
                        assert {row["community"] for row in by_name.json()["rows"]} <= {code}
                    assert any((await client.get(f"/{path}")).json()["rows"])
                    for nobody in ("没有的社区", "410105010999", "x", ""):
                        answer = await client.get(f"/{path}", params={"community": nobody})
                        body = answer.json()
                        assert (answer.status_code, body["code"], body["field"]) == (
                            422, "no_such_community", "community",
                        )  # fmt: skip
                whole = await client.get("/assessment/ledgers/scores", params={"community": campaign.LOG})
                assert whole.json()["rows"], "the sub-district as a whole has results too"
                then = await client.get(
                    "/intake/ledgers/cases?as_of=2100-01-01", params={"community": known[0]["name"]}
                )
                assert {row["community"] for row in then.json()["rows"]} == {known[0]["community"]}

    asyncio.run(play())


# what was seen ----------------------------------------------------------------------------------------------------


def test_if_match_star_is_any_version_of_what_there_is(tmp_path: Path) -> None:
    async def play(toy: Running) -> None:
        stream = (await toy.open_file("k-1"))["stream"]

        async def close(id: str, stream: str, if_match: str) -> tuple[int, str | None]:
            answer = await toy.client.post(
                "/intake/commands/close-file",
                json={"log": LOG, "occurred_at": AT, "data": {}, "stream": stream},
                headers={**toy.token(Role.CLERK), "idempotency-key": id, "if-match": if_match},
            )
            return answer.status_code, answer.json().get("code")

        assert await close("k-2", "case/nobody", "*") == (409, "version_conflict")
        assert await close("k-3", stream, "**") == (400, "bad_header")
        assert await close("k-4", stream, "1") == (409, "version_conflict")
        assert await close("k-5", stream, "*") == (201, None)
        assert await close("k-5", stream, "*") == (201, None), "the first answer again"
        assert await close("k-6", stream, "*") == (409, "not_open")

    scene(play, tmp_path)
