"""The auditor's guide holds: every command that it shows is run, in its order, in one shell, on the demo's data."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.system.cli import ROOT, SECONDS, environment
from tests.system.demo import Demo

GUIDES: Final = ("guide-audit.md", "guide-audit.zh.md")
MADE: Final = "sanguan demo --data office\n"
"""What the guide begins with. The suite has run it once for all (`tests.system.demo`)."""
PORTS: Final = ("8000", "8090")
NAMES: Final = (
    "practice",
    "key",
    "checkpoint",
    "bundle",
    "verify",
    "rescore",
    "score",
    "fails",
    "later",
    "witness",
    "witnessed",
    "held",
    "printed",
    "checked",
)
"""What its blocks are about."""


def blocks(name: str) -> list[str]:
    """The guide's blocks of commands."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / name).read_text(encoding="utf-8"), re.DOTALL)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def tools(directory: Path) -> Path:
    """`sanguan` and `python3`, as the guide calls them. The latter knows nothing of ours: its library is Python's."""
    directory.mkdir()
    (directory / "python3").symlink_to(sys.executable)
    sanguan = directory / "sanguan"
    sanguan.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m services "$@"\n')
    sanguan.chmod(0o755)
    return directory


def shell() -> str:
    """The whole guide as one script; what it started ends with it."""
    first, *others = (f"echo '=== {number}'\n{block}" for number, block in enumerate(blocks(GUIDES[0])))
    assert MADE in first
    text = "\n".join(
        ("set -eu -o pipefail", "trap 'kill $(jobs -p); wait' EXIT", first.replace(MADE, ""), *others, "echo '=== end'")
    )
    for port in PORTS:
        text = text.replace(port, free_port())
    return text


@pytest.fixture(scope="module")
def told(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each block printed, by what it is about."""
    home = tmp_path_factory.mktemp("guide")
    demo.copy(home / "office")
    env = environment(PATH=f"{tools(home / 'bin')}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(
        ["bash", "-c", shell()], cwd=home, env=env, capture_output=True, text=True, timeout=3 * SECONDS,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.split(r"^=== \w+\n", done.stdout, flags=re.MULTILINE)[1:]
    return dict(zip(NAMES, found, strict=False))


@pytest.mark.long  # half a minute of servers, bundles and scripts; that both languages agree is seen on each push
@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide's commands ask over HTTP with curl")
def test_every_command_of_the_guide_does_what_it_says(told: dict[str, str]) -> None:
    assert told["key"].startswith("sanguan/410105010+")
    assert told["checkpoint"].startswith("sanguan/410105010\n")
    assert "the signed root over" in told["verify"]
    assert re.search(r"[1-9]\d* scores recomputed from \d+ events, all as they were published", told["rescore"])
    assert "exit code 1" in told["fails"]
    assert "Event 999 is missing or was altered" in told["fails"]
    assert "computed again to the same" in told["score"]
    assert "inclusion and consistency hold" in told["score"]
    assert told["later"].count("as they were published") == 1
    assert "— court.example/w1 " in told["witnessed"]
    assert "the signed root over" in told["held"]
    assert told["printed"].splitlines()[0].startswith('"sanguan","ledger=intake.cases"')
    assert told["printed"].splitlines()[-1] == "1"
    assert "court.example/w1 vouches for the first" in told["held"]
    assert told["checked"].startswith("It agrees")


def test_both_languages_show_the_same_commands() -> None:
    first, second = (blocks(name) for name in GUIDES)
    assert first == second
    assert len(first) == len(NAMES)


@pytest.mark.parametrize("name", GUIDES)
def test_every_heading_has_its_counterpart(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert re.findall(r"^## (\d)\. ", text, re.MULTILINE) == [str(number) for number in range(10)]
    assert "/record/check" in text
    assert "/audit" in text
