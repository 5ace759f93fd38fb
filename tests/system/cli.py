"""The command line as people call it: `python -m services …` in a process of its own."""

import contextlib
import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import structlog

from services.__main__ import main

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

    def problem(self, code: str, exit: int = 2) -> dict[str, Any]:
        """The one object that says, with --json, why it was not done; gives it."""
        assert self.code == exit, self.err
        told = self.json
        assert (told["ok"], told["code"]) == (False, code)
        assert re.search("[\u4e00-\u9fff]", told["detail_zh"])
        assert told["detail_en"].isascii()
        assert told["detail_en"] in self.one_line_for_people()
        return told

    def one_line_for_people(self) -> str:
        """The single line that says what is wrong: no traceback, and nothing on stdout but what a program may read."""
        assert "Traceback" not in self.err
        assert self.out == "" or self.json["ok"] is False
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


def called(*words: object, env: Mapping[str, str] | None = None) -> Done:
    """The same within this process, which is quicker: for calls that start nothing."""
    out, err = io.StringIO(), io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", ["sanguan", *(str(word) for word in words)])
        for name in [name for name in os.environ if name.startswith("SANGUAN_")]:
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            logging.root.handlers[:] = handlers
            logging.root.setLevel(level)
            structlog.reset_defaults()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())
