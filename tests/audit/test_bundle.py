"""The bundle: what is in it, that both verifiers take it, whole or in part, and what they say of one that is spoilt.

Each alteration is shown to the product and to `verify.py`, which share no code. Everything is invented (synthetic).
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from shared.audit.bundle import writing
from shared.audit.bundle.checking import verify_bundle
from shared.audit.bundle.findings import FINDINGS
from shared.audit.bundle.layout import EVENTS, LEAVES, MANIFEST, SCRIPT, SIGNATURE, Enclosure, is_name
from shared.audit.bundle.writing import write_bundle
from shared.clock import utc_now
from shared.contracts.model import Refused
from shared.errors import Unusable
from shared.ledger.tables import digest, progress, row_bytes
from shared.log import keys, sealer
from shared.log.cosigning import Cosigner, Witness
from shared.log.database import writing as writes
from shared.log.key_rotation import change_key
from shared.log.note import Signer, sign
from shared.log.sealer import LogDamaged
from shared.log.tables import events
from shared.log.tree_tables import checkpoints, cosignatures
from shared.settings import load
from shared.storage import Storage
from tests.audit.bundles import (
    SIZE,
    enclosed,
    installation,
    leaves_of,
    named,
    packed,
    seal_at,
    signed_anew,
    unpacked,
    verify,
    write,
)
from tests.log.invented import LOG, append


def starts(python: str) -> bool:
    """Whether there is such a Python here, and not in name only."""
    return bool(shutil.which(python)) and not subprocess.call([python, "-c", ""], stderr=subprocess.DEVNULL)


PYTHONS = [*filter(starts, ("python3.9", "python3.10", "python3.12", "python3.13"))]


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """640 events, sealed at 100, 300 and 600; nobody changes it."""
    with installation(tmp_path_factory.mktemp("record") / "data") as made:
        yield made


@pytest.fixture(scope="module")
def whole(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the whole log."""
    out = tmp_path_factory.mktemp("bundle") / "whole.zip"
    write(storage, out)
    return out


@pytest.fixture(scope="module")
def files(whole: Path) -> Mapping[str, bytes]:
    """Its files."""
    return unpacked(whole)


@pytest.fixture(scope="module")
def signer(storage: Storage) -> Signer:
    """The log's own key: what an operator who cheats has."""
    return keys.load_or_create(storage.settings.data_dir, LOG)


def public(storage: Storage) -> str:
    return (storage.settings.data_dir / "keys" / f"{LOG}.pub").read_text()


def said(
    bundle: Path, key: str | None = None, held: Sequence[str] = (), witnesses: Sequence[str] = ()
) -> tuple[int, str, str]:  # fmt: skip
    """What the product finds: the exit code, the code of the finding, and what the script must name, too."""
    try:
        found = verify_bundle(bundle, key, held, witnesses=[Witness.parse(one) for one in witnesses], exact=True)
    except Unusable as unusable:
        return 2, unusable.code, ""
    return (0, "", "") if found.bad is None else (1, found.bad.code, named(found.bad))


def told(
    bundle: Path, key: Path | None = None, held: Path | None = None, witnesses: Sequence[str] = ()
) -> tuple[int, str]:  # fmt: skip
    """What the script finds, in this process."""
    try:
        return 0, verify.check(str(bundle), [str(key)] if key else [], [str(held)] if held else [], [*witnesses])
    except verify.Found as found:
        return found.args[0], " ".join(found.args[1:])
    except Exception as error:
        return 2, repr(error)


def both(
    bundle: Path, key: str | None = None, held: str | None = None, witnesses: Sequence[str] = ()
) -> tuple[int, str, str]:  # fmt: skip
    """The exit code on which both agree, the product's code, the script's words: both name the same thing."""
    kept: dict[str, Path] = {}
    for name, content in ("key", key), ("held", held):
        if content is not None:
            kept[name] = bundle.with_name(f"{bundle.name}.{name}")
            kept[name].write_text(content)
    product, code, name = said(bundle, key, [held] if held is not None else (), witnesses)
    script, words = told(bundle, kept.get("key"), kept.get("held"), witnesses)
    assert product == script, (code, words)
    assert name in words, code
    return product, code, words


def spoilt(tmp_path: Path, files: Mapping[str, bytes]) -> Path:
    """A bundle of these files, zipped by somebody else."""
    bundle = tmp_path / "spoilt.zip"
    bundle.write_bytes(packed(files))
    return bundle


# what is well ---------------------------------------------------------------------------------------------------------


def test_a_bundle_of_a_whole_log_holds(storage: Storage, whole: Path, files: Mapping[str, bytes]) -> None:
    assert both(whole, public(storage))[:2] == (0, "")
    assert both(whole)[:2] == (0, "")
    manifest = json.loads(files[MANIFEST])
    assert (manifest["format"], manifest["log"]) == ("sanguan-bundle/1", LOG)
    assert (manifest["from"], manifest["to"], manifest["size"]) == (0, SIZE - 1, SIZE)
    assert manifest["public_key"] + "\n" == public(storage)
    assert manifest["left"] == manifest["right"] == []
    assert manifest["files"] == {
        name: sha256(content).hexdigest() for name, content in files.items() if name not in (MANIFEST, SIGNATURE)
    }
    with storage.log_engine.connect() as connection:
        stored = connection.execute(events.select().where(events.c.log == LOG).order_by(events.c.position)).all()
    assert files[EVENTS] == b"".join(row.bytes + b"\n" for row in stored), "the stored bytes, one event a line"
    assert files[LEAVES] == b"".join(row.leaf for row in stored)
    sizes = [name for name in files if name.startswith("checkpoints/")]
    assert sorted(sizes) == ["checkpoints/100.txt", "checkpoints/300.txt", "checkpoints/600.txt", "checkpoints/640.txt"]
    assert files["verify.py"] == SCRIPT.read_bytes()
    assert files["scores/17.json"] == b'{"points":"17/2"}\n'


def test_the_same_record_gives_the_same_file(storage: Storage, whole: Path, tmp_path: Path) -> None:
    write(storage, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 0),
        (0, 99),
        (0, 300),
        (1, 1),
        (150, 420),
        (255, 256),
        (256, 511),
        (300, 300),
        (511, 639),
        (599, 600),
        (639, 639),
    ],
)
def test_a_bundle_of_a_part_holds(storage: Storage, tmp_path: Path, first: int, last: int) -> None:
    out = tmp_path / "part.zip"
    written = write(storage, out, first, last)
    assert both(out, public(storage))[:2] == (0, "")
    files = unpacked(out)
    assert files[EVENTS].count(b"\n") == last + 1 - first
    assert not written.manifest.ledgers, "a ledger says what the whole log says"
    assert len(written.manifest.left) + len(written.manifest.right) <= 20, "as many hashes as a proof has"
    assert written.root == sealer.root_at(storage.log_engine, LOG, written.manifest.size)


def test_it_is_checked_unpacked_as_well(whole: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert both(tmp_path / "unpacked")[:2] == (0, "")
    (tmp_path / "unpacked" / "scores" / "17.json").write_bytes(b'{"points":"18/2"}\n')
    assert both(tmp_path / "unpacked")[:2] == (1, "file")


def test_another_program_may_have_packed_it_anew(files: Mapping[str, bytes], tmp_path: Path) -> None:
    assert both(spoilt(tmp_path, files))[:2] == (0, "")


def test_what_was_not_sealed_is_sealed_first(tmp_path: Path) -> None:
    with installation(tmp_path / "data", size=20, sealed=()) as storage:
        written = write(storage, tmp_path / "bundle.zip")
        assert (written.manifest.last, written.manifest.size) == (19, 20)
        append(storage.log_engine, 5)
        part = write(storage, tmp_path / "part.zip", 3, 7)
        assert part.manifest.size == 20, "what is under a checkpoint needs no other"
        assert write(storage, tmp_path / "later.zip", 3, 22).manifest.size == 25
        for name in ("bundle", "part", "later"):
            assert both(tmp_path / f"{name}.zip", public(storage))[:2] == (0, "")


def test_ledgers_go_in_as_they_are_served(tmp_path: Path) -> None:
    with installation(tmp_path / "data") as storage:
        rows = storage.tables["intake"]["places"]
        invented = {f"key-{number}": rows.ledger.row(**dict.fromkeys(rows.names)) for number in range(1_234)}
        with writes(storage.ledgers_engine) as connection:
            rows.store(connection, LOG, invented)
            connection.execute(insert(progress).values(log=LOG, follower=rows.follower, position=639))
        written = write(storage, tmp_path / "bundle.zip")
        ledger = written.manifest.ledgers["intake.places"]
        assert (ledger.position, ledger.rows) == (639, 1_234)
        assert ledger.digest == digest(sorted(invented.items())), "the digest that a replay gives"
        internal = {
            f"{service.name}.{one.name}" for service in storage.services for one in service.ledgers if one.internal
        }
        assert not internal & written.manifest.ledgers.keys()
        assert both(tmp_path / "bundle.zip")[:2] == (0, "")
        files, own = unpacked(tmp_path / "bundle.zip"), keys.load_or_create(storage.settings.data_dir, LOG)
        manifest = json.loads(files[MANIFEST])
        assert files["ledgers/intake.places.ndjson"].splitlines()[0] == row_bytes("key-0", invented["key-0"])
        manifest["ledgers"]["intake.places"]["rows"] = 1_235
        raw = json.dumps(manifest).encode()
        files |= {MANIFEST: raw, SIGNATURE: sign(f"sanguan/{LOG}/bundle\n{sha256(raw).hexdigest()}\n", own).encode()}
        assert both(spoilt(tmp_path, files))[0] == 1


def test_a_long_log_has_some_of_its_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_CHECKPOINTS", 5)
    with installation(tmp_path / "data", size=60, sealed=range(1, 61)) as storage:
        write(storage, tmp_path / "bundle.zip")
        sizes = [int(name[12:-4]) for name in unpacked(tmp_path / "bundle.zip") if name.startswith("checkpoints/")]
        assert sorted(sizes) == [1, 15, 30, 45, 60]
        assert both(tmp_path / "bundle.zip")[:2] == (0, "")
        witness = Cosigner.generate("witness.example/one")
        line = witness.line(note_at(storage, 37).partition("\n\n")[0] + "\n", 1_433_145_600)
        row = {"log": LOG, "size": 37, "witness": str(witness.witness), "line": line, "cosigned_at": 0}
        with writes(storage.log_engine) as connection:
            connection.execute(insert(cosignatures), [row])
        written = write(storage, tmp_path / "witnessed.zip")
        assert written.vouched == {str(witness.witness): 37}
        assert unpacked(tmp_path / "witnessed.zip")["checkpoints/37.txt"].decode() == note_at(storage, 37) + line
        vouched = both(tmp_path / "witnessed.zip", witnesses=[str(witness.witness)])
        assert vouched[:2] == (0, "")
        assert "witness.example/one vouches for the first 37 events" in vouched[2]
        other = Cosigner.generate("witness.example/one")
        for spoilt in (
            {"line": "nonsense"}, {"line": line + line}, {"line": other.line(note_at(storage, 37), 1)},
            {"line": line, "witness": str(other.witness)}, {"line": line, "witness": "nonsense"},
        ):  # fmt: skip
            with writes(storage.log_engine) as connection:
                connection.execute(update(cosignatures).values(**spoilt))
            with pytest.raises(LogDamaged, match="37"):
                write(storage, tmp_path / "spoilt.zip")


@pytest.mark.parametrize("page", [97, 256, 1000])
def test_the_page_size_does_not_matter(
    storage: Storage, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(writing, "PAGE_EVENTS", page)
    monkeypatch.setattr("shared.audit.bundle.checking._PIECE", page)
    write(storage, tmp_path / "bundle.zip")
    assert unpacked(tmp_path / "bundle.zip") == unpacked(whole)
    assert said(whole)[:2] == (0, "")


def test_progress_is_told(storage: Storage, whole: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_bundle(storage, LOG, 0, None, enclosed, tmp_path / "b.zip", lambda *one: told.append(one))
    assert told[-1] == ("events", SIZE, SIZE)
    seen: list[tuple[int, int]] = []
    verify_bundle(whole, told=lambda *one: seen.append(one))
    assert seen[-1] == (SIZE, SIZE)


# keys and checkpoints that an auditor holds ---------------------------------------------------------------------------


def test_the_key_must_be_the_logs(storage: Storage, whole: Path, tmp_path: Path) -> None:
    stranger = Signer.generate(keys.origin(LOG))
    assert both(whole, str(stranger.verifier))[:2] == (1, "other_key")
    for unusable in ("", "nonsense", public(storage)[:-3], "\ud7ff" * 100):
        assert both(whole, unusable)[:2] == (2, "key_unusable")


def test_a_checkpoint_that_was_kept_must_be_gone_on_from(storage: Storage, whole: Path, tmp_path: Path) -> None:
    for size in (100, 300, 600, 640):
        assert both(whole, public(storage), note_at(storage, size))[:2] == (0, "")
    signer = keys.load_or_create(storage.settings.data_dir, LOG)
    for size in (77, 100, 640):  # the key's holder signed two stories
        forked = sign(f"sanguan/{LOG}\n{size}\n{'A' * 43}=\n", signer)
        exit, code, words = both(whole, public(storage), forked)
        assert (exit, code) == (1, "root")
        assert str(size) in words
    later = sign(f"sanguan/{LOG}\n641\n{'A' * 43}=\n", signer)
    assert both(whole, public(storage), later)[:2] == (1, "shorter")
    forged = sign(f"sanguan/{LOG}\n100\n{'A' * 43}=\n", Signer.generate(keys.origin(LOG)))
    assert both(whole, public(storage), forged)[:2] == (1, "checkpoint")
    other = sign(f"sanguan/410105011\n100\n{'A' * 43}=\n", signer)
    assert both(whole, public(storage), other)[:2] == (1, "checkpoint")


@pytest.mark.parametrize("note", ["", "nonsense", "a\nb\n\n— a AAAAAAAA\n", "sanguan/1\nx\nAAAA\n\n— a AAAAAAAA\n"])
def test_what_is_no_checkpoint_is_unusable(whole: Path, note: str) -> None:
    assert both(whole, None, note)[:2] == (2, "checkpoint_refused")


def note_at(storage: Storage, size: int) -> str:
    with storage.log_engine.connect() as connection:
        query = checkpoints.select().where(checkpoints.c.log == LOG, checkpoints.c.size == size)
        return str(connection.execute(query).one().note)


def test_a_part_goes_on_from_a_kept_checkpoint_if_it_was_asked_to(storage: Storage, tmp_path: Path) -> None:
    out, kept = tmp_path / "part.zip", note_at(storage, 100)
    write(storage, out, 400, 420)
    assert both(out, public(storage), kept)[:2] == (1, "no_proof")
    with_it = tmp_path / "with.zip"
    written = write(storage, with_it, 400, 420, held=[kept, note_at(storage, 600)])
    assert sorted(written.manifest.proofs) == [100, 600]
    assert both(with_it, public(storage), kept)[:2] == (0, "")
    signer = keys.load_or_create(storage.settings.data_dir, LOG)
    forked = sign(f"sanguan/{LOG}\n100\n{'A' * 43}=\n", signer)
    assert both(with_it, public(storage), forked)[:2] == (1, "root")
    files = unpacked(with_it)
    for number in range(3):
        proofs = json.loads(files[MANIFEST])["proofs"]
        proofs["100"][-1 - number] = "A" * 43 + "="
        exit, code, _ = both(spoilt(tmp_path, signed_anew(files, signer, proofs=proofs)), public(storage), kept)
        assert exit == 1
        assert code in ("root", "proof")


def test_keys_that_followed_each_other(tmp_path: Path) -> None:
    with installation(tmp_path / "data", size=50, sealed=(10, 20)) as storage:
        data = storage.settings.data_dir
        all_keys = [public(storage)]
        for size in (60, 60, 75):
            append(storage.log_engine, size - storage.log.size(LOG)) if size > storage.log.size(LOG) else None
            change_key(storage.log_engine, data, LOG, utc_now())
            all_keys.append(public(storage))
        append(storage.log_engine, 15)
        seal_at(storage, 85)
        out, part = tmp_path / "bundle.zip", tmp_path / "part.zip"
        write(storage, out)
        written = write(storage, part, 78, 80)
        assert sorted(written.manifest.proofs) == [60, 75]
        for key in (None, *all_keys):
            assert both(out, key)[:2] == (0, "")
            assert both(part, key)[:2] == (0, "")
        files, current = unpacked(out), keys.load_or_create(data, LOG)
        assert [name for name in sorted(files) if name.startswith("keys/")] == [
            "keys/1.txt",
            "keys/2.txt",
            "keys/3.txt",
        ]

        def without(*names: str) -> Path:
            kept = {name: content for name, content in files.items() if name not in names}
            return spoilt(tmp_path, signed_anew(kept, current))

        assert both(without("keys/3.txt"))[:2] == (1, "last_key")
        assert both(without("keys/2.txt"))[0] == 1
        assert both(without("keys/1.txt", "keys/2.txt", "keys/3.txt"))[:2] == (1, "checkpoint")
        swapped = {**files, "keys/1.txt": files["keys/2.txt"], "keys/2.txt": files["keys/1.txt"]}
        assert both(spoilt(tmp_path, signed_anew(swapped, current)))[:2] == (1, "rotation")
        # The newest key signs what only the first may: a checkpoint before the rotation.
        forged = sign(files["checkpoints/10.txt"].decode().partition("\n\n")[0] + "\n", current).encode()
        assert both(spoilt(tmp_path, signed_anew({**files, "checkpoints/10.txt": forged}, current)))[:2] == (
            1, "checkpoint",
        )  # fmt: skip


# what is not as it was ------------------------------------------------------------------------------------------------


def changed(line: bytes, **said: Any) -> bytes:
    """An event that says something else, in canonical JSON."""
    made = json.dumps(json.loads(line) | said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return made.encode()


@pytest.mark.parametrize("position", [0, 99, 100, 310, 639])
def test_an_altered_event_is_named_by_its_position(
    storage: Storage, files: Mapping[str, bytes], tmp_path: Path, position: int
) -> None:
    lines = files[EVENTS].splitlines(keepends=True)
    lines[position] = changed(lines[position], occurred_at="2015-06-02T08:00:00Z") + b"\n"
    bundle = spoilt(tmp_path, {**files, EVENTS: b"".join(lines)})
    found = verify_bundle(bundle)
    assert found.bad is not None
    assert (found.bad.code, found.bad.position) == ("event", position)
    exit, words = told(bundle)
    assert exit == 1
    assert f"Event {position} " in words
    assert f"第 {position} 号事件" in words


def test_who_has_the_key_and_rewrites_an_event_fails_against_the_checkpoints(
    files: Mapping[str, bytes], signer: Signer, tmp_path: Path
) -> None:
    lines = files[EVENTS].splitlines(keepends=True)
    lines[310] = changed(lines[310], data={"note": "nothing happened"}) + b"\n"
    rewritten = {**files, EVENTS: b"".join(lines), LEAVES: leaves_of(b"".join(lines))}
    exit, code, words = both(spoilt(tmp_path, signed_anew(rewritten, signer)))
    assert (exit, code) == (1, "root")
    assert "checkpoints/600.txt" in words


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"version": 50}, "version"),
        ({"version": 0}, "version"),
        ({"stream": "case/99"}, "version"),
        ({"log": "410105011"}, "no_event"),
    ],
)
def test_events_out_of_turn(
    files: Mapping[str, bytes], signer: Signer, tmp_path: Path, said: dict[str, Any], code: str
) -> None:
    """The key's holder may sign what he likes; the count is still kept."""
    lines = files[EVENTS].splitlines(keepends=True)
    lines[70] = changed(lines[70], **said) + b"\n"
    rewritten = {**files, EVENTS: b"".join(lines), LEAVES: leaves_of(b"".join(lines))}
    found = both(spoilt(tmp_path, signed_anew(rewritten, signer)))
    assert found[:2] == (1, code)
    assert "Event 70 " in found[2]


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"7", b'"x"', b"\xff", b"[" * 100_000, b'{"a":1, "b":2}', b'{"stream":1}']
)
def test_events_that_are_none(files: Mapping[str, bytes], signer: Signer, tmp_path: Path, line: bytes) -> None:
    lines = files[EVENTS].splitlines(keepends=True)
    lines[70] = line + b"\n"
    rewritten = {**files, EVENTS: b"".join(lines), LEAVES: leaves_of(b"".join(lines))}
    found = both(spoilt(tmp_path, signed_anew(rewritten, signer)))
    assert found[:2] == (1, "no_event")
    assert "Event 70 " in found[2]


@pytest.mark.parametrize("which", ["last", "first", "all"])
def test_a_bundle_that_lost_events(files: Mapping[str, bytes], signer: Signer, tmp_path: Path, which: str) -> None:
    lines = files[EVENTS].splitlines(keepends=True)
    kept = b"".join({"last": lines[:-1], "first": lines[1:], "all": []}[which])
    for lost in ({**files, EVENTS: kept}, {**files, EVENTS: kept, LEAVES: leaves_of(kept)}):
        assert both(spoilt(tmp_path, lost))[0] == 1
        assert both(spoilt(tmp_path, signed_anew(lost, signer)))[0] == 1
    with_fewer = signed_anew({**files, EVENTS: kept, LEAVES: leaves_of(kept)}, signer, to=SIZE - 2, size=SIZE - 1)
    assert both(spoilt(tmp_path, with_fewer))[0] == 1


def test_a_bundle_with_more_events(files: Mapping[str, bytes], signer: Signer, tmp_path: Path) -> None:
    line = files[EVENTS].splitlines(keepends=True)[-1]
    for more in (b"\n", line, line[:-1], b"x"):
        grown = files[EVENTS] + more
        found = both(spoilt(tmp_path, signed_anew({**files, EVENTS: grown, LEAVES: leaves_of(grown)}, signer)))
        assert found[0] == 1, more
    longer = {**files, LEAVES: files[LEAVES] + b"x"}
    assert both(spoilt(tmp_path, signed_anew(longer, signer)))[0] == 1


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_rest_of_the_tree_must_be_that_of_the_log(
    storage: Storage, signer: Signer, tmp_path: Path, side: str
) -> None:
    out = tmp_path / "part.zip"
    write(storage, out, 150, 420)
    files = unpacked(out)
    hashes = json.loads(files[MANIFEST])[side]
    for number in range(len(hashes)):
        other = [*hashes[:number], "A" * 43 + "=", *hashes[number + 1 :]]
        assert both(spoilt(tmp_path, signed_anew(files, signer, **{side: other})))[:2] == (1, "root")
    for wrong in (hashes[1:], hashes[:-1], hashes[:0]):
        assert both(spoilt(tmp_path, signed_anew(files, signer, **{side: wrong})))[0] == 1
    assert both(spoilt(tmp_path, signed_anew(files, signer, **{side: [*hashes, hashes[0]]})))[:2] == (1, "hashes")


def test_a_manifest_of_another_extent(storage: Storage, signer: Signer, tmp_path: Path) -> None:
    """Events of a part that are passed off as others."""
    out = tmp_path / "part.zip"
    write(storage, out, 150, 420)
    files = unpacked(out)
    for other in ({"from": 151}, {"from": 149}, {"to": 421}, {"to": 419}, {"from": 151, "to": 421}, {"size": 641}):
        assert both(spoilt(tmp_path, signed_anew(files, signer, **other)))[0] == 1
    for nonsense in ({"from": -1}, {"from": 421}, {"to": 640}, {"size": 2**63}, {"format": "other/1"}):
        assert both(spoilt(tmp_path, signed_anew(files, signer, **nonsense)))[:2] == (2, "bundle_unusable")


def test_every_file_is_held_to_the_manifest(files: Mapping[str, bytes], tmp_path: Path) -> None:
    for name in files:
        longer = {**files, name: files[name] + b"\n"}
        missing = {other: content for other, content in files.items() if other != name}
        assert both(spoilt(tmp_path, longer))[0] == 1, name
        assert both(spoilt(tmp_path, missing))[0] == (2 if name in (MANIFEST, SIGNATURE) else 1), name
    assert both(spoilt(tmp_path, {**files, "scores/18.json": b"{}"}))[:2] == (1, "files")


def test_a_forged_checkpoint(files: Mapping[str, bytes], signer: Signer, tmp_path: Path) -> None:
    stranger = Signer.generate(keys.origin(LOG))
    body = files["checkpoints/300.txt"].decode().partition("\n\n")[0] + "\n"
    for forged in (sign(body, stranger), f"{body}\n{signer.signature_line('another text')}", body, ""):
        found = both(spoilt(tmp_path, signed_anew({**files, "checkpoints/300.txt": forged.encode()}, signer)))
        assert found[:2] == (1, "checkpoint")
        assert "checkpoints/300.txt" in found[2]
    gone = {name: content for name, content in files.items() if name != "checkpoints/640.txt"}
    assert both(spoilt(tmp_path, signed_anew(gone, signer)))[:2] == (1, "no_checkpoint")


def test_what_stands_in_the_name_of_a_witness_is_by_it(
    files: Mapping[str, bytes], signer: Signer, tmp_path: Path
) -> None:
    note, witness = files["checkpoints/300.txt"].decode(), Cosigner.generate("court.example/w1")
    text = note.partition("\n\n")[0] + "\n"

    def with_line(line: str) -> Path:
        return spoilt(tmp_path, signed_anew({**files, "checkpoints/300.txt": (note + line).encode()}, signer))

    trusted = [str(witness.witness)]
    found = both(with_line(witness.line(text, 1_433_145_600)), witnesses=trusted)
    assert (found[0], "vouches for the first 300 events" in found[2]) == (0, True)
    assert both(spoilt(tmp_path, files), witnesses=trusted)[:2] == (1, "not_witnessed")
    other = Cosigner.generate("court.example/w1")
    false = (
        other.line(text, 1_433_145_600), witness.line(text.replace("300", "301"), 1_433_145_600),
        "— court.example/w1 " + b64encode(b"\1\2\3\4" + bytes(72)).decode() + "\n",
        Signer(witness.name, witness.seed).signature_line(text),
    )  # fmt: skip
    for line in false:
        assert both(with_line(line))[:2] == (0, ""), "whoever trusts nobody is told nothing"
        assert both(with_line(line), witnesses=trusted)[:2] == (1, "cosignature")
        assert both(with_line(witness.line(text, 1) + line), witnesses=trusted)[:2] == (1, "cosignature")
    assert both(with_line(other.line(text, 1)), witnesses=[*trusted, str(other.witness)])[:2] == (1, "not_witnessed")
    assert told(spoilt(tmp_path, files), witnesses=["nonsense"])[0] == 2
    assert told(spoilt(tmp_path, files), witnesses=[str(signer.verifier)])[0] == 2, "no log's key"


def test_a_manifest_signed_by_nobody_of_the_log(files: Mapping[str, bytes], storage: Storage, tmp_path: Path) -> None:
    stranger = Signer.generate(keys.origin(LOG))
    assert both(spoilt(tmp_path, signed_anew(files, stranger)))[:2] == (1, "manifest_signature")
    passed_off = signed_anew(files, stranger, public_key=str(stranger.verifier))
    assert both(spoilt(tmp_path, passed_off), public(storage))[0] == 1
    assert both(spoilt(tmp_path, passed_off))[:2] == (1, "checkpoint"), "the checkpoints are not the stranger's"


# writing --------------------------------------------------------------------------------------------------------------


def leftovers(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir() if file.name != "data")


def test_an_altered_log_is_not_handed_out(tmp_path: Path) -> None:
    with installation(tmp_path / "data") as storage:
        with storage.log_engine.begin() as connection:
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
            where = (events.c.log == LOG, events.c.position == 310)
            connection.execute(update(events).where(*where).values(bytes=b"{}"))
        with pytest.raises(LogDamaged, match="600"):
            write(storage, tmp_path / "bundle.zip")
        with storage.log_engine.begin() as connection:
            connection.execute(events.delete().where(*where))
        with pytest.raises(LogDamaged, match="gap"):
            write(storage, tmp_path / "bundle.zip")
        with storage.log_engine.begin() as connection:
            connection.execute(update(checkpoints).where(checkpoints.c.size == 100).values(note="nonsense"))
        with pytest.raises(LogDamaged, match="100"):
            write(storage, tmp_path / "bundle.zip")
        assert leftovers(tmp_path) == [], "nothing is written half"


def test_what_cannot_be_written_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    out = tmp_path / "bundle.zip"
    for first, last, field in ((0, 640, "to"), (700, None, "from"), (640, 640, "to"), (5, 4, "from")):
        with pytest.raises(Refused) as refused:
            write(storage, out, first, last)
        assert (refused.value.code, refused.value.field) == ("beyond_the_end", field)
    for held, error in (("nonsense", Unusable), (note_at(storage, 640).replace("640", "641"), Unusable)):
        with pytest.raises(error):
            write(storage, out, held=[held])
    signer = keys.load_or_create(storage.settings.data_dir, LOG)
    with pytest.raises(LogDamaged, match="641"):
        write(storage, out, held=[sign(f"sanguan/{LOG}\n641\n{'A' * 43}=\n", signer)])
    for name in ("../x", "/x", "a//b", "a/../b", "", "a\\b", ".hidden", "a/.b", MANIFEST.upper() + "\n", EVENTS):
        with pytest.raises(ValueError, match="file of a bundle"):
            write_bundle(storage, LOG, 0, None, lambda a, b, name=name: [Enclosure(name, b"")], out)  # type: ignore[misc]

    def breaking(first: int, last: int) -> Iterator[Enclosure]:
        yield Enclosure("scores/1.json", (b"%d" % (1 // number) for number in (1, 0)))

    with pytest.raises(ZeroDivisionError):
        write_bundle(storage, LOG, 0, None, breaking, out)
    assert leftovers(tmp_path) == []
    out.write_bytes(b"somebody's")
    with pytest.raises(Unusable, match="another name"):
        write(storage, out)
    assert out.read_bytes() == b"somebody's"
    with pytest.raises(FileNotFoundError):
        write(storage, tmp_path / "nowhere" / "bundle.zip")


def test_a_ledger_of_another_shape_is_said(tmp_path: Path) -> None:
    with installation(tmp_path / "data", size=5, sealed=()) as storage:
        with storage.ledgers_engine.begin() as connection:
            connection.execute(text("ALTER TABLE ledger_intake_cases ADD COLUMN another TEXT"))
        with pytest.raises(Unusable, match=r"intake\.cases"):
            write(storage, tmp_path / "bundle.zip")


def test_a_log_that_is_empty_has_no_bundle(tmp_path: Path) -> None:
    with installation(tmp_path / "data", size=1, sealed=()) as storage, pytest.raises(Unusable, match="nothing"):
        write_bundle(storage, "410105099", 0, None, enclosed, tmp_path / "bundle.zip")


# the script -----------------------------------------------------------------------------------------------------------


def lines_of_code(source: str) -> list[str]:
    """What is left of it without blank lines, comments and docstrings."""
    docs = [
        number
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        for number in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    ]
    return [
        line
        for number, line in enumerate(source.splitlines(), 1)
        if number not in docs and line.strip() and not line.strip().startswith("#")
    ]


def test_the_script_is_short_and_needs_nothing() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    assert len(lines_of_code(source)) <= 300
    assert max(map(len, source.splitlines())) <= 120
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert all(str(name).partition(".")[0] in {*sys.stdlib_module_names, "__future__"} for name in imported)


@pytest.mark.parametrize("python", [sys.executable, *PYTHONS])
def test_the_script_runs_by_itself(
    storage: Storage, whole: Path, files: Mapping[str, bytes], tmp_path: Path, python: str
) -> None:
    script = tmp_path / "verify.py"
    script.write_bytes(files["verify.py"])
    (tmp_path / "kept.pub").write_text(public(storage))
    (tmp_path / "kept.txt").write_text(note_at(storage, 300))
    spoilt(tmp_path, {**files, "scores/17.json": b"{}"})

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-I", str(script), *words], capture_output=True, encoding="utf-8", cwd=tmp_path, check=False,
            env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}, timeout=60,
        )  # fmt: skip

    done = run(str(whole), "--key", "kept.pub", "--checkpoint", "kept.txt")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"events 0 to {SIZE - 1} hold" in done.stdout
    done = run("spoilt.zip")
    assert (done.returncode, done.stderr) == (1, "")
    assert "scores/17.json" in done.stdout
    for words in (["nowhere.zip"], ["kept.pub"], [str(whole), "--key", "kept.txt"], [str(whole), "--key", "nowhere"]):
        done = run(*words)
        assert (done.returncode, done.stderr, done.stdout.count("\n")) == (2, "", 1)
    assert run().returncode == 2
    assert run("--help").returncode == 0


def test_every_finding_speaks_two_languages() -> None:
    words = {"file": "F", "position": 1, "size": 3, "why": "W", "witness": "N"}
    for english, chinese in FINDINGS.values():
        assert english.format(**words).isascii()
        assert re.search("[\u4e00-\u9fff]", chinese.format(**words))


def test_names() -> None:
    good = ("scores/17.json", "plans/东风-v1.json", "ledgers/a.b.ndjson", "rulebooks/a:b-v1.json", "keys/1.txt")
    assert all(map(is_name, good))
    assert not any(
        map(is_name, ("", "a", "README.txt", "keys/old.txt", "scores/", "scores//1.json", "scores/../1.json"))
    )
    for name in good:
        for odd in (f"/{name}", f"../{name}", f"{name}/", f"{name}\n", f"x/{name}", name.replace("/", "\\")):
            assert not is_name(odd)


def test_another_installation_has_the_same_bundle_on_postgresql(
    postgres_url: str, whole: Path, tmp_path: Path, storage: Storage
) -> None:
    made = Storage(load(tmp_path / "data", database_url=postgres_url), storage.services)
    try:
        made.migrate()
        shutil.copytree(storage.settings.data_dir / "keys", tmp_path / "data" / "keys", dirs_exist_ok=True)
        append(made.log_engine, SIZE)
        for size in (100, 300, 600):
            seal_at(made, size)
        write(made, tmp_path / "bundle.zip")
    finally:
        made.close()
    assert (tmp_path / "bundle.zip").read_bytes() == whole.read_bytes()
