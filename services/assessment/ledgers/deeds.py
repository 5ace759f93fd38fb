"""What was done about the plan's duties 履职记录: evidence of duties. One row per entry, meeting or studio.

What has a day of its own by which it must be done (a hazard, a key area, an order to rectify) stands here from the day
on which it was found, and an opinion from the day on which it was recorded.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from services.assessment.evidence.items import WHOLE, Fields, Item
from services.assessment.evidence.marks import Mark, first, mark, marked, struck
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
    PublicReviewRecorded,
    RectificationCompleted,
    RectificationOrdered,
    SummarySubmitted,
    SupervisionVoided,
    SurveyConcluded,
    YouthOffenceRateReported,
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
    CoachedCaseCompleted,
    EnterpriseSecurityEstablished,
    HelperEnrolled,
    HelperReleased,
    LeaderAppointed,
    LeaderRelieved,
    LeaderVisitCompleted,
    LegalAdviceGiven,
    LegalAidGranted,
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
    MajorFireReported,
    OpinionAnswered,
    OpinionRecorded,
    VenueInspected,
)
from shared.contracts.model import Ledger, held

HAZARD: Final = "hazard"
KEY_AREA: Final = "key_area"
RECTIFICATION: Final = "rectification"
OPINION: Final = "opinion"
"""What is found, and must be dealt with."""
MAJOR_FIRE: Final = "major_fire"
YOUTH_RATE: Final = "youth_rate"
"""What is reported; all other rows are `Work`."""
MEDIATION: Final = "mediation"
"""What a rulebook sees beside these rows: a session, which stands with its case (`case_terms.sessions`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was done, or was found and must be dealt with."""

    id: str
    work: str
    community: str | None
    """None for what the sub-district does as a whole."""
    grid: str | None
    detail: str | None
    """What kind of it: of a survey awareness or satisfaction, of a hazard fire or another."""
    due_on: date | None
    """Of what was found: by when it must be dealt with, where the entry says so."""
    count: int
    """How many the entry tells of: services given, those who answered well, offenders …; else 1."""
    of: int | None
    """Of how many, where the entry says so: valid answers, votes, young people."""
    marks: tuple[Mark, ...]
    """begun, done, ended, voided."""
    of_year: int | None = None
    """The year that the entry tells of, where that is not the year of the entry itself."""
    earlier: tuple[tuple[int, "Row"], ...] = ()


class _Entry(NamedTuple):
    """How an event begins a row: what it is, whether it is done thereby, and what it counts."""

    work: str
    what: str = "done"
    detail: str | None = None
    """The event's field of that name."""
    count: Callable[[Any], int] = lambda event: 1
    of: Callable[[Any], int | None] = lambda event: None


_BEGINS: Final[Mapping[type[Event], _Entry]] = {
    LeadingGroupConstituted: _Entry(Work.LEADING_GROUP),
    StudioOpened: _Entry(Work.STUDIO),
    NoticePosted: _Entry(Work.NOTICE),
    ProcedureAdopted: _Entry(Work.PROCEDURE),
    WorkingBodyFormed: _Entry(Work.WORKING_BODY),
    CommunityPlanFiled: _Entry(Work.COMMUNITY_PLAN),
    LeaderAppointed: _Entry(Work.LEADER),
    LeaderVisitCompleted: _Entry(Work.LEADER_VISIT),
    PatrolCompleted: _Entry(Work.PATROL, detail="team"),
    CoachedCaseCompleted: _Entry(Work.COACHED_CASE, count=lambda event: event.mediators),
    LegalAdviceGiven: _Entry(Work.ADVICE, detail="law", count=lambda event: event.inquiries),
    LegalAidGranted: _Entry(Work.AID, detail="law", count=lambda event: event.matters),
    HelperEnrolled: _Entry(Work.HELPER, detail="helper"),
    EnterpriseSecurityEstablished: _Entry(Work.ENTERPRISE_SECURITY, count=lambda event: event.staff),
    VenueInspected: _Entry(Work.VENUE, detail="venue", count=lambda event: event.faults),
    TrainingHeld: _Entry(Work.TRAINING, count=lambda event: event.attended),
    OutreachHeld: _Entry(Work.OUTREACH, detail="form", count=lambda event: event.audience),
    SupportProvided: _Entry(Work.SUPPORT, count=lambda event: sum(one.count for one in event.services)),
    InspectionConducted: _Entry(Work.INSPECTION),
    CircularIssued: _Entry(Work.CIRCULAR),
    SurveyConcluded: _Entry(
        Work.SURVEY, detail="survey", count=lambda event: event.positive, of=lambda event: event.valid
    ),
    PublicReviewRecorded: _Entry(
        Work.REVIEW, count=lambda event: event.good, of=lambda event: event.good + event.fair + event.poor
    ),
    YouthOffenceRateReported: _Entry(YOUTH_RATE, count=lambda event: event.offenders, of=lambda event: event.youths),
    MajorFireReported: _Entry(MAJOR_FIRE, detail="grade"),
    SummarySubmitted: _Entry(Work.SUMMARY),
    ModelCaseRecommended: _Entry(Work.MODEL_CASE),
    CommendationAwarded: _Entry(Work.COMMENDATION),
    FundsAllocated: _Entry(Work.FUNDS),
    ArchiveEntryAdded: _Entry(Work.ARCHIVE, "begun"),
    HazardFound: _Entry(HAZARD, "begun", detail="hazard"),
    KeyAreaListed: _Entry(KEY_AREA, "begun", detail="area"),
    RectificationOrdered: _Entry(RECTIFICATION, "begun"),
    OpinionRecorded: _Entry(OPINION, "begun", detail="topic"),
}
_MEETINGS: Final = {MeetingKind.JOINT: Work.JOINT, MeetingKind.MOBILISATION: Work.MOBILISATION}
"""Meetings that are a duty of their own; those with a cadence of minutes have evidence of their own."""
YEAR: Final = r"(19|20|21)[0-9]{2}"
"""How a year is written."""
LASTING: Final = frozenset({Work.STUDIO, Work.LEADER})
"""What goes on until the record tells of its end: it serves every plan in whose days it stands."""
_GOES_ON: Final[Mapping[type[Event], Callable[[Any], str]]] = {
    ArchiveFiled: lambda event: "done",
    HazardCleared: lambda event: "done",
    KeyAreaReinspected: lambda event: "done" if event.passed else "ended",  # what passed once may fail later
    RectificationCompleted: lambda event: "done" if event.passed else "ended",
    OpinionAnswered: lambda event: "done",
    LeaderRelieved: lambda event: "ended",
    HelperReleased: lambda event: "ended",
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
            id=key, work=entry.work, community=_community(recorded), grid=getattr(event, "grid", None),
            detail=None if entry.detail is None else getattr(event, entry.detail),
            due_on=getattr(event, "due_on", None), count=entry.count(event), of=entry.of(event),
            marks=(mark(recorded, entry.what),), of_year=_year(event),
        )  # fmt: skip
    if isinstance(event, CommunityWorkRetracted):
        return struck(held(row, recorded), recorded, {"done" if event.act is CommunityAct.STUDIO_OPENED else "ended"})
    return None if row is None else marked(row, recorded, _GOES_ON[type(event)](event))  # not every entry is a duty's


def begins(event: type[Event]) -> bool:
    """Whether an event of that class is an entry's first."""
    return event in _BEGINS


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


def item(row: Row, as_of: date) -> Item:
    """The deed as it stood at the end of a day. What the sub-district does as a whole names no community."""
    begun, done = next((m for m in row.marks if m.what in ("begun", "done")), None), stands(row, as_of)
    fields: Fields = {
        "work": row.work, "detail": row.detail, "grid": row.grid, "begun_on": begun.on if begun else None,
        "due_on": row.due_on, "done_on": done.on if done else None,
        "entered_on": done.recorded_on if done else None, "count": row.count, "of": row.of,
        "told_from": date(row.of_year, 1, 1) if row.of_year else None,
        "told_to": date(row.of_year, 12, 31) if row.of_year else None, "whole": row.community is None,
    }  # fmt: skip
    counts = begun is not None and begun.on <= as_of and first(row, "voided", date.max) is None
    return Item("deeds", row.id, row.community or WHOLE, fields, row.marks, counts, day=as_of)


def _entry(event: Event) -> _Entry | None:
    if isinstance(event, MeetingConvened):
        return _Entry(_MEETINGS[event.kind])
    return _BEGINS.get(type(event))


def _community(recorded: Recorded) -> str | None:
    if type(recorded.event) is StudioOpened:
        return recorded.id
    return getattr(recorded.event, "community", None)


def _year(event: Event) -> int | None:
    """Of the police's figure, which comes when its year is over."""
    if not isinstance(event, YouthOffenceRateReported):
        return None
    found = re.fullmatch(YEAR, event.period)
    return int(event.period) if found else None


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
