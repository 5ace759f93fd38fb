"""Proofs under a verifier that is not this code's: RFC 9162 §2.1.3.2 and §2.1.4.2, step by step as the text has them.

And a checkpoint that was published by others opens, with the product and with the bundle's script.
"""

import os
import random
from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from sqlalchemy import Engine, insert

from shared.log import sealer
from shared.log.database import sqlite_engine
from shared.log.note import Checkpoint, NoteRefused, Signer, Verifier, open_note, sign
from shared.log.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from shared.log.sealer import StoredTiles
from shared.log.tables import METADATA
from shared.log.tree import Frontier, TileReader, root_of
from shared.log.tree_tables import checkpoints, tiles
from tests.audit.bundles import verify as script
from tests.examples import examples

LARGE = 1_000_003
LOG = "410105010"


def leaf_at(position: int) -> bytes:
    return sha256(b"\x00" + b"an invented event %d" % position).digest()


# RFC 9162, written down as it stands ----------------------------------------------------------------------------------


def HASH(data: bytes) -> bytes:
    return sha256(data).digest()


def lsb(number: int) -> bool:
    """Whether the least significant bit is set."""
    return number % 2 == 1


def rfc_inclusion(
    hash: bytes, leaf_index: int, tree_size: int, inclusion_path: Sequence[bytes], root_hash: bytes
) -> bool:
    """§2.1.3.2, Verifying an Inclusion Proof."""
    # 1. Compare leaf_index from the inclusion_proof_v2 structure against tree_size. If leaf_index is greater than or
    #    equal to tree_size, then fail the proof verification.
    if leaf_index >= tree_size:
        return False
    # 2. Set fn to leaf_index and sn to tree_size - 1.
    fn, sn = leaf_index, tree_size - 1
    # 3. Set r to hash.
    r = hash
    # 4. For each value p in the inclusion_path array:
    for p in inclusion_path:
        # a. If sn is 0, then stop the iteration and fail the proof verification.
        if sn == 0:
            return False
        # b. If LSB(fn) is set, or if fn is equal to sn, then:
        if lsb(fn) or fn == sn:
            # i. Set r to HASH(0x01 || p || r).
            r = HASH(b"\x01" + p + r)
            # ii. If LSB(fn) is not set, then right-shift both fn and sn equally until either LSB(fn) is set or fn is 0.
            if not lsb(fn):
                while True:
                    fn, sn = fn // 2, sn // 2
                    if lsb(fn) or fn == 0:
                        break
        # Otherwise: i. Set r to HASH(0x01 || r || p).
        else:
            r = HASH(b"\x01" + r + p)
        # c. Finally, right-shift both fn and sn one time.
        fn, sn = fn // 2, sn // 2
    # 5. Compare sn to 0. Compare r against the root_hash. If sn is equal to 0 and r and the root_hash are equal, then
    #    the log has proven the inclusion of hash. Otherwise, fail the proof verification.
    return sn == 0 and r == root_hash


def rfc_consistency(
    first: int, first_hash: bytes, second: int, second_hash: bytes, consistency_path: Sequence[bytes]
) -> bool:
    """§2.1.4.2, Verifying Consistency between Two Tree Heads; 0 < first < second."""
    # 1. If consistency_path is an empty array, stop and fail the proof verification.
    if not consistency_path:
        return False
    path = list(consistency_path)
    # 2. If first is an exact power of 2, then prepend first_hash to the consistency_path array.
    if bin(first).count("1") == 1:
        path.insert(0, first_hash)
    # 3. Set fn to first - 1 and sn to second - 1.
    fn, sn = first - 1, second - 1
    # 4. If LSB(fn) is set, then right-shift both fn and sn equally until LSB(fn) is not set.
    while lsb(fn):
        fn, sn = fn // 2, sn // 2
    # 5. Set both fr and sr to the first value in the consistency_path array.
    fr = sr = path[0]
    # 6. For each subsequent value c in the consistency_path array:
    for c in path[1:]:
        # a. If sn is 0, then stop the iteration and fail the proof verification.
        if sn == 0:
            return False
        # b. If LSB(fn) is set, or if fn is equal to sn, then:
        if lsb(fn) or fn == sn:
            # i. Set fr to HASH(0x01 || c || fr).
            fr = HASH(b"\x01" + c + fr)
            # ii. Set sr to HASH(0x01 || c || sr).
            sr = HASH(b"\x01" + c + sr)
            # iii. If LSB(fn) is not set, then right-shift both fn and sn equally until either LSB(fn) is set or fn is
            #      0.
            if not lsb(fn):
                while True:
                    fn, sn = fn // 2, sn // 2
                    if lsb(fn) or fn == 0:
                        break
        # Otherwise: i. Set sr to HASH(0x01 || sr || c).
        else:
            sr = HASH(b"\x01" + sr + c)
        # c. Finally, right-shift both fn and sn one time.
        fn, sn = fn // 2, sn // 2
    # 7. After completing iterating through the consistency_path array as described above, verify that the fr calculated
    #    is equal to the first_hash supplied, that the sr calculated is equal to the second_hash supplied, and that sn
    #    is 0.
    return fr == first_hash and sr == second_hash and sn == 0


# every proof of small trees -------------------------------------------------------------------------------------------


class InMemory:
    """Tiles in memory."""

    def __init__(self, stored: dict[tuple[int, int], bytes]) -> None:
        self._stored = stored

    def read(self, level: int, index: int) -> bytes:
        return self._stored.get((level, index), b"")


@pytest.fixture(scope="module")
def small() -> tuple[InMemory, list[bytes]]:
    """The tiles of a tree of 256 events, and its roots by size."""
    stored: dict[tuple[int, int], bytes] = {}
    frontier, roots = Frontier(), [sha256(b"").digest()]
    for position in range(256):
        stored |= frontier.extend(leaf_at(position))
        roots.append(frontier.root())
    return InMemory(stored), roots


LONG = bool(os.environ.get("SANGUAN_TEST_LONG"))
SIZES = range(1, 257) if LONG else [*range(1, 34), *range(40, 257, 9), 127, 128, 129, 256]
"""All; on a push some of the larger ones."""


def test_every_inclusion_proof_up_to_256(small: tuple[InMemory, list[bytes]]) -> None:
    stored, roots = small
    leaves = [leaf_at(position) for position in range(256)]
    for size in SIZES:
        for position in range(size):
            proof = inclusion_proof(stored, position, size)
            assert rfc_inclusion(leaves[position], position, size, proof, roots[size])


def test_every_consistency_proof_up_to_256(small: tuple[InMemory, list[bytes]]) -> None:
    stored, roots = small
    for second in SIZES:
        for first in range(1, second):
            proof = consistency_proof(stored, first, second)
            assert rfc_consistency(first, roots[first], second, roots[second], proof)


def test_both_verifiers_refuse_the_same(small: tuple[InMemory, list[bytes]]) -> None:
    stored, roots = small
    draw = random.Random(9162)
    for _ in range(examples(2_000)):
        size = draw.randrange(2, 257)
        at = draw.randrange(size)
        proof = spoilt(draw, inclusion_proof(stored, at, size))
        given = draw.choice([at, (at + 1) % size]), draw.choice([size, size - 1, size + 1])
        assert rfc_inclusion(leaf_at(at), *given, proof, roots[size]) == verify_inclusion(
            leaf_at(at), *given, proof, roots[size]
        )
        first = draw.randrange(1, size)
        proof = spoilt(draw, consistency_proof(stored, first, size))
        old, new = (roots[draw.choice([one, one, draw.randrange(257)])] for one in (first, size))
        assert rfc_consistency(first, old, size, new, proof) == verify_consistency(first, size, proof, old, new)


def spoilt(draw: random.Random, proof: list[bytes]) -> list[bytes]:
    """A proof, as it is or altered in one place."""
    at = draw.randrange(len(proof))
    other = HASH(b"another")
    return draw.choice(
        [proof, proof, proof[:-1], proof[1:], [*proof, other], [other, *proof], [*proof[:at], other, *proof[at + 1 :]],
         proof[::-1], []]
    )  # fmt: skip


# a large tree, from what is stored of it ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database that holds the tiles and the checkpoint of a million events, and not one of the events."""
    engine = sqlite_engine(tmp_path_factory.mktemp("large") / "log.db")
    METADATA.create_all(engine)
    frontier, rows = Frontier(), dict[tuple[int, int], bytes]()
    for start in range(0, LARGE, 65_536):
        rows |= frontier.extend(b"".join([leaf_at(one) for one in range(start, min(start + 65_536, LARGE))]))
    note = sign(Checkpoint("sanguan/" + LOG, LARGE, frontier.root()).text(), Signer.generate("sanguan/" + LOG))
    row = {"log": LOG, "size": LARGE, "previous": 0, "root": frontier.root(), "note": note, "signed_at": 0}
    with engine.begin() as connection:
        connection.execute(insert(checkpoints), [row])
        connection.execute(
            insert(tiles), [{"log": LOG, "level": at[0], "index": at[1], "hashes": one} for at, one in rows.items()]
        )
    yield engine
    engine.dispose()


def sizes(draw: random.Random) -> int:
    """Any size, often one at an edge of a tile or of a level."""
    near = draw.choice([256, 65_536, 131_072, 524_288, 999_936, LARGE]) + draw.randrange(-2, 3)
    return min(max(2, draw.choice([near, draw.randrange(2, LARGE)])), LARGE)


def test_random_proofs_of_a_million_events(large: Engine) -> None:
    """From the stored subtree hashes alone: there are no events to be scanned."""
    draw = random.Random(1_000_003)
    with large.connect() as connection:
        stored: TileReader = StoredTiles(connection, LOG)
        for _ in range(examples(2_000) // (1 if LONG else 5)):
            size = sizes(draw)
            position, first = draw.randrange(size), draw.randrange(1, size)
            root = root_of(stored, size)
            proof = inclusion_proof(stored, position, size)
            assert rfc_inclusion(leaf_at(position), position, size, proof, root)
            assert not rfc_inclusion(leaf_at(position + 1), position, size, proof, root)
            proof = consistency_proof(stored, first, size)
            assert rfc_consistency(first, root_of(stored, first), size, root, proof)


def test_a_proof_reads_few_tiles(large: Engine) -> None:
    """However large the tree is: those on the way from the leaf to the root."""
    draw = random.Random(0)
    with large.connect() as connection:
        for _ in range(50):
            size = sizes(draw)
            counted = Reads(StoredTiles(connection, LOG))
            inclusion_proof(counted, draw.randrange(size), size)
            assert len(counted.tiles) <= 9, "at most three levels, and a few neighbours on each"
            counted = Reads(StoredTiles(connection, LOG))
            consistency_proof(counted, draw.randrange(1, size), size)
            assert len(counted.tiles) <= 9
    assert len(sealer.inclusion(large, LOG, 5, LARGE)) == 20
    assert len(sealer.consistency(large, LOG, 5, LARGE)) <= 22


class Reads:
    """Which tiles were read."""

    def __init__(self, stored: TileReader) -> None:
        self._stored = stored
        self.tiles: set[tuple[int, int]] = set()

    def read(self, level: int, index: int) -> bytes:
        self.tiles.add((level, index))
        return self._stored.read(level, index)


# notes that others published ------------------------------------------------------------------------------------------

# Go's checksum database: its key, as the go command has it, and checkpoints that it has signed (C2SP tlog-checkpoint).
THREE_LINES = r"(.+)\n(.+)\n(.+)\n"
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_NOTES = (
    "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n"
    "— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n",
    "go.sum database tree\n756113\nk9nFMBuXq8uk+9SQNxs/Vadri2XDkaoo96u4uMa0qE0=\n\n"
    "— sum.golang.org Az3grgIHxiDLRpsKUElIX5vJMlFS79SqfQDSgHQmON922lNdJ5zxF8SSPPcah3jhIkpG8LSKNaWXiy7IldOSDCt4Pwk=\n",
    # with the signature of a witness whose key we do not know
    "go.sum database tree\n15067302\ngJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=\n\n"
    "— sum.golang.org Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=\n"
    "— test.example.com qTGhC/xIPQ0AXKHK6Y+9ypRfuvMZWPjRXM8NiOg5M1WREn07VQXyuIXM3NRNav3ieVFLUqDRK77PWDmL6w8w84UqeAw=\n",
)


@pytest.mark.parametrize("note", GO_NOTES)
def test_a_checkpoint_that_was_published_opens(note: str) -> None:
    key = Verifier.parse(GO_KEY)
    assert str(key) == GO_KEY
    opened = open_note(note, [key])
    checkpoint = Checkpoint.parse(opened.text)
    lines = note.split("\n")
    assert (checkpoint.origin, checkpoint.size) == (lines[0], int(lines[1]))
    opened = script.Note(note.encode(), "a note", THREE_LINES)
    opened.signed(script.key_of(GO_KEY))
    assert [*opened.said] == lines[:3]
    for altered in (
        note.replace(lines[1], lines[1][::-1]),
        note.replace("Az3gr", "Az3gs", 1),
        note.replace("— s", "— t"),
    ):
        with pytest.raises(NoteRefused):
            open_note(altered, [key])
        with pytest.raises(script.Found):
            script.Note(altered.encode(), "a note", THREE_LINES).signed(script.key_of(GO_KEY))


# Ed25519 as the script computes it: RFC 8032 §7.1 ---------------------------------------------------------------------

RFC_8032 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_scripts_ed25519_takes_what_the_rfc_signs(public: str, message: str, signature: str) -> None:
    key, said, value = (bytes.fromhex(one) for one in (public, message, signature))
    assert script.fits(key, said, value)
    assert not script.fits(key, said + b"x", value)
    assert not script.fits(key, said, value[:-1])
    assert not script.fits(key, said, value + b"\x00")
    larger = int.from_bytes(value[32:], "little") + script.ORDER  # the same point by another number
    assert not script.fits(key, said, value[:32] + larger.to_bytes(32, "little"))
    for bit in range(0, 512, 37):
        spoilt = bytearray(value)
        spoilt[bit // 8] ^= 1 << bit % 8
        assert not script.fits(key, said, bytes(spoilt))
    for bit in range(0, 256, 37):
        other = bytearray(key)
        other[bit // 8] ^= 1 << bit % 8
        assert not script.fits(bytes(other), said, value)


def test_the_scripts_ed25519_agrees_with_openssls() -> None:
    draw = random.Random(8032)
    for _ in range(examples(100)):
        signer = Signer("a", draw.randbytes(32))
        text = draw.randbytes(draw.randrange(200)).hex() + "\n"
        line = script.plain(signer.signature_line(text).split(" ")[2].strip())
        spoilt = bytearray(line[4:])
        if draw.random() < 0.5:
            spoilt[draw.randrange(64)] ^= 1 << draw.randrange(8)
        expected = signer.verifier.verifies(text, bytes(spoilt))
        assert script.fits(signer.verifier.public, text.encode(), bytes(spoilt)) == expected
    for encoded in ("01" + "00" * 31, "00" * 32, "ff" * 32, "ed" + "ff" * 30 + "7f", "02" + "00" * 31):
        signature = bytes.fromhex(encoded) + bytes(32)
        key = Verifier("a", signer.verifier.public)
        assert script.fits(key.public, b"x\n", signature) == key.verifies("x\n", signature)
