"""Intake's entries 情况登记: opinions, key areas, venues, hazards, fires (§3.3.2, 5.4, 5.5)."""

from datetime import timedelta
from typing import Any, Final

from services.intake.entry_commands import (
    AnswerOpinion,
    ClearHazard,
    InspectVenue,
    ListKeyArea,
    RecordOpinion,
    ReinspectKeyArea,
    ReportHazard,
    ReportMajorFire,
    VoidFinding,
)
from services.intake.ledgers import places
from shared.contracts.codes import Role
from shared.contracts.days import civil_day
from shared.contracts.entries import Entries, Entry, Step, kind
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
from shared.contracts.model import Context, Look, Refused

CLERKS: Final = frozenset({Role.CLERK, Role.OFFICE})
FINDERS: Final = CLERKS | {Role.OFFICER}
"""Officers hear opinions and see hazards on their rounds."""
OFFICE: Final = frozenset({Role.OFFICE})
LONGEST: Final = timedelta(days=366)
"""After how long what was found is due at the latest (this product's proposal): what is due in a far year is never
late, and judged by nobody."""


def _place(command: Any, id: str, look: Look) -> places.Row | None:
    return look.row(places.LEDGER, command.community)


def _known(command: Any, entry: Entry | None, context: Context) -> dict[str, str]:
    """The community under its code, whichever of its two keys was given."""
    place: places.Row | None = context.facts
    if place is None:
        raise Refused("unknown_community", field="community")
    return {"community": place.community}


def _known_and_due(command: Any, entry: Entry | None, context: Context) -> dict[str, str]:
    """The same, and it is not due before it was found, nor long afterwards."""
    found_on = civil_day(context.at)
    if command.due_on < found_on:
        days = {"due_on": command.due_on.isoformat(), "found_on": found_on.isoformat()}
        raise Refused("due_before_found", field="due_on", **days)
    if command.due_on > found_on + LONGEST:
        raise Refused("due_too_far", field="due_on", due_on=command.due_on.isoformat(), most=LONGEST.days)
    return _known(command, entry, context)


OPINIONS: Final = kind(
    "opinions", ("意见建议台账", "Opinions"),
    Step(RecordOpinion, OpinionRecorded, FINDERS, "3.3.2", facts=_place, check=_known),
    Step(
        AnswerOpinion, OpinionAnswered, CLERKS, "3.3.2", after=(OpinionRecorded, OpinionAnswered), at="answered_at"
    ),
    filters=("grid", "topic", "outcome"),
)  # fmt: skip
KEY_AREAS: Final = kind(
    "key_areas", ("重点地区整治台账", "Key areas"),
    Step(ListKeyArea, KeyAreaListed, OFFICE, "5.4", facts=_place, check=_known_and_due),
    Step(
        ReinspectKeyArea, KeyAreaReinspected, OFFICE, "5.4", after=(KeyAreaListed, KeyAreaReinspected),
        at="reinspected_at",
    ),
    filters=("grid", "area", "passed"),
)  # fmt: skip
VENUES: Final = kind(
    "venues", ("场所检查台账", "Venues inspected"),
    Step(InspectVenue, VenueInspected, FINDERS, "5.5", facts=_place, check=_known),
    filters=("venue",),
)  # fmt: skip
HAZARDS: Final = kind(
    "hazards", ("隐患台账", "Hazards"),
    Step(ReportHazard, HazardFound, FINDERS, "5.5", facts=_place, check=_known_and_due),
    Step(ClearHazard, HazardCleared, FINDERS, "5.5", after=(HazardFound,), at="cleared_at"),
    filters=("grid", "hazard", "severity"),
)  # fmt: skip
FIRES: Final = kind(
    "major_fires", ("火灾事故台账", "Major fires"),
    Step(ReportMajorFire, MajorFireReported, OFFICE, "5.5", facts=_place, check=_known),
    filters=("grade",),
)  # fmt: skip

ENTRIES: Final = Entries("finding", (OPINIONS, KEY_AREAS, VENUES, HAZARDS, FIRES), VoidFinding, FindingVoided, CLERKS)
