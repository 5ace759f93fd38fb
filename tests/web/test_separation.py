"""Who did the work does not score it (§3.3.5). All data are invented (synthetic)."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import msgspec
import pytest
from sqlalchemy import select

from services.assessment.entry_commands import DecideAppeal, HearAppeal
from services.assessment.evidence.gathered import LEDGERS
from services.assessment.ledgers import did_work
from services.assessment.service import SERVICE
from shared.contracts.codes import Role
from shared.contracts.event import Actor
from shared.contracts.fields import Text
from shared.contracts.frozen import replace
from shared.contracts.model import Refused
from shared.log.codec import canonical
from shared.log.tables import events
from shared.runtime import Node
from tests.declarations import recorded, sample
from tests.web.campaign import LOG, day, fill, opened
from tests.web.test_whole import PUBLISHED

MEASURED: Final = sorted({kind for ledger in LEDGERS for kind in ledger.handles}, key=lambda kind: kind.NAME)
THINGS: Final = frozenset(
    {
        "case", "document", "due_rule", "duplicate_of", "filing", "grid", "grids", "indicator", "inspection", "item",
        "kind", "meeting", "open_cases", "period", "publication", "subject", "visit", "ClockStanding.due_rule",
        "Excused.indicator", "Excused.table", "HandlerStanding.officer", "PaperRow.import_id", "PaperRow.number",
        "Period.name",
    }
)  # fmt: skip
"""Codes in what is measured that name no member of the staff as having done it: cases, entries, rules, papers. A
commendation's `subject` and a retraction's `item` may be an officer's: who was praised, or stood aside, did nothing
by that; the handler whom a retraction gives back to a case was named when they took it on."""
_PEOPLE: Final = {"officer", "officers", "leader", "replaced", "cover"}
_OWN_HAND: Final = {Role.CLERK, Role.OFFICER, Role.LEADER}


def test_whatever_is_measured_has_its_doers() -> None:
    """Each event that a measured table is folded from; a new one of an evidence ledger cannot be left out."""
    evidence = {ledger.name for ledger in LEDGERS}
    assert evidence <= {ledger.name for ledger in SERVICE.ledgers}
    assert SERVICE.scorer is not None
    resting_on = {ledger.name for ledger in SERVICE.scorer.ledgers} - {"plans", "rulebooks", "scores"}
    assert resting_on <= evidence, "a table that scores rest on, of which nobody's work is known"
    assert not set(MEASURED) - set(did_work.LEDGER.handles)
    for kind in MEASURED:
        for role in Role:
            event = _all_told(sample(kind))
            actor = Actor(id=f"{role}-7", role=role, on_behalf_of="stood-in-for")
            told = replace(recorded(event), actor=actor)
            known = {key.rpartition("/")[0] for key in did_work.LEDGER.keys(told)}
            named = set(_people(msgspec.json.decode(canonical(event))))
            assert known == named | {"stood-in-for"} | ({actor.id} if role in _OWN_HAND else set()), (kind, role)


def test_every_code_of_what_is_measured_is_of_somebody_or_of_something() -> None:
    found = {name for kind in MEASURED for name in _codes(kind)}
    assert found >= _PEOPLE - {"cover"}
    assert found - _PEOPLE - {"Leave.cover"} == THINGS, (
        "say whether it names who did it (`did_work.NAMING`) or something else"
    )
    assert set(did_work.NAMING) == _PEOPLE


def test_who_did_the_work_publishes_no_scores(tmp_path: Path) -> None:
    async def play() -> None:
        async with opened(tmp_path) as (node, _):
            made = await fill(node)
            doers: dict[str, set[str]] = defaultdict(set)
            for who, kind in _doers(node):
                doers[who].add(kind)
            assert len(set().union(*doers.values())) > 20, "much of what is scored was done by somebody known"
            assert {"clerk-1", made.judge(1, day("07-01").date())} <= doers.keys()
            for who, kinds in doers.items():
                with pytest.raises(Refused) as refused:
                    await made.send(PUBLISHED, day("12-31"), role=Role.OFFICE, who=who)
                assert refused.value.code == "did_the_work", (who, kinds)
            assert "office-1" not in doers, "it entered what others did"
            await made.send(PUBLISHED, day("12-31"), role=Role.OFFICE, who="office-9")

    asyncio.run(play())


def test_an_appeal_is_heard_and_decided_by_people() -> None:
    """Else the publisher's own program might; what takes a person is refused to programs at the door, by the matrix of
    `tests/system/test_policy.py`."""
    takes = {one.command: one.by_person for decider in SERVICE.deciders for one in decider.accepts}
    assert takes[HearAppeal]
    assert takes[DecideAppeal]


def _doers(node: Node) -> Iterator[tuple[str, str]]:
    """Who did what is measured, by what the record itself tells of it; and what it was."""
    names = {kind.NAME for kind in MEASURED}
    with node.storage.log_engine.connect() as connection:
        told = connection.execute(select(events.c.bytes).where(events.c.log == LOG)).scalars().all()
    for one_bytes in told:
        envelope = msgspec.json.decode(one_bytes)
        if envelope["type"] in names:
            actor = envelope["actor"]
            for one in (*_people(envelope["data"]), *([actor["id"]] if actor["role"] in _OWN_HAND else ())):
                yield one, envelope["type"]


def _people(data: Mapping[str, Any]) -> Iterator[str]:
    """Whom an event names as its doers."""
    for name, said in data.items():
        if name == "leave":
            yield from _people(said)
        elif name in _PEOPLE:
            yield from [said] if isinstance(said, str) else said or ()


def _all_told(event: Any) -> Any:
    """An event that names everybody whom it may name, each by another name."""
    told: dict[str, Any] = {}
    for field in fields(event):
        if field.name == "officers":
            told["officers"] = ("officers-1", "officers-2")
        elif field.name in _PEOPLE:
            told[field.name] = f"{field.name}-5"
        elif field.name == "leave":
            told["leave"] = replace(event.leave, cover="cover-5")
    return replace(event, **told)


def _codes(kind: type, seen: frozenset[type] = frozenset()) -> Iterator[str]:
    """The names of all fields that hold a code, of an event and of what it holds."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        yield from _within(f"{kind.__name__}.{name}" if seen else name, hint, seen | {kind})


def _within(name: str, hint: Any, seen: frozenset[type]) -> Iterator[str]:
    if any(isinstance(said, Text) and said.code and said.plain for said in getattr(hint, "__metadata__", ())):
        yield name
    if is_dataclass(hint) and isinstance(hint, type) and hint not in seen:
        yield from _codes(hint, seen)
    for one in get_args(hint):
        if not isinstance(one, Text):
            yield from _within(name, one, seen)
