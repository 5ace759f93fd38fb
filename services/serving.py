"""Serving an application on a socket until the process is told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette

from shared.settings import Settings
from shared.web.protocol import LimitedHead


def listening(settings: Settings) -> socket.socket:
    """The socket to serve on, taken before anything is started; raises OSError that names the address."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise OSError(f"Cannot serve on {settings.host}:{settings.port}: {error.strerror}") from None
    # What is accepted inherits it. An answer leaves in two parts, its head and its body: without this the body waits
    # until the client has acknowledged the head, 40 ms for whoever keeps a connection open.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """uvicorn, but for the signals: they end the process in its own order, whatever it is doing (`__main__`)."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_app(
    app: Starlette, settings: Settings, listener: socket.socket, ready: Callable[[str], None] = lambda url: None
) -> None:
    """The same for any application."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=3, server_header=False,
        forwarded_allow_ips=settings.trusted_proxies, http=LimitedHead, ws="none",
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="web")
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        ready(f"http://{settings.host}:{listener.getsockname()[1]}")
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
