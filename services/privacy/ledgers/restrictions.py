"""What is restricted 限制处理台账 (个人信息保护法 44, 47): nobody opens it but for the person's own request and legal
claims. A row stands as long as the restriction does, and for ever where the data were erased."""

from datetime import date, datetime, timedelta
from typing import Final, assert_never, get_args

from services.privacy.roles import OVERSIGHT
from shared.contracts.codes import Named
from shared.contracts.days import civil_day
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Ledger
from shared.contracts.privacy import (
    ErasureApproved,
    ErasureProposed,
    ErasureRefused,
    PersonalDataErased,
    RestrictionLifted,
    RestrictionPlaced,
    RestrictionReason,
)

RESTRICTED_DAYS: Final = 30
"""How long data are restricted before their erasure can be proposed because they were kept long enough: time for a
person, an office or a court to object. This product's proposal; no law names one."""

_Event = (
    RestrictionPlaced | RestrictionLifted | ErasureProposed | ErasureApproved | ErasureRefused | PersonalDataErased
)  # fmt: skip


class Erasure(Named):
    """How far an erasure has come 删除进度."""

    NONE = "none", "未提请", "not proposed"
    PROPOSED = "proposed", "已提请，待批准", "proposed, to be approved by another"
    APPROVED = "approved", "已批准", "approved"
    ERASED = "erased", "已删除", "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A subject that is restricted."""

    id: str
    """The subject, as the vault names it: `case/0f3a`."""
    since: datetime
    because: RestrictionReason
    request_id: str | None = None
    """The person's request that it answers."""
    entered_at: datetime
    """When the log took it, whatever day it was said to be of: from then on the thirty days are counted."""
    propose_from: date
    """From which day on its erasure may be proposed where it was kept long enough."""
    erasure: Erasure = Erasure.NONE


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event: _Event = recorded.event
    if isinstance(event, RestrictionPlaced):
        return Row(
            id=key, since=recorded.occurred_at, because=event.because, request_id=event.request,
            entered_at=recorded.recorded_at,
            propose_from=civil_day(recorded.recorded_at + timedelta(days=RESTRICTED_DAYS)),
        )  # fmt: skip
    if row is None or isinstance(event, RestrictionLifted):
        return None
    match event:
        case ErasureProposed():
            return replace(row, erasure=Erasure.PROPOSED)
        case ErasureApproved():
            return replace(row, erasure=Erasure.APPROVED)
        case ErasureRefused():
            return replace(row, erasure=Erasure.NONE)
        case PersonalDataErased():
            return replace(row, erasure=Erasure.ERASED)
        case _:
            assert_never(event)


LEDGER = Ledger(
    name="restrictions",
    row=Row,
    handles=get_args(_Event),
    evolve=_evolve,
    title_zh="限制处理台账",
    title_en="Restricted personal data",
    clause="3.1.4",
    filters=("because", "erasure"),
    by=OVERSIGHT,
)
