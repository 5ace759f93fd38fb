"""The verifier: reads a whole log once, in flat memory, and names the first position that is not as it was.

It believes nothing that is stored beside the events. Leaves and tree are recomputed from the bytes (RFC 9162
§2.1) and held against the stored leaves, the stored tiles and every signed checkpoint; the columns must say
what the bytes say. Whoever rewrites events, leaves and tiles alike still lacks the signing key, so that a
checkpoint fails; whoever also drops checkpoints, and cuts the tree to fit, fails against the notes that others keep.

Where the signing key was changed, each checkpoint is held to the key of its size, and each rotation to its root.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, func, inspect, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

from shared.audit.vouching import NotCosigned, is_cosigned, vouching
from shared.log.append import microseconds
from shared.log.cosigning import Witness
from shared.log.database import snapshot
from shared.log.note import NoteRefused, Verifier
from shared.log.sealer import StoredTiles
from shared.log.signing import KeyChain
from shared.log.tables import events, heads
from shared.log.tree import HASH_BYTES, TILE_HASHES, TILE_WIDTH_BITS, Frontier, leaf_hash
from shared.log.tree_tables import checkpoints, cosignatures, tiles

PAGE_EVENTS: Final = 4_096
"""Events read at a time."""
_PAGE_CHECKPOINTS: Final = 500
_COSIGNED: Final = ("witness", "line")

REASONS: Final = {
    "missing": ("the event is missing", "事件缺失"),
    "truncated": (
        "a signed checkpoint covers {size} events, the log ends here",
        "签名检查点覆盖 {size} 个事件，日志却到此为止",
    ),
    "beyond_head": ("the log's head knows of no event here", "日志头部没有记录此处的事件"),
    "unreadable": ("the database cannot read the event's row", "数据库无法读出该事件"),
    "leaf": ("the event's bytes do not hash to its leaf", "事件内容与其叶哈希不符"),
    "not_canonical": (
        "the event's bytes are not canonical JSON of an envelope",
        "事件内容不是规范的 JSON 信封",
    ),
    "columns": ("the column {field} does not say what the event's bytes say", "{field} 列与事件内容不符"),
    "time_goes_back": ("the event was recorded before the one in front of it", "事件的记录时间早于前一事件"),
    "version": ("the versions of the event's stream do not count up from 1", "事件流的版本号不连续"),
    "tree": ("the event is not the one in the stored tree", "事件与已存的哈希树不符"),
    "tile": (
        "one of the events {first} to {last}, or the stored tree above them, was altered",
        "第 {first} 至 {last} 号事件之一或其上的哈希树已被改动",
    ),
    "checkpoint_root": (
        "one of the events {first} to {last} was altered: the signed root over {size} events differs",
        "第 {first} 至 {last} 号事件之一已被改动：前 {size} 个事件的签名树根不符",
    ),
    "checkpoint_note": (
        "the checkpoint over {size} events does not open with the log's key: {why}",
        "前 {size} 个事件的检查点无法用本日志公钥验证",
    ),
    "rotation": (
        "one of the events {first} to {last} was altered: the root differs that stood when the key was changed",
        "第 {first} 至 {last} 号事件之一已被改动：与更换签名密钥时的树根不符",
    ),
    "checkpoint_row": (
        "the stored row of the checkpoint over {size} events differs from its signed note",
        "前 {size} 个事件的检查点记录与其签名文本不符",
    ),
    "checkpoint_chain": (
        "a checkpoint between {first} and {size} events was removed or added",
        "前 {first} 至 {size} 个事件之间的检查点被删除或添加",
    ),
    "checkpoint_gone": (
        "the stored tree covers {size} events, the newest checkpoint {first}: checkpoints were removed",
        "已存的哈希树覆盖 {size} 个事件，最近的检查点只覆盖 {first} 个：检查点被删除",
    ),
    "never_signed": (
        "no signed checkpoint covers any of the {size} events, although the log has a key: all were removed",
        "日志有签名密钥，{size} 个事件却没有任何签名检查点：检查点已被全部删除",
    ),
    "cosignature": (
        "a cosignature on the checkpoint over {size} events is not by the witness that is named: {why}",
        "前 {size} 个事件的检查点上有一见证签名并非出自其所称的见证",
    ),
    "not_witnessed": (
        "no checkpoint is cosigned by {why}",
        "没有检查点由所给的见证签署：{why}",
    ),
    "anchor": (
        "the log of readings is not the one that was anchored here with {size} readings",
        "查阅日志与此处存证的 {size} 条查阅记录不符",
    ),
}
"""What may be wrong at a position: by stable code, in English and Chinese."""


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The first position that is, or may be, not as it was."""

    position: int
    code: str
    reason: str
    reason_zh: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What the verifier found."""

    ok: bool
    log: str
    size: int
    """Events in the log when the walk began."""
    root: bytes | None
    """The root over all of them, recomputed from their bytes; none when something was found."""
    first_bad: FirstBad | None
    checkpoints_checked: int
    sealed: int
    """Events under a checkpoint that was checked. What follows is held by nothing but its own leaves."""
    vouched: tuple[tuple[Witness, int], ...] = ()
    """Up to which size each witness that was given has cosigned."""

    def as_json(self) -> dict[str, Any]:
        """The contract's shape; a verification looks at the record alone, not at ledgers or scores."""
        bad = self.first_bad
        return {
            "ok": self.ok, "log": self.log, "size": self.size, "root": None if self.root is None else self.root.hex(),
            "ledgers": [], "scores": {"checked": 0, "equal": 0}, "checkpoints": self.checkpoints_checked,
            "sealed": self.sealed, "witnesses": [{"key": str(one), "size": size} for one, size in self.vouched],
            "first_bad": None if bad is None else {
                "position": bad.position, "reason": bad.reason, "reason_zh": bad.reason_zh, "code": bad.code,
            },
        }  # fmt: skip

    def as_text(self) -> str:
        """For a person."""
        if self.first_bad is not None:
            bad = self.first_bad
            return f"log {self.log}: position {bad.position}: {bad.reason_zh} {bad.reason}"
        root = "" if self.root is None else self.root.hex()
        return (
            f"log {self.log}: {self.size} events, root {root}\n"
            f"{self.checkpoints_checked} signed checkpoints hold; {self.sealed} events are under them."
        ) + "".join(f"\n{one.name} vouches for the first {size} events." for one, size in self.vouched)


class _Found(Exception):
    """Ends the walk at the first finding."""

    def __init__(self, position: int, code: str, **words: object) -> None:
        english, chinese = (reason.format(**words) for reason in REASONS[code])
        self.first_bad = FirstBad(position, code, english, chinese)


@dataclass(frozen=True, slots=True)
class _Signed:
    """What was signed of a size, to be met on the way: a checkpoint that is stored beside the log or that a witness
    holds (then only its note), or a rotation (then only its root)."""

    size: int
    note: object
    root: object = None
    previous: object = None
    stored: bool = False
    rotation: bool = False
    cosigned: Sequence[tuple[object, object]] = ()
    """Keys of witnesses and their lines, as they are stored beside the checkpoint."""


def verify_log(
    engine: Engine,
    log: str,
    keys: KeyChain | str,
    progress: Callable[[int, int], None] | None = None,
    witnessed: Sequence[str] = (),
    witnesses: Sequence[Witness] = (),
) -> Verification:
    """Verify every event and checkpoint of a log against its public keys, or its only one (a signed-note verifier key).

    `witnessed` are signed checkpoints of this log that others kept; each of the `witnesses` must have cosigned one, and
    what stands in the name of any must be by it. `progress` is told (events read, events there). Raises `NoteRefused`
    when a key or a witness's note cannot be used at all.
    """
    chain = keys if isinstance(keys, KeyChain) else KeyChain(Verifier.parse(keys))
    held = [_Signed(chain.open(note).size, note) for note in witnessed]
    changed = [_Signed(one.size, one.note, one.root, rotation=True) for one in chain.rotations]
    return _walked(_Walk(engine, log, chain, witnesses), sorted((*held, *changed), key=_size), progress or _untold)


def verify_bytes(engine: Engine, log: str) -> Verification:
    """Verify every event against its leaf and the stored tree. Without the log's key no signature is looked at."""
    return _walked(_Walk(engine, log, None), (), _untold)


def _untold(_done: int, _there: int) -> None:
    pass


def _walked(walk: "_Walk", held: Sequence[_Signed], progress: Callable[[int, int], None]) -> Verification:
    first_bad = None
    try:
        walk.run(held, progress)
    except _Found as found:
        first_bad = found.first_bad
    root = walk.frontier.root() if first_bad is None else None
    vouched = tuple(walk.vouched.items())
    return Verification(first_bad is None, walk.log, walk.size, root, first_bad, walk.checked, walk.last_good, vouched)


class _Walk:
    """One pass over the log, from position 0 to the first finding or to the end."""

    def __init__(self, engine: Engine, log: str, keys: KeyChain | None, witnesses: Sequence[Witness] = ()) -> None:
        self._engine, self.log, self._keys = engine, log, keys
        self.vouched = dict.fromkeys(witnesses, 0)
        self._head = self._sealed = self._recorded_us = self._previous = 0
        self._loose: int | None = None
        self._ahead: Iterator[_Signed] = iter(())
        self._next: _Signed | None = None
        self.frontier = Frontier()
        self.size = self.checked = self.last_good = 0

    def run(self, held: Sequence[_Signed], progress: Callable[[int, int], None]) -> None:
        """Raises `_Found` at the first finding."""
        # Sealed first, then the events: what is appended and sealed meanwhile is left for the next time.
        self._sealed, treed = _sealed_sizes(self._engine, self.log)
        self._head, count = _extent(self._engine, self.log)
        if self._keys is not None:
            self._ahead = merge(_stored_checkpoints(self._engine, self.log, self._sealed), held, key=_size)
        self._next = next(self._ahead, None)
        self.size = count
        until = max(self._head, count)
        self._loose = _first_loose_version(self._engine, self.log, until)
        self._grow(b"")
        for start in range(0, until, PAGE_EVENTS):
            end = min(start + PAGE_EVENTS, until)
            leaves, fault = self._judged(start, end)
            self._grow(leaves)  # may find something in front of the fault
            if fault is not None:
                raise fault
            progress(end, until)
        if self._next is not None:
            raise _Found(until, "truncated", size=self._next.size)
        if self._keys is not None:
            self._all_signed(treed, until)
        for witness, size in self.vouched.items():
            if not size:
                raise _Found(0, "not_witnessed", why=witness.name)

    def _all_signed(self, treed: int, until: int) -> None:
        """Tree and checkpoints grow together, and a log that has a key has been signed: else some were removed."""
        if treed > self._sealed:
            raise _Found(self._sealed, "checkpoint_gone", first=self._sealed, size=treed)
        if until and not self._sealed:
            raise _Found(0, "never_signed", size=until)

    def _judged(self, start: int, end: int) -> tuple[bytes, _Found | None]:
        """The leaves of the events that are sound in themselves, and what ended them before `end`."""
        leaves: list[bytes] = []
        try:
            for row in _rows(self._engine, self.log, start, end):
                leaves.append(self._leaf(row, start + len(leaves)))
            if start + len(leaves) < end:
                raise _Found(start + len(leaves), "missing")
        except _Found as found:
            return b"".join(leaves), found
        return b"".join(leaves), None

    def _leaf(self, row: Sequence[Any], position: int) -> bytes:
        """The leaf of one event, after all that can be said of the event by itself and its neighbour."""
        found_at, leaf, written, recorded_us, *columns = row
        if found_at != position:
            raise _Found(position, "missing")
        if position >= self._head:
            raise _Found(position, "beyond_head")
        if not isinstance(written, bytes) or leaf_hash(written) != leaf:
            raise _Found(position, "leaf")
        said = _envelope(written, position)
        if _recorded_us(said, position) != recorded_us:
            raise _Found(position, "columns", field="recorded_at")
        if columns != [said.get(name) for name in _SAME]:
            field = next(name for name, column in zip(_SAME, columns, strict=True) if column != said.get(name))
            raise _Found(position, "columns", field=field)
        if recorded_us < self._recorded_us:
            raise _Found(position, "time_goes_back")
        self._recorded_us = recorded_us
        if position == self._loose:
            raise _Found(position, "version")
        return bytes(leaf)

    def _grow(self, leaves: bytes) -> None:
        """Extend the tree, and stop at every checkpoint on the way to hold it against what was signed."""
        while True:
            room = len(leaves)
            if self._next is not None:
                room = min(room, max(0, self._next.size - self.frontier.size) * HASH_BYTES)
            self._extend(leaves[:room])
            leaves = leaves[room:]
            if self._next is None or self._next.size > self.frontier.size:
                return
            self._check(self._next)
            self._next = next(self._ahead, None)

    def _extend(self, leaves: bytes) -> None:
        """Extend the tree to the next checkpoint or page, and hold what grew against the stored tiles."""
        grown = self.frontier.extend(leaves)
        if self.frontier.size > self._sealed:
            return
        with self._engine.connect() as connection:
            tiles = StoredTiles(connection, self.log)
            for (level, index), hashes in sorted(grown.items()):  # leaves first: they name one event
                stored = tiles.read(level, index)[: len(hashes)]
                if stored != hashes:
                    entry = index * TILE_HASHES + _first_difference(stored, hashes)
                    raise self._differing(level, entry)

    def _differing(self, level: int, entry: int) -> _Found:
        """What to say of a stored hash that is not the computed one: it stands for 256^level events."""
        if level == 0:
            return _Found(entry, "tree")
        start, end = (number << TILE_WIDTH_BITS * level for number in (entry, entry + 1))
        first = max(start, self.last_good)
        return _Found(first, "tile", first=first, last=end - 1)

    def _vouch(self, signed: _Signed) -> None:
        """Hold cosignatures against the checkpoint: those that are stored, and those on a note that somebody kept."""
        note = str(signed.note)
        for key, line in signed.cosigned:
            if not is_cosigned(note, key, line):
                raise _Found(self.last_good, "cosignature", size=signed.size, why="the line does not fit its key")
        try:
            found = vouching(note + "".join(str(line) for _, line in signed.cosigned), [*self.vouched])
        except NotCosigned as refused:
            raise _Found(self.last_good, "cosignature", size=signed.size, why=refused) from None
        self.vouched |= {witness: max(signed.size, self.vouched[witness]) for witness in found}

    def _check(self, signed: _Signed) -> None:
        """Hold the recomputed root at this size against a signed checkpoint."""
        assert self._keys is not None, "without a key no checkpoint is met"
        size, good = signed.size, self.last_good
        if signed.rotation:
            if signed.root != self.frontier.root():
                raise _Found(first := good if good < size else 0, "rotation", first=first, last=max(size - 1, 0))
            return
        try:
            said = self._keys.open(signed.note if isinstance(signed.note, str) else "")
        except NoteRefused as refused:
            raise _Found(good, "checkpoint_note", size=size, why=refused) from None
        if said.size != size or (signed.stored and signed.root != said.root):
            raise _Found(good, "checkpoint_row", size=size)
        if said.root != self.frontier.root():
            first = good if good < size else 0  # two signed roots for one size: nothing before it is certain
            raise _Found(first, "checkpoint_root", first=first, last=size - 1, size=size)
        if signed.stored:
            if signed.previous != self._previous:
                raise _Found(good, "checkpoint_chain", first=self._previous, size=size)
            self._previous = size
        self._vouch(signed)
        self.checked, self.last_good = self.checked + 1, size


_SAME: Final = ("log", "stream", "version", "type", "command_id", "ordinal")
"""Columns that repeat what the bytes say, in the same form."""

_encode = msgspec.json.Encoder(order="sorted").encode


def _envelope(written: bytes, position: int) -> dict[str, Any]:
    """What an event's bytes say, if they are canonical (RFC 8785)."""
    try:
        said = msgspec.json.decode(written)
        canonical = _encode(said) == written
    except (msgspec.MsgspecError, RecursionError):
        canonical = False
    if not canonical or not isinstance(said, dict):
        raise _Found(position, "not_canonical")
    return said


def _recorded_us(said: dict[str, Any], position: int) -> int:
    try:
        return microseconds(datetime.fromisoformat(said["recorded_at"]))
    except (KeyError, TypeError, ValueError):  # absent, no text, no moment, or one without an offset
        raise _Found(position, "not_canonical") from None


def _first_difference(stored: bytes, computed: bytes) -> int:
    """Which hash of a tile is the first that differs."""
    same = range(0, len(computed), HASH_BYTES)
    return next(n for n, at in enumerate(same) if stored[at : at + HASH_BYTES] != computed[at : at + HASH_BYTES])


def _size(signed: _Signed) -> int:
    return signed.size


# What is read is taken as the driver gives it: in a tampered SQLite file any column may hold any type.
_ROW = (
    events.c.position,
    type_coerce(events.c.leaf, NullType()),
    type_coerce(events.c.bytes, NullType()),
    events.c.recorded_at,
    *(events.c[name] for name in _SAME),
)


def _rows(engine: Engine, log: str, start: int, end: int) -> Iterator[Row[Any]]:
    """The events from `start` to `end`, as far as they are there and the database can read them."""
    query = (
        select(*_ROW)
        .where(events.c.log == log, events.c.position >= start, events.c.position < end)
        .order_by(events.c.position)
    )
    try:
        with engine.connect() as connection:
            rows = connection.execute(query).all()
    except DBAPIError:
        if end - start == 1:
            with engine.connect() as connection:
                connection.execute(select(1))  # if the database itself is gone, that is no finding
            raise _Found(start, "unreadable") from None
        middle = (start + end) // 2
        yield from _rows(engine, log, start, middle)
        yield from _rows(engine, log, middle, end)
    else:
        yield from rows


def _extent(engine: Engine, log: str) -> tuple[int, int]:
    """The size that the log's head states, and the number of events, at one moment."""
    count = select(func.count()).select_from(events).where(events.c.log == log).scalar_subquery()
    head = select(heads.c.size).where(heads.c.log == log).scalar_subquery()
    with engine.connect() as connection:
        stated, there = connection.execute(select(head, count)).one()
    return (stated if isinstance(stated, int) else 0), there


def _sealed_sizes(engine: Engine, log: str) -> tuple[int, int]:
    """How many events the newest stored checkpoint covers, and how many the stored tree, at one moment."""
    newest = select(func.max(checkpoints.c.size)).where(checkpoints.c.log == log)
    last = select(func.max(tiles.c.index)).where(tiles.c.log == log, tiles.c.level == 0)
    with snapshot(engine) as connection:
        size, index = connection.scalar(newest), connection.scalar(last)
        if size is not None and not isinstance(size, int):
            raise _Found(0, "checkpoint_row", size="?")
        if not isinstance(index, int):
            return size or 0, 0
        hashes = StoredTiles(connection, log).read(0, index)
    return size or 0, index * TILE_HASHES + len(hashes) // HASH_BYTES


def _stored_checkpoints(engine: Engine, log: str, sealed: int) -> Iterator[_Signed]:
    """The stored checkpoints by size, a page at a time."""
    columns = (checkpoints.c.size, checkpoints.c.note, checkpoints.c.previous)
    query = select(*columns, type_coerce(checkpoints.c.root, NullType()).label("root"))
    query = query.where(checkpoints.c.log == log, checkpoints.c.size <= sealed).order_by(checkpoints.c.size)
    witnessed = inspect(engine).has_table(cosignatures.name)  # a backup of before there were witnesses has none
    after = -1
    while True:
        with engine.connect() as connection:
            page = connection.execute(query.where(checkpoints.c.size > after).limit(_PAGE_CHECKPOINTS)).all()
            lines = _stored_cosignatures(connection, log, [row.size for row in page]) if witnessed else {}
        for row in page:
            yield _Signed(row.size, row.note, row.root, row.previous, stored=True, cosigned=lines.get(row.size, ()))
        if len(page) < _PAGE_CHECKPOINTS:
            return
        after = page[-1].size


def _stored_cosignatures(
    connection: Connection, log: str, sizes: Sequence[int]
) -> Mapping[object, Sequence[tuple[object, object]]]:
    """The witnesses' keys and lines that are stored, by the size that they are of."""
    query = select(cosignatures.c.size, *(type_coerce(cosignatures.c[name], NullType()) for name in _COSIGNED))
    lines: dict[object, list[tuple[object, object]]] = {}
    for size, key, line in connection.execute(query.where(cosignatures.c.log == log, cosignatures.c.size.in_(sizes))):
        lines.setdefault(size, []).append((key, line))
    return lines


def _first_loose_version(engine: Engine, log: str, size: int) -> int | None:
    """The first position whose version is not the number of its stream's events so far.

    The database sorts: to remember every stream's version here would take memory by the stream.
    """
    order = func.row_number().over(partition_by=events.c.stream, order_by=events.c.position)
    numbered = (
        select(events.c.position, events.c.version, order.label("place"))
        .where(events.c.log == log, events.c.position < size)
        .subquery()
    )
    query = select(func.min(numbered.c.position)).where(numbered.c.version != numbered.c.place)
    with engine.connect() as connection:
        loose: int | None = connection.scalar(query)
        return loose
