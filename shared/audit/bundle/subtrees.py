"""Ranges of leaves as the largest complete subtrees that they consist of (RFC 9162 §2.1, whose trees split so).

By the roots of those left and right of a range, the root of the whole tree is computed from the range's own leaves: a
proof of as many hashes as an inclusion proof has, for any number of neighbouring events.
"""

from collections.abc import Iterable, Iterator

from shared.log.tree import EMPTY_ROOT, HASH_BYTES, TILE_WIDTH_BITS, TileReader, fold, node_hash, read_hashes


def pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest complete subtrees from leaf `start` up to `end`, from left to right: the first leaf, the height."""
    while start < end:
        height = min((end - start).bit_length(), (start & -start or end).bit_length()) - 1
        yield start, height
        start += 1 << height


def roots_between(tiles: TileReader, start: int, end: int) -> tuple[bytes, ...]:
    """Their roots, from tiles. Raises `TreeDamaged`."""
    return tuple(_root(tiles, *piece) for piece in pieces(start, end))


def _root(tiles: TileReader, start: int, height: int) -> bytes:
    level, within = divmod(height, TILE_WIDTH_BITS)
    return fold(read_hashes(tiles, level, start >> TILE_WIDTH_BITS * level, 1 << within), within)


class Growing:
    """A tree that grows at its end, by leaves or by roots of complete subtrees: one hash for each bit of its size."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # by height; empty where the size has no such bit

    def fill(self, roots: Iterable[bytes], upto: int) -> bool:
        """Grow up to a size by the roots of the subtrees on the way; whether they were as many as that takes."""
        way = list(pieces(self.size, upto))
        given = list(roots)
        for (_, height), root in zip(way, given, strict=False):
            self._put(height, root)
        return len(way) == len(given)

    def extend(self, leaves: bytes) -> None:
        """Add leaf hashes in order."""
        first = self.size
        for start, height in pieces(first, first + len(leaves) // HASH_BYTES):
            run = leaves[(start - first) * HASH_BYTES : (start - first + (1 << height)) * HASH_BYTES]
            self._put(height, fold(run, height))

    def root(self) -> bytes:
        """The root over all leaves."""
        root = b""
        for whole in self._whole:
            if whole:
                root = node_hash(whole, root) if root else whole
        return root or EMPTY_ROOT

    def _put(self, height: int, root: bytes) -> None:
        self.size += 1 << height
        while height < len(self._whole) and self._whole[height]:
            root, self._whole[height] = node_hash(self._whole[height], root), b""
            height += 1
        self._whole += [b""] * (height + 1 - len(self._whole))
        self._whole[height] = root
