"""How long a case's personal data are kept 保管期限: which cases' keys are to be destroyed on a day. Pure.

No law names a period for the files of people's mediation: 人民调解法 27 asks for them and says no more. The rules of
archives (国家档案局令第8号, 2006, 6) know 10 and 30 years beside 永久; 个人信息保护法 19 asks for the shortest time
that the purpose needs. Which of them a kind of case gets is this product's proposal, until an archive office decides.
Years are counted from the first of January after the case was over, as archives count them.

What is destroyed are keys: the log, its proofs, the ledgers and the scores stay as they are (invariant 6).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, assert_never

from services.intake.ledgers.cases import Row
from shared.contracts.codes import CaseKind, CaseStatus
from shared.contracts.days import civil_day
from shared.contracts.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Period:
    """How long one kind of record is kept, and what that rests on."""

    code: str
    years: int
    title_zh: str
    title_en: str
    rests_on: str


BACKLOG: Final = Period(
    "backlog", 30, "信访积案", "handed-down petition backlog", "国家档案局令第8号 6（定期30年）；适用于本类为本产品建议"
)
HANDLED: Final = Period(
    "handled", 10, "已受理的案件", "case that was taken on",
    "人民调解法 27、国家档案局令第8号 6（定期10年）；适用于本类为本产品建议",
)  # fmt: skip
NOT_TAKEN_ON: Final = Period(
    "not_taken_on",
    2,
    "不予受理、并案的登记",
    "case that was declined, or linked to another",
    "个人信息保护法 19；两年为本产品建议",
)
VOIDED: Final = Period("voided", 1, "作废的登记", "entry made void", "个人信息保护法 19、47；一年为本产品建议")

PERIODS: Final = (BACKLOG, HANDLED, NOT_TAKEN_ON, VOIDED)


@dataclass(frozen=True, slots=True)
class Expired:
    """A case whose personal data have been kept long enough."""

    case: str
    period: Period
    over_on: date
    due_on: date
    """The first day on which its keys are to be destroyed."""


def expired(cases: Iterable[Row], day: date) -> Sequence[Expired]:
    """The cases that are due on a day or were due before, the longest due first."""
    found = [one for row in cases if (one := expiry(row)) is not None and one.due_on <= day]
    return sorted(found, key=lambda one: (one.due_on, one.case))


def expiry(row: Row) -> Expired | None:
    """When a case's time is over; None as long as the case is open."""
    period, over_on = _period(row), _over_on(row)
    if period is None or over_on is None:
        return None
    return Expired(row.id, period, over_on, date(over_on.year + 1 + period.years, 1, 1))


def _period(row: Row) -> Period | None:
    match row.status:
        case CaseStatus.REPORTED | CaseStatus.ACCEPTED:
            return None
        case CaseStatus.VOIDED:
            return VOIDED
        case CaseStatus.DECLINED | CaseStatus.LINKED:
            return BACKLOG if row.kind is CaseKind.BACKLOG else NOT_TAKEN_ON
        case (
            CaseStatus.RESOLVED | CaseStatus.TERMINATED | CaseStatus.REFERRED | CaseStatus.WITHDRAWN
            | CaseStatus.FOLLOWED_UP | CaseStatus.CLOSED
        ):  # fmt: skip
            return BACKLOG if row.kind is CaseKind.BACKLOG else HANDLED
        case _:
            assert_never(row.status)


def _over_on(row: Row) -> date | None:
    """The day of the last thing that happened to a case that is over."""
    moments = [at for at in (row.ended_at, row.followed_up_at, row.closed_at, row.voided_at) if at is not None]
    return civil_day(max(moments)) if moments else None
