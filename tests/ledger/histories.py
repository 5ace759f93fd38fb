"""Random histories of the drill, and how they get into a log."""

from typing import Any

from hypothesis import strategies as st

from shared.log.append import Appended, Proposal
from shared.log.store import Log
from tests.ledger.drill import ItemRemoved, ItemSet, NoiseHeard
from tests.parts import proposal
from tests.strategies import instances

Said = tuple[str, Any]
"""An item's id, or nothing for a noise, and the event."""

_IDS = st.sampled_from(["a", "b", "c", "沙门-12"])
_SMALL = st.builds(
    lambda event, number: _with_number(event, number), instances(ItemSet), st.integers(0, 5)
)  # sums stay within what is exact
HAPPENINGS = st.one_of(
    st.tuples(_IDS, _SMALL),
    st.tuples(_IDS, st.builds(ItemRemoved)),
    st.tuples(st.just(""), st.builds(NoiseHeard, where=st.sampled_from(["east", "west"]))),
)
HISTORIES = st.lists(HAPPENINGS, min_size=1, max_size=24)


def _with_number(event: ItemSet, number: int) -> ItemSet:
    return ItemSet(
        number=number, flag=event.flag, text=event.text, day=event.day, at=event.at, colour=event.colour,
        marks=event.marks,
    )  # fmt: skip


def item(number: int = 0, text: str | None = None) -> ItemSet:
    return ItemSet(number=number, flag=None, text=text, day=None, at=None, colour=None, marks=())


def tell(log: Log, name: str, *said: Said) -> int:
    """Append what was said, one event after the other; gives the last position."""
    versions: dict[str, int] = {}
    batch: list[Proposal] = []
    for id_, event in said:
        stream = f"item/{id_}" if id_ else "noise/1"
        if stream not in versions:
            versions[stream] = len(log.stream(name, stream))
        batch.append(proposal(stream, versions[stream], event, owner=event.OWNER, log=name))
        versions[stream] += 1
    last = -1
    for one in batch:  # one by one: the optimistic way alone takes events of two owners in one batch
        outcome = log.append([one])[0]
        assert isinstance(outcome, Appended)
        last = outcome.position
    return last
