"""Work by processes of its own: a service may run as several, so may the peer's application; an audit is always one.

`python -m bench.several desk|peer|audit …` is one of them. It says "ready", then works for as many seconds as each line
of its input says, and answers with a line of JSON.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import structlog
import uvloop

from bench import append, replay
from bench.peer import Peer
from bench.timing import Timed
from bench.work import LOG, SERVICES, Counter, rounds_of
from shared.runtime import Node
from shared.settings import load
from shared.storage import Storage

PROCESSES = 2


class Several:
    """Processes at work, each on its own part."""

    def __init__(self, processes: Sequence["subprocess.Popen[str]"]) -> None:
        self._processes = processes

    def work(self, seconds: float) -> Timed:
        """All at once, for so long."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
        done = [json.loads(_line(process)) for process in self._processes]
        latencies = [latency for one in done for latency in one["latencies"]]
        return Timed(sum(one["count"] for one in done), max(one["seconds"] for one in done), latencies)


@contextlib.contextmanager
def several(*each: Sequence[str]) -> Iterator[Several]:
    """A process for each list of arguments, stopped afterwards."""
    with ExitStack() as stack:
        processes = []
        for arguments in each:
            command = [sys.executable, "-m", "bench.several", *arguments]
            process = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            stack.callback(process.terminate)
            # One after the other: the peers would trip over each other as they make their tables.
            assert _line(process) == "ready\n", "that is what each says first"
            processes.append(process)
        yield Several(processes)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"bench.several ended with exit code {process.wait()}")
    return line


def _serve(work: Callable[[float], Timed]) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        timed = work(float(line))
        told = {"count": timed.count, "seconds": timed.seconds, "latencies": timed.latencies}
        print(json.dumps(told), flush=True)


def _desk(database_url: str, directory: str, *cases: str) -> None:
    """A desk, and as many lanes in flight as there are groups of cases (each written with commas between)."""
    storage = Storage(load(Path(directory), database_url=database_url), SERVICES)
    node = Node(storage, SERVICES, record=False, redis_url=None)
    for follower in node.followers.values():
        follower.runner.catch_up(LOG)
    counter, lanes = Counter(node), [rounds_of(group.split(",")) for group in cases]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        _serve(lambda seconds: runner.run(append.commands(counter, lanes, seconds)))


def _peer(database_url: str, text_length: str, writers: str) -> None:
    made = Peer(database_url, int(text_length))
    _serve(lambda seconds: made.write(int(writers), seconds))


def _audit(database_url: str, directory: str) -> None:
    """Replays the whole log, however long that takes."""
    storage = Storage(load(Path(directory), database_url=database_url), SERVICES)
    _serve(lambda _: replay.in_memory(storage))


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    what, *given = sys.argv[1:]
    kinds: dict[str, Callable[..., None]] = {"desk": _desk, "peer": _peer, "audit": _audit}
    kinds[what](*given)
