"""`POST /{service}/commands/{name}`: the way in for clients. Pages and the importer meet the same desk."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from starlette.requests import Request

from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.command import Asked, Desk
from shared.contracts.codes import Role
from shared.contracts.fields import names_someone
from shared.contracts.model import Refused, Service, Within, slug
from shared.log.append import Appended
from shared.runtime import Node
from shared.web.door import Doorkeeper
from shared.web.gate import LARGEST_BODY, Body, Gate, body_within, named_log
from shared.web.reach import Reach

_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
"""Visible ASCII: an id that begins with a space is the system's own (see `shared.command.own_id`)."""
_CHOSEN: Final = re.compile(r"(?![0-9a-f]{20}\Z|[0-9]{12}-)[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
"""An id that a client may choose for what is new: a plain code, neither of the form of those that are derived from a
command's id (see `shared.command.derived_id`) nor, beginning with a community's code, of a paper row's: nobody can take
such an id before the one whose it will be."""
_encode = msgspec.json.Encoder().encode


def commands_of(service: Service) -> dict[str, type]:
    """A service's commands by their slugs."""
    return {slug(accepts.command): accepts.command for decider in service.deciders for accepts in decider.accepts}


class CommandWay:
    """One command's way from a body to the log: the same for programs and for forms."""

    def __init__(self, node: Node, desk: Desk, command: type, clock: Callable[[], datetime]) -> None:
        self._desk, self._clock = desk, clock
        self.gate = Gate(command)
        self.decider, self.accepts = desk.route(command)
        self._reach = Reach(node, desk, command)

    @property
    def within(self) -> Within:
        """What the policy says of it for those of one community."""
        return self._reach.within

    async def taken(
        self, visitor: Visitor, command_id: str, raw: bytes, if_match: int | Literal["*"] | None = None
    ) -> dict[str, Any]:
        """What a visitor who was let in is answered, once the events are durable; raises `Refused`."""
        body = self._read(raw, visitor)
        asked = Asked(
            log=body.log, command_id=command_id, command=body.data, occurred_at=body.occurred_at, actor=visitor.actor,
            id=self._id(body.stream), if_match=if_match,
        )  # fmt: skip
        return answer(asked, await self._desk.send(await self._reach.held(visitor, asked)))

    def _read(self, raw: bytes, visitor: Visitor) -> Body:
        """The body, about a log in which the visitor may act. Whose log it is not learns nothing else about it."""
        try:
            body = self.gate.read(raw, self._clock())
        except Refused:
            if (log := named_log(raw)) is not None:
                visitor.acts_in(log)
            raise
        visitor.acts_in(body.log)
        return body

    def _id(self, stream: str | None) -> str | None:
        if stream is None:
            return None
        category, slash, id = stream.partition("/")
        if category != self.decider.category or not slash or not id:
            raise Refused("stream_mismatch", field="stream", expected=f"{self.decider.category}/<id>")
        if self.accepts.creates and self.accepts.id is None and not _CHOSEN.fullmatch(id):
            raise Refused("stream_not_chosen", field="stream")
        return id


class CommandEndpoint:
    """One command's way in for programs."""

    def __init__(
        self, node: Node, desk: Desk, command: type, doorkeeper: Doorkeeper, clock: Callable[[], datetime]
    ) -> None:
        self._doorkeeper = doorkeeper
        self._way = CommandWay(node, desk, command, clock)
        accepts = self._way.accepts
        self.rule = doorkeeper.policy.add(
            Rule(
                method="POST", path=f"/{desk.service.name}/commands/{slug(command)}", kind=Kind.COMMAND,
                roles=frozenset(map(Role, accepts.by)), within=self._way.within, clause=accepts.clause,
                by_person=accepts.by_person,
            )
        )  # fmt: skip

    @property
    def path(self) -> str:
        """Its address."""
        return self.rule.path

    async def answer(self, request: Request) -> bytes:
        """The answer's body, once the events are durable; raises `Refused`."""
        visitor = await self._doorkeeper.admit(request, self.rule)
        command_id = idempotency_key(request)
        raw = await body_within(request, LARGEST_BODY)
        return _encode(await self._way.taken(visitor, command_id, raw, if_match(request)))


def answer(asked: Asked, appended: Appended) -> dict[str, Any]:
    """What a command is answered with, the first time and every other time."""
    count = len(appended.types)
    return {
        "command_id": asked.command_id, "log": asked.log, "stream": appended.stream, "version": appended.version,
        "positions": list(range(appended.position, appended.position + count)), "events": list(appended.types),
    }  # fmt: skip


def idempotency_key(request: Request) -> str:
    """The command id that the client gave; raises `Refused`."""
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Refused("idempotency_key_required", field="Idempotency-Key")
    if not _ID.fullmatch(key):
        raise Refused("bad_header", field="Idempotency-Key")
    if names_someone(key):
        raise Refused("personal_in_plain_field", field="Idempotency-Key")
    return key


def if_match(request: Request) -> int | Literal["*"] | None:
    """The stream's version that the client has seen, or `*` for whichever there is; raises `Refused`."""
    said = request.headers.get("if-match")
    if said is None:
        return None
    if said.strip() == "*":
        return "*"
    plain = said.strip().strip('"')
    if not (plain.isascii() and plain.isdigit() and len(plain) < 16):
        raise Refused("bad_header", field="If-Match")
    return int(plain)
