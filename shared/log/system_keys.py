"""Keys of the installation itself 系统密钥: random, wrapped, in `system_keys`. What is remembered under one of them
(digests of commands' bodies, entries of the blind index, of what is typed to sign in) outlives any master key.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text

from shared.log.database import writing
from shared.log.tables import heads, system_keys, vault_keys
from shared.log.wrapping import KEY_OF_BEFORE, Masters, Wrapping

BODY: Final = "body"
"""Digests of commands' bodies."""
BLIND: Final = "blind"
"""The blind index."""
CODES: Final = "codes"
"""Digests of the codes on residents' cards."""
EXPORTS: Final = "exports"
"""Pseudonyms of persons in exports."""
_OF_BEFORE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    BODY: lambda master: hashlib.sha256(b"sanguan body\0" + master).digest(),
    BLIND: lambda master: hmac.digest(bytes(32), master, "sha256"),  # what HKDF makes of it first (RFC 5869, 2.2)
}
"""What these were when they were derived from the master key: an installation of that time goes on with them, so that
nothing that it remembers changes."""
_PUT: Final = text("INSERT INTO system_keys (name, wrapped) VALUES (:name, :wrapped) ON CONFLICT DO NOTHING")


class SystemKeys:
    """The installation's own keys, each made on first use."""

    def __init__(self, engine: Engine, wrapping: Wrapping, random: Callable[[int], bytes] = os.urandom) -> None:
        self._engine, self._wrapping, self._random = engine, wrapping, random
        self._held: dict[str, bytes] = {}

    def get(self, name: str) -> bytes:
        """The key of 32 bytes; raises `MasterUnknown`."""
        if (key := self._held.get(name)) is None:
            wrapped = self._stored(name) or self._make(name)
            key = self._held[name] = self._wrapping.unwrap(wrapped, context(name))
        return key

    def _stored(self, name: str) -> bytes | None:
        with self._engine.connect() as connection:
            return connection.execute(select(system_keys.c.wrapped).where(system_keys.c.name == name)).scalar()

    def _make(self, name: str) -> bytes:
        """Of two processes that come at once, both get the same key."""
        with writing(self._engine) as connection:
            made = {one: self._random(32) for one in {name, *_OF_BEFORE}}
            if (master := self._master_of_before(connection)) is not None:
                made |= {one: derive(master) for one, derive in _OF_BEFORE.items()}
            for one, key in made.items():
                connection.execute(_PUT, {"name": one, "wrapped": self._wrapping.wrap(key, context(one))})
        stored = self._stored(name)
        assert stored is not None, "it was just put there, by us or by another"
        return stored

    def _master_of_before(self, connection: Connection) -> bytes | None:
        """The master key of an installation that recorded something before it had keys of its own; else None."""
        if connection.execute(select(heads.c.log).limit(1)).first() is None or not isinstance(self._wrapping, Masters):
            return None
        row = connection.execute(select(vault_keys).where(func.length(vault_keys.c.wrapped) == KEY_OF_BEFORE)).first()
        if row is None:
            return self._wrapping.of_before(None, b"")
        return self._wrapping.of_before(row.wrapped, f"{row.log}|{row.subject}".encode())


def context(name: str) -> bytes:
    """What a key of this name is wrapped for."""
    return f"system|{name}".encode()
