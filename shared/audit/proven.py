"""The proof of one event: from its stored bytes up to a root that is signed, and by whom that is witnessed.

Everything is computed when it is asked for, from the bytes that are stored: nothing that says of itself that it holds
is believed. Who does not believe this program either has the same in a bundle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Engine

from shared.log import cosignatures, sealer
from shared.log.cosignatures import Witnessed
from shared.log.database import reading
from shared.log.keys import KeyUnusable, load_chain
from shared.log.note import NoteRefused
from shared.log.proofs import verify_consistency, verify_inclusion
from shared.log.sealer import LogDamaged, SignedCheckpoint
from shared.log.tree import Frontier, TreeDamaged, leaf_hash
from shared.storage import Storage

_WITNESSED: Final = 200
"""Cosignatures that are looked through for a checkpoint that covers an event."""


class Signature(StrEnum):
    """What the log's own key says of a checkpoint."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    """The public key is not kept by this process."""
    NONE = "none"
    """Nothing is signed that covers the event yet."""


class Verdict(StrEnum):
    """All of a proof in one word: what a page says first."""

    HOLDS = "holds"
    UNCHECKED = "unchecked"
    """All holds but the signature, which nobody here can check."""
    PENDING = "pending"
    """All holds, and nothing is signed yet."""
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Step:
    """One hash on the way to the root, and the side on which it stands."""

    hash: str
    left: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """That the log holds an event under a signed root (RFC 9162 §2.1.3), and goes on from the prefix that the event
    names (§2.1.4)."""

    position: int
    leaf: bytes
    size: int
    """Of the tree that it is proven in: the signed one, or all of the log where that does not cover the event yet."""
    root: bytes
    path: Sequence[bytes]
    """The hashes of the inclusion proof, from the leaf up."""
    extends: Sequence[bytes]
    """Those of the consistency proof, from the prefix that was read; empty where none was."""
    included: bool
    goes_on: bool
    """Whether the tree begins with the prefix that was read; true where there was none to hold it against."""
    signature: Signature
    key: str | None
    """That signs checkpoints of this size."""
    note: str | None
    """The signed checkpoint, with what witnesses added to it."""
    signed_at: datetime | None
    witnessed: Sequence[Witnessed]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The way to the root, hash by hash; none where no proof can be made."""
        return steps(self.path, self.position, self.size) if self.path else ()

    @property
    def holds(self) -> bool:
        """Nothing of it is false. What is not signed yet is not false."""
        return self.verdict is not Verdict.FAILS

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        if not (self.included and self.goes_on and all(one.holds for one in self.witnessed)):
            return Verdict.FAILS
        return _VERDICTS[self.signature]


_VERDICTS: Final = {
    Signature.GOOD: Verdict.HOLDS, Signature.BAD: Verdict.FAILS, Signature.UNKNOWN: Verdict.UNCHECKED,
    Signature.NONE: Verdict.PENDING,
}  # fmt: skip


def proven(storage: Storage, log: str, position: int, begins: Frontier | None = None) -> Proven:
    """The proof of the event at a position; `begins` is the tree over the prefix that was read of it."""
    try:
        return _proven(storage, log, position, begins)
    except (ValueError, LogDamaged, TreeDamaged):  # of what is stored no proof can be made
        return Proven(position, b"", 0, b"", (), (), False, False, Signature.NONE, None, None, None, ())


def _proven(storage: Storage, log: str, position: int, begins: Frontier | None) -> Proven:
    engine = storage.log_engine
    signed, witnessed = covering(engine, log, position)
    size = signed.size if signed else storage.log.size(log)
    root = sealer.root_at(engine, log, size)
    ((at, data),) = storage.log.raw(log, position - 1, 1)
    if at != position:
        raise LogDamaged(f"log {log} has no event {position}")
    leaf, path = leaf_hash(data), sealer.inclusion(engine, log, position, size)
    extends = [] if begins is None else sealer.consistency(engine, log, begins.size, size)
    goes_on = begins is None or verify_consistency(begins.size, size, extends, begins.root(), root)
    signature, key = (Signature.NONE, None) if signed is None else _signature(storage, log, signed, root)
    return Proven(
        position, leaf, size, root, path, extends, verify_inclusion(leaf, position, size, path, root), goes_on,
         signature, key, cosignatures.note_of(engine, signed) if signed else None,
        signed.signed_at if signed else None, witnessed,
    )  # fmt: skip


def covering(engine: Engine, log: str, position: int) -> tuple[SignedCheckpoint | None, Sequence[Witnessed]]:
    """The newest checkpoint over an event: of those that somebody witnessed where there is one, for nobody but the
    operator vouches for the others."""
    newest = sealer.latest(engine, log)
    if newest is None or newest.size <= position:
        return None, ()
    found = [one for one in cosignatures.witnessed(engine, log, _WITNESSED) if one.size > position]
    if not found:
        return newest, ()
    size = found[0].size
    with reading(engine, log) as connection:
        signed = sealer.signed_at_size(connection, log, size)
    return signed, [one for one in found if one.size == size]


def _signature(storage: Storage, log: str, signed: SignedCheckpoint, root: bytes) -> tuple[Signature, str | None]:
    """Whether the log's key of that size opens the note, and note and row say this size and root; and which key that
    is. A key's file that is there and is no key does not make a signature one that nobody can check."""
    if not (storage.settings.keys_dir / f"{log}.pub").exists():
        return (Signature.UNKNOWN if signed.root == root else Signature.BAD), None
    try:
        chain = load_chain(storage.settings.data_dir, log)
    except KeyUnusable:
        return Signature.BAD, None
    try:
        said = chain.open(signed.note)
    except NoteRefused:
        said = None
    fits = said is not None and (said.size, said.root) == (signed.size, root) and signed.root == root
    return (Signature.GOOD if fits else Signature.BAD), str(chain.at(signed.size))


def steps(path: Sequence[bytes], position: int, size: int) -> tuple[Step, ...]:
    """The hashes of an inclusion proof, from the leaf up, with their sides (RFC 9162 §2.1.3.2)."""
    sides, node, last = [], position, size - 1
    while last:
        if node & 1 or node == last:
            sides.append(True)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            sides.append(False)
        node, last = node >> 1, last >> 1
    return tuple(Step(hash_.hex(), left) for hash_, left in zip(path, sides, strict=True))
