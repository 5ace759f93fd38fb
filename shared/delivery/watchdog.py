"""Run a server for as long as a parent lives: `python watchdog.py PARENT_PID COMMAND ...`, the parent holding stdin.

A server started directly outlives a parent that is killed with -9. Linux can tie a child to its parent
(PR_SET_PDEATHSIG), but to the *thread* that forked it, and macOS cannot at all. A pipe works everywhere: its other end
closes when the parent dies, however it dies. So this small process stands between, reads the pipe until its end, and
stops the server. Two nets below that: the parent's pid is looked at once a second (a forked child of the parent may
hold the pipe open), and on Linux the server dies with this process, which has one thread only.

Runs alone (`python -I -S`), so it imports the standard library and nothing else.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
from types import FrameType
from typing import Final

LOOK_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0
_PR_SET_PDEATHSIG: Final = 1


def main(parent: int, command: list[str]) -> int:
    """Run the command until it exits, stdin ends, the parent is gone, or SIGTERM comes; then leave nothing behind."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    me = os.getpid()

    def die_with_watchdog() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != me:
                os._exit(1)

    def stop(number: int, frame: FrameType | None) -> None:
        sys.exit()

    signal.signal(signal.SIGTERM, stop)
    # Inheritable descriptors go on to the server: with them the lock on the data directory lives as long as it does.
    server = subprocess.Popen(  # noqa: S603  # the caller's words, no shell
        command,
        stdin=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=die_with_watchdog,  # noqa: PLW1509  # this process has one thread
    )

    def notice(number: int, frame: FrameType | None) -> None:
        if server.poll() is not None:
            sys.exit()

    try:
        signal.signal(signal.SIGCHLD, notice)
        while server.poll() is None and os.getppid() == parent:
            readable, _, _ = select.select([0], [], [], LOOK_SECONDS)
            if readable and not os.read(0, 1):
                break
    except SystemExit:
        pass
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if server.poll() is None:
            server.terminate()
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
        server.wait()
    return 0 if server.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
