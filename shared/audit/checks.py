"""The invariants in production 运行中核对: what is served, beside a replay that goes on with the log.

Each process holds its own services' ledgers against a replay that it keeps in memory. At each look only what came since
is read and folded; then every live row is compared, under one snapshot, so that a row that was changed, added or taken
out by hand is found whether or not an event has touched it. Scores that were published since are computed again. What
is found is a run (`shared.audit.runs`), a metric, a line of the log and a word on the pages; nothing is mended by
itself. A ledger that is behind, halted or holds parked keys is no difference: it is seen elsewhere.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine

from shared.audit.runs import Run, record
from shared.audit.scores import Span, again
from shared.contracts.model import Service
from shared.delivery.channels import is_published
from shared.ledger.replay import Replay
from shared.ledger.runner import Runner, parked_keys
from shared.ledger.tables import Rows, row_bytes
from shared.log.database import snapshot
from shared.log.store import Log

FIRST_SECONDS: Final = 120.0
"""Before the first look: a process that starts has other things to do."""

logger: Final = structlog.get_logger(__name__)


class Stopped(Exception):
    """The process ends: a look that is under way ends first."""


class Check:
    """Compares one service's ledgers and scores with its log, look after look."""

    def __init__(self, service: Service, log: Log, ledgers: Engine, clock: Callable[[], datetime]) -> None:
        self.service, self._log, self._ledgers, self._clock = service, log, ledgers, clock
        self._runner = Runner(service, log, ledgers, clock)  # which only says where its ledgers stand
        self._replays: dict[str, Replay] = {}
        self._scored: dict[str, int] = {}
        """Per log, up to where published scores were computed again and found equal."""
        self.last: dict[str, Run] = {}
        """The newest look at each log by this process."""
        self.stopping = False

    def look(self, log: str) -> Run | None:
        """Compare, and put down what was found; None where the ledgers have not come to where the replay stands."""
        begun, at = time.perf_counter(), self._clock()
        replay = self._replays.setdefault(log, self._begin(log))
        replay.to(self._runner.position(log), progress=self._go_on)  # the long way is gone before anything is held
        with snapshot(self._ledgers) as connection:
            position = self._position(connection, log)
            if position < replay.position:  # they are being folded again
                return None
            differs = [*self._differing(connection, log, replay.to(position))]
        differs += [f"{self.service.name}.score {at}" for at in self._wrong_scores(log, replay.position)]
        run = Run(self.service.name, at, replay.position, tuple(differs), round((time.perf_counter() - begun) * 1e6))
        record(self._log.engine, log, run)
        self._tell(log, run)
        self.last[log] = run
        return run

    def _go_on(self, _: int) -> None:
        if self.stopping:
            raise Stopped

    def _begin(self, log: str) -> Replay:
        return Replay(self._log, log, [(self.service, ledger) for ledger in self.service.ledgers])

    def _position(self, connection: Connection, log: str) -> int:
        states = self._runner.checkpoints(connection, log).values()
        return min((state.position for state in states if state.halted is None), default=-1)

    def _differing(self, connection: Connection, log: str, replay: Replay) -> Iterator[str]:
        standing, waiting = self._runner.checkpoints(connection, log), parked_keys(connection, log)
        for rows in self._runner.tables.values():
            state = standing[rows.follower]
            if state.halted is None and state.position == replay.position:
                parked = {*waiting.get(rows.follower, ()), *replay.ledgers[rows.follower].parked}
                if not _same(connection, log, rows, dict(replay.rows(rows.follower)), parked):
                    yield rows.follower

    def _wrong_scores(self, log: str, position: int) -> Iterator[int]:
        """Where scores stand that were published since the last look and are computed to other digits."""
        if self.service.scorer is None:
            return
        wrong = [
            one.position
            for one in again(self._log, log, self.service, Span(self._scored.get(log, -1), position), self._go_on)
            if one.wrong is not None
        ]
        yield from wrong
        if not wrong:
            self._scored[log] = position

    def _tell(self, log: str, run: Run) -> None:
        before = self.last.get(log)
        if run.differences and (before is None or before.differences != run.differences):
            logger.error("what is served differs from its log", log=log, service=run.service, position=run.position,
                         differs=list(run.differences))  # fmt: skip
        elif run.ok and before is not None and not before.ok:
            logger.info("what is served is as its log says again", log=log, service=run.service, position=run.position)


def _same(
    connection: Connection, log: str, rows: Rows[Any], replayed: Mapping[str, Any], but: set[str]
) -> bool:  # fmt: skip
    """Whether the live rows are the replayed ones, but those of some keys."""
    live = ((key, row_bytes(key, row)) for key, row in rows.all(connection, log) if key not in but)
    must = ((key, row_bytes(key, row)) for key, row in replayed.items() if key not in but)
    return all(here == there for here, there in zip_longest(live, must))


class Checks:
    """All services of a process, looked at every so many minutes on a thread that serves nothing else."""

    def __init__(self, checks: Mapping[str, Check], log: Log, minutes: float) -> None:
        self.checks, self._log, self.seconds = checks, log, minutes * 60
        self.trouble: str | None = None
        """What kept it from looking the last time."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="check")

    async def run(self) -> None:
        """Look for ever."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min(FIRST_SECONDS, self.seconds))
        while True:
            begun = loop.time()
            await loop.run_in_executor(self._thread, self.look)
            await asyncio.sleep(max(1.0, self.seconds - (loop.time() - begun)))

    def look(self) -> None:
        """Look at every log that others may see, once. What cannot be looked at now is looked at the next time."""
        try:
            for log in filter(is_published, self._log.heads()):
                for check in self.checks.values():
                    check.look(log)
            self.trouble = None
        except Stopped:
            return
        except Exception as error:  # whatever it is, it is seen, and looking goes on when it is over
            self.trouble = type(error).__name__
            logger.error("invariants not looked at", error=self.trouble)

    def close(self) -> None:
        """End a look that is under way, and the thread."""
        for check in self.checks.values():
            check.stopping = True
        self._thread.shutdown(wait=True, cancel_futures=True)
