"""Sign-in, sign-out, and one's own account: the pages. What they decide is decided in `shared.access`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

import segno
import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from shared.access.oidc import Round
from shared.access.policy import ANYONE, Kind, Rule
from shared.access.sign_in import Shown, Waiting
from shared.access.visitor import Visitor
from shared.contracts.codes import Role
from shared.contracts.model import Refused
from shared.web.heavy import HeavyReads
from shared.web.pages import Page, Site
from shared.web.session import (
    drop_session,
    form_of,
    is_own_path,
    is_safe,
    keep_session,
    refuse_other_sites,
    session_cookie,
    source_of,
)
from shared.web.words import language_of

logger: Final = structlog.get_logger(__name__)

_WAY: Final = "way"
"""What the note is about that a browser carries to a provider and back."""
_WAY_COOKIE: Final = "sanguan_way"
_WAY_PATH: Final = "/sign-in/oidc"
_WAY_SECONDS: Final = 600
_EVERYBODY: Final = frozenset(Role) - {Role.SERVICE}
_SIGNING: Final = HeavyReads(threads=2, waiting=32)
"""Holding a password against its digest takes 64 MiB and a while, on purpose: few at once, and never pages' threads."""
_ASKING: Final = HeavyReads(threads=4, waiting=32)
"""Waiting for a provider, which may be slow: nobody who has a password waits with them."""


def routes(site: Site) -> list[BaseRoute]:
    """All of it, under /sign-in, /sign-out and /account."""
    pages, door = SignInPages(site), site.doorkeeper

    def open_to_all(method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> BaseRoute:
        return door.open_route(Rule(method=method, path=path, kind=Kind.SIGN_IN, roles=ANYONE), endpoint)

    def own(method: str, path: str) -> Rule:
        return Rule(method=method, path=path, kind=Kind.OWN, roles=_EVERYBODY)

    account = AccountPages(site)
    return [
        open_to_all("GET", "/sign-in", pages.form),
        open_to_all("POST", "/sign-in", pages.sent),
        open_to_all("POST", "/sign-in/factor", pages.factor),
        open_to_all("GET", _WAY_PATH, pages.to_provider),
        open_to_all("GET", f"{_WAY_PATH}/callback", pages.from_provider),
        open_to_all("POST", "/sign-out", pages.sign_out),
        door.route(own("GET", "/account"), account.shown),
        door.form_route(own("POST", "/account/role"), account.role),
        door.form_route(own("POST", "/account/password"), account.password),
        door.form_route(own("POST", "/account/factor"), account.factor),
        door.form_route(own("POST", "/account/sessions"), account.end),
    ]


class _Pages:
    """What both kinds of pages share."""

    def __init__(self, site: Site) -> None:
        self._site, self._storage = site, site.node.storage
        self._sign_in, self._sessions = self._storage.sign_in, self._storage.sessions

    def _told(self, request: Request, refused: Refused) -> tuple[int, str]:
        """The status and the sentence of a refusal. It is raised again where no page is wanted."""
        logger.info("sign-in refused", code=refused.code)
        if "text/html" not in request.headers.get("accept", ""):
            raise refused
        problem = self._storage.sentences.problem(refused)
        return int(problem["status"]), str(problem[f"detail_{language_of(request)}"])

    def _render(
        self, request: Request, template: str, title: str, shows: Mapping[str, Any], visitor: Visitor | None = None,
        refused: Refused | None = None,
    ) -> Response:  # fmt: skip
        words = self._site.words(language_of(request))
        status, trouble = (200, "") if refused is None else self._told(request, refused)
        page = Page(template, words(title), {"trouble": trouble, **shows}, status)
        response = self._site.render(request, words, page, visitor)
        if refused is not None and "seconds" in refused.known:
            response.headers["retry-after"] = str(refused.known["seconds"])
        return response

    def _welcome(self, request: Request, onward: str, cookie: str) -> Response:
        """On to where they wanted to go, in a new session; the one that the browser had before is over."""
        if (before := session_cookie(request)) is not None:
            self._sessions.end(before)
        response = RedirectResponse(onward, 303)
        keep_session(request, response, cookie)
        return response


class SignInPages(_Pages):
    """Signing in and out."""

    async def form(self, request: Request) -> Response:
        """What can be shown: a password, a provider's word, a token."""
        return self._form(request, onward(request))

    def _form(self, request: Request, to: str, refused: Refused | None = None, *, bad_token: bool = False) -> Response:
        provider = self._sign_in.provider
        shows = {
            "action": f"/sign-in?{urlencode({'next': to})}", "failed": bad_token,
            "provider": None if provider is None else provider.client.title,
            "to_provider": f"{_WAY_PATH}?{urlencode({'next': to})}",
        }  # fmt: skip
        response = self._render(request, "site/sign_in.html", "sign_in", shows, refused=refused)
        if bad_token:
            response.status_code = 401
        return response

    async def sent(self, request: Request) -> Response:
        """A name and a password, or a token."""
        to, form = onward(request), await form_of(request)
        if "token" in form:
            return await self._by_token(request, to, form["token"].strip())
        given = form.get("name", "").strip(), form.get("password", ""), source_of(request)
        try:
            shown = await _SIGNING.run(self._sign_in.by_password, *given)
            return await self._next(request, shown, to)
        except Refused as refused:
            return self._form(request, to, refused)

    async def _by_token(self, request: Request, to: str, token: str) -> Response:
        """A session for as long as the token is good; the cookie does not hold the token."""
        tokens = self._storage.tokens
        try:
            visitor = tokens.read(token)
            cookie = await asyncio.to_thread(self._sessions.open_for, visitor, tokens.expires_at(token))
        except Refused:
            return self._form(request, to, bad_token=True)
        return await asyncio.to_thread(self._welcome, request, to, cookie)

    async def _next(self, request: Request, shown: Shown, to: str) -> Response:
        """The session, or the second factor first."""
        if not shown.enough:
            return self._factor_form(request, shown, self._sign_in.noted(shown, to))
        cookie = await asyncio.to_thread(self._sign_in.opened, shown)
        return await asyncio.to_thread(self._welcome, request, to, cookie)

    # the second factor --------------------------------------------------------------------------------------------

    def _factor_form(
        self, request: Request, shown: Shown, note: str, refused: Refused | None = None
    ) -> Response:  # fmt: skip
        secret = self._sign_in.read(note).secret
        drawn = drawing(self._sign_in.factors.uri(shown.account.name, secret)) if secret else {}
        shows = {
            "note": note, "secret": secret, "action": "/sign-in/factor", "form_token": "", "uri": "", "picture": "",
            **drawn,
        }  # fmt: skip
        return self._render(request, "site/factor.html", "factor", shows, refused=refused)

    async def factor(self, request: Request) -> Response:
        """The code of the second factor."""
        form = await form_of(request)
        note = form.get("note", "")
        try:
            waiting: Waiting = await asyncio.to_thread(self._sign_in.read, note)
        except Refused as refused:
            return self._form(request, "/", refused)
        try:
            code = form.get("code", "")
            shown = await asyncio.to_thread(self._sign_in.by_factor, waiting, code, source_of(request))
        except Refused as refused:
            return await asyncio.to_thread(self._factor_form, request, waiting.shown, note, refused)
        return await self._next(request, shown, waiting.onward)

    # the provider -------------------------------------------------------------------------------------------------

    async def to_provider(self, request: Request) -> Response:
        """To the provider; what its answer is held against goes along in a cookie, sealed."""
        to, back = onward(request), str(request.base_url) + f"{_WAY_PATH}/callback".lstrip("/")
        try:
            address, round = await _ASKING.run(self._sign_in.to_provider, back)
        except Refused as refused:
            return self._form(request, to, refused)
        response = RedirectResponse(address, 303)
        note = self._sign_in.notes.write(_WAY, {"round": asdict(round), "onward": to})
        # Lax: the browser comes back from another site, and must bring it along. It opens nothing.
        response.set_cookie(
            _WAY_COOKIE, note, max_age=_WAY_SECONDS, path=_WAY_PATH, httponly=True, samesite="lax",
            secure=is_safe(request),
        )  # fmt: skip
        return response

    async def from_provider(self, request: Request) -> Response:
        """Back from the provider."""
        to = "/"
        try:
            said = self._sign_in.notes.read(_WAY, request.cookies.get(_WAY_COOKIE, ""))
            round, to = Round(**said["round"]), said["onward"]
            shown = await _ASKING.run(self._sign_in.by_provider, round, dict(request.query_params))
            response = await self._next(request, shown, to)
            if isinstance(response, RedirectResponse):
                response = self._by_itself(request, response, to)
        except Refused as refused:
            response = self._form(request, to, refused)
        response.delete_cookie(_WAY_COOKIE, path=_WAY_PATH)
        return response

    def _by_itself(self, request: Request, redirect: Response, to: str) -> Response:
        """A page that goes on by itself: after a redirect from another site a browser would keep the strict cookie."""
        page = self._render(request, "site/welcome.html", "sign_in", {"onward": to})
        page.headers["refresh"] = f"0; url={to}"
        page.raw_headers.extend(pair for pair in redirect.raw_headers if pair[0] == b"set-cookie")
        return page

    # the end ------------------------------------------------------------------------------------------------------

    async def sign_out(self, request: Request) -> Response:
        """End the session. This form needs no token: whoever wants to leave leaves, from an old page too."""
        refuse_other_sites(request)
        if (cookie := session_cookie(request)) is not None:
            await asyncio.to_thread(self._sessions.end, cookie)
        response = RedirectResponse("/sign-in", 303)
        drop_session(request, response)
        return response


class AccountPages(_Pages):
    """One's own account: roles, sessions, password, second factor."""

    async def shown(self, request: Request, visitor: Visitor) -> Response:
        """All of it on one page."""
        return await asyncio.to_thread(self._page, request, visitor)

    def _page(self, request: Request, visitor: Visitor, refused: Refused | None = None) -> Response:
        if visitor.session is None:
            raise Refused("unauthenticated")
        name = self._sessions.account_of(visitor)
        account = None if name is None else self._sign_in.accounts.find(name)
        note, drawn = "", {}
        if account is not None and account.factor is None and not account.demo:
            note, secret = self._sign_in.offered(account)
            drawn = {"secret": secret, **drawing(self._sign_in.factors.uri(account.name, secret))}
        shows = {
            "account": account, "mine": visitor, "sessions": self._sessions.of(visitor), "note": note, "secret": "",
            "uri": "", "picture": "", "form_token": self._sessions.form_token(visitor), **drawn,
        }  # fmt: skip
        return self._render(request, "site/account.html", "account", shows, visitor, refused)

    async def role(self, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Go on in another of one's roles."""
        role, _, place = form.get("held", "").partition("@")
        cookie = session_cookie(request) or ""
        try:
            if role not in set(Role):
                raise Refused("no_such_membership", field="held")
            chosen = await asyncio.to_thread(self._sessions.choose, cookie, Role(role), place)
        except Refused as refused:
            return await asyncio.to_thread(self._page, request, visitor, refused)
        response = RedirectResponse("/", 303)
        keep_session(request, response, chosen)
        return response

    async def password(self, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Another password. All sessions end, but for this browser's, which gets a new one."""
        given = visitor, session_cookie(request) or "", form.get("old", ""), form.get("new", ""), source_of(request)
        try:
            cookie = await _SIGNING.run(self._sign_in.changed_password, *given)
        except Refused as refused:
            return await asyncio.to_thread(self._page, request, visitor, refused)
        response = RedirectResponse("/account", 303)
        keep_session(request, response, cookie)
        return response

    async def factor(self, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Set a second factor up."""
        given = visitor, form.get("note", ""), form.get("code", ""), source_of(request)
        return await self._done(request, visitor, lambda: self._sign_in.added_factor(*given))

    async def end(self, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """End one of one's own sessions."""
        return await self._done(
            request, visitor, lambda: self._sessions.end_named(visitor, form.get("session", ""))
        )  # fmt: skip

    async def _done(self, request: Request, visitor: Visitor, work: Callable[[], None]) -> Response:
        try:
            await asyncio.to_thread(work)
        except Refused as refused:
            return await asyncio.to_thread(self._page, request, visitor, refused)
        return RedirectResponse("/account", 303)


def onward(request: Request) -> str:
    """Where to go after signing in: a path of this site."""
    said = request.query_params.get("next", "/")
    return said if is_own_path(said) else "/"


def drawing(uri: str) -> dict[str, Any]:
    """What an authenticator reads, as text and as a picture. It stands in the page itself: an address of its own would
    be one more place where the secret can be had."""
    picture = segno.make(uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", svgclass="code")
    return {"uri": uri, "picture": picture}
