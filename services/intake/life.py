"""The life of a case 案件流程: what may be asked of it in each status, and what each ending makes of it.

    reported → accepted | declined | linked
    accepted → resolved | terminated | referred | withdrawn | linked
               each of the first four → followed up → closed → reopened (accepted again)

A case may be corrected in any status but voided, and made void in any; voided is the end of everything.
"""

from collections.abc import Mapping
from typing import Final

from services.intake.commands import (
    AcceptCase,
    CloseCase,
    Command,
    CorrectCase,
    DeclineCase,
    EscalateCase,
    ExtendDeadline,
    FollowUpCase,
    HandDownCase,
    LinkCase,
    PauseClock,
    ReclassifyCase,
    ReferCase,
    ReopenCase,
    ReportCase,
    ResolveCase,
    ResumeClock,
    TakeOverCase,
    TerminateCase,
    VoidCase,
    WithdrawCase,
)
from shared.contracts.codes import CaseStatus

_ENTRY: Final = (CorrectCase, VoidCase)

ACCEPTED_IN: Final[Mapping[CaseStatus | None, tuple[type[Command], ...]]] = {
    None: (ReportCase, TakeOverCase),
    CaseStatus.REPORTED: (AcceptCase, DeclineCase, HandDownCase, LinkCase, ReclassifyCase, *_ENTRY),
    CaseStatus.ACCEPTED: (
        HandDownCase, LinkCase, ReclassifyCase, ReferCase, WithdrawCase, ResolveCase, TerminateCase, EscalateCase,
        PauseClock, ResumeClock, ExtendDeadline, *_ENTRY,
    ),
    CaseStatus.DECLINED: _ENTRY,
    CaseStatus.LINKED: _ENTRY,
    CaseStatus.RESOLVED: (FollowUpCase, *_ENTRY),
    CaseStatus.TERMINATED: (FollowUpCase, *_ENTRY),
    CaseStatus.REFERRED: (FollowUpCase, *_ENTRY),
    CaseStatus.WITHDRAWN: (FollowUpCase, *_ENTRY),
    CaseStatus.FOLLOWED_UP: (CloseCase, *_ENTRY),
    CaseStatus.CLOSED: (ReopenCase, *_ENTRY),
    CaseStatus.VOIDED: (),
}  # fmt: skip
"""What may be asked in each status; None is before there is a case."""
