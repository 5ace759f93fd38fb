"""The door: who asks is found out, held against the policy's row of the address, and let in, here and nowhere else."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.access.machines import PREFIX as MACHINE_PREFIX
from shared.access.policy import ABOUT_A_LOG, Policy, Rule, admit
from shared.access.visitor import Visitor
from shared.contracts.model import Refused
from shared.queries import visible
from shared.runtime import Node
from shared.web.limits import Limits
from shared.web.session import PLAIN_COOKIE, SMALL, FormSize, session_cookie, session_form, source_of

Endpoint = Callable[[Request, Visitor], Awaitable[Response]]
"""An endpoint for a visitor who was let in; `visitor.log` is the log that is asked about."""


FormEndpoint = Callable[[Request, Visitor, Mapping[str, str]], Awaitable[Response]]
"""An endpoint for a form of a visitor's session, with its fields."""


class Doorkeeper:
    """Knows who asks, and lets in whom the policy names: a bearer token, or a session's cookie."""

    COOKIE: Final = PLAIN_COOKIE

    def __init__(self, node: Node, guest: Visitor | None = None) -> None:
        """`guest` is who comes without a token: only the sample campaign has one."""
        self._tokens, self._machines, self._sessions = node.storage.tokens, node.storage.machines, node.storage.sessions
        self.guest, self._limits = guest, Limits(node.storage.settings)
        self.policy = Policy()

    def route(self, rule: Rule, endpoint: Endpoint) -> Route:
        """A route to what the rule's roles may have."""
        self.policy.add(rule)

        async def guarded(request: Request) -> Response:
            return await endpoint(request, await self.admit(request, rule))

        return Route(rule.path, guarded, methods=[rule.method])

    def form_route(self, rule: Rule, endpoint: FormEndpoint, size: FormSize = SMALL) -> Route:
        """A route to what a browser's form sends, from a page of the session's own (see `shared.web.session`)."""
        self.policy.add(rule)

        async def guarded(request: Request) -> Response:
            if (cookie := session_cookie(request)) is None:
                raise Refused("unauthenticated")
            visitor = request.scope["visitor"] = await asyncio.to_thread(self._sessions.visitor, cookie)
            self._limits.visitor(visitor, rule.kind)
            admit(rule, visitor)
            return await endpoint(request, visitor, await session_form(request, self._sessions, visitor, size))

        return Route(rule.path, guarded, methods=[rule.method])

    def open_route(self, rule: Rule, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
        """A route to what anyone may have, from each address so many times a minute; raises `ValueError` where the rule
        names roles. Whether it lives and is ready is never refused: who starts and stops processes goes by that."""
        if rule.roles:
            raise ValueError(f"{rule.path} is not for anyone")
        self.policy.add(rule)
        if rule.path.startswith("/-/health/"):
            return Route(rule.path, endpoint, methods=[rule.method])

        async def limited(request: Request) -> Response:
            self._limits.anyone(source_of(request))
            return await endpoint(request)

        return Route(rule.path, limited, methods=[rule.method])

    async def admit(self, request: Request, rule: Rule) -> Visitor:
        """Who asks, where the rule lets them in; for what is about a log, asking about the one that the query names.

        Raises `Refused`: `unauthenticated`, `role_not_allowed`, `wrong_jurisdiction` and their like.
        """
        visitor = request.scope["visitor"] = await self._known(request)
        self._limits.visitor(visitor, rule.kind)
        admit(rule, visitor)
        if rule.kind in ABOUT_A_LOG and (log := request.query_params.get("log")) is not None:
            return visitor.at(visible(log, "log"))
        return visitor

    async def _known(self, request: Request) -> Visitor:
        """Who asks; who is not known, again and again, is not even answered that."""
        try:
            return await self.visitor(request)
        except Refused:
            self._limits.stranger(source_of(request))
            raise

    async def visitor(self, request: Request) -> Visitor:
        """Who asks; raises `Refused("unauthenticated")`. A cookie is no proof for what changes something: a browser
        sends it whoever made it ask."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if token:
            if scheme.lower() != "bearer":
                raise Refused("unauthenticated")
            if token.startswith(MACHINE_PREFIX):
                return await asyncio.to_thread(self._machines.visitor, token)
            return self._tokens.read(token)
        if request.method in ("GET", "HEAD"):
            return await self.reader(request)
        raise Refused("unauthenticated")

    async def reader(self, request: Request) -> Visitor:
        """Who looks at a page; raises `Refused("unauthenticated")`."""
        if cookie := session_cookie(request):
            return await asyncio.to_thread(self._sessions.visitor, cookie)
        if self.guest is not None:
            return self.guest
        raise Refused("unauthenticated")
