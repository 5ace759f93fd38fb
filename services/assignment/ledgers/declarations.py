"""Declarations 声明 (§3.1.4): whether all that a log holds is invented. One row, under the log's own code."""

from datetime import datetime

from shared.contracts.assignment import SyntheticDeclared
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """That everything in the log is invented."""

    made_by: str
    """What or which institution makes the data up."""
    declared_at: datetime


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: SyntheticDeclared = recorded.event
    return Row(made_by=event.made_by, declared_at=recorded.occurred_at)


LEDGER = Ledger(
    name="declarations",
    row=Row,
    handles=(SyntheticDeclared,),
    evolve=_evolve,
    title_zh="合成数据声明",
    title_en="Declared synthetic",
    clause="3.1.4",
    filters=(),
)
