"""Sends a season through the desks of a node: wave by wave, in each wave streams beside each other, a stream's acts in
order. Command ids are the acts' names, so that a season that is played twice has one effect, and one that was
interrupted goes on."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from services.season.scenario import Act, Turn
from services.together import settled
from shared.command import Asked, own_id
from shared.contracts.event import Actor
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.runtime import Node

_AT_ONCE: Final = 64
"""Streams under way at a time: enough to share a commit."""
_PAGE: Final = 5_000
_Sending = tuple[str, Act]


@dataclass(slots=True)
class Played:
    """What was sent."""

    commands: Counter[str] = field(default_factory=Counter)
    """Commands that had not been sent before, by name."""
    repeated: int = 0
    """How many had."""


class ActRefused(Exception):
    """An act of a season was refused: the generator is wrong, or the log holds something else."""

    def __init__(self, log: str, act: Act, refused: Refused) -> None:
        self.log, self.act, self.refused = log, act, refused
        super().__init__(f"{log}: {act.name} ({type(act.command).__name__}) was refused: {refused.code}")


def command_id(name: str) -> str:
    """The id of the command of an act."""
    return own_id(f"season:{name}")


async def play(
    node: Node, seasons: Mapping[str, Sequence[Act]], step: Callable[[int], None] = lambda count: None
) -> Played:
    """Send the acts of each log; `step` is told how many were sent since. Raises `Unusable` where a log holds what is
    not declared synthetic, or another season."""
    playing = _Playing(node, step)
    for log in seasons:
        playing.sent[log] = await asyncio.to_thread(_sent, node, log)
    if any(playing.sent.values()):
        await settled(node)  # an earlier play may have been interrupted
    sendings = [(log, act) for log, acts in seasons.items() for act in acts]
    sendings.sort(key=lambda sending: (sending[1].wave, sending[1].turn))  # a stream's acts stay in their order
    for _, wave in groupby(sendings, key=lambda sending: sending[1].wave):
        before = playing.played.commands.total()
        for _, turn in groupby(wave, key=lambda sending: sending[1].turn):
            await asyncio.gather(*map(playing.send, playing.streams(turn)))
        if playing.played.commands.total() > before:
            await settled(node)
    return playing.played


def _sent(node: Node, log: str) -> set[str]:
    """The ids of all commands that a log has taken."""
    ids: set[str] = set()
    after = -1
    while page := node.storage.log.recorded(log, after, _PAGE):
        ids.update(recorded.command_id for recorded in page)
        after = page[-1].position
    return ids


class _Playing:
    """Seasons that are being played."""

    def __init__(self, node: Node, step: Callable[[int], None]) -> None:
        self._node, self._step = node, step
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self.sent: dict[str, set[str]] = {}
        """What each log had taken before."""
        self.played = Played()

    def streams(self, turn: Iterable[_Sending]) -> list[list[_Sending]]:
        """The turn's acts by stream."""
        found: dict[tuple[str, str, str], list[_Sending]] = {}
        for log, act in turn:
            decider, accepts = self._node.desks[act.service].route(type(act.command))
            id = accepts.id(act.command) if accepts.id else act.id
            found.setdefault((log, decider.category, id or ""), []).append((log, act))
        return list(found.values())

    async def send(self, acts: Sequence[_Sending]) -> None:
        """A stream's acts of a turn. What was sent before is not sent again, but for the declaration: it says whether
        this is the same season."""
        async with self._gate:
            for log, act in acts:
                id = command_id(act.name)
                if id in self.sent[log] and act.turn != Turn.DECLARED:
                    self.played.repeated += 1
                else:
                    await self._ask(log, act, id)
                self._step(1)

    async def _ask(self, log: str, act: Act, id: str) -> None:
        asked = Asked(
            log=log, command_id=id, command=act.command, occurred_at=act.at,
            actor=Actor(id=act.who or f"{act.role}-1", role=act.role), id=act.id,
        )  # fmt: skip
        try:
            answer = await self._node.desks[act.service].send(asked)
        except Refused as refused:
            raise _told(log, act, refused) from refused
        if answer.repeated:
            self.played.repeated += 1
        else:
            self.played.commands[type(act.command).__name__] += 1


def _told(log: str, act: Act, refused: Refused) -> Exception:
    if refused.code == "directory_not_empty":
        return Unusable(
            "not_synthetic", f"日志 {log} 中已有未声明为合成数据的社区：不能在其中生成虚构的一年。",
            f"Log {log} holds communities and is not declared synthetic: no invented season is played into it.",
        )  # fmt: skip
    if refused.code == "command_id_reused":
        return Unusable(
            "another_season", f"日志 {log} 中已有另一个虚构的年份：请用相同的参数，或换一个日志。",
            f"Log {log} holds another invented season: give the same arguments, or another log.",
        )  # fmt: skip
    return ActRefused(log, act, refused)
