"""What a witness remembers: one SQLite file with its own key, the keys that it trusts, and what it has cosigned.

Key and memory are one file, so that neither comes back without the other: a witness that has forgotten is none.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.errors import Unusable
from shared.log.cosigning import Cosigner
from shared.log.note import NoteRefused, Verifier
from shared.log.signing import KeyChain, Rotation

FILE: Final = "witness.db"
_WAIT_SECONDS: Final = 30
_LAYOUT: Final = 1
_TABLES: Final = """
CREATE TABLE self (one INTEGER PRIMARY KEY CHECK (one = 1), secret TEXT NOT NULL) STRICT;
CREATE TABLE trusted (origin TEXT PRIMARY KEY, key TEXT NOT NULL) STRICT;
CREATE TABLE rotations (origin TEXT, number INTEGER, note TEXT NOT NULL, PRIMARY KEY (origin, number)) STRICT;
CREATE TABLE cosigned (origin TEXT, size INTEGER, root BLOB NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (origin, size)) STRICT;
CREATE TABLE forks (origin TEXT PRIMARY KEY, held TEXT NOT NULL, shown TEXT NOT NULL, proof TEXT NOT NULL,
    at INTEGER NOT NULL) STRICT;
CREATE TABLE doubts (origin TEXT PRIMARY KEY, held TEXT NOT NULL, shown TEXT NOT NULL, proof TEXT NOT NULL,
    at INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Held:
    """The newest checkpoint of a log that was cosigned."""

    size: int
    root: bytes
    note: str
    """As the log signed it, with the witness's own line."""
    at: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two notes of one log that cannot both be true, or that could not be shown to be."""

    origin: str
    held: str
    shown: str
    proof: str
    """What was sent with the second: the size it was said to go on from, and the hashes."""
    at: int

    def as_text(self) -> str:
        """All that it takes to see it."""
        return f"{self.held}\n{self.shown}\n{self.proof}"


class Memory:
    """The file, opened. Every step on it is one transaction, which is on the disk when it ends."""

    def __init__(self, directory: Path, name: str | None = None) -> None:
        """Open it, or make it, with a new key of that name. Raises `Unusable`."""
        _require_apart(directory)
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / FILE
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            # No write-ahead file: the one file is all of it, and a copy that had forgotten would cosign a fork.
            for pragma in ("journal_mode=DELETE", "synchronous=FULL"):
                self._database.execute(f"PRAGMA {pragma}")
            with self.step() as step:
                self.is_new = step.is_empty()
                """Whether it was made just now: it has a new key, and remembers nothing."""
                self.cosigner = step.cosigner(name)
        except BaseException as error:
            self._database.close()
            if not isinstance(error, sqlite3.DatabaseError | NoteRefused):
                raise
            raise Unusable(
                "no_witness", f"{path} 不是见证的记录文件，或不能读写。",
                f"{path} is not a witness's memory, or cannot be read and written ({error}).",
            ) from None  # fmt: skip

    @contextmanager
    def step(self) -> Iterator["Step"]:
        """One transaction that nobody else comes between, in this process or another."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield Step(self._database)
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def can_remember(self) -> bool:
        """Whether something can be written now: a witness that cannot remember must not cosign."""
        try:
            with self.step() as step:
                step.touch()
        except sqlite3.Error:
            return False
        return True

    def close(self) -> None:
        self._database.close()


class Step:
    """What can be read and written in one transaction."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def is_empty(self) -> bool:
        """Whether nothing was ever written."""
        (layout,) = self._database.execute("PRAGMA user_version").fetchone()
        return bool(layout == 0)

    def touch(self) -> None:
        """Write what is there already."""
        self._database.execute("UPDATE self SET secret = secret")

    def cosigner(self, name: str | None) -> Cosigner:
        """The witness's own key; where there is none the file is laid out, and a key of that name made."""
        (layout,) = self._database.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            raise Unusable(
                "witness_ahead", "见证的记录文件属于更新的版本。", "A newer version has made this witness's memory."
            )
        if not layout:
            if self._database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise NoteRefused("somebody else's database")
            for statement in filter(str.strip, _TABLES.split(";")):
                self._database.execute(statement)
            made = Cosigner.generate(name or _own_name())
            self._database.execute("INSERT INTO self VALUES (1, ?)", (made.secret(),))
            self._database.execute(f"PRAGMA user_version = {_LAYOUT}")
        (secret,) = self._database.execute("SELECT secret FROM self").fetchone()
        found = Cosigner.parse(secret)
        if name is not None and found.name != name:
            raise Unusable(
                "witness_named", f"此见证名为 {found.name}：名称不能更改。",
                f"This witness is called {found.name}: its name cannot be changed.",
            )  # fmt: skip
        return found

    def origins(self) -> list[str]:
        """The logs whose keys are trusted."""
        return [origin for (origin,) in self._database.execute("SELECT origin FROM trusted ORDER BY origin")]

    def chain(self, origin: str) -> KeyChain | None:
        """The keys that are trusted for a log; None for a log that nobody named."""
        found = self._database.execute("SELECT key FROM trusted WHERE origin = ?", (origin,)).fetchone()
        if found is None:
            return None
        notes = self._database.execute("SELECT note FROM rotations WHERE origin = ? ORDER BY number", (origin,))
        return KeyChain(Verifier.parse(found[0]), tuple(Rotation.parse(note) for (note,) in notes))

    def trust(self, origin: str, chain: KeyChain) -> None:
        """Trust a log's keys; those that were trusted before are the beginning of the chain."""
        self._database.execute("INSERT OR IGNORE INTO trusted VALUES (?, ?)", (origin, str(chain.first)))
        rows = [(origin, number, one.note) for number, one in enumerate(chain.rotations)]
        self._database.executemany("INSERT OR IGNORE INTO rotations VALUES (?, ?, ?)", rows)

    def held(self, origin: str) -> Held | None:
        """The newest checkpoint of a log that was cosigned; None before the first."""
        query = "SELECT size, root, note, at FROM cosigned WHERE origin = ? ORDER BY size DESC LIMIT 1"
        found = self._database.execute(query, (origin,)).fetchone()
        return None if found is None else Held(*found)

    def cosigned_at(self, origin: str, size: int) -> Held | None:
        """What was cosigned of exactly that size."""
        query = "SELECT size, root, note, at FROM cosigned WHERE origin = ? AND size = ?"
        found = self._database.execute(query, (origin, size)).fetchone()
        return None if found is None else Held(*found)

    def hold(self, origin: str, held: Held) -> None:
        """Remember a checkpoint that is cosigned; whatever was doubtful is not any more."""
        row = (origin, held.size, held.root, held.note, held.at)
        self._database.execute("INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?, ?, ?)", row)
        self._database.execute("DELETE FROM doubts WHERE origin = ?", (origin,))

    def fork(self, origin: str) -> Contradiction | None:
        """The two stories that a log was caught telling."""
        found = self._database.execute("SELECT * FROM forks WHERE origin = ?", (origin,)).fetchone()
        return None if found is None else Contradiction(*found)

    def doubt(self, origin: str) -> Contradiction | None:
        """What a log has last shown without a proof that holds, since it showed one."""
        found = self._database.execute("SELECT * FROM doubts WHERE origin = ?", (origin,)).fetchone()
        return None if found is None else Contradiction(*found)

    def keep_fork(self, found: Contradiction) -> None:
        """Keep two stories; the first two that were found stay."""
        row = (found.origin, found.held, found.shown, found.proof, found.at)
        self._database.execute("INSERT OR IGNORE INTO forks VALUES (?, ?, ?, ?, ?)", row)

    def keep_doubt(self, found: Contradiction) -> None:
        row = (found.origin, found.held, found.shown, found.proof, found.at)
        self._database.execute("INSERT OR REPLACE INTO doubts VALUES (?, ?, ?, ?, ?)", row)


def _require_apart(directory: Path) -> None:
    """A witness that keeps its memory with the record has no more to say than the record."""
    if (directory / "log.db").exists() or (directory / "keys").exists():
        raise Unusable(
            "witness_apart", f"{directory} 是记录的数据目录：见证应有自己的目录，最好在别的机器上。",
            f"{directory} is the record's: give a witness a directory of its own, best on another's machine.",
        )  # fmt: skip


def _own_name() -> str:
    return f"witness.sanguan/{os.urandom(4).hex()}"
