"""Writing a bundle: streamed from the database in flat memory, and held against its own checkpoints on the way, so that
an altered log is not handed out as a sound one."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, Engine, Table, select

from shared.audit.bundle.container import Draft, draft
from shared.audit.bundle.layout import (
    EVENTS,
    LEAVES,
    MANIFEST,
    SCRIPT,
    SIGNATURE,
    VERIFY,
    Enclosure,
    LedgerFile,
    Manifest,
    checkpoint_name,
    key_name,
    ledger_name,
    signed_text,
)
from shared.audit.bundle.subtrees import Growing, roots_between
from shared.audit.vouching import is_cosigned
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.ledger.runner import Runner
from shared.ledger.schema import columns_of
from shared.ledger.tables import Rows, row_bytes
from shared.log import keys, sealer, tree_tables
from shared.log.append import stored_moment
from shared.log.database import reading, snapshot
from shared.log.note import NoteRefused, Signer, sign
from shared.log.sealer import LogDamaged, SignedCheckpoint, StoredTiles
from shared.log.signing import KeyChain
from shared.log.store import Log
from shared.log.tree import HASH_BYTES
from shared.log.tree_tables import checkpoints
from shared.storage import Storage

PAGE_EVENTS: Final = 4_096
"""Events read at a time."""
MOST_CHECKPOINTS: Final = 300
"""More prove nothing more: each later one holds all before it. Where there are more, they are evenly chosen; the newest
that a witness has cosigned is always there."""
_ROWS: Final = 500
"""Rows of a ledger written at a time."""

Told = Callable[[str, int, int], None]
"""What is told of the progress: of what, how many are done, how many there are."""


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle that was written."""

    path: Path
    manifest: Manifest
    root: bytes
    """Over `manifest.size` events."""
    vouched: Mapping[str, int]
    """Whose cosignatures are in it, by their keys, and up to which size."""

    def as_json(self) -> dict[str, Any]:
        said = self.manifest
        return {
            "ok": True, "log": said.log, "from": said.first, "to": said.last, "size": said.size,
            "root": self.root.hex(), "public_key": str(said.public_key), "file": str(self.path),
            "bytes": self.path.stat().st_size, "files": len(said.files) + 2,
            "ledger_files": len(said.ledgers),
            "witnesses": [{"key": key, "size": size} for key, size in self.vouched.items()],
        }  # fmt: skip

    def as_text(self) -> str:
        """For a person."""
        said = self.manifest
        lines = [
            f"{self.path}: events {said.first} to {said.last} of log {said.log}, under the signed root over "
            f"{said.size} events:\n{self.root.hex()}. Check it: python3 verify.py {self.path.name} --key KEPT.pub"
        ]
        lines += [f"Cosigned up to {size} events: {key}" for key, size in self.vouched.items()]
        return "\n".join(lines)


def write_bundle(
    storage: Storage, log: str, first: int, last: int | None,
    enclosures: Callable[[int, int], Iterable[Enclosure]], out: Path, told: Told = lambda what, done, total: None,
    held: Sequence[str] = (),
) -> Written:  # fmt: skip
    """Write the events of a log from one position to another, or to its end, with all that proves them.

    What is not under a checkpoint yet is sealed first. Ledgers go in where the bundle is of the whole log. `enclosures`
    gives what services put in beside; `held` are checkpoints that the auditor kept, of which the bundle shows that it
    goes on from them. Raises `Unusable` or `Refused` for what cannot be done, `LogDamaged` where the log is not the one
    that was signed; then nothing is written.
    """
    with draft(out) as zip_:
        # Ledgers first: what is sealed after they were read covers all that they were folded from.
        ledgers = _ledgers(zip_, storage, log, told) if (first, last) == (0, None) else {}
        signer, chain, newest = _sealed(storage, log, last)
        last = newest.size - 1 if last is None else last
        if not 0 <= first <= last < newest.size:
            raise Refused("beyond_the_end", field="to" if first <= last else "from", last=newest.size - 1)
        with reading(storage.log_engine, log) as connection:
            tiles = StoredTiles(connection, log)
            outside = _outside(chain, held, first, last, newest.size)
            left, right = roots_between(tiles, 0, first), roots_between(tiles, last + 1, newest.size)
            proofs = {
                size: (*roots_between(tiles, 0, size), *roots_between(tiles, size, newest.size)) for size in outside
            }
        growing = Growing()
        growing.fill(left, first)
        signed, vouched = _checkpoints(storage.log_engine, log, chain, first, last, newest)
        with tempfile.TemporaryFile(dir=out.parent) as leaves:
            due = {one.size: one.root for one in signed} | {one.size: one.root for one in chain.rotations}
            events = _events(storage.log, log, first, last, leaves, growing, due)
            zip_.add(EVENTS, _telling(events, told, last + 1 - first))
            zip_.add(LEAVES, _rest_of(leaves), compressed=False)
        growing.fill(right, newest.size)
        if growing.root() != newest.root:
            raise LogDamaged(f"the events of {log} do not have the root signed at {newest.size}")
        for number, rotation in enumerate(chain.rotations, 1):
            zip_.add(key_name(number), rotation.note.encode())
        for one in signed:
            zip_.add(checkpoint_name(one.size), one.note.encode())
        for enclosure in enclosures(first, last):
            zip_.add(*enclosure)
        zip_.add(VERIFY, SCRIPT.read_bytes())
        manifest = Manifest(
            log=log, first=first, last=last, size=newest.size, public_key=chain.current, left=left, right=right,
            proofs=proofs, ledgers=ledgers, files=dict(sorted(zip_.files.items())),
        )  # fmt: skip
        written = manifest.written()
        zip_.add(MANIFEST, written)
        zip_.add(SIGNATURE, sign(signed_text(log, written), signer).encode())
    return Written(out, manifest, newest.root, vouched)


def _sealed(storage: Storage, log: str, last: int | None) -> tuple[Signer, KeyChain, SignedCheckpoint]:
    """The key that signs, the chain that leads to it, and the newest checkpoint, at one moment."""
    newest = sealer.latest(storage.log_engine, log)
    if newest is None or last is None or last >= newest.size:
        storage.seal(log)
    data_dir = storage.settings.data_dir
    with keys.signing(data_dir, log) as (signer, _):
        chain, newest = keys.load_chain(data_dir, log), sealer.latest(storage.log_engine, log)
    if newest is None:
        raise Unusable("nothing_to_bundle", f"日志 {log} 是空的。", f"Log {log} holds nothing.")
    return signer, chain, newest


def _outside(chain: KeyChain, held: Sequence[str], first: int, last: int, size: int) -> list[int]:
    """The sizes, of which something was signed, that no one passes who walks the events: they need a proof."""
    try:
        kept = [chain.open(note).size for note in held]
    except NoteRefused as refused:
        raise Unusable(
            "checkpoint_refused", "所给检查点不是本日志公钥签名的文本。",
            f"A given checkpoint is not one that this log's key has signed: {refused}.",
        ) from None  # fmt: skip
    if kept and max(kept) > size:
        raise LogDamaged(f"a kept checkpoint covers {max(kept)} events, the log has only {size}")
    sizes = {*kept, *(rotation.size for rotation in chain.rotations)}
    return sorted(one for one in sizes if not first <= one <= last + 1 and one != size)


def _checkpoints(
    engine: Engine, log: str, chain: KeyChain, first: int, last: int, newest: SignedCheckpoint
) -> tuple[list[SignedCheckpoint], Mapping[str, int]]:
    """The checkpoints that the events pass, as they are published, and the newest; and who has cosigned which size at
    most. Raises `LogDamaged` for one that was altered."""
    found = {newest.size: newest}
    with reading(engine, log) as connection:
        sizes = _evenly(_sizes(connection, checkpoints, log, first, last))
        witnessed = _sizes(connection, tree_tables.cosignatures, log, first, last)[-1:]
        query = select(checkpoints).where(checkpoints.c.log == log, checkpoints.c.size.in_([*sizes, *witnessed]))
        for row in connection.execute(query).all():
            found[row.size] = SignedCheckpoint(log, row.size, row.root, row.note, stored_moment(row.signed_at))
        given = tree_tables.cosignatures
        query = (
            select(given).where(given.c.log == log, given.c.size.in_([*found])).order_by(given.c.size, given.c.witness)
        )
        cosigned = connection.execute(query).all()
    for one in found.values():
        try:
            sound = chain.open(one.note).root == one.root
        except NoteRefused:
            sound = False
        if not sound:
            raise LogDamaged(f"the checkpoint of {log} over {one.size} events is not one that its key has signed")
    vouched: dict[str, int] = {}
    for row in cosigned:
        if not is_cosigned(found[row.size].note, row.witness, row.line):
            raise LogDamaged(
                f"a cosignature of {log} over {row.size} events is not by the witness that is named beside it"
            )
        found[row.size] = replace(found[row.size], note=found[row.size].note + row.line)
        vouched[row.witness] = row.size
    return [one for _, one in sorted(found.items())], vouched


def _sizes(connection: Connection, table: Table, log: str, first: int, last: int) -> Sequence[int]:
    """Of what was signed or cosigned, and is passed by who walks the events."""
    query = select(table.c.size).where(table.c.log == log, table.c.size >= max(first, 1), table.c.size <= last + 1)
    return connection.execute(query.order_by(table.c.size)).scalars().all()


def _evenly(sizes: Sequence[int]) -> Sequence[int]:
    """Not more than a bundle has, the first and the last among them."""
    if len(sizes) <= MOST_CHECKPOINTS:
        return sizes
    return [sizes[number * (len(sizes) - 1) // (MOST_CHECKPOINTS - 1)] for number in range(MOST_CHECKPOINTS)]


def _events(
    store: Log, log: str, first: int, last: int, leaves: IO[bytes], growing: Growing, due: dict[int, bytes]
) -> Iterator[tuple[bytes, int]]:
    """Pages of lines, and how many events are in each. Leaves are put aside, and met roots compared."""
    _meet(log, growing, due)
    while growing.size <= last:
        page = store.raw(log, growing.size - 1, min(PAGE_EVENTS, last + 1 - growing.size))
        if not page or page[0][0] != growing.size or page[-1][0] != growing.size + len(page) - 1:
            raise LogDamaged(f"log {log} has a gap at or after position {growing.size}")
        hashes = b"".join([sha256(b"\x00" + written).digest() for _, written in page])
        leaves.write(hashes)
        while hashes:
            stop = min((size for size in due if size > growing.size), default=last + 1)
            room = (stop - growing.size) * HASH_BYTES
            growing.extend(hashes[:room])
            hashes = hashes[room:]
            _meet(log, growing, due)
        yield b"".join([written + b"\n" for _, written in page]), len(page)


def _meet(log: str, growing: Growing, due: dict[int, bytes]) -> None:
    if (root := due.pop(growing.size, None)) is not None and root != growing.root():
        raise LogDamaged(f"the events of {log} do not have the root signed at {growing.size}")


def _telling(pages: Iterator[tuple[bytes, int]], told: Told, total: int) -> Iterator[bytes]:
    done = 0
    for lines, count in pages:
        yield lines
        done += count
        told("events", done, total)


def _rest_of(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(1 << 20):
        yield piece


def _ledgers(zip_: Draft, storage: Storage, log: str, told: Told) -> dict[str, LedgerFile]:
    """Put in the ledgers that are served, each as it stands."""
    found = {}
    with snapshot(storage.ledgers_engine) as connection:
        standing: list[tuple[Rows[Any], int]] = []
        for service in storage.services:
            runner = Runner(service, storage.log, storage.ledgers_engine, storage.log.clock)
            at = runner.checkpoints(connection, log)
            served = [rows for rows in runner.tables.values() if not rows.ledger.internal]
            standing += [(rows, at[rows.follower].position) for rows in served]
        for number, (rows, position) in enumerate(standing):
            told("ledgers", number, len(standing))
            if columns_of(connection, rows.table) != [column.name for column in rows.table.columns]:
                raise Unusable(
                    "ledger_unfit", f"台账 {rows.follower} 的表结构不符：请先运行 sanguan rebuild。",
                    f"The ledger {rows.follower} has a table of another shape: run `sanguan rebuild` first.",
                )  # fmt: skip
            counted = _Counted(connection, rows, log)
            digest = zip_.add(ledger_name(rows.follower), counted.lines())
            found[rows.follower] = LedgerFile(position, counted.rows, digest)
    return found


class _Counted:
    """A ledger's rows as lines, counted as they go."""

    def __init__(self, connection: Connection, rows: Rows[Any], log: str) -> None:
        self._all = rows.all(connection, log)
        self.rows = 0

    def lines(self) -> Iterator[bytes]:
        while page := list(islice(self._all, _ROWS)):
            self.rows += len(page)
            yield b"".join([row_bytes(key, row) + b"\n" for key, row in page])
