"""Several processes at one replay 并行重放: each folds a part of the aggregates, and what they hold is put together to
the very rows, and so the very digest, that one process gives.

A process of its own is started for each, with the database's address and the services' names in its first message (not
in its arguments, where others could read a password). It ends with whoever started it.
"""

import gc
import hashlib
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Protocol, Self

from shared.audit.parts import Line, Part, PartReplay
from shared.audit.scores import Again, Span, again
from shared.clock import utc_now
from shared.contracts.access import READINGS
from shared.contracts.catalogue import EVENTS
from shared.contracts.model import Ledger, Service
from shared.errors import Unusable
from shared.ledger.fold import Halt
from shared.ledger.replay import Replay
from shared.ledger.tables import row_bytes
from shared.log.codec import Codec, UnreadableEvent
from shared.log.database import open_engine
from shared.log.opening import open_log
from shared.log.store import Log

LINES: Final = 2_000
"""Rows that are handed over at a time."""
MOST: Final = 64
_START: Final = "import sys; from shared.audit.workers import work; work(int(sys.argv[1]))"
_ROOT: Final = Path(__file__).parents[2]

Progress = Callable[[int], None]
"""Told how many events were read."""


def untold(done: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Several:
    """How many processes share the work, and where they find what they fold."""

    count: int
    services: tuple[str, ...]
    """`module:attribute` of each service's declaration."""


class Replayed(Protocol):
    """Ledgers as a replay has them, whoever folded them."""

    @property
    def position(self) -> int: ...
    @property
    def events(self) -> int:
        """How many were folded."""

    def to(self, upto: int, progress: Progress = untold) -> None:
        """Go on to a position."""

    def digest(self, follower: str) -> str:
        """Of a ledger's rows, as `shared.ledger.tables.digest`."""

    def lines(self, follower: str) -> Iterator[Line]:
        """A ledger's rows in the order of their keys; of one whose digest was asked for."""

    def halt(self, follower: str) -> Halt | None: ...
    def parked(self, follower: str) -> int:
        """How many of its keys wait."""


def digest_of(lines: Iterable[Line]) -> str:
    """Of rows that are written already."""
    sha = hashlib.sha256()
    for _, data in lines:
        sha.update(data + b"\n")
    return sha.hexdigest()


class Alone:
    """One process, this one."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay

    @property
    def position(self) -> int:
        return self._replay.position

    @property
    def events(self) -> int:
        return self._replay.events

    def to(self, upto: int, progress: Progress = untold) -> None:
        self._replay.to(upto, progress=progress)

    def digest(self, follower: str) -> str:
        return digest_of(self.lines(follower))

    def lines(self, follower: str) -> Iterator[Line]:
        return ((key, row_bytes(key, row)) for key, row in self._replay.rows(follower))

    def halt(self, follower: str) -> Halt | None:
        return self._replay.ledgers[follower].halt

    def parked(self, follower: str) -> int:
        return len(self._replay.ledgers[follower].parked)


# the processes, as who started them sees them -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Order:
    """What a process is told first."""

    database: str
    log: str
    services: tuple[str, ...]
    ledgers: tuple[str, ...]
    """`<service>.<ledger>` of each that it folds."""
    part: Part
    occurred_by: datetime | None


@dataclass(frozen=True, slots=True)
class _Told:
    """What a process says when it has come to a position."""

    events: int
    halted: frozenset[str]
    parked: dict[str, int]


class _Crossed(Exception):
    """Two parts hold one key."""


class _Worker:
    """A process. It answers one question after the other."""

    def __init__(self, order: _Order) -> None:
        self._connection, theirs = Pipe()
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # this interpreter and this module, nothing of anybody's
                [sys.executable, "-c", _START, str(theirs.fileno())], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
        self._asked, self._answers = 0, list[Any]()
        self._send(order)

    def ask(self, what: str, *given: Any) -> int:
        """Put a question; gives the number of its answer."""
        self._send((what, given))
        self._asked += 1
        return self._asked - 1

    def answer(self, number: int, progress: Progress = untold) -> Any:
        """Wait for an answer; raises `Unusable` where the process did not bring it about, and `UnreadableEvent`."""
        while len(self._answers) <= number:
            try:
                kind, value = self._connection.recv()
            except (EOFError, OSError):
                raise _ended(f"exit code {self._process.wait()}") from None
            if kind == "read":
                progress(value)
            elif kind == "unreadable":
                raise UnreadableEvent(*value)
            elif kind == "failed":
                raise _failed(value)
            else:
                self._answers.append(value)
        value, self._answers[number] = self._answers[number], None
        return value

    def _send(self, message: Any) -> None:
        try:
            self._connection.send(message)
        except OSError:
            raise _ended(f"exit code {self._process.wait()}") from None

    def close(self) -> None:
        self._connection.close()  # it ends by that, unless it is in the middle of something
        self._process.terminate()
        self._process.wait()


def _ended(why: str) -> Unusable:
    return Unusable(
        "worker_ended", f"一个重放进程中途退出（{why}）：请减少 --workers 后再试。",
        f"A replaying process did not come to its end ({why}): try again with fewer --workers.",
    )  # fmt: skip


def _failed(why: str) -> Unusable:
    return Unusable(
        "worker_failed", f"一个重放进程出错（{why}）：请不带 --workers 再试，即可看到出错位置。",
        f"A replaying process failed ({why}): try again without --workers, which says where.",
    )  # fmt: skip


class Workers:
    """Processes that replay ledgers together. Not before `to` has come back does anything else have an answer."""

    def __init__(
        self, several: Several, database: str, log: Log, name: str, ledgers: Sequence[tuple[Service, Ledger[Any]]],
        occurred_by: datetime | None = None,
    ) -> None:  # fmt: skip
        self._log, self._name, self._occurred_by = log, name, occurred_by
        self._ledgers = {f"{service.name}.{ledger.name}": (service, ledger) for service, ledger in ledgers}
        self.position = -1
        self._told: list[_Told] = []
        self._whole: dict[str, Alone] = {}
        self._workers: list[_Worker] = []
        try:
            for number in range(several.count):
                part = Part(number, several.count)
                order = _Order(database, name, several.services, tuple(self._ledgers), part, occurred_by)
                self._workers.append(_Worker(order))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    @property
    def events(self) -> int:
        return sum(told.events for told in self._told)

    def begin(self, upto: int) -> Callable[[Progress], None]:
        """Have them go on to a position; what is given waits until they have."""
        asked = [(worker, worker.ask("fold", upto)) for worker in self._workers]

        def wait(progress: Progress) -> None:
            self._told = [worker.answer(number, progress) for worker, number in asked]
            self._whole.clear()
            self.position = max(self.position, upto)

        return wait

    def to(self, upto: int, progress: Progress = untold) -> None:
        self.begin(upto)(progress)

    def again(self, service: str, span: Span) -> Callable[[Progress], Sequence[Again]]:
        """Have one of them compute a service's published scores; what is given waits for these."""
        worker = self._workers[-1]
        number = worker.ask("again", service, span)

        def wait(progress: Progress) -> Sequence[Again]:
            found: Sequence[Again] = worker.answer(number, progress)
            return found

        return wait

    def lines(self, follower: str) -> Iterator[Line]:
        return self._of(follower).lines(follower) if follower in self._whole else self._together(follower)

    def halt(self, follower: str) -> Halt | None:
        return self._of(follower).halt(follower) if self._halted(follower) else None

    def parked(self, follower: str) -> int:
        if self._halted(follower):
            return self._of(follower).parked(follower)
        return sum(told.parked.get(follower, 0) for told in self._told)

    def digest(self, follower: str) -> str:
        """Where the parts cannot be put together, this process folds the ledger by itself."""
        if self._halted(follower):  # each part stopped where it met the event: only one that sees all stops rightly
            return digest_of(self._of(follower).lines(follower))
        try:
            return digest_of(self.lines(follower))
        except _Crossed:
            return digest_of(self._of(follower).lines(follower))

    @property
    def folded_whole(self) -> tuple[str, ...]:
        """The ledgers that this process had to fold by itself."""
        return tuple(self._whole)

    def _halted(self, follower: str) -> bool:
        return any(follower in told.halted for told in self._told)

    def _of(self, follower: str) -> Alone:
        if follower not in self._whole:
            replay = Replay(self._log, self._name, [self._ledgers[follower]], self._occurred_by)
            self._whole[follower] = Alone(replay.to(self.position))
        return self._whole[follower]

    def _together(self, follower: str) -> Iterator[Line]:
        """The parts' rows, merged; raises `_Crossed`."""
        before: str | None = None
        for key, data in merge(*(_lines(worker, follower) for worker in self._workers), key=lambda line: line[0]):
            if key == before:
                raise _Crossed
            before = key
            if data:
                yield key, data


def _lines(worker: _Worker, follower: str) -> Iterator[Line]:
    """A part's rows; the next are being made ready while these are looked at."""
    first = 0
    coming = worker.ask("lines", follower, first)
    while page := worker.answer(coming):
        first += len(page)
        coming = worker.ask("lines", follower, first)
        yield from page


# the processes themselves ---------------------------------------------------------------------------------------------


def work(descriptor: int) -> None:
    """One of them, from its order to the end of whoever started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other's to answer: this one ends with it
    gc.set_threshold(50_000, 20, 20)  # as every process of ours: folding makes many small things and no cycles
    connection = Connection(descriptor)
    with suppress(EOFError, ConnectionError):  # whoever started it is gone
        try:
            _serve(connection, connection.recv())
        except (EOFError, ConnectionError):
            raise
        except UnreadableEvent as unread:
            connection.send(("unreadable", (unread.position, unread.type)))
        except Exception as error:  # its kind alone, as a message may quote data
            connection.send(("failed", type(error).__name__))


def _serve(connection: Connection, order: _Order) -> None:
    services = {service.name: service for service in map(declared, order.services)}
    log = open_log(open_engine(order.database), Codec((*EVENTS, *READINGS)), utc_now)
    wanted = set(order.ledgers)
    ledgers = [
        (service, ledger) for service in services.values() for ledger in service.ledgers
        if f"{service.name}.{ledger.name}" in wanted
    ]  # fmt: skip
    replay = PartReplay(log, order.log, ledgers, order.part, order.occurred_by)
    lines: dict[str, list[Line]] = {}

    def read(done: int) -> None:
        connection.send(("read", done))

    while True:
        what, given = connection.recv()
        if what == "fold":
            (upto,) = given
            lines = {}
            replay.go(upto, read)
            connection.send(("told", _told(replay)))
        elif what == "again":
            name, span = given
            connection.send(("told", [*again(log, order.log, services[name], span, read)]))
        else:
            follower, first = given
            if follower not in lines:
                lines = {follower: replay.lines(follower)}
            connection.send(("told", lines[follower][first : first + LINES]))


def _told(replay: PartReplay) -> _Told:
    folded = replay.ledgers.items()
    return _Told(
        replay.events, frozenset(name for name, one in folded if one.halt is not None),
        {name: len(one.parked) for name, one in folded if one.parked},
    )  # fmt: skip


def declared(name: str) -> Service:
    """The declaration of a service, by `module:attribute`."""
    module, _, attribute = name.partition(":")
    found: Service = getattr(importlib.import_module(module), attribute)
    return found
