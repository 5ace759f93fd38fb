"""Ten thousand random alterations of a bundle: every one is found by `verify.py` and by the product, and nothing is
found in an untouched one. The auditor holds the log's public key and its checkpoints, as auditors do.

Some are those of a stranger, who can only change bytes; some are those of somebody with a key of his own; some those of
the operator, who has the log's own key and signs whatever he likes. Everything is invented (synthetic).
"""

import io
import json
import os
import random
import subprocess
import sys
import warnings
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from services.assessment.rescoring import enclosures
from services.installation import SERVICES
from shared.audit.bundle.checking import verify_bundle
from shared.audit.bundle.layout import EVENTS, LEAVES, MANIFEST, SCRIPT, checkpoint_name
from shared.audit.bundle.writing import write_bundle
from shared.errors import Unusable
from shared.log import keys
from shared.log.note import Signer, sign
from shared.settings import load
from shared.storage import Storage
from tests.audit.bundles import installation, leaves_of, named, packed, signed_anew, told_anew, unpacked, verify, write
from tests.audit.recorded import Record
from tests.log.invented import LOG
from tests.recomputed.recomputation import RESCORE

SIZE: Final = 60
SEALED: Final = (20, 40, 60)
CHUNKS: Final = 25
"""A test each: 400 alterations take a while."""
IN_CHUNK: Final = 400 if os.environ.get("SANGUAN_TEST_LONG") else 16
DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What a damaged zip brings about within Python's own reader; an exception of any other kind is the script's fault."""
STRANGER: Final = Signer.generate(keys.origin(LOG))


@dataclass(frozen=True, slots=True)
class Untouched:
    """A bundle as it was written, and what its auditor holds."""

    path: Path
    files: Mapping[str, bytes]
    own: Signer
    """The operator's."""
    held: Mapping[int, str]
    """Checkpoints by size."""

    @property
    def key(self) -> str:
        return str(self.own.verifier)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Untouched:
    directory = tmp_path_factory.mktemp("untouched")
    with installation(directory / "data", SIZE, SEALED) as storage:
        write(storage, directory / "bundle.zip")
        own = keys.load_or_create(storage.settings.data_dir, LOG)
    files = unpacked(directory / "bundle.zip")
    held = {size: files[checkpoint_name(size)].decode() for size in SEALED}
    return Untouched(directory / "bundle.zip", files, own, held)


# what anybody can do --------------------------------------------------------------------------------------------------


def flip(draw: random.Random, raw: bytes) -> bytes:
    """One bit."""
    at = draw.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ 1 << draw.randrange(8)]) + raw[at + 1 :]


def bytes_changed(draw: random.Random, raw: bytes) -> bytes:
    """Some bytes put in, taken out, or written over."""
    at, count = draw.randrange(len(raw)), draw.randrange(1, 9)
    new = draw.randbytes(count)
    changed = draw.choice([raw[:at] + new + raw[at:], raw[:at] + raw[at + count :], raw[:at] + new + raw[at + count :]])
    return changed if changed != raw else flip(draw, raw)


def a_bit_of_the_zip(draw: random.Random, one: Untouched) -> bytes:
    return flip(draw, one.path.read_bytes())


def bytes_of_the_zip(draw: random.Random, one: Untouched) -> bytes:
    return bytes_changed(draw, one.path.read_bytes())


def the_zip_cut_off(draw: random.Random, one: Untouched) -> bytes:
    raw = one.path.read_bytes()
    return draw.choice([raw[: draw.randrange(len(raw))], raw + draw.randbytes(draw.randrange(1, 99))])


def a_bit_of_a_file(draw: random.Random, one: Untouched) -> bytes:
    name = draw.choice([name for name, content in one.files.items() if content])
    return packed({**one.files, name: flip(draw, one.files[name])})


def bytes_of_a_file(draw: random.Random, one: Untouched) -> bytes:
    name = draw.choice([name for name, content in one.files.items() if content])
    return packed({**one.files, name: bytes_changed(draw, one.files[name])})


def a_bit_of_an_event(draw: random.Random, one: Untouched) -> bytes:
    return packed({**one.files, EVENTS: flip(draw, one.files[EVENTS])})


def files_come_and_go(draw: random.Random, one: Untouched) -> bytes:
    name, other = draw.sample(sorted(one.files), 2)
    kept = dict(one.files)
    match draw.randrange(4):
        case 0:
            del kept[name]
        case 1:
            kept[draw.choice([f"scores/{draw.randrange(100, 999)}.json", "README.txt"])] = b"{}"
        case 2:
            kept[f"{name}x"] = kept.pop(name)
        case _:
            if kept[name] == kept[other]:
                del kept[other]
            else:
                kept[name], kept[other] = kept[other], kept[name]
    return packed(kept)


def a_name_twice(draw: random.Random, one: Untouched) -> bytes:
    """Readers of a zip differ in which of the two they take."""
    made = io.BytesIO()
    twice = draw.choice(sorted(one.files))
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(made, "w") as archive:
        for name, content in [*one.files.items(), (twice, one.files[twice] + b"x")]:
            archive.writestr(name, content)
    return made.getvalue()


def a_changed_enclosure(draw: random.Random, one: Untouched) -> bytes:
    """A score, a rulebook, a plan, by somebody with a key of his own or with none."""
    name = draw.choice(
        ["scores/17.json", "rulebooks/default-v1.json", "plans/invented-v1.json", "rescore.py", "verify.py"]
    )
    files = {**one.files, name: bytes_changed(draw, one.files[name])}
    return packed(draw.choice([files, signed_anew(files, STRANGER), passed_off(files)]))


def a_manifest_that_says_otherwise(draw: random.Random, one: Untouched) -> bytes:
    said = json.loads(one.files[MANIFEST])
    hash_ = ["A" * 43 + "="]
    field, value = draw.choice(
        [("from", 1), ("to", 58), ("size", 61), ("log", "410105011"), ("left", hash_), ("right", hash_),
         ("public_key", str(STRANGER.verifier)), ("format", "sanguan-bundle/2")]
    )  # fmt: skip
    said[field] = value
    return packed({**one.files, MANIFEST: json.dumps(said, indent=1, sort_keys=True).encode() + b"\n"})


def passed_off(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Everything signed by a stranger's key, which the manifest names."""
    made = dict(files)
    for name in files:
        if name.startswith("checkpoints/"):
            made[name] = sign(files[name].decode().partition("\n\n")[0] + "\n", STRANGER).encode()
    return signed_anew(made, STRANGER, public_key=str(STRANGER.verifier))


# what is done to events -----------------------------------------------------------------------------------------------


def moved(draw: random.Random, lines: list[bytes]) -> list[bytes]:
    """Events dropped, swapped, repeated, cut off, or put in."""
    a, b = sorted(draw.sample(range(len(lines)), 2))
    count = draw.randrange(1, 6)
    match draw.randrange(6):
        case 0:
            return [*lines[:a], *lines[a + count :]]
        case 1:
            return [*lines[:a], lines[b], *lines[a + 1 : b], lines[a], *lines[b + 1 :]]
        case 2:
            return [*lines[: a + 1], *[lines[a]] * count, *lines[a + 1 :]]
        case 3:
            return lines[: len(lines) - count]
        case 4:
            return [*lines[:a], lines[b], *lines[a:b], *lines[b + 1 :]]
        case _:
            return [*lines[:a], altered(draw, lines[a]), *lines[a + 1 :]]


def altered(draw: random.Random, line: bytes) -> bytes:
    """An event that says something else, in canonical JSON."""
    said = json.loads(line)
    field = draw.choice(
        ["data", "occurred_at", "command_id", "cause", "actor", "stream", "version", "log", "recorded_at"]
    )
    said[field] = {
        "data": {"note": "nothing happened", "number": draw.randrange(10**6)}, "occurred_at": "2015-05-30T08:00:00Z",
        "command_id": "c-other", "cause": f"{LOG}/0", "actor": {"id": "clerk-2", "role": "clerk", "on_behalf_of": None},
        "stream": "case/other", "version": said["version"] + 1, "log": "410105011",
        "recorded_at": "2015-06-30T08:00:00Z",
    }[field]  # fmt: skip
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def with_events(files: Mapping[str, bytes], lines: list[bytes]) -> dict[str, bytes]:
    events = b"".join(line + b"\n" for line in lines)
    return {**files, EVENTS: events, LEAVES: leaves_of(events)}


def moved_events(draw: random.Random, one: Untouched) -> bytes:
    """By a stranger, who leaves the rest as it is or puts it in order under a key of his own, or by the operator."""
    lines = moved(draw, one.files[EVENTS].splitlines())
    files = with_events(one.files, lines)
    fitting = {"to": len(lines) - 1} | ({"size": len(lines)} if draw.random() < 0.5 else {})
    done: list[Callable[[], Mapping[str, bytes]]] = [
        lambda: {**one.files, EVENTS: files[EVENTS]}, lambda: files, lambda: signed_anew(files, STRANGER),
        lambda: passed_off(files), lambda: signed_anew(files, one.own), lambda: signed_anew(files, one.own, **fitting),
    ]  # fmt: skip
    return packed(draw.choice(done)())


def a_fork(draw: random.Random, one: Untouched) -> bytes:
    """The operator tells another story, puts everything in order, and signs it: only a kept checkpoint knows better."""
    lines = one.files[EVENTS].splitlines()
    at = draw.randrange(SIZE)
    said = json.loads(lines[at])
    said["data"] = {"note": "another story", "number": draw.randrange(10**6)}
    lines[at] = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return packed(told_anew(one.files, one.own, lines, SEALED))


def cut_off_in_order(draw: random.Random, one: Untouched) -> bytes:
    """The operator leaves out the end, and all that was signed of it."""
    return packed(told_anew(one.files, one.own, one.files[EVENTS].splitlines()[: draw.randrange(1, SIZE)], SEALED))


def a_forged_checkpoint(draw: random.Random, one: Untouched) -> bytes:
    """Of another root or size, or by another key; the operator's manifest covers it."""
    size = draw.choice(SEALED)
    name = checkpoint_name(size)
    note = one.files[name].decode()
    text = note.partition("\n\n")[0] + "\n"
    root = b64encode(draw.randbytes(32)).decode()
    forged = draw.choice(
        [
            sign(text, STRANGER), sign(f"{keys.origin(LOG)}\n{size}\n{root}\n", one.own),
            sign(f"{keys.origin(LOG)}\n{size + 1}\n{text.split(chr(10))[2]}\n", one.own), text, "",
            f"{keys.origin(LOG)}\n{size}\n{root}\n\n" + note.partition("\n\n")[2],
            sign(text.replace(LOG, "410105011"), one.own), flip(draw, note.encode()).decode("utf-8", "replace"),
        ]
    )  # fmt: skip
    return packed(signed_anew({**one.files, name: forged.encode()}, one.own))


KINDS: Final[tuple[Callable[[random.Random, Untouched], bytes], ...]] = (
    a_bit_of_the_zip, bytes_of_the_zip, the_zip_cut_off, a_bit_of_a_file, bytes_of_a_file, a_bit_of_an_event,
    files_come_and_go, a_name_twice, a_changed_enclosure, a_manifest_that_says_otherwise, moved_events, moved_events,
    moved_events, a_fork, cut_off_in_order, a_forged_checkpoint,
)  # fmt: skip


# found ----------------------------------------------------------------------------------------------------------------


def product(bundle: Path, one: Untouched) -> tuple[int, str]:
    """The exit code of `sanguan audit verify --exact`, and the first thing that it names."""
    try:
        found = verify_bundle(bundle, one.key, [one.held[SIZE]], exact=True)
    except Unusable:
        return 2, ""
    return (0, "") if found.bad is None else (1, named(found.bad))


def script(bundle: Path, one: Untouched) -> tuple[int, str]:
    """That of `verify.py`, in this process, and its words."""
    held = [[str(one.path.with_name(name))] for name in ("kept.pub", "kept.txt")]
    try:
        return 0, verify.check(str(bundle), *held, [])
    except verify.Found as found:
        return int(found.args[0]), found.args[2]
    except DAMAGED as error:
        return 2, repr(error)


@pytest.fixture
def holding(untouched: Untouched) -> Untouched:
    """What the auditor holds lies in files beside."""
    untouched.path.with_name("kept.pub").write_text(untouched.key)
    untouched.path.with_name("kept.txt").write_text(untouched.held[SIZE])
    return untouched


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_alteration_is_found(holding: Untouched, tmp_path: Path, chunk: int) -> None:
    draw = random.Random(chunk)
    bundle = tmp_path / "altered.zip"
    for number in range(IN_CHUNK):
        kind = KINDS[(chunk + number) % len(KINDS)]
        bundle.write_bytes(kind(draw, holding))
        (exit, name), (code, words) = product(bundle, holding), script(bundle, holding)
        assert exit == code != 0, (kind.__name__, number, name, words)
        assert name in words, (kind.__name__, number)
    if chunk % 5 == 0:
        done = by_itself(bundle, holding)
        assert done.returncode == script(bundle, holding)[0]
        assert "Traceback" not in done.stderr + done.stdout
        assert done.stdout.count("\n") == 1


def test_nothing_is_found_in_an_untouched_one(holding: Untouched, tmp_path: Path) -> None:
    """However it was packed, and in whatever order."""
    assert (product(holding.path, holding)[0], script(holding.path, holding)[0]) == (0, 0)
    assert by_itself(holding.path, holding).returncode == 0
    draw = random.Random(0)
    bundle = tmp_path / "packed.zip"
    for _ in range(10):
        names = draw.sample(sorted(holding.files), len(holding.files))
        bundle.write_bytes(packed({name: holding.files[name] for name in names}))
        assert (product(bundle, holding)[0], script(bundle, holding)[0]) == (0, 0)
    bundle.write_bytes(packed(told_anew(holding.files, holding.own, holding.files[EVENTS].splitlines(), SEALED)))
    assert (product(bundle, holding)[0], script(bundle, holding)[0]) == (0, 0), "what these tests sign is sound"


@pytest.mark.parametrize("size", SEALED)
def test_a_fork_is_found_by_each_checkpoint_that_covers_it(holding: Untouched, tmp_path: Path, size: int) -> None:
    lines = holding.files[EVENTS].splitlines()
    for at in range(0, SIZE, 7):
        other = [*lines[:at], altered(random.Random(3), lines[at]), *lines[at + 1 :]]
        bundle = tmp_path / "fork.zip"
        bundle.write_bytes(packed(told_anew(holding.files, holding.own, other, SEALED)))
        with_it = verify_bundle(bundle, holding.key, [holding.held[size]])
        without = verify_bundle(bundle, holding.key)
        assert with_it.ok == (without.ok and at >= size)


def by_itself(bundle: Path, one: Untouched) -> subprocess.CompletedProcess[str]:
    """`python3 verify.py BUNDLE --key … --checkpoint …`."""
    held = [str(one.path.with_name(name)) for name in ("kept.pub", "kept.txt")]
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(bundle), "--key", held[0], "--checkpoint", held[1]],
        capture_output=True, encoding="utf-8", check=False, timeout=60, env={"PYTHONUTF8": "1"},
    )  # fmt: skip


# what only a recomputation finds --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(record: Record, tmp_path_factory: pytest.TempPathFactory) -> Untouched:
    """The bundle of a campaign, with the scores that it published and the rules that it did so by."""
    out = tmp_path_factory.mktemp("real") / "bundle.zip"
    with closing(Storage(load(record.data), SERVICES)) as storage:
        write_bundle(storage, LOG, 0, None, lambda first, last: enclosures(storage, LOG, first, last), out)
        own = keys.load_or_create(record.data, LOG)
    return Untouched(out, unpacked(out), own, {})


def a_score(draw: random.Random, events: Sequence[Any]) -> tuple[int, str]:
    """Another number in a published score."""
    at = draw.choice([at for at, event in enumerate(events) if event["type"].endswith(".score-published.v1")])
    indicator = draw.choice(events[at]["data"]["score"]["indicators"])
    indicator[draw.choice(["numerator", "excluded"])] += draw.randrange(1, 9)
    return at, f"scores/{at}.json"


def a_rulebook(draw: random.Random, events: Sequence[Any]) -> tuple[int, str]:
    """Another weight in the rules, as if they had always been so."""
    at = next(at for at, event in enumerate(events) if event["type"].endswith(".rulebook-adopted.v1"))
    data = events[at]["data"]
    indicator = draw.choice(data["rulebook"]["indicators"])
    indicator["weight"] = str(int(indicator["weight"].partition(".")[0]) + draw.randrange(1, 9))
    return at, f"rulebooks/{data['rulebook']['code']}-v{data['version']}.json"


RECOMPUTED: Final = 40 if os.environ.get("SANGUAN_TEST_LONG") else 1


@pytest.mark.parametrize("number", range(RECOMPUTED))
@pytest.mark.parametrize("alter", [a_score, a_rulebook])
def test_a_score_or_a_rulebook_that_the_operator_changed(
    real: Untouched,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    alter: Callable[..., tuple[int, str]],
    number: int,
) -> None:
    """In the file alone, or in the event and the file: the operator signs all of it anew, so that signatures say
    nothing, and the recomputation names it. By anybody else it is found by the signatures already."""
    lines = real.files[EVENTS].splitlines()
    events = [json.loads(line) for line in lines]
    at, name = alter(random.Random(number), events)
    data = events[at]["data"]
    file = json.dumps(data if name.startswith("scores/") else data["rulebook"], ensure_ascii=False).encode()
    lines[at] = json.dumps(events[at], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    bundle = tmp_path / "changed.zip"

    def recomputed(files: Mapping[str, bytes]) -> tuple[int, Any]:
        bundle.write_bytes(packed(files))
        exit = RESCORE.main([str(bundle), "--json"])
        return exit, json.loads(capsys.readouterr().out)

    bundle.write_bytes(packed({**real.files, name: file}))
    found = verify_bundle(bundle, real.key, exact=True)
    assert found.bad is not None
    assert (found.bad.code, found.bad.file) == ("file", name)
    with pytest.raises(verify.Found, match=name):
        verify.check(str(bundle), [], [], [])
    exit, told = recomputed(signed_anew({**real.files, name: file}, real.own))
    assert (exit, told["first_bad"]["file"]) == (1, name)
    assert verify_bundle(bundle, real.key, exact=True).ok, "whoever has the key can sign it"
    sealed = [int(one[12:-4]) for one in real.files if one.startswith("checkpoints/")]
    exit, told = recomputed(told_anew({**real.files, name: file}, real.own, lines, sealed))
    assert exit == 1
    if alter is a_score:
        assert told["first_bad"]["position"] == at
    else:
        assert told["first_bad"]["position"] > at, "the first score that does not follow from these rules"
    assert verify_bundle(bundle, real.key, exact=True).ok
    newest = real.files[checkpoint_name(max(sealed))].decode()
    bad = verify_bundle(bundle, real.key, [newest], exact=True).bad
    assert bad is not None
    assert bad.code == "root", "who kept a checkpoint sees the other story"


def test_the_scores_of_an_untouched_one_are_recomputed(real: Untouched, capsys: pytest.CaptureFixture[str]) -> None:
    assert RESCORE.main([str(real.path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    assert verify_bundle(real.path, real.key, exact=True).ok
