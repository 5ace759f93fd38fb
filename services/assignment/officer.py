"""An officer 三官一师: a judge, prosecutor, police officer or lawyer who joins the programme (§3.1.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, assert_never, get_args

from services.assignment.commands import CorrectOfficer, EnrolOfficer, VoidOfficer
from services.assignment.ledgers import roster
from services.assignment.roles import OFFICE
from shared.contracts.assignment import OfficerCorrected, OfficerEnrolled, OfficerEvent, OfficerVoided
from shared.contracts.codes import Profession
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass, replace
from shared.contracts.model import Accepts, Context, Decider, Look, Refused

Command = EnrolOfficer | CorrectOfficer | VoidOfficer


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """What later decisions rest on."""

    profession: Profession
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledgers say of the officer."""

    posted: bool = False
    """Whether they were ever posted, and that is not void."""


def decide(command: Command, officer: Officer | None, context: Context) -> Sequence[OfficerEvent]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    if isinstance(command, EnrolOfficer):
        return [_enrolled(command, officer)]
    if officer is None or officer.voided:
        raise Refused("officer_not_enrolled", field="stream")
    facts: Facts = context.facts
    match command:
        case CorrectOfficer():
            return [_corrected(command, officer, facts)]
        case VoidOfficer():
            if facts.posted:
                raise Refused("officer_posted", field="stream", allowed=("correct-officer", "void-posting"))
            return [OfficerVoided(reason=command.reason)]
        case _:
            assert_never(command)


def _enrolled(command: EnrolOfficer, officer: Officer | None) -> OfficerEnrolled:
    if officer is not None and not officer.voided:
        raise Refused("already_enrolled", field="stream", allowed=("correct-officer", "void-officer"))
    return OfficerEnrolled(
        profession=command.profession, unit=command.unit, name=command.name, phone=command.phone
    )  # fmt: skip


def _corrected(command: CorrectOfficer, officer: Officer, facts: Facts) -> OfficerCorrected:
    profession = None if command.profession is officer.profession else command.profession
    if (profession, command.unit, command.name, command.phone) == (None,) * 4:
        raise Refused("nothing_changes")
    if profession is not None and facts.posted:
        raise Refused("officer_posted", field="profession", allowed=("void-posting",))
    return OfficerCorrected(
        reason=command.reason, profession=profession, unit=command.unit, name=command.name, phone=command.phone
    )


def evolve(officer: Officer | None, event: OfficerEvent, occurred_at: datetime) -> Officer:
    """The officer after an event that was decided about them."""
    if isinstance(event, OfficerEnrolled):
        return Officer(profession=event.profession)
    assert officer is not None, "every officer begins with being enrolled"
    match event:
        case OfficerCorrected():
            return replace(officer, profession=event.profession or officer.profession)
        case OfficerVoided():
            return replace(officer, voided=True)
        case _:
            assert_never(event)


def _posted(command: CorrectOfficer | VoidOfficer, id: str, look: Look) -> Facts:
    return Facts(any(not posting.voided for posting in look.rows(roster.LEDGER, officer=id)))


DECIDER: Final[Decider[Officer | None]] = Decider(
    category="officer",
    accepts=(
        Accepts(EnrolOfficer, OFFICE, "3.1.3", creates=True),
        Accepts(CorrectOfficer, OFFICE, "3.1.3", facts=_posted),
        Accepts(VoidOfficer, OFFICE, "3.1.3", facts=_posted),
    ),
    events=get_args(OfficerEvent),
    initial=None,
    decide=decide,
    evolve=evolve,
)
