"""How cases came out (§3.2.1, §5.1): evidence of scores, folded from intake's cases and assignment's handlers.

One row per case. Nothing of it is personal: the case's id is opaque, and sealed fields are not looked at.
"""

from collections.abc import Mapping, Set
from datetime import date
from typing import Final

from services.assessment.evidence.items import Fields, Item
from services.assessment.evidence.marks import STRUCK, Mark, changed, last, mark, marked, struck
from shared.contracts.assignment import HandlerAssigned, WorkRetracted
from shared.contracts.codes import Basis, CaseKind
from shared.contracts.event import Event, Recorded
from shared.contracts.frozen import dataclass, replace
from shared.contracts.intake import (
    CaseAccepted,
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
    CaseStep,
    CaseStepRetracted,
    CaseTerminated,
    CaseVoided,
    CaseWithdrawn,
)
from shared.contracts.model import Ledger, held

ENDINGS = frozenset(
    {"declined", "linked", "withdrawn", "resolved", "terminated", "terminated_untold", "referred", "referred_outside"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case, as far as scores are concerned."""

    id: str
    community: str
    grid: str | None
    kind: str
    """As it was first entered, corrections included; marks say what it became later."""
    moved_from: tuple[str, ...]
    """Communities under which it was entered wrongly before."""
    taken_over: bool
    """Entered from a paper ledger."""
    marks: tuple[Mark, ...]
    tiers: tuple[str, ...] = ()
    """Where it was settled, each time: of its marks `resolved`, struck out or not."""
    earlier: tuple[tuple[int, "Row"], ...] = ()


def _evolve(row: Row | None, recorded: Recorded, key: str) -> Row:
    event = recorded.event
    if type(event) is CaseReported:
        return Row(
            id=key, community=event.community, grid=event.grid, kind=event.kind, moved_from=(),
            taken_over=event.basis is Basis.PAPER_LEDGER, marks=(mark(recorded, "reported"),),
        )  # fmt: skip
    row = held(row, recorded)
    if type(event) is CaseCorrected:
        return _corrected(row, event, recorded)
    if type(event) is CaseStepRetracted:
        return struck(row, recorded, _LEFT.get(event.step, ENDINGS))
    if type(event) is WorkRetracted:
        unassigned = event.handler is not None and event.handler.officer is None
        return struck(row, recorded, {"answered_for"}) if unassigned else row
    if type(event) is CaseResolved:
        return marked(row, recorded, "resolved", tiers=(*row.tiers, event.tier))
    return marked(row, recorded, _PLAIN.get(type(event)) or _told(event))


_PLAIN: Final[Mapping[type[Event], str]] = {
    CaseAccepted: "accepted",
    CaseHandedDown: "handed_down",
    CaseDeclined: "declined",
    CaseLinkedAsDuplicate: "linked",
    CaseWithdrawn: "withdrawn",
    CaseReopened: "reopened",
    CaseVoided: "voided",
    HandlerAssigned: "answered_for",
}
"""The marks of events that always leave the same one."""


_LEFT: Final[Mapping[CaseStep, Set[str]]] = {
    CaseStep.ACCEPTED: {"accepted"},
    CaseStep.FOLLOWED_UP: {"found_stable", "found_unstable"},
    CaseStep.VOIDED: {"voided"},
    CaseStep.CLOSED: frozenset(),
    **{step: frozenset() for step in CaseStep if not step.of_life},
}
"""The marks that a step left, where it did not end the case."""


def _told(event: object) -> str:
    """The mark's name where it depends on what the event tells. Endings that are counted apart have their own."""
    match event:
        case CaseReferred(outside=outside):
            return "referred_outside" if outside else "referred"
        case CaseTerminated(remedies_told=told):
            # The law makes telling the remedies part of the ending; an old paper ledger does not say.
            return "terminated_untold" if told is False else "terminated"
        case CaseFollowedUp(stable=stable):
            return "found_stable" if stable else "found_unstable"
        case CaseReclassified(kind=kind):
            return f"kind:{kind}"
        case _:
            raise TypeError(type(event))


def _corrected(row: Row, event: CaseCorrected, recorded: Recorded) -> Row:
    """A correction is about what was always so: it changes the earlier marks themselves, and leaves one of its own."""
    if (event.community, event.grid, event.kind, event.reported_on, event.resolved_on) == (None,) * 5:
        return row  # nothing that is counted
    marks = row.marks
    if event.reported_on is not None:
        marks = _moved(marks, {"reported"}, event.reported_on)
    if event.resolved_on is not None:
        marks = _moved(marks, ENDINGS, event.resolved_on)
    if event.handed_down_at is not None:
        marks = _handed_down_after_all(marks)
    elif event.kind is not None:
        marks = tuple(_of_kind(m, event.kind) for m in marks)
    # A correction counts from the row's first day, for it says how things were.
    note = replace(mark(recorded, "corrected"), on=marks[0].on)
    moved = event.community is not None and event.community != row.community
    return changed(
        row,
        recorded,
        marks=(*marks, note),
        community=event.community or row.community,
        grid=event.grid or row.grid,
        kind=row.kind if event.kind is None or event.handed_down_at is not None else event.kind,
        moved_from=(*row.moved_from, row.community) if moved else row.moved_from,
    )


def _of_kind(m: Mark, kind: CaseKind) -> Mark:
    """A mark after a correction of the kind: what was handed down is backlog, and so it was not."""
    if m.what.startswith("kind:"):
        return replace(m, what=f"kind:{kind}")
    if m.what == "handed_down" and kind is not CaseKind.BACKLOG:
        return replace(m, what=f"{STRUCK}handed_down")
    return m


def _handed_down_after_all(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """A correction had struck out the last mark of it."""
    out = f"{STRUCK}handed_down"
    at = max((at for at, m in enumerate(marks) if m.what == out), default=None)
    if at is None:
        return marks
    return (*marks[:at], replace(marks[at], what="handed_down"), *marks[at + 1 :])


def _moved(marks: tuple[Mark, ...], names: Set[str], on: date) -> tuple[Mark, ...]:
    """The marks with the last one of those names put on another day."""
    at = max((at for at, m in enumerate(marks) if m.what in names), default=None)
    return marks if at is None else (*marks[:at], replace(marks[at], on=on), *marks[at + 1 :])


def item(row: Row, as_of: date, known_from: date = date.max) -> Item:
    """The case as it stood at the end of a day. It counts as taken over from paper, and is judged by the days that are
    written there, where it was reported before the day from which on the log knew its community."""
    reported = row.marks[0].on
    fields: Fields = {
        "grid": row.grid, "kind": row.kind, "reported_on": reported, "accepted_on": None, "handed_down_on": None,
        "ended": None, "ended_on": None, "tier": None, "kept_since": None, "unstable_on": None, "letter_on": None,
        "contact_missed_on": None, "letter_owed": True, "over_on_paper": False, "settled_in_time": False,
        "settle_by": None, "settled_entered_on": None,
    }  # fmt: skip
    for m in row.marks:  # in the order of the log, which is the order of the case's own stream
        if m.on <= as_of:
            _put(fields, m)
    if fields["accepted_on"] is not None and row.taken_over:
        fields["accepted_on"] = reported  # paper gives one day for both
    if fields["handed_down_on"] is None and fields["kind"] == CaseKind.BACKLOG:
        fields["handed_down_on"] = reported
    if fields["kept_since"] is None and fields["ended"] == "resolved":
        fields["kept_since"] = fields["ended_on"]
    if fields["ended"] == "resolved":
        fields["tier"] = _tier(row, as_of)
    voided = any(m.what == "voided" for m in row.marks)
    counts = not voided and reported <= as_of
    return Item(
        "cases", row.id, row.community, fields, row.marks, counts, row.taken_over and reported < known_from,
        row.moved_from, case=row.id, day=as_of,
    )  # fmt: skip


def void(row: Row, as_of: date) -> Item | None:
    """The case as one that was made void 作废, and how it stood then; none where nobody made it so."""
    told = last(row.marks, "voided", f"{STRUCK}voided")
    if told is None:
        return None
    reported = row.marks[0].on
    fields: Fields = {"reported_on": reported, "voided_on": told.on, "ended": ended_before(row, told)}
    counts = told.what == "voided" and reported <= as_of
    return Item(
        "voids", row.id, row.community, fields, row.marks, counts, moved_from=row.moved_from, case=row.id, day=as_of
    )


def ended_before(row: Row, told: Mark) -> str | None:
    """How the case had ended when something was told of it; None where it was open."""
    turn = last([m for m in row.marks if m.position < told.position], *ENDINGS, "reopened")
    return None if turn is None or turn.what == "reopened" else turn.what


def _tier(row: Row, as_of: date) -> str | None:
    """Where it was settled by the last resolution that had come by a day."""
    told = [m for m in row.marks if m.what.removeprefix(STRUCK) == "resolved"]
    stood = (tier for m, tier in zip(told, row.tiers, strict=False) if m.what == "resolved" and m.on <= as_of)
    return next(reversed(list(stood)), None)


def _put(fields: Fields, m: Mark) -> None:
    """What one mark says of the case from its day on."""
    if m.what.startswith("kind:"):
        fields["kind"] = m.what.removeprefix("kind:")
    elif m.what == "accepted":
        fields["accepted_on"] = m.on
    elif m.what == "handed_down":
        fields["handed_down_on"], fields["kind"] = m.on, CaseKind.BACKLOG.value
    elif m.what in ENDINGS:
        fields["ended"], fields["ended_on"] = m.what, m.on
    elif m.what == "reopened":
        fields["ended"] = fields["ended_on"] = None
    elif m.what == "answered_for":
        fields["kept_since"] = m.on
    elif m.what in ("found_stable", "found_unstable"):
        fields["unstable_on"] = m.on if m.what == "found_unstable" else None


LEDGER = Ledger(
    name="case_results",
    row=Row,
    handles=(
        CaseReported, CaseAccepted, CaseDeclined, CaseHandedDown, CaseLinkedAsDuplicate, CaseReclassified,
        CaseReferred, CaseWithdrawn, CaseResolved, CaseTerminated, CaseFollowedUp, CaseReopened, CaseCorrected,
        CaseVoided, CaseStepRetracted, HandlerAssigned, WorkRetracted,
    ),
    evolve=_evolve,
    title_zh="案件结果（考核依据）",
    title_en="How cases came out (evidence)",
    clause="5.1",
)  # fmt: skip
