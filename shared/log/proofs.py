"""Inclusion and consistency proofs (RFC 9162 §2.1.3, §2.1.4): made from tiles, checked with roots alone.

A proof is a list of hashes in the order of the RFC.
"""

from collections.abc import Sequence

from shared.log.tree import TILE_WIDTH_BITS, TileReader, fold, node_hash, read_hashes


def inclusion_proof(tiles: TileReader, position: int, size: int) -> list[bytes]:
    """PATH(position, D[0:size]) (RFC 9162 §2.1.3.1): that the leaf at `position` is in the tree of `size`.

    Raises `ValueError` when the position is not in the tree, `TreeDamaged` when a tile is missing.
    """
    if not 0 <= position < size:
        raise ValueError("the position is not in a tree of that size")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left_width(end - start)
        if position < middle:
            path.append(_range_root(tiles, middle, end))
            end = middle
        else:
            path.append(_range_root(tiles, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(tiles: TileReader, first: int, second: int) -> list[bytes]:
    """PROOF(first, D[0:second]) (RFC 9162 §2.1.4.1): that the tree of `second` begins with that of `first`.

    Empty when the sizes are equal, or when `first` is 0: everything begins with nothing.
    Raises `ValueError` when `first` is larger than `second`, `TreeDamaged` when a tile is missing.
    """
    if not 0 <= first <= second:
        raise ValueError("the first size is larger than the second")
    if first in (0, second):
        return []
    proof: list[bytes] = []
    start, end = 0, second
    while end != first:
        middle = start + _left_width(end - start)
        if first <= middle:
            proof.append(_range_root(tiles, middle, end))
            end = middle
        else:
            proof.append(_range_root(tiles, start, middle))
            start = middle
    if start:  # otherwise the tree of `first` is itself this subtree, and the verifier has its root
        proof.append(_range_root(tiles, start, end))
    return proof[::-1]


def verify_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf hash at `position` to the root at `size` (RFC 9162 §2.1.3.2)."""
    if not 0 <= position < size:
        return False
    fn, sn, r = position, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(sibling, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def verify_consistency(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether the tree of `second` leaves begins with the tree of `first` (RFC 9162 §2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first in (0, second):
        return not proof and (first == 0 or first_root == second_root)
    return roots_of(first, second, proof, first_root) == (first_root, second_root)


def roots_of(first: int, second: int, proof: Sequence[bytes], first_root: bytes) -> tuple[bytes, bytes] | None:
    """The roots of both sizes that a consistency proof leads to (RFC 9162 §2.1.4.2), for 0 < first < second; None where
    it has not the shape of one.

    A proof that leads to a signed root says what the root of the first size is in that tree: where that is another than
    the one that was signed for it, the log has told two stories. Where `first` is a power of two the proof leaves its
    root out, and `first_root` is taken for it.
    """
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    if not proof:
        return None
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for hash_ in proof[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            fr, sr = node_hash(hash_, fr), node_hash(hash_, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, hash_)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr) if sn == 0 else None


def _left_width(width: int) -> int:
    """The largest power of two smaller than `width`: where the RFC splits a tree."""
    return 1 << (width - 1).bit_length() - 1


def _range_root(tiles: TileReader, start: int, end: int) -> bytes:
    """MTH(D[start:end]) of a range as the RFC splits: `start` is a multiple of its rounded-up width."""
    width = end - start
    if width & (width - 1) == 0:
        height = width.bit_length() - 1
        level, within = divmod(height, TILE_WIDTH_BITS)
        return fold(read_hashes(tiles, level, start >> TILE_WIDTH_BITS * level, 1 << within), within)
    middle = start + _left_width(width)
    return node_hash(_range_root(tiles, start, middle), _range_root(tiles, middle, end))
