"""`sanguan demo`, run once for all suites, with a stranger at its stream while it runs."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.delivery.embedded import running_url
from tests.system.cli import ROOT, SANGUAN, SECONDS, Done, environment
from tests.system.server import wait_for

WANTED = 40
"""Case events that the stranger reads."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that has ended."""

    data: Path
    done: Done
    stranger: Done
    """`docs/read_case_events.py`, started as soon as there was a stream and ended while the demo ran."""
    stranger_was_first: bool

    @classmethod
    def run(cls, data: Path) -> "Demo":
        """Run it, and the stranger beside it."""
        environ = environment()
        demo = subprocess.Popen(
            [*SANGUAN, "demo", "--data", str(data), "--json"], cwd=ROOT, env=environ, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            wait_for(lambda: running_url(data) is not None, "the demo's stream")
            script = [sys.executable, "docs/read_case_events.py", str(running_url(data)), str(WANTED)]
            read = subprocess.run(
                script, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
            )
            first = demo.poll() is None
            out, err = demo.communicate(timeout=SECONDS)
        finally:
            if demo.poll() is None:
                demo.kill()
                demo.communicate()
        return cls(data, Done(demo.returncode, out, err), Done(read.returncode, read.stdout, read.stderr), first)

    def copy(self, to: Path) -> Path:
        """All that it kept, in another place."""
        assert self.done.code == 0, self.done.err
        shutil.copytree(self.data, to)
        return to
