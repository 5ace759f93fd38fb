"""What waits, and for what: halted ledgers, parked keys, refused reactions and timed commands. For readers, doctors and
alarms."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from shared.ledger.tables import parked, progress
from shared.log.tables import refused_reactions


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that people must look at."""

    log: str
    follower: str
    kind: str
    """halted, parked, refused, differs or not compared."""
    where: str
    """A position, or a key."""
    why: str


def stuck(ledgers: Engine, log: str, follower: str) -> bool:
    """Whether a ledger is halted or holds parked keys: then it cannot promise to hold a position."""
    with ledgers.connect() as connection:
        halted = select(progress.c.halted).where(progress.c.log == log, progress.c.follower == follower)
        waits = select(func.count()).select_from(parked).where(parked.c.log == log, parked.c.follower == follower)
        return connection.execute(halted).scalar() is not None or bool(connection.execute(waits).scalar())


def refused_as(connection: Connection, log: str, command_id: str) -> str | None:
    """The code with which a command that nobody waits for was refused, None where it was not; the connection is to the
    log's database."""
    code: str | None = connection.execute(select(refused_reactions.c.code).where(_same(log, command_id))).scalar()
    return code


def keep_refused(connection: Connection, log: str, command_id: str, position: int, code: str) -> None:
    """Record once that it was. `position` is that of the event that caused it, or of the last that was known when its
    day had come."""
    known = {"position": position, "code": code}
    was = refused_as(connection, log, command_id)
    if was is None:
        connection.execute(insert(refused_reactions).values(log=log, command_id=command_id, **known))
    elif was != code:
        connection.execute(update(refused_reactions).where(_same(log, command_id)).values(**known))


def forget_refused(connection: Connection, log: str, command_id: str) -> None:
    """What was refused was done after all."""
    connection.execute(delete(refused_reactions).where(_same(log, command_id)))


def _same(log: str, command_id: str) -> ColumnElement[bool]:
    return (refused_reactions.c.log == log) & (refused_reactions.c.command_id == command_id)


def refused(log: Engine) -> list[Trouble]:
    """The reactions and timed commands that were refused, in every log: `log` is the log's database."""
    with log.connect() as connection:
        rows = connection.execute(select(refused_reactions)).all()
    return [Trouble(row.log, row.command_id.strip(), "refused", str(row.position), row.code) for row in rows]


def troubles(ledgers: Engine) -> list[Trouble]:
    """The ledgers that wait, in every log."""
    with ledgers.connect() as connection:
        halted = connection.execute(select(progress).where(progress.c.halted.is_not(None))).all()
        waiting = connection.execute(select(parked).where(parked.c.error != "")).all()
    return [
        *(Trouble(row.log, row.follower, "halted", str(row.position + 1), row.halted) for row in halted),
        *(Trouble(row.log, row.follower, "parked", row.key, row.error) for row in waiting),
    ]
