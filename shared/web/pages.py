"""The site: the shell that all pages share, sign-in, errors as pages. Rendered on the server; no scripts at all.

Each service declares a `Section` in its `pages/__init__.py`; `together` hands all of them to one `Site`:

    site = Site(node, doorkeeper, SECTIONS)
    app = site.dress(make_app(node, doorkeeper, lambda *_: site.routes()))
"""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from sqlalchemy import Connection, func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from shared.access.policy import ANYONE, Kind, Rule
from shared.access.visitor import Visitor
from shared.audit.runs import standing
from shared.contracts.codes import READERS, Role
from shared.contracts.model import Refused, Service, Within
from shared.ledger.tables import Rows
from shared.log.database import reading
from shared.runtime import Node
from shared.web.app import SECURITY
from shared.web.door import Doorkeeper
from shared.web.forms.wording import ServiceForms
from shared.web.heavy import HEAVY
from shared.web.session import came_from_elsewhere, drop_session, is_own_path, is_safe, session_cookie
from shared.web.texts import TEXTS
from shared.web.words import LANGUAGE_COOKIE, RECORD, Language, Pair, Said, Words, language_of

_HERE: Final = Path(__file__).parent
_STATIC: Final = {"site.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_TOLD_OF_IT: Final = frozenset({Role.OPERATOR, Role.AUDITOR, Role.OFFICE})
"""Who is told on every page that something is not as the log has it."""
_TITLED: Final = (403, 404, 500, 503)
FILLED_IN_BY: Final = frozenset(Role) - {Role.SERVICE, Role.RESIDENT}
"""Who gets forms. A service has no eyes; a resident's page is made by hand."""
AUDIT_SEEN_BY: Final = frozenset({Role.AUDITOR, Role.OFFICE, Role.LEADER, Role.OPERATOR})
"""Who sees how the record is signed and witnessed: there is no case in it."""
_YEAR_SECONDS: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation."""

    path: str
    label: Pair
    roles: frozenset[Role] = READERS
    """Whom it is shown to: those who are let in there."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a view answers with: a template, its title, and what it shows."""

    template: str
    title: str
    shows: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    log: str | None = None
    """The log that it shows to people who have not signed in."""
    onward: str | None = None
    """The address on which it goes by itself, where this page is shown only until that answers."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Who looks at what, in which language. Views are synchronous, and run beside the event loop."""

    request: Request
    visitor: Visitor
    words: Words

    @property
    def log(self) -> str:
        """The log that is looked at."""
        return self.visitor.log

    @property
    def community(self) -> str | None:
        """The one community that this visitor can see; None for all of the log's."""
        return self.visitor.community

    def own(self, community: str) -> str:
        """The community whose part is shown: of those who belong to one, always that one."""
        return self.community or community

    def require(self, community: str | None) -> None:
        """That what is looked at lies where the visitor can see it; raises `Refused("not_found")`."""
        if self.community is not None and community != self.community:
            raise Refused("not_found")

    def query(self, name: str) -> str:
        """A parameter of the address; empty where it is not given."""
        return self.request.query_params.get(name, "")


View = Callable[[Ask], Page]


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that stands on every page of a log for which one of the service's ledgers has a row under the log's own
    code, or has rows that wait: what whoever looks at anything of that log must know."""

    ledger: str
    text: str
    """Its key among the section's texts."""
    waiting: str | None = None
    """The column that is true of rows that wait for somebody: the text then tells their `count`."""
    roles: frozenset[Role] | None = None
    """Who is told; None for everybody."""

    def told(self, connection: Connection, rows: Rows[object], log: str) -> Mapping[str, object] | None:
        """What the text quotes, where there is something to tell."""
        if self.waiting is None:
            return {} if rows.fetch(connection, log, [log]) else None
        table = rows.table.c
        count = connection.execute(
            select(func.count()).where(table.log == log, table[self.waiting].is_(True))
        ).scalar_one()  # fmt: skip
        return {"count": count} if count else None


@dataclass(frozen=True, slots=True)
class Section:
    """A service's part of the site."""

    service: str
    links: Sequence[Link]
    texts: Mapping[str, Pair]
    events: Mapping[str, Said]
    """Words for the events that the service owns, by stored name. Every section's words are known on every page."""
    templates: Path
    routes: Callable[["Site"], list[BaseRoute]]
    notice: Notice | None = None
    forms: ServiceForms = field(default_factory=ServiceForms)
    """What the forms are called that are made from the service's commands."""


class Site:
    """All pages of a process."""

    def __init__(self, node: Node, doorkeeper: Doorkeeper, sections: Sequence[Section]) -> None:
        self.node, self.doorkeeper, self._sections = node, doorkeeper, tuple(sections)
        own = (
            Link("/forms", TEXTS["forms"], roles_that_send(node.storage.services)), Link("/record", TEXTS["record"]),
            Link("/audit", TEXTS["audit"], AUDIT_SEEN_BY),
        )  # fmt: skip
        self._links = (*(link for section in sections for link in section.links), *own)
        self._texts = dict(TEXTS)
        self._events: dict[str, Said] = dict(RECORD)
        for section in sections:
            self._texts.update(section.texts)
            self._events.update(section.events)
        self.forms = {section.service: section.forms for section in sections}
        self.shown = {
            category: (section.service, page) for section in sections for category, page in section.forms.shown.items()
        }
        """By the category of a stream: the page of what it is about, and whose page that is."""
        self._static = {name: (_HERE / "static" / name).read_bytes() for name in _STATIC}
        self._templates = self._environment()

    def _environment(self) -> Environment:
        folders = {section.service: FileSystemLoader(section.templates) for section in self._sections}
        environment = Environment(
            loader=PrefixLoader({"site": FileSystemLoader(_HERE / "templates"), **folders}),
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        environment.globals["asset"] = self._asset
        return environment

    def routes(self) -> list[BaseRoute]:
        """The shell's own pages and those of every service that runs here."""

        def route(method: str, path: str, kind: Kind, endpoint: Callable[[Request], Awaitable[Response]]) -> BaseRoute:
            rule = Rule(method=method, path=path, kind=kind, roles=ANYONE)
            return self.doorkeeper.open_route(rule, endpoint)

        own = [
            route("GET", "/static/{name}", Kind.DOCUMENT, self._static_file),
        ]
        return [*own, *(r for s in self._sections if s.service in self.node.followers for r in s.routes(self))]

    def page(
        self, path: str, view: View, roles: frozenset[str] = READERS, *, within: Within = Within.CLOSED,
        heavy: bool = False, pasted: Collection[str] = (),
    ) -> Route:  # fmt: skip
        """A route to a page that these roles may see; who has not signed in is sent to do so. A `heavy` view is one
        that may replay the log; `pasted` are parameters that may hold several lines. A view that is not closed to those
        of one community keeps them to it itself (see `Ask.community`)."""

        def answer(ask: Ask) -> Response:
            return self.render(ask.request, ask.words, view(ask), ask.visitor)

        return self._route(path, answer, roles, within, HEAVY.run if heavy else asyncio.to_thread, pasted)

    def file(
        self, path: str, make: Callable[[Ask], Response], roles: frozenset[str] = READERS, *,
        within: Within = Within.CLOSED,
    ) -> Route:  # fmt: skip
        """A route to what a page can be had as beside HTML, such as a PDF, under a row like the page's own. Making it
        is heavy."""
        return self._route(path, make, roles, within, HEAVY.run)

    def _route(
        self, path: str, answer: Callable[[Ask], Response], roles: frozenset[str], within: Within,
        run: Callable[[Callable[[], Response]], Awaitable[Response]], pasted: Collection[str] = (),
    ) -> Route:  # fmt: skip
        rule = Rule(method="GET", path=path, kind=Kind.PAGE, roles=frozenset(map(Role, roles)), within=within)

        async def endpoint(request: Request, visitor: Visitor) -> Response:
            _refuse_control_characters(request, pasted)
            ask = Ask(request, visitor, self.words(language_of(request)))
            return await run(lambda: answer(ask))

        return self.doorkeeper.route(rule, endpoint)

    def words(self, language: Language) -> Words:
        return Words(language, self._texts, self._events)

    # rendering ----------------------------------------------------------------------------------------------------

    def render(self, request: Request, words: Words, page: Page, visitor: Visitor | None) -> Response:
        """The page as HTML. `?lang=` is remembered in a cookie."""
        other = "en" if words.language == "zh" else "zh"
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
        body = self._templates.get_template(page.template).render(
            t=words, title=page.title, visitor=visitor, guest=visitor is not None and visitor is self.doorkeeper.guest,
            links=self._links_for(visitor), here=request.url.path, notices=self._notices(words, page, visitor),
            # An error page says the same about every address.
            other_language="?" + urlencode([*(kept if page.status == 200 else []), ("lang", other)]),
            **{"onward": page.onward, **page.shows},
        )  # fmt: skip
        response = Response(body, page.status, media_type="text/html")
        if page.onward is not None:
            response.headers["refresh"] = f"0; url={page.onward}"
        if request.query_params.get("lang") == words.language:
            response.set_cookie(
                LANGUAGE_COOKIE,
                words.language,
                max_age=_YEAR_SECONDS,
                httponly=True,
                samesite="lax",
                secure=is_safe(request),
            )
        return response

    def _links_for(self, visitor: Visitor | None) -> Sequence[Link]:
        """The navigation: where a visitor would be let in, or where anyone who reads might be."""
        if visitor is None:
            return [link for link in self._links if link.roles >= READERS]
        return [link for link in self._links if visitor.actor.role in link.roles]

    def _notices(self, words: Words, page: Page, visitor: Visitor | None) -> Sequence[str]:
        """What must be known of the log that is looked at. A page that says what is out of order asks nothing
        of the database."""
        role = None if visitor is None else visitor.actor.role
        declared = [
            (s.service, s.notice) for s in self._sections
            if s.notice is not None and (s.notice.roles is None or role in s.notice.roles)
        ]  # fmt: skip
        log = visitor.log if visitor is not None else page.log
        if log is None or page.status >= 500:
            return ()
        storage, out_of_order = self.node.storage, list[str]()
        if role in _TOLD_OF_IT:
            out_of_order = [
                words("served_otherwise", what=", ".join(run.differences))
                for run in standing(storage.log_engine, log) if not run.ok
            ]  # fmt: skip
        if not declared:
            return out_of_order
        with reading(storage.ledgers_engine, log) as connection:
            return out_of_order + [
                words(notice.text, **told)
                for service, notice in declared
                if (told := notice.told(connection, storage.tables[service][notice.ledger], log)) is not None
            ]

    def _asset(self, name: str) -> str:
        return f"/static/{name}?{hashlib.sha256(self._static[name]).hexdigest()[:12]}"

    async def _static_file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _STATIC:
            raise Refused("not_found")
        # The address changes with the content, so that a copy may be kept.
        kept = {"cache-control": f"public, max-age={_YEAR_SECONDS}, immutable"}
        return Response(self._static[name], headers=kept, media_type=_STATIC[name])

    # problems -----------------------------------------------------------------------------------------------------

    def dress(self, app: Starlette) -> Starlette:
        """Let the application answer browsers with pages where it answers programs with problem documents."""
        for kind, handler in list(app.exception_handlers.items()):
            app.exception_handlers[kind] = self._in_a_page(handler)
        return app

    def _in_a_page(self, handler: Callable[..., Any]) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def handle(request: Request, error: Exception) -> Response:
            response: Response = await handler(request, error)
            if "text/html" not in request.headers.get("accept", ""):
                return response
            page = await self._problem_page(request, json.loads(bytes(response.body)))
            page.headers.update(SECURITY)  # a fault's page leaves outside of all middleware
            return page

        return handle

    async def _problem_page(self, request: Request, problem: Mapping[str, Any]) -> Response:
        status = int(problem["status"])
        if status == 401:
            return self._to_sign_in(request)
        words = self.words(language_of(request))
        title = words(f"problem_{status}" if status in _TITLED else "problem_other")
        shows = {"problem": problem, "detail": problem[f"detail_{words.language}"]}
        visitor: Visitor | None = request.scope.get("visitor")
        if visitor is None and status < 500:  # else the database may be what fails
            with contextlib.suppress(Refused):
                visitor = await self.doorkeeper.reader(request)
        return self.render(request, words, Page("site/problem.html", title, shows, status), visitor)

    def _to_sign_in(self, request: Request) -> Response:
        onward = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        cookie = session_cookie(request)
        if cookie is None and came_from_elsewhere(request) and is_own_path(onward):
            return self._once_more(request, onward)
        to = "/sign-in" + (f"?{urlencode({'next': onward})}" if request.method == "GET" else "")
        response = RedirectResponse(to, 303)
        if cookie is not None:
            drop_session(request, response)
        return response

    def _once_more(self, request: Request, onward: str) -> Response:
        """A page that asks for the same again by itself: who follows another site's link comes without a strict cookie,
        and may well be signed in. From here it comes along."""
        words = self.words(language_of(request))
        return self.render(request, words, Page("site/once_more.html", words("opening"), onward=onward), None)


def roles_that_send(services: Iterable[Service]) -> frozenset[Role]:
    """Who may send any command of these services by a form."""
    taken = [one for service in services for decider in service.deciders for one in decider.accepts]
    return frozenset(Role(role) for one in taken for role in one.by) & FILLED_IN_BY


def _refuse_control_characters(request: Request, pasted: Collection[str]) -> None:
    """No name in an address holds one, and databases differ in what they make of them. Where something is pasted, the
    ends of its lines are told apart by its page."""
    for name, said in (*request.query_params.multi_items(), *request.path_params.items()):
        if name not in pasted and any(character < " " for character in str(said)):
            raise Refused("bad_parameter", field=name)
