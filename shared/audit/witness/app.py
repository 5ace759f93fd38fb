"""The witness over HTTP: C2SP tlog-witness, and what an auditor takes home.

    POST /add-checkpoint           a log shows its newest checkpoint: 200 with the cosignature, or why not
    GET  /checkpoint?origin=…      the checkpoint that is held, as the log signed it, cosigned
    GET  /fork?origin=…            the two notes of a log that was caught telling two stories
    GET  /                         the witness's public key, and the logs that it knows
    GET  /-/health/live · /-/health/ready · /-/metrics

Nothing asks who comes: what is told here is what the witness exists to tell, and a checkpoint is signed by its log.
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.audit.witness.submission import MOST_BYTES
from shared.audit.witness.witness import Standing, Witness

READ_SECONDS: Final = 10.0
"""How long a request's body may take to arrive."""


def witness_app(witness: Witness) -> Starlette:
    """The application of a witness."""
    endpoint = WitnessEndpoint(witness)
    return Starlette(
        routes=[
            Route("/", endpoint.known),
            Route("/add-checkpoint", endpoint.add_checkpoint, methods=["POST"]),
            Route("/checkpoint", endpoint.checkpoint),
            Route("/fork", endpoint.fork),
            Route("/-/health/live", endpoint.live),
            Route("/-/health/ready", endpoint.ready),
            Route("/-/metrics", endpoint.metrics),
        ]
    )


class WitnessEndpoint:
    """A witness, asked over HTTP."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    async def known(self, request: Request) -> Response:
        """Whose witness this is: its public key, and the keys that it trusts."""
        standings = await asyncio.to_thread(self._witness.standings)
        keys = [str(one.keys.current) for one in standings.values()]
        return PlainTextResponse("".join(f"{line}\n" for line in (self._witness.key, "", *keys)))

    async def add_checkpoint(self, request: Request) -> Response:
        """A log's checkpoint; the answer is as C2SP tlog-witness has it."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return PlainTextResponse("The request took too long to arrive.\n", 408)
        except ClientDisconnect:
            return PlainTextResponse("", 400)  # they left: nobody reads it
        if body is None:
            return PlainTextResponse(f"The request is larger than {MOST_BYTES} bytes.\n", 413)
        answer = await asyncio.to_thread(self._witness.add_checkpoint, body)
        return Response(answer.body, answer.status, {"content-type": answer.media_type})  # exactly that

    async def checkpoint(self, request: Request) -> Response:
        """The checkpoint that is held of a log: what an auditor gives to the verifier with `--checkpoint`."""
        return await self._of(request, lambda one: None if one.held is None else one.held.note)

    async def fork(self, request: Request) -> Response:
        """The two stories that a log was caught telling."""
        return await self._of(request, lambda one: None if one.fork is None else one.fork.as_text())

    async def _of(self, request: Request, told: Callable[[Standing], str | None]) -> Response:
        origin = request.query_params.get("origin", "")
        standing = (await asyncio.to_thread(self._witness.standings)).get(origin)
        text = None if standing is None else told(standing)
        return PlainTextResponse("There is none.\n", 404) if text is None else PlainTextResponse(text)

    async def live(self, request: Request) -> Response:
        """The process runs and answers."""
        return JSONResponse({"status": "live"})

    async def ready(self, request: Request) -> Response:
        """503 where a log was caught, for somebody has to look (other logs are witnessed on); and where nothing can be
        kept, so that nothing is cosigned."""
        if not await asyncio.to_thread(self._witness.can_remember):
            return JSONResponse({"status": "cannot_remember"}, 503)
        standings = await asyncio.to_thread(self._witness.standings)
        forked = [origin for origin, one in standings.items() if one.fork is not None]
        if forked:
            return JSONResponse({"status": "fork", "origins": forked}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(self, request: Request) -> Response:
        """The numbers, as Prometheus reads them."""
        text = await asyncio.to_thread(_rendered, partial(numbers, self._witness))
        return Response(text, media_type=CONTENT_TYPE_LATEST)


async def _body(request: Request) -> bytes | None:
    """The request's body; None where it is too large, and then no more of it is read."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return body


def numbers(witness: Witness) -> Iterator[Metric]:
    """All metrics of a witness, read now."""
    standings = witness.standings()
    shown: list[tuple[str, str, Callable[[Standing], float]]] = [
        ("held_events", "Events under the newest checkpoint that was cosigned.",
         lambda one: one.held.size if one.held else 0),
        ("cosigned_seconds", "When that was, in seconds since 1970; 0 for never.",
         lambda one: one.held.at if one.held else 0),
        ("forked", "1 where the log was caught telling two stories: ALARM.", lambda one: one.fork is not None),
        ("doubted", "1 where the log last showed a checkpoint without a proof that holds.",
         lambda one: one.doubt is not None),
    ]  # fmt: skip
    for name, meaning, value in shown:
        gauge = GaugeMetricFamily(f"sanguan_witness_{name}", meaning, labels=["origin"])
        for origin, one in standings.items():
            gauge.add_metric([origin], float(value(one)))
        yield gauge
    answered = CounterMetricFamily(
        "sanguan_witness_answers",
        "Submissions, by the status of the answer.",
        labels=["origin", "status"],
    )
    for (origin, status), count in list(witness.outcomes.items()):
        answered.add_metric([origin, str(status)], count)
    yield answered


class _Now:
    """A collector that reads the numbers when it is asked."""

    def __init__(self, read: Callable[[], Iterator[Metric]]) -> None:
        self.collect: Any = read


def _rendered(read: Callable[[], Iterator[Metric]]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now(read))
    return generate_latest(registry)
