"""Changing the master key 主密钥轮换: every wrapped key is wrapped again, and nothing else in the record changes.

It goes through the tables in batches, in the order of their keys, and may be broken off and begun again anywhere: what
is wrapped under the current master key is left alone. Meanwhile the system serves, with both master keys at hand.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Table, func, select, tuple_, update

from shared.access.factor import factor_context
from shared.access.tables import accounts
from shared.errors import Unusable
from shared.log import system_keys as own
from shared.log.database import writing
from shared.log.tables import system_keys, vault_keys
from shared.log.vault import Vault, key_context
from shared.log.wrapping import (
    LOOK_SECONDS,
    MasterUnknown,
    Wrapping,
    load_master,
    master_name,
    masters_of,
    older_files,
    promote,
    wrapped_under,
)
from shared.settings import Settings

BATCH: Final = 500
"""Rows of one transaction: nobody waits for it."""
GRACE_SECONDS: Final = 2 * LOOK_SECONDS


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A column of wrapped keys, and what each of them is wrapped for."""

    column: Column[Any]
    context: Callable[..., bytes]

    @property
    def table(self) -> Table:
        return self.column.table


WRAPPED: Final = (
    _Wrapped(vault_keys.c.wrapped, key_context),
    _Wrapped(system_keys.c.wrapped, own.context),
    _Wrapped(accounts.c.factor, factor_context),
)
"""All that the master key wraps; each `context` is given the row's primary key."""


def under(engine: Engine) -> Mapping[str, int]:
    """How many keys each master key wraps, by its name; the empty one stands for keys wrapped before there were
    names."""
    found: Counter[str] = Counter()
    with engine.connect() as connection:
        for one in WRAPPED:
            for wrapped in connection.execute(select(one.column).where(one.column.is_not(None))).yield_per(5_000):
                found[wrapped_under(wrapped[0])] += 1
    return found


def count(engine: Engine) -> int:
    """How many keys there are."""
    with engine.connect() as connection:
        return sum(connection.execute(select(func.count(one.column))).scalar_one() for one in WRAPPED)


def first_unopened(connection: Connection, wrapping: Wrapping) -> str | None:
    """The name of a master key that something is wrapped under and that is not at hand; one key of each is tried."""
    tried: set[str] = set()
    for one in WRAPPED:
        query = select(*one.table.primary_key.columns, one.column).where(one.column.is_not(None))
        for *key, wrapped in connection.execute(query.execution_options(yield_per=5_000)):
            if (name := wrapped_under(wrapped)) in tried:
                continue
            tried.add(name)
            try:
                wrapping.unwrap(wrapped, one.context(*key))
            except MasterUnknown:
                return name or "?"
    return None


def rewrap(engine: Engine, wrapping: Wrapping, progress: Callable[[int], None] = lambda done: None) -> int:
    """Wrap again all that is not wrapped under the current master key; gives how many keys that were. `progress` is
    told how many were looked at. Raises `MasterUnknown` where a key does not open."""
    done = changed = 0
    for one in WRAPPED:
        key, after = [*one.table.primary_key.columns], None
        while rows := _page(engine, one, key, after):
            stale = [row for row in rows if not wrapping.is_current(row[-1])]
            again = [(row, wrapping.wrap(wrapping.unwrap(row[-1], one.context(*row[:-1])), one.context(*row[:-1])))
                     for row in stale]  # fmt: skip
            if again:
                changed += _store(engine, one, key, again)
            after, done = tuple(rows[-1][:-1]), done + len(rows)
            progress(done)
    if changed and engine.dialect.name == "sqlite":  # the write-ahead file still holds the pages as they were
        with closing(engine.raw_connection()) as driver:
            driver.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return changed


def _page(engine: Engine, one: _Wrapped, key: list[Column[Any]], after: tuple[Any, ...] | None) -> list[Any]:
    query = select(*key, one.column).where(one.column.is_not(None)).order_by(*key).limit(BATCH)
    if after is not None:
        query = query.where(tuple_(*key) > after)
    with engine.connect() as connection:
        return [*connection.execute(query)]


def _store(engine: Engine, one: _Wrapped, key: list[Column[Any]], again: list[tuple[Any, bytes]]) -> int:
    """Put them in the place of what was read, where that still stands: a key that was destroyed meanwhile stays
    destroyed, and a second factor that was set up anew stays that."""
    changed = 0
    with writing(engine) as connection:
        for row, wrapped in again:
            same = [column == value for column, value in zip((*key, one.column), row, strict=True)]
            changed += connection.execute(update(one.table).where(*same).values({one.column.name: wrapped})).rowcount
    return changed


# the whole of it ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation has done."""

    name: str
    """Of the master key that wraps now."""
    rewrapped: int
    resumed: bool
    """Whether it went on with a rotation that was broken off."""


def rotate(
    settings: Settings,
    vault: Vault,
    engine: Engine,
    new: bytes | None,
    progress: Callable[[int], None] = lambda done: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Rotated:
    """Put a new master key in the place of the current one and wrap everything again; where a rotation was broken off,
    go on with it. Raises `Unusable`, `MasterUnknown`.

    Master keys that settings give are changed there, and here only put to use.
    """
    vault.prepare()  # what was derived from the master key of before is remembered before that is changed
    masters = masters_of(settings)
    resumed = new is None and len(masters.names) > 1 and any(name != masters.name for name in under(engine))
    if settings.master_key is not None and new is not None:
        raise Unusable(
            "master_key_given", "主密钥由设置给出：请在 SANGUAN_MASTER_KEY 中更换，旧的放入 SANGUAN_MASTER_KEY_OLD。",
            "The settings give the master key: change it in SANGUAN_MASTER_KEY, and put the one of before in"
            " SANGUAN_MASTER_KEY_OLD.",
        )  # fmt: skip
    if settings.master_key is None and not resumed:
        promote(settings.keys_dir, new or secrets.token_bytes(32))
        masters = masters_of(settings)
    rewrapped = rewrap(engine, masters, progress)
    sleep(GRACE_SECONDS)  # processes that have not heard of it yet wrap under the one of before until then
    while more := rewrap(engine, masters):
        rewrapped += more
    return Rotated(masters.name, rewrapped, resumed)


def retire(settings: Settings, engine: Engine, name: str) -> None:
    """Delete the file of an older master key that wraps nothing any more; raises `Unusable`."""
    path = next((file for file in older_files(settings.keys_dir) if master_name(load_master(file)) == name), None)
    if settings.master_key is not None or path is None:
        raise Unusable(
            "no_older_master", f"{settings.keys_dir} 中没有名为 {name} 的旧主密钥。",
            f"There is no older master key {name} in {settings.keys_dir}.",
        )  # fmt: skip
    masters = masters_of(settings)
    rewrap(engine, masters)
    if name == masters.name:
        pass  # a copy of the current one, as a rotation leaves it that was broken off at its beginning
    elif used := under(engine).get(name):
        raise Unusable(
            "master_in_use",
            f"仍有 {used} 个密钥由主密钥 {name} 封装。",
            f"The master key {name} still wraps {used} keys.",
        )
    path.unlink()
