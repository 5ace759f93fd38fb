"""`python -m bench.server commands|validate URL DIR`: what the HTTP rows are measured on, until it is terminated.

`commands` is assignment alone, as `sanguan run assignment` has it: gate, desk, appender, its ledgers following the log.
`validate` is the limit: the same server and framework with one route that validates the same bodies, and no more.
"""

import asyncio
import gc
import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.work import SERVICES
from services.assignment.service import SERVICE as ASSIGNMENT
from shared.runtime import Node
from shared.settings import Settings, load
from shared.storage import Storage
from shared.web.app import make_app
from shared.web.commands import commands_of
from shared.web.door import Doorkeeper
from shared.web.gate import Gate


async def commands(settings: Settings) -> None:
    """The commands of assignment on a real node."""
    storage = Storage(settings, SERVICES)
    node = Node(storage, (ASSIGNMENT,), record=False, redis_url=None)
    async with node.running():
        await _serve(make_app(node, Doorkeeper(node)), settings)
    storage.close()


async def validate(settings: Settings) -> None:
    """Routes that read the body, validate it and answer."""
    routes = [
        Route(f"/assignment/commands/{slug}", _validating(Gate(command)), methods=["POST"])
        for slug, command in commands_of(ASSIGNMENT).items()
    ]
    await _serve(Starlette(routes=routes), settings)


async def _serve(app: Starlette, settings: Settings) -> None:
    config = uvicorn.Config(app, host=settings.host, port=0, log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    gc.collect()
    gc.freeze()
    print(json.dumps({"url": f"http://{settings.host}:{server.servers[0].sockets[0].getsockname()[1]}"}), flush=True)
    await serving


def _validating(gate: Gate) -> Any:
    async def handle(request: Request) -> Response:
        gate.adapter.validate_json(await request.body())
        return Response(b'{"valid": true}', 200, media_type="application/json")

    return handle


if __name__ == "__main__":
    import uvloop

    what, database_url, data_dir = sys.argv[1:]
    given = load(Path(data_dir), database_url=database_url, port=0)
    uvloop.run(commands(given) if what == "commands" else validate(given))
