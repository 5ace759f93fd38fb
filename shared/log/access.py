"""Opening what is sealed, never without a trace: first the reading is recorded, then the boxes are opened.

Readings go to a log of their own, `<log>.access`, which no ledger follows and no relay publishes; it is sealed and
verified as every log is, and its size and root are made fast in the sub-district's own log day by day
(`shared.log.anchoring`). Whoever shows what a box holds comes through here (a test holds the sources to it).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.contracts.access import PersonSought, Purpose, SealedFieldRead
from shared.contracts.event import Actor, Event
from shared.contracts.frozen import dataclass
from shared.contracts.model import Refused
from shared.contracts.personal import key_of
from shared.log.append import Appended, Proposal
from shared.log.appender import Appender
from shared.log.vault import Vault

_SUFFIX: Final = ".access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Who wants to open what, and for what."""

    id: str
    """New for each reading: opening the same field again is another one."""
    log: str
    actor: Actor
    subject: str
    """Whose keys seal it: `case/0f3a`."""
    case: str
    item: str | None
    purpose: Purpose
    boxes: Mapping[str, str]
    """What is to be opened, by field."""
    at: datetime
    grant: str | None = None
    """The unmasking or the broken glass by which it is opened."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What boxes held, by field, and where the first field's reading stands in the log of readings; the others follow
    it. What was erased holds nothing."""

    values: Mapping[str, str]
    erased: Sequence[str]
    position: int


def access_log(log: str) -> str:
    """The log of the readings of a sub-district's sealed fields."""
    return f"{log}{_SUFFIX}"


def read_of(log: str) -> str | None:
    """The log whose readings a log holds; None for a log of another kind."""
    return log.removesuffix(_SUFFIX) if log.endswith(_SUFFIX) else None


async def read_sealed(reading: Reading, appender: Appender, vault: Vault) -> Opened:
    """Record the reading of every field, all or none, and only when that is durable open the boxes.

    Raises what the append raises, and then nothing was opened; `Refused("erased")` where every key was destroyed, and
    then the attempt stays recorded.
    """
    if any(key_of(box).partition("#")[0] != reading.subject for box in reading.boxes.values()):
        raise ValueError("a box of another subject")  # nobody looked whether that may be opened
    told = tuple(
        SealedFieldRead(
            case=reading.case, field=field, item=reading.item, purpose=reading.purpose, subject=reading.subject,
            grant=reading.grant,
        )
        for field in reading.boxes
    )  # fmt: skip
    position = await _recorded(reading.id, reading.log, reading.actor, reading.at, told, appender, vault)
    opened = await asyncio.to_thread(vault.open_all, reading.log, reading.boxes.values())
    if not opened:
        raise Refused("erased")
    values = {field: opened[box] for field, box in reading.boxes.items() if box in opened}
    return Opened(values, [field for field in reading.boxes if field not in values], position)


async def sought(
    id: str, log: str, actor: Actor, purpose: Purpose, found: int, at: datetime, appender: Appender, vault: Vault
) -> int:
    """Record that somebody's cases were looked for and how many there were; gives where that stands. Nothing is told
    before that."""
    told = PersonSought(purpose=purpose, found=found)
    return await _recorded(id, log, actor, at, (told,), appender, vault)


async def _recorded(
    id: str, log: str, actor: Actor, at: datetime, told: Sequence[Event], appender: Appender, vault: Vault
) -> int:
    """The position of the first of these events, once all are durable."""
    recorded = await appender.append(
        Proposal(
            owner=SealedFieldRead.OWNER, log=access_log(log), stream=f"reading/{id}", expected=0, command_id=id,
            actor=actor, cause=None, occurred_at=at, facts_at=None, events=told, body_mac=vault.body_mac(told),
        )
    )  # fmt: skip
    if not isinstance(recorded, Appended) or recorded.repeated:
        raise Refused("busy")  # an id that was used before is no new reading
    return recorded.position
