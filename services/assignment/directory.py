"""The directory 社区名录 (§3.1.1): one stream for all of a sub-district's communities, so that no two of them have one
code or one name, however many are entered at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.assignment.commands import RegisterCommunity
from services.assignment.roles import OFFICE
from shared.contracts.assignment import CommunityRegistered
from shared.contracts.days import refuse_future
from shared.contracts.frozen import dataclass
from shared.contracts.model import Accepts, Context, Decider, Refused


@dataclass(frozen=True, slots=True)
class Directory:
    """What later decisions rest on."""

    codes: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def decide(command: RegisterCommunity, directory: Directory, context: Context) -> Sequence[CommunityRegistered]:
    """The events that a command leads to; raises `Refused` with a code of `refusals.REFUSALS`."""
    refuse_future(context)
    if len(command.code) != 12 or not command.code.startswith(context.log):
        raise Refused("foreign_code", field="code", log=context.log)
    if command.code in directory.codes:
        raise Refused("already_registered", field="code")
    if command.name in directory.names:
        raise Refused("name_taken", field="name")
    return [
        CommunityRegistered(
            code=command.code, name=command.name, grids=command.grids, households=command.households
        )
    ]  # fmt: skip


def evolve(directory: Directory, event: CommunityRegistered, occurred_at: datetime) -> Directory:
    """The directory after a community was entered."""
    return Directory(directory.codes | {event.code}, directory.names | {event.name})


def _sub_district(command: RegisterCommunity) -> str:
    return command.code[:9]


DECIDER: Final[Decider[Directory]] = Decider(
    category="directory",
    accepts=(Accepts(RegisterCommunity, OFFICE, "3.1.1", id=_sub_district),),
    events=(CommunityRegistered,),
    initial=Directory(),
    decide=decide,
    evolve=evolve,
)
