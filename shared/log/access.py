"""Opening what is sealed, never without a trace: first the reading is recorded, then the boxes are opened.

Readings go to a log of their own, `<log>.access`, which no ledger follows and no relay publishes; it is sealed and
verified as every log is, and its size and root are made fast in the sub-district's own log day by day
(`shared.log.anchoring`). Whoever shows what a box holds comes through here (a test holds the sources to it).
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.contracts.access import CardIssued, PersonSought, Purpose, SealedFieldRead
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
    stream = f"{of_subject(reading.subject)}{reading.id}"
    position = await _recorded(reading.id, stream, reading.log, reading.actor, reading.at, told, appender, vault)
    opened = await asyncio.to_thread(vault.open_all, reading.log, reading.boxes.values())
    if not opened:
        raise Refused("erased")
    values = {field: opened[box] for field, box in reading.boxes.items() if box in opened}
    return Opened(values, [field for field in reading.boxes if field not in values], position)


def of_subject(subject: str) -> str:
    """How the streams of the readings of a subject begin: so its readings are found without those of all others."""
    return f"read/{subject}/"


async def sought(
    id: str, log: str, actor: Actor, purpose: Purpose, found: int | None, at: datetime, appender: Appender,
    vault: Vault, *, request: str | None = None, begun: int | None = None,
) -> int:  # fmt: skip
    """Record that somebody's cases are looked for, before any box is opened (`found` is None), and how many there were,
    before that is told; gives where it stands. `begun` is where the first of the two does."""
    told = PersonSought(purpose=purpose, found=found, request=request)
    cause = None if begun is None else f"{access_log(log)}/{begun}"
    return await _recorded(id, f"sought/{id}", log, actor, at, (told,), appender, vault, cause)


async def card_issued(
    id: str, log: str, actor: Actor, case: str, card: str, at: datetime, appender: Appender, vault: Vault
) -> int:
    """Record who hands a resident's card out, before its code opens anything; gives where that stands."""
    told = CardIssued(case=case, card=card)
    return await _recorded(id, f"card/{card}", log, actor, at, (told,), appender, vault)


async def _recorded(
    id: str, stream: str, log: str, actor: Actor, at: datetime, told: Sequence[Event], appender: Appender,
    vault: Vault, cause: str | None = None,
) -> int:  # fmt: skip
    """The position of the first of these events, once all are durable."""
    recorded = await appender.append(
        Proposal(
            owner=SealedFieldRead.OWNER, log=access_log(log), stream=stream, expected=0, command_id=id,
            actor=actor, cause=cause, occurred_at=at, facts_at=None, events=told, body_mac=vault.body_mac(told),
        )
    )  # fmt: skip
    if not isinstance(recorded, Appended) or recorded.repeated:
        raise Refused("busy")  # an id that was used before is no new reading
    return recorded.position
