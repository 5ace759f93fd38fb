"""`/audit`: how the record has grown, what was signed with which key, who witnessed it, what replays found 审计.

Sizes, keys and times only, so that those who run the system may see it too. What it shows is the operator's own word:
the page says so, and how to come to the same without it.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, func, select, type_coerce
from sqlalchemy.types import NullType
from starlette.routing import Route

from shared.audit.runs import Spell, runs, standing
from shared.audit.witness.submitting import REFUSALS
from shared.clock import utc_now
from shared.log import cosignatures, sealer
from shared.log.append import MOMENTS, moment, stored_moment
from shared.log.cosignatures import Witnessed, WitnessState
from shared.log.database import reading
from shared.log.keys import KeyUnusable, load_chain
from shared.log.signing import KeyChain
from shared.log.tree_tables import checkpoints
from shared.runtime import Node
from shared.web.pages import AUDIT_SEEN_BY, Ask, Page, Site

_LATEST: Final = 12
"""Checkpoints that are listed."""
_POINTS: Final = 72
"""Of the drawing, at most."""
WIDTH: Final = 720
HEIGHT: Final = 150
"""Of the drawing, in its own units."""
_EDGE: Final = 2
"""What a mark at the right edge needs to be seen."""


def routes(site: Site) -> list[Route]:
    """`/audit`."""
    return [site.page("/audit", AuditPage(site.node).audit, AUDIT_SEEN_BY, heavy=True)]


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the drawing."""

    x: int
    title: str
    kind: str
    """rotated or witnessed."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How the signed tree has grown, as a drawing."""

    line: str
    """The points of the line, as SVG writes them."""
    area: str
    marks: Sequence[Mark]
    from_at: datetime
    to_at: datetime
    count: int
    """Of all checkpoints."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the log, and the sizes that it signs."""

    number: int
    text: str
    after: int
    upto: int | None
    """None where it signs now."""
    root: str | None
    """At the size where it was changed for the next."""

    def signs(self, size: int) -> bool:
        """Whether a checkpoint of this size is this key's."""
        return self.after < size and (self.upto is None or size <= self.upto)


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint in the list."""

    size: int
    grown: int
    signed_at: datetime
    key: int | None
    """The number of the key that signs at its size."""
    root: str
    witnessed: Sequence[Witnessed]


class AuditPage:
    """The view."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def audit(self, ask: Ask) -> Page:
        """The log's signatures, its keys and its witnesses."""
        log, engine = ask.log, self._node.storage.log_engine
        chain = self._chain(log)
        witnessed = cosignatures.witnessed(engine, log)
        newest, states = sealer.latest(engine, log), cosignatures.states(engine, log)
        keys = _keys(chain)
        shows = {
            "size": self._node.storage.log.size(log), "newest": newest,
            "note": cosignatures.note_of(engine, newest) if newest else None,
            "growth": _growth(engine, log, chain, witnessed), "keys": keys, "height": HEIGHT, "width": WIDTH,
            "latest": _latest(engine, log, keys, witnessed),
            "witnesses": [(one, self._refusal(ask, one)) for one in states],
            "runs": self._titled(ask, runs(engine, log)), "compared": self._titled(ask, standing(engine, log)),
            "now": utc_now(),
            "silent": self._silent({one.key for one in states}),
            "unfit": [one for one in witnessed if not one.holds],
            "unreadable": cosignatures.untimely(engine, log),
        }  # fmt: skip
        return Page("site/audit.html", ask.words("audit"), shows)

    def _chain(self, log: str) -> KeyChain | None:
        """The log's keys; none before anything was signed, or where another process keeps them."""
        try:
            return load_chain(self._node.storage.settings.data_dir, log)
        except KeyUnusable:
            return None

    def _titled(self, ask: Ask, spells: Sequence[Spell]) -> list[tuple[Spell, str]]:
        """What looks found, with what the services are called."""
        titles = {one.name: ask.words.pick(one.title_zh, one.title_en) for one in self._node.storage.services}
        return [(one, titles.get(one.service, one.service)) for one in spells]

    @staticmethod
    def _refusal(ask: Ask, state: WitnessState) -> str | None:
        """Why a witness does not cosign, in words."""
        if state.refusal is None:
            return None
        en, zh = REFUSALS.get(state.refusal, (state.refusal, state.refusal))
        return ask.words.pick(zh, en)

    def _silent(self, heard: Set[str]) -> Sequence[str]:
        """The witnesses of this process's settings that have never said anything of this log, by their names."""
        asked = () if self._node.submitter is None else self._node.submitter.witnesses
        return [one.witness.name for one in asked if str(one.witness) not in heard]


def _keys(chain: KeyChain | None) -> list[Key]:
    """Every key, the first first."""
    if chain is None:
        return []
    return [
        Key(
            number, str(key), after=before.size if before else 0, upto=change.size if change else None,
            root=change.root.hex() if change else None,
        )
        for number, (key, before, change) in enumerate(
            zip(chain.keys, (None, *chain.rotations), (*chain.rotations, None), strict=True), 1
        )
    ]  # fmt: skip


def _latest(engine: Engine, log: str, keys: Sequence[Key], witnessed: Sequence[Witnessed]) -> list[Signed]:
    """The newest checkpoints, and the newest that anybody witnessed."""
    sizes = {one.size for one in witnessed}
    table = checkpoints.c
    stored = [type_coerce(column, NullType()).label(column.name) for column in (table.signed_at, table.root)]
    query = select(table.size, table.previous, *stored).where(table.log == log)
    with reading(engine, log) as connection:
        rows = {*connection.execute(query.order_by(table.size.desc()).limit(_LATEST)).all()}
        if sizes:
            rows |= {*connection.execute(query.where(table.size == max(sizes))).all()}
    return [
        Signed(
            row.size, row.size - row.previous, stored_moment(row.signed_at),
            next((key.number for key in keys if key.signs(row.size)), None),
            row.root.hex() if isinstance(row.root, bytes) else "",
            [one for one in witnessed if one.size == row.size],
        )
        for row in sorted(rows, key=lambda row: row.size, reverse=True)
    ]  # fmt: skip


# the drawing ----------------------------------------------------------------------------------------------------------


def _growth(engine: Engine, log: str, chain: KeyChain | None, witnessed: Sequence[Witnessed]) -> Growth | None:
    """The signed size over time: of all checkpoints the last in each of a few equal stretches."""
    table = checkpoints.c
    with reading(engine, log) as connection:
        mine = (table.log == log) & table.signed_at.between(0, MOMENTS)
        bounds = select(func.min(table.signed_at), func.max(table.signed_at), func.count()).where(mine)
        first, last, count = connection.execute(bounds).one()
        if not count:
            return None
        stretch = max(1, (last - first) // _POINTS + 1)
        each = (table.signed_at - first) // stretch
        query = select(func.max(table.size), func.max(table.signed_at)).where(mine).group_by(each)
        points = sorted((int(at), int(size)) for size, at in connection.execute(query).all())
    return _drawn(points, first, last, count, chain, witnessed)


def _drawn(
    points: Sequence[tuple[int, int]], first: int, last: int, count: int, chain: KeyChain | None,
    witnessed: Sequence[Witnessed],
) -> Growth:  # fmt: skip
    most, span = max(size for _, size in points), max(1, last - first)

    def x(at: int) -> int:
        return min(WIDTH - _EDGE, WIDTH * (at - first) // span) if last > first else WIDTH - _EDGE

    def when(size: int) -> int:
        """When a tree of this size was signed, as near as the drawing goes."""
        return next((at for at, reached in points if reached >= size), last)

    corners = [f"0,{HEIGHT}"]
    for (at, size), (_, before) in zip(points, [(first, 0), *points], strict=False):
        corners += [f"{x(at)},{HEIGHT - HEIGHT * before // most}", f"{x(at)},{HEIGHT - HEIGHT * size // most}"]
    corners.append(f"{WIDTH},{HEIGHT - HEIGHT * most // most}")
    marks = [Mark(x(when(one.size)), str(one.size), "rotated") for one in (chain.rotations if chain else ())]
    cosigned = {x(when(one.size)): one for one in reversed(witnessed) if one.holds}
    marks += [Mark(at, str(one.size), "witnessed") for at, one in sorted(cosigned.items())]
    return Growth(
        " ".join(corners[1:]), " ".join([*corners, f"{WIDTH},{HEIGHT}"]), marks, moment(first), moment(last), count
    )
