"""The life of a case 案件流程: what may be asked of it in each status, and what each ending makes of it.

    reported → accepted | declined | linked
    accepted → resolved | terminated | referred | withdrawn | linked
               each of the first four → followed up → closed → reopened (accepted again)

A case may be corrected in any status but voided, and made void in any. The step that led to a status may be taken
back there, if it was recorded by mistake; that is all that a voided case takes.
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
    RetractStep,
    TakeOverCase,
    TerminateCase,
    VoidCase,
    WithdrawCase,
)
from shared.contracts.codes import CaseStatus

_ENTRY: Final = (CorrectCase, VoidCase)
_STEP: Final = (RetractStep, *_ENTRY)

ACCEPTED_IN: Final[Mapping[CaseStatus | None, tuple[type[Command], ...]]] = {
    None: (ReportCase, TakeOverCase),
    CaseStatus.REPORTED: (AcceptCase, DeclineCase, HandDownCase, LinkCase, ReclassifyCase, *_ENTRY),
    CaseStatus.ACCEPTED: (
        HandDownCase, LinkCase, ReclassifyCase, ReferCase, WithdrawCase, ResolveCase, TerminateCase, EscalateCase,
        PauseClock, ResumeClock, ExtendDeadline, *_STEP,
    ),
    CaseStatus.DECLINED: _STEP,
    CaseStatus.LINKED: _STEP,
    CaseStatus.RESOLVED: (FollowUpCase, *_STEP),
    CaseStatus.TERMINATED: (FollowUpCase, *_STEP),
    CaseStatus.REFERRED: (FollowUpCase, *_STEP),
    CaseStatus.WITHDRAWN: (FollowUpCase, *_STEP),
    CaseStatus.FOLLOWED_UP: (CloseCase, *_STEP),
    CaseStatus.CLOSED: (ReopenCase, *_STEP),
    CaseStatus.VOIDED: (RetractStep,),
}  # fmt: skip
"""What may be asked in each status; None is before there is a case."""
