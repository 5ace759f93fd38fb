"""`sanguan season`: years of work in invented sub-districts, played into an installation."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from rich.progress import Progress

from services.assessment.rules.plan_file import load_plan
from services.season.drawing import drawn
from services.season.playing import Played, play
from services.season.scenario import Scenario, names_of
from services.together import together
from shared.contracts.days import civil_day
from shared.errors import Unusable
from shared.runtime import Node
from shared.settings import Settings

_PAGE: Final = 5_000


def scenarios(
    logs: Sequence[str], now: datetime, *, year: int, years: int, communities: int, cases: int, volume: int, seed: int
) -> list[Scenario]:
    """What is to be invented; raises `Unusable`. The campaign began within a year, so that its first is a short one."""
    begins = min(phase.from_day for phase in load_plan().phases)
    made = [
        Scenario(
            log=log, seed=seed, from_day=max(date(year, 1, 1), begins), to_day=date(year + years - 1, 12, 31),
            communities=names_of(communities), cases=cases, volume=volume,
        )
        for log in dict.fromkeys(logs)
    ]  # fmt: skip
    last = made[0].last_day
    if last >= civil_day(now):
        raise Unusable(
            "year_not_over", f"最后一年的收尾工作到 {last} 才结束，不能虚构未来的事：请用更早的年份。",
            f"What belongs to the last year goes on until {last}, and nothing is invented of the future: "
            "give earlier years.",
        )  # fmt: skip
    return made


async def invent(settings: Settings, wanted: Sequence[Scenario], bar: Callable[[], Progress], as_json: bool) -> int:
    """Play them, say what the logs hold now, and give the exit code; raises `Unusable`."""
    with bar() as progress:
        acts = {one.log: await asyncio.to_thread(drawn, one) for one in wanted}
        task = progress.add_task("虚构的年份 inventing", total=sum(map(len, acts.values())))
        async with together(settings, stream=False) as node:
            played = await play(node, acts, lambda done: progress.advance(task, done))
            held = {log: await asyncio.to_thread(_types, node, log) for log in acts}
    body = _answer(played, held)
    print(json.dumps(body, ensure_ascii=False) if as_json else _sentence(played, held))
    return 0


def _types(node: Node, log: str) -> Counter[str]:
    """How many events of each type a log holds."""
    types: Counter[str] = Counter()
    after = -1
    while page := node.storage.log.read(log, after, _PAGE):
        types.update(stored.type for stored in page)
        after = page[-1].position
    return types


def _answer(played: Played, held: dict[str, Counter[str]]) -> dict[str, object]:
    whole = sum(held.values(), Counter[str]())
    return {
        "ok": True, "commands": played.commands.total(), "repeated": played.repeated, "events": whole.total(),
        "logs": {log: types.total() for log, types in held.items()}, "event_types": dict(sorted(whole.items())),
    }  # fmt: skip


def _sentence(played: Played, held: dict[str, Counter[str]]) -> str:
    lines = [f"{log}: {types.total()} 个事件 events, {len(types)} 种 types" for log, types in held.items()]
    new, known = played.commands.total(), played.repeated
    lines.append(f"新发送 {new} 条命令；{known} 条此前已发送，未作改动。")
    lines.append(f"{new} new commands were sent; {known} had been sent before and changed nothing.")
    return "\n".join(lines)
