"""The two decoders and the canonical form: one event, one sequence of bytes, one reading of it."""

import json
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.contracts.catalogue import EVENTS
from shared.contracts.event import Actor, Envelope
from shared.contracts.fields import LARGEST_INTEGER, Code, Count, Moment
from shared.log.codec import Codec, canonical
from tests.parts import CLERK, CODEC, LOG, NOW, reported, withdrawn
from tests.strategies import instances, values

EVERY_EVENT = pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: cls.NAME.removeprefix("sanguan."))
A_FEW = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def gate(cls: type) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def envelope(event: Any) -> Envelope:
    return Envelope(
        log=LOG, stream="case/1", version=1, type=event.NAME, command_id="k-1", ordinal=0, actor=CLERK, cause=None,
        occurred_at=NOW, recorded_at=NOW, facts_at=None, data=event,
    )  # fmt: skip


def same(one: Any, other: Any) -> bool:
    """Equal down to the offsets of moments, which `==` does not compare."""
    return bool(one == other) and repr(one) == repr(other)


@EVERY_EVENT
@A_FEW
@given(data=st.data())
def test_the_gate_and_the_replay_read_the_same(cls: type, data: st.DataObject) -> None:
    event = data.draw(instances(cls))
    written = canonical(event)
    by_msgspec: Any = msgspec.json.decode(written, type=cls)
    by_pydantic = gate(cls).validate_json(written)
    assert same(by_msgspec, event)
    assert by_pydantic == event
    assert canonical(by_pydantic) == written  # offsets included, though pydantic has a class of its own for them


@EVERY_EVENT
@A_FEW
@given(data=st.data())
def test_the_bytes_are_the_canonical_form_of_rfc_8785(cls: type, data: st.DataObject) -> None:
    event = data.draw(instances(cls))
    written = CODEC.encode(envelope(event))
    assert written == rfc8785.dumps(json.loads(written))
    recorded = CODEC.decode(7, written)
    assert same(recorded.event, event)
    assert recorded.position == 7


@settings(max_examples=100, deadline=None)
@given(
    instances(Actor), values(Code), values(Code | None), values(Moment), values(Moment), values(Count | None),
    st.integers(1, LARGEST_INTEGER),
)  # fmt: skip
def test_every_envelope_is_canonical_and_comes_back(
    actor: Actor, command_id: str, cause: str | None, occurred_at: datetime, recorded_at: datetime,
    facts_at: int | None, version: int,
) -> None:  # fmt: skip
    said = replace(
        envelope(withdrawn()), actor=actor, command_id=command_id, cause=cause, occurred_at=occurred_at,
        recorded_at=recorded_at, facts_at=facts_at, version=version,
    )  # fmt: skip
    written = CODEC.encode(said)
    assert written == rfc8785.dumps(json.loads(written))
    read = CODEC.decode(0, written)
    assert same((read.actor, read.command_id, read.cause, read.version), (actor, command_id, cause, version))
    assert same((read.occurred_at, read.recorded_at), (occurred_at, recorded_at))


def test_the_bytes_of_an_event_are_what_they_have_always_been() -> None:
    """What was hashed once must be made again byte for byte by every later program."""
    assert CODEC.encode(envelope(reported("sealed:1:case/1#:AAAA"))).decode() == (
        '{"actor":{"id":"clerk-1","on_behalf_of":null,"role":"clerk"},"cause":null,"command_id":"k-1",'
        '"data":{"basis":"act","community":"410105010001","dispute_type":"neighbours","grid":null,"kind":"dispute",'
        '"paper":null,"parties":[{"id_number":null,"name":"sealed:1:case/1#parties/0:AAAA","phone":null,'
        '"role":"applicant"}],"source":null,"summary":"sealed:1:case/1#:AAAA"},"facts_at":null,"log":"410105010",'
        '"occurred_at":"2015-06-11T09:00:00+08:00","ordinal":0,"recorded_at":"2015-06-11T09:00:00+08:00",'
        '"stream":"case/1","type":"sanguan.intake.case-reported.v1","version":1}'
    )


def test_stored_names_are_explicit_and_unique() -> None:
    names = [event.NAME for event in EVENTS]
    assert len(set(names)) == len(names)
    assert list(Codec(EVENTS).types) == names
    for event in EVENTS:
        product, owner, _, version = event.NAME.split(".")
        assert (product, owner) == ("sanguan", event.OWNER)
        assert version == "v1"
