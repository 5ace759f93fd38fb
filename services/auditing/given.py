"""Small files that an auditor gives: keys and checkpoints."""

from pathlib import Path
from typing import Final

from shared.errors import Unusable
from shared.log.cosigning import Witness
from shared.log.note import NoteRefused

_MOST: Final = 1_000_000
"""Bytes: as much as a note may have."""


def text_in(file: Path) -> str:
    """What a key's or a checkpoint's file says.

    Raises `Unusable` for an enormous one, one that may never end (a device, a pipe), and one that an editor has
    changed: its signature would not fit any more, though nobody has forged anything.
    """
    if file.exists() and not file.is_file():
        raise Unusable("not_a_file", f"{file} 不是普通文件。", f"{file} is no regular file.")
    with file.open("rb") as opened:
        raw = opened.read(_MOST + 1)
    if len(raw) > _MOST:
        raise Unusable("file_too_large", f"{file} 过大。", f"{file} is too large to be a key or a checkpoint.")
    if raw.startswith(b"\xef\xbb\xbf") or b"\r" in raw:
        raise Unusable(
            "changed_by_editor", f"{file} 已被编辑器改动：请用原来的一份。",
            f"{file}: this copy was changed by an editor: take another.",
        )  # fmt: skip
    return raw.decode("utf-8", "replace")


def witness_in(text: str) -> Witness:
    """A witness by its key, or by the file that holds it. Raises `Unusable`."""
    try:
        return Witness.parse(text_in(Path(text)) if Path(text).exists() else text)
    except NoteRefused as refused:
        raise Unusable(
            "witness_key_unusable", "所给见证公钥不可用。", f"That is no witness's public key: {refused}."
        ) from None
