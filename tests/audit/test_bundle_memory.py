"""A bundle is written and verified in flat memory: thirty times the events take no more. Everything is invented."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.audit.bundle.layout import SCRIPT
from tests.audit.bundles import installation

WRITE = """
import sys
from pathlib import Path
from services.intake.service import SERVICE
from shared.audit.bundle.writing import write_bundle
from shared.storage import Storage
from shared.settings import load

storage = Storage(load(Path(sys.argv[1])), [SERVICE])
write_bundle(storage, "410105010", 0, None, lambda first, last: (), Path(sys.argv[2]))
"""
VERIFY = """
import sys
from pathlib import Path
from shared.audit.bundle.checking import verify_bundle

assert verify_bundle(Path(sys.argv[1])).ok
"""
SCRIPTED = """
import sys
sys.path.insert(0, sys.argv[2])
import verify

verify.check(sys.argv[1], [], [], [])
"""
TOLD = """
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
MORE = 48
"""Mebibytes that the larger may take beyond the smaller: caches that fill up to their bound."""


def mebibytes(code: str, *words: object) -> int:
    """The most memory that a process of its own had."""
    done = subprocess.run(
        [sys.executable, "-c", code + TOLD, *map(str, words)], capture_output=True, text=True, check=True, timeout=280
    )
    return int(done.stdout.splitlines()[-1])


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="the most memory that a process had is told by Linux only")
def test_more_events_take_no_more_memory(tmp_path: Path) -> None:
    taken: dict[int, list[int]] = {}
    for size in (5_000, 150_000):
        data, out = tmp_path / f"data-{size}", tmp_path / f"{size}.zip"
        with installation(data, size, ()):
            pass
        taken[size] = [
            mebibytes(WRITE, data, out), mebibytes(VERIFY, out), mebibytes(SCRIPTED, out, SCRIPT.parent),
        ]  # fmt: skip
    for small, large in zip(*taken.values(), strict=True):
        assert large < small + MORE, taken
