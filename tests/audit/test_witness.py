"""A witness's judgement: what it cosigns, what it refuses, what it remembers, and what it never takes back."""

import hashlib
import random
import shutil
import sqlite3
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared.audit.witness.memory import FILE, Held, Step
from shared.audit.witness.submission import MOST_BYTES, Submission
from shared.audit.witness.witness import SIZE, Answer, Witness, read_keys
from shared.errors import Unusable
from shared.log.cosigning import Cosigner, cosignatures
from shared.log.cosigning import Witness as WitnessKey
from shared.log.note import NoteRefused, Signer, Verifier, open_checkpoint, sign
from shared.log.proofs import consistency_proof, roots_of, verify_consistency
from shared.log.tree import EMPTY_ROOT
from tests.audit.telling import AT, ORIGIN, Story, cosigns, statuses, witness
from tests.examples import examples


@pytest.fixture
def story() -> Story:
    return Story().grow(300)


# cosignatures ---------------------------------------------------------------------------------------------------------


def test_a_cosignature_is_as_the_specification_has_it(tmp_path: Path, story: Story) -> None:
    """Read by nothing of ours: key, message and bytes as C2SP tlog-cosignature writes them."""
    seen = witness(tmp_path / "w", story, name="court.example/w1")
    line = cosigns(seen, story, 0, 7).body
    dash, name, encoded = line.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", "court.example/w1")
    key_name, key_hash, key = str(seen.key).split("+", 2)
    assert (key_name, b64decode(key)[:1]) == (name, b"\x04")
    raw = b64decode(encoded)
    assert len(raw) == 4 + 8 + 64
    assert raw[:4].hex() == key_hash == hashlib.sha256(name.encode() + b"\n" + b64decode(key)).hexdigest()[:8]
    assert int.from_bytes(raw[4:12], "big") == AT
    text = f"{ORIGIN}\n7\n{b64encode(story.root(7)).decode()}\n"
    said = f"cosignature/v1\ntime {AT}\n{text}".encode()
    Ed25519PublicKey.from_public_bytes(b64decode(key)[1:]).verify(raw[12:], said)


def test_the_published_key_id_of_a_cosigner_and_its_line_are_read() -> None:
    """The example of the specification: its line names the key `8d66cf3f` and the time 1679315147."""
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
        "qhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    raw = b64decode(line.split(" ")[2])
    assert (raw[:4].hex(), int.from_bytes(raw[4:12], "big")) == ("8d66cf3f", 1679315147)
    stranger = Cosigner.generate("witness.example.com/w1").witness
    note = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" + line
    with pytest.raises(NoteRefused, match="known key"):
        cosignatures(note, [stranger])  # of the same name, and another key


def test_a_cosignature_is_no_signature_of_a_log_and_the_other_way_about(story: Story) -> None:
    cosigner = Cosigner.generate(ORIGIN)
    text = story.note(7).partition("\n\n")[0] + "\n"
    with pytest.raises(NoteRefused):
        open_checkpoint(f"{text}\n{cosigner.line(text, AT)}", story.signer.verifier)
    with pytest.raises(NoteRefused):
        cosignatures(story.note(7), [cosigner.witness])
    for parse, key in ((WitnessKey.parse, story.signer.verifier), (Verifier.parse, cosigner.witness)):
        with pytest.raises(NoteRefused):
            parse(str(key))
    assert Cosigner.parse(cosigner.secret()) == cosigner
    assert WitnessKey.parse(str(cosigner.witness)) == cosigner.witness
    assert cosigner.secret() not in repr(cosigner)
    with pytest.raises(NoteRefused):
        Cosigner.parse(story.signer.secret())


def test_a_line_whose_time_was_changed_does_not_hold(story: Story) -> None:
    cosigner = Cosigner.generate("w")
    text = story.note(7).partition("\n\n")[0] + "\n"
    raw = bytearray(b64decode(cosigner.line(text, AT).split(" ")[2]))
    for at in range(4, len(raw)):
        raw[at] ^= 1
        with pytest.raises(NoteRefused):
            cosignatures(f"{text}\n— w {b64encode(raw).decode()}\n", [cosigner.witness])
        raw[at] ^= 1
    assert cosignatures(f"{text}\n— w {b64encode(raw).decode()}\n", [cosigner.witness])[0].at == AT


# what it remembers ----------------------------------------------------------------------------------------------------


def test_the_one_file_is_all_of_it_while_it_is_at_work(tmp_path: Path, story: Story) -> None:
    """Whoever copies it has the key with all that was cosigned; a copy that forgot would cosign a fork."""
    seen = witness(tmp_path / "w", story)
    assert seen.is_new
    for old, size in ((0, 50), (50, 60)):
        cosigns(seen, story, old, size)
        copy = tmp_path / f"copy-{size}"
        copy.mkdir()
        shutil.copyfile(tmp_path / "w" / "witness.db", copy / "witness.db")
        again = witness(copy, story)
        held = again.standings()[ORIGIN].held
        assert held is not None
        assert (again.key, held.size, again.is_new) == (seen.key, size, False)
        assert again.add_checkpoint(story.another(20).grow(size, "lie").shown(size, size)).status == 409
        again.close()


def test_a_witness_that_cannot_remember_says_so_and_cosigns_nothing(tmp_path: Path, story: Story) -> None:
    seen = witness(tmp_path / "w", story)
    assert seen.can_remember()
    seen._memory._database.execute("PRAGMA query_only = ON")  # as on a full disk
    assert not seen.can_remember()
    with pytest.raises(sqlite3.OperationalError):
        seen.add_checkpoint(story.shown(0, 50))
    seen._memory._database.execute("PRAGMA query_only = OFF")
    assert seen.can_remember()
    assert seen.standings()[ORIGIN].held is None


# what it cosigns ------------------------------------------------------------------------------------------------------


def test_it_cosigns_what_goes_on_from_what_it_holds(tmp_path: Path, story: Story) -> None:
    seen = witness(tmp_path / "w", story)
    old = 0
    for size in (1, 2, 3, 7, 8, 64, 65, 256, 257, 300):
        line = cosigns(seen, story, old, size).body
        (given,) = cosignatures(story.note(size) + line, [seen.key])
        assert (given.at, given.line) == (AT, line)
        old = size
    held = seen.standings()[ORIGIN].held
    assert held is not None
    assert held.note == story.note(300) + line
    assert open_checkpoint(held.note, story.signer.verifier).root == story.root(300), "an auditor takes it as it is"


@pytest.mark.parametrize("first", [1, 4, 7])
def test_from_any_size_to_any_other(tmp_path: Path, story: Story, first: int) -> None:
    rng = random.Random(first)
    for n in range(examples(8)):
        seen, size = witness(tmp_path / str(n), story), rng.randint(first + 1, 300)
        cosigns(seen, story, 0, first)
        cosigns(seen, story, first, size)
        seen.close()


def test_the_same_again_is_cosigned_again_and_an_empty_log_too(tmp_path: Path, story: Story) -> None:
    seen = witness(tmp_path / "w", story)
    assert story.root(0) == EMPTY_ROOT
    assert [cosigns(seen, story, *sizes).status for sizes in ((0, 0), (0, 0), (0, 9), (9, 9), (9, 9))] == [200] * 5


def test_signatures_of_others_are_ignored_and_not_passed_on(tmp_path: Path, story: Story) -> None:
    seen, stranger = witness(tmp_path / "w", story), Signer.generate(ORIGIN)
    assert statuses(seen, story.shown(0, 7, stranger, story.signer)) == [200]
    held = seen.standings()[ORIGIN].held
    assert held is not None
    assert held.note.count("\n— ") == 2
    assert open_checkpoint(held.note, story.signer.verifier).size == 7
    with pytest.raises(NoteRefused):
        open_checkpoint(held.note, stranger.verifier)


# what it refuses, by the specification's statuses -------------------------------------------------------------------


def test_the_statuses_of_the_specification(tmp_path: Path, story: Story) -> None:
    seen, stranger = witness(tmp_path / "w", story), Signer.generate(ORIGIN)
    unknown = Story(Signer.generate("sanguan/410105011")).grow(5)
    assert statuses(seen, unknown.shown(0, 5)) == [404]
    assert statuses(seen, story.shown(0, 5, stranger)) == [403]
    assert statuses(seen, b"old 6\n\n" + story.note(5).encode()) == [400], "the old size is the larger one"
    assert seen.add_checkpoint(story.shown(3, 5)) == Answer(409, "0\n", SIZE)
    assert statuses(seen, b"old 0\n" + b64encode(story.root(3)) + b"\n\n" + story.note(5).encode()) == [422]
    cosigns(seen, story, 0, 50)
    assert seen.add_checkpoint(story.shown(0, 60)) == Answer(409, "50\n", SIZE)
    assert seen.add_checkpoint(story.shown(40, 60)) == Answer(409, "50\n", SIZE)
    assert seen.add_checkpoint(story.shown(40, 45)) == Answer(409, "50\n", SIZE), "an older one again"
    assert statuses(seen, story.shown(50, 60).replace(b"old 50\n", b"old 50\n" + b64encode(b"x" * 32) + b"\n")) == [422]
    assert statuses(seen, b"old 50\n" + b64encode(b"x" * 32) + b"\n\n" + story.note(50).encode()) == [422]
    assert statuses(seen, story.shown(50, 60)) == [200], "nothing of that has changed what it holds"
    assert seen.standings()[ORIGIN].fork is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\n\n", b"old 0", b"old 0\n\n", b"old 0\n\nno note\n", b"\xff\xfe", b"old 1e3\n\n%s", b"old 00\n\n%s",
        b"old -1\n\n%s", b"old \n\n%s", b"new 0\n\n%s", b"OLD 0\n\n%s", b"old  0\n\n%s", b"old 0 \n\n%s",
        b"old 0\nnot base64\n\n%s", b"old 0\nAAAA\n\n%s", b"old 0\r\n\r\n%s", b"%s", b"old 0\n%s",
        b"old 9223372036854775808\n\n%s", b"old 99999999999999999999999\n\n%s",
        b"old 0\n" + 64 * (b64encode(b"x" * 32) + b"\n") + b"\n%s",
    ],
)  # fmt: skip
def test_what_is_no_submission_is_400(tmp_path: Path, story: Story, body: bytes) -> None:
    seen = witness(tmp_path / "w", story)
    note = story.note(7).encode()
    assert statuses(seen, body.replace(b"%s", note)) == [400]
    assert statuses(seen, b"old 0\n\n" + note) == [200]


def test_a_checkpoint_of_a_size_that_no_log_has_is_400(tmp_path: Path, story: Story) -> None:
    text = f"{ORIGIN}\n{2**63}\n{b64encode(EMPTY_ROOT).decode()}\n"
    assert statuses(witness(tmp_path / "w", story), f"old 0\n\n{sign(text, story.signer)}".encode()) == [400]


def test_the_most_that_is_read_holds_every_proof() -> None:
    assert MOST_BYTES > 63 * 45 + 100 * 200


# two stories ----------------------------------------------------------------------------------------------------------


def caught(seen: Witness, held: str, shown: str) -> None:
    """Both notes are kept, each as the log signed it."""
    fork = seen.standings()[ORIGIN].fork
    assert fork is not None
    assert (fork.held.startswith(held), fork.shown) == (True, shown)
    assert fork.as_text().count(f"{ORIGIN}\n") == 2 + fork.as_text().count("/rotation\n")


def test_another_root_of_the_same_size_is_a_fork_and_nothing_is_cosigned_any_more(tmp_path: Path, story: Story) -> None:
    seen, lie = witness(tmp_path / "w", story), story.another(40).grow(300, "lie")
    cosigns(seen, story, 0, 50)
    assert seen.add_checkpoint(lie.shown(50, 50)) == Answer(409, "50\n", SIZE)
    caught(seen, story.note(50), lie.note(50))
    true = (story.shown(50, 60), story.shown(50, 50), story.shown(0, 5), lie.shown(50, 60))
    assert statuses(seen, *true) == [403] * 4, "never again, whatever comes"
    caught(seen, story.note(50), lie.note(50))
    seen.close()
    again = witness(tmp_path / "w", story)
    assert statuses(again, *true) == [403] * 4, "nor after a restart"
    caught(again, story.note(50), lie.note(50))


def test_another_root_of_a_size_that_was_cosigned_long_ago_is_a_fork(tmp_path: Path, story: Story) -> None:
    seen, lie = witness(tmp_path / "w", story), story.another(10).grow(300, "lie")
    for old, size in ((0, 20), (20, 50), (50, 90)):
        cosigns(seen, story, old, size)
    assert seen.add_checkpoint(lie.shown(20, 50)) == Answer(409, "90\n", SIZE)
    caught(seen, story.note(50), lie.note(50))


@pytest.mark.parametrize("held", [3, 5, 50, 63, 65, 255])
def test_a_proof_from_another_beginning_to_a_signed_root_is_a_fork(tmp_path: Path, story: Story, held: int) -> None:
    """A restored backup that was gone on with otherwise, and an honest proof out of it."""
    seen, lie = witness(tmp_path / "w", story), story.another(held - 1).grow(300, "lie")
    cosigns(seen, story, 0, held)
    assert statuses(seen, lie.shown(held, 299)) == [422]
    caught(seen, story.note(held), lie.note(299))
    fork = seen.standings()[ORIGIN].fork
    assert fork is not None
    shown = Submission.parse(f"{fork.proof}\n{fork.shown}".encode())
    roots = roots_of(shown.old, shown.checkpoint.size, shown.proof, story.root(held))
    assert roots == (lie.root(held), lie.root(299)), "whoever reads it can compute it"
    assert statuses(seen, story.shown(held, 300)) == [403]


@pytest.mark.parametrize("held", [1, 4, 64, 256])
def test_where_a_proof_leaves_the_beginning_out_a_fork_is_refused_for_as_long_as_it_is_one(
    tmp_path: Path, story: Story, held: int
) -> None:
    """From a power of two the proof does not hold the root that it begins with: what is shown proves nothing."""
    seen, lie = witness(tmp_path / "w", story), story.another(held - 1).grow(300, "lie")
    cosigns(seen, story, 0, held)
    assert statuses(seen, lie.shown(held, 299), lie.shown(held, 300)) == [422, 422]
    standing = seen.standings()[ORIGIN]
    assert standing.fork is None
    assert standing.doubt is not None
    assert (standing.doubt.held[: len(story.note(held))], standing.doubt.shown) == (story.note(held), lie.note(300))
    assert statuses(seen, lie.shown(held, held)) == [409]
    caught(seen, story.note(held), lie.note(held))


def test_a_stranger_cannot_silence_a_log_with_proofs_that_lead_nowhere(tmp_path: Path, story: Story) -> None:
    seen, rng = witness(tmp_path / "w", story), random.Random(7)
    cosigns(seen, story, 0, 50)
    for n in range(examples(40)):
        size = rng.randint(51, 300)
        proof = [*story.proof(50, size)]
        match n % 4:
            case 0:
                proof[rng.randrange(len(proof))] = rng.randbytes(32)
            case 1:
                proof = proof[: rng.randrange(len(proof))]
            case 2:
                proof += [rng.randbytes(32)]
            case _:
                proof = [rng.randbytes(32) for _ in range(rng.randint(0, 63))]
        lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)
        assert statuses(seen, f"old 50\n{lines}\n{story.note(size)}".encode()) == [422]
    standing = seen.standings()[ORIGIN]
    assert (standing.fork, standing.doubt is not None) == (None, True)
    cosigns(seen, story, 50, 300)
    assert seen.standings()[ORIGIN].doubt is None, "it has shown one that holds"


def test_the_roots_of_a_proof_are_those_that_the_rfc_compares(story: Story) -> None:
    rng = random.Random(11)
    for _ in range(examples(200)):
        first = rng.randint(1, 299)
        second = rng.randint(first + 1, 300)
        proof = consistency_proof(story, first, second)
        expected = (story.root(first), story.root(second))
        assert roots_of(first, second, proof, expected[0]) == expected
        assert verify_consistency(first, second, proof, *expected)
        assert roots_of(first, second, proof[:-1], expected[0]) != expected
        assert roots_of(first, second, [*proof, b"x" * 32], expected[0]) is None


def test_one_log_that_lies_does_not_harm_another(tmp_path: Path, story: Story) -> None:
    other = Story(Signer.generate("sanguan/410105011")).grow(9)
    seen = witness(tmp_path / "w", story, other)
    cosigns(seen, story, 0, 5)
    assert statuses(seen, story.another(2).grow(9, "lie").shown(5, 5)) == [409]
    cosigns(seen, other, 0, 4)
    cosigns(seen, other, 4, 9)
    assert statuses(seen, story.shown(5, 9)) == [403]


# what it remembers -----------------------------------------------------------------------------------------------


def test_it_remembers_over_a_restart_with_the_same_key(tmp_path: Path, story: Story) -> None:
    seen = witness(tmp_path / "w", story)
    cosigns(seen, story, 0, 50)
    key = seen.key
    seen.close()
    again = Witness(tmp_path / "w", lambda: AT)
    assert again.key == key
    assert statuses(again, story.shown(0, 50)) == [409]
    cosigns(again, story, 50, 60)
    assert (tmp_path / "w" / FILE).stat().st_mode & 0o777 == 0o600


def test_what_is_cosigned_is_kept_before_it_is_answered(
    tmp_path: Path, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle it has either not answered, or holds what it answered."""
    seen = witness(tmp_path / "w", story)
    cosigns(seen, story, 0, 50)

    def dies(step: Step, origin: str, held: Held) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Step, "hold", dies)
        with pytest.raises(KeyboardInterrupt):
            seen.add_checkpoint(story.shown(50, 60))
    seen.close()
    again = witness(tmp_path / "w", story)
    assert again.add_checkpoint(story.shown(60, 70)) == Answer(409, "50\n", SIZE)
    line = cosigns(again, story, 50, 60).body
    other = sqlite3.connect(tmp_path / "w" / FILE)
    (note,) = other.execute("SELECT note FROM cosigned WHERE size = 60").fetchone()
    other.close()
    assert note.endswith(line)


@pytest.mark.parametrize("processes", [1, 2])
def test_of_two_submissions_at_once_one_goes_on_from_what_the_other_left(
    tmp_path: Path, story: Story, processes: int
) -> None:
    """The specification's race: neither may take the other back."""
    seen = [witness(tmp_path / "w", story) for _ in range(processes)]
    old = 0
    for size in range(10, 200, 10):
        together = threading.Barrier(4)

        def show(n: int, size: int = size, old: int = old, together: threading.Barrier = together) -> Answer:
            together.wait()
            return seen[n % processes].add_checkpoint(story.shown(old, size + n))

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(show, range(4)))
        assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
        (won,) = [n for n, answer in enumerate(answers) if answer.status == 200]
        assert {answer.body for answer in answers if answer.status == 409} == {f"{size + won}\n"}
        old = size + won
    assert seen[0].standings()[ORIGIN].held == seen[-1].standings()[ORIGIN].held


def test_it_keeps_apart_from_the_record(tmp_path: Path, story: Story) -> None:
    for left in ("log.db", "keys"):
        data = tmp_path / f"of-{left}"
        data.mkdir()
        (data / left).mkdir()
        with pytest.raises(Unusable, match="witness_apart"):
            witness(data, story)
        assert not (data / FILE).exists()


@pytest.mark.parametrize("content", [b"nonsense" * 1000, b"SQLite format 3\x00" + b"\x00" * 4096])
def test_a_file_that_is_no_memory_is_left_alone(tmp_path: Path, story: Story, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(Unusable, match="no_witness"):
        witness(tmp_path, story)
    assert (tmp_path / FILE).read_bytes() == content


def test_somebody_elses_database_is_left_alone(tmp_path: Path, story: Story) -> None:
    other = sqlite3.connect(tmp_path / FILE)
    other.execute("CREATE TABLE something (else_ TEXT)")
    other.close()
    with pytest.raises(Unusable, match="no_witness"):
        witness(tmp_path, story)


def test_its_name_is_for_ever(tmp_path: Path, story: Story) -> None:
    witness(tmp_path / "w", story, name="court.example/w1").close()
    with pytest.raises(Unusable, match="witness_named"):
        witness(tmp_path / "w", story, name="another.example/w1")


# keys -----------------------------------------------------------------------------------------------------------------


def test_a_key_that_was_changed_is_followed_when_its_operator_says_so(tmp_path: Path, story: Story) -> None:
    seen, new = witness(tmp_path / "w", story), Signer.generate(ORIGIN)
    cosigns(seen, story, 0, 50)
    before = story.shown(50, 60)
    rotation = story.rotation(60, new)
    after = (story.shown(50, 70), story.shown(60, 70))
    assert statuses(seen, *after) == [403, 403], "it was told nothing"
    with pytest.raises(Unusable, match="log_key_changed"):
        seen.trust([new.verifier], [])
    seen.trust([new.verifier], [rotation])
    assert statuses(seen, after[0]) == [403], "it goes from key to key at the size at which the log did"
    assert statuses(seen, before, after[0], after[1]) == [200, 409, 200]
    seen.close()
    again = Witness(tmp_path / "w", lambda: AT)
    again.trust([new.verifier], [rotation])  # told again: the same
    cosigns(again, story, 70, 80)
    assert again.standings()[ORIGIN].keys.current == new.verifier


def test_a_new_witness_is_told_of_all_keys_at_once(tmp_path: Path, story: Story) -> None:
    first = story.shown(0, 60)
    rotations = [story.rotation(60, Signer.generate(ORIGIN)), story.rotation(60, Signer.generate(ORIGIN))]
    told = f"{story.signer.verifier}\n" + "".join(one.note for one in rotations)
    keys, changes = read_keys(told)
    seen = Witness(tmp_path / "w", lambda: AT)
    seen.trust(keys, changes)
    assert statuses(seen, story.shown(0, 70), first, story.shown(60, 70)) == [403, 200, 200]


def test_a_key_that_signed_on_after_its_end_has_told_two_stories(tmp_path: Path, story: Story) -> None:
    seen = witness(tmp_path / "w", story)
    cosigns(seen, story, 0, 50)
    cosigns(seen, story, 50, 90)
    signed = story.note(90)
    seen.trust([], [story.rotation(60, Signer.generate(ORIGIN))])
    fork = seen.standings()[ORIGIN].fork
    assert fork is not None
    assert fork.held.startswith(signed)
    assert statuses(seen, story.shown(90, 95)) == [403]


def test_a_rotation_that_says_another_root_has_told_another_story(tmp_path: Path, story: Story) -> None:
    lie, new = story.another(30).grow(60, "lie"), Signer.generate(ORIGIN)
    for n, cosigned in enumerate((50, 60)):  # the rotation is told before the checkpoint of its size, or after it
        seen = witness(tmp_path / str(n), story)
        cosigns(seen, story, 0, cosigned)
        seen.trust([], [lie.another(60).rotation(60, new)])
        if cosigned < 60:
            assert seen.standings()[ORIGIN].fork is None
            assert statuses(seen, story.shown(50, 60)) == [409]
        fork = seen.standings()[ORIGIN].fork
        assert fork is not None
        assert "/rotation\n" in fork.as_text()
        assert statuses(seen, story.shown(cosigned, 70)) == [403]
        seen.close()


@pytest.mark.parametrize("spoil", [lambda _: "nonsense", lambda s: s[:-9], lambda s: s + "\nx+y", lambda _: "\x00"])
def test_a_file_that_holds_no_keys_is_refused(story: Story, spoil: Callable[[str], str]) -> None:
    with pytest.raises(NoteRefused):
        read_keys(spoil(str(story.signer.verifier)))


def test_a_rotation_by_somebody_else_leads_nowhere(tmp_path: Path, story: Story) -> None:
    seen, thief = witness(tmp_path / "w", story), Story(Signer.generate(ORIGIN)).grow(60)
    rotation = thief.rotation(50, Signer.generate(ORIGIN))
    with pytest.raises(Unusable, match="log_key_changed"):
        seen.trust([thief.signer.verifier], [rotation])
    cosigns(seen, story, 0, 9)
