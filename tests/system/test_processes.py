"""What is started is stopped: by Ctrl-C, by a service manager, or by kill -9, and it starts again on the same data."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from shared.delivery.embedded import running_url
from tests.system.cli import ROOT, SANGUAN, environment, sanguan
from tests.system.server import LOG, Server, wait_for


def assert_gone(family: list[psutil.Process]) -> None:
    """None of them is alive any more, or will be in a moment."""
    assert family, "it had started nothing"
    _, alive = psutil.wait_procs(family, timeout=15)
    assert not [one.name() for one in alive]


def members(data: Path) -> list[psutil.Process]:
    """All processes of this machine that were told of a data directory."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        if str(data) in " ".join(one.info["cmdline"] or ()):
            found.append(one)
    return found


def test_however_it_ends_nothing_stays_behind_and_it_starts_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    reported = 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
        with Server.on(data) as server:
            assert server.size() == reported
            community = {"code": f"{LOG}{reported + 1:03}", "name": f"虚构社区{reported}", "grids": [], "households": 1}
            server.done("assignment/register-community", community, role="office")
            reported += 1
            family = server.family()
            assert any("valkey" in one.name() for one in family)
            server.process.send_signal(number)
            code = server.process.wait(20)
            assert code == (-signal.SIGKILL if number is signal.SIGKILL else 0)
            assert_gone(family)
        assert members(data) == []
        assert "Traceback" not in server.errors.read_text()
    assert sanguan("audit", "verify", "--data", data, "--json").code == 0
    assert sanguan("audit", "replay", "--data", data, "--json").code == 0


def test_a_stream_server_that_is_killed_comes_back_and_events_flow_again(tmp_path: Path) -> None:
    with Server.on(tmp_path / "data") as server, server.redis() as client:
        assert server.ready()
        for number in range(1, 4):
            (killed,) = [one for one in server.family() if "valkey" in one.name()]
            killed.kill()
            community = {"code": f"{LOG}{number:03}", "name": f"虚构社区{number}", "grids": [], "households": 1}
            answer = server.done("assignment/register-community", community, role="office")
            rows = server.rows("assignment/communities", at_least=answer["positions"][-1])
            assert f"{LOG}{number:03}" in [row["key"] for row in rows], "the ledgers go on without it"
            wait_for(lambda: on_stream(client, f"{LOG}/{answer['positions'][-1]}"), "the event on the stream")  # noqa: B023
            assert server.ready()
        assert running_url(server.data) is not None


def on_stream(client: "redis.Redis", id: str) -> bool:
    """Whether the stream holds an event; while its server is away it does not."""
    try:
        entries: Any = client.xrange("sanguan:events:{0}")
    except redis.RedisError:
        return False
    return id in [json.loads(fields[b"__data__"])["id"] for _, fields in entries]


def test_a_server_that_ends_leaves_a_whole_database_in_its_file(tmp_path: Path) -> None:
    """Also where somebody else holds it open, who would keep SQLite from tidying up."""
    with Server.on(tmp_path / "data") as server:
        community = {"code": f"{LOG}001", "name": "虚构社区", "grids": [], "households": 1}
        server.done("assignment/register-community", community, role="office")
        others = [sqlite3.connect(server.data / name) for name in ("log.db", "ledgers.db")]
        for other in others:
            assert other.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        for name, other in zip(("log.db", "ledgers.db"), others, strict=True):
            assert (server.data / f"{name}-wal").stat().st_size == 0
            other.close()


@contextmanager
def started_demo(data: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A demo in the midst of its work."""
    demo = subprocess.Popen(
        [*SANGUAN, "demo", "--data", str(data)], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_for(lambda: running_url(data) is not None, "the demo's stream")
        yield demo
    finally:
        if demo.poll() is None:
            demo.kill()
        demo.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_demo_that_is_stopped_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "data"
    with started_demo(data) as demo:
        family = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(number)
        _, err = demo.communicate(timeout=30)
        assert demo.returncode != 0, "what did not end well does not say that it did"
        assert_gone(family)
    assert members(data) == []
    assert b"Traceback" not in err


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = sanguan("up", "--data", tmp_path / "data", "--port", port)
    assert done.code == 2
    assert str(port) in done.one_line_for_people()
    assert members(tmp_path / "data") == []


def test_a_data_directory_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with Server.on(tmp_path / "data") as server:
        done = sanguan("up", "--data", server.data, "--port", 0)
        assert done.code == 2
        assert str(server.process.pid) in done.one_line_for_people()
        assert server.ready()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANGUAN_PORT", "none"),
        ("SANGUAN_PORT", "70000"),
        ("SANGUAN_MASTER_KEY", "not base64!"),
        ("SANGUAN_MASTER_KEY", "c2hvcnQ="),
        ("SANGUAN_DATABASE_URL", "nonsense"),
        ("SANGUAN_REDIS_URL", "nonsense"),
    ],
)
def test_settings_that_cannot_be_used_are_said_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    done = sanguan("up", "--data", tmp_path / "data", env=environment(**{name: value}))
    assert done.code == 2
    line = done.one_line_for_people()
    assert name in line
    assert value not in line or value.isdigit(), "what is set may be a secret"
    assert members(tmp_path / "data") == []


def test_a_data_directory_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    done = sanguan("up", "--data", tmp_path / "file" / "data", "--port", 0)
    assert done.code == 2
    assert "file" in done.one_line_for_people()


NOBODY = 65534


def as_nobody() -> list[str]:
    """What to put before a command so that another user runs it: one who may read what the tests' own user reads.

    The interpreter and the checkout may stand in directories that root alone can enter; written to may be nothing.
    """
    caps = "+dac_read_search"
    user = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return ["setpriv", *user, f"--inh-caps={caps}", f"--ambient-caps={caps}", "--"]


def test_it_needs_no_root() -> None:
    """As root the same is done by another user; where the tests are no root's, it is done by their own."""
    root = os.geteuid() == 0
    owner = NOBODY if root else os.geteuid()
    with tempfile.TemporaryDirectory(prefix="sanguan-") as home:
        os.chown(home, owner, -1)
        env = environment(HOME=home, TMPDIR=home)
        with Server.on(Path(home) / "data", prefix=as_nobody() if root else (), env=env) as server:
            for one in (psutil.Process(server.process.pid), *server.family()):
                assert set(one.uids()) == {owner}
            assert server.ready()
            community = {"code": f"{LOG}001", "name": "虚构社区", "grids": [], "households": 1}
            server.done("assignment/register-community", community, role="office")
            for file in (server.data / "keys").iterdir():
                assert file.stat().st_uid == owner
                assert file.suffix == ".pub" or file.stat().st_mode & 0o077 == 0, f"{file.name} is a secret"


def test_up_with_the_sample_serves_it_to_guests(tmp_path: Path) -> None:
    with Server.on(tmp_path / "data", "--with-sample") as server:
        assert server.ready()
        page = server.request("GET", "/", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "三官一师" in page.text
        events = server.size()
    with Server.on(tmp_path / "data", "--with-sample") as server:
        assert server.size() == events > 1_000, "the sample is made once"
