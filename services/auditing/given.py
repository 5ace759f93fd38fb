"""Small files that an auditor gives: keys and checkpoints."""

from pathlib import Path
from typing import Final

from shared.errors import Unusable

_MOST: Final = 1_000_000
"""Bytes: as much as a note may have."""


def text_in(file: Path) -> str:
    """What a key's or a checkpoint's file says; raises `Unusable` for an enormous one."""
    with file.open("rb") as opened:
        raw = opened.read(_MOST + 1)
    if len(raw) > _MOST:
        raise Unusable("file_too_large", f"{file} 过大。", f"{file} is too large to be a key or a checkpoint.")
    return raw.decode("utf-8", "replace")
