"""Bundles for the script: by the contract's layout, with what it reads of one."""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def whole(content: bytes | Iterable[bytes]) -> bytes:
    """An enclosed file's content, which may come in pieces."""
    return content if isinstance(content, bytes) else b"".join(content)


def bundle(out: Path, log: str, events: Sequence[bytes], enclosed: Mapping[str, bytes], **said: Any) -> Path:
    """A bundle of a whole log; `said` changes what its manifest says."""
    manifest = {"format": "sanguan-bundle/1", "log": log, "from": 0, "to": len(events) - 1, **said}
    files = {
        "manifest.json": json.dumps(manifest).encode(), "events.ndjson": b"".join(one + b"\n" for one in events),
        **enclosed,
    }  # fmt: skip
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out
