"""All services in one process: the embedded default. Beside `__main__`, the only place that sees all of them."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Final

import structlog
from starlette.applications import Starlette

from services.assessment import api as scores_api
from services.assessment.pages import SECTION as ASSESSMENT_PAGES
from services.assignment.pages import SECTION as ASSIGNMENT_PAGES
from services.installation import SERVICES, declared
from services.intake import api as intake_api
from services.intake.pages import SECTION as INTAKE_PAGES
from services.privacy.pages import SECTION as PRIVACY_PAGES
from services.serving import serve_app
from shared.access.policy import Policy
from shared.access.visitor import Visitor
from shared.contracts.model import Refused
from shared.delivery.channels import is_published
from shared.delivery.embedded import EmbeddedValkey
from shared.follow import WAIT_SECONDS, Follower
from shared.runtime import Node
from shared.settings import Settings, load
from shared.storage import Storage
from shared.web import audit_pages, check_page, policy_page, record_pages, sign_in
from shared.web.app import make_app
from shared.web.door import Doorkeeper
from shared.web.forms import pages as form_pages
from shared.web.pages import Section, Site

SECTIONS: Final[tuple[Section, ...]] = (ASSESSMENT_PAGES, INTAKE_PAGES, ASSIGNMENT_PAGES, PRIVACY_PAGES)
"""Their pages, in the order of the navigation."""

logger: Final = structlog.get_logger(__name__)


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
        node = Node(
            storage, SERVICES, record=True, redis_url=redis_url if stream else None, timed=timed,
            declared=declared(SERVICES),
        )  # fmt: skip
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
    pages = [
        *site.routes(), *sign_in.routes(site), *record_pages.routes(site), *audit_pages.routes(site),
        *check_page.routes(site), *policy_page.routes(site), *form_pages.routes(site),
    ]  # fmt: skip
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


async def serve(
    node: Node, listener: socket.socket, guest: Visitor | None = None, ready: Callable[[str], None] = lambda url: None
) -> None:
    """Serve a running node's web application until cancelled; then let requests end, and return."""
    await serve_app(application(node, guest), node.storage.settings, listener, ready)
