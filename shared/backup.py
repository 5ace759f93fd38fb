"""Backup 备份: two files of one moment, made while the system serves. `record.db` holds the record and no key;
`keys.db` holds all that is secret, the files of `keys/` included. Kept apart, neither tells anything personal.

Both are SQLite files of the log's own tables, whatever the database is that they come from or go to. Ledgers are not
part of it: they are folded again. Nor are sessions: whoever was signed in signs in again.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import DBAPIError

from shared.audit.verify import Verification, verify_bytes, verify_log
from shared.contracts.privacy import PersonalDataErased
from shared.errors import Unusable
from shared.log import schema
from shared.log.database import snapshot
from shared.log.destroyed import Destroyed
from shared.log.keys import unchanging
from shared.log.note import NoteRefused
from shared.log.rotation import first_unopened
from shared.log.signing import KeyChain
from shared.log.tables import METADATA, events, heads, vault_destroyed
from shared.log.wrapping import Masters

RECORD: Final = (
    "heads", "events", "tiles", "checkpoints", "cosignatures", "vault_destroyed", "reactions", "refused_reactions",
    "memberships", "places",
)  # fmt: skip
KEYS: Final = ("system_keys", "vault_keys", "vault_blind", "accounts", "machine_tokens", "case_codes")
LEFT_OUT: Final = ("sessions", "sign_in_attempts", "witness_states", "audit_runs")
_ROWS: Final = 1_000
"""Read and written at a time."""

_ABOUT: Final = MetaData()
_about: Final = Table("backup", _ABOUT, Column("name", String, primary_key=True), Column("value", String))
_key_files: Final = Table(
    "key_files", MetaData(), Column("name", String, primary_key=True), Column("mode", Integer),
    Column("bytes", LargeBinary),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    id: str
    directory: Path
    events: int
    keys: int


def backup(
    engine: Engine, keys_dir: Path, to: Path, masters: Masters, now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Made:  # fmt: skip
    """Write a backup into a directory that is not there yet: whole or not at all. `progress` is told rows done and rows
    there are. Raises `Unusable`."""
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise Unusable(
            "backup_exists", f"{to} 已有内容：备份要写入新目录。", f"{to} is not empty: a backup is a new directory."
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    id = secrets.token_hex(8)
    draft = to.with_name(f".{to.name}.{id}.part")
    draft.mkdir(mode=0o700)
    try:
        with unchanging(keys_dir.parent) if keys_dir.exists() else nullcontext():  # rows and signing keys of one moment
            made = _written(engine, keys_dir, draft, masters, {"id": id, "made_at": now.isoformat()}, progress)
        if to.exists():
            to.rmdir()
        draft.rename(to)
        _settle(to.parent)
    finally:
        if draft.exists():
            _removed(draft)
    return Made(id, to, *made)


def _written(
    engine: Engine, keys_dir: Path, draft: Path, masters: Masters, about: dict[str, str],
    progress: Callable[[int, int], None],
) -> tuple[int, int]:  # fmt: skip
    with snapshot(engine) as source:
        about["revision"] = schema.revision_on(source) or ""
        counts = {name: source.execute(select(func.count()).select_from(_table(name))).scalar_one()
                  for name in (*RECORD, *KEYS)}  # fmt: skip
        told = _Told(sum(counts.values()), progress)
        for file, names in ("record.db", RECORD), ("keys.db", KEYS):
            with _file(draft / file, fresh=True) as target:
                _ABOUT.create_all(target)
                target.execute(insert(_about), [{"name": name, "value": value} for name, value in about.items()])
                for name in names:
                    _table(name).create(target)
                    _copy(source, target, _table(name), told)
                if names is KEYS:
                    _keep_files(target, keys_dir)
                    _opens(target, masters)
            _settle(draft / file)
    _settle(draft)
    return counts["events"], counts["vault_keys"]


def _keep_files(target: Connection, keys_dir: Path) -> None:
    """The files of the signing keys, of master keys and of what was destroyed: after the rows, so that a master key
    that came meanwhile is among them."""
    _key_files.create(target)
    found = [path for path in sorted(keys_dir.glob("[!.]*")) if path.is_file()] if keys_dir.exists() else []
    rows = [{"name": path.name, "mode": path.stat().st_mode & 0o777, "bytes": path.read_bytes()} for path in found]
    if rows:
        target.execute(insert(_key_files), rows)


def _opens(kept: Connection, masters: Masters) -> None:
    """That the keys can be opened again; raises `Unusable`. One of each master key is tried."""
    if (name := first_unopened(kept, masters)) is not None:
        raise Unusable(
            "master_key_missing", f"没有打开密钥所需的主密钥 {name}：请在设置中给出。",
            f"The master key {name} that its keys are wrapped under is not at hand: give it in the settings.",
        )  # fmt: skip


# restoring ------------------------------------------------------------------------------------------------------------


class Kept:
    """A backup, opened to be read."""

    def __init__(self, record: Engine, keys: Engine) -> None:
        self.record, self._keys = record, keys

    def logs(self) -> Sequence[str]:
        """The logs that it holds."""
        with self.record.connect() as connection:
            return connection.execute(select(heads.c.log).order_by(heads.c.log)).scalars().all()

    def verify(self, engine: Engine, progress: Callable[[int, int], None]) -> Verification | None:
        """Hold every event of a database (this backup's, or the one it was restored to) against tree and checkpoints,
        by the public keys of the backup; gives what was found to be wrong."""
        with self._keys.connect() as connection:
            files = {row.name: row.bytes for row in connection.execute(select(_key_files))}
        for log in self.logs():
            keys = _chain(files, log)
            found = verify_bytes(engine, log) if keys is None else verify_log(engine, log, keys, progress)
            if not found.ok:
                return found
        return None

    def destroyed(self) -> Sequence[Destroyed]:
        """What was destroyed by the time that it was made: by its own list, and by what the logs say was erased."""
        with self.record.connect() as connection:
            told = select(events.c.log, events.c.recorded_at, events.c.bytes)
            told = told.where(events.c.type == PersonalDataErased.NAME)
            erased = [
                Destroyed(row.log, msgspec.json.decode(row.bytes)["data"]["subject"], row.recorded_at)
                for row in connection.execute(told)
            ]
        return [*self.listed(), *erased]

    def listed(self) -> Sequence[Destroyed]:
        """What its own list of the time holds."""
        with self.record.connect() as connection:
            rows = connection.execute(select(vault_destroyed)).all()
        return [Destroyed(d.log, d.subject, d.destroyed_at) for d in rows]

    def write_files(self, keys_dir: Path) -> None:
        """Put the files of `keys/` in their place."""
        keys_dir.mkdir(parents=True, exist_ok=True)
        with self._keys.connect() as connection:
            for row in connection.execute(select(_key_files)):
                if Path(row.name).name != row.name:
                    raise _not_one()
                descriptor = os.open(keys_dir / row.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, row.mode & 0o777)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(row.bytes)
                    file.flush()
                    os.fsync(file.fileno())
        _settle(keys_dir)

    def copy_into(
        self, engine: Engine, masters: Masters, gone: Iterable[Destroyed],
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> int:  # fmt: skip
        """Put all rows into empty tables, but for the keys of what was destroyed: these never reach the new database.
        Gives how many they were. Raises `Unusable` where the keys could not be opened."""
        forgotten = _Forgotten({one.at for one in gone})
        with self.record.connect() as record, self._keys.connect() as keys, _writing(engine) as target:
            _opens(keys, masters)
            places = [(record, name) for name in RECORD] + [(keys, name) for name in KEYS]
            there = {source: set(inspect(source).get_table_names()) for source in (record, keys)}
            places = [(source, name) for source, name in places if name in there[source]]  # an older one has fewer
            total = sum(
                source.execute(select(func.count()).select_from(_table(name))).scalar_one() for source, name in places
            )
            told = _Told(total, progress)
            for source, name in places:
                of_subjects = name in ("vault_keys", "vault_blind")
                _copy(source, target, _table(name), told, forgotten if of_subjects else None)
        return forgotten.count


@contextmanager
def kept(directory: Path) -> Iterator[Kept]:
    """Open a backup; raises `Unusable` where it is none, or not for this program."""
    with contextlib.ExitStack() as stack:
        said = []
        engines = []
        for name in ("record.db", "keys.db"):
            path = directory / name
            if not path.is_file():
                raise _not_one()
            engine = create_engine(f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&immutable=1&uri=true")
            stack.callback(engine.dispose)
            engines.append(engine)
            try:
                with engine.connect() as connection:
                    said.append({row.name: row.value for row in connection.execute(select(_about))})
            except DBAPIError:
                raise _not_one() from None
        if said[0] != said[1]:
            raise Unusable(
                "backup_mixed", "record.db 与 keys.db 不属于同一次备份。",
                "record.db and keys.db are of different backups.",
            )  # fmt: skip
        schema.require_known(said[0].get("revision"))
        yield Kept(*engines)


def _chain(files: Mapping[str, bytes], log: str) -> KeyChain | None:
    """The public keys that a backup holds of a log; none where it was never signed. Raises `Unusable`."""
    if f"{log}.pub" not in files:
        return None
    public, rotations = (files.get(name, b"").decode("utf-8", "replace") for name in (f"{log}.pub", f"{log}.rotations"))
    try:
        return KeyChain.parse(public, rotations)
    except NoteRefused as refused:
        raise Unusable(
            "key_unusable", f"备份中日志 {log} 的公钥不能使用。",
            f"The public keys of log {log} in the backup cannot be used: {refused}.",
        ) from None  # fmt: skip


def require_empty(engine: Engine) -> None:
    """Raises `Unusable` where a database holds anything already."""
    with engine.connect() as connection:
        taken = [name for name in (*RECORD, *KEYS) if connection.execute(select(_table(name)).limit(1)).first()]
    if taken:
        raise not_empty("the database", "数据库")


def not_empty(where: str, where_zh: str) -> Unusable:
    """A backup goes into an empty installation only."""
    return Unusable(
        "not_empty", f"{where_zh}已有内容：备份只能恢复到空的安装中。",
        f"There is something in {where}: a backup is restored into an empty installation only.",
    )  # fmt: skip


def _not_one() -> Unusable:
    return Unusable(
        "no_backup", "此目录不是完整的备份：应有 record.db 和 keys.db。",
        "This is no backup: its directory holds record.db and keys.db, as they were written.",
    )  # fmt: skip


# rows -----------------------------------------------------------------------------------------------------------------


class _Told:
    """Counts rows, and tells how many are done."""

    def __init__(self, total: int, progress: Callable[[int, int], None]) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def more(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, self._total)


class _Forgotten:
    """Which keys and entries are of a subject that was destroyed, or of a part of one."""

    def __init__(self, subjects: set[tuple[str, str]]) -> None:
        self._subjects, self.count = subjects, 0

    def __call__(self, row: dict[str, Any]) -> bool:
        name: str = row["subject"]
        whole, _, part = name.partition("#")
        steps = part.split("/")
        within = (f"{whole}#{'/'.join(steps[:n])}" for n in range(1, len(steps) + 1))
        found = any((row["log"], one) in self._subjects for one in (whole, *within))
        self.count += found
        return found


def _copy(
    source: Connection, target: Connection, table: Table, told: _Told, left_out: _Forgotten | None = None
) -> None:
    """All rows, in the order of their keys; columns that an older version did not have take their defaults."""
    there = {column["name"] for column in inspect(source).get_columns(table.name)}
    columns = [column for column in table.columns if column.name in there]
    query = select(*columns).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS)
    for part in source.execute(query).mappings().partitions():
        rows = [dict(row) for row in part]
        told.more(len(rows))
        if left_out is not None:
            rows = [row for row in rows if not left_out(row)]
        if rows:
            target.execute(insert(table), rows)


def _table(name: str) -> Table:
    return METADATA.tables[name]


@contextmanager
def _file(path: Path, *, fresh: bool = False) -> Iterator[Connection]:
    """A transaction on an SQLite file that nobody else has open."""
    path.touch(mode=0o600, exist_ok=not fresh)
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    with engine.execution_options(writes=True).begin() as connection:
        yield connection


def _settle(path: Path) -> None:
    """A file, or a directory's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _removed(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()
