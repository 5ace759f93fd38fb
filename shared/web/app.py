"""The web application of a process: commands, ledgers, the record, documents, health; pages are mounted beside them.

Routes are Starlette's own (FastAPI's machinery costs more than the whole command path); the OpenAPI document is made
from the declarations.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.contracts.model import Refused
from shared.errors import Sentences
from shared.runtime import Node
from shared.web.commands import CommandEndpoint, commands_of
from shared.web.ledgers import LedgerEndpoint

logger: Final = structlog.get_logger(__name__)

SECURITY: Final = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_SECURITY: Final = [(name.encode(), value.encode()) for name, value in SECURITY.items()]


class Doorkeeper:
    """Knows who asks: a bearer token, or the same token in the cookie of a page's session."""

    COOKIE: Final = "sanguan_session"

    def __init__(self, node: Node, guest: Visitor | None = None) -> None:
        """`guest` is who comes without a token: only the sample campaign has one."""
        self._tokens, self.guest = node.storage.tokens, guest

    def __call__(self, request: Request) -> Visitor:
        """Raises `Refused("unauthenticated")`. A cookie is no proof for what changes something: those need a token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if token:
            if scheme.lower() != "bearer":
                raise Refused("unauthenticated")
            return self._tokens.read(token)
        if request.method in ("GET", "HEAD"):
            return self.reader(request)
        raise Refused("unauthenticated")

    def reader(self, request: Request) -> Visitor:
        """Who looks at a page; raises `Refused("unauthenticated")`."""
        if cookie := request.cookies.get(self.COOKIE):
            return self._tokens.read(cookie)
        if self.guest is not None:
            return self.guest
        raise Refused("unauthenticated")


def make_app(
    node: Node, doorkeeper: Doorkeeper, more: Callable[[Node, Doorkeeper], list[BaseRoute]] | None = None
) -> Starlette:
    """The application of a running node; `more` adds the product's own pages."""
    # Here, as they too stand on this module's Doorkeeper.
    from shared.web.compartments import compartment_routes
    from shared.web.documents import document_routes
    from shared.web.health import health_routes
    from shared.web.questions import question_routes
    from shared.web.record import record_routes

    routes: list[BaseRoute] = []
    commands: dict[str, CommandEndpoint] = {}
    for name, desk in node.desks.items():
        for command in commands_of(desk.service).values():
            endpoint = CommandEndpoint(desk, command, doorkeeper, utc_now)
            commands[endpoint.path] = endpoint
        routes.append(Route(f"/{name}/commands/{{command}}", _unknown_command, methods=["POST"]))
        ledgers = LedgerEndpoint(node, name, doorkeeper)
        routes.append(Route(f"/{name}/ledgers", ledgers.index))
        routes.append(Route(f"/{name}/ledgers/{{name}}", ledgers.rows))
        routes += compartment_routes(node, name, doorkeeper, utc_now)
        routes += question_routes(node, name, doorkeeper, utc_now)
    if node.record:
        routes += record_routes(node, doorkeeper)
    routes += document_routes(node)
    routes += health_routes(node)
    if more is not None:
        routes += more(node, doorkeeper)
    app = Starlette(
        routes=routes,
        exception_handlers={
            Refused: _problems(node.storage.sentences),
            HTTPException: _http(node.storage.sentences),
            Exception: _fault(node.storage.sentences),
        },
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Commands, commands, node.storage.sentences)
    return app


def problem(sentences: Sentences, refused: Refused) -> Response:
    """A refusal as a problem document."""
    body = sentences.problem(refused)
    headers = {"www-authenticate": "Bearer"} if body["status"] == 401 else None
    return JSONResponse(body, body["status"], headers, media_type="application/problem+json")


Handler = Callable[[Request, Any], Awaitable[Response]]


def _problems(sentences: Sentences) -> Handler:
    async def handle(request: Request, refused: Refused) -> Response:
        return problem(sentences, refused)

    return handle


def _http(sentences: Sentences) -> Handler:
    async def handle(request: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
        return problem(sentences, Refused(code))

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
            refusal = problem(self._sentences, refused)
            refusal.headers.update(SECURITY)
            await refusal(scope, receive, send)
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

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = dict(message["headers"])
                message["headers"] += [header for header in _SECURITY if header[0] not in held]
            await send(message)

        await self._app(scope, receive, with_headers)
