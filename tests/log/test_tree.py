"""The tree against an independent, recursive, slow reading of RFC 9162 §2.1, which judges everything."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.log.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from shared.log.tree import EMPTY_ROOT, TILE_BYTES, Frontier, TreeDamaged, leaf_hash, node_hash, root_of

EXHAUSTIVE = 130


class Tiles:
    """Tiles in memory."""

    def __init__(self) -> None:
        self.stored: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        return self.stored.get((level, index), b"")

    @classmethod
    def of(cls, leaves: Sequence[bytes], steps: Sequence[int] = ()) -> "Tiles":
        tiles, frontier = cls(), Frontier()
        for size in [*sorted(steps), len(leaves)]:
            if frontier.size < size:
                tiles.stored |= frontier.extend(b"".join(leaves[frontier.size : size]))
        return tiles


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"entry %d" % number) for number in range(count)]


# RFC 9162 §2.1, written down as it stands.


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: Sequence[bytes]) -> bytes:
    if not d:
        return sha256().digest()
    if len(d) == 1:
        return d[0]
    k = split(len(d))
    return sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: Sequence[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = split(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: Sequence[bytes], b: bool) -> list[bytes]:
    if m == len(d):
        return [] if b else [mth(d)]
    k = split(len(d))
    if m <= k:
        return [*subproof(m, d[:k], b), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def root_from_path(leaf: bytes, m: int, n: int, proof: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to, by the recursion that made it."""
    if n == 1:
        assert not proof
        return leaf
    k, last = split(n), proof[-1]
    if m < k:
        return sha256(b"\x01" + root_from_path(leaf, m, k, proof[:-1]) + last).digest()
    return sha256(b"\x01" + last + root_from_path(leaf, m - k, n - k, proof[:-1])).digest()


def roots_from_subproof(m: int, n: int, proof: list[bytes], b: bool, known: bytes) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to, by the recursion that made it."""
    if m == n:
        if b:
            assert not proof
            return known, known
        (only,) = proof
        return only, only
    k, last = split(n), proof[-1]
    if m <= k:
        old, new = roots_from_subproof(m, k, proof[:-1], b, known)
        return old, sha256(b"\x01" + new + last).digest()
    old, new = roots_from_subproof(m - k, n - k, proof[:-1], False, known)
    return sha256(b"\x01" + last + old).digest(), sha256(b"\x01" + last + new).digest()


# Published values: certificate-transparency's test data, used by every implementation of the RFC.
PUBLISHED_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PUBLISHED_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_published_roots() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == sha256(b"").digest()
    for entry, root in zip(PUBLISHED_ENTRIES, PUBLISHED_ROOTS, strict=True):
        frontier.extend(leaf_hash(entry))
        assert frontier.root().hex() == root


def test_published_consistency_proof() -> None:
    tiles = Tiles.of([leaf_hash(entry) for entry in PUBLISHED_ENTRIES])
    assert [hash_.hex() for hash_ in consistency_proof(tiles, 6, 8)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_every_root_and_inclusion_proof_up_to_130() -> None:
    all_leaves = leaves(EXHAUSTIVE)
    tiles = Tiles.of(all_leaves)  # the tiles of the largest tree serve every smaller one
    for size in range(1, EXHAUSTIVE + 1):
        root = mth(all_leaves[:size])
        assert root_of(tiles, size) == root
        for position in range(size):
            proof = inclusion_proof(tiles, position, size)
            assert root_from_path(all_leaves[position], position, size, proof) == root
            assert verify_inclusion(all_leaves[position], position, size, proof, root)
        assert inclusion_proof(tiles, size // 3, size) == path(size // 3, all_leaves[:size])


def test_every_consistency_proof_up_to_130() -> None:
    all_leaves = leaves(EXHAUSTIVE)
    tiles = Tiles.of(all_leaves)
    roots = [mth(all_leaves[:size]) for size in range(EXHAUSTIVE + 1)]
    for second in range(1, EXHAUSTIVE + 1):
        for first in range(1, second + 1):
            proof = consistency_proof(tiles, first, second)
            old, new = roots_from_subproof(first, second, proof, True, roots[first])
            assert (old, new) == (roots[first], roots[second])
            assert verify_consistency(first, second, proof, roots[first], roots[second])
        half = (second + 1) // 2
        assert consistency_proof(tiles, half, second) == subproof(half, all_leaves[:second], True)


@st.composite
def grown_trees(draw: st.DrawFn) -> tuple[int, list[int]]:
    """A size around the edges of tiles and of levels, and the sizes at which the tree was extended before."""
    near = st.sampled_from([255, 256, 257, 511, 512, 768, 65_535, 65_536, 65_537, 65_792, 66_048])
    size = draw(near | st.integers(131, 3000))
    return size, draw(st.lists(st.integers(0, size), max_size=6))


@settings(deadline=None, max_examples=60)
@given(grown_trees(), st.data())
def test_larger_trees(tree: tuple[int, list[int]], data: st.DataObject) -> None:
    largest, steps = tree
    all_leaves = leaves(largest)
    tiles = Tiles.of(all_leaves, steps)
    size = data.draw(st.sampled_from([largest, *[step for step in steps if step]]) | st.integers(1, largest))
    root = mth(all_leaves[:size])
    assert root_of(tiles, size) == root
    position = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(tiles, position, size)
    assert root_from_path(all_leaves[position], position, size, proof) == root
    assert verify_inclusion(all_leaves[position], position, size, proof, root)
    first = data.draw(st.integers(1, size))
    proof = consistency_proof(tiles, first, size)
    old = mth(all_leaves[:first])
    assert roots_from_subproof(first, size, proof, True, old) == (old, root)
    assert verify_consistency(first, size, proof, old, root)


@settings(deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_the_way_it_grew_does_not_matter(pieces: list[int]) -> None:
    all_leaves = leaves(sum(pieces))
    grown, frontier, size = Tiles(), Frontier(), 0
    for piece in pieces:
        frontier = Frontier.at(grown, size)  # as after a restart
        grown.stored |= frontier.extend(b"".join(all_leaves[size : size + piece]))
        size += piece
    at_once = Frontier()
    assert grown.stored == at_once.extend(b"".join(all_leaves))
    assert frontier.root() == at_once.root()
    assert all(len(hashes) <= TILE_BYTES for hashes in grown.stored.values())


@settings(deadline=None)
@given(st.integers(2, 600), st.data())
def test_no_other_proof_is_taken(size: int, data: st.DataObject) -> None:
    all_leaves = leaves(size)
    tiles, root = Tiles.of(all_leaves), mth(all_leaves)
    position = data.draw(st.integers(0, size - 1))
    leaf, proof = all_leaves[position], inclusion_proof(tiles, position, size)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != position))
    assert not verify_inclusion(all_leaves[other], position, size, proof, root)
    assert not verify_inclusion(leaf, other, size, proof, root)
    assert not verify_inclusion(leaf, position, size, proof[:-1], root)
    assert not verify_inclusion(leaf, position, size, [*proof, root], root)
    assert not verify_inclusion(leaf, size, size, proof, root)
    at = data.draw(st.integers(0, len(proof) - 1))
    assert not verify_inclusion(leaf, position, size, [*proof[:at], root, *proof[at + 1 :]], root)

    first = data.draw(st.integers(1, size - 1))
    old, proof = mth(all_leaves[:first]), consistency_proof(tiles, first, size)
    assert not verify_consistency(first, size, proof, root, root)
    assert not verify_consistency(first, size, proof, old, old)
    assert not verify_consistency(first, size, proof[:-1], old, root)
    assert not verify_consistency(first, size, [*proof, root], old, root)
    assert not verify_consistency(size, first, proof, old, root)
    at = data.draw(st.integers(0, len(proof) - 1))
    assert not verify_consistency(first, size, [*proof[:at], leaf_hash(b""), *proof[at + 1 :]], old, root)


def test_the_edges_of_consistency() -> None:
    tiles, root = Tiles.of(leaves(5)), mth(leaves(5))
    assert consistency_proof(tiles, 0, 5) == consistency_proof(tiles, 5, 5) == []
    assert verify_consistency(0, 5, [], EMPTY_ROOT, root)
    assert not verify_consistency(0, 5, [root], EMPTY_ROOT, root)
    assert verify_consistency(5, 5, [], root, root)
    assert not verify_consistency(5, 5, [], EMPTY_ROOT, root)
    with pytest.raises(ValueError, match="larger"):
        consistency_proof(tiles, 6, 5)
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(tiles, 5, 5)


def test_a_missing_or_short_tile_is_said_and_not_guessed() -> None:
    all_leaves = leaves(300)
    tiles = Tiles.of(all_leaves)
    tiles.stored[0, 1] = tiles.stored[0, 1][:-1]
    with pytest.raises(TreeDamaged, match="0/1"):
        root_of(tiles, 300)
    assert root_of(tiles, 299) == mth(all_leaves[:299])
    del tiles.stored[1, 0]
    with pytest.raises(TreeDamaged, match="1/0"):
        inclusion_proof(tiles, 290, 299)


def test_a_leaf_is_not_a_node() -> None:
    left, right = leaves(2)
    assert leaf_hash(left + right) != node_hash(left, right)
