"""Who has witnessed what: the cosignatures of a log's checkpoints, and what each witness last said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select

from shared.log.append import MOMENTS, microseconds, stored_moment
from shared.log.cosigning import Cosignature, Witness, cosignatures
from shared.log.database import reading, writing
from shared.log.note import NoteRefused
from shared.log.sealer import SignedCheckpoint
from shared.log.tree_tables import checkpoints, witness_states
from shared.log.tree_tables import cosignatures as table


@dataclass(frozen=True, slots=True)
class Witnessed:
    """That a witness cosigned a checkpoint of this size."""

    size: int
    witness: str
    """Its name."""
    key: str
    at: datetime
    """By the witness's clock."""
    holds: bool
    """Whether the cosignature fits the checkpoint that is stored: else one of the two was altered."""


@dataclass(frozen=True, slots=True)
class WitnessState:
    """What a witness last said of a log."""

    log: str
    witness: str
    key: str
    held: int
    """The size that it holds."""
    cosigned: int
    """The size of the newest checkpoint of this log that it cosigned; 0 for none."""
    refusal: str | None
    """Why it does not cosign what the log has now (`shared.audit.witness.submitting.REFUSALS`); none where it does."""
    since: datetime


def witnessed(engine: Engine, log: str, most: int = 100) -> list[Witnessed]:
    """The newest cosignatures of a log, largest first."""
    query = (
        select(table, checkpoints.c.note)
        .join(checkpoints, (checkpoints.c.log == table.c.log) & (checkpoints.c.size == table.c.size))
        .where(table.c.log == log)
        .order_by(table.c.size.desc(), table.c.witness)
        .limit(most)
    )
    with reading(engine, log) as connection:
        rows = connection.execute(query).all()
    return [
        Witnessed(row.size, row.witness.partition("+")[0], row.witness, stored_moment(row.cosigned_at),
                  _holds(row.note, row.line, row.witness))
        for row in rows
    ]  # fmt: skip


def states(engine: Engine, log: str) -> list[WitnessState]:
    """What each witness last said of a log."""
    with reading(engine, log) as connection:
        query = select(witness_states).where(witness_states.c.log == log).order_by(witness_states.c.witness)
        return [_state(connection, row) for row in connection.execute(query).all()]


def _state(connection: Connection, row: Row[Any]) -> WitnessState:
    newest = select(table.c.size).where(table.c.log == row.log, table.c.witness == row.witness)
    cosigned = connection.scalar(newest.order_by(table.c.size.desc()).limit(1)) or 0
    name = row.witness.partition("+")[0]
    return WitnessState(row.log, name, row.witness, row.held, cosigned, row.refusal, stored_moment(row.changed_at))


def untimely(engine: Engine, log: str) -> int:
    """How many rows of a log's checkpoints and witnesses are of a time that no clock has given: nothing is proven by
    it, and nobody but who alters a database writes it."""
    columns = (checkpoints.c.signed_at, table.c.cosigned_at, witness_states.c.changed_at)
    with reading(engine, log) as connection:
        return sum(
            connection.execute(
                select(func.count()).where(column.table.c.log == log, ~column.between(0, MOMENTS))
            ).scalar_one()
            for column in columns
        )


def note_of(engine: Engine, checkpoint: SignedCheckpoint) -> str:
    """A checkpoint as it is published: with the cosignatures that there are."""
    query = select(table.c.line).where(table.c.log == checkpoint.log, table.c.size == checkpoint.size)
    with reading(engine, checkpoint.log) as connection:
        lines: Sequence[object] = connection.execute(query.order_by(table.c.witness)).scalars().all()
    return checkpoint.note + "".join(line for line in lines if isinstance(line, str))


def keep(engine: Engine, log: str, size: int, given: Cosignature, now: datetime) -> None:
    """Keep a cosignature that was given; the first of a witness on a checkpoint stays."""
    key = str(given.witness)
    row = {"log": log, "size": size, "witness": key, "line": given.line, "cosigned_at": given.at * 1_000_000}
    there = select(table.c.size).where(table.c.log == log, table.c.size == size, table.c.witness == key)
    with writing(engine) as connection:
        if connection.execute(there).first() is None:
            connection.execute(insert(table), [row])
    say(engine, log, given.witness, size, None, now)


def say(engine: Engine, log: str, witness: Witness, held: int, refusal: str | None, now: datetime) -> None:
    """Put down what a witness says of a log."""
    of = (witness_states.c.log == log, witness_states.c.witness == str(witness))
    row = {"log": log, "witness": str(witness), "held": held, "refusal": refusal, "changed_at": microseconds(now)}
    with writing(engine) as connection:
        connection.execute(delete(witness_states).where(*of))
        connection.execute(insert(witness_states), [row])


def _holds(note: object, line: object, key: str) -> bool:
    """Whether a stored line is a cosignature of a stored checkpoint; either may be anything in a tampered database."""
    try:
        return bool(cosignatures(f"{note}{line}", [Witness.parse(key)]))
    except NoteRefused:
        return False
