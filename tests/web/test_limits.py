"""How much anyone may ask of a process in a minute. All data are invented (synthetic)."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from services.together import application, together
from shared.contracts.codes import Role
from shared.settings import load
from tests.web.campaign import LOG, client_of


def run(play: Any, data: Path, **limits: int) -> None:
    async def whole() -> None:
        async with together(load(data, **limits), stream=False) as node, client_of(application(node)) as client:
            client.headers["accept"] = "application/json"

            def bearer(who: str) -> dict[str, str]:
                token = node.storage.tokens.mint(Role.OFFICE, LOG, subject=who, valid=timedelta(hours=1))
                return {"authorization": f"Bearer {token}"}

            await play(client, bearer)

    asyncio.run(whole())


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_one_who_asks_too_much_waits_and_others_do_not(tmp_path: Path) -> None:
    async def play(client: httpx.AsyncClient, bearer: Any) -> None:
        for _ in range(5):
            assert (await client.get("/intake/ledgers", headers=bearer("office-1"))).status_code == 200
        answer = await client.get("/intake/ledgers", headers=bearer("office-1"))
        assert told(answer) == (429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert (await client.get("/intake/ledgers", headers=bearer("office-2"))).status_code == 200

    run(play, tmp_path, requests_per_minute=5)


def test_readings_have_a_limit_of_their_own(tmp_path: Path) -> None:
    async def play(client: httpx.AsyncClient, bearer: Any) -> None:
        def read() -> Any:
            return client.post("/intake/cases/none/personal", json={}, headers=bearer("office-1"))

        assert [(await read()).status_code != 429 for _ in range(3)] == [True, True, False]
        assert (await client.get("/intake/ledgers", headers=bearer("office-1"))).status_code == 200

    run(play, tmp_path, readings_per_minute=2)


def test_strangers_who_try_again_and_again_are_not_even_told_no(tmp_path: Path) -> None:
    async def play(client: httpx.AsyncClient, bearer: Any) -> None:
        for _ in range(3):
            wrong = await client.get("/intake/ledgers", headers={"authorization": "Bearer no.such.token"})
            assert told(wrong) == (401, "unauthenticated")
        assert told(await client.get("/intake/ledgers")) == (429, "too_many_requests")
        assert (await client.get("/intake/ledgers", headers=bearer("office-1"))).status_code == 200

    run(play, tmp_path, refusals_per_minute=3)


def test_what_is_open_to_anyone_is_so_a_number_of_times(tmp_path: Path) -> None:
    async def play(client: httpx.AsyncClient, bearer: Any) -> None:
        for _ in range(3):
            assert (await client.get("/-/metrics")).status_code == 200
        assert told(await client.get("/openapi.json")) == (429, "too_many_requests")
        assert (await client.get("/-/health/live")).status_code == 200
        assert (await client.get("/intake/ledgers", headers=bearer("office-1"))).status_code == 200

    run(play, tmp_path, open_requests_per_minute=3)
