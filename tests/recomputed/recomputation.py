"""The script that goes into a bundle, as it goes into it, to be called from tests: `services/assessment/rescoring/`.

Nothing of the product is imported by it, only the standard library; what its SQL is written from is `docs/rulebook.md`.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any

from services.assessment.rescoring.script import NAME, script


def loaded() -> ModuleType:
    """The script as a module of its own."""
    module = ModuleType("rescore")
    sys.modules["rescore"] = module  # its dataclasses look there for their annotations
    exec(compile(script(), NAME, "exec"), module.__dict__)
    return module


RESCORE: Any = loaded()
"""Its names are looked up when they are used: it is text that was put together."""


class Documents:
    """The plans and rulebooks of a record, each in its last version, as their events carry them."""

    def __init__(self, events: Iterable[Mapping[str, Any]]) -> None:
        self.plans: dict[str, Mapping[str, Any]] = {}
        self.rulebooks: dict[str, Mapping[str, Any]] = {}
        for event in events:
            if event["type"].startswith("sanguan.assessment.plan-"):
                self.plans[event["data"]["plan"]["code"]] = event["data"]["plan"]
            elif event["type"].startswith("sanguan.assessment.rulebook-"):
                self.rulebooks[event["data"]["rulebook"]["code"]] = event["data"]["rulebook"]


def read(events: Iterable[bytes]) -> list[Mapping[str, Any]]:
    """Events, as their bytes say them."""
    return [json.loads(one) for one in events]


def rows_of(record: Any, table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table of evidence, as a record of the script's made them last."""
    rows = record._db.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in rows.description]
    return (dict(zip(names, row, strict=True)) for row in rows)


def members_of(record: Any) -> dict[tuple[str, str, str], dict[str, str]]:
    """The denominators' members of what was asked last, by period, institution and indicator: `counted`, why it is left
    out, or nothing where it was missed."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    rows = record._db.execute(
        "SELECT period, subject, code, member, coalesce(reason, iif(met, 'counted', '')) FROM sorted"
        " WHERE population AND NOT waits"
    )
    for period, subject, code, member, standing in rows:
        found.setdefault((period, subject, code), {})[member] = standing
    return found


def working_days(record: Any, known_on: str, first: str) -> dict[str, bool]:
    """Which days from `first` on are worked, as it was known on a day."""
    record._put("asked", [(known_on, first, first, None, 0, '{"terms": []}')])
    record._run("calendar")
    return {day: bool(works) for day, works in record._db.execute("SELECT day, works FROM calendar")}


def record_of(events: Iterable[Mapping[str, Any]]) -> Any:
    """A record of the script's, with these events in it."""
    record = RESCORE.Record()
    record.load(enumerate(events))
    return record
