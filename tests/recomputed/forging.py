"""Scores that an operator makes up and signs: each digit follows from the record, and yet they are not what the record
came to. With them the bundle and the log that hold them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.installation import SERVICES
from shared.settings import load
from shared.storage import Storage
from tests.log.invented import append_rows, row
from tests.recomputed.recomputation import RESCORE, read, record_of

Event = dict[str, Any]
"""An event, or what it tells."""


class Forger:
    """Goes on with a record as its operator could: with whatever is written as the record writes it."""

    def __init__(self, events: Sequence[bytes]) -> None:
        self.events = list(events)
        self._read: list[Any] = read(events)

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self._read[-1]["recorded_at"])

    def tell(self, stream: str, kind: str, *told: Event, after: timedelta = timedelta(minutes=1)) -> None:
        """By one command, recorded so long after the last event."""
        at = (self.now + after).isoformat().replace("+00:00", "Z")
        before = sum(one["stream"] == stream for one in self._read)
        for ordinal, data in enumerate(told):
            event = {
                **self._read[-1], "stream": stream, "type": kind, "data": data, "version": before + ordinal + 1,
                "ordinal": ordinal, "command_id": f"forged-{len(self.events) - ordinal}", "recorded_at": at,
                "occurred_at": at, "cause": None,
            }  # fmt: skip
            self._read.append(event)
            self.events.append(json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())

    def adopt(self, kind: str, **changed: Any) -> None:
        """The next version of a plan or a rulebook."""
        last = self._last(kind, None)
        document = {**last["data"][kind], **changed}
        told = {**last["data"], kind: document, "version": last["data"]["version"] + 1}
        self.tell(last["stream"], f"sanguan.assessment.{kind}-{'amended' if kind == 'plan' else 'adopted'}.v1", told)

    def scores(self, name: str, as_of: str, position: int, rulebook: int | None = None, plan: int | None = None) -> Any:
        """What a month comes to by the events up to a position, as it is published; by the newest versions."""
        by = {"plan": self._last("plan", plan)["data"], "rulebook": self._last("rulebook", rulebook)["data"]}
        month, tree = RESCORE.period_of("month", name, by["plan"]["plan"]), RESCORE.Tree()
        for one in self.events[: position + 1]:
            tree.add(one)
        record = record_of(self._read[: position + 1])
        totals = record.scores(by["plan"]["plan"], by["rulebook"]["rulebook"], [month], as_of)
        period = {"kind": "month", "name": name, "from_day": month.from_day, "to_day": month.to_day}
        versions = {f"{what}_version": said["version"] for what, said in by.items()}
        codes = {what: said[what]["code"] for what, said in by.items()}
        return [
            {
                "subject": subject or self._read[0]["log"], "period": period, "as_of": as_of, "position": position,
                "root": tree.root(), **codes, **versions, **total.as_published(),
            }
            for (_, subject), total in sorted(totals.items())
        ]  # fmt: skip

    def publish(self, scores: Sequence[Event], after: timedelta = timedelta(minutes=1)) -> None:
        (called,) = {f"score/month-{one['period']['name']}.{one['as_of']}" for one in scores}
        self.tell(called, "sanguan.assessment.score-published.v1", *({"score": one} for one in scores), after=after)

    def restate(self, stream: str, was: Event, score: Event) -> None:
        changes = [
            {"indicator": code, "number": number, "before": before, "after": now, "causes": []}
            for code, number, before, now in RESCORE._changes(was, score)
        ]
        told = {"was": was, "score": score, "changes": changes}
        self.tell(stream, "sanguan.assessment.score-restated.v1", told)

    def stated(self, stream: str, subject: str) -> list[Event]:
        """What a publication has stated of an institution, one after the other."""
        of = [one["data"] for one in self._read if one["stream"] == stream and "score" in one["data"]]
        return [one["score"] for one in of if one["score"]["subject"] == subject]

    def _last(self, kind: str, version: int | None) -> Event:
        """What put a plan or a rulebook in force, the last time or in a version."""
        adopted = [one for one in self._read if one["type"].startswith(f"sanguan.assessment.{kind}-a")]
        return next(one for one in reversed(adopted) if version in (None, one["data"]["version"]))


def installed(data: Path, events: Sequence[bytes]) -> Storage:
    """A log that holds these events, as an operator can put them there by hand."""
    storage = Storage(load(data), SERVICES)
    storage.migrate()
    rows = []
    for position, (written, said) in enumerate(zip(events, read(events), strict=True)):
        columns = row(position, {**said, "recorded_at": datetime.fromisoformat(said["recorded_at"])})
        rows.append({**columns, "bytes": written, "leaf": RESCORE.hashlib.sha256(b"\x00" + written).digest()})
    append_rows(storage.log_engine, rows[0]["log"], rows)
    return storage
