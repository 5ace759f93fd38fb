"""Bundles and proofs: the product's verification of a bundle beside reading and hashing its files, and a proof at any
size of the log."""

import random
import time
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from bench.table import Row, Target
from bench.timing import Timed, percentile, timed
from bench.work import LOG
from shared.audit.bundle.checking import verify_bundle
from shared.audit.bundle.writing import write_bundle
from shared.log import sealer
from shared.storage import Storage

VERIFIED: Final = "bundle verified"
READ: Final = "bundle read and hashed"
PROVED: Final = "proofs"
PROOFS: Final = 200
"""Of each kind in a round."""
MOST_TIMES: Final = 3
"""As long as reading and hashing."""
MOST_MS: Final = 5
_PIECE: Final = 1 << 20


def written(storage: Storage, directory: Path) -> Path:
    """The bundle of the whole log."""
    out = directory / "season.zip"
    write_bundle(storage, LOG, 0, None, lambda first, last: (), out)
    return out


def verified(bundle: Path, events: int) -> Timed:
    """Everything that `sanguan audit verify BUNDLE` verifies."""

    def work() -> int:
        found = verify_bundle(bundle)
        assert found.ok, found.bad
        return events

    return timed(work)


def read_and_hashed(bundle: Path, events: int) -> Timed:
    """Every file of it unpacked piece by piece, and its SHA-256: what no verifier can do without."""

    def work() -> int:
        with zipfile.ZipFile(bundle) as archive:
            for name in archive.namelist():
                digest = sha256()
                with archive.open(name) as file:
                    while piece := file.read(_PIECE):
                        digest.update(piece)
        return events

    return timed(work)


def proved(storage: Storage) -> Timed:
    """Proofs of random positions at random sizes, each asked of the database as an address does. As the rate of the
    middle one."""
    draw, size = random.Random(9162), storage.log.size(LOG)
    latencies: list[float] = []
    for _ in range(PROOFS):
        at = draw.randrange(2, size + 1)
        for prove in (sealer.inclusion, sealer.consistency):
            start = time.perf_counter()
            prove(storage.log_engine, LOG, draw.randrange(1, at), at)
            latencies.append(time.perf_counter() - start)
    return Timed(1, percentile(latencies, 50), latencies)


class Rates(Protocol):
    """The medians of a run."""

    def rate(self, name: str) -> float: ...
    def p99_ms(self, name: str) -> float: ...


def rows(rate: Rates, events: int) -> list[Row]:
    """The rows of the table."""
    times = rate.rate(READ) / rate.rate(VERIFIED)
    return [
        Row(
            name="verification of a bundle", unit="events/s", ours=rate.rate(VERIFIED), limit=rate.rate(READ),
            target=Target(of_limit=1 / MOST_TIMES),
            note=f"{events:,} events, all that `sanguan audit verify BUNDLE` verifies: {times:.1f} times as long as "
            f"the limit, which unpacks and hashes the same files; at most {MOST_TIMES} are asked for",
        ),
        Row(
            name="a proof at any size", unit="proofs/s", ours=rate.rate(PROVED), p99_ms=rate.p99_ms(PROVED),
            target=Target(least=1e3 / MOST_MS),
            note=f"inclusion and consistency at random sizes of {events:,} events, from stored tiles: the middle one "
            f"takes {1e3 / rate.rate(PROVED):.2f} ms, at most {MOST_MS} are asked for",
        ),
    ]  # fmt: skip
