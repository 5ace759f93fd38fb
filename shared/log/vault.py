"""The vault 保险箱: personal values are sealed before they are hashed, under keys that can be destroyed.

Each subject (a case, or one party of it) has a key of its own; keys are wrapped by the master key and stand in a table
of their own. Destroying a subject's key makes its values unreadable for ever, while the bytes that were hashed, and so
every proof, ledger and score, stay as they are (invariant 6).
"""

import contextlib
import hmac
import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, Connection, Engine, Table, TextClause, delete, insert, select, text, update

from shared.contracts.model import Refused
from shared.contracts.personal import SEALED_MARK, personal, sealed_copy
from shared.errors import Unusable
from shared.log.blind import BlindIndex
from shared.log.codec import canonical
from shared.log.database import reading, writing
from shared.log.destroyed import Destroyed, DestroyedList
from shared.log.randomness import random_bytes
from shared.log.suites import AES, NONCE, SUITES, Cipher, Suite
from shared.log.system_keys import BLIND, BODY, SystemKeys
from shared.log.tables import heads, vault_blind, vault_destroyed, vault_keys
from shared.log.wrapping import MasterUnknown, Wrapping

_PAD: Final = 32
"""Bytes: values are padded to a multiple of it. Else a box's length would tell which of a few codes is in it."""


class Unreadable(Exception):
    """A sealed box cannot be opened: its key was destroyed, it is not of this log, or the master key is another."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A subject's key on its way into the table, in the same transaction as the events that it seals."""

    log: str
    subject: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class _Key:
    """A key in use: its cipher, and its row where it is not stored yet."""

    cipher: Cipher
    new: NewKey | None


@dataclass(frozen=True, slots=True)
class SubjectKeys:
    """What is stored of a subject: the wrapped keys of it and its parts by name, and the names of those destroyed."""

    wrapped: dict[str, bytes]
    destroyed: set[str]


_FRESH: Final = SubjectKeys({}, set())


def _stored(subjects: str, lateral: str) -> TextClause:
    # A range, not LIKE, which does not tell case/a from case/A on SQLite; "$" is the character after "#".
    return text(
        f"SELECT s.value AS subject, k.subject AS name, k.wrapped AS wrapped FROM {subjects} CROSS JOIN {lateral}"
        " UNION ALL SELECT s.value, d.subject, NULL FROM"
        f" {subjects} JOIN vault_destroyed d ON d.log = :log AND d.subject >= s.value AND d.subject < s.value || '$'"
    )


_STORED: Final = {
    "sqlite": _stored(
        "json_each(:subjects) s",
        "vault_keys k ON k.log = :log AND k.subject >= s.value || '#' AND k.subject < s.value || '$'",
    ),
    "postgresql": _stored(
        "json_array_elements_text(CAST(:subjects AS json)) s(value)",
        "LATERAL (SELECT subject, wrapped FROM vault_keys"
        " WHERE log = :log AND subject >= s.value || '#' AND subject < s.value || '$' LIMIT 10000) k",  # by the index
    ),
}
"""All keys of many subjects, and what was destroyed of them: no id holds a character before "$", so that the range from
a subject on is that of itself and its parts."""
_DESTROYED: Final = select(vault_destroyed).order_by(vault_destroyed.c.log, vault_destroyed.c.subject)
_CAME_BACK: Final = text(
    # Each a look by the index: joined, all keys would be held against all that was destroyed.
    "SELECT d.log, d.subject FROM vault_destroyed d WHERE EXISTS"
    " (SELECT 1 FROM vault_keys k WHERE k.log = d.log AND k.subject = d.subject) OR EXISTS"
    " (SELECT 1 FROM vault_keys k WHERE k.log = d.log"
    "  AND k.subject >= d.subject || '#' AND k.subject < d.subject || '$') OR EXISTS"
    " (SELECT 1 FROM vault_keys k WHERE k.log = d.log"
    "  AND k.subject >= d.subject || '/' AND k.subject < d.subject || '0')"
)
"""What is destroyed and has keys all the same: a backup was restored, or a crash came between list and database."""
_MOST_HELD: Final = 50_000
"""Subjects whose wrapped keys are held in memory."""


class Vault:
    """Seals and opens personal values.

    It holds wrapped keys in memory, to seal with: another process may have destroyed them since, so the transaction
    that appends what was sealed looks (see `Proposal.held_keys`). What is opened is opened with what is stored.
    """

    def __init__(
        self,
        engine: Engine,
        wrapping: Wrapping,
        random: Callable[[int], bytes] = random_bytes,
        *,
        suite: Suite = AES,
        destroyed: DestroyedList | None = None,
    ) -> None:
        """`suite` seals new boxes; `destroyed` is the list, outside of the database, of all that was destroyed."""
        self._engine, self._wrapping, self._random = engine, wrapping, random
        self._suite, self._destroyed = suite, destroyed
        self._held: OrderedDict[tuple[str, str], SubjectKeys] = OrderedDict()
        self.system_keys = SystemKeys(engine, wrapping, random)
        self.blind = BlindIndex(engine, lambda: self._system_key(BLIND))
        self._mac: hmac.HMAC | None = None

    def body_mac(self, body: Any) -> bytes:
        """What remembers a command's body without telling it (low-entropy values are never hashed plainly)."""
        if self._mac is None:
            self._mac = hmac.new(self._system_key(BODY), digestmod="sha256")
        # hmac.digest() lets go of the interpreter for each call, and a busy thread takes it for 5 ms: a copy does not.
        mac = self._mac.copy()
        mac.update(canonical(body))
        return mac.digest()

    def prepare(self) -> None:
        """Have the installation's own keys at hand; raises `Unusable` where the master key is not theirs."""
        try:
            self.body_mac(None)
            self.system_keys.get(BLIND)
        except (MasterUnknown, Unreadable):
            raise Unusable(
                "master_key_wrong", "主密钥不是本数据库所用的主密钥：请检查 SANGUAN_MASTER_KEY 或 keys/master.key。",
                "The master key is not the one of this database: look at SANGUAN_MASTER_KEY or keys/master.key.",
            ) from None  # fmt: skip

    def _system_key(self, name: str) -> bytes:
        try:
            return self.system_keys.get(name)
        except MasterUnknown:
            raise Unreadable("the installation's own keys are wrapped under another master key") from None

    def keys_of(self, subjects: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SubjectKeys]:
        """What is stored of subjects, each a log and a name: all by one look at the database."""
        found = {at: SubjectKeys({}, set()) for at in subjects}
        for log in {log for log, _ in found}:
            with reading(self._engine, log) as connection:
                names = [subject for of, subject in found if of == log]
                given = {"log": log, "subjects": json.dumps(names)}
                for row in connection.execute(_STORED[connection.dialect.name], given):
                    known = found[log, row.subject]
                    if row.wrapped is None:
                        known.destroyed.add(row.name)
                    else:
                        known.wrapped[row.name] = row.wrapped
        for at, keys in found.items():
            self._hold(at, keys)
        return found

    def held(self, log: str, subject: str) -> SubjectKeys | None:
        """What is held in memory of a subject's keys."""
        return self._held.get((log, subject))

    def learn(self, log: str, subject: str, keys: Sequence[NewKey], *, fresh: bool) -> None:
        """Hold a subject's new keys, now that they are stored; `fresh` says that it had none before."""
        known = _FRESH if fresh else self._held.get((log, subject))
        if known is not None:
            stored = known.wrapped | {key.subject: key.wrapped for key in keys}
            self._hold((log, subject), SubjectKeys(stored, known.destroyed))

    def forget(self, log: str, subject: str) -> None:
        """Hold nothing of a subject."""
        self._held.pop((log, subject), None)

    def _hold(self, at: tuple[str, str], keys: SubjectKeys) -> None:
        self._held[at] = keys
        if len(self._held) > _MOST_HELD:
            self._held.popitem(last=False)

    def seal(
        self, log: str, subject: str, command: Any, *, fresh: bool, stored: SubjectKeys | None = None, apart: str = ""
    ) -> tuple[Any, tuple[NewKey, ...]]:
        """The command with its personal fields in boxes, and the keys that must be stored with its events.

        `fresh` says that the subject cannot have keys yet, and `stored` what keys it has; else they are looked up here.
        `apart` tells the parties of this command from those whom an earlier one named at the same places: each is a
        part of its own, `case/<id>#parties/0.<apart>`, so that whom a correction replaced can be forgotten alone.
        Raises `Refused("erased")` where the subject's keys were destroyed: what was erased gets no new key.
        """
        plan = personal(type(command))
        if not plan:
            return command, ()
        if fresh:
            stored = _FRESH
        elif stored is None:
            stored = self.keys_of([(log, subject)])[log, subject]
        used: dict[str, _Key] = {}

        def box(scope: str, value: str) -> str:
            name = part_of(subject, scope, apart)
            key = used.get(name) or used.setdefault(name, self._key(log, name, stored))
            nonce = self._random(NONCE)
            sealed = nonce + key.cipher.encrypt(nonce, _padded(value.encode()), f"{log}|{name}".encode())
            return f"{SEALED_MARK}{self._suite.number}:{name}:{b64encode(sealed).decode()}"

        return sealed_copy(command, plan, box), tuple(key.new for key in used.values() if key.new)

    def open(self, log: str, box: str) -> str:
        """The value in a box; raises `Unreadable`."""
        read = _read(box)
        return read.opened(log, self._stored_key(log, read.name))

    def open_all(self, log: str, boxes: Collection[str]) -> dict[str, str]:
        """The values in these boxes, each by its box, at one look at the keys; what does not open is left out."""
        read: dict[str, _Box] = {}
        for box in boxes:
            with contextlib.suppress(Unreadable):
                read[box] = _read(box)
        subjects = {(log, one.name.partition("#")[0]) for one in read.values()}
        wrapped = {name: key for keys in self.keys_of([*subjects]).values() for name, key in keys.wrapped.items()}
        values: dict[str, str] = {}
        for box, one in read.items():
            with contextlib.suppress(Unreadable):
                raw = self._unwrapped(log, one.name, wrapped[one.name]) if one.name in wrapped else None
                values[box] = one.opened(log, raw)
        return values

    def destroy(self, log: str, subject: str, at_us: int) -> int:
        """Destroy the keys of a subject and of all its parts; gives how many there were. Their entries in the blind
        index go with them. Nothing else changes.

        A subject is `case/<id>`, or one party of it, as its boxes name it: `case/<id>#parties/0` by its place in the
        report, `case/<id>#parties/0.<…>` where a correction named it.
        The subject and its parts are listed as destroyed, so that they get no new keys, and a restored backup can be
        made to forget them again.
        """
        own = _own(vault_keys, log, subject)
        self.forget(log, subject.partition("#")[0])
        with writing(self._engine) as connection:
            # The head first: what is being appended now goes in before, and its keys go too; what waits behind us sees
            # that keys were destroyed, and looks at its own again (see `shared.log.postgres`).
            connection.execute(update(heads).where(heads.c.log == log).values(erasures=heads.c.erasures + 1))
            parts = connection.execute(select(vault_keys.c.subject).where(own)).scalars().all()
            connection.execute(delete(vault_keys).where(own))
            connection.execute(delete(vault_blind).where(_own(vault_blind, log, subject)))
            new = [gone for gone in dict.fromkeys((subject, *parts)) if not _is_destroyed(connection, log, gone)]
            for gone in new:
                connection.execute(insert(vault_destroyed).values(log=log, subject=gone, destroyed_at=at_us))
            if self._destroyed is not None and subject in new:
                self._destroyed.add([Destroyed(log, subject, at_us)])  # what a crash leaves undone is done by the sweep
        self._overwritten()
        return len(parts)

    def destroy_again(self, at_us: int, more: Iterable[Destroyed] = ()) -> int:
        """Destroy what is there again of what was destroyed before, by the table, by the list, or by what is given;
        each of the two lists learns what the other knows. Gives how many subjects had keys."""
        listed = [] if self._destroyed is None else self._destroyed.read()
        with self._engine.connect() as connection:
            rows = [Destroyed(row.log, row.subject, row.destroyed_at) for row in connection.execute(_DESTROYED)]
            back = {(row.log, row.subject) for row in connection.execute(_CAME_BACK)}
        tabled, known = {one.at for one in rows}, {one.at: one.at_us for one in (*listed, *more)}
        again = 0
        for log, subject in sorted(back | known.keys() - tabled):
            again += self.destroy(log, subject, known.get((log, subject), at_us)) > 0
        if self._destroyed is not None:
            in_list = {one.at for one in listed}
            self._destroyed.add([one for one in rows if one.at not in in_list and not _is_part_of(one, tabled)])
        return again

    def _overwritten(self) -> None:
        """On SQLite the write-ahead file still holds the pages as they were."""
        if self._engine.dialect.name == "sqlite":
            with closing(self._engine.raw_connection()) as driver:
                driver.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _key(self, log: str, name: str, stored: SubjectKeys) -> _Key:
        if (wrapped := stored.wrapped.get(name)) is not None:
            return _Key(self._suite.cipher(self._unwrapped(log, name, wrapped)), None)
        if not stored.destroyed.isdisjoint((name, name.partition("#")[0])):
            raise Refused("erased")
        raw = self._random(32)
        return _Key(self._suite.cipher(raw), NewKey(log, name, self._wrapping.wrap(raw, key_context(log, name))))

    def _stored_key(self, log: str, name: str) -> bytes | None:
        query = select(vault_keys.c.wrapped).where(vault_keys.c.log == log, vault_keys.c.subject == name)
        with reading(self._engine, log) as connection:
            wrapped = connection.execute(query).scalar()
        return None if wrapped is None else self._unwrapped(log, name, wrapped)

    def _unwrapped(self, log: str, name: str, wrapped: bytes) -> bytes:
        try:
            return self._wrapping.unwrap(wrapped, key_context(log, name))
        except MasterUnknown:
            raise Unreadable("the keys are wrapped under another master key") from None


def key_context(log: str, name: str) -> bytes:
    """What a subject's key is wrapped for."""
    return f"{log}|{name}".encode()


def part_of(subject: str, scope: str, apart: str) -> str:
    """The name of a part's key: of what belongs to a place in the command, where a later command named others."""
    return f"{subject}#{scope}.{apart}" if scope and apart else f"{subject}#{scope}"


@dataclass(frozen=True, slots=True)
class _Box:
    """A sealed box: its suite, the name of its key, and what is sealed in it."""

    suite: Suite
    name: str
    sealed: str

    def opened(self, log: str, key: bytes | None) -> str:
        """The value; raises `Unreadable`."""
        if key is None:
            raise Unreadable("the key was destroyed")
        try:
            raw = b64decode(self.sealed, validate=True)
            padded = self.suite.cipher(key).decrypt(raw[:NONCE], raw[NONCE:], f"{log}|{self.name}".encode())
            return _unpadded(padded).decode()
        except (InvalidTag, NotBase64, ValueError):
            raise Unreadable("not sealed under this key") from None


def _read(box: str) -> _Box:
    """What a box says of itself; raises `Unreadable`."""
    head, _, sealed = box.rpartition(":")  # a key's name may hold colons, base64 holds none
    number, colon, name = head.removeprefix(SEALED_MARK).partition(":")
    if not (head.startswith(SEALED_MARK) and colon):
        raise Unreadable("not a box")
    if number not in SUITES:
        raise Unreadable(f"sealed with the suite {number[:8]!r}, which this version does not know")
    return _Box(SUITES[number], name, sealed)


def _padded(value: bytes) -> bytes:
    """The value, a mark, and zeros (ISO/IEC 7816-4)."""
    return value + b"\x80" + bytes(-(len(value) + 1) % _PAD)


def _unpadded(padded: bytes) -> bytes:
    return padded.rstrip(b"\x00")[:-1]


def _own(table: Table, log: str, subject: str) -> ColumnElement[bool]:
    """What belongs to a subject or one of its parts, in a table that names subjects."""
    # Ranges, not LIKE, which does not tell case/a from case/A on SQLite; "$" and "0" come after "#" and "/".
    name = table.c.subject
    mark, after = ("/", "0") if "#" in subject else ("#", "$")
    within = (name >= f"{subject}{mark}") & (name < f"{subject}{after}")
    return (table.c.log == log) & ((name == subject) | within)


def _is_part_of(one: Destroyed, listed: Collection[tuple[str, str]]) -> bool:
    """Whether the subject that it is a part of is listed: its part goes with it."""
    whole, mark, _ = one.subject.partition("#")
    return bool(mark) and (one.log, whole) in listed


def _is_destroyed(connection: Connection, log: str, name: str) -> bool:
    query = select(vault_destroyed.c.log).where(vault_destroyed.c.log == log, vault_destroyed.c.subject == name)
    return connection.execute(query).first() is not None
