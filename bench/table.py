"""The rows of the speed table: what was reached, against whom, and whether the target holds."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a row must reach; what is None is not asked of it."""

    of_peer: float | None = None
    """Times the peer's rate."""
    of_limit: float | None = None
    """Share of the limit's rate."""
    least: float | None = None
    """In the row's own unit."""
    most_ms: float | None = None
    """The 99th percentile, in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of bench.json."""

    name: str
    unit: str
    ours: float
    """The median of the rounds."""
    peer: float | None = None
    limit: float | None = None
    p99_ms: float | None = None
    target: Target
    note: str
    fails_below: float = 0.5
    """At less than this much of its target the bench fails: a speed varies with the machine, a share hardly does."""

    def reached(self) -> list[float]:
        """How much of each of its targets was reached; 1 is all of it."""
        wanted = self.target
        shares = []
        if wanted.of_peer is not None and self.peer:
            shares.append(self.ours / self.peer / wanted.of_peer)
        if wanted.of_limit is not None and self.limit:
            shares.append(self.ours / self.limit / wanted.of_limit)
        if wanted.least is not None:
            shares.append(self.ours / wanted.least)
        if wanted.most_ms is not None and self.p99_ms:
            shares.append(wanted.most_ms / self.p99_ms)
        return shares

    def line(self) -> dict[str, object]:
        """The row as it is written."""
        return {
            "name": self.name, "unit": self.unit, "ours": _rounded(self.ours), "peer": _rounded(self.peer),
            "limit": _rounded(self.limit), "ratio_to_peer": _ratio(self.ours, self.peer),
            "ratio_to_limit": _ratio(self.ours, self.limit), "p99_ms": _rounded(self.p99_ms),
            "target": {name: value for name, value in asdict(self.target).items() if value is not None},
            "reached": round(min(self.reached()), 3), "holds": min(self.reached()) >= 1, "note": self.note,
        }  # fmt: skip


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _ratio(ours: float, other: float | None) -> float | None:
    return round(ours / other, 3) if other else None


def write(path: Path, rows: Sequence[Row], circumstances: dict[str, object]) -> None:
    """bench.json."""
    document = {"rows": [row.line() for row in rows], "circumstances": circumstances}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def show(rows: Sequence[Row], console: Console) -> None:
    """The table for people."""
    table = Table("work", "ours", "peer", "× peer", "limit", "of limit", "p99 ms", "target", "reached")
    for row in rows:
        line = row.line()
        reached = min(row.reached())
        colour = "green" if reached >= 1 else "yellow" if reached >= 0.5 else "red"
        table.add_row(
            row.name, _number(row.ours, row.unit), _number(row.peer), _times(line["ratio_to_peer"]),
            _number(row.limit), _share(line["ratio_to_limit"]), "—" if row.p99_ms is None else f"{row.p99_ms:.1f}",
            ", ".join(f"{name} {value:g}" for name, value in asdict(row.target).items() if value is not None),
            f"[{colour}]{reached:.0%}[/]",
        )  # fmt: skip
    console.print(table)


def _number(value: float | None, unit: str = "") -> str:
    return "—" if value is None else f"{value:,.0f} {unit}".strip()


def _times(ratio: object) -> str:
    return "—" if ratio is None else f"{ratio:.2f}"


def _share(ratio: object) -> str:
    return "—" if ratio is None else f"{ratio:.1%}"
