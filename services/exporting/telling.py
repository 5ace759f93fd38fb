"""A log from its beginning to a position, told to whatever writes it down: event by event, then object by object."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from services.exporting.objects import Objects, Thing
from services.exporting.projection import Projection, Told
from services.exporting.pseudonyms import Pseudonyms
from shared.contracts.event import Recorded
from shared.errors import Unusable
from shared.log.codec import UnknownEvent, UnreadableEvent, leaf_of
from shared.log.sealer import LogDamaged
from shared.log.tree import Frontier, TreeDamaged
from shared.storage import Storage

PAGE_EVENTS: Final = 5_000


class Writer(Protocol):
    """What writes an export in some form."""

    def event(self, told: Told) -> None:
        """The next event, in the order of the log."""

    def turn(self) -> None:
        """A page of events is over: what was gathered may be written."""

    def thing(self, thing: Thing) -> None:
        """The next object, after all events."""


@dataclass(slots=True)
class Extent:
    """How much of a log an export tells of."""

    log: str
    position: int
    """The last."""
    root: str
    """The tree's root over all up to it, so that an auditor can tell from which record the export is."""
    events: int = 0
    objects: int = 0
    relations: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """How many events stayed in the record, by their type."""

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def extent(storage: Storage, log: str, size: int, position: int | None) -> Extent:
    """How far an export goes: to a position, or to the end; raises `Unusable`."""
    last = size - 1 if position is None else position
    if last >= size:
        raise Unusable(
            "beyond_the_end", f"记录还没有这么长（最后位置 {size - 1}）：请核对 --position。",
            f"The log is not that long yet (its last position is {size - 1}): check --position.",
        )  # fmt: skip
    try:
        return Extent(log, last, storage.root(log, last + 1))
    except (ValueError, LogDamaged, TreeDamaged):
        raise _damaged("记录的树损坏", "The tree of the log is damaged") from None


def tell(
    storage: Storage, told: Extent, pseudonyms: Pseudonyms, writer: Writer, progress: Callable[[int], None]
) -> None:
    """Tell a log up to its extent's position; raises `Unusable` where an event cannot be read, or where the events are
    not those of which the extent's root is: what names a root is of that record."""
    projection, tree = Projection(told.log, pseudonyms), Frontier()
    with Objects() as objects:
        whole = f"sub-district/{told.log}"
        objects.is_so(whole, "record_position", told.position)
        objects.is_so(whole, "record_root", told.root)
        for page in _pages(storage, told, tree):
            for recorded in page:
                if (event := projection.tell(recorded)) is not None:
                    writer.event(event)
                    objects.gather(event)
                    told.events += 1
                    told.relations += len(event.relations)
            objects.flush()
            writer.turn()
            progress(page[-1].position + 1)
        if tree.root().hex() != told.root:
            raise _damaged("事件与记录的树不符", "The events are not those of the log's tree")
        for thing in objects:
            writer.thing(thing)
            told.objects += 1
    told.left_out = dict(sorted(projection.left_out.items()))


def _pages(storage: Storage, told: Extent, tree: Frontier) -> Iterator[list[Recorded]]:
    """The events, a page at a time; their leaves are laid into a tree."""
    after = -1
    while after < told.position:
        stored = storage.log.read(told.log, after, min(PAGE_EVENTS, told.position - after))
        if not stored:  # the head row promised more
            raise _damaged(f"记录在位置 {after} 之后中断", f"The log breaks off after position {after}")
        tree.extend(b"".join([leaf_of(one.bytes) for one in stored]))
        yield [_read(storage, one.position, one.bytes) for one in stored]
        after = stored[-1].position


def _read(storage: Storage, position: int, data: bytes) -> Recorded:
    try:
        return storage.log.codec.decode(position, data)
    except UnknownEvent as unknown:
        raise Unusable(
            "unknown_event", f"位置 {position} 的事件（{unknown.type}）由更新的版本写入：请用该版本导出。",
            f"The event at position {position} ({unknown.type}) was written by a newer version: export with that one.",
        ) from None  # fmt: skip
    except UnreadableEvent:
        raise _damaged(f"位置 {position} 的事件无法读取", f"The event at position {position} cannot be read") from None


def _damaged(zh: str, en: str) -> Unusable:
    return Unusable("log_damaged", f"{zh}：请运行 sanguan audit verify。", f"{en}: `sanguan audit verify` says more.")
