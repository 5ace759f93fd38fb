"""Opening what is sealed, never without a trace: first the reading is recorded, then the box is opened.

Readings go to a log of their own, `<log>.access`, which no ledger follows and no relay publishes; it is sealed and
verified as every log is. Rules for two persons, further fields and the anchoring of its root come to this one place.
"""

from datetime import datetime

from shared.contracts.access import Purpose, SealedFieldRead
from shared.contracts.event import Actor
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused
from shared.log.append import Appended, Proposal
from shared.log.appender import Appender
from shared.log.vault import Unreadable, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Who wants to open what, and for what."""

    id: str
    """New for each reading: opening the same field again is another one."""
    log: str
    actor: Actor
    case: str
    field: str
    item: str | None
    purpose: Purpose
    at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """What a box held, and where its reading stands in the log of readings."""

    value: str
    position: int


def access_log(log: str) -> str:
    """The log of the readings of a sub-district's sealed fields."""
    return f"{log}.access"


async def read_sealed(reading: Reading, box: str, appender: Appender, vault: Vault) -> Opened:
    """Record the reading, and only when it is durable open the box.

    Raises what the append raises, and then nothing was opened; `Refused("erased")` where the key was destroyed, and
    then the attempt stays recorded.
    """
    told = SealedFieldRead(case=reading.case, field=reading.field, item=reading.item, purpose=reading.purpose)
    recorded = await appender.append(
        Proposal(
            owner=SealedFieldRead.OWNER, log=access_log(reading.log), stream=f"reading/{reading.id}", expected=0,
            command_id=reading.id, actor=reading.actor, cause=None, occurred_at=reading.at, facts_at=None,
            events=(told,), body_mac=vault.body_mac(told),
        )
    )  # fmt: skip
    if not isinstance(recorded, Appended) or recorded.repeated:
        raise Refused("busy")  # an id that was used before is no new reading
    try:
        return Opened(vault.open(reading.log, box), recorded.position)
    except Unreadable:
        raise Refused("erased") from None
