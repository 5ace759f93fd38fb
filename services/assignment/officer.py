"""An officer 三官一师: a judge, prosecutor, police officer or lawyer who joins the programme (§3.1.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.assignment.commands import EnrolOfficer
from services.assignment.roles import OFFICE
from shared.contracts.assignment import OfficerEnrolled
from shared.contracts.codes import Profession
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass
from shared.contracts.model import Accepts, Context, Decider, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """What later decisions rest on."""

    profession: Profession


def decide(command: EnrolOfficer, officer: Officer | None, context: Context) -> Sequence[OfficerEnrolled]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    if officer is not None:
        raise Refused("already_enrolled", field="stream")
    return [
        OfficerEnrolled(
            profession=command.profession, unit=command.unit, name=command.name, phone=command.phone
        )
    ]  # fmt: skip


def evolve(officer: Officer | None, event: OfficerEnrolled, occurred_at: datetime) -> Officer:
    """The officer after an event that was decided about them."""
    return Officer(profession=event.profession)


DECIDER: Final[Decider[Officer | None]] = Decider(
    category="officer",
    accepts=(Accepts(EnrolOfficer, OFFICE, "3.1.3", creates=True),),
    events=(OfficerEnrolled,),
    initial=None,
    decide=decide,
    evolve=evolve,
)
