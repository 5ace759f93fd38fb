"""Plans as files 方案文件. The seed's plan ships with the product."""

from pathlib import Path
from typing import Final

from services.assessment.documents import load
from shared.contracts.assessment import Plan

BUILT_IN: Final = Path(__file__).parent / "plans" / "dongfeng-2015-28.yaml"
"""东办〔2015〕28号, as issued, its oddities flagged."""


def load_plan(path: Path = BUILT_IN) -> Plan:
    """The plan in a YAML file; raises `DocumentFault` (line, field, why)."""
    return load(path, Plan)
