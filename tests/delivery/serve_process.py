"""Serves an embedded server until it is ended: `serve_process.py DIR [fork] [as-nobody]`. Prints its pids."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shared.delivery import watchdog
from shared.delivery.embedded import EmbeddedValkey

NOBODY = 65534


def become_nobody(directory: Path) -> None:
    """Drop root, with an interpreter that the new user may run (root's own may lie in a closed directory).

    One start as root comes first, so that all that is imported late is imported while its files can be read.
    """
    with tempfile.TemporaryDirectory() as first, EmbeddedValkey(Path(first)):
        pass
    os.chown(directory, NOBODY, NOBODY)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    for interpreter in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        try:
            subprocess.run([interpreter, "-I", "-S", "-c", ""], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        sys.executable = interpreter
        return


directory = Path(sys.argv[1])
if "as-nobody" in sys.argv:
    become_nobody(directory)
server = EmbeddedValkey(directory)
server.start()
assert server._watchdog is not None
forked = os.fork() if "fork" in sys.argv else -1
if forked == 0:
    time.sleep(600)
    os._exit(0)
print(server.pid, server._watchdog.pid, forked, server.url, watchdog.__file__, flush=True)
time.sleep(600)
