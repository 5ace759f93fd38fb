"""What is kept until when 保管期限台账 (个人信息保护法 19, 47): each case, entry and officer of whom something is
sealed, and from which day on it has been kept long enough. It follows the other services' events, and holds no content.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from services.privacy.periods import STAGES, Kept, due_on
from services.privacy.roles import OVERSIGHT
from shared.contracts.assessment_entries import RectificationCompleted, SupervisionVoided
from shared.contracts.assignment import (
    CommunityRegistered,
    CommunityVoided,
    MeetingConvened,
    MeetingVoided,
    MinutesSubmitted,
    OfficerCorrected,
    OfficerEnrolled,
    OfficerPosted,
    OfficerVoided,
    PostingEnded,
    PostingEndRetracted,
    PostingVoided,
)
from shared.contracts.assignment_entries import WorkVoided
from shared.contracts.codes import CaseKind, CaseStatus
from shared.contracts.days import civil_day
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseClosed,
    CaseCorrected,
    CaseDeclined,
    CaseFollowedUp,
    CaseHandedDown,
    CaseLinkedAsDuplicate,
    CaseReclassified,
    CaseReferred,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseStepRetracted,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
    ended_as,
)
from shared.contracts.intake_entries import FindingVoided, KeyAreaReinspected
from shared.contracts.model import Ledger, held
from shared.contracts.privacy import PersonalDataErased

_ENDINGS: Final = (
    CaseDeclined, CaseLinkedAsDuplicate, CaseReferred, CaseWithdrawn, CaseResolved, CaseTerminated,
)  # fmt: skip
_ENDED: Final = frozenset(
    {
        CaseStatus.DECLINED, CaseStatus.LINKED, CaseStatus.REFERRED, CaseStatus.WITHDRAWN, CaseStatus.RESOLVED,
        CaseStatus.TERMINATED,
    }
)  # fmt: skip
_NOT_TAKEN_ON: Final = frozenset({CaseStatus.DECLINED, CaseStatus.LINKED})
_VOIDS: Final = (FindingVoided, WorkVoided, SupervisionVoided)
_SERVING: Final = "posted"
_SERVED: Final = "ended"
_ENROLLED: Final = "enrolled"
_VOIDED: Final = "voided"


@dataclass(frozen=True, slots=True)
class Step:
    """What a clock rests on: something that happened on a day, and stands."""

    what: str
    on: date
    posting: str = ""
    """Of a posting: where, and from which day on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Something sealed, and until when it is kept."""

    id: str
    """The subject, as the vault names it: `case/0f3a`."""
    category: str
    community: str | None = None
    kept: Kept
    over_on: date | None = None
    """When the last thing happened to it that it is kept for; None while that goes on."""
    due_on: date | None = None
    """The first day on which it has been kept long enough; None while no clock runs."""
    erased_at: datetime | None = None
    corrected_position: int | None = None
    """The last event that put something right in it, or made it void, by its position."""
    kind: CaseKind | None = None
    """Of a case."""
    steps: tuple[Step, ...] = ()
    """What the clock rests on."""


def whole(subject: str) -> str:
    """The case or entry that a party's name belongs to: `case/0f3a` of `case/0f3a#parties/0`."""
    return subject.partition("#")[0]


def _clocked(row: Row, kept: Kept, over_on: date | None) -> Row:
    return replace(row, kept=kept, over_on=over_on, due_on=None if over_on is None else due_on(kept, over_on))


# cases -----------------------------------------------------------------------------------------------------------


def _reported(row: Row | None, recorded: Recorded[CaseReported], key: str) -> Row:
    event = recorded.event
    return _of_case(Row(
        id=key, category="case", community=event.community, kept=Kept.HANDLED, kind=event.kind
    ))  # fmt: skip


def _case_step(row: Row | None, recorded: Recorded, key: str) -> Row:
    """It ended, was followed up, closed or made void."""
    event = recorded.event
    status = _REACHED.get(type(event)) or ended_as(event)
    step = Step(status.value, civil_day(recorded.occurred_at))
    row = held(row, recorded)
    if isinstance(event, CaseVoided):
        row = replace(row, corrected_position=recorded.position)
    return _of_case(replace(row, steps=(*row.steps, step)))


_REACHED: Final[Mapping[type[Event], CaseStatus]] = {
    CaseFollowedUp: CaseStatus.FOLLOWED_UP, CaseClosed: CaseStatus.CLOSED, CaseVoided: CaseStatus.VOIDED,
}  # fmt: skip


def _case_retracted(row: Row | None, recorded: Recorded[CaseStepRetracted], key: str) -> Row:
    row, taken_back = held(row, recorded), recorded.event.step.value
    kept = tuple(step for step in row.steps if step.what != taken_back)
    return _of_case(replace(row, steps=kept, corrected_position=recorded.position))


def _case_reopened(row: Row | None, recorded: Recorded[CaseReopened], key: str) -> Row:
    return _of_case(replace(held(row, recorded), steps=()))


def _case_kind(row: Row | None, recorded: Recorded[CaseHandedDown | CaseReclassified], key: str) -> Row:
    event = recorded.event
    kind = CaseKind.BACKLOG if isinstance(event, CaseHandedDown) else event.kind
    return _of_case(replace(held(row, recorded), kind=kind))


def _case_corrected(row: Row | None, recorded: Recorded[CaseCorrected], key: str) -> Row:
    row, event = held(row, recorded), recorded.event
    steps = row.steps
    if event.resolved_on is not None:
        steps = tuple(
            replace(step, on=event.resolved_on) if CaseStatus(step.what) in _ENDED else step for step in steps
        )
    return _of_case(
        replace(
            row, community=event.community or row.community, kind=event.kind or row.kind, steps=steps,
            corrected_position=recorded.position,
        )
    )  # fmt: skip


def _of_case(row: Row) -> Row:
    """The clock of a case, by what stands of it."""
    reached = {CaseStatus(step.what) for step in row.steps}
    if CaseStatus.VOIDED in reached:
        kept = Kept.VOIDED
    elif row.kind is CaseKind.BACKLOG:
        kept = Kept.BACKLOG
    else:
        kept = Kept.NOT_TAKEN_ON if reached & _NOT_TAKEN_ON else Kept.HANDLED
    return _clocked(row, kept, max((step.on for step in row.steps), default=None))


# officers --------------------------------------------------------------------------------------------------------


def _enrolled(row: Row | None, recorded: Recorded[OfficerEnrolled], key: str) -> Row:
    step = Step(_ENROLLED, civil_day(recorded.occurred_at))
    return _of_officer(Row(id=key, category="officer", kept=Kept.OFFICER, steps=(step,)))


def _officer_voided(row: Row | None, recorded: Recorded[OfficerVoided], key: str) -> Row:
    step = Step(_VOIDED, civil_day(recorded.occurred_at))
    row = held(row, recorded)
    return _of_officer(replace(row, steps=(*row.steps, step), corrected_position=recorded.position))


def _officer_corrected(row: Row | None, recorded: Recorded[OfficerCorrected], key: str) -> Row:
    return replace(held(row, recorded), corrected_position=recorded.position)


def _posting(
    row: Row | None, recorded: Recorded[OfficerPosted | PostingEnded | PostingEndRetracted | PostingVoided], key: str
) -> Row:
    row, event = held(row, recorded), recorded.event
    posting = f"{recorded.id}/{event.from_day}"
    others = tuple(step for step in row.steps if step.posting != posting)
    match event:
        case PostingVoided():
            return _of_officer(replace(row, steps=others))
        case PostingEnded():
            step = Step(_SERVED, event.last_day, posting)
        case _:
            step = Step(_SERVING, event.from_day, posting)
    return _of_officer(replace(row, steps=(*others, step)))


def _of_officer(row: Row) -> Row:
    whats = {step.what for step in row.steps}
    kept = Kept.VOIDED if _VOIDED in whats else Kept.OFFICER
    over_on = None if _SERVING in whats else max(step.on for step in row.steps)
    return _clocked(row, kept, over_on)


def _officer_key(recorded: Recorded) -> Iterable[str]:
    return (f"officer/{recorded.event.officer}",)


# communities, meetings, entries ------------------------------------------------------------------------------------


def _community(row: Row | None, recorded: Recorded[CommunityRegistered | CommunityVoided], key: str) -> Row:
    over_on = civil_day(recorded.occurred_at) if isinstance(recorded.event, CommunityVoided) else None
    if row is None:
        row = Row(
            id=key, category=key.partition("/")[0], community=recorded.event.code, kept=Kept.COMMUNITY
        )  # fmt: skip
    return _clocked(row, Kept.COMMUNITY, over_on)


def _community_keys(recorded: Recorded) -> Iterable[str]:
    return (f"community/{recorded.event.code}", f"roster/{recorded.event.code}")


def _meeting(row: Row | None, recorded: Recorded, key: str) -> Row:
    event, day = recorded.event, civil_day(recorded.occurred_at)
    row = row or Row(id=key, category="meeting", community=event.community, kept=Kept.MEETING)
    if isinstance(event, MeetingVoided):
        return _clocked(replace(row, corrected_position=recorded.position), Kept.VOIDED, day)
    return _clocked(row, Kept.MEETING, day)


def _entry(row: Row | None, recorded: Recorded, key: str) -> Row:
    event: Any = recorded.event
    stage, day = STAGES[type(event)], civil_day(recorded.occurred_at)
    community = getattr(event, "community", None)
    row = row or Row(id=key, category=key.partition("/")[0], community=community, kept=stage.kept)
    again = isinstance(event, KeyAreaReinspected | RectificationCompleted) and not event.passed
    return _clocked(row, stage.kept, day if stage.over and not again else None)


def _entry_voided(row: Row | None, recorded: Recorded, key: str) -> Row:
    """Of whatever kind: the reason that it was made void for is sealed."""
    row = row or Row(id=key, category=key.partition("/")[0], kept=Kept.VOIDED)
    return _clocked(
        replace(row, corrected_position=recorded.position), Kept.VOIDED, civil_day(recorded.occurred_at)
    )  # fmt: skip


# all of them -------------------------------------------------------------------------------------------------------


def _erased(row: Row | None, recorded: Recorded[PersonalDataErased], key: str) -> Row:
    return replace(held(row, recorded), erased_at=recorded.occurred_at)


def _erased_key(recorded: Recorded[PersonalDataErased]) -> Iterable[str]:
    """Where one party alone was erased, the case goes on being kept."""
    subject = recorded.event.subject
    return (subject,) if whole(subject) == subject else ()


def _own(recorded: Recorded) -> Iterable[str]:
    """What is sealed in a stream is sealed under the stream's own name."""
    return (recorded.stream,)


_Fold = Callable[[Row | None, Any, str], Row]
_Keys = Callable[[Any], Iterable[str]]
_FOLDS: Final[Mapping[type[Event], tuple[_Fold, _Keys]]] = {
    CaseReported: (_reported, _own),
    **dict.fromkeys((*_ENDINGS, *_REACHED), (_case_step, _own)),
    CaseStepRetracted: (_case_retracted, _own),
    CaseReopened: (_case_reopened, _own),
    CaseHandedDown: (_case_kind, _own),
    CaseReclassified: (_case_kind, _own),
    CaseCorrected: (_case_corrected, _own),
    OfficerEnrolled: (_enrolled, _own),
    OfficerVoided: (_officer_voided, _own),
    OfficerCorrected: (_officer_corrected, _own),
    **dict.fromkeys((OfficerPosted, PostingEnded, PostingEndRetracted, PostingVoided), (_posting, _officer_key)),
    **dict.fromkeys((CommunityRegistered, CommunityVoided), (_community, _community_keys)),
    **dict.fromkeys((MeetingConvened, MinutesSubmitted, MeetingVoided), (_meeting, _own)),
    **dict.fromkeys(STAGES, (_entry, _own)),
    **dict.fromkeys(_VOIDS, (_entry_voided, _own)),
    PersonalDataErased: (_erased, _erased_key),
}
"""What each event changes, and of which subjects."""


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    return _FOLDS[type(recorded.event)][0](row, recorded, key)


def _keys(recorded: Recorded) -> Iterable[str]:
    return _FOLDS[type(recorded.event)][1](recorded)


LEDGER = Ledger(
    name="retention",
    row=Row,
    handles=tuple(_FOLDS),
    keys=_keys,
    evolve=_evolve,
    title_zh="保管期限台账",
    title_en="What is kept until when",
    clause="3.1.4",
    filters=("community", "category", "kept"),
    by=OVERSIGHT,
    across=(
        OfficerPosted, PostingEnded, PostingEndRetracted, PostingVoided, CommunityRegistered, CommunityVoided,
        PersonalDataErased,
    ),
)  # fmt: skip
