"""The runs 核对记录: what a running system found each time that it compared itself with a replay of its log.

Looks that found the same one after the other are one row, from the first of them to the last: so a difference stands
out among thousands of looks that found none. It is no record: whoever can alter a ledger can alter this as well. So a
row that no look can have written (unreadable, or of a time to come) is a finding itself, and silences nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    RowMapping,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from shared.clock import utc_now
from shared.log.append import microseconds, moment, stored_moment
from shared.log.database import reading, writing
from shared.log.tree_tables import audit_runs

KEPT: Final = timedelta(days=90)
"""How long it is kept that nothing was found. What was found stays."""
ALTERED: Final = "audit_runs"
"""Named as what differs, where a row is none that a look can have written: the table that it stands in."""
_AHEAD: Final = timedelta(minutes=5)
"""As much as another machine's clock may be ahead."""
_LATEST: Final = 20
_FINDINGS: Final = 200


@dataclass(frozen=True, slots=True)
class Run:
    """One look at one service's ledgers and scores in one log."""

    service: str
    at: datetime
    position: int
    """Up to which all that was compared was compared; -1 for nothing."""
    differences: tuple[str, ...] = ()
    """The ledgers and scores that were not the same, by their names. Never what stands in them."""
    micros: int = 0
    """How long it took."""
    ledgers: int = 0
    """That the service has."""
    compared: int = 0
    """Of these."""
    waiting: int = 0
    """Rows that wait at parked keys, and were not compared."""
    failed: str | None = None
    """What kept it from looking at everything, by its kind."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found. What was not looked at is not well by that: see `failed`."""
        return not self.differences

    def minutes_ago(self, now: datetime) -> int:
        """How long ago it was."""
        return max(0, (now - self.at) // timedelta(minutes=1))

    def after(self, before: "Run | None") -> "Run":
        """What is known now: a look that failed takes back nothing of what was found before."""
        if self.failed is None or before is None:
            return self
        found = dict.fromkeys((*self.differences, *before.differences))
        return replace(self, differences=tuple(found), position=max(self.position, before.position))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell(Run):
    """Looks one after the other that found the same; as a run it is the last of them."""

    since: datetime
    looks: int

    @property
    def altered(self) -> bool:
        """Whether it is no look's: the row was written otherwise."""
        return self.differences == (ALTERED,)


def record(engine: Engine, log: str, run: Run) -> None:
    """Put a run down, and let go of what is old and found nothing."""
    table, of_it = audit_runs.c, (audit_runs.c.log == log, audit_runs.c.service == run.service)
    old = delete(audit_runs).where(*of_it, table.differences == "[]", table.at < microseconds(run.at - KEPT))
    with writing(engine) as connection:
        known = (one for one in _standing(connection, log, run.at) if one.service == run.service)
        before = next((one for one in known if not one.altered), None)
        run = run.after(before)
        row = _row(run)
        if before is not None and (before.differences, before.failed) == (run.differences, run.failed):
            mine = (*of_it, table.since == microseconds(before.since))
            connection.execute(update(audit_runs).where(*mine).values(**row, looks=table.looks + 1))
        else:
            connection.execute(insert(audit_runs).values(log=log, since=row["at"], looks=1, **row))
        connection.execute(old)


def _row(run: Run) -> dict[str, Any]:
    return {
        "service": run.service, "at": microseconds(run.at), "position": run.position, "micros": run.micros,
        "differences": msgspec.json.encode(run.differences).decode(), "ledgers": run.ledgers,
        "compared": run.compared, "waiting": run.waiting, "failed": run.failed,
    }  # fmt: skip


# reading, whatever stands there ---------------------------------------------------------------------------------------

_Count = Annotated[int, msgspec.Meta(ge=0)]
_COLUMNS: Final = [type_coerce(column, NullType()).label(column.name) for column in audit_runs.columns]
"""As the driver gives them: in a tampered SQLite file they may hold anything."""


class _Stored(msgspec.Struct):
    """A row that a look can have written."""

    service: str
    since: _Count
    at: _Count
    looks: _Count
    position: Annotated[int, msgspec.Meta(ge=-1)]
    ledgers: _Count
    compared: _Count
    waiting: _Count
    differences: str
    failed: str | None
    micros: _Count


def runs(engine: Engine, log: str) -> Sequence[Spell]:
    """What was found, the newest first and for long; then the newest that found nothing."""
    table = audit_runs.c
    found = or_(table.differences != "[]", table.failed.is_not(None))
    query = select(*_COLUMNS).where(table.log == log).order_by(table.since.desc())
    with reading(engine, log) as connection:
        findings = connection.execute(query.where(found).limit(_FINDINGS)).mappings().all()
        others = connection.execute(query.where(~found).limit(_LATEST)).mappings().all()
    return [_spell(row, utc_now()) for row in (*findings, *others)]


def standing(engine: Engine, log: str) -> Sequence[Spell]:
    """What is known of each service now, and every row as of a time to come."""
    with reading(engine, log) as connection:
        return _standing(connection, log, utc_now())


def _standing(connection: Connection, log: str, now: datetime) -> list[Spell]:
    at = {"of": log, "now": microseconds(now + _AHEAD)}
    return [_spell(row, now) for row in connection.execute(_NEWEST, at).mappings()]


def _newest_of_each() -> Executable:
    """Of each service the newest row until now and the newest beyond: a few steps along the key for each service,
    however many rows there are."""
    table, mine = audit_runs.c, audit_runs.c.log == bindparam("of")
    names = select(func.min(table.service).label("service")).where(mine).cte("names", recursive=True)
    following = select(func.min(table.service)).where(mine, table.service > names.c.service).scalar_subquery()
    names = names.union_all(select(following).where(names.c.service.is_not(None)))
    other = audit_runs.alias("other").c
    newest = select(func.max(other.since)).where(other.log == bindparam("of"), other.service == names.c.service)
    until, beyond = newest.where(other.since <= bindparam("now")), newest.where(other.since > bindparam("now"))
    of_it = (table.service == names.c.service) & table.since.in_((until.scalar_subquery(), beyond.scalar_subquery()))
    found = select(*_COLUMNS).select_from(names).join(audit_runs, mine & of_it)
    return found.order_by(table.service, table.since)


_NEWEST: Final = _newest_of_each()


def _spell(row: RowMapping, now: datetime) -> Spell:
    """A row as it stands there; one that no look can have written, as a finding."""
    try:
        stored = msgspec.convert({str(name): value for name, value in row.items()}, _Stored)
        differences = msgspec.json.decode(stored.differences, type=tuple[str, ...])
        at, since = moment(stored.at), moment(stored.since)
        altered = max(at, since) > now + _AHEAD
    except (msgspec.MsgspecError, OverflowError):
        altered = True
    if altered:
        at = stored_moment(row["at"])
        return Spell(str(row["service"]), at, -1, (ALTERED,), since=stored_moment(row["since"]), looks=1)
    return Spell(
        stored.service, at, stored.position, differences, stored.micros, stored.ledgers, stored.compared,
        stored.waiting, stored.failed, since=since, looks=stored.looks,
    )  # fmt: skip
