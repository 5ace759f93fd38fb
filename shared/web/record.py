"""The log itself over HTTP: events as they were hashed, a live stream, signed checkpoints, proofs.

An auditor needs nothing else: bytes → leaves → root → the log's signature. Personal fields are sealed in the bytes.
"""

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

import anyio
import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from shared.access.policy import Kind, Rule
from shared.access.visitor import Visitor
from shared.contracts.codes import RECORD_READERS
from shared.contracts.model import Refused
from shared.delivery import channels, cloudevent
from shared.log import cosignatures, sealer
from shared.log.store import Stored
from shared.queries import needed, page_size, whole
from shared.runtime import Node
from shared.web.door import Doorkeeper, Endpoint

PAGE_EVENTS: Final = 200
MOST_EVENTS: Final = 1_000
"""Events of a page: usually, and at the most."""
POLL_SECONDS: Final = 0.1
"""Between two looks at the logs' sizes, one for all readers of streams."""
STOP_SECONDS: Final = 1.0
"""How long a stream may take to end properly when the server stops."""
STREAM_SECONDS: Final = 600
"""How long one connection streams. A client goes on with Last-Event-ID, and must show a valid token again."""
PROOF_SECONDS: Final = 5
"""How often it is looked up whether the token or session of a stream still holds."""

_encode: Final = msgspec.json.Encoder().encode


def record_routes(node: Node, doorkeeper: Doorkeeper) -> list[BaseRoute]:
    """The routes under `/record`. Who belongs to one community has no part in them: a log is read whole."""
    record = RecordEndpoint(node, doorkeeper)

    def route(path: str, endpoint: Endpoint) -> BaseRoute:
        rule = Rule(method="GET", path=f"/record/{path}", kind=Kind.RECORD, roles=RECORD_READERS, clause="3.3.7")
        return doorkeeper.route(rule, endpoint)

    return [
        route("events", record.events),
        route("stream", record.stream),
        route("checkpoint", record.checkpoint),
        route("proof/inclusion", record.inclusion),
        route("proof/consistency", record.consistency),
    ]


class Sizes:
    """The logs' sizes, looked at for all readers of streams at once: a thousand who wait ask no more than one does."""

    def __init__(self, look: Callable[[], Mapping[str, int]]) -> None:
        self._look = look
        self._next: asyncio.Task[Mapping[str, int]] | None = None

    async def next(self) -> Mapping[str, int]:
        """The sizes at the next look."""
        if self._next is None or self._next.done():
            self._next = asyncio.create_task(self._after_a_pause(), name="sizes of the logs")
            self._next.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # it may be nobody's by then
        return await asyncio.shield(self._next)  # one reader may leave, the others go on waiting

    async def _after_a_pause(self) -> Mapping[str, int]:
        await asyncio.sleep(POLL_SECONDS)
        return await asyncio.to_thread(self._look)


class RecordEndpoint:
    """The logs that a process keeps, for those who may read them."""

    def __init__(self, node: Node, doorkeeper: Doorkeeper) -> None:
        self._storage, self._doorkeeper = node.storage, doorkeeper
        self._sizes = Sizes(node.storage.log.heads)

    async def events(self, request: Request, visitor: Visitor) -> Response:
        """A page of events after a position, in the bytes that were hashed."""
        log, given = self._asked(request, visitor, "after", "limit")
        limit = page_size(given.get("limit"), PAGE_EVENTS, MOST_EVENTS)
        found = await self._read(log, _after(given.get("after")), limit + 1)
        page = found[:limit]
        body = {
            "log": log,
            "events": [{"position": one.position, "bytes": _base64(one.bytes)} for one in page],
            "next": page[-1].position if len(found) > limit else None,
        }
        return Response(_encode(body), media_type="application/json")

    async def stream(self, request: Request, visitor: Visitor) -> Response:
        """Every event after a position as server-sent CloudEvents, and then each new one as it is recorded."""
        log, given = self._asked(request, visitor, "after")
        after = _after(given.get("after"))
        if (last := request.headers.get("last-event-id")) is not None:
            after = _last_event(last, log)
        stopping = anyio.Event()
        return EventSourceResponse(
            self._tail(request, log, after, stopping),
            sep="\n",
            shutdown_event=stopping,
            shutdown_grace_period=STOP_SECONDS,
        )

    async def checkpoint(self, request: Request, visitor: Visitor) -> Response:
        """The newest signed checkpoint, with what witnesses have cosigned of it; the first one is made when it is first
        asked for."""
        log, _ = self._asked(request, visitor)
        signed = await asyncio.to_thread(self._newest_checkpoint, log)
        if signed is None:
            raise Refused("not_found", field="log")
        return PlainTextResponse(await asyncio.to_thread(cosignatures.note_of, self._storage.log_engine, signed))

    async def inclusion(self, request: Request, visitor: Visitor) -> Response:
        """The proof that the event at a position is in the tree of a size (RFC 9162 §2.1.3)."""
        log, given = self._asked(request, visitor, "position", "size")
        position, size = _needed(given, "position"), _needed(given, "size")
        await self._check_size(log, size, "size")
        if position >= size:
            raise Refused("beyond_the_end", field="position", last=size - 1)
        return _hashes(await asyncio.to_thread(sealer.inclusion, self._storage.log_engine, log, position, size))

    async def consistency(self, request: Request, visitor: Visitor) -> Response:
        """The proof that the tree of one size begins with that of another (RFC 9162 §2.1.4)."""
        log, given = self._asked(request, visitor, "from", "to")
        first, second = _needed(given, "from"), _needed(given, "to")
        await self._check_size(log, second, "to")
        if first > second:
            raise Refused("out_of_range", field="from")
        return _hashes(await asyncio.to_thread(sealer.consistency, self._storage.log_engine, log, first, second))

    @staticmethod
    def _asked(request: Request, visitor: Visitor, *known: str) -> tuple[str, dict[str, str]]:
        """The log that is asked for and the query's parameters; raises `Refused`."""
        given = dict(request.query_params)
        for name in given:
            if name not in ("log", *known):
                raise Refused("bad_parameter", field=name)
        if not channels.is_published(visitor.log):
            raise Refused("not_found", field="log")
        return visitor.log, given

    async def _read(self, log: str, after: int, limit: int) -> Sequence[Stored]:
        return await asyncio.to_thread(self._storage.log.read, log, after, limit)

    async def _tail(
        self, request: Request, log: str, after: int, stopping: anyio.Event
    ) -> AsyncIterator[ServerSentEvent]:
        now = time.monotonic()
        until, proven = now + STREAM_SECONDS, now
        while (now := time.monotonic()) < until and not stopping.is_set():
            if now - proven >= PROOF_SECONDS:
                if not await self._still_known(request):
                    return
                proven = now
            page = await self._read(log, after, PAGE_EVENTS)
            for one in page:
                yield ServerSentEvent(id=f"{log}/{one.position}", data=cloudevent.encode(one).decode(), sep="\n")
                after = one.position
            if len(page) < PAGE_EVENTS:  # that was all: until there is more, nothing is read
                while not stopping.is_set() and time.monotonic() < min(until, proven + PROOF_SECONDS):
                    if (await self._sizes.next()).get(log, 0) > after + 1:
                        break

    async def _still_known(self, request: Request) -> bool:
        """Whether who asked for a stream may still have it."""
        try:
            await self._doorkeeper.visitor(request)
        except Refused:
            return False
        return True

    def _newest_checkpoint(self, log: str) -> sealer.SignedCheckpoint | None:
        engine = self._storage.log_engine
        if (signed := sealer.latest(engine, log)) is None and self._storage.log.size(log):
            # None where another sealer was first; then its checkpoint is there.
            signed = self._storage.seal(log) or sealer.latest(engine, log)
        return signed

    async def _check_size(self, log: str, size: int, field: str) -> None:
        if size > (there := await asyncio.to_thread(self._storage.log.size, log)):
            raise Refused("beyond_the_end", field=field, last=there - 1)


def _after(said: str | None) -> int:
    """The position after which to begin; -1, or nothing, is the beginning."""
    return -1 if said in (None, "-1") else whole(said, "after")


def _last_event(said: str, log: str) -> int:
    """The position in a Last-Event-ID of this log."""
    name, _, position = said.rpartition("/")
    if name != log or not (position.isascii() and position.isdigit() and len(position) < 16):
        raise Refused("bad_header", field="Last-Event-ID")
    return int(position)


def _needed(given: dict[str, str], name: str) -> int:
    return whole(needed(given, name, "120"), name)


def _hashes(proof: Sequence[bytes]) -> Response:
    body: dict[str, Any] = {"hashes": [_base64(hash_) for hash_ in proof]}
    return Response(_encode(body), media_type="application/json")


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode()
