"""`audit replay`: every ledger and every published score again, from the log alone, beside what is served.

What it replays is held against the tree first, so that a log which was altered does not vouch for itself. It only
reads: what it finds is as it was left. As of an earlier moment nothing is served any more that could be compared: the
digests stand for themselves, and whoever replays the same prefix, wherever, has the same.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from shared.audit.live import standing, waiting_keys
from shared.audit.parts import Line
from shared.audit.scores import EVERYTHING, Again, Span, again
from shared.audit.verify import Verification, verify_bytes, verify_log
from shared.audit.workers import Alone, Progress, Replayed, Several, Workers
from shared.contracts.model import Ledger, Service
from shared.delivery.channels import is_published
from shared.ledger.replay import Replay
from shared.ledger.runner import Checkpoint, Runner
from shared.ledger.schema import columns_of
from shared.ledger.tables import Rows, digest, row_bytes
from shared.log.database import snapshot
from shared.log.keys import load_chain
from shared.log.tree import EMPTY_ROOT
from shared.storage import Storage

BEHIND_SECONDS: Final = 3.0
"""How long a ledger may be behind the log's size before it is a finding: a running system's follow in a moment."""
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment of a replay that is not of now."""

    position: int
    """The last position that is read; -1 for none."""
    moment: datetime | None = None
    """The time that was asked for; None where a position was."""
    occurred: bool = False
    """Whether it leaves out what happened later, rather than what was recorded later."""

    @property
    def occurred_by(self) -> datetime | None:
        return self.moment if self.occurred else None


@dataclass(frozen=True, slots=True)
class ComparedLedger:
    """One ledger: the digests of both, where they first part, and what else is wrong with it."""

    name: str
    position: int
    live: str | None
    """None where nothing is served that it could be compared with: as of an earlier moment."""
    replayed: str
    first_difference: dict[str, Any] | None
    findings: tuple[str, ...]
    """In words: halted, behind or ahead of the log, keys that are parked, a table of another shape."""

    @property
    def same(self) -> bool:
        return self.live is None or self.live == self.replayed

    @property
    def ok(self) -> bool:
        return self.same and not self.findings


@dataclass(frozen=True, slots=True)
class Compared:
    """What a replay found."""

    log: str
    size: int
    root: str | None
    """The root over so many events; none where these are not what was hashed."""
    ledgers: tuple[ComparedLedger, ...]
    scores: tuple[Again, ...]
    """In the order of the log."""
    first_bad: dict[str, Any] | None
    as_of: AsOf | None = None
    events: int = 0
    """How many were folded."""
    workers: int = 1

    @property
    def ok(self) -> bool:
        return all(one.ok for one in self.ledgers) and self.first_bad is None

    @property
    def scores_checked(self) -> int:
        return len(self.scores)

    @property
    def scores_equal(self) -> int:
        return sum(one.wrong is None for one in self.scores)

    @property
    def digest(self) -> str:
        """SHA-256 over all that was replayed: a line for each ledger, its name and digest, then one for each score,
        its position and that of the event as it must have been."""
        sha = hashlib.sha256()
        for ledger in self.ledgers:
            sha.update(f"{ledger.name} {ledger.replayed}\n".encode())
        for score in self.scores:
            sha.update(f"{score.position} {score.digest}\n".encode())
        return sha.hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The contract's shape."""
        when = self.as_of
        return {
            "ok": self.ok, "log": self.log, "size": self.size, "root": self.root,
            "ledgers": [{field.name: getattr(one, field.name) for field in fields(one)} for one in self.ledgers],
            "scores": {"checked": self.scores_checked, "equal": self.scores_equal}, "first_bad": self.first_bad,
            "digest": self.digest, "events": self.events, "workers": self.workers,
            "as_of": None if when is None else {
                "position": when.position, "moment": None if when.moment is None else when.moment.isoformat(),
                "basis": "occurred" if when.occurred else "known",
            },
        }  # fmt: skip

    def as_text(self) -> str:
        """For a person."""
        lines = [f"log {self.log}: {self.size} events, root {self.root or '—'}"]
        if self.as_of is not None:
            lines.append(f"  as of {_when(self.as_of)}; nothing that is served now can be compared with it")
        for one in self.ledgers:
            state = "equal" if one.same else f"DIFFERS first at {one.first_difference}"
            told = one.replayed if one.live is None else state
            lines.append("; ".join((f"  {one.name:<34} to {one.position:<8} {told}", *one.findings)))
        if not self.ledgers:
            lines.append("  no ledger follows this log: its events are held against its tree alone")
        lines.append(f"  published scores: {self.scores_equal} of {self.scores_checked} recomputed to the same digits")
        lines.append(f"  digest {self.digest}")
        if self.first_bad:
            lines.append(f"  first bad: position {self.first_bad['position']}: {self.first_bad['reason']}")
        return "\n".join(lines)


def _when(as_of: AsOf) -> str:
    if as_of.moment is None:
        return f"position {as_of.position}"
    what = "had happened" if as_of.occurred else "was recorded"
    return f"what {what} by {as_of.moment.isoformat()}, read to position {as_of.position}"


# the comparison -------------------------------------------------------------------------------------------------------


Told = Callable[[str, int], None]
"""What is being done, and with how many events it was."""


def _silent(what: str, done: int) -> None:
    """Nobody wants to know."""


def compare(
    storage: Storage, log: str, told: Told = _silent, *, as_of: AsOf | None = None, several: Several | None = None
) -> Compared:
    """Verify the log's bytes, replay them, and compare; several processes share the replaying, if so wished."""
    first = storage.log.size(log) - 1
    upto = first if as_of is None else as_of.position
    span = EVERYTHING if as_of is None else Span(last=as_of.position, occurred_by=as_of.occurred_by)
    with ExitStack() as stack:
        replayed, folded, scores = _begun(storage, log, upto, as_of, span, several, stack)
        verified = verified_log(storage, log, lambda done, _: told("verifying", done))
        folded(lambda done: told("replaying", done))
        beside = _live(storage, log, verified.size, replayed) if as_of is None else _as_of(storage, log, replayed)
        ledgers = [*beside]
        found = scores(lambda done: told("scoring", done))
        events, workers = replayed.events, 1 if several is None else several.count
    size = verified.size if as_of is None else as_of.position + 1
    return Compared(
        log, size, _root(storage, verified, size), tuple(ledgers), tuple(found), first_bad(verified, found), as_of,
        events, workers,
    )  # fmt: skip


def _following(storage: Storage, log: str) -> Sequence[Service]:
    """The services whose ledgers follow a log. Those of no service follow the readings of what is sealed."""
    return storage.services if is_published(log) else ()


_Wait = Callable[[Progress], None]
_Scores = Callable[[Progress], Sequence[Again]]


def _begun(
    storage: Storage, log: str, upto: int, as_of: AsOf | None, span: Span, several: Several | None, stack: ExitStack
) -> tuple[Replayed, _Wait, _Scores]:  # fmt: skip
    """The replay; what waits until it has come to a position; and what gives the scores. Where several processes do it,
    they are at it from now on."""
    services = _following(storage, log)
    ledgers = [(service, ledger) for service in services for ledger in service.ledgers]
    occurred_by = None if as_of is None else as_of.occurred_by
    scorers = [service for service in services if service.scorer is not None]
    if several is None:
        alone = Alone(Replay(storage.log, log, ledgers, occurred_by))

        def scores(told: Progress) -> list[Again]:
            return [one for service in scorers for one in again(storage.log, log, service, span, told)]

        return alone, lambda told: alone.to(upto, told), lambda told: _in_order(scores(told))
    database = storage.settings.log_url
    workers = stack.enter_context(Workers(several, database, storage.log, log, ledgers, occurred_by))
    folded = workers.begin(upto)
    asked = [workers.again(service.name, span) for service in scorers]
    return workers, folded, lambda told: _in_order(one for wait in asked for one in wait(told))


def _in_order(scores: Iterator[Again] | Sequence[Again]) -> list[Again]:
    return sorted(scores, key=lambda one: one.position)


def verified_log(storage: Storage, log: str, told: Callable[[int, int], None]) -> Verification:
    """The log against its tree, and against its signatures where its key is here (it is the record's alone); raises
    `KeyUnusable` where that is none of this log's."""
    if not (storage.settings.keys_dir / f"{log}.pub").exists():
        return verify_bytes(storage.log_engine, log)
    return verify_log(storage.log_engine, log, load_chain(storage.settings.data_dir, log), told)


def _root(storage: Storage, verified: Verification, size: int) -> str | None:
    """The root over the first events, of a log whose bytes are what was hashed."""
    if verified.root is None or size == verified.size:
        return None if verified.root is None else verified.root.hex()
    return storage.root(verified.log, size) if size else EMPTY_ROOT.hex()


def first_bad(verified: Verification, scores: Sequence[Again]) -> dict[str, Any] | None:
    """The log's own damage before a score's: it may be why that one is not equal."""
    if (bad := verified.first_bad) is not None:
        return {"position": bad.position, "reason": bad.reason, "reason_zh": bad.reason_zh, "code": bad.code}
    wrong = next((one for one in scores if one.wrong is not None), None)
    return None if wrong is None else {"position": wrong.position, "reason": wrong.wrong}


# as of an earlier moment ----------------------------------------------------------------------------------------------


def _as_of(storage: Storage, log: str, replayed: Replayed) -> Iterator[ComparedLedger]:
    """The ledgers' digests; what a fold could not go on with is a finding here, as nothing else shows it."""
    for service in _following(storage, log):
        for ledger in service.ledgers:
            name = f"{service.name}.{ledger.name}"
            halt, waiting = replayed.halt(name), replayed.parked(name)
            findings = [] if halt is None else [f"HALTED at {halt.position}: {halt.reason}"]
            findings += [f"PARKED: {waiting} keys wait"] if waiting else []
            at = replayed.position if halt is None else halt.position - 1
            yield ComparedLedger(name, at, None, replayed.digest(name), None, tuple(findings))


# beside what is served ------------------------------------------------------------------------------------------------


def _live(storage: Storage, log: str, size: int, replayed: Replayed) -> Iterator[ComparedLedger]:
    """Every ledger, at the position that its live rows stand at."""
    services = _following(storage, log)
    runners = [Runner(service, storage.log, storage.ledgers_engine, storage.log.clock) for service in services]
    _wait(storage, runners, log, size)
    with snapshot(storage.ledgers_engine) as connection:  # positions and rows of one moment, while others write
        stand = standing(connection, runners, log)
        waiting = waiting_keys(connection, log)
        at = _main(stand, replayed.position, storage.log.size(log) - 1)
        replayed.to(at)
        others = _elsewhere(storage, log, stand, at)
        for runner in runners:
            for rows in runner.tables.values():
                state = stand[rows.follower]
                made = others.get(state.position, replayed)
                findings = _findings(state, size, made.position, len(waiting.get(rows.follower, ())))
                yield _compared(connection, rows, log, state, made, tuple(findings))


def _main(stand: Mapping[str, Checkpoint], reached: int, last: int) -> int:
    """Where most ledgers stand, of those that are not behind what was replayed already, nor beyond the log's end."""
    ahead = Counter(state.position for state in stand.values() if reached <= state.position <= last)
    return max(ahead, key=lambda position: (ahead[position], position), default=reached)


def _elsewhere(storage: Storage, log: str, stand: Mapping[str, Checkpoint], at: int) -> dict[int, Replayed]:
    """Replays of the ledgers that stand elsewhere, by position: those that halted, or are behind."""
    found: dict[int, Replayed] = {}
    for position in sorted({state.position for state in stand.values()} - {at}):
        pairs: list[tuple[Service, Ledger[Any]]] = [
            (service, ledger) for service in storage.services for ledger in service.ledgers
            if stand[f"{service.name}.{ledger.name}"].position == position
        ]  # fmt: skip
        found[position] = Alone(Replay(storage.log, log, pairs).to(position))
    return found


def _wait(storage: Storage, runners: Sequence[Runner], log: str, size: int) -> None:
    """Give ledgers that follow at this moment the time to hold what the log holds."""
    until = time.monotonic() + BEHIND_SECONDS
    while time.monotonic() < until:
        with snapshot(storage.ledgers_engine) as connection:
            stand = standing(connection, runners, log).values()
        if all(state.position >= size - 1 for state in stand if state.halted is None):
            return
        time.sleep(_LOOK_SECONDS)


def _findings(state: Checkpoint, size: int, replayed_to: int, waiting: int) -> Iterator[str]:
    """What is wrong with a ledger beside its rows."""
    if state.halted is not None:
        yield f"HALTED: {state.halted}"
    if state.position < size - 1:
        yield f"BEHIND the log, which has {size} events"
    if state.position > replayed_to:
        yield f"AHEAD of the log, which ends at {replayed_to}"
    if waiting:
        yield f"PARKED: {waiting} keys wait"


def _compared(
    connection: Connection, rows: Rows[Any], log: str, state: Checkpoint, replayed: Replayed, findings: tuple[str, ...]
) -> ComparedLedger:  # fmt: skip
    """A ledger's live rows beside the replayed ones."""
    made = replayed.digest(rows.follower)
    there, wanted = columns_of(connection, rows.table), [column.name for column in rows.table.columns]
    if there != wanted:
        what = "the table has another shape" if there else "there is no such table"
        difference = {"key": None, "columns": sorted(set(there) ^ set(wanted)), "what": what}
        return ComparedLedger(rows.follower, state.position, "", made, difference, (*findings, what))
    live = digest(rows.all(connection, log))
    parts = None
    if live != made:
        written = ((key, row_bytes(key, row)) for key, row in rows.all(connection, log))
        parts = _first_difference(rows.names, written, replayed.lines(rows.follower))
    return ComparedLedger(rows.follower, state.position, live, made, parts, findings)


def _first_difference(
    names: Sequence[str], live: Iterator[Line], replayed: Iterator[Line]
) -> dict[str, Any] | None:  # fmt: skip
    """The first key at which the two part, and the columns (their names: values may be personal)."""
    for here, there in zip_longest(live, replayed):
        if here is None or (there is not None and there[0] < here[0]):
            return {"key": there[0], "columns": [], "what": "missing from the live ledger"}
        if there is None or here[0] < there[0]:
            return {"key": here[0], "columns": [], "what": "not in the replay"}
        if here[1] != there[1]:
            (_, was), (_, is_now) = msgspec.json.decode(here[1]), msgspec.json.decode(there[1])
            columns = [name for name in names if was.get(name) != is_now.get(name)]
            return {"key": here[0], "columns": columns, "what": "differs"}
    return None
