"""The web application of a process: commands, ledgers, the record, documents, health; pages are mounted beside them.

Routes are Starlette's own (FastAPI's machinery costs more than the whole command path); the OpenAPI document is made
from the declarations.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.model import Refused
from shared.errors import Sentences
from shared.log.codec import UnreadableEvent
from shared.runtime import Node
from shared.web.commands import CommandEndpoint, commands_of
from shared.web.compartments import compartment_routes
from shared.web.documents import document_routes
from shared.web.door import Doorkeeper
from shared.web.health import health_routes
from shared.web.ledgers import ledger_routes
from shared.web.questions import question_routes
from shared.web.readings import reading_routes
from shared.web.record import record_routes

logger: Final = structlog.get_logger(__name__)

SECURITY: Final = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_ATTEMPTS: Final = frozenset({401, 403, 404})
_SECURITY: Final = [(name.encode(), value.encode()) for name, value in SECURITY.items()]
_ENCRYPTED: Final = [*_SECURITY, (b"strict-transport-security", b"max-age=31536000")]
"""Who came encrypted once comes so for a year."""


def make_app(
    node: Node, doorkeeper: Doorkeeper, more: Callable[[Node, Doorkeeper], list[BaseRoute]] | None = None
) -> Starlette:
    """The application of a running node; `more` adds the product's own pages."""
    routes: list[BaseRoute] = []
    commands: dict[str, CommandEndpoint] = {}
    for name, desk in node.desks.items():
        for command in commands_of(desk.service).values():
            endpoint = CommandEndpoint(node, desk, command, doorkeeper, utc_now)
            commands[endpoint.path] = endpoint
        routes += [
            *ledger_routes(node, name, doorkeeper),
            *compartment_routes(node, name, doorkeeper, utc_now),
            *question_routes(node, name, doorkeeper, utc_now),
        ]
    if node.record:
        routes += [*record_routes(node, doorkeeper), *reading_routes(node, doorkeeper)]
    routes += [*document_routes(node, doorkeeper), *health_routes(node, doorkeeper)]
    if more is not None:
        routes += more(node, doorkeeper)
    doorkeeper.policy.require([*_served(routes), *(("POST", path) for path in commands)])
    routes += [Route(f"/{name}/commands/{{command}}", _unknown_command, methods=["POST"]) for name in node.desks]
    app = Starlette(
        routes=routes,
        exception_handlers={
            Refused: _problems(node.storage.sentences),
            HTTPException: _http(node.storage.sentences),
            UnreadableEvent: _unreadable(node.storage.sentences),
            ClientDisconnect: _gone(node.storage.sentences),
            Exception: _fault(node.storage.sentences),
        },
    )
    app.router.redirect_slashes = False  # what is no address leads nowhere: least of all to the host that was named
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Commands, commands, node.storage.sentences)
    app.state.policy = doorkeeper.policy
    return app


def _served(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    """The addresses of routes, each with its method; a GET is always a HEAD too."""
    for route in routes:
        if not isinstance(route, Route):
            raise TypeError(f"{route} is no plain route: the policy cannot know it")
        yield from ((method, route.path) for method in route.methods or () if method != "HEAD")


def problem(sentences: Sentences, refused: Refused) -> Response:
    """A refusal as a problem document."""
    body = sentences.problem(refused)
    headers = {"www-authenticate": "Bearer"} if body["status"] == 401 else {}
    if body["status"] == 429:
        headers["retry-after"] = str(body["seconds"])
    return JSONResponse(body, body["status"], headers, media_type="application/problem+json")


def refusal_of(scope: Scope, sentences: Sentences, refused: Refused) -> Response:
    """The answer to who is refused; that somebody asked for what they may not, or for what is not there, is logged."""
    answer = problem(sentences, refused)
    if answer.status_code in _ATTEMPTS:
        visitor: Visitor | None = scope.get("visitor")
        known = {} if visitor is None else {"actor": visitor.actor.id, "role": visitor.actor.role, "log": visitor.log}
        path = scope["route"].path if "route" in scope else "?"  # what the address named may be personal
        logger.warning("refused", code=refused.code, path=path, **known)
    return answer


Handler = Callable[[Request, Any], Awaitable[Response]]


def _problems(sentences: Sentences) -> Handler:
    async def handle(request: Request, refused: Refused) -> Response:
        return refusal_of(request.scope, sentences, refused)

    return handle


def _http(sentences: Sentences) -> Handler:
    async def handle(request: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
        answer = problem(sentences, Refused(code))
        answer.headers.update(error.headers or {})  # which methods there are (RFC 9110 §15.5.6)
        return answer

    return handle


def _unreadable(sentences: Sentences) -> Handler:
    async def handle(request: Request, error: UnreadableEvent) -> Response:
        logger.error("event unreadable", position=error.position)
        return problem(sentences, Refused("event_unreadable", position=error.position))

    return handle


def _gone(sentences: Sentences) -> Handler:
    async def handle(request: Request, error: ClientDisconnect) -> Response:
        return problem(sentences, Refused("bad_request"))  # they left in the middle: nobody reads it

    return handle


def _fault(sentences: Sentences) -> Handler:
    async def handle(request: Request, error: Exception) -> Response:
        # The kind alone: a message may quote what people wrote.
        logger.error("fault", path=request.scope["route"].path if "route" in request.scope else "?",
                     error=type(error).__name__)  # fmt: skip
        answer = problem(sentences, Refused("internal"))
        answer.headers.update(SECURITY)  # Starlette answers faults outside of all middleware
        return answer

    return handle


async def _unknown_command(request: Request) -> Response:
    raise Refused("unknown_command", field="name")


class Commands:
    """Commands are answered before anything is routed: trying one route after the other costs as much as deciding.
    For the same reason what they are answered with goes out as it is, its headers and all."""

    def __init__(self, app: ASGIApp, endpoints: Mapping[str, CommandEndpoint], sentences: Sentences) -> None:
        """`endpoints` by their paths."""
        self._app, self._endpoints, self._sentences = app, endpoints, sentences
        self._headers = [(b"content-type", b"application/json"), *_SECURITY]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] == "POST"
        endpoint = self._endpoints.get(scope["path"]) if asked else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = endpoint  # as the router does, for whoever tells of a fault
        try:
            body = await endpoint.answer(Request(scope, receive))
        except Refused as refused:
            refusal = refusal_of(scope, self._sentences, refused)
            refusal.headers.update(SECURITY)
            await refusal(scope, receive, send)
            return
        except ClientDisconnect:  # in the middle of the body: nobody is there to be answered
            return
        headers = [(b"content-length", str(len(body)).encode()), *self._headers]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class SecurityHeaders:
    """The same defences on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        ours = _ENCRYPTED if scope["scheme"] == "https" else _SECURITY

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = dict(message["headers"])
                message["headers"] += [header for header in ours if header[0] not in held]
            await send(message)

        await self._app(scope, receive, with_headers)
