"""What is appended, what comes of it, and the judgement that both databases share."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from shared.contracts.event import Actor, Envelope
from shared.contracts.frozen import dataclass
from shared.log.blind import Entry
from shared.log.codec import Codec, leaf_of
from shared.log.vault import NewKey

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS: Final = 221_845_391_999_999_999
"""The last microsecond before the year 9000: what is stored beyond it was never taken from a clock."""


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(us: int) -> datetime:
    """The moment, in UTC."""
    return EPOCH + timedelta(microseconds=us)


def stored_moment(us: object) -> datetime:
    """The same of what nothing proves, and a tampered database may therefore hold as anything: 1970 where it is no
    moment that a calendar has."""
    return moment(us) if isinstance(us, int) and 0 <= us <= MOMENTS else EPOCH


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one command wants appended: all of it or nothing."""

    owner: str
    """The service that decided: it appends its own events only."""
    log: str
    stream: str
    expected: int
    """The stream's version that the decision rests on, as read from the log; 0 for a stream that does not exist.

    One that is too low is a conflict. One that is too high is not seen where the batch goes in as a whole, so it must
    never come from a client."""
    command_id: str
    actor: Actor
    cause: str | None
    occurred_at: datetime
    facts_at: int | None
    events: Sequence[Any]
    body_mac: bytes
    keys: tuple[NewKey, ...] = ()
    moments: Sequence[datetime] | None = None
    """When each event happened, where they happened at several times; else all at `occurred_at`."""
    sealed_under: str | None = None
    """The subject that it was sealed under, where that may have keys already: a conflict where it was destroyed."""
    held_keys: Sequence[str] = ()
    """The names of those keys, as they were known: a conflict where one of them is not stored any more."""
    entries: tuple[Entry, ...] = ()
    """Of the blind index."""


class NotTheOwner(Exception):
    """A service tried to append another service's event (invariant 8)."""


@dataclass(frozen=True, slots=True)
class Appended:
    """In the log for ever: the positions, dense from `position`, and the stream's last version."""

    position: int
    version: int
    types: tuple[str, ...]
    stream: str
    repeated: bool = False
    """Whether this is the first answer to the same command, given again."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The decision rests on a state that is no longer the last one: load it again and decide again."""

    version: int


@dataclass(frozen=True, slots=True)
class Reused:
    """The command id was used before, with another body."""


Outcome = Appended | Conflict | Reused


@dataclass(frozen=True, slots=True)
class Answered:
    """What the log knows of a command id: the digest of its body and the first answer."""

    body_mac: bytes
    answer: Appended


class Line(NamedTuple):
    """One event as a row, ready to be inserted; its position is known by the database alone."""

    stream: str
    version: int
    type: str
    command_id: str
    ordinal: int
    body_mac: bytes | None
    leaf: bytes
    bytes: bytes


def lines(codec: Codec, proposals: Iterable[Proposal], recorded_at: datetime) -> list[Line]:
    """The rows of a batch: envelopes, canonical bytes, leaves."""
    made: list[Line] = []
    for proposal in proposals:
        for ordinal, event in enumerate(proposal.events):
            version = proposal.expected + ordinal + 1
            envelope = Envelope(
                log=proposal.log, stream=proposal.stream, version=version, type=event.NAME,
                command_id=proposal.command_id, ordinal=ordinal, actor=proposal.actor, cause=proposal.cause,
                occurred_at=proposal.moments[ordinal] if proposal.moments else proposal.occurred_at,
                recorded_at=recorded_at, facts_at=proposal.facts_at, data=event,
            )  # fmt: skip
            data = codec.encode(envelope)
            mac = proposal.body_mac if ordinal == 0 else None
            made.append(
                Line(proposal.stream, version, event.NAME, proposal.command_id, ordinal, mac, leaf_of(data), data)
            )
    return made


def placed(proposals: Sequence[Proposal], position: int) -> list[Outcome]:
    """The answers to a batch that went in as a whole, its first event at `position`."""
    answers: list[Outcome] = []
    for proposal in proposals:
        types = tuple(event.NAME for event in proposal.events)
        answers.append(Appended(position, proposal.expected + len(types), types, proposal.stream))
        position += len(types)
    return answers


def known_before(batch: Iterable[Proposal]) -> tuple[list[str], list[str]]:
    """What must not have been destroyed (the subjects that a batch was sealed under, and the parts that get new keys),
    and the names of the keys that were known before."""
    trusting = [proposal for proposal in batch if proposal.sealed_under is not None]
    return (
        list(
            {
                name
                for proposal in trusting
                for name in (str(proposal.sealed_under), *(k.subject for k in proposal.keys))
            }
        ),
        list({name for proposal in trusting for name in proposal.held_keys}),
    )


class Known(Protocol):
    """What the judgement asks of the locked log."""

    def versions(self, log: str, streams: Sequence[str]) -> Mapping[str, int]: ...
    def answers(self, log: str, command_ids: Sequence[str]) -> Mapping[str, Answered]: ...
    def key_subjects(self, log: str, subjects: Sequence[str]) -> set[str]: ...
    def destroyed(self, log: str, subjects: Sequence[str]) -> set[str]: ...


def judge(batch: Sequence[Proposal], known: Known) -> list[Outcome | None]:
    """For each proposal of one log: its refusal or its first answer; None for those to be inserted.

    Within a batch a command id, a stream or a key that an earlier proposal takes is taken: the later one is told to
    decide again, and then meets the earlier one's result.
    """
    log = batch[0].log
    versions = dict(known.versions(log, list({p.stream for p in batch})))
    answers = known.answers(log, list({p.command_id for p in batch}))
    new = [key.subject for p in batch for key in p.keys]
    taken_keys = known.key_subjects(log, new) if new else set()
    subjects, names = known_before(batch)
    destroyed = known.destroyed(log, subjects) if subjects else set()
    lost = {*names} - known.key_subjects(log, names) if names else set()
    taken_ids: set[str] = set()
    judged: list[Outcome | None] = []
    for proposal in batch:
        version = versions.get(proposal.stream, 0)
        if (before := answers.get(proposal.command_id)) is not None:
            judged.append(before.answer if before.body_mac == proposal.body_mac else Reused())
        elif (
            version != proposal.expected
            or proposal.command_id in taken_ids
            or proposal.sealed_under in destroyed
            or any(key.subject in destroyed for key in proposal.keys)
            or not lost.isdisjoint(proposal.held_keys)
            or any(key.subject in taken_keys for key in proposal.keys)
        ):
            judged.append(Conflict(version))
        else:
            judged.append(None)
            versions[proposal.stream] = version + len(proposal.events)
            taken_ids.add(proposal.command_id)
            taken_keys |= {key.subject for key in proposal.keys}
    return judged
