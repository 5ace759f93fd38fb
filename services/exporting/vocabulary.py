"""What leaves the record in an export, declared 导出口径: objects, how events relate to them, and what stays behind.

Three rules, of which the first does most:

- What somebody typed does not leave. An attribute is a code of a closed list, a number, a yes or no, a day, a moment or
  a decimal, or one of the few codes that the product or a register gives (`CODES`). Sealed boxes, lines of text,
  titles, places and documents' numbers stay behind, whatever their event is: nobody need remember it for a new one.
- A person is a pseudonym, and stands only where work is done or a posting changes. What judges a person, or says why
  somebody left, stays behind (`WITHHELD`, `UNRELATED`).
- What the record keeps about personal data itself, readings and their anchors, is nobody's process (`LEFT_OUT`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.contracts import assessment, assessment_entries, assignment, assignment_entries, intake, privacy
from shared.contracts.access import AccessAnchored
from shared.contracts.codes import CaseKind, CaseStatus
from shared.contracts.event import Event


class Type(StrEnum):
    """What a value in an export is."""

    TEXT = "text"
    WHOLE = "whole number"
    TRUTH = "yes or no"
    DAY = "day"
    MOMENT = "moment"
    EXACT = "decimal"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A kind of thing that events are about."""

    name: str
    zh: str
    means: str
    attributes: Mapping[str, Type]
    person: bool = False


OBJECTS: Final = (
    ObjectType(
        "sub-district", "街道", "The sub-district, by its division code: whose log it is, and how far it is told here.",
        {"record_position": Type.WHOLE, "record_root": Type.TEXT},
    ),
    ObjectType(
        "community", "社区", "A community, by its division code.", {"name": Type.TEXT, "households": Type.WHOLE}
    ),
    ObjectType(
        "case", "案件", "A case, by its id: the matter as it came in, and all that was done about it.",
        {
            "status": Type.TEXT, "kind": Type.TEXT, "dispute_type": Type.TEXT, "source": Type.TEXT, "basis": Type.TEXT,
            "grid": Type.TEXT, "due_on": Type.DAY,
        },
    ),
    ObjectType(
        "officer", "三官一师", "A judge, prosecutor, police officer or lawyer, by pseudonym.",
        {"profession": Type.TEXT}, person=True,
    ),
    ObjectType("leader", "包抓领导", "A leader who answers for a community, by pseudonym.", {}, person=True),
    ObjectType("meeting", "会议", "A meeting, by its id.", {"kind": Type.TEXT, "month": Type.TEXT}),
    ObjectType("finding", "民情与隐患", "An opinion, hazard, key area, venue or fire, by its entry's id.", {}),
    ObjectType("work", "工作登记", "An entry of public work, by its id: a patrol, a training, outreach.", {}),
    ObjectType("supervision", "督查登记", "An entry of supervision, by its id: an inspection, an order, a survey.", {}),
    ObjectType("plan", "方案", "A campaign plan, by its code.", {"version": Type.WHOLE}),
    ObjectType("rulebook", "考核办法", "A rulebook of scoring, by its code.", {"version": Type.WHOLE}),
    ObjectType("publication", "考核公布", "A publication of scores, by its id.", {}),
)  # fmt: skip

CATEGORIES: Final[Mapping[str, str]] = {
    "case": "case", "handling": "case", "officer": "officer", "community": "community", "roster": "community",
    "meeting": "meeting", "finding": "finding", "work": "work", "supervision": "supervision", "plan": "plan",
    "rulebook": "rulebook", "score": "publication", "directory": "sub-district", "calendar": "sub-district",
}  # fmt: skip
"""Which object a stream is about, by the stream's category."""
ENTRIES: Final = frozenset({"finding", "work", "supervision"})
"""Those of entries: each lies in the community that its event names."""

SUBJECT: Final = "subject"
"""How an event relates to the object that its stream is about."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of an event that names other objects."""

    object: str
    qualifier: str


REFERENCES: Final[Mapping[str, Reference]] = {
    "community": Reference("community", "community"),
    "communities": Reference("community", "community"),
    "named_before": Reference("community", "named so before"),
    "officer": Reference("officer", "officer"),
    "officers": Reference("officer", "officer"),
    "replaced": Reference("officer", "officer replaced"),
    "leave.cover": Reference("officer", "officer who covers"),
    "handler.officer": Reference("officer", "officer who handles again"),
    "leader": Reference("leader", "leader"),
    "case": Reference("case", "case"),
    "duplicate_of": Reference("case", "case that it duplicates"),
    "open_cases": Reference("case", "case that the officer was handling"),
    "meeting": Reference("meeting", "meeting"),
    "inspection": Reference("supervision", "inspection"),
    "publication": Reference("publication", "publication"),
    "score.subject": Reference("community", "institution scored"),
    "score.plan": Reference("plan", "plan"),
    "score.rulebook": Reference("rulebook", "rulebook"),
}
"""By the path of the field, in whatever event it stands. A division of nine digits is the sub-district."""
REFERENCES_OF: Final[Mapping[tuple[type[Event], str], Reference]] = {
    (assignment.CommunityRegistered, "code"): Reference("community", "community"),
    (assignment.CommunityCorrected, "code"): Reference("community", "community"),
    (assignment.CommunityVoided, "code"): Reference("community", "community"),
}
"""Where the field's name alone does not say so."""
UNRELATED: Final = frozenset({(assessment_entries.PublicReviewRecorded, "officer")})
"""References that stay behind: residents' votes about one officer are no matter of a process."""

PARTS: Final[Mapping[str, str]] = {
    "leave.first_day": "first_day", "leave.last_day": "last_day", "score.as_of": "as_of",
    "score.period.kind": "period_kind", "score.period.from_day": "period_from", "score.period.to_day": "period_to",
    "score.plan_version": "plan_version", "score.rulebook_version": "rulebook_version",
    "score.position": "evidence_position", "score.points.decimal": "points", "score.possible.decimal": "possible",
    "score.per_cent": "per_cent", "score.rankable": "rankable",
}  # fmt: skip
"""Parts of values within an event that leave, and what they are called. All other parts stay."""
CODES: Final = frozenset({"grid", "due_rule", "kind", "flag"})
"""Codes that no asker made up: a register's grids, and the product's own."""
WITHHELD: Final = frozenset({(assignment.PostingEnded, "reason"), (assignment_entries.HelperReleased, "left_because")})
"""Why a person left, ill or unfit: theirs, although it is a code."""

_PERSONAL = "keeps account of personal data, and of who asked for what"
_ARCHIVE = "is one officer's archive"
LEFT_OUT: Final[Mapping[type[Event], str]] = {
    **dict.fromkeys(privacy.EVENTS, _PERSONAL),
    AccessAnchored: "keeps account of readings",
    assessment_entries.ArchiveEntryAdded: _ARCHIVE,
    assessment_entries.ArchiveReplyRecorded: _ARCHIVE,
    assessment_entries.ArchiveFiled: _ARCHIVE,
}  # fmt: skip
"""Events that do not leave, and why."""

# what events say of objects -------------------------------------------------------------------------------------

_CASE: Final = ("kind", "dispute_type", "source", "grid")
SETS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    intake.CaseReported: (*_CASE, "basis"),
    intake.CaseAccepted: ("kind", "due_on"),
    intake.CaseHandedDown: ("due_on",),
    intake.CaseReclassified: ("kind", "dispute_type"),
    intake.CaseReopened: ("kind", "due_on"),
    intake.ClockResumed: ("due_on",),
    intake.DeadlineExtended: ("due_on",),
    intake.CaseCorrected: (*_CASE, "due_on"),
    intake.CaseStepRetracted: ("kind", "due_on"),
    assignment.CommunityRegistered: ("households",),
    assignment.CommunityCorrected: ("households",),
    assignment.OfficerEnrolled: ("profession",),
    assignment.OfficerCorrected: ("profession",),
    assignment.MeetingConvened: ("kind", "month"),
    assessment.PlanAdopted: ("version",),
    assessment.PlanAmended: ("version",),
    assessment.RulebookAdopted: ("version",),
}
"""Attributes of an event that are from then on the object's own, as far as the event says them."""
MAKES: Final[Mapping[type[Event], Mapping[str, str]]] = {
    intake.CaseReported: {"status": CaseStatus.REPORTED},
    intake.CaseAccepted: {"status": CaseStatus.ACCEPTED},
    intake.CaseHandedDown: {"kind": CaseKind.BACKLOG},
    intake.CaseDeclined: {"status": CaseStatus.DECLINED},
    intake.CaseLinkedAsDuplicate: {"status": CaseStatus.LINKED},
    intake.CaseReferred: {"status": CaseStatus.REFERRED},
    intake.CaseWithdrawn: {"status": CaseStatus.WITHDRAWN},
    intake.CaseResolved: {"status": CaseStatus.RESOLVED},
    intake.CaseTerminated: {"status": CaseStatus.TERMINATED},
    intake.CaseFollowedUp: {"status": CaseStatus.FOLLOWED_UP},
    intake.CaseClosed: {"status": CaseStatus.CLOSED},
    intake.CaseReopened: {"status": CaseStatus.ACCEPTED},
    intake.CaseVoided: {"status": CaseStatus.VOIDED},
}
"""What an event makes of its case by being what it is."""
RENAMES: Final[Mapping[tuple[type[Event], str], str]] = {
    (intake.CaseStepRetracted, "back_to"): "status",
    (assignment.CommunityRegistered, "name"): "name",
    (assignment.CommunityCorrected, "name"): "name",
}
"""Fields that are an object's attribute without being the event's: a name is a community's, once and for all."""
ABOUT: Final[Mapping[type[Event], str]] = {
    assignment.CommunityRegistered: "community", assignment.CommunityCorrected: "community",
}  # fmt: skip
"""By its qualifier, the object of which an event says this, where it is not the one that its stream is about."""
TIES: Final[Mapping[type[Event], tuple[tuple[str, str, str], ...]]] = {
    intake.CaseReported: ((SUBJECT, "community", "reported in"),),
    intake.CaseCorrected: ((SUBJECT, "community", "corrected to"),),
    intake.CaseLinkedAsDuplicate: ((SUBJECT, "case that it duplicates", "duplicate of"),),
    assignment.CommunityRegistered: (("community", SUBJECT, "part of"),),
    assignment.OfficerPosted: (("officer", SUBJECT, "posted to"),),
    assignment.MeetingConvened: ((SUBJECT, "community", "held in"),),
    assignment_entries.LeaderAppointed: (("leader", "community", "answers for"),),
    assessment_entries.RectificationOrdered: ((SUBJECT, "inspection", "follows"),),
    assessment_entries.ScoreAppealed: ((SUBJECT, "publication", "appeals"),),
}
"""How objects are tied to each other from an event on: (one, the other, how), both by the event's qualifiers."""
