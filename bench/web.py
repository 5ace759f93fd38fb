"""HTTP: a real server in a process of its own, and a client that only writes and reads bytes."""

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from bench.timing import Timed
from bench.work import Ask, Lane, draw_up

_ids = itertools.count()


@contextlib.contextmanager
def serving(what: str, database_url: str, data_dir: Path) -> Iterator[str]:
    """The URL of `python -m bench.server <what>`, which is stopped afterwards."""
    command = [sys.executable, "-m", "bench.server", what, database_url, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            if not line:
                raise RuntimeError(f"bench.server {what} did not start (exit code {server.wait()})")
            yield json.loads(line)["url"]
        finally:
            server.terminate()
            server.wait(30)


async def load(url: str, token: str, lanes: Sequence[Lane], expected: int, seconds: float) -> Timed:
    """Commands over as many connections as there are lanes; each waits for its answer before its next."""
    draw_up(lanes, seconds)
    host, _, port = url.removeprefix("http://").rpartition(":")
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    done: list[asyncio.Future[None]] = []
    start = time.perf_counter()
    for lane in lanes:
        finished = loop.create_future()
        done.append(finished)
        await loop.create_connection(
            lambda lane=lane, finished=finished: _Client(token, lane, expected, start + seconds, latencies, finished),  # type: ignore[misc]  # bound per turn
            host, int(port),
        )  # fmt: skip
    async with asyncio.timeout(seconds + 60):
        await asyncio.gather(*done)
    return Timed(len(latencies), time.perf_counter() - start, latencies)


class _Client(asyncio.Protocol):
    """One connection, kept alive."""

    def __init__(
        self, token: str, lane: Iterator[Ask], expected: int, end: float, latencies: list[float],
        finished: asyncio.Future[None],
    ) -> None:  # fmt: skip
        self._head = f"HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer {token}\r\n"
        self._lane, self._expected, self._end = lane, str(expected).encode(), end
        self._latencies, self._finished, self._buffer = latencies, finished, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._send()

    def _send(self) -> None:
        ask = next(self._lane)
        head = (
            f"POST /{ask.service}/commands/{ask.slug} {self._head}"
            f"idempotency-key: http-{next(_ids)}\r\ncontent-length: {len(ask.body)}\r\n\r\n"
        )
        self._sent = time.perf_counter()
        self._transport.write(head.encode() + ask.body)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = self._buffer.lower().find(b"content-length: ")
        needed = int(self._buffer[length + 16 : self._buffer.find(b"\r\n", length)])
        if len(self._buffer) < end + 4 + needed:
            return
        now = time.perf_counter()
        if self._buffer[9:12] != self._expected:
            self._stop(RuntimeError(f"answered {self._buffer[9:12].decode()}: {self._buffer[end + 4 :].decode()}"))
            return
        self._latencies.append(now - self._sent)
        self._buffer = b""
        if now < self._end:
            self._send()
        else:
            self._stop(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._stop(ConnectionError("the server closed the connection"))

    def _stop(self, error: Exception | None) -> None:
        if not self._finished.done():
            if error is None:
                self._finished.set_result(None)
            else:
                self._finished.set_exception(error)
        self._transport.close()
