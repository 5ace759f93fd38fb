"""Entries: entered once, gone on with in order, made void as a whole; the ledger follows (synthetic)."""

from dataclasses import fields
from typing import Any

from shared.contracts.entries import Entries, Entry, Step, kind
from shared.contracts.event import Event, event, value
from shared.contracts.fields import Code, Count, Note, Sealed
from shared.contracts.model import Context, Refused
from tests.declarations import recorded
from tests.spec import CLERK, START, at, spec


@event("sanguan.toy.lamp-broken.v1")
class LampBroken(Event):
    community: Code
    lamps: Count
    told: Sealed | None = None


@event("sanguan.toy.lamp-mended.v1")
class LampMended(Event):
    mended: Count


@event("sanguan.toy.bench-set.v1")
class BenchSet(Event):
    community: Code


@event("sanguan.toy.toy-voided.v1")
class ToyVoided(Event):
    kind: Code
    reason: Sealed


@value
class ReportLamp:
    community: Code
    lamps: Count
    told: Note | None = None


@value
class MendLamp:
    mended: Count


@value
class SetBench:
    community: Code


@value
class VoidToy:
    reason: Note


def _is_known(command: Any, entry: Entry | None, context: Context) -> dict[str, str]:
    if context.facts != command.community:
        raise Refused("unknown_community", field="community")
    return {}


BY = frozenset({"clerk"})
LAMPS = kind(
    "lamps", ("路灯台账", "Lamps"),
    Step(ReportLamp, LampBroken, BY, "5.5", facts=lambda command, id, look: "c1", check=_is_known),
    Step(MendLamp, LampMended, BY, "5.5", after=(LampBroken, LampMended), at="mended_at"),
)  # fmt: skip
BENCHES = kind("benches", ("长椅台账", "Benches"), Step(SetBench, BenchSet, BY, "5.5"))
TOYS = Entries("toy", (LAMPS, BENCHES), VoidToy, ToyVoided, BY)
TOY = spec(TOYS.decider)
BROKEN = LampBroken(community="c1", lamps=3)


def folded(*events: Any) -> dict[str, dict[str, Any]]:
    """The rows of each ledger after the events of one entry."""
    rows: dict[str, dict[str, Any]] = {ledger.name: {} for ledger in TOYS.ledgers}
    for position, said in enumerate(events):
        for ledger in TOYS.ledgers:
            if type(said) in ledger.handles:
                item = recorded(said, position=position)
                for key in ledger.keys(item):
                    rows[ledger.name][key] = ledger.evolve(rows[ledger.name].get(key), item, key)
    return rows


def test_an_entry_says_what_its_command_said_if_the_facts_allow_it() -> None:
    TOY.when(ReportLamp(community="c1", lamps=3), facts="c1").then(BROKEN)
    TOY.when(ReportLamp(community="c2", lamps=3), facts="c1").then_refused("unknown_community", field="community")


def test_an_id_holds_one_entry_and_says_what_is_possible() -> None:
    refused = TOY.given(BROKEN).when(ReportLamp(community="c1", lamps=3), facts="c1").then_refused("already_entered")
    assert refused.allowed == ("mend-lamp", "void-toy")
    refused = TOY.given(BenchSet(community="c1")).when(MendLamp(mended=1)).then_refused("entry_not_now")
    assert refused.allowed == ("void-toy",)
    TOY.when(MendLamp(mended=1)).then_refused("unknown_entry", field="stream")
    TOY.when(VoidToy(reason="误登")).then_refused("unknown_entry", field="stream")


def test_steps_follow_each_other_in_time() -> None:
    TOY.given(BROKEN).when(at(1, MendLamp(mended=1))).then(LampMended(mended=1))
    TOY.given(BROKEN, at(3, LampMended(mended=1))).when(at(2, MendLamp(mended=2))).then_refused("before_last_step")
    TOY.when(at(1, ReportLamp(community="c1", lamps=3)), facts="c1", now=at(0, None)).then_refused("in_the_future")


def test_what_is_void_stays_so_and_says_of_which_kind_it_was() -> None:
    voided = ToyVoided(kind="lamps", reason="误登")
    TOY.given(BROKEN).when(VoidToy(reason="误登")).then(voided)
    for command in (MendLamp(mended=1), VoidToy(reason="误登")):
        assert TOY.given(BROKEN, voided).when(command).then_refused("entry_voided").allowed == ()


def test_the_ledger_follows_each_step_and_another_kind_s_does_not() -> None:
    rows = folded(BROKEN, LampMended(mended=2), ToyVoided(kind="lamps", reason="sealed:box"))
    row = rows["lamps"]["1"]
    assert (row.id, row.community, row.lamps, row.told, row.mended) == ("1", "c1", 3, None, 2)
    assert row.happened_at == row.mended_at == row.voided_at == recorded(BROKEN).occurred_at
    assert rows["benches"] == {}


def test_a_ledger_s_columns_are_what_the_events_say() -> None:
    lamps, benches = TOYS.ledgers
    assert [field.name for field in fields(lamps.row)] == [
        "id", "community", "lamps", "told", "happened_at", "mended", "mended_at", "voided_at",
    ]  # fmt: skip
    assert folded(BROKEN)["lamps"]["1"].mended is None
    assert (lamps.filters, lamps.sealed, lamps.clause) == (("community",), ("told",), "5.5")
    assert lamps.handles == (LampBroken, LampMended, ToyVoided)
    assert benches.handles == (BenchSet, ToyVoided)


def test_who_may_void_is_said_once_for_all_kinds() -> None:
    accepted = {accepts.command: accepts for accepts in TOYS.decider.accepts}
    assert accepted.keys() == {ReportLamp, MendLamp, SetBench, VoidToy}
    assert [command for command, one in accepted.items() if one.creates] == [ReportLamp, SetBench]
    assert CLERK.role in accepted[VoidToy].by
    assert TOY.given(BROKEN).state() == Entry(kind="lamps", last=LampBroken, last_at=START)
