"""The record's pages: how much there is, what was signed, the latest events, the proof of one, how to check it all.

Kinds, positions and times only: what events say stays with the pages of the service that owns them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from starlette.routing import Route

from shared.audit.proven import proven
from shared.contracts.codes import READERS, Role
from shared.contracts.fields import LARGEST_INTEGER
from shared.contracts.model import Refused
from shared.ledger.tables import parked, progress
from shared.log import keys, sealer
from shared.log.append import moment
from shared.log.codec import UnreadableEvent
from shared.log.database import reading
from shared.log.keys import KeyUnusable
from shared.log.store import Stored
from shared.log.tables import heads, refused_reactions
from shared.queries import whole
from shared.runtime import Node
from shared.web.pages import Ask, Page, Site
from shared.web.words import Words

_PAGE_EVENTS: Final = 25
_SEEN_BY: Final = READERS | {Role.OPERATOR}
"""There is no case in what these pages show, so that those who run the system may see them too."""


def routes(site: Site) -> list[Route]:
    """`/record`, and the proof of each event."""
    view = RecordPages(site.node)
    return [
        site.page("/record", view.record, _SEEN_BY),
        site.page("/record/{position:int}", view.proof, _SEEN_BY),
    ]


@dataclass(frozen=True, slots=True)
class State:
    """How the system stands, in counts of events."""

    size: int
    recorded_at: datetime | None
    sealed: int
    sealed_at: datetime | None
    reached: int
    """What every ledger holds."""
    behind: int
    """Ledgers that do not hold everything yet."""
    troubles: tuple[tuple[str, int], ...]
    """Texts' keys and counts of what needs a person."""
    delivery: str
    """A text's key."""

    @property
    def sealed_share(self) -> int:
        return 100 * self.sealed // self.size if self.size else 0

    @property
    def reached_share(self) -> int:
        return 100 * self.reached // self.size if self.size else 0


def state_of(node: Node, log: str) -> State:
    """The state of a log and of what follows it, whichever processes those run in."""
    with reading(node.storage.ledgers_engine, log) as connection:
        ledgers = [
            (row.position + 1, row.halted) for row in connection.execute(select(progress).where(progress.c.log == log))
        ]
        waiting = connection.scalar(select(func.count()).select_from(parked).where(parked.c.log == log)) or 0
    refused = select(func.count()).select_from(refused_reactions).where(refused_reactions.c.log == log)
    with reading(node.storage.log_engine, log) as connection:
        troubles = {
            "ledgers_halted": sum(halted is not None for _, halted in ledgers),
            "ledgers_parked": waiting,
            "reactions_refused": connection.scalar(refused) or 0,
        }
    checkpoint = sealer.latest(node.storage.log_engine, log)
    with reading(node.storage.log_engine, log) as connection:  # last, so that nothing seems to be ahead of it
        head = connection.execute(select(heads.c.size, heads.c.recorded_at).where(heads.c.log == log)).first()
    size = head.size if head else 0
    return State(
        size=size,
        recorded_at=moment(head.recorded_at) if head and size else None,
        sealed=checkpoint.size if checkpoint else 0,
        sealed_at=checkpoint.signed_at if checkpoint else None,
        reached=min((reached for reached, _ in ledgers), default=0),
        behind=sum(reached < size for reached, _ in ledgers),
        troubles=tuple((key, count) for key, count in troubles.items() if count),
        delivery=_delivery(node),
    )


def _delivery(node: Node) -> str:
    if not node.subscriptions:
        return "delivery_polling"
    return "delivery_stream" if all(one.connected for one in node.subscriptions) else "delivery_away"


@dataclass(frozen=True, slots=True)
class Line:
    """An event of the log, as anyone may see it."""

    position: int
    type: str
    role: str
    recorded_at: datetime


class RecordPages:
    """The views."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def record(self, ask: Ask) -> Page:
        """State, latest events, checkpoint, how to check."""
        log, storage = ask.log, self._node.storage
        size = storage.log.size(log)
        end = min(size, whole(ask.query("before"), "before")) if ask.query("before") else size
        start = max(0, end - _PAGE_EVENTS)
        stored = storage.log.read(log, start - 1, end - start) if end > start else ()
        checkpoint = sealer.latest(storage.log_engine, log)
        shows = {
            "state": state_of(self._node, log),
            "events": [self._line(event, ask.words) for event in reversed(stored)],
            "newest": end < size,
            "older": start if start else None,
            "note": checkpoint.note if checkpoint else None,
            "public_key": self._public_key(log),
        }
        return Page("site/record.html", ask.words("record"), shows)

    def _public_key(self, log: str) -> str | None:
        """The key to check with; none before anything was signed, or where another process keeps it."""
        try:
            return str(keys.load_verifier(self._node.storage.settings.data_dir, log))
        except KeyUnusable:
            return None

    def _line(self, event: Stored, words: Words) -> Line:
        try:
            role = self._node.storage.log.codec.decode(event.position, event.bytes).actor.role
        except UnreadableEvent:
            return Line(event.position, event.type, words("none"), event.recorded_at)
        named: Any = Role(role) if role in set(Role) else role
        return Line(event.position, event.type, words.shown(named), event.recorded_at)

    def proof(self, ask: Ask) -> Page:
        """The proof that one event is in the signed tree; raises `Refused("not_found")`."""
        log, position, storage = ask.log, ask.request.path_params["position"], self._node.storage
        found: Sequence[Stored] = storage.log.read(log, position - 1, 1) if position <= LARGEST_INTEGER else ()
        if not found or found[0].position != position:
            raise Refused("not_found")
        shows = {"position": position, "event": found[0], "proof": proven(storage, log, position)}
        return Page("site/proof.html", ask.words("proof_title", position=position), shows)
