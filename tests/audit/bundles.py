"""Bundles of an invented log (synthetic), and what anybody can do to one."""

import importlib.util
import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from services.intake.service import SERVICE as INTAKE
from shared.audit.bundle.findings import BadBundle
from shared.audit.bundle.layout import (
    CHECKPOINTS,
    EVENTS,
    LEAVES,
    MANIFEST,
    SCRIPT,
    SIGNATURE,
    Enclosure,
    checkpoint_name,
    signed_text,
)  # fmt: skip
from shared.audit.bundle.writing import Written, write_bundle
from shared.contracts.model import Service
from shared.log import keys
from shared.log.note import Signer, sign
from shared.log.sealer import seal
from shared.settings import load
from shared.storage import Storage
from tests.log.invented import BEGAN, LOG, append
from tests.log.test_tree import mth

SIZE: Final = 640
SEALED: Final = (100, 300, 600)


def _script() -> ModuleType:
    """The script that goes into a bundle, as a module, so that thousands of calls start no process."""
    spec = importlib.util.spec_from_file_location("verify_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verify: Any = _script()
verify.fits = lru_cache(maxsize=10_000)(verify.fits)  # what was not altered is computed once


@contextmanager
def installation(
    data: Path, size: int = SIZE, sealed: Sequence[int] = SEALED, services: Sequence[Service] = (INTAKE,)
) -> Iterator[Storage]:
    """One whose log holds so many invented events, sealed at those sizes. One service's ledgers are files enough."""
    storage = Storage(load(data), services)
    try:
        storage.migrate()
        append(storage.log_engine, size)
        for upto in sealed:
            seal_at(storage, upto)
        yield storage
    finally:
        storage.close()


def seal_at(storage: Storage, upto: int) -> None:
    """Sign a checkpoint over so many events."""
    with keys.signing(storage.settings.data_dir, LOG) as (signer, since):
        seal(storage.log_engine, LOG, signer, BEGAN + timedelta(days=1), upto=upto, since=since)


def enclosed(first: int, last: int) -> Iterator[Enclosure]:
    """A stand-in for what services put in."""
    yield Enclosure("rulebooks/default-v1.json", b'{"indicators":[]}\n')
    yield Enclosure("plans/invented-v1.json", b'{"phases":[]}\n')
    yield Enclosure("calendars/2015.json", b"{}\n")
    yield Enclosure("scores/17.json", (piece for piece in (b'{"points":"17', b'/2"}\n')))
    yield Enclosure("rescore.py", b"print('a stand-in')\n")


def write(storage: Storage, out: Path, first: int = 0, last: int | None = None, held: Sequence[str] = ()) -> Written:
    return write_bundle(storage, LOG, first, last, enclosed, out, held=held)


def unpacked(bundle: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    """Files zipped by another program, which knows nothing of the digest at the end."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def signed_anew(files: Mapping[str, bytes], signer: Signer, **said: Any) -> dict[str, bytes]:
    """The same files under a manifest that fits them, signed by whoever has this key; `said` changes what it says."""
    manifest = json.loads(files[MANIFEST])
    kept = {name: content for name, content in files.items() if name not in (MANIFEST, SIGNATURE)}
    manifest["files"] = {name: sha256(content).hexdigest() for name, content in sorted(kept.items())}
    for name, ledger in manifest["ledgers"].items():
        file = f"ledgers/{name}.ndjson"
        if file in kept:
            ledger |= {"digest": manifest["files"][file], "rows": kept[file].count(b"\n")}
    raw = json.dumps(manifest | said, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    return {**kept, MANIFEST: raw, SIGNATURE: sign(signed_text(manifest["log"], raw), signer).encode()}


def named(bad: BadBundle) -> str:
    """What the script's words must hold where the product finds this: the event, or the file."""
    if bad.position is not None:
        return f"Event {bad.position} "
    return "" if bad.file is None or bad.file.startswith("a kept") else bad.file


def told_anew(
    files: Mapping[str, bytes], own: Signer, lines: Sequence[bytes], sealed: Sequence[int]
) -> dict[str, bytes]:
    """A bundle of these events in which all fits, checkpoints included, as whoever has this key can make it."""
    events = b"".join(line + b"\n" for line in lines)
    made = {name: content for name, content in files.items() if not name.startswith(CHECKPOINTS)}
    made |= {EVENTS: events, LEAVES: leaves_of(events)}
    leaves = [made[LEAVES][at : at + 32] for at in range(0, len(made[LEAVES]), 32)]
    for size in {*(size for size in sealed if size <= len(lines)), len(lines)}:
        root = b64encode(mth(leaves[:size])).decode()
        made[checkpoint_name(size)] = sign(f"{keys.origin(LOG)}\n{size}\n{root}\n", own).encode()
    return signed_anew(made, own, to=len(lines) - 1, size=len(lines))


def leaves_of(events: bytes) -> bytes:
    """The leaf hashes of lines of events."""
    return b"".join(sha256(b"\x00" + line).digest() for line in events.split(b"\n")[:-1])
