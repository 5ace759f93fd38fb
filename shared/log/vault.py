"""The vault 保险箱: personal values are sealed before they are hashed, under keys that can be destroyed.

Each subject (a case, or one party of it) has a key of its own; keys are wrapped by the master key and stand in a table
of their own. Destroying a subject's key makes its values unreadable for ever, while the bytes that were hashed, and so
every proof, ledger and score, stay as they are (invariant 6).
"""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, Connection, Engine, Table, TextClause, delete, insert, select, text, update

from shared.contracts.model import Refused
from shared.contracts.personal import SEALED_MARK, personal, sealed_copy
from shared.log.blind import BlindIndex
from shared.log.codec import canonical
from shared.log.database import writing
from shared.log.keys import KeyUnusable
from shared.log.tables import heads, vault_blind, vault_destroyed, vault_keys

_SUITE = "2"
"""AES-256-GCM with a random 96-bit nonce over the padded value; another suite gets another number."""
_PAD: Final = 32
"""Bytes: values are padded to a multiple of it. Else a box's length would tell which of a few codes is in it."""
_NONCE = 12


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

    cipher: AESGCM
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
_MOST_HELD: Final = 50_000
"""Subjects whose wrapped keys are held in memory."""


class Vault:
    """Seals and opens personal values.

    It holds wrapped keys in memory, to seal with: another process may have destroyed them since, so the transaction
    that appends what was sealed looks (see `Proposal.held_keys`). What is opened is opened with what is stored.
    """

    def __init__(self, engine: Engine, master: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._engine, self._random = engine, random
        self._held: OrderedDict[tuple[str, str], SubjectKeys] = OrderedDict()
        self.blind = BlindIndex(engine, master)
        self._master = AESGCM(hashlib.sha256(b"sanguan wrap\0" + master).digest())
        # hmac.digest() lets go of the interpreter for each call, and a busy thread takes it for 5 ms: a copy does not.
        self._mac = hmac.new(hashlib.sha256(b"sanguan body\0" + master).digest(), digestmod="sha256")

    def body_mac(self, body: Any) -> bytes:
        """What remembers a command's body without telling it (low-entropy values are never hashed plainly)."""
        mac = self._mac.copy()
        mac.update(canonical(body))
        return mac.digest()

    def keys_of(self, subjects: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SubjectKeys]:
        """What is stored of subjects, each a log and a name: all by one look at the database."""
        found = {at: SubjectKeys({}, set()) for at in subjects}
        with self._engine.connect() as connection:
            for log in {log for log, _ in found}:
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
        draw = _draws(self._random)

        def box(scope: str, value: str) -> str:
            name = part_of(subject, scope, apart)
            key = used.get(name) or used.setdefault(name, self._key(log, name, stored, draw))
            nonce = draw(_NONCE)
            sealed = nonce + key.cipher.encrypt(nonce, _padded(value.encode()), f"{log}|{name}".encode())
            return f"{SEALED_MARK}{_SUITE}:{name}:{b64encode(sealed).decode()}"

        return sealed_copy(command, plan, box), tuple(key.new for key in used.values() if key.new)

    def open(self, log: str, box: str) -> str:
        """The value in a box; raises `Unreadable`."""
        name, sealed = _read(box)
        return _opened(log, name, sealed, self._stored_cipher(log, name))

    def open_all(self, log: str, boxes: Collection[str]) -> dict[str, str]:
        """The values in these boxes, each by its box, at one look at the keys; what does not open is left out."""
        read: dict[str, tuple[str, str]] = {}
        for box in boxes:
            with contextlib.suppress(Unreadable):
                read[box] = _read(box)
        subjects = {(log, name.partition("#")[0]) for name, _ in read.values()}
        wrapped = {name: key for keys in self.keys_of([*subjects]).values() for name, key in keys.wrapped.items()}
        values: dict[str, str] = {}
        for box, (name, sealed) in read.items():
            with contextlib.suppress(Unreadable):
                cipher = self._unwrapped(log, name, wrapped[name]) if name in wrapped else None
                values[box] = _opened(log, name, sealed, cipher)
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
            for gone in (subject, *parts):
                if not _is_destroyed(connection, log, gone):
                    connection.execute(insert(vault_destroyed).values(log=log, subject=gone, destroyed_at=at_us))
        if self._engine.dialect.name == "sqlite":  # the write-ahead file still holds the pages as they were
            with closing(self._engine.raw_connection()) as driver:
                driver.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(parts)

    def _key(self, log: str, name: str, stored: SubjectKeys, draw: Callable[[int], bytes]) -> _Key:
        if (wrapped := stored.wrapped.get(name)) is not None:
            return _Key(self._unwrapped(log, name, wrapped), None)
        if not stored.destroyed.isdisjoint((name, name.partition("#")[0])):
            raise Refused("erased")
        raw, nonce = self._random(32), draw(_NONCE)
        wrapped = nonce + self._master.encrypt(nonce, raw, f"{log}|{name}".encode())
        return _Key(AESGCM(raw), NewKey(log, name, wrapped))

    def _stored_cipher(self, log: str, name: str) -> AESGCM | None:
        query = select(vault_keys.c.wrapped).where(vault_keys.c.log == log, vault_keys.c.subject == name)
        with self._engine.connect() as connection:
            wrapped = connection.execute(query).scalar()
        return None if wrapped is None else self._unwrapped(log, name, wrapped)

    def _unwrapped(self, log: str, name: str, wrapped: bytes) -> AESGCM:
        try:
            return AESGCM(self._master.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], f"{log}|{name}".encode()))
        except InvalidTag:
            raise Unreadable("the keys are wrapped under another master key") from None


def part_of(subject: str, scope: str, apart: str) -> str:
    """The name of a part's key: of what belongs to a place in the command, where a later command named others."""
    return f"{subject}#{scope}.{apart}" if scope and apart else f"{subject}#{scope}"


def _read(box: str) -> tuple[str, str]:
    """The name of a box's key, and what is sealed in it; raises `Unreadable`."""
    head, _, sealed = box.rpartition(":")  # a key's name may hold colons, base64 holds none
    if not head.startswith(f"{SEALED_MARK}{_SUITE}:"):
        raise Unreadable("not a box of a known suite")
    return head.removeprefix(f"{SEALED_MARK}{_SUITE}:"), sealed


def _opened(log: str, name: str, sealed: str, cipher: AESGCM | None) -> str:
    if cipher is None:
        raise Unreadable("the key was destroyed")
    try:
        raw = b64decode(sealed, validate=True)
        return _unpadded(cipher.decrypt(raw[:_NONCE], raw[_NONCE:], f"{log}|{name}".encode())).decode()
    except (InvalidTag, NotBase64, ValueError):
        raise Unreadable("not sealed under this key") from None


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


def _draws(random: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Nonces for one sealing, drawn 256 bytes at a time: each draw lets go of the interpreter, as above."""
    buffer, at = b"", 0

    def draw(count: int) -> bytes:
        nonlocal buffer, at
        if at + count > len(buffer):
            buffer, at = random(256), 0
        at += count
        return buffer[at - count : at]

    return draw


def _is_destroyed(connection: Connection, log: str, name: str) -> bool:
    query = select(vault_destroyed.c.log).where(vault_destroyed.c.log == log, vault_destroyed.c.subject == name)
    return connection.execute(query).first() is not None


def load_master(path: Path) -> bytes:
    """The master key in a file of mode 0600, made on first use."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.touch(mode=0o600)
        with part.open("wb") as file:
            file.write(b64encode(secrets.token_bytes(32)) + b"\n")
            file.flush()
            os.fsync(file.fileno())  # a key that a power cut takes would take all that is sealed under it
        with contextlib.suppress(FileExistsError):
            os.link(part, path)  # whoever is first wins; the others read his
        part.unlink()
    key = b64decode(path.read_bytes())
    if len(key) < 32:
        raise KeyUnusable(
            f"{path} 中没有完整的 32 字节密钥：请从备份恢复。",
            f"{path} holds no key of 32 bytes: restore it from its backup",
        )
    return key
