"""`POST /{service}/commands/{name}`: the way in for clients. Pages and the importer meet the same desk."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from starlette.requests import ClientDisconnect, Request

from shared.access.visitor import Visitor
from shared.command import Asked, Desk
from shared.contracts.fields import names_someone
from shared.contracts.model import Refused, Service, slug
from shared.log.append import Appended
from shared.web.gate import LARGEST_BODY, Gate

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


class CommandEndpoint:
    """One command's way in."""

    def __init__(
        self, desk: Desk, command: type, visitor: Callable[[Request], Visitor], clock: Callable[[], datetime]
    ) -> None:
        self._desk, self._visitor, self._clock = desk, visitor, clock
        self.path = f"/{desk.service.name}/commands/{slug(command)}"
        self._gate = Gate(command)
        self._decider, self._accepts = desk.route(command)

    async def answer(self, request: Request) -> bytes:
        """The answer's body, once the events are durable; raises `Refused`."""
        visitor = self._visitor(request)
        visitor.may_send(self._accepts)
        command_id = idempotency_key(request)
        raw = await body_within(request, LARGEST_BODY)
        body = self._gate.read(raw, self._clock())
        visitor.may_reach(body.log)
        asked = Asked(
            log=body.log, command_id=command_id, command=body.data, occurred_at=body.occurred_at, actor=visitor.actor,
            id=self._id(body.stream), if_match=if_match(request),
        )  # fmt: skip
        return _encode(answer(asked, await self._desk.send(asked)))

    def _id(self, stream: str | None) -> str | None:
        if stream is None:
            return None
        category, slash, id = stream.partition("/")
        if category != self._decider.category or not slash or not id:
            raise Refused("stream_mismatch", field="stream", expected=f"{self._decider.category}/<id>")
        if self._accepts.creates and self._accepts.id is None and not _CHOSEN.fullmatch(id):
            raise Refused("stream_not_chosen", field="stream")
        return id


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


async def body_within(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit; raises `Refused("too_large")`."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > limit:
        raise Refused("too_large", limit=limit)
    chunks, size, more = [], 0, True
    while more:  # as Request.stream does, without a generator
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise Refused("too_large", limit=limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)
