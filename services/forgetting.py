"""`sanguan retention`: what has been kept long enough on a day, and how far its erasure has come.

What is due is read off the log itself, not off a ledger that may be late or altered. It destroys nothing: that takes
two persons, who propose and approve it as commands of the privacy service.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.privacy.ledgers import restrictions, retention
from services.privacy.ledgers.restrictions import Erasure
from services.privacy.periods import PERIODS
from services.privacy.service import SERVICE as PRIVACY
from shared.contracts.model import Ledger
from shared.errors import Unusable
from shared.ledger.replay import Replay
from shared.storage import Storage


@dataclass(frozen=True, slots=True)
class Due:
    """Something that has been kept long enough, and was not erased."""

    kept: retention.Row
    restricted: restrictions.Row | None

    @property
    def erasure(self) -> Erasure:
        """How far it has come."""
        return Erasure.NONE if self.restricted is None else self.restricted.erasure

    def as_json(self) -> dict[str, Any]:
        row, since = self.kept, self.restricted
        return {
            "subject": row.id, "kept": row.kept.value, "years": PERIODS[row.kept].years,
            "over_on": _iso(row.over_on), "due_on": _iso(row.due_on), "restricted": since is not None,
            "propose_from": None if since is None else _iso(since.propose_from), "erasure": self.erasure.value,
        }  # fmt: skip

    def as_text(self) -> str:
        standing = "未限制处理 not restricted" if self.restricted is None else f"{self.erasure.zh} {self.erasure.en}"
        return f"{self.kept.due_on} {self.kept.id} {self.kept.kept.zh} ({self.kept.kept.en}): {standing}"


@dataclass(frozen=True, slots=True)
class Retention:
    """What was due on a day, by a log that was read up to a position."""

    log: str
    day: date
    position: int
    due: Sequence[Due]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": True, "log": self.log, "as_of": self.day.isoformat(), "position": self.position,
            "due": [one.as_json() for one in self.due],
        }  # fmt: skip

    def as_text(self) -> str:
        return "\n".join([*(one.as_text() for one in self.due), f"{self.log} as of {self.day}: {len(self.due)} due."])


def due_on(storage: Storage, log: str, day: date) -> Retention:
    """What is due on a day and was not erased, the longest due first. Raises `Unusable` where some event could not be
    read: it may have opened a case again. What has events that could not be taken is left alone."""
    replay = Replay(storage.log, log, [(PRIVACY, retention.LEDGER), (PRIVACY, restrictions.LEDGER)]).to()
    restricted = dict(_rows(replay, log, restrictions.LEDGER))
    due = [
        Due(row, restricted.get(row.id))
        for _, row in _rows(replay, log, retention.LEDGER)
        if row.erased_at is None and row.due_on is not None and row.due_on <= day
    ]
    return Retention(log, day, replay.position, sorted(due, key=lambda one: (one.kept.due_on or day, one.kept.id)))


def _rows(replay: Replay, log: str, ledger: Ledger[Any]) -> list[tuple[str, Any]]:
    follower = f"{PRIVACY.name}.{ledger.name}"
    folded = replay.ledgers[follower]
    if folded.halt is not None:
        raise Unusable(
            "log_unreadable", f"日志 {log} 中有本版本不认识的事件：请先升级程序。",
            f"Log {log} holds events that this version does not know: install a newer one first.",
        )  # fmt: skip
    return [(key, row) for key, row in replay.rows(follower) if key not in folded.parked]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
