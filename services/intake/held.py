"""What is held about a person in a case 查阅复制 (个人信息保护法 45): the answer's shape, and how it is put together.

The person gets their own fields, what happened in the case and when, who read it, how long it is kept and to whom it
goes. What others said of the matter, and other parties, are theirs: such texts are named and stay sealed (45 with 18,
35); the office decides about them one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.intake.ledgers import cases
from shared.contracts.access import Purpose, SealedFieldRead
from shared.contracts.codes import CaseKind, CaseStatus, DisputeType, Named, PartyRole, Source
from shared.contracts.event import Recorded
from shared.contracts.frozen import dataclass
from shared.contracts.personal import boxes, personal

OWN = ("name", "phone", "id_number")
"""A party's sealed fields."""


class RecipientKind(Named):
    """Who gets the case's events 接收方; what is sealed in them stays sealed for each."""

    SERVICE = "service", "系统内服务", "a service of this system"
    MACHINE = "machine", "持机器令牌的接收方", "who reads the record with a kept token"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPerson:
    """The person's own fields; None for what was never told, or was erased."""

    role: PartyRole
    name: str | None
    phone: str | None
    id_number: str | None
    erased: tuple[str, ...]
    """Fields that were there and were erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCase:
    """The case, as far as it is not sealed."""

    community: str
    grid: str | None
    kind: CaseKind
    dispute_type: DisputeType
    source: Source | None
    status: CaseStatus
    reported_at: datetime
    accepted_at: datetime | None
    due_on: date | None
    ended_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEvent:
    """Something that was recorded of the case."""

    position: int
    stream: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    by: str
    """The role of who recorded it."""
    sealed: tuple[str, ...]
    """What was said in it and stays sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldReading:
    """Somebody opened something that concerns the person."""

    at: datetime
    who: str
    role: str
    for_whom: str | None
    field: str
    purpose: Purpose
    grant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClock:
    """How long it is kept 保管期限; no day as long as the case goes on."""

    kept: str | None
    over_on: date | None
    due_on: date | None
    restricted_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets the case's events, sealed as they are."""

    kind: RecipientKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """All that is held about a party of a case."""

    log: str
    case: str
    party: int
    person: HeldPerson
    facts: HeldCase
    events: tuple[HeldEvent, ...]
    readings: tuple[HeldReading, ...]
    clock: HeldClock
    recipients: tuple[Recipient, ...]
    reading: str
    """Where the reading of this answer itself stands in the log of readings: its first field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCase:
    """A case in which the person is a party."""

    case: str
    party: int
    """Counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCases:
    """The cases in which the person is a party: ids and numbers, nothing of what they say."""

    log: str
    cases: tuple[FoundCase, ...]
    reading: str
    """Where it is recorded that they were looked for."""


def own_fields(row: cases.Row, party: int) -> list[str]:
    """The names of a party's own sealed fields; none where there is no such party."""
    if party >= len(row.parties):
        return []
    return [place for place, _ in boxes(row, ("parties",)) if place.startswith(f"parties/{party}/")]


def person(row: cases.Row, party: int, values: Mapping[str, str], erased: Iterable[str]) -> HeldPerson:
    """The person's own fields, by what their boxes held."""
    told = {name: values.get(f"parties/{party}/{name}") for name in OWN}
    gone = tuple(place.rpartition("/")[2] for place in erased)
    return HeldPerson(role=row.parties[party].role, erased=gone, **told)


def facts(row: cases.Row) -> HeldCase:
    """What is not sealed of the case."""
    return HeldCase(**{name: getattr(row, name) for name in HeldCase.__dataclass_fields__})


def happened(history: Iterable[Recorded]) -> tuple[HeldEvent, ...]:
    """The case's events, by kind and time, with the names of what is sealed in them."""
    ordered = sorted(history, key=lambda one: one.position)
    return tuple(
        HeldEvent(
            position=one.position, stream=one.stream, type=one.type, occurred_at=one.occurred_at,
            recorded_at=one.recorded_at, by=one.actor.role, sealed=_sealed(one.event),
        )
        for one in ordered
    )  # fmt: skip


def _sealed(event: Any) -> tuple[str, ...]:
    plan = personal(type(event))
    names = (*plan.fields, *plan.lists, *(name for name, _, _ in plan.within))
    return tuple(place for place, _ in boxes(event, names))


def read(readings: Iterable[Recorded], subject: str, party: int) -> tuple[HeldReading, ...]:
    """Who opened what of the case, but for what is another party's alone."""
    concerning = [
        one for one in readings
        if isinstance(one.event, SealedFieldRead) and one.event.subject == subject and _concerns(one.event.field, party)
    ]  # fmt: skip
    return tuple(
        HeldReading(
            at=one.recorded_at, who=one.actor.id, role=one.actor.role, for_whom=one.actor.on_behalf_of,
            field=one.event.field, purpose=one.event.purpose, grant=one.event.grant,
        )
        for one in concerning
    )  # fmt: skip


def _concerns(field: str, party: int) -> bool:
    return not field.startswith("parties/") or field.startswith(f"parties/{party}/")


def recipients(services: Sequence[str], machines: Sequence[str]) -> tuple[Recipient, ...]:
    """Who gets the case's events."""
    return (
        *(Recipient(kind=RecipientKind.SERVICE, name=name) for name in services),
        *(Recipient(kind=RecipientKind.MACHINE, name=name) for name in machines),
    )
