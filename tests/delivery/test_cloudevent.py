"""The message is a CloudEvent 1.0 to any reader, and only ours are taken for ours."""

import json
import re

import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from hypothesis import given
from hypothesis import strategies as st

from shared.delivery import cloudevent
from shared.delivery.cloudevent import NotACloudEvent
from tests.delivery.parts import LOG, TYPE, Event, MemoryLog

TRACE = re.compile("00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-00")
"""A W3C traceparent of version 00."""


def stored(summary: str = "邻里纠纷（虚构）") -> Event:
    log = MemoryLog()
    log.append(count=3, summary=summary)
    return log.events[LOG][2]


def test_it_says_all_that_a_stranger_needs() -> None:
    said = json.loads(cloudevent.encode(stored()))
    assert TRACE.fullmatch(said.pop("traceparent"))
    assert said == {
        "specversion": "1.0",
        "id": "410105010/2",
        "source": "/logs/410105010",
        "type": TYPE,
        "subject": "case/c-2",
        "time": "2015-06-11T10:00:00+08:00",
        "datacontenttype": "application/json",
        "dataschema": f"/schemas/{TYPE}.json",
        "sequence": "2",
        "occurredat": "2015-06-11T09:00:00+08:00",
        "data": {"case": "c-2", "summary": "邻里纠纷（虚构）"},
    }


def test_the_official_library_reads_it() -> None:
    message = HTTPMessage({"content-type": "application/cloudevents+json"}, cloudevent.encode(stored()))
    event = from_http_event(message)
    assert event.get_id() == "410105010/2"
    assert event.get_extension("sequence") == "2"
    assert event.get_data() == {"case": "c-2", "summary": "邻里纠纷（虚构）"}


def test_the_payload_is_passed_on_byte_for_byte() -> None:
    event = stored()
    payload = msgspec.json.decode(event.bytes, type=dict[str, msgspec.Raw])["data"]
    assert bytes(payload) in cloudevent.encode(event)


def test_a_trace_goes_along() -> None:
    event = stored()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    envelope = msgspec.json.encode({**msgspec.json.decode(event.bytes), "traceparent": trace})
    assert json.loads(cloudevent.encode(Event(LOG, 2, envelope)))["traceparent"] == trace


def test_the_events_of_one_command_have_one_trace_and_keep_it() -> None:
    log = MemoryLog()
    log.append(count=3)
    log.append("410105011")
    events = [*log.events[LOG], *log.events["410105011"]]
    same = msgspec.json.decode(events[1].bytes) | {"command_id": "k-0", "ordinal": 1}
    events[1] = Event(LOG, 1, msgspec.json.encode(same, order="sorted"))
    found = [TRACE.fullmatch(json.loads(cloudevent.encode(event))["traceparent"]) for event in events]
    traces, parents = zip(*[match.groups() for match in found if match], strict=True)
    assert traces[0] == traces[1], "one command"
    assert len({*traces[1:]}) == 3, "others, and one of another log"
    assert len({*parents}) == 4, "each event is a parent of its own"
    assert cloudevent.encode(events[2]) == cloudevent.encode(events[2]), "published again it is the same"


def test_what_the_relay_wrote_is_understood() -> None:
    event = cloudevent.decode({b"__data__": cloudevent.encode(stored())})
    assert (event.log, event.position) == (LOG, 2)


def altered(**changes: object) -> bytes:
    return json.dumps({**json.loads(cloudevent.encode(stored())), **changes}).encode()


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({}, id="empty"),
        pytest.param({b"other": b"x"}, id="another field"),
        pytest.param({b"__data__": b""}, id="nothing"),
        pytest.param({b"__data__": b"\x89BIN\xff"}, id="binary"),
        pytest.param({b"__data__": b"[" * 100_000}, id="nested"),
        pytest.param({b"__data__": b"[]"}, id="a list"),
        pytest.param({b"__data__": altered(specversion="0.3")}, id="another version"),
        pytest.param({b"__data__": altered(sequence=2)}, id="a number for a sequence"),
        pytest.param({b"__data__": altered(sequence="3")}, id="sequence and id disagree"),
        pytest.param({b"__data__": altered(sequence="-1", id="410105010/-1")}, id="negative"),
        pytest.param({b"__data__": altered(sequence="２", id="410105010/２")}, id="full-width digit"),
        pytest.param({b"__data__": altered(sequence="2\n", id="410105010/2\n")}, id="trailing newline"),
        pytest.param({b"__data__": altered(sequence="9" * 5000, id="410105010/" + "9" * 5000)}, id="5,000 digits"),
        pytest.param({b"__data__": altered(source="/logs/410105011")}, id="source of another log"),
        pytest.param({b"__data__": altered(id="../x/2", source="/logs/../x")}, id="a path for a log"),
        pytest.param({b"__data__": altered(id="/2", source="/logs/")}, id="no log"),
    ],
)
def test_what_the_relay_would_not_write_is_refused_without_quoting_it(entry: dict[bytes, bytes]) -> None:
    with pytest.raises(NotACloudEvent) as refused:
        cloudevent.decode(entry)
    assert str(refused.value) in {"KeyError", "DecodeError", "ValidationError", "log or sequence", "identity"}
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@given(st.dictionaries(st.binary(max_size=8) | st.just(b"__data__"), st.binary(max_size=64)))
def test_no_entry_does_worse_than_being_refused(entry: dict[bytes, bytes]) -> None:
    with pytest.raises(NotACloudEvent):
        cloudevent.decode(entry)
