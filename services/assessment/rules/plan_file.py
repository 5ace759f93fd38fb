"""Plans as files 方案文件. The seed's plan ships with the product, and one for the work between campaigns."""

from functools import cache
from pathlib import Path
from typing import Final

from services.assessment.rules.documents import Form, load
from services.assessment.rules.plan import faults
from shared.contracts.assessment import Plan

_SHIPPED: Final = Path(__file__).parents[1] / "plans"
BUILT_IN: Final = _SHIPPED / "dongfeng-2015-28.yaml"
"""东办〔2015〕28号, as issued, its oddities flagged."""
STANDING: Final = _SHIPPED / "standing.yaml"
"""The product's proposal for the daily work where there is no campaign, or beside it."""

FORM: Final = Form(
    Plan,
    faults,
    {
        "code": "-", "document": "-", "title": "-", "issuer": "-", "issued_on": "2015-01-01", "phases": [],
        "duties": [], "cadences": [], "targets": [], "must_visits": {"clause": "-", "classes": []},
        "posting_months": 12, "anomalies": [], "rounds": [], "terms": [], "publishing": [], "since": None,
        "until": None,
    },
)  # fmt: skip


def load_plan(path: Path = BUILT_IN) -> Plan:
    """The plan in a YAML file; raises `DocumentFault` (of each mistake its line, field and reason)."""
    return _shipped(path) if path in (BUILT_IN, STANDING) else load(path, FORM)


@cache
def _shipped(path: Path) -> Plan:
    """What ships with the product is read once: it takes a third of a second."""
    return load(path, FORM)
