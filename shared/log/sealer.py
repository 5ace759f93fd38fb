"""The sealer: extends a log's tree by what was appended, and signs checkpoints over it (RFC 9162 §2.1, §4.9).

It trails the log, and nothing waits for it: proofs and roots of events that are not sealed yet are computed
from their leaves, on top of the stored tiles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, ScalarSelect, delete, func, insert, select, tuple_, type_coerce
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import NullType

from shared.log.append import microseconds, stored_moment
from shared.log.database import reading, snapshot
from shared.log.keys import origin
from shared.log.note import Checkpoint, Signer, sign
from shared.log.proofs import consistency_proof, inclusion_proof
from shared.log.tables import events
from shared.log.tree import HASH_BYTES, TILE_HASHES, TILE_WIDTH_BITS, Frontier, levels_of, root_of
from shared.log.tree_tables import checkpoints, tiles

PAGE_EVENTS: Final = 8_192
"""Leaves read at a time."""
STEP_EVENTS: Final = 65_536
"""The most that one checkpoint adds: a long backlog is sealed in whole steps, in flat memory."""


class LogDamaged(Exception):
    """The stored log, tree or checkpoints contradict each other: the audit's verifier says where."""


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A root that the log has signed, with the note to publish."""

    log: str
    size: int
    root: bytes
    note: str
    signed_at: datetime


class StoredTiles:
    """The tiles of a log as the database has them (a `TileReader`), each read once."""

    def __init__(self, connection: Connection, log: str) -> None:
        self._connection, self._log = connection, log
        self._known: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        if (level, index) not in self._known:
            # As the driver gives it: in a tampered SQLite file it may be anything, and then it is no tile.
            query = select(type_coerce(tiles.c.hashes, NullType())).where(
                tiles.c.log == self._log, tiles.c.level == level, tiles.c.index == index
            )
            hashes: object = self._connection.scalar(query)
            self._known[level, index] = hashes if isinstance(hashes, bytes) else b""
        return self._known[level, index]

    def read_ahead(self, *leaves: int) -> None:
        """Read at once what is on the way from these leaves to the root: a proof of them asks for little else."""
        levels = range(levels_of(max(leaves)))
        wanted = {(level, leaf >> TILE_WIDTH_BITS * (level + 1)) for leaf in leaves for level in levels}
        query = select(tiles.c.level, tiles.c.index, type_coerce(tiles.c.hashes, NullType())).where(
            tiles.c.log == self._log, tuple_(tiles.c.level, tiles.c.index).in_(sorted(wanted))
        )
        for level, index, hashes in self._connection.execute(query) if wanted else ():
            self._known[level, index] = hashes if isinstance(hashes, bytes) else b""

    def lay_over(self, grown: dict[tuple[int, int], bytes]) -> None:
        """Read these instead: what the tiles will be once the sealer gets there."""
        self._known |= grown


def seal(
    engine: Engine, log: str, signer: Signer, now: datetime, upto: int | None = None, since: int = 0
) -> SignedCheckpoint | None:
    """Extend the tree over the events below position `upto` (or all that are there) and sign its new root.

    Returns the last checkpoint signed, or None when there was nothing new or another sealer was first. What a
    crash leaves is whole. Raises `LogDamaged` when the stored tree has not the root that was signed, or is smaller than
    `since`, up to which the signer's predecessors have signed.
    """
    last = None
    while (step := _seal_step(engine, log, signer, now, upto, since)) is not None:
        last = step
    return last


def latest(engine: Engine, log: str) -> SignedCheckpoint | None:
    """The newest checkpoint, or None before the first."""
    with reading(engine, log) as connection:
        return _latest(connection, log)


def root_at(engine: Engine, log: str, size: int) -> bytes:
    """The root over the first `size` events, sealed or not. Raises `ValueError` when there are fewer."""
    with reading(engine, log) as connection:
        return root_of(_tiles_at(connection, log, size, size), size)


def inclusion(engine: Engine, log: str, position: int, size: int) -> list[bytes]:
    """The proof that the event at `position` is in the tree of `size` (RFC 9162 §2.1.3).

    Raises `ValueError` when the position is not below the size, or the log is shorter.
    """
    with reading(engine, log) as connection:
        return inclusion_proof(_tiles_at(connection, log, size, position, size), position, size)


def consistency(engine: Engine, log: str, first: int, second: int) -> list[bytes]:
    """The proof that the tree of `second` begins with that of `first` (RFC 9162 §2.1.4).

    Raises `ValueError` when `first` is larger, or the log is shorter than `second`.
    """
    with reading(engine, log) as connection:
        return consistency_proof(_tiles_at(connection, log, second, first, second), first, second)


def _seal_step(
    engine: Engine, log: str, signer: Signer, now: datetime, upto: int | None, since: int
) -> SignedCheckpoint | None:
    with snapshot(engine) as connection:  # checkpoint and tree of one moment, while another may be sealing
        previous = _latest(connection, log)
        sealed = previous.size if previous else 0
        if sealed < since:
            raise LogDamaged(f"{log} was signed up to {since} when its key was changed, and now only up to {sealed}")
        stored = StoredTiles(connection, log)
        frontier = Frontier.at(stored, sealed)
        if previous and frontier.root() != previous.root:
            raise LogDamaged(f"the stored tree of {log} does not have the root signed at {sealed}")
        if len(stored.read(0, sealed // TILE_HASHES)) > sealed % TILE_HASHES * HASH_BYTES:
            raise LogDamaged(f"the stored tree of {log} goes on after {sealed}, where its checkpoints end")
        end = sealed + STEP_EVENTS if upto is None else min(upto, sealed + STEP_EVENTS)
        grown: dict[tuple[int, int], bytes] = {}
        for leaves in _leaves(connection, log, sealed, end):
            grown |= frontier.extend(leaves)
    if frontier.size == sealed:
        return None
    root = frontier.root()
    note = sign(Checkpoint(origin(log), frontier.size, root).text(), signer)
    new = SignedCheckpoint(log, frontier.size, root, note, now)
    try:
        with engine.begin() as connection:
            # The checkpoint first: only who gets the place after the previous one may touch the tiles.
            connection.execute(insert(checkpoints).values(_row(new, sealed)))
            _store(connection, log, grown)
    except IntegrityError:
        if (newest := latest(engine, log)) is None or newest.size <= sealed:
            raise  # it was not another sealer that stood in the way
        return None
    return new


def _store(connection: Connection, log: str, grown: dict[tuple[int, int], bytes]) -> None:
    """Write the tiles that came or grew; of each level only the first can be there already, partial."""
    firsts = dict(sorted(grown, reverse=True))
    known = tuple_(tiles.c.level, tiles.c.index).in_(firsts.items())
    connection.execute(delete(tiles).where(tiles.c.log == log, known))
    rows = [{"log": log, "level": level, "index": index, "hashes": hashes} for (level, index), hashes in grown.items()]
    connection.execute(insert(tiles), rows)


def _tiles_at(connection: Connection, log: str, size: int, *at_hand: int) -> StoredTiles:
    """The tiles of a tree of at least `size` leaves, sealed or not; those on the way from some leaves at hand."""
    if size < 0:
        raise ValueError("a size is not negative")
    stored = StoredTiles(connection, log)
    last = _latest(connection, log)
    sealed = last.size if last else 0
    stored.read_ahead(*(max(0, min(leaf, sealed)) for leaf in at_hand))
    if size > sealed:
        frontier = Frontier.at(stored, sealed)
        for leaves in _leaves(connection, log, sealed, size):
            stored.lay_over(frontier.extend(leaves))
        if frontier.size < size:
            raise ValueError(f"the log has {frontier.size} events")
    return stored


def _leaves(connection: Connection, log: str, start: int, end: int) -> Iterator[bytes]:
    """The leaf hashes of positions `start` to `end`, as far as there are any, a page at a time."""
    while start < end:
        query = (
            select(events.c.position, events.c.leaf)
            .where(events.c.log == log, events.c.position >= start, events.c.position < end)
            .order_by(events.c.position)
            .limit(PAGE_EVENTS)
        )
        page = connection.execute(query).all()
        if not page:
            return
        if page[0].position != start or page[-1].position != start + len(page) - 1:
            raise LogDamaged(f"log {log} has a gap at or after position {start}")
        leaves = b"".join([row.leaf for row in page])
        if len(leaves) != len(page) * HASH_BYTES:
            raise LogDamaged(f"log {log} holds a leaf that is not a hash, at or after position {start}")
        yield leaves
        start += len(page)


def _latest(connection: Connection, log: str) -> SignedCheckpoint | None:
    newest = select(func.max(checkpoints.c.size)).where(checkpoints.c.log == log).scalar_subquery()
    return signed_at_size(connection, log, newest)


def signed_at_size(connection: Connection, log: str, size: int | ScalarSelect[int]) -> SignedCheckpoint | None:
    """The checkpoint of a size, or None where there is none. What is stored as no root and no note is empty: nothing
    was signed by that."""
    table = checkpoints.c
    stored = [type_coerce(column, NullType()) for column in (table.root, table.note, table.signed_at)]
    row = connection.execute(select(table.size, *stored).where(table.log == log, table.size == size)).one_or_none()
    if row is None:
        return None
    at, root, note, signed_at = row
    root, note = root if isinstance(root, bytes) else b"", note if isinstance(note, str) else ""
    return SignedCheckpoint(log, at, root, note, stored_moment(signed_at))


def _row(checkpoint: SignedCheckpoint, previous: int) -> dict[str, object]:
    return {
        "log": checkpoint.log,
        "size": checkpoint.size,
        "previous": previous,
        "root": checkpoint.root,
        "note": checkpoint.note,
        "signed_at": microseconds(checkpoint.signed_at),
    }
