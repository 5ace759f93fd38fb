"""`python -m bench`: measures our rows of the speed table beside the peer and the limit, and writes bench.json.

Every round measures all in turn, so that what else the machine does hits all alike; the medians are reported. The exit
code is 0 when at least half of every target is reached, 1 otherwise.
"""

import argparse
import asyncio
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench import append, bundle, following, replay, sealing, web
from bench.databases import postgres, schema, scratch, settings_of, settle
from bench.limits import copying
from bench.peer import Peer, peer
from bench.season import EVENTS_PER_CASE, season
from bench.several import PROCESSES, several
from bench.table import Row, Target, show, write
from bench.timing import Timed, median_p99_ms, median_rate
from bench.work import LOG, SERVICES, Counter, case_ids, found, reports, rounds_of, storage
from bench.work import append as append_proposals
from shared.contracts.codes import Role
from shared.runtime import Node
from shared.storage import Storage

IN_FLIGHT = 200
CONNECTIONS = 64
WRITERS = 8
TEXT_LENGTH = 510
"""Of the peer's events, and of the limit's rows: as long as our canonical bytes."""
CASES = 1_000
"""Handlings that the visits go to."""


@dataclass(slots=True)
class Results:
    """All rounds of all measurements by name."""

    rounds: dict[str, list[Timed]] = field(default_factory=lambda: defaultdict(list))

    def rate(self, name: str) -> float:
        return median_rate(self.rounds[name])

    def p99_ms(self, name: str) -> float:
        return median_p99_ms(self.rounds[name])


@dataclass(frozen=True, slots=True)
class Run:
    """What the measurements share."""

    seconds: float
    rounds: int
    events: int
    directory: Path
    server: str
    runner: asyncio.Runner
    progress: Progress
    results: Results = field(default_factory=Results)

    def measure(self, measurements: dict[str, Callable[[], Timed]], rounds: int | None = None) -> None:
        """Take all measurements in turn, as many rounds as asked for."""
        count = rounds or self.rounds
        task = self.progress.add_task("", total=count * len(measurements))
        for number in range(count):
            for name, measurement in measurements.items():
                self.progress.update(task, description=f"{name} ({number + 1}/{count})")
                settle(self.server)
                self.results.rounds[name].append(measurement())
                self.progress.advance(task)
        self.progress.update(task, description=f"done: {', '.join(measurements)}"[:90])

    def wait(self, work: Any) -> Timed:
        """Run a coroutine in the run's loop."""
        timed: Timed = self.runner.run(work)
        return timed


@contextmanager
def prepared(run: Run, database_url: str | None) -> Iterator[tuple[Storage, Node, Counter]]:
    """A desk on a log with communities, officers and open handlings, its ledgers caught up."""
    with storage(database_url, run.directory) as made:
        found(made.log, case_ids(2 * CASES + 1))
        node = Node(made, SERVICES, record=False, redis_url=None)
        for follower in node.followers.values():
            follower.runner.catch_up(LOG)
        yield made, node, Counter(node)
        run.runner.run(node.appender.close())


def appending(run: Run, other: Peer) -> None:
    """Rows 1 to 3: PostgreSQL."""
    cases = case_ids(2 * CASES)
    lanes = [rounds_of(cases[n * 5 : n * 5 + 5]) for n in range(IN_FLIGHT)]
    groups = [",".join(cases[CASES + n * 5 : CASES + n * 5 + 5]) for n in range(IN_FLIGHT)]
    share, writers = IN_FLIGHT // PROCESSES, str(WRITERS // PROCESSES)
    parts = [groups[n * share : n * share + share] for n in range(PROCESSES)]
    with ExitStack() as stack:
        url = stack.enter_context(schema(run.server, "ours"))
        made, node, counter = stack.enter_context(prepared(run, url))
        copy = stack.enter_context(copying(url, TEXT_LENGTH))
        directory = str(made.settings.data_dir)
        desks = stack.enter_context(several(*(["desk", url, directory, *part] for part in parts)))
        peers = stack.enter_context(several(*[["peer", run.server, str(TEXT_LENGTH), writers]] * PROCESSES))
        one = rounds_of(case_ids(2 * CASES + 1)[-1:])
        # States and facts come to memory, as in a running node; only now, as nobody's memory follows another's ledgers.
        desks.work(1.0)
        run.wait(append.commands(counter, lanes, 1.0))
        run.measure(
            {
                "peer 1": lambda: other.write(1, run.seconds),
                "append 1": lambda: run.wait(append.commands(counter, [one], run.seconds)),
                "peer 8": lambda: other.write(WRITERS, run.seconds),
                "peer 2×4": lambda: peers.work(run.seconds),
                "append 2×100": lambda: desks.work(run.seconds),
                "append 200": lambda: run.wait(append.commands(counter, lanes, run.seconds)),
                "copy in": lambda: copy.into(run.seconds),
                "ready 200": lambda: run.wait(append.ready(node.appender, IN_FLIGHT, run.seconds)),
                "report 200": lambda: run.wait(
                    append.commands(counter, [reports() for _ in range(IN_FLIGHT)], run.seconds)
                ),
            }
        )


def sealing_share(run: Run) -> None:
    """Sealing's share of append: two installations, one of which seals nothing."""
    cases = case_ids(CASES)
    with ExitStack() as stack:
        measurements: dict[str, Callable[[], Timed]] = {}
        for how in ("sealed", "ready"):
            url = stack.enter_context(schema(run.server, how))
            _, node, counter = stack.enter_context(prepared(run, url))
            if how == "ready":
                sealing.seal_nothing(node)
            lanes = [rounds_of(cases[n * 5 : n * 5 + 5]) for n in range(IN_FLIGHT)]
            run.wait(append.commands(counter, lanes, 1.0))  # states and facts come to memory
            measurements[f"visits {how}"] = lambda counter=counter, lanes=lanes: run.wait(  # type: ignore[misc]  # bound per turn
                append.commands(counter, lanes, run.seconds)
            )
            measurements[f"reports {how}"] = lambda counter=counter: run.wait(  # type: ignore[misc]  # as above
                append.commands(counter, [reports() for _ in range(IN_FLIGHT)], run.seconds)
            )
        run.measure({name: measurements[name] for name in sorted(measurements, reverse=True)})


_A_SHARE: Final = 0.95
"""A share is measured side by side: what is missing is missing, but for a little noise."""


def sealing_rows(results: Results) -> list[Row]:
    """Of the issue on privacy: sealing takes at most so much of an append, and nothing of a replay."""

    def share(what: str) -> str:
        return f"{max(0.0, 1 - results.rate(f'{what} sealed') / results.rate(f'{what} ready')):.0%} of its time"

    note = "limit: the same commands with boxes that lay ready, no key made, wrapped, looked up or stored"
    return [
        Row(
            name="append, sealing's share", unit="commands/s", ours=results.rate("visits sealed"),
            limit=results.rate("visits ready"), target=Target(of_limit=1 - sealing.SHARE), fails_below=_A_SHARE,
            note=f"{share('visits')}: plan-visit and complete-visit (diary sealed) in turn, 200 in flight; {note}",
        ),
        Row(
            name="append of report-case, sealing's share", unit="commands/s", ours=results.rate("reports sealed"),
            limit=results.rate("reports ready"), target=Target(of_limit=1 - sealing.SHARE), fails_below=_A_SHARE,
            note=f"{share('reports')}: seven values under three new keys, 200 in flight; {note}",
        ),
        Row(
            name="replay, sealing's share", unit="events/s", ours=results.rate("replay with keys"),
            limit=results.rate("replay without keys"), target=Target(of_limit=0.9), fails_below=_A_SHARE,
            note="the same replay; limit: with the vault's tables taken away, so that whoever looks at a key fails",
        ),
    ]  # fmt: skip


def appending_to_sqlite(run: Run) -> None:
    """Row 8: one SQLite file with synchronous=FULL."""
    cases = case_ids(CASES)
    lanes = [rounds_of(cases[n * 5 : n * 5 + 5]) for n in range(IN_FLIGHT)]
    with prepared(run, None) as (_, _, counter):
        run.wait(append.commands(counter, lanes, run.seconds))
        run.measure({"sqlite 200": lambda: run.wait(append.commands(counter, lanes, run.seconds))})


def replaying(run: Run, other: Peer) -> None:
    """Rows 4 and 6."""
    with schema(run.server, "season") as url, storage(url, run.directory) as made:
        found(made.log, [])
        cases = run.events // EVENTS_PER_CASE
        filling = run.progress.add_task("a season is written", total=run.events)
        proposals = list(season(cases))
        append_proposals(made.log, proposals, lambda done: run.progress.update(filling, completed=done))
        del proposals
        run.progress.update(filling, completed=run.events)
        peer_events = min(run.events, 100_000)
        other.fill(peer_events)
        auditing = several(("audit", url, str(made.settings.data_dir)))
        with copying(url, TEXT_LENGTH) as copy, auditing as audit:
            run.measure(
                {
                    "peer read": lambda: other.read(peer_events),
                    "copy out": lambda: copy.out_of("events", made.log.size(LOG)),
                    "copy raw": lambda: copy.out_raw("events", made.log.size(LOG)),
                    "replay": lambda: audit.work(0),
                    "replay by two": lambda: replay.by_several(made, PROCESSES),
                }
            )
        replaying_without_keys(run, made)
        bundling(run, made)
        run.measure({"catch-up": lambda: replay.into_ledgers(made)}, rounds=1)


def bundling(run: Run, made: Storage) -> None:
    """A bundle of the season, and proofs of it."""
    path, events = bundle.written(made, run.directory), made.log.size(LOG)
    run.measure(
        {
            bundle.READ: lambda: bundle.read_and_hashed(path, events),
            bundle.VERIFIED: lambda: bundle.verified(path, events),
            bundle.PROVED: lambda: bundle.proved(made),
        }
    )


def only_bundle(run: Run) -> None:
    """The rows of bundle and proofs alone."""
    with schema(run.server, "season") as url, storage(url, run.directory) as made:
        found(made.log, [])
        append_proposals(made.log, list(season(run.events // EVENTS_PER_CASE)))
        bundling(run, made)


def replaying_without_keys(run: Run, made: Storage) -> None:
    """Sealing's share of replay."""
    run.measure(
        {
            "replay with keys": lambda: replay.in_memory(made),
            "replay without keys": lambda: sealing.replay_without_keys(made),
        }
    )


def only_sealing(run: Run) -> None:
    """The rows of sealing's share alone."""
    sealing_share(run)
    with schema(run.server, "season") as url, storage(url, run.directory) as made:
        found(made.log, [])
        append_proposals(made.log, list(season(run.events // EVENTS_PER_CASE)))
        replaying_without_keys(run, made)


def over_http(run: Run) -> None:
    """Row 5."""
    cases = case_ids(CASES)
    lanes = [rounds_of(cases[n * 15 : n * 15 + 15]) for n in range(CONNECTIONS)]
    with ExitStack() as stack:
        url = stack.enter_context(schema(run.server, "http"))
        made, _, _ = stack.enter_context(prepared(run, url))
        token = made.tokens.mint(Role.OFFICE, LOG, subject="clerk-1", valid=timedelta(hours=1))
        data_dir = made.settings.data_dir
        ours = stack.enter_context(web.serving("commands", url, data_dir))
        limit = stack.enter_context(web.serving("validate", url, data_dir))
        run.wait(web.load(ours, token, lanes, 201, run.seconds))
        run.measure(
            {
                "http": lambda: run.wait(web.load(ours, token, lanes, 201, run.seconds)),
                "http limit": lambda: run.wait(
                    web.load(limit, token, [rounds_of(cases[:1]) for _ in range(CONNECTIONS)], 200, run.seconds)
                ),
            }
        )


def visible(run: Run) -> None:
    """Row 7."""
    cases = case_ids(CASES * run.rounds)
    fresh = iter([cases[n * CASES : (n + 1) * CASES] for n in range(run.rounds)])
    with schema(run.server, "visible") as url:
        with storage(url, run.directory) as made:
            found(made.log, cases)
            settings = made.settings
        run.measure({"visible": lambda: run.wait(following.visible(settings, next(fresh), run.seconds * 2))})


def rows(results: Results, run: Run) -> list[Row]:
    """The table, from the medians."""
    best = max(results.rate(name) for name in ("peer 1", "peer 8", "peer 2×4"))
    path = "gate → facts → decide → seal → append, plan-visit and complete-visit (diary sealed) in turn"
    differs = (
        f"the peer's best of 1 and {WRITERS} writers, the latter in one process or in {PROCESSES}; the concurrency "
        "differs, as it has no group commit"
    )
    return [
        Row(
            name="append, 1 in flight", unit="commands/s", ours=results.rate("append 1"), peer=results.rate("peer 1"),
            p99_ms=results.p99_ms("append 1"), target=Target(of_peer=2), note=f"{path}; peer: 1 writer",
        ),
        Row(
            name="append, 200 in flight", unit="commands/s", ours=results.rate("append 2×100"), peer=best,
            limit=results.rate("copy in"), p99_ms=results.p99_ms("append 2×100"),
            target=Target(of_peer=25, of_limit=0.35, most_ms=15),
            note=f"{path}; by {PROCESSES} processes of the service on one log, half in flight each (by one process: "
            f"{results.rate('append 200'):,.0f}/s, p99 {results.p99_ms('append 200'):.0f} ms); {differs}; limit: "
            "binary COPY, 1,000 rows per commit, into the same columns and indexes",
        ),
        Row(
            name="append of decided proposals, 200 in flight", unit="events/s", ours=results.rate("ready 200"),
            limit=results.rate("copy in"), p99_ms=results.p99_ms("ready 200"), target=Target(of_limit=0.45),
            note="envelope, canonical bytes and leaf are part of it: recorded_at is known in the batch only",
        ),
        Row(
            name="append of report-case, 200 in flight", unit="commands/s", ours=results.rate("report 200"), peer=best,
            p99_ms=results.p99_ms("report 200"), target=Target(of_peer=5),
            note="the heaviest command: seven values sealed under three new keys; the target is ours, not the table's",
        ),
        Row(
            name="replay", unit="events/s", ours=results.rate("replay"), peer=results.rate("peer read"),
            limit=results.rate("copy out"), target=Target(of_peer=4, of_limit=0.35),
            note=f"{run.events:,} events read, decoded, folded into all ledgers; peer: subscription, decoded, no fold; "
            f"limit: COPY out as rows (as raw blocks: {results.rate('copy raw'):,.0f}/s)",
        ),
        Row(
            name="replay by two processes", unit="events/s", ours=results.rate("replay by two"),
            limit=results.rate("replay"), target=Target(of_limit=1.7),
            note="the same ledgers, each process some of the aggregates; limit: one process, so 1.7 times that",
        ),
        Row(
            name="HTTP command, 64 connections", unit="requests/s", ours=results.rate("http"),
            limit=results.rate("http limit"), p99_ms=results.p99_ms("http"), target=Target(of_limit=0.65),
            note="assignment's process with its ledgers following; limit: a route that validates the same body",
        ),
        Row(
            name="catch-up from the log into all ledgers", unit="events/s", ours=results.rate("catch-up"),
            target=Target(least=50_000), note="all three services, one after the other, rows committed",
        ),
        Row(
            name="reply → row visible, 500 commands/s", unit="commands/s", ours=results.rate("visible"),
            p99_ms=results.p99_ms("visible"), target=Target(most_ms=50),
            note="the whole node with embedded Valkey: from the reply until the service's ledgers hold the position",
        ),
        Row(
            name="SQLite, 200 in flight", unit="commands/s", ours=results.rate("sqlite 200"), peer=best,
            p99_ms=results.p99_ms("sqlite 200"), target=Target(of_peer=12), note=f"{path}; synchronous=FULL; {differs}",
        ),
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: to see that it works")
    parser.add_argument("--sealing", action="store_true", help="the rows of sealing's share alone")
    parser.add_argument("--bundle", action="store_true", help="the rows of bundle and proofs alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement")
    parser.add_argument("--events", type=int, default=200_000, help="of the replay; 1000000 is the full size")
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    given = parser.parse_args()
    if given.quick:
        given.rounds, given.seconds, given.events = 1, 1.0, min(given.events, 20_000)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    before = os.getloadavg()
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(*columns, console=console))
        directory = stack.enter_context(scratch())
        server = stack.enter_context(postgres(directory))
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        run = Run(given.seconds, given.rounds, given.events, directory, server, runner, progress)
        if given.sealing:
            only_sealing(run)
        elif given.bundle:
            only_bundle(run)
        else:
            other = stack.enter_context(peer(server, TEXT_LENGTH))
            appending(run, other)
            sealing_share(run)
            appending_to_sqlite(run)
            over_http(run)
            visible(run)
            replaying(run, other)
        circumstances: dict[str, object] = {
            "rounds": given.rounds, "seconds": given.seconds, "events": given.events,
            "python": platform.python_version(),
            "processors": os.cpu_count(), "load_before": before, "load_after": os.getloadavg(),
            "postgresql": settings_of(server),
        }  # fmt: skip
        measured = [
            *([] if given.sealing or given.bundle else rows(run.results, run)),
            *([] if given.bundle else sealing_rows(run.results)),
            *([] if given.sealing else bundle.rows(run.results, given.events)),
        ]
    write(given.out, measured, circumstances)
    show(measured, Console(width=160))
    enough = all(share >= row.fails_below for row in measured for share in row.reached())
    console.print(f"load {before[0]:.1f} before, {os.getloadavg()[0]:.1f} after; written to {given.out}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
