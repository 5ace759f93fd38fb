"""Who stands behind an act: nobody decides alone what takes two, under whatever name they ask 回避."""

from collections.abc import Iterable

from shared.contracts.event import Actor


def persons(actor: Actor) -> frozenset[str]:
    """Who acts, and for whom: either may be the person who stands behind it."""
    return frozenset(one for one in (actor.id, actor.on_behalf_of) if one is not None)


def same_person(actor: Actor, who: Iterable[str | None]) -> bool:
    """Whether an actor, or whom they act for, is one of those who took a part before (ids, and for whom those acted).

    Who acts for somebody is them; two who act for the same one are one as well, be it a person or an office."""
    return not persons(actor).isdisjoint(who)
