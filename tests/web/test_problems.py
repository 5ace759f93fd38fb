"""What goes wrong at the edge comes as a problem document (RFC 9457) that tells nothing of what was sent."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from shared.access.policy import ANYONE, Kind, Rule
from shared.contracts.codes import Role
from shared.web.app import make_app
from shared.web.door import Doorkeeper
from tests.web.campaign import LOG, client_of, opened

PHONE = "13900000000"
"""Invented (synthetic)."""


async def broken(request: Request) -> Response:
    raise ValueError(f"虚构甲 {PHONE}")


async def odd(request: Request) -> Response:
    raise HTTPException(418, detail=PHONE)


@pytest.mark.parametrize(("path", "status", "code"), [("/broken", 500, "internal"), ("/odd", 400, "bad_request")])
def test_a_fault_is_told_as_a_problem_without_any_detail(tmp_path: Path, path: str, status: int, code: str) -> None:
    async def scenario() -> httpx.Response:
        async with opened(tmp_path) as (node, _):
            doorkeeper = Doorkeeper(node)
            routes: list[BaseRoute] = [
                doorkeeper.open_route(Rule(method="GET", path=at, kind=Kind.PUBLIC, roles=ANYONE), endpoint)
                for at, endpoint in (("/broken", broken), ("/odd", odd))
            ]
            app: Any = make_app(node, doorkeeper, lambda *_: routes)
            async with client_of(app) as client:
                return await client.get(path)

    answer = asyncio.run(scenario())
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (answer.json()["code"], answer.json()["status"]) == (code, status)
    assert PHONE not in answer.text


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    async def scenario() -> httpx.Response:
        async with opened(tmp_path) as (node, app):
            token = node.storage.tokens.mint(Role.CLERK, LOG, subject="clerk-1", valid=timedelta(hours=1))
            headers = {"authorization": f"Bearer {token}", "idempotency-key": "large-1"}
            async with client_of(app) as client:
                return await client.post("/intake/commands/report-case", content=b" " * 5_000_000, headers=headers)

    answer = asyncio.run(scenario())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
