"""The form of one command: shown, sent, and shown again with what is wrong.

It goes the way of every command: the same gate, the same reach, the same desk. What is refused comes back as the same
form, with all that was typed, and what is wrong beside it.
"""

import asyncio
import contextlib
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from shared.access.policy import Kind, Rule, admit
from shared.access.visitor import Visitor
from shared.clock import utc_now
from shared.command import Desk
from shared.contracts.codes import Role
from shared.contracts.days import CIVIL
from shared.contracts.model import Accepts, Ledger, Refused, Service, Within, slug
from shared.web.app import refusal_of
from shared.web.commands import CommandWay
from shared.web.forms.drawing import COMMUNITY_FIELDS, Pen, is_preset
from shared.web.forms.filling import Filled, add_row, data, drop_row, empty, filled, nested, without_blanks
from shared.web.forms.tree import ABSENT, OCCURRED_AT, STREAM, Group, tree
from shared.web.forms.wording import FormWords, ServiceForms
from shared.web.gate import LARGEST_BODY
from shared.web.pages import FILLED_IN_BY, Page, Site
from shared.web.session import FORM_TOKEN, FormSize
from shared.web.words import Words, language_of

SIZE: Final = FormSize(most_bytes=4 * LARGEST_BODY, most_fields=5_000)
"""As much as the largest body comes to in a browser's way of writing, which takes three bytes for one of Chinese."""
COMMAND_ID: Final = re.compile("[0-9a-f]{32}")
_ADD: Final = "add"
_DROP: Final = "drop"
_COMMAND: Final = "command_id"
RECORDED: Final = "command"
"""The parameter that names a command which was taken."""
_MOST_TOLD: Final = 30
"""Of what is wrong with a form."""


def roles_of(accepts: Accepts) -> frozenset[Role]:
    """Who is let in at a command's form."""
    return frozenset(map(Role, accepts.by)) & FILLED_IN_BY


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as somebody filled it in."""

    command_id: str
    """Made when the form is shown: however often it is sent, it is one command."""
    stream: str
    occurred_at: str
    held: Filled
    """Its data."""

    def body(self, log: str, category: str, shape: Group) -> bytes:
        """What the API would be sent."""
        said: dict[str, Any] = {"log": log, "data": data(shape, self.held)}
        if (at := data(OCCURRED_AT, self.occurred_at)) is not ABSENT:
            said["occurred_at"] = at
        if stream := self.stream.strip():
            said["stream"] = stream if "/" in stream else f"{category}/{stream}"
        return msgspec.json.encode(said)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a form was not taken: the refusal, and what is said about it where."""

    status: int
    said: Sequence[tuple[str, str]]
    """Path of the field, or empty; and the sentence."""
    allowed: Sequence[str] = ()
    """The commands that would be taken now."""


class CommandForm:
    """The form of one command."""

    def __init__(self, site: Site, desk: Desk, accepts: Accepts, among: Sequence["CommandForm"]) -> None:
        """`among` are all forms of the service."""
        self._site, self._accepts, self._among, self.service = site, accepts, among, desk.service.name
        self._names = _with_names(desk.service)
        self.slug = slug(accepts.command)
        self.way = CommandWay(site.node, desk, accepts.command, utc_now)
        self.category = self.way.decider.category
        self.path = f"/{self.service}/forms/{self.slug}"
        self.words: FormWords | None = self.of_service.commands.get(self.slug)
        self.rule = Rule(
            method="POST", path=self.path, kind=Kind.FORM, roles=roles_of(accepts), within=self.way.within,
            clause=accepts.clause, by_person=accepts.by_person,
        )  # fmt: skip
        self._asks_stream = accepts.id is None and not accepts.creates

    @property
    def of_service(self) -> ServiceForms:
        """The words of the service's forms."""
        return self._site.forms.get(self.service, ServiceForms())

    @property
    def shape(self) -> Group:
        """Its inputs."""
        return tree(self._accepts.command)

    def title(self, words: Words) -> str:
        """What it is called; the command's own name where nobody has named it yet."""
        return words.pick(*self.words.title) if self.words else self.slug.replace("-", " ")

    def lead(self, words: Words) -> str:
        """What it is for."""
        return words.pick(*self.words.lead) if self.words else (self._accepts.command.__doc__ or "").partition("\n")[0]

    def about(self, words: Words) -> str:
        """What it is about."""
        return words.pick(*self.of_service.groups.get(self.category, (self.category, self.category)))

    def routes(self) -> list[BaseRoute]:
        """The form, and what is sent from it."""
        within = Within.CLOSED if self.rule.within is Within.CLOSED else Within.OPEN  # it shows nobody's cases
        rule = replace(self.rule, method="GET", kind=Kind.PAGE, within=within)
        return [
            self._site.doorkeeper.route(rule, self.first),
            self._site.doorkeeper.form_route(self.rule, self.sent, SIZE),
        ]

    def is_for(self, visitor: Visitor) -> bool:
        """Whether a visitor may send it."""
        try:
            admit(self.rule, visitor)
        except Refused:
            return False
        return True

    # shown --------------------------------------------------------------------------------------------------------

    async def first(self, request: Request, visitor: Visitor) -> Response:
        """The form as it is shown first."""
        held = empty(self.shape)
        for part in self.shape.parts:
            if visitor.community is not None and is_preset(part):
                held[part.name] = visitor.community
        now = utc_now().astimezone(CIVIL).replace(microsecond=0, tzinfo=None)
        draft = Draft(uuid.uuid4().hex, self._given_stream(request), now.isoformat(), held)
        return await self._render(request, visitor, lambda words: self.page(request, visitor, words, draft))

    def page(
        self, request: Request, visitor: Visitor, words: Words, draft: Draft, trouble: Trouble | None = None,
        focus: str = "",
    ) -> Page:  # fmt: skip
        """The form as it stands."""
        about = self.about(words)
        told = _placed(trouble.said if trouble else (), self._paths(draft))
        wrong = defaultdict[str, list[str]](list)
        for path, sentence in told:
            wrong[path].append(sentence)
        pen = Pen(
            words, self.words, self.of_service, self._communities(visitor), wrong, words("form_stream", what=about),
            community=visitor.community, focus=focus,
        )  # fmt: skip
        given = self._given_stream(request)
        shows = {
            "form": self, "lead": self.lead(words), "draft": draft, "about": about, "given": given,
            "action": self.path + (f"?{urlencode({'stream': given})}" if given else ""),
            "stream": pen.draw(STREAM, draft.stream, STREAM.name) if self._asks_stream and not given else None,
            "parts": pen.draw(self.shape, draft.held, "data").parts,
            "occurred_at": pen.draw(OCCURRED_AT, draft.occurred_at, OCCURRED_AT.name),
            "told": [(path, pen.named(path) if path else "", sentence) for path, sentence in told],
            "allowed": self._allowed(trouble, visitor, words, draft), "token_name": FORM_TOKEN,
            "form_token": self._token(visitor), "may_send": visitor.session is not None and self.is_for(visitor),
        }  # fmt: skip
        return Page("site/form.html", self.title(words), shows, trouble.status if trouble else 200)

    def _token(self, visitor: Visitor) -> str:
        return "" if visitor.session is None else self._site.node.storage.sessions.form_token(visitor)

    def _given_stream(self, request: Request) -> str:
        """The aggregate that the address names."""
        return request.query_params.get(STREAM.name, "") if self._asks_stream else ""

    def _communities(self, visitor: Visitor) -> Mapping[str, str]:
        """The communities of the log by code, as far as the service knows them and the visitor reaches."""
        if self._names is None or not _asks_community(self.shape):
            return {}
        with self._site.node.look(self.service, visitor.log) as look:
            known = {row.community: row.name for row in look.rows(self._names)}
        return known if visitor.community is None else {c: n for c, n in known.items() if c == visitor.community}

    def _paths(self, draft: Draft) -> frozenset[str]:
        """All places of the form at which something can be said."""
        above = {STREAM.name} if self._asks_stream else set[str]()
        return frozenset({OCCURRED_AT.name, *above, *_paths(draft.held, "data")} - {"data"})

    def _allowed(
        self, trouble: Trouble | None, visitor: Visitor, words: Words, draft: Draft
    ) -> Sequence[tuple[str, str]]:
        """The forms of what would be taken now, as far as this visitor may send them."""
        if trouble is None or not self._asks_stream:
            return ()
        query = urlencode({"stream": draft.stream})
        return [
            (f"{one.path}?{query}", one.title(words))
            for one in self._among
            if one.slug in trouble.allowed and one.is_for(visitor)
        ]

    # sent ---------------------------------------------------------------------------------------------------------

    async def sent(self, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
        """Take it, or show it again."""
        draft = self._draft(request, form)
        if _ADD in form or _DROP in form:
            return await self._with_rows(request, visitor, form, draft)
        draft = replace(draft, held=without_blanks(self.shape, draft.held))
        raw = draft.body(visitor.log, self.category, self.shape)
        try:
            if len(raw) > LARGEST_BODY:
                raise Refused("too_large", limit=LARGEST_BODY)
            answer = await self.way.taken(visitor, draft.command_id, raw)
        except Refused as refused:
            return await self._refused(request, visitor, draft, refused, self.way.gate.wrong(raw))
        return RedirectResponse(await self._onward(visitor, answer), 303)

    def _draft(self, request: Request, form: Mapping[str, str]) -> Draft:
        """What was sent; raises `Refused` where it is no form of ours."""
        sent = nested(form)
        command_id = form.get(_COMMAND, "")
        if not COMMAND_ID.fullmatch(command_id):
            raise Refused("bad_request")
        stream = self._given_stream(request) or (filled(STREAM, sent.get(STREAM.name)) if self._asks_stream else "")
        held = filled(self.shape, sent.get("data"))
        return Draft(command_id, stream, filled(OCCURRED_AT, sent.get(OCCURRED_AT.name)), held)

    async def _with_rows(self, request: Request, visitor: Visitor, form: Mapping[str, str], draft: Draft) -> Response:
        """The form with one row more, or without one; nothing is sent on."""
        focus = ""
        if _ADD in form:
            focus = add_row(self.shape, draft.held, form[_ADD])
        else:
            drop_row(self.shape, draft.held, form[_DROP])
        return await self._render(
            request, visitor, lambda words: self.page(request, visitor, words, draft, None, focus)
        )

    async def _refused(
        self, request: Request, visitor: Visitor, draft: Draft, refused: Refused, all_wrong: Sequence[Refused]
    ) -> Response:  # fmt: skip
        """The form again, with what is wrong; for programs the problem itself."""
        if "text/html" not in request.headers.get("accept", ""):
            raise refused
        sentences = self._site.node.storage.sentences
        answer = refusal_of(request.scope, sentences, refused)
        if refused.code == "command_id_reused":
            draft = replace(draft, command_id=uuid.uuid4().hex)  # what is sent from here on is another command

        def page(words: Words) -> Page:
            said = [(_path(one.field), _sentence(one, words)) for one in (all_wrong or [refused])[:_MOST_TOLD]]
            return self.page(request, visitor, words, draft, Trouble(answer.status_code, said, refused.allowed))

        def _sentence(one: Refused, words: Words) -> str:
            if one.code == "command_id_reused":
                return words("form_sent_before")
            return str(sentences.problem(one)[f"detail_{words.language}"])

        response = await self._render(request, visitor, page)
        if "retry-after" in answer.headers:
            response.headers["retry-after"] = answer.headers["retry-after"]
        return response

    async def _render(self, request: Request, visitor: Visitor, page: Callable[[Words], Page]) -> Response:
        words = self._site.words(language_of(request))
        return await asyncio.to_thread(lambda: self._site.render(request, words, page(words), visitor))

    async def _onward(self, visitor: Visitor, answer: Mapping[str, Any]) -> str:
        """Where it can be seen, once it can be."""
        category, _, id = str(answer["stream"]).partition("/")
        service, page = self._site.shown.get(category, ("", ""))
        if service in self._site.node.followers:
            with contextlib.suppress(Refused):  # the ledger is behind
                await self._site.node.followers[service].reach(visitor.log, answer["positions"][-1])
                return page.format(id=id)
        return f"/{self.service}/forms/recorded?{urlencode({RECORDED: answer['command_id']})}"


def _with_names(service: Service) -> Ledger[Any] | None:
    """The ledger by which a service knows the communities' names, where it has one."""
    for ledger in service.ledgers:
        columns = {field.name for field in fields(ledger.row)}
        if {"community", "name"} <= columns and "name" not in ledger.sealed:
            return ledger
    return None


def _asks_community(shape: Group) -> bool:
    return any(part.name in COMMUNITY_FIELDS for part in shape.parts)


def _path(field: str | None) -> str:
    """A refusal's field as the form names it: the gate says `data.parties.0.phone`, a decision `parties/0/phone`."""
    if field is None:
        return ""
    path = field.replace(".", "/")
    return path if path.startswith("data/") or path in (STREAM.name, OCCURRED_AT.name) else f"data/{path}"


def _placed(said: Sequence[tuple[str, str]], paths: frozenset[str]) -> list[tuple[str, str]]:
    """What is said, each at the nearest place that the form has."""
    return [(_nearest(path, paths), sentence) for path, sentence in said]


def _nearest(path: str, paths: frozenset[str]) -> str:
    return path if not path or path in paths else _nearest(path.rpartition("/")[0], paths)


def _paths(held: Filled, path: str) -> set[str]:
    """The paths of all that a filled tree holds. (Codes that were picked have none of their own.)"""
    below: Sequence[tuple[object, Filled]] = ()
    if isinstance(held, dict):
        below = list(held.items())
    elif isinstance(held, list):
        below = list(enumerate(held))
    return {path}.union(*(_paths(one, f"{path}/{name}") for name, one in below))
