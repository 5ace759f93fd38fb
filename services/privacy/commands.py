"""What privacy may be asked. Times, ids and actors come in the context; nothing here holds a text."""

from typing import Annotated

from shared.contracts.access import Purpose
from shared.contracts.event import value
from shared.contracts.fields import Code, Count, Division, Whole
from shared.contracts.privacy import (
    AnswerReason,
    Emergency,
    ErasureReason,
    ErasureRefusal,
    HoldReason,
    LiftReason,
    RequestKind,
    RequestOutcome,
    RestrictionReason,
    Subject,
    UnmaskingRefusal,
)

# subject/<subject> -----------------------------------------------------------------------------------------------


@value
class PlaceRestriction:
    """Keep personal data and use them no longer 限制处理 (个人信息保护法 44, 47)."""

    subject: Subject
    because: RestrictionReason
    request: Code | None = None
    """The person's request that it answers."""


@value
class LiftRestriction:
    """Let restricted data be used again 解除限制 (个人信息保护法 44). A proposed erasure falls with it."""

    subject: Subject
    because: LiftReason


@value
class ProposeErasure:
    """Propose to erase restricted data 提请删除 (个人信息保护法 47): kept long enough and restricted for thirty days,
    or asked for by the person and granted."""

    subject: Subject
    because: ErasureReason
    request: Code | None = None
    """The person's request, where they asked for it."""


@value
class ApproveErasure:
    """Approve an erasure that another person proposed 批准删除. The keys are destroyed at once, for ever."""

    subject: Subject


@value
class RefuseErasure:
    """Refuse an erasure that another person proposed 不同意删除, or withdraw one's own proposal."""

    subject: Subject
    reason: ErasureRefusal


@value
class HoldErasure:
    """Let nothing of it be erased for now 暂缓删除: a legal hold."""

    subject: Subject
    because: HoldReason


@value
class ReleaseErasureHold:
    """End the legal hold 解除暂缓."""

    subject: Subject


@value
class CompleteErasure:
    """Destroy the keys of an approved erasure; sent by a reaction only."""

    subject: Subject


# unmasking/<id> --------------------------------------------------------------------------------------------------


@value
class AskUnmasking:
    """Ask to open what is sealed of a case or an entry that is not in one's own hands 申请解封."""

    case: Subject
    community: Division | None
    """The community in which it lies; None for what lies in none."""
    purpose: Purpose


@value
class GrantUnmasking:
    """Let another person open what they asked for, for some hours 准予解封."""

    hours: Annotated[int, Whole(1, 72)]


@value
class RefuseUnmasking:
    """Refuse what another person asked to open 不予解封."""

    reason: UnmaskingRefusal


@value
class EndUnmasking:
    """End a leave to open before its time, or withdraw what was asked 终止解封."""


@value
class BreakGlass:
    """Open what is sealed of a case at once, in an emergency 紧急查阅: for an hour, recorded, looked at afterwards."""

    case: Subject
    community: Division | None
    """The community in which it lies; None for what lies in none."""
    purpose: Emergency


@value
class ReviewGlass:
    """Say whether an emergency's opening was justified 紧急查阅复核."""

    justified: bool


# request/<id> ----------------------------------------------------------------------------------------------------


@value
class ReceivePersonRequest:
    """Enter what a person asks about their own data 登记本人请求 (个人信息保护法 44–50)."""

    subject: Subject
    community: Division | None
    """The community in which it lies; None for what lies in none."""
    request: RequestKind


@value
class AnswerPersonRequest:
    """Say how the request was answered 答复本人请求 (个人信息保护法 50)."""

    outcome: RequestOutcome
    reason: AnswerReason
    corrected_position: Count | None = None
    """Of a correction that was granted: the position of the event that put it right."""
