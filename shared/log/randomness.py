"""Random bytes 随机数 for keys and nonces, taken from the system some thousand at a time.

Each call of `os.urandom` lets go of the interpreter, and a busy thread takes it for up to five milliseconds: with one
call for each key and nonce, a report of a case cost a third more than with one call for many reports.
"""

import os
import threading
from typing import Final

_AHEAD: Final = 8_192
"""Bytes."""


class _Ahead(threading.local):
    """What a thread has at hand: no byte is given twice, and none to two threads."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Have nothing at hand."""
        self._bytes, self._at = b"", 0

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._bytes):
            self._bytes, self._at = os.urandom(max(count, _AHEAD)), 0
        self._at += count
        return self._bytes[self._at - count : self._at]


_AT_HAND: Final = _Ahead()
os.register_at_fork(after_in_child=_AT_HAND.forget)  # else two processes would give the same


def random_bytes(count: int) -> bytes:
    """So many bytes, as unguessable as the system's own."""
    return _AT_HAND.take(count)
