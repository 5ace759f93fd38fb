"""Sealing's share: the same commands with their personal values sealed, and with boxes that lay ready; and the same
replay where no key can be looked at."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import text

from bench import replay
from bench.timing import Timed
from shared.contracts.personal import personal, sealed_copy
from shared.log.vault import NewKey, SubjectKeys, Vault
from shared.runtime import Node
from shared.storage import Storage

SHARE: Final = 0.30
"""Of an append's time, at most."""
_READY: Final = "A" * 124
"""As long as the box of a value of up to 63 bytes: padded, with nonce and tag, in base64."""
_NO_KEYS: Final = SubjectKeys({}, set())
_TABLES: Final = ("vault_keys", "vault_destroyed", "vault_blind", "system_keys")


class ReadyBoxes(Vault):
    """A vault that seals nothing: no key is looked up, made, wrapped or stored, no value encrypted. Its boxes are as
    long, so that all else has the same to do."""

    def held(self, log: str, subject: str) -> SubjectKeys | None:
        return _NO_KEYS

    def seal(
        self, log: str, subject: str, command: Any, *, fresh: bool, stored: SubjectKeys | None = None, apart: str = ""
    ) -> tuple[Any, tuple[NewKey, ...]]:
        plan = personal(type(command))
        return (
            sealed_copy(command, plan, lambda scope, _: f"sealed:2:{subject}#{scope}:{_READY}") if plan else command
        ), ()


def seal_nothing(node: Node) -> None:
    """Give a node's desks a vault that seals nothing."""
    for desk in node.desks.values():
        desk._vault = ReadyBoxes(node.storage.log_engine, node.storage.masters)


def replay_without_keys(storage: Storage) -> Timed:
    """The replay of an audit, with all that holds a key out of its reach."""
    with _out_of_reach(storage):
        return replay.in_memory(storage)


@contextmanager
def _out_of_reach(storage: Storage) -> Iterator[None]:
    """The vault's tables by other names: who looks for a key fails."""

    def rename(pattern: str) -> None:
        with storage.log_engine.begin() as connection:
            for table in _TABLES:
                connection.execute(text(pattern.format(table)))

    rename("ALTER TABLE {0} RENAME TO {0}_away")
    try:
        yield
    finally:
        rename("ALTER TABLE {0}_away RENAME TO {0}")
