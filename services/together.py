"""All services in one process: the embedded default. Beside `__main__`, the only place that sees all of them."""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from services.assessment import api as scores_api
from services.assessment.pages import SECTION as ASSESSMENT_PAGES
from services.assessment.service import SERVICE as ASSESSMENT
from services.assignment.pages import SECTION as ASSIGNMENT_PAGES
from services.assignment.service import SERVICE as ASSIGNMENT
from services.intake import api as intake_api
from services.intake.pages import SECTION as INTAKE_PAGES
from services.intake.service import SERVICE as INTAKE
from services.privacy.pages import SECTION as PRIVACY_PAGES
from services.privacy.service import SERVICE as PRIVACY
from shared.access.policy import Policy
from shared.access.visitor import Visitor
from shared.contracts.model import Refused, Service
from shared.delivery.channels import is_published
from shared.delivery.embedded import EmbeddedValkey
from shared.follow import WAIT_SECONDS, Follower
from shared.runtime import Node, Storage
from shared.settings import Settings, load
from shared.web import policy_page, record_pages, sign_in
from shared.web.app import make_app
from shared.web.door import Doorkeeper
from shared.web.pages import Section, Site
from shared.web.protocol import LimitedHead

SERVICES: Final[tuple[Service, ...]] = (INTAKE, ASSIGNMENT, ASSESSMENT, PRIVACY)
SECTIONS: Final[tuple[Section, ...]] = (ASSESSMENT_PAGES, INTAKE_PAGES, ASSIGNMENT_PAGES, PRIVACY_PAGES)
"""Their pages, in the order of the navigation."""

LOG: Final = "410105010"
"""The sub-district of the sample, and the default of `--log`."""

logger: Final = structlog.get_logger(__name__)


def named(names: Sequence[str]) -> tuple[Service, ...]:
    """The services of these names, in the house's order."""
    return tuple(service for service in SERVICES if service.name in names)


@asynccontextmanager
async def together(settings: Settings, *, stream: bool = True, timed: bool = False) -> AsyncIterator[Node]:
    """All services and the record at work on embedded or given servers. Without `stream` they poll the log; what is
    `timed` also does what days alone bring about."""
    async with AsyncExitStack() as stack:
        redis_url = settings.redis_url
        if stream and redis_url is None:
            valkey = EmbeddedValkey(settings.data_dir)
            await asyncio.to_thread(valkey.start)
            stack.callback(valkey.stop)
            redis_url = valkey.url
        storage = Storage(settings, SERVICES)
        stack.callback(storage.close)
        await asyncio.to_thread(storage.migrate)
        node = Node(storage, SERVICES, record=True, redis_url=redis_url if stream else None, timed=timed)
        yield await stack.enter_async_context(node.running())


async def settled(node: Node) -> None:
    """Return when every ledger and every reaction has caught up with every log.

    Raises `Refused("ledger_behind")` where one does not move for a while: a halted ledger, an unreadable event.
    """
    while True:
        before = await asyncio.to_thread(node.storage.log.heads)
        followed = {log: size for log, size in before.items() if is_published(log)}
        for follower in node.followers.values():
            for log, size in followed.items():
                await follower.reach(log, size - 1)
                await _reacted(follower, log, size - 1)
        if await asyncio.to_thread(node.storage.log.heads) == before:
            return


async def _reacted(follower: Follower, log: str, position: int) -> None:
    at, since = -2, monotonic()
    while (now := follower.reactions.position(log)) < position:
        if now != at:
            at, since = now, monotonic()
        elif monotonic() - since > WAIT_SECONDS:
            raise Refused("ledger_behind", position=now)
        follower.nudge()
        await asyncio.sleep(0.01)


def application(node: Node, guest: Visitor | None = None) -> Starlette:
    """The web application of a running node: what one service alone answers, and the pages, included."""
    doorkeeper = Doorkeeper(node, guest)
    site = Site(node, doorkeeper, SECTIONS)
    own = [*intake_api.routes(node, doorkeeper), *scores_api.routes(node, doorkeeper)]
    pages = [*site.routes(), *sign_in.routes(site), *record_pages.routes(site), *policy_page.routes(site)]
    return site.dress(make_app(node, doorkeeper, lambda *_: [*own, *pages]))


def whole_policy() -> Policy:
    """The policy of the whole system, with nothing running: what every process keeps to, in one table."""
    with tempfile.TemporaryDirectory(prefix="sanguan-policy-") as directory:
        storage = Storage(load(Path(directory)), SERVICES)
        try:
            policy: Policy = application(Node(storage, SERVICES, record=True, redis_url=None)).state.policy
        finally:
            storage.close()
    return policy


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


async def serve(
    node: Node, listener: socket.socket, guest: Visitor | None = None, ready: Callable[[str], None] = lambda url: None
) -> None:
    """Serve a running node's web application until cancelled; then let requests end, and return."""
    config = uvicorn.Config(
        application(node, guest), log_config=None, access_log=False, timeout_graceful_shutdown=3, server_header=False,
        forwarded_allow_ips=node.storage.settings.trusted_proxies, http=LimitedHead, ws="none",
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="web")
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        ready(f"http://{node.storage.settings.host}:{listener.getsockname()[1]}")
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving


@contextlib.contextmanager
def opened(settings: Settings, *, audits: bool = False) -> Iterator[Storage]:
    """The storage for a command that only reads or mends: nothing runs.

    What `audits` mends nothing first, for a table of another shape is a finding; raises `SchemaBehind` where the log's
    tables are not this version's.
    """
    storage = Storage(settings, SERVICES)
    try:
        if audits:
            storage.require_migrated()
        else:
            storage.migrate()
        yield storage
    finally:
        storage.close()


def data_exists(data_dir: Path) -> bool:
    """Whether an embedded installation is there."""
    return (data_dir / "log.db").exists()
