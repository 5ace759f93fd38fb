"""Plans 方案, every version that was ever in force. One row per version."""

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.assessment import Plan, PlanAdopted, PlanAmended
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.model import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A version of a plan."""

    code: str
    version: int
    plan: Plan
    author: str
    reason: str
    adopted_at: datetime
    position: int


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    return Row(
        code=event.plan.code, version=event.version, plan=event.plan, author=event.author, reason=event.reason,
        adopted_at=recorded.occurred_at, position=recorded.position,
    )  # fmt: skip


def _keys(recorded: Recorded) -> Iterable[str]:
    return (f"{recorded.event.plan.code}/{recorded.event.version:06}",)


LEDGER = Ledger(
    name="plans",
    row=Row,
    handles=(PlanAdopted, PlanAmended),
    keys=_keys,
    evolve=_evolve,
    title_zh="活动方案",
    title_en="Plans",
    clause="3.4",
    filters=("code",),
)
