"""A stranger with nothing but redis-py reads case events as CloudEvents while the system runs."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import redis
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.contracts.catalogue import EVENTS
from tests.system.cli import ROOT, SECONDS, environment
from tests.system.demo import WANTED, Demo
from tests.system.server import LOG, Server, wait_for

STREAM = "sanguan:events:{0}"
CASE_EVENTS = {event.NAME for event in EVENTS if event.NAME.startswith("sanguan.intake.case-")}


def test_the_script_is_short_and_needs_redis_py_alone() -> None:
    text = (ROOT / "docs" / "read_case_events.py").read_text()
    code = [line for line in text.partition('"""\n\n')[2].splitlines() if line.strip() and not line.startswith("#")]
    assert len(code) <= 20
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {name.name for node in nodes for name in node.names}
    assert imported - {"redis"} <= sys.stdlib_module_names


def test_without_an_address_it_says_how_it_is_called() -> None:
    done = read(environment())
    assert (done.returncode, done.stdout) == (1, "")
    assert "[URL [N]]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_address_of_the_settings_will_do(server: Server) -> None:
    assert server.report()
    done = read(environment(SANGUAN_REDIS_URL=server.stream))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 10


def read(environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """The script, without a word on its command line."""
    command = [sys.executable, "docs/read_case_events.py"]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_it_reads_case_events_while_the_demo_runs(demo: Demo) -> None:
    assert demo.stranger.code == 0, demo.stranger.err
    assert demo.stranger_was_first, "the demo was over before the stranger had read what it wanted"
    lines = [line.split() for line in demo.stranger.out.splitlines()]
    assert len(lines) == WANTED
    positions = []
    for time, id, type, *rest in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)", time)
        assert type in CASE_EVENTS
        assert bool(rest) == type.endswith("case-reported.v1"), "what is reported has a type of dispute"
        log, _, position = id.partition("/")
        assert log == LOG
        positions.append(int(position))
    assert positions == sorted(positions)
    assert "sealed:" not in demo.stranger.out


def test_what_is_on_the_stream_are_cloudevents_1_0(server: Server) -> None:
    with server.redis() as client:
        server.quiet()
        (last, _), *_ = client.xrevrange(STREAM, count=1)
        answer = server.report()
        (position,) = answer["positions"]
        (mine,) = [event for event in read_until(client, last, position) if event.get_subject() == answer["stream"]]
    assert mine.get_id() == f"{LOG}/{position}"
    assert mine.get_specversion() == "1.0"
    assert (mine.get_source(), mine.get_subject()) == (f"/logs/{LOG}", answer["stream"])
    assert [mine.get_type()] == answer["events"]
    assert mine.get_time() is not None
    assert mine.get_datacontenttype() == "application/json"
    assert mine.get_extension("sequence") == str(position)
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", mine.get_extension("traceparent"))
    data = mine.get_data()
    assert isinstance(data, dict)
    assert data["dispute_type"] == "neighbours"
    assert data["summary"].startswith("sealed:")
    assert "虚构" not in json.dumps(data, ensure_ascii=False)


def read_until(client: "redis.Redis", last: bytes, position: int) -> list[CloudEvent]:
    """The messages after an entry up to a position, each read by the CloudEvents project's own library."""
    found: list[CloudEvent] = []

    def there() -> bool:
        read: Any = client.xrange(STREAM, min=b"(" + last)
        found[:] = [event_of(fields) for _, fields in read]
        return any(event.get_extension("sequence") == str(position) for event in found)

    wait_for(there, "the message")
    return found


def event_of(fields: Mapping[bytes, bytes]) -> CloudEvent:
    """The event in one field; the library raises where it is none."""
    assert set(fields) == {b"__data__"}
    event = JSONFormat().read(lambda attributes, data: CloudEvent(attributes, data), fields[b"__data__"])
    assert isinstance(event, CloudEvent)
    return event
