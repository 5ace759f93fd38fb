"""An invented service 演练 with rows of every kind of column, for tests of runner and replay (synthetic)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine

from shared.contracts.event import Event, Recorded, event, value
from shared.contracts.fields import Code, Count, Day, Line, Moment
from shared.contracts.model import Ledger, Service
from shared.ledger.replay import Replay
from shared.ledger.runner import Runner
from shared.ledger.tables import digest, tables_of
from shared.log.codec import Codec
from shared.log.opening import open_log
from shared.log.store import Log
from tests.parts import Clock

POISON = 666
"""A number that the fold cannot take, until it is mended."""


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@value
class Mark:
    number: Count
    at: Moment
    day: Day | None
    colour: Colour


@event("sanguan.drill.item-set.v1")
class ItemSet(Event):
    number: Count
    flag: bool | None
    text: Line | None
    day: Day | None
    at: Moment | None
    colour: Colour | None
    marks: tuple[Mark, ...]


@event("sanguan.drill.item-removed.v1")
class ItemRemoved(Event):
    pass


@event("sanguan.drill.item-doubled.v1")
class ItemDoubled(Event):
    """Of the newer program only."""


@event("sanguan.noise.noise-heard.v1")
class NoiseHeard(Event):
    """Of another owner."""

    where: Code


@event("sanguan.noise.noise-ended.v1")
class NoiseEnded(Event):
    """Of another owner, of the newer program, and of no concern to any ledger here."""

    where: Code


OLDER = (ItemSet, ItemRemoved, NoiseHeard)
NEWER = (*OLDER, ItemDoubled, NoiseEnded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A column of every kind, each also as one that may be empty."""

    text: str
    number: int
    flag: bool
    day: date
    at: datetime
    colour: Colour
    marks: tuple[Mark, ...]
    maybe_text: str | None
    maybe_number: int | None
    maybe_flag: bool | None
    maybe_day: date | None
    maybe_at: datetime | None
    maybe_colour: Colour | None
    maybe_marks: tuple[Mark, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    count: int
    last: int


def _item(row: Item | None, recorded: Recorded, key: str, mended: bool) -> Item | None:
    match recorded.event:
        case ItemSet() as said if said.number == POISON and not mended:
            raise ValueError("the fold cannot take this: 虚构")
        case ItemSet() as said:
            return Item(
                text=f"{key} 第{recorded.version}版", number=said.number + (row.number if row else 0),
                flag=row is not None, day=recorded.occurred_at.date(), at=recorded.occurred_at, colour=Colour.BLUE,
                marks=(*(row.marks if row else ()), *said.marks)[-3:], maybe_text=said.text,
                maybe_number=said.number or None, maybe_flag=said.flag, maybe_day=said.day, maybe_at=said.at,
                maybe_colour=said.colour, maybe_marks=said.marks or None,
            )  # fmt: skip
        case ItemDoubled():
            return row and replace(row, number=2 * row.number)
        case _:
            return None


def _tally(row: Tally | None, recorded: Recorded, _key: str) -> Tally:
    return Tally(count=(row.count if row else 0) + 1, last=recorded.position)


def _tallied(recorded: Recorded) -> Iterable[str]:
    """Rows that many events touch: one of all, one by type."""
    return ("all", recorded.type)


def service(*, newer: bool = False, mended: bool = False) -> Service:
    """The service, as this program or a newer one has it, its fold broken or mended."""
    known: tuple[type, ...] = (ItemSet, ItemRemoved, ItemDoubled) if newer else (ItemSet, ItemRemoved)
    items = Ledger(
        name="items", row=Item, handles=known, keys=lambda recorded: (recorded.id,),
        evolve=lambda row, recorded, key: _item(row, recorded, key, mended), title_zh="演练", title_en="drill",
        clause="0", filters=(),
    )  # fmt: skip
    tallies = Ledger(
        name="tallies", row=Tally, handles=known, keys=_tallied, evolve=_tally, title_zh="计数", title_en="tallies",
        clause="0", filters=(),
    )  # fmt: skip
    noises = Ledger(
        name="noises", row=Tally, handles=(NoiseHeard,), keys=lambda recorded: (recorded.event.where,), evolve=_tally,
        title_zh="噪声", title_en="noises", clause="0", filters=(),
    )  # fmt: skip
    return Service(
        name="drill", title_zh="演练", title_en="drill", events=known, deciders=(), ledgers=(items, tallies, noises),
        reactions=(), refusals={},
    )  # fmt: skip


LEDGERS_OF_DRILL = ("drill.items", "drill.tallies", "drill.noises")
tables_of(service())  # they join those that the fixtures create


def drill_log(engine: Engine, catalogue: tuple[Any, ...] = NEWER) -> Log:
    return open_log(engine, Codec(catalogue), Clock())


def live(runner: Runner, engine: Engine, log: str) -> dict[str, str]:
    """The digest of each ledger as it stands in the database."""
    with engine.connect() as connection:
        return {rows.follower: digest(rows.all(connection, log)) for rows in runner.tables.values()}


def replayed(log: Log, name: str, of: Service, upto: int | None = None) -> dict[str, str]:
    """The digest of each ledger as it follows from the log."""
    replay = Replay(log, name, [(of, ledger) for ledger in of.ledgers]).to(upto)
    return {follower: digest(replay.rows(follower)) for follower in replay.ledgers}
