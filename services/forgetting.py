"""`sanguan retention`: the cases whose personal data have been kept long enough, and the destruction of their keys.

What is due is read off the log itself, not off a ledger that may be late or altered. That two persons must agree, and
the event that tells of a destruction, belong to the roles to come (issue 5); until then this is the operator's act.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.intake.ledgers import cases
from services.intake.retention import Expired, expired
from services.intake.service import SERVICE as INTAKE
from shared.contracts.days import civil_day
from shared.errors import Unusable
from shared.ledger.replay import Replay
from shared.log.append import microseconds
from shared.runtime import Storage


@dataclass(frozen=True, slots=True)
class Retention:
    """What was due on a day, by a log that was read up to a position, and how much was destroyed."""

    log: str
    day: date
    position: int
    due: Sequence[Expired]
    destroyed: int | None
    """Cases whose keys were destroyed; None where nothing was to be."""

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": True, "log": self.log, "as_of": self.day.isoformat(), "position": self.position,
            "due": [
                {
                    "case": one.case, "period": one.period.code, "years": one.period.years,
                    "over_on": one.over_on.isoformat(), "due_on": one.due_on.isoformat(),
                }
                for one in self.due
            ],
            "destroyed": self.destroyed,
        }  # fmt: skip

    def as_text(self) -> str:
        lines = [f"{one.due_on} {one.case} {one.period.title_zh} ({one.period.title_en})" for one in self.due]
        done = f"{len(self.due)} due" if self.destroyed is None else f"keys of {self.destroyed} cases destroyed"
        return "\n".join([*lines, f"{self.log} as of {self.day}: {done}."])


def retention(storage: Storage, log: str, day: date, now: datetime, *, destroy: bool) -> Retention:
    """What is due on a day and still has keys; with `destroy` these are destroyed. Raises `Unusable` where they are to
    be destroyed before their day."""
    if destroy and day > civil_day(now):
        raise Unusable(
            "day_to_come", f"{day} 还没有到：只能销毁到期的密钥。",
            f"{day} is yet to come: only keys whose time is over can be destroyed.",
        )  # fmt: skip
    position, rows = _cases(storage, log)
    due = _with_keys(storage, log, expired(rows, day))
    if destroy:
        for one in due:
            storage.vault.destroy(log, f"case/{one.case}", microseconds(now))
    return Retention(log, day, position, due, len(due) if destroy else None)


def _cases(storage: Storage, log: str) -> tuple[int, Sequence[cases.Row]]:
    """The position of the log's end, and the cases as they stand there; raises `Unusable` where some event could not be
    read: it may have opened a case again. A case whose own events could not be taken is left alone."""
    follower = f"{INTAKE.name}.{cases.LEDGER.name}"
    replay = Replay(storage.log, log, [(INTAKE, cases.LEDGER)]).to()
    folded = replay.ledgers[follower]
    if folded.halt is not None:
        raise Unusable(
            "log_unreadable", f"日志 {log} 中有本版本不认识的事件：请先升级程序。",
            f"Log {log} holds events that this version does not know: install a newer one first.",
        )  # fmt: skip
    return replay.position, [row for key, row in replay.rows(follower) if key not in folded.parked]


def _with_keys(storage: Storage, log: str, found: Sequence[Expired]) -> Sequence[Expired]:
    """Those that have not been forgotten yet."""
    kept = storage.vault.keys_of([(log, f"case/{one.case}") for one in found])
    return [one for one in found if kept[log, f"case/{one.case}"].wrapped]
