"""What was done about the plan's duties 履职记录: evidence of duties. One row per entry, meeting or studio.

What has a day of its own by which it must be done (a hazard, a key area, an order to rectify) stands here from the day
on which it was found, and an opinion from the day on which it was recorded.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from services.assessment.marks import Mark, first, mark, marked, struck
from shared.contracts.assessment import Work
from shared.contracts.assessment_entries import (
    ArchiveEntryAdded,
    ArchiveFiled,
    CircularIssued,
    CommendationAwarded,
    CommunityPlanFiled,
    FundsAllocated,
    InspectionConducted,
    LeadingGroupConstituted,
    ModelCaseRecommended,
    RectificationCompleted,
    RectificationOrdered,
    SummarySubmitted,
    SupervisionVoided,
    SurveyConcluded,
)
from shared.contracts.assignment import (
    CommunityAct,
    CommunityWorkRetracted,
    MeetingConvened,
    MeetingVoided,
    StudioClosed,
    StudioOpened,
)
from shared.contracts.assignment_entries import (
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
    NoticePosted,
    OutreachHeld,
    PatrolCompleted,
    ProcedureAdopted,
    SupportProvided,
    TrainingHeld,
    WorkingBodyFormed,
    WorkVoided,
)
from shared.contracts.codes import MeetingKind
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.intake_entries import (
    FindingVoided,
    HazardCleared,
    HazardFound,
    KeyAreaListed,
    KeyAreaReinspected,
    OpinionAnswered,
    OpinionRecorded,
)
from shared.contracts.model import Ledger, held

HAZARD: Final = "hazard"
KEY_AREA: Final = "key_area"
RECTIFICATION: Final = "rectification"
OPINION: Final = "opinion"
"""What is found, and must be dealt with; all other rows are `Work`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was done, or was found and must be dealt with."""

    id: str
    work: str
    community: str | None
    """None for what the sub-district does as a whole."""
    due_on: date | None
    """Of what was found: by when it must be dealt with, where the entry says so."""
    marks: tuple[Mark, ...]
    """begun, done, ended, voided."""


class _Entry(NamedTuple):
    """How an event begins a row: what it is, and whether it is done thereby."""

    work: str
    what: str = "done"


_BEGINS: Final[Mapping[type[Event], _Entry]] = {
    LeadingGroupConstituted: _Entry(Work.LEADING_GROUP),
    StudioOpened: _Entry(Work.STUDIO),
    NoticePosted: _Entry(Work.NOTICE),
    ProcedureAdopted: _Entry(Work.PROCEDURE),
    WorkingBodyFormed: _Entry(Work.WORKING_BODY),
    CommunityPlanFiled: _Entry(Work.COMMUNITY_PLAN),
    LeaderAppointed: _Entry(Work.LEADER),
    LeaderVisitCompleted: _Entry(Work.LEADER_VISIT),
    PatrolCompleted: _Entry(Work.PATROL),
    TrainingHeld: _Entry(Work.TRAINING),
    OutreachHeld: _Entry(Work.OUTREACH),
    SupportProvided: _Entry(Work.SUPPORT),
    InspectionConducted: _Entry(Work.INSPECTION),
    CircularIssued: _Entry(Work.CIRCULAR),
    SurveyConcluded: _Entry(Work.SURVEY),
    SummarySubmitted: _Entry(Work.SUMMARY),
    ModelCaseRecommended: _Entry(Work.MODEL_CASE),
    CommendationAwarded: _Entry(Work.COMMENDATION),
    FundsAllocated: _Entry(Work.FUNDS),
    ArchiveEntryAdded: _Entry(Work.ARCHIVE, "begun"),
    HazardFound: _Entry(HAZARD, "begun"),
    KeyAreaListed: _Entry(KEY_AREA, "begun"),
    RectificationOrdered: _Entry(RECTIFICATION, "begun"),
    OpinionRecorded: _Entry(OPINION, "begun"),
}
_MEETINGS: Final = {MeetingKind.JOINT: Work.JOINT, MeetingKind.MOBILISATION: Work.MOBILISATION}
"""Meetings that are a duty of their own; those with a cadence of minutes have evidence of their own."""
LASTING: Final = frozenset({Work.STUDIO, Work.LEADER})
"""What goes on until the record tells of its end: it serves every plan in whose days it stands."""
_GOES_ON: Final[Mapping[type[Event], Callable[[Any], str]]] = {
    ArchiveFiled: lambda event: "done",
    HazardCleared: lambda event: "done",
    KeyAreaReinspected: lambda event: "done" if event.passed else "ended",  # what passed once may fail later
    RectificationCompleted: lambda event: "done" if event.passed else "ended",
    OpinionAnswered: lambda event: "done",
    LeaderRelieved: lambda event: "ended",
    StudioClosed: lambda event: "ended",
    WorkVoided: lambda event: "voided",
    SupervisionVoided: lambda event: "voided",
    FindingVoided: lambda event: "voided",
    MeetingVoided: lambda event: "voided",
}
"""The mark that a later step leaves."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row | None:
    event = recorded.event
    if (entry := _entry(event)) is not None:
        if row is not None:  # a studio that was closed is opened again
            return marked(row, recorded, entry.what)
        return Row(
            id=key, work=entry.work, community=_community(recorded), due_on=getattr(event, "due_on", None),
            marks=(mark(recorded, entry.what),),
        )  # fmt: skip
    if isinstance(event, CommunityWorkRetracted):
        return struck(held(row, recorded), recorded, {"done" if event.act is CommunityAct.STUDIO_OPENED else "ended"})
    return None if row is None else marked(row, recorded, _GOES_ON[type(event)](event))  # not every entry is a duty's


def stands(row: Row, by: date) -> Mark | None:
    """The mark by which it has stood as done ever since, at the end of a day; none where it is void, or has ended."""
    if first(row, "voided", date.max) is not None:
        return None
    since: Mark | None = None
    for m in row.marks:
        if m.on <= by and m.what == "done":
            since = since or m
        elif m.on <= by and m.what == "ended":
            since = None
    return since


def _entry(event: Event) -> _Entry | None:
    if isinstance(event, MeetingConvened):
        return _Entry(_MEETINGS[event.kind])
    return _BEGINS.get(type(event))


def _community(recorded: Recorded) -> str | None:
    if type(recorded.event) is StudioOpened:
        return recorded.id
    return getattr(recorded.event, "community", None)


def _keys(recorded: Recorded) -> Iterable[str]:
    """Entries of all three services are told apart by their streams."""
    event = recorded.event
    if isinstance(event, MeetingConvened | MeetingVoided) and event.kind not in _MEETINGS:
        return ()
    if isinstance(event, CommunityWorkRetracted) and event.act is CommunityAct.CARDS:
        return ()
    return (recorded.stream,)


LEDGER = Ledger(
    name="deeds",
    row=Row,
    handles=(*_BEGINS, *_GOES_ON, MeetingConvened, CommunityWorkRetracted),
    keys=_keys,
    evolve=_evolve,
    title_zh="履职记录（应办事项依据）",
    title_en="What was done about duties (evidence)",
    clause="3.3.7",
    filters=("community", "work"),
)
