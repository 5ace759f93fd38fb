"""The log 事件日志 on a database: append, read by position, read a stream, find a first answer.

`SqliteLog` and `PostgresLog` append each in their own fastest safe way; all else is the same SQLAlchemy.
Positions come from the log's head row, inside the appending transaction, so they are gap-free and in commit order:
a reader that has seen position n has seen all before it (docs/decisions/0002).
"""

import json
import sys
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Engine, bindparam, select, text

from shared.contracts.event import Recorded
from shared.log.append import Answered, Appended, NotTheOwner, Outcome, Proposal, microseconds, moment
from shared.log.codec import Codec
from shared.log.database import reading
from shared.log.tables import events, heads, vault_destroyed, vault_keys


class Stored(NamedTuple):
    """An event as it is stored."""

    log: str
    position: int
    stream: str
    version: int
    type: str
    recorded_us: int
    bytes: bytes

    @property
    def recorded_at(self) -> datetime:
        return moment(self.recorded_us)


_STORED = "log, position, stream, version, type, recorded_at, {}"
"""The columns of `Stored`, as `_page` reads them."""
_RAW = "position, {}"
_STREAM = (
    select(events.c.position, events.c.bytes)
    .where(
        events.c.log == bindparam("log"),
        events.c.stream == bindparam("stream"),
        events.c.version > bindparam("after"),
    )
    .order_by(events.c.version)
)
_STREAMS = {
    "sqlite": text(
        "SELECT e.position, CAST(e.bytes AS BLOB) FROM json_each(:streams) s CROSS JOIN events e"
        " ON e.log = :log AND e.stream = s.value"
    ),
    # The limit makes it look up each stream by the index, whatever the statistics say.
    "postgresql": text(
        "SELECT e.position, e.bytes FROM json_array_elements_text(CAST(:streams AS json)) s(value) CROSS JOIN LATERAL"
        " (SELECT position, bytes FROM events WHERE log = :log AND stream = s.value LIMIT 1000000000) e"
    ),
}
_HEADS = select(heads.c.log, heads.c.size)
_ANSWERS = (
    select(
        events.c.command_id, events.c.ordinal, events.c.position, events.c.version, events.c.type, events.c.stream,
        events.c.body_mac,
    )
    .where(events.c.log == bindparam("log"), events.c.command_id.in_(bindparam("ids", expanding=True)))
    .order_by(events.c.command_id, events.c.ordinal)
)  # fmt: skip
_KEYS = select(vault_keys.c.subject).where(
    vault_keys.c.log == bindparam("log"), vault_keys.c.subject.in_(bindparam("subjects", expanding=True))
)


_DESTROYED = select(vault_destroyed.c.subject).where(
    vault_destroyed.c.log == bindparam("log"), vault_destroyed.c.subject.in_(bindparam("subjects", expanding=True))
)


class Log(ABC):
    """The log. `append` is called from one thread at a time (see `shared.log.appender`); reading from any."""

    def __init__(self, engine: Engine, codec: Codec, clock: Callable[[], datetime]) -> None:
        self.engine, self.codec, self.clock = engine, codec, clock

    # reading ----------------------------------------------------------------------------------------------------

    def heads(self) -> Mapping[str, int]:
        """Each log's size."""
        with self.engine.connect() as connection:
            return {row.log: row.size for row in connection.execute(_HEADS)}

    def size(self, log: str) -> int:
        """How many events the log holds; 0 where there is no such log."""
        with reading(self.engine, log) as connection:
            return connection.execute(select(heads.c.size).where(heads.c.log == log)).scalar() or 0

    def read(self, log: str, after: int, limit: int) -> Sequence[Stored]:
        """The events after a position (-1 for the beginning), at most `limit` of them, none skipped."""
        with reading(self.engine, log) as connection:
            return [*map(Stored._make, self._page(connection, _STORED, log, after, limit))]

    def raw(self, log: str, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """The same events, their positions and bytes alone: all that a fold needs."""
        with self.engine.connect() as connection:
            return cast("Sequence[tuple[int, bytes]]", self._page(connection, _RAW, log, after, limit))

    @abstractmethod
    def _page(
        self, connection: Connection, columns: str, log: str, after: int, limit: int
    ) -> Sequence[tuple[Any, ...]]:
        """The rows of `read`, by the driver's fastest way; the bytes stand where `columns` leaves a place for them."""

    def recorded(self, log: str, after: int, limit: int) -> list[Recorded]:
        """As `read`, decoded; raises `UnreadableEvent`, as all that decodes."""
        return [self.codec.decode(position, data) for position, data in self.raw(log, after, limit)]

    def stream(self, log: str, stream: str, after_version: int = 0) -> list[Recorded]:
        """The events of one stream after a version, in order."""
        with reading(self.engine, log) as connection:
            rows = connection.execute(_STREAM, {"log": log, "stream": stream, "after": after_version})
            return [self.codec.decode(position, data) for position, data in rows]

    def streams(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Recorded]]:
        """The events of several streams, each a log and a stream, in order."""
        found: dict[tuple[str, str], list[Recorded]] = {at: [] for at in wanted}
        for log in {log for log, _ in wanted}:
            with reading(self.engine, log) as connection:
                given = {"log": log, "streams": json.dumps([stream for of, stream in wanted if of == log])}
                for position, data in connection.execute(_STREAMS[connection.dialect.name], given):
                    recorded = self.codec.decode(position, data)
                    found[log, recorded.stream].append(recorded)
        for events_of in found.values():
            events_of.sort(key=lambda recorded: recorded.version)
        return found

    def beneath(self, log: str, beginning: str) -> list[Recorded]:
        """The events of all streams whose names begin so, which ends with a slash, by position: by the index of
        streams, however long the log is."""
        if not beginning.endswith("/"):
            raise ValueError("a part of a name ends with a slash")
        after_it = f"{beginning[:-1]}0"  # the character after the slash: streams compare byte by byte
        query = select(events.c.position, events.c.bytes).where(
            events.c.log == log, events.c.stream > beginning, events.c.stream < after_it
        )
        with reading(self.engine, log) as connection:
            rows = sorted(connection.execute(query), key=lambda row: int(row.position))
        return [self.codec.decode(row.position, row.bytes) for row in rows]

    def prefix_recorded_by(self, log: str, at: datetime) -> int:
        """The last position recorded by a moment; -1 for none (recorded times never go back within a log)."""
        query = (
            # The next one where there is none: only a forger leaves a gap, and an auditor must be able to ask.
            select(events.c.recorded_at)
            .where(events.c.log == log, events.c.position >= bindparam("position"))
            .order_by(events.c.log, events.c.position)
            .limit(1)
        )
        size = self.size(log)
        with reading(self.engine, log) as connection:

            def recorded_us(position: int) -> int:
                found = connection.execute(query, {"position": position}).scalar()
                return sys.maxsize if found is None else int(found)

            return bisect_right(range(size), microseconds(at), key=recorded_us) - 1

    def answered(self, log: str, command_id: str) -> Answered | None:
        """The first answer to a command, for ever; None where the log does not know the command."""
        with reading(self.engine, log) as connection:
            return _answers(connection, log, [command_id]).get(command_id)

    # appending --------------------------------------------------------------------------------------------------

    def append(self, batch: Sequence[Proposal]) -> list[Outcome]:
        """Append a batch of one log's proposals in one transaction; an outcome for each, in their order.

        The optimistic way is tried first. Where anything in the batch is stale, repeated or taken, that batch alone is
        run again under the head's lock and judged one by one, so that a conflict fails only its own request.
        Raises `NotTheOwner` before anything is touched where a service proposes another's event.
        """
        for proposal in batch:
            if not proposal.events:
                raise ValueError(f"{proposal.stream}: no event, so its command id could not be remembered")
            if any(proposal.owner != event.OWNER for event in proposal.events):
                raise NotTheOwner(f"{proposal.owner} may not append to {proposal.stream}")
        if (done := self._append_optimistically(batch)) is not None:
            return done
        return self._append_locked(batch)

    @abstractmethod
    def _append_optimistically(self, batch: Sequence[Proposal]) -> list[Outcome] | None:
        """All of it at once, or None with nothing changed."""

    @abstractmethod
    def _append_locked(self, batch: Sequence[Proposal]) -> list[Outcome]:
        """Lock the head, judge, insert what may be inserted."""


def settle(judged: Sequence[Outcome | None], inserted: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of a judged batch: what was refused, and what went in, in the batch's order."""
    going = iter(inserted)
    return [next(going) if outcome is None else outcome for outcome in judged]


class KnownTo:
    """What the judgement asks, answered by SQLAlchemy within the locking transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def versions(self, log: str, streams: Sequence[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        last = (
            select(events.c.version)
            .where(events.c.log == bindparam("log"), events.c.stream == bindparam("stream"))
            .order_by(events.c.version.desc())
            .limit(1)
        )
        for stream in streams:  # one index look-up each; `= ANY` scans the prefix (FACTS)
            version = self._connection.execute(last, {"log": log, "stream": stream}).scalar()
            if version is not None:
                found[stream] = version
        return found

    def answers(self, log: str, command_ids: Sequence[str]) -> Mapping[str, Answered]:
        return _answers(self._connection, log, command_ids)

    def key_subjects(self, log: str, subjects: Sequence[str]) -> set[str]:
        return set(self._connection.execute(_KEYS, {"log": log, "subjects": subjects}).scalars())

    def destroyed(self, log: str, subjects: Sequence[str]) -> set[str]:
        return set(self._connection.execute(_DESTROYED, {"log": log, "subjects": subjects}).scalars())


def _answers(connection: Connection, log: str, command_ids: Sequence[str]) -> dict[str, Answered]:
    found: dict[str, Answered] = {}
    for row in connection.execute(_ANSWERS, {"log": log, "ids": list(command_ids)}):
        if row.ordinal == 0:
            answer = Appended(row.position, row.version, (row.type,), row.stream, repeated=True)
            found[row.command_id] = Answered(row.body_mac, answer)
        else:
            first = found[row.command_id]
            answer = replace(first.answer, version=row.version, types=(*first.answer.types, row.type))
            found[row.command_id] = replace(first, answer=answer)
    return found
