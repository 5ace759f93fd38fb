"""The threat model names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODEL = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
THERE = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}


def test_every_named_test_exists() -> None:
    named = set(re.findall(r"`((?:tests/)?[\w/]*test_\w+\.py)", MODEL))
    assert len(named) > 15
    for one in named:
        assert any(path == one or path.endswith(f"/{one}") for path in THERE), one
    for folder in set(re.findall(r"`(tests/[\w/]+/)`", MODEL)):
        assert (ROOT / folder).is_dir(), folder


def test_every_threat_has_a_defence_and_a_test() -> None:
    rows = [line.split("|")[1:-1] for line in MODEL.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert all(cell.strip() for row in rows for cell in row)
    assert all("test" in row[3] for row in rows)
