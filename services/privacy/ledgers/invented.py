"""Whether everything in the log was declared invented 合成数据声明 (§3.1.4): then nobody's data are kept too long."""

from shared.contracts.assignment import SyntheticDeclared
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A declaration."""

    id: str
    """The log's own code."""
    made_by: str


def _evolve(row: Row | None, recorded: Recorded[SyntheticDeclared], key: str) -> Row:
    return Row(id=key, made_by=recorded.event.made_by)


LEDGER = Ledger(
    name="invented",
    row=Row,
    handles=(SyntheticDeclared,),
    evolve=_evolve,
    title_zh="合成数据声明",
    title_en="Declared synthetic",
    clause="3.1.4",
    filters=(),
    internal=True,
)
