"""Rulebooks as files 考核办法文件. A default one ships with the product."""

from functools import cache
from pathlib import Path
from typing import Final

from services.assessment.rules.documents import Form, load
from services.assessment.rules.rulebook import faults
from shared.contracts.assessment import Rulebook

BUILT_IN: Final = Path(__file__).parents[1] / "rulebooks" / "default.yaml"
"""The product's proposal: the plan leaves weights and denominators to an outside document."""

FORM: Final = Form(
    Rulebook,
    faults,
    {"code": "-", "title_zh": "-", "title_en": "-", "grace_days": 0, "ranks": "nobody", "indicators": []},
)


def load_rulebook(path: Path = BUILT_IN) -> Rulebook:
    """The rulebook in a YAML file; raises `DocumentFault` (of each mistake its line, field and reason)."""
    return _shipped(path) if path == BUILT_IN else load(path, FORM)


@cache
def _shipped(path: Path) -> Rulebook:
    """What ships with the product is read once: it takes a third of a second."""
    return load(path, FORM)
