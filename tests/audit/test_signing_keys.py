"""A log's signing key is changed: at no moment, and by no crash, is anything left that does not verify."""

import os
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, text, update

from shared import backup as backups
from shared.audit.verify import Verification, verify_log
from shared.log import keys
from shared.log.append import Appended
from shared.log.cosignatures import keep, witnessed
from shared.log.cosigning import Cosigner, cosignatures
from shared.log.key_rotation import Changed, change_key
from shared.log.keys import KeyUnusable, load_chain, origin
from shared.log.note import Checkpoint, NoteRefused, Signer, open_checkpoint, sign
from shared.log.sealer import LogDamaged, SignedCheckpoint, latest, seal
from shared.log.signing import KeyChain, Rotation, notes_in
from shared.log.tables import events, heads
from shared.log.tree import EMPTY_ROOT
from shared.log.tree_tables import checkpoints, tiles
from tests.audit.test_verify import rebuild_tiles, unguard
from tests.log.invented import BEGAN, LOG, append, envelope, row
from tests.parts import OTHER_LOG, proposal, withdrawn
from tests.system.cli import called
from tests.system.test_backup import Installation, kinds

NOW = BEGAN + timedelta(days=1)
FIRST, SECOND, THIRD, STRANGER = (Signer.generate(origin(LOG)) for _ in range(4))
ROOTS = [bytes([n]) * 32 for n in range(4)]


@dataclass
class Made:
    """A log and its keys."""

    engine: Engine
    data: Path

    def grow(self, count: int = 5) -> SignedCheckpoint:
        """Append, and seal as every process does."""
        append(self.engine, count)
        with keys.signing(self.data, LOG) as (signer, since):
            seal(self.engine, LOG, signer, NOW, since=since)
        signed = latest(self.engine, LOG)
        assert signed is not None
        return signed

    def change(self) -> Changed:
        return change_key(self.engine, self.data, LOG, NOW)

    def verified(self, *held: str) -> Verification:
        return verify_log(self.engine, LOG, load_chain(self.data, LOG), witnessed=held)

    def found(self, *held: str) -> tuple[int, str]:
        bad = self.verified(*held).first_bad
        assert bad is not None
        return bad.position, bad.code

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.data / "keys").iterdir())


@pytest.fixture
def made(database: Engine, tmp_path: Path) -> Made:
    return Made(database, tmp_path / "data")


def signed_by(note: str, signer: Signer) -> bool:
    try:
        open_checkpoint(note, signer.verifier)
    except NoteRefused:
        return False
    return True


# the chain ------------------------------------------------------------------------------------------------------------


def chain(*sizes: int) -> KeyChain:
    """Two changes of the key, at these sizes."""
    signers = (FIRST, SECOND, THIRD)
    pairs = zip(sizes, signers, signers[1:], strict=False)
    return KeyChain(FIRST.verifier, tuple(Rotation.make(size, ROOTS[0], old, new) for size, old, new in pairs))


def checkpoint(size: int, *signers: Signer) -> str:
    return sign(Checkpoint(origin(LOG), size, ROOTS[1]).text(), *signers)


def test_a_rotation_is_five_lines_that_both_keys_have_signed() -> None:
    made = Rotation.make(700, ROOTS[2], FIRST, SECOND)
    text, _, signatures = made.note.partition("\n\n")
    assert text.split("\n") == [
        f"sanguan/{LOG}/rotation", "700", b64encode(ROOTS[2]).decode(), str(FIRST.verifier), str(SECOND.verifier)
    ]  # fmt: skip
    assert [line.split(" ")[:2] for line in signatures.splitlines()] == [["—", origin(LOG)]] * 2
    assert Rotation.parse(made.note) == made


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note.replace("\n700\n", "\n701\n"),
        lambda note: note.replace("/rotation", ""),
        lambda note: note.replace("/rotation\n", "1/rotation\n"),
        lambda note: note.replace(str(SECOND.verifier), str(STRANGER.verifier)),
        lambda note: note.replace(str(SECOND.verifier), str(FIRST.verifier)),
        lambda note: "\n".join(note.split("\n")[:-2]) + "\n",  # the new key's signature
        lambda note: note[:-80],
        lambda note: "",
    ],
)
def test_what_was_altered_or_lacks_a_signature_is_no_rotation(spoil: Callable[[str], str]) -> None:
    with pytest.raises(NoteRefused):
        Rotation.parse(spoil(Rotation.make(700, ROOTS[2], FIRST, SECOND).note))


def test_a_rotation_is_no_checkpoint_and_a_checkpoint_no_rotation() -> None:
    with pytest.raises(NoteRefused):
        Checkpoint.parse(Rotation.make(700, ROOTS[2], FIRST, SECOND).note.partition("\n\n")[0] + "\n")
    with pytest.raises(NoteRefused):
        Rotation.parse(checkpoint(700, FIRST, SECOND))


def test_a_checkpoint_has_one_key_by_its_size() -> None:
    keyed = {0: FIRST, 9: FIRST, 10: FIRST, 11: SECOND, 20: SECOND, 21: THIRD, 999: THIRD}
    for size, signer in keyed.items():
        assert chain(10, 20).at(size) == signer.verifier
        assert chain(10, 20).open(checkpoint(size, signer)).size == size
        for other in {FIRST, SECOND, THIRD, STRANGER} - {signer}:
            with pytest.raises(NoteRefused):
                chain(10, 20).open(checkpoint(size, other))
    assert [chain(10, 10).at(size) for size in (10, 11)] == [FIRST.verifier, THIRD.verifier], "the second signed none"


def test_rotations_that_do_not_follow_each_other_are_no_chain() -> None:
    first, second = Rotation.make(10, ROOTS[0], FIRST, SECOND), Rotation.make(9, ROOTS[0], SECOND, THIRD)
    assert KeyChain.parse(str(SECOND.verifier), first.note).keys == (FIRST.verifier, SECOND.verifier)
    for broken in ((first, second), (second, first), (first, first), (second,)):
        with pytest.raises(NoteRefused):
            KeyChain(FIRST.verifier, broken)
    with pytest.raises(NoteRefused, match="do not lead"):
        KeyChain.parse(str(STRANGER.verifier), first.note)
    with pytest.raises(NoteRefused):
        KeyChain.parse(str(SECOND.verifier), first.note + "and more")


def test_notes_one_after_another_come_apart_again() -> None:
    notes = [one.note for one in chain(10, 20).rotations]
    assert list(notes_in("".join(notes))) == notes
    assert list(notes_in("")) == []


# changing it ----------------------------------------------------------------------------------------------------------


def test_the_old_key_signs_what_is_there_and_the_new_one_what_is_larger(made: Made) -> None:
    before = made.grow()
    old = keys.load_or_create(made.data, LOG)
    append(made.engine, 3)  # not sealed yet
    changed = made.change()
    at_change = latest(made.engine, LOG)
    assert at_change is not None
    assert (at_change.size, changed.rotation.size, changed.rotation.root) == (8, 8, at_change.root)
    assert signed_by(at_change.note, old)
    after, new = made.grow(), keys.load_or_create(made.data, LOG)
    assert (signed_by(after.note, new), signed_by(after.note, old)) == (True, False)
    assert (changed.rotation.old, changed.rotation.new, changed.resumed) == (old.verifier, new.verifier, False)
    assert keys.load_verifier(made.data, LOG) == new.verifier
    assert made.files() == [f"{LOG}.key", f"{LOG}.pub", f"{LOG}.rotations"], "the old secret is gone"
    assert old.secret() not in "".join(path.read_text() for path in (made.data / "keys").iterdir())
    assert made.verified().checkpoints_checked == 3
    assert made.verified(before.note, at_change.note, after.note).ok, "notes of all times are good"


def test_it_is_changed_as_often_as_one_likes_and_before_anything_was_signed(made: Made) -> None:
    assert made.change().rotation.size == 0
    assert made.change().rotation.root == EMPTY_ROOT
    held = [made.grow().note for _ in range(2)]
    for _ in range(3):
        made.change()
    held += [made.grow().note]
    assert len(load_chain(made.data, LOG).keys) == 6
    assert made.verified(*held) == Verification(True, LOG, 15, made.verified().root, None, 6, 15)


def test_another_log_keeps_its_key(made: Made) -> None:
    made.grow()
    other = keys.load_or_create(made.data, "410105011")
    made.change()
    assert keys.load_or_create(made.data, "410105011") == other
    assert load_chain(made.data, "410105011").rotations == ()


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed_at(step: int) -> Iterator[list[str]]:
    """Die at the n-th thing that reaches the disk; tells what had been done before."""
    done: list[str] = []

    def dying(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def act(*given: Any) -> Any:
            if len(done) == step:
                raise Killed
            done.append(name)
            return real(*given)

        return act

    with pytest.MonkeyPatch.context() as patch:
        for name in ("link", "replace", "fsync"):
            patch.setattr(os, name, dying(name, getattr(os, name)))
        yield done


def test_killed_anywhere_it_leaves_a_log_that_signs_and_verifies_and_goes_on_when_called_again(
    database: Engine, tmp_path: Path
) -> None:
    outcomes = set()
    stride = 1 if os.environ.get("SANGUAN_TEST_LONG") or database.dialect.name == "sqlite" else 3
    for step in range(0, 100, stride):
        made = Made(database, tmp_path / str(step))
        with database.begin() as connection:
            for table in (checkpoints, tiles, heads):
                connection.execute(delete(table))
            unguard(connection)
            connection.execute(delete(events))
        held = [made.grow().note]
        old = keys.load_or_create(made.data, LOG).verifier
        try:
            with killed_at(step):
                made.change()
        except Killed:
            pass
        else:
            break
        stated = load_chain(made.data, LOG).current != old
        outcomes.add(stated)
        if step % 2:  # either the system goes on first, or the command is called again first
            held += [made.grow().note]
        assert made.verified(*held).ok
        whole = stated and keys.is_in_order(made.data, LOG)
        begun = keys.is_in_order(made.data, LOG) is False or f"{LOG}.key.next" in made.files()
        assert made.change().resumed == begun
        held += [made.grow().note]
        assert made.verified(*held).ok
        assert not any(name.endswith(".next") for name in made.files())
        assert len(load_chain(made.data, LOG).rotations) == 1 + whole, "what was done is not done again"
    assert step > 8
    assert outcomes == {False, True}


def test_who_reads_the_keys_meanwhile_finds_a_chain(made: Made) -> None:
    made.grow()
    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(lambda: [made.change() for _ in range(12)])
        seen = [len(load_chain(made.data, LOG).keys)]
        while not changing.done():
            seen.append(len(load_chain(made.data, LOG).keys))
        changing.result()
    assert seen == sorted(seen)
    assert len(load_chain(made.data, LOG).keys) == 13


def test_sealing_and_changing_at_once_gives_every_checkpoint_the_key_of_its_size(made: Made) -> None:
    made.grow()
    with ThreadPoolExecutor(3) as pool:
        growing = pool.submit(lambda: [made.grow(1) for _ in range(30)])
        changing = [pool.submit(lambda: [made.change() for _ in range(4)]) for _ in range(2)]
        growing.result()
        for one in changing:
            one.result()
    made.grow()
    assert len(load_chain(made.data, LOG).rotations) == 8
    assert made.verified().first_bad is None
    assert made.verified().sealed == 40


# what is found --------------------------------------------------------------------------------------------------------


def changed_log(made: Made) -> tuple[Signer, Signer]:
    """Ten events under the old key, ten under the new one."""
    made.grow(10)
    old = keys.load_or_create(made.data, LOG)
    made.change()
    made.grow(10)
    return old, keys.load_or_create(made.data, LOG)


def signed_again(made: Made, size: int, signer: Signer) -> None:
    """The checkpoint of a size in another hand."""
    with made.engine.begin() as connection:
        root = connection.execute(checkpoints.select().where(checkpoints.c.size == size)).one().root
        note = sign(Checkpoint(origin(LOG), size, root).text(), signer)
        connection.execute(update(checkpoints).where(checkpoints.c.size == size).values(note=note))


def test_a_key_that_signs_out_of_its_turn_is_found(made: Made) -> None:
    old, new = changed_log(made)
    signed_again(made, 20, old)
    assert made.found() == (10, "checkpoint_note")
    signed_again(made, 20, new)
    assert made.verified().ok
    signed_again(made, 10, new)
    assert made.found() == (0, "checkpoint_note")


def test_history_that_was_written_anew_under_the_new_key_is_found_by_what_the_rotation_says(made: Made) -> None:
    """Whoever has the new key, and the old one too, but not another signature under the rotation."""
    old, new = changed_log(made)
    other = row(4, envelope(LOG, 4) | {"data": {"note": "other"}})
    with made.engine.begin() as connection:
        unguard(connection)
        at = (events.c.log == LOG, events.c.position == 4)
        connection.execute(update(events).where(*at).values(bytes=other["bytes"], leaf=other["leaf"]))
        connection.execute(delete(checkpoints))
        connection.execute(delete(tiles))
    seal(made.engine, LOG, new, NOW)  # one checkpoint over all: nothing is left of the old key's
    assert made.found() == (0, "rotation")
    with made.engine.begin() as connection:
        connection.execute(delete(checkpoints))
        connection.execute(delete(tiles))
    seal(made.engine, LOG, old, NOW, upto=10)
    seal(made.engine, LOG, new, NOW)
    assert made.found() == (0, "rotation")


def test_a_log_that_was_cut_below_the_change_is_found_and_not_signed_on(made: Made) -> None:
    changed_log(made)
    with made.engine.begin() as connection:
        unguard(connection)
        connection.execute(delete(events).where(events.c.position >= 7))
        connection.execute(update(heads).values(size=7))
        connection.execute(delete(checkpoints))
        connection.execute(delete(tiles))
    with pytest.raises(LogDamaged, match="signed up to 10"):
        made.grow(1)
    with pytest.raises(LogDamaged):
        made.change()
    signer = keys.load_or_create(made.data, LOG)
    seal(made.engine, LOG, signer, NOW)  # by somebody who has the key
    assert not made.verified().ok


def test_a_note_that_neither_key_signed_for_its_size_is_nobodys(made: Made) -> None:
    old, new = changed_log(made)
    for size, signer in ((20, old), (10, new), (20, STRANGER)):
        with pytest.raises(NoteRefused):
            made.verified(checkpoint(size, signer))
    for size, signer in ((20, new), (10, old)):
        assert made.found(checkpoint(size, signer))[1] == "checkpoint_root", "another story, of its time"


def test_keys_and_rotations_that_do_not_belong_together_are_refused_and_nothing_is_signed(made: Made) -> None:
    changed_log(made)
    file = keys.rotations_of(made.data, LOG)
    told = file.read_text()
    for spoilt in (told.replace("\n10\n", "\n11\n"), Rotation.make(10, ROOTS[0], FIRST, SECOND).note, "nonsense", "\n"):
        file.write_text(spoilt)
        with pytest.raises(KeyUnusable):
            made.grow(1)
        with pytest.raises(KeyUnusable):
            made.change()
    file.write_text(told)
    assert made.grow(1).size == 25
    file.unlink()
    assert made.found() == (0, "checkpoint_note"), "without the rotation the old key is nobody's"


def test_a_rebuilt_tree_changes_nothing(made: Made) -> None:
    changed_log(made)
    rebuild_tiles(made.engine, upto=20)
    assert made.verified().ok
    with made.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM checkpoints")).scalar_one() == 2


# backups --------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    return kinds(request, request.param, tmp_path / "here")


@pytest.fixture
def at_home(tmp_path: Path) -> Installation:
    """Where it does not matter which database it is."""
    return Installation(tmp_path / "here", None)


def changed_twice(here: Installation) -> None:
    """A filled installation whose log's key was changed twice, and one checkpoint cosigned."""
    here.filled()
    with here.opened() as storage:
        for n in range(2):
            change_key(storage.log_engine, here.data, LOG, NOW)
            assert isinstance(storage.log.append([proposal(f"case/late-{n}", 0, withdrawn())])[0], Appended)
            storage.seal(LOG)
        signed = latest(storage.log_engine, LOG)
        assert signed is not None
        text, cosigner = signed.note.partition("\n\n")[0] + "\n", Cosigner.generate("w")
        (given,) = cosignatures(signed.note + cosigner.line(text, 1_434_000_000), [cosigner.witness])
        keep(storage.log_engine, LOG, signed.size, given, NOW)


def test_a_backup_carries_the_rotations_and_what_was_witnessed(here: Installation, tmp_path: Path) -> None:
    changed_twice(here)
    there = Installation(tmp_path / "there", None)
    assert here.sanguan("backup", tmp_path / "kept").code == 0
    assert there.sanguan("restore", tmp_path / "kept", "--no-list").code == 0
    assert load_chain(there.data, LOG) == load_chain(here.data, LOG)
    assert len(load_chain(there.data, LOG).keys) == 3
    assert there.said()[:3] == here.said()[:3]
    with here.opened() as one, there.opened() as other:
        assert witnessed(other.log_engine, LOG) == witnessed(one.log_engine, LOG)
        assert [seen.holds for seen in witnessed(other.log_engine, LOG)] == [True]
        assert other.seal(LOG) is None
        assert isinstance(other.log.append([proposal("case/later", 0, withdrawn())])[0], Appended)
        assert other.seal(LOG) is not None
    assert there.sanguan("audit", "verify", "--log", LOG).code == 0


def test_a_backup_whose_rotations_were_altered_is_refused(at_home: Installation, tmp_path: Path) -> None:
    changed_twice(at_home)
    assert at_home.sanguan("backup", tmp_path / "kept").code == 0
    with closing(sqlite3.connect(tmp_path / "kept" / "keys.db")) as kept, kept:
        kept.execute("DELETE FROM key_files WHERE name = ?", (f"{LOG}.rotations",))
    there = Installation(tmp_path / "there", None)
    found = there.sanguan("restore", tmp_path / "kept", "--no-list")
    assert (found.code, found.json["first_bad"]["code"]) == (1, "checkpoint_note")
    with closing(sqlite3.connect(tmp_path / "kept" / "keys.db")) as kept, kept:
        kept.execute("INSERT INTO key_files VALUES (?, 420, ?)", (f"{LOG}.rotations", b"nonsense"))
    there.sanguan("restore", tmp_path / "kept", "--no-list").problem("key_unusable")
    assert not (there.data / "log.db").exists()


def test_a_backup_of_before_there_were_witnesses_is_restored(at_home: Installation, tmp_path: Path) -> None:
    at_home.filled()
    assert at_home.sanguan("backup", tmp_path / "kept").code == 0
    for name in ("record.db", "keys.db"):
        with closing(sqlite3.connect(tmp_path / "kept" / name)) as kept, kept:
            kept.execute("UPDATE backup SET value = '0006' WHERE name = 'revision'")
            kept.execute("DROP TABLE IF EXISTS cosignatures")
    there = Installation(tmp_path / "there", None)
    assert there.sanguan("restore", tmp_path / "kept", "--no-list").code == 0
    assert there.said()[:3] == at_home.said()[:3]


def test_a_key_is_not_changed_in_the_middle_of_a_backup(at_home: Installation, tmp_path: Path) -> None:
    """Else its keys would be newer than its rows: a log that is shorter than its last rotation is signed no more."""
    at_home.filled()
    with at_home.opened() as storage, ThreadPoolExecutor(1) as pool:
        changing: list[Future[Changed]] = []

        def change(_done: int, _total: int) -> None:
            if not changing:
                assert isinstance(storage.log.append([proposal("case/late", 0, withdrawn())])[0], Appended)
                changing.append(pool.submit(change_key, storage.log_engine, at_home.data, LOG, NOW))
            assert not changing[0].done()

        backups.backup(storage.log_engine, at_home.data / "keys", tmp_path / "kept", storage.masters, NOW, change)
        changing[0].result(timeout=60)
    there = Installation(tmp_path / "there", None)
    assert there.sanguan("restore", tmp_path / "kept", "--no-list").code == 0
    assert load_chain(there.data, LOG).rotations == ()
    assert there.sanguan("audit", "verify", "--log", LOG).code == 0


# the command line -----------------------------------------------------------------------------------------------------


def test_rotate_key_says_what_it_did_and_what_auditors_kept_stays_good(at_home: Installation, tmp_path: Path) -> None:
    at_home.filled()
    kept = tmp_path / "kept.txt"
    with at_home.opened() as storage:
        signed = latest(storage.log_engine, LOG)
        assert signed is not None
        kept.write_text(signed.note)
    told = at_home.sanguan("audit", "rotate-key", "--log", LOG).json
    assert set(told) == {"ok", "log", "size", "root", "old_key", "new_key", "resumed", "rotations"}
    assert (told["ok"], told["size"], told["resumed"]) == (True, signed.size, False)
    assert (at_home.data / "keys" / f"{LOG}.pub").read_text() == f"{told['new_key']}\n"
    assert Path(told["rotations"]).read_text().count("/rotation\n") == 1
    assert at_home.sanguan("audit", "verify", "--log", LOG, "--checkpoint", kept).json["ok"]
    assert at_home.sanguan("audit", "rotate-key", "--log", OTHER_LOG).code == 0
    at_home.sanguan("audit", "rotate-key", "--log", "410105099").problem("unknown_log")
    people = called("audit", "rotate-key", "--log", LOG, "--data", at_home.data, env=at_home.env)
    assert (people.code, f"{LOG}.rotations" in people.out) == (0, True)
