"""The embedded server: it serves, it keeps, and it is gone when its owner is."""

import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import psutil
import pytest
import redis

from shared.delivery import embedded
from shared.delivery.embedded import EmbeddedServerError, EmbeddedValkey, find_server, running_url
from tests.delivery.parts import eventually_now, is_running, process, said


def client_of(server: EmbeddedValkey) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def test_what_it_was_given_is_there_after_a_restart(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server, client_of(server) as client:
        client.xadd("s", {"field": "三官一师"})
    with EmbeddedValkey(tmp_path) as server, client_of(server) as client:
        [(_, fields)] = client.xrange("s")
        assert fields[b"field"].decode() == "三官一师"


def test_stopping_leaves_no_process_and_says_so_to_others(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server:
        pid = server.pid
        assert is_running(pid)
        assert running_url(tmp_path) == server.url
    assert not is_running(pid)
    assert running_url(tmp_path) is None
    server.stop()  # a second time does nothing


def test_it_listens_on_no_port_and_only_its_owner_may_connect(valkey: EmbeddedValkey) -> None:
    listening = {connection.family for connection in psutil.Process(valkey.pid).net_connections("all")}
    assert listening <= {socket.AF_UNIX}
    path = Path(valkey.url.removeprefix("unix://"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_owner_that_is_ended_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with process("serve_process.py", str(tmp_path)) as owner:
        server, watchdog, *_ = said(owner).split()
        owner.send_signal(number)
        owner.wait()
        eventually_now(lambda: not is_running(int(server)), "the end of the server")
        eventually_now(lambda: not is_running(int(watchdog)), "the end of the watchdog")


def test_an_owner_killed_while_its_fork_holds_the_pipe_leaves_no_process(tmp_path: Path) -> None:
    with process("serve_process.py", str(tmp_path), "fork") as owner:
        server, watchdog, forked, *_ = said(owner).split()
        try:
            owner.kill()
            owner.wait()
            eventually_now(lambda: not is_running(int(server)), "the end of the server")
            eventually_now(lambda: not is_running(int(watchdog)), "the end of the watchdog")
        finally:
            os.kill(int(forked), signal.SIGKILL)


def test_a_server_whose_owner_and_watchdog_were_killed_is_ended_by_the_next_start(tmp_path: Path) -> None:
    with process("serve_process.py", str(tmp_path)) as owner:
        server, watchdog, *_ = said(owner).split()
        os.kill(int(watchdog), signal.SIGKILL)
        owner.kill()
        owner.wait()
        with EmbeddedValkey(tmp_path) as successor:
            assert client_of(successor).ping()
            assert successor.pid != int(server)
            assert not is_running(int(server))


def test_a_server_that_is_killed_is_started_again_on_what_it_kept(tmp_path: Path) -> None:
    first = EmbeddedValkey(tmp_path)
    first.start()
    with client_of(first) as client:
        client.set("k", "v")
        client.execute_command("WAITAOF", 1, 0, 5000)
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    with EmbeddedValkey(tmp_path) as second, client_of(second) as client:
        assert client.get("k") == b"v"


def test_a_server_that_is_killed_comes_back_at_the_same_address(valkey: EmbeddedValkey) -> None:
    with client_of(valkey) as client:
        client.set("k", "v")
        client.execute_command("WAITAOF", 1, 0, 5000)
        for _ in range(2):
            killed, url = valkey.pid, valkey.url
            os.kill(killed, signal.SIGKILL)
            eventually_now(lambda: answers(client), "the next server")
            assert (valkey.pid != killed, valkey.url) == (True, url)
            assert client.get("k") == b"v"


def test_a_server_whose_watchdog_is_killed_comes_back_too(valkey: EmbeddedValkey) -> None:
    before = valkey.pid
    watchdog = psutil.Process(before).parent()
    assert watchdog is not None
    with client_of(valkey) as client:
        client.set("k", "v")
        watchdog.kill()
        eventually_now(lambda: not is_running(before), "the end of the first one")
        eventually_now(lambda: answers(client), "the next server")
        assert client.get("k") == b"v", "what ends in order has kept all"


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def test_it_is_stopped_while_it_is_coming_back(tmp_path: Path) -> None:
    for pause in (0.0, 0.05, 0.15):  # before, while and after it is started again
        with EmbeddedValkey(tmp_path) as server:
            os.kill(server.pid, signal.SIGKILL)
            time.sleep(pause)
        assert not [
            one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(one.info["cmdline"] or ())
        ]
        assert running_url(tmp_path) is None


def test_one_data_directory_has_one_server(tmp_path: Path, valkey: EmbeddedValkey) -> None:
    with pytest.raises(EmbeddedServerError) as refused:
        EmbeddedValkey(tmp_path).start()
    assert refused.value.code == "redis_in_use"
    assert client_of(valkey).ping()


def test_files_that_cannot_be_read_are_set_aside(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path) as server:
        client_of(server).set("k", "v")
    [manifest] = (tmp_path / "valkey" / "appendonlydir").glob("*.manifest")
    manifest.write_bytes(b"\x00 not a manifest")
    with EmbeddedValkey(tmp_path) as server:
        assert client_of(server).get("k") is None
    assert (tmp_path / "valkey" / "appendonlydir.unreadable" / manifest.name).exists()


@pytest.mark.parametrize("name", ["数据 目录", "d" * 120])
def test_any_directory_will_do(tmp_path: Path, name: str) -> None:
    server = EmbeddedValkey(tmp_path / name)
    with server:
        assert client_of(server).ping()
        path = Path(unquote(server.url.removeprefix("unix://")))
        assert path.is_socket()
    assert not path.exists()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that another user can reach (pytest's own is closed to all others)."""
    path = Path(tempfile.mkdtemp(prefix="sanguan-test-"))
    yield path
    shutil.rmtree(path)


def test_it_needs_no_root(open_directory: Path) -> None:
    """As root: a process that gives up root first. Otherwise this test, like all others, runs without root already."""
    options = ["as-nobody"] if os.geteuid() == 0 else []
    with process("serve_process.py", str(open_directory), *options) as owner:
        server, *_ = said(owner).split()
        assert psutil.Process(int(server)).uids().effective != 0
        owner.kill()
        owner.wait()
        eventually_now(lambda: not is_running(int(server)), "the end of the server")


def test_a_server_on_path_is_the_second_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = find_server()
    (tmp_path / "redis-server").symlink_to(ours)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server() == tmp_path / "redis-server"
    with EmbeddedValkey(tmp_path) as server:
        assert client_of(server).ping()


def test_a_program_that_does_not_run_here_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("valkey-server", "redis-server"):
        (tmp_path / name).write_bytes(b"\x7fELF of another machine")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedServerError) as refused:
        find_server()
    assert refused.value.code == "redis_not_found"
    assert refused.value.detail_zh
    assert refused.value.detail_en


def test_a_server_that_never_starts_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.write_text('#!/bin/sh\n[ "$1" = --version ] || exit 1\n')
    broken.chmod(0o755)
    assert subprocess.run([broken, "--version"], check=False).returncode == 0
    monkeypatch.setattr(embedded, "find_server", lambda: broken)
    with pytest.raises(EmbeddedServerError) as failed:
        EmbeddedValkey(tmp_path).start()
    assert failed.value.code == "redis_failed"
    with pytest.raises(EmbeddedServerError):  # and not `redis_in_use`: the lock was given back
        EmbeddedValkey(tmp_path).start()
