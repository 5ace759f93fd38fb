"""The verifier of a log of readings 查阅日志: it is walked as every log is, and held against its anchors in the log of
its sub-district. Whoever shortened it or wrote it anew, key and all, is found out by the first that does not fit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shared.audit.verify import REASONS, FirstBad, Verification, verify_bytes, verify_log
from shared.log import sealer
from shared.log.access import access_log
from shared.log.anchoring import anchors
from shared.log.keys import KeyUnusable, load_chain
from shared.log.store import Log


@dataclass(frozen=True, slots=True)
class ReadingsVerified:
    """What was found of a log of readings."""

    walked: Verification
    """Its own walk."""
    anchors: int
    """How many anchors fit."""
    misfit: FirstBad | None
    """The first anchor that does not, by its position in the sub-district's log."""

    @property
    def ok(self) -> bool:
        return self.walked.ok and self.misfit is None

    def as_json(self) -> dict[str, Any]:
        bad = self.walked.as_json()["first_bad"] if self.misfit is None else as_json(self.misfit)
        root = None if self.walked.root is None else self.walked.root.hex()
        return {
            "ok": self.ok, "log": self.walked.log, "size": self.walked.size, "root": root, "anchors": self.anchors,
            "first_bad": bad,
        }  # fmt: skip

    def as_text(self) -> str:
        """For a person."""
        if self.misfit is not None:
            return f"log {self.walked.log}: {self.misfit.reason_zh} {self.misfit.reason}"
        return f"{self.walked.as_text()}\n{self.anchors} anchors of it hold."


def as_json(bad: FirstBad) -> dict[str, Any]:
    return {"position": bad.position, "reason": bad.reason, "reason_zh": bad.reason_zh, "code": bad.code}


def verify_readings(
    log: Log, name: str, data_dir: Path, progress: Callable[[int, int], None] | None = None
) -> ReadingsVerified | None:
    """Verify the log of the readings of a sub-district; None where nothing was ever read.

    Raises `KeyUnusable` where it was signed and its key is not there.
    """
    readings = access_log(name)
    made = anchors(log, name)
    if not made and not log.size(readings):
        return None
    found = ReadingsVerified(_walked(log, readings, data_dir, progress), 0, None)
    walked = found.walked
    for anchor in made if walked.ok else ():
        size = anchor.event.size
        if size > walked.size or sealer.root_at(log.engine, readings, size).hex() != anchor.event.root:
            english, chinese = (reason.format(size=size) for reason in REASONS["anchor"])
            return replace(found, misfit=FirstBad(anchor.position, "anchor", english, chinese))
        found = replace(found, anchors=found.anchors + 1)
    return found


def _walked(
    log: Log, readings: str, data_dir: Path, progress: Callable[[int, int], None] | None
) -> Verification:  # fmt: skip
    """The walk, with the log's key; without it where nothing was signed yet."""
    try:
        keys = load_chain(data_dir, readings)
    except KeyUnusable:
        if sealer.latest(log.engine, readings) is not None:
            raise
        return verify_bytes(log.engine, readings)
    return verify_log(log.engine, readings, keys, progress)
