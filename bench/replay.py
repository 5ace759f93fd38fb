"""Replay: read, decode and fold a season into all ledgers, in memory and into the database."""

import time

from bench.season import ledgers_of
from bench.timing import Timed, timed
from bench.work import LOG, SERVICES
from shared.audit.workers import Several, Workers
from shared.clock import utc_now
from shared.ledger.replay import Replay
from shared.ledger.runner import Runner
from shared.storage import Storage


def in_memory(storage: Storage) -> Timed:
    """All ledgers' folds over the whole log, as an audit does it, in one process."""

    def replay() -> int:
        made = Replay(storage.log, LOG, ledgers_of(SERVICES)).to()
        troubles = [name for name, folded in made.ledgers.items() if folded.parked or folded.halt]
        assert not troubles, f"the season folds into every ledger, but {troubles}"
        return made.position + 1

    return timed(replay)


def by_several(storage: Storage, count: int) -> Timed:
    """The same by several processes, which are ready before the clock runs."""
    declared = tuple(f"services.{service.name}.service:SERVICE" for service in SERVICES)
    size = storage.log.size(LOG)
    with Workers(
        Several(count, declared), storage.settings.log_url, storage.log, LOG, ledgers_of(SERVICES)
    ) as workers:  # fmt: skip
        workers.to(-1)  # nothing, by which they say that they are there

        def replay() -> int:
            workers.to(size - 1)
            return workers.events

        return timed(replay)


def into_ledgers(storage: Storage) -> Timed:
    """Empty ledgers catch up with the log: rows and checkpoints committed. One service after the other."""
    runners = [Runner(service, storage.log, storage.ledgers_engine, utc_now) for service in SERVICES]
    start = time.perf_counter()
    reached = {runner.catch_up(LOG) for runner in runners}
    took = time.perf_counter() - start
    assert reached == {storage.log.size(LOG) - 1}, "every service reaches the log's end"
    return Timed(storage.log.size(LOG), took)
