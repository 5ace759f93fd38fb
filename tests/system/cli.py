"""The command line as people call it: `python -m services …` in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
WORKBOOK: Final = ROOT / "tests" / "fixtures" / "ledger-2015-06.xlsx"
TRUTH: Final = ROOT / "tests" / "fixtures" / "ledger-2015-06.truth.json"
SECONDS: Final = 120
"""What no call may take."""
SANGUAN: Final = (sys.executable, "-m", "services")


@dataclass(frozen=True, slots=True)
class Done:
    """A call that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def one_line_for_people(self) -> str:
        """The single line that says what is wrong: no traceback, nothing on stdout."""
        assert "Traceback" not in self.err
        assert self.out == ""
        (line,) = [line for line in self.err.splitlines() if line and not line.startswith("{")]
        return line


def environment(**more: str) -> dict[str, str]:
    """The environment of a call: nothing of the tester's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SANGUAN_")}
    return kept | more


def sanguan(*words: object, env: Mapping[str, str] | None = None, prefix: Sequence[str] = ()) -> Done:
    """Call it and wait for its end."""
    said = subprocess.run(
        [*prefix, *SANGUAN, *(str(word) for word in words)], cwd=ROOT, env=env or environment(), capture_output=True,
        text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Done(said.returncode, said.stdout, said.stderr)
