"""The script that goes into a bundle, as it goes into it, to be called from tests: `services/assessment/rescoring/`.

Nothing of the product is imported by it, only the standard library; what its SQL is written from is `docs/rulebook.md`.
"""

import json
import sys
from collections.abc import Iterable, Mapping
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


def record_of(events: Iterable[Mapping[str, Any]]) -> Any:
    """A record of the script's, with these events in it."""
    record = RESCORE.Record()
    record.load(enumerate(events))
    return record
