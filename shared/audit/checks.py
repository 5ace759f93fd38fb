"""The invariants in production 运行中核对: every so many minutes, what is served beside a replay of its log.

Each look (`shared.audit.live`) is a process of its own, which begins with the log's first event, has the others go
before, and takes its memory with it when it ends. This one starts it, and does with what it says what is to be done:
it is told (a line of the log, a metric), and then put down (`shared.audit.runs`) for the pages and for `doctor`.
Nothing is mended by itself.
"""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from shared.audit.live import look
from shared.audit.runs import Run, record
from shared.audit.workers import declared
from shared.clock import utc_now
from shared.contracts.access import READINGS
from shared.contracts.catalogue import EVENTS
from shared.contracts.model import Service
from shared.delivery.channels import is_published
from shared.log.codec import Codec
from shared.log.database import open_engine
from shared.log.opening import open_log
from shared.log.store import Log
from shared.storage import Storage

FIRST_SECONDS: Final = 120.0
"""Before the first look: a process that starts has other things to do."""
RETRY_SECONDS: Final = 60.0
"""After a look that failed."""
POLITENESS: Final = 15
"""Of a look's process: whoever serves people goes before it."""
ALL_LOGS: Final = "*"
"""Named for the logs, where it is not even known which there are."""
_START: Final = "from shared.audit.checks import work; work()"
_ROOT: Final = Path(__file__).parents[2]

logger: Final = structlog.get_logger(__name__)


class Order(msgspec.Struct):
    """What a look's process is told, on its standard input: a database's address may hold a password."""

    log: str
    ledgers: str
    """The databases' addresses."""
    services: tuple[str, ...]
    """`module:attribute` of each declaration."""
    scored: dict[str, int]
    """Per log, up to where published scores need not be computed again."""


class Looked(msgspec.Struct):
    """What it says of one log, on a line of its standard output."""

    log: str
    runs: tuple[Run, ...]
    scored: int = -1
    failed: str | None = None
    """What ended it before its end."""


class Checks:
    """The looks of a process at what its services serve."""

    def __init__(self, storage: Storage, services: Sequence[Service], declared: Sequence[str]) -> None:
        """`declared` says where the services are declared, `module:attribute`; without it nothing is looked at."""
        settings = storage.settings
        self._storage, self._services = storage, [service.name for service in services]
        self._told = settings.log_url, settings.ledgers_url, tuple(declared)
        self.seconds = settings.check_minutes * 60 if declared else 0.0
        """Between two looks; 0 for never."""
        self.last: dict[tuple[str, str], Run] = {}
        """What is known of each log and service."""
        self._scored: dict[str, int] = {}
        """Per log, up to where published scores were computed again and found equal: that is not done twice."""
        self.compared_at: dict[tuple[str, str], datetime] = {}
        """When everything of it was last looked at."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="check")
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False

    async def run(self) -> None:
        """Look for ever."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min(FIRST_SECONDS, self.seconds))
        while True:
            begun = loop.time()
            well = await loop.run_in_executor(self._thread, self.look)
            pause = self.seconds if well else min(RETRY_SECONDS, self.seconds)
            await asyncio.sleep(max(1.0, pause - (loop.time() - begun)))

    def look(self) -> bool:
        """Look at every log that others may see, once; gives whether everything was looked at."""
        try:
            looked, failed = self._looked()
        except Exception as error:  # whatever it is, it is seen, and looking goes on when it is over
            looked, failed = (), type(error).__name__
        if self._stopping:
            return True
        self._scored |= {one.log: one.scored for one in looked if one.log != ALL_LOGS}
        seen = {(log.log, run.service): run for log in looked for run in log.runs}
        if failed is not None:
            unseen = ((log, service) for log in self._logs() for service in self._services)
            seen = {key: Run(key[1], utc_now(), -1, failed=failed) for key in unseen} | seen
        self.last = {key: run for key, run in self.last.items() if key[0] != ALL_LOGS}
        taken = [self._take(log, run) for (log, _), run in seen.items()]
        return all(taken)

    def _looked(self) -> tuple[Sequence[Looked], str | None]:
        """What a process says that looks now, and what kept it from coming to its end."""
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with subprocess.Popen(  # noqa: S603  # this interpreter and this module, nothing of anybody's
            [sys.executable, "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path}, start_new_session=True,  # Ctrl-C is this one's to answer
        ) as process:  # fmt: skip
            self._process = process
            if self._stopping:
                process.terminate()
            said, _ = process.communicate(msgspec.json.encode(Order(*self._told, self._scored)))
        looked = [msgspec.json.decode(line, type=Looked) for line in said.splitlines()]
        kind = next((one.failed for one in looked if one.failed is not None), None)
        return looked, kind or (f"exit code {process.returncode}" if process.returncode else None)

    def _logs(self) -> Iterable[str]:
        """Of which logs it must be said that they were not looked at."""
        try:
            return [*filter(is_published, self._storage.log.heads())]
        except SQLAlchemyError:
            return {log for log, _ in self.last} or {ALL_LOGS}

    def _take(self, log: str, run: Run) -> bool:
        """Tell of a run, then put it down; gives whether both could be done and everything was looked at."""
        before = self.last.get((log, run.service))
        run = run.after(before)
        self._tell(log, run, before)
        try:
            if log != ALL_LOGS:
                record(self._storage.log_engine, log, run)
        except Exception as error:  # it was told all the same
            logger.error("what was found is not put down", log=log, service=run.service, error=type(error).__name__)
            run = replace(run, failed=run.failed or f"not put down: {type(error).__name__}")
        self.last[log, run.service] = run
        if run.failed is None:
            self.compared_at[log, run.service] = run.at
        return run.failed is None

    def _tell(self, log: str, run: Run, before: Run | None) -> None:
        known = Run(run.service, run.at, -1) if before is None else before
        told = {"log": log, "service": run.service, "position": run.position}
        if run.differences and run.differences != known.differences:
            logger.error("what is served differs from its log", **told, differs=list(run.differences))
        elif run.ok and not known.ok:
            logger.info("what is served is as its log says again", **told)
        if run.failed is not None and run.failed != known.failed:
            logger.error("invariants not looked at", **told, error=run.failed)

    def close(self) -> None:
        """End a look that is under way, and the thread."""
        self._stopping = True
        if (process := self._process) is not None:
            process.terminate()
        self._thread.shutdown(wait=True, cancel_futures=True)


# a look's process -----------------------------------------------------------------------------------------------------


def work() -> None:
    """All of it: from its order to a line for each log."""
    os.nice(POLITENESS)
    gc.set_threshold(50_000, 20, 20)  # as every process of ours: folding makes many small things and no cycles
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    with os.fdopen(os.dup(1), "wb") as said:
        os.dup2(2, 1)  # what anything prints is no line of ours
        for looked in _look_at_all(order):
            said.write(msgspec.json.encode(looked) + b"\n")


def _look_at_all(order: Order) -> Iterator[Looked]:
    try:
        services = [declared(name) for name in order.services]
        log = open_log(open_engine(order.log), Codec((*EVENTS, *READINGS)), utc_now)
        ledgers = log.engine if order.ledgers == order.log else open_engine(order.ledgers, durable=False)
        for name in filter(is_published, log.heads()):
            yield _look_at(log, ledgers, services, name, order.scored.get(name, -1))
    except Exception as error:  # its kind alone, as a message may quote data
        yield Looked(ALL_LOGS, (), failed=type(error).__name__)


def _look_at(log: Log, ledgers: Engine, services: Sequence[Service], name: str, scored: int) -> Looked:
    try:
        runs, scored = look(log, ledgers, services, name, utc_now, scored)
    except Exception as error:  # the other logs are looked at all the same
        runs = [Run(service.name, utc_now(), -1, failed=type(error).__name__) for service in services]
    return Looked(name, tuple(runs), scored)
