"""The Merkle tree of a log (RFC 9162 §2.1), kept as tiles.

A tile is a run of up to 256 hashes of one level. Level 0 holds leaf hashes; an entry of level L+1 is the
root of one full tile of level L, so it stands for 256^(L+1) leaves. Only the last tile of a level is partial,
and it is stored too. A tile only ever grows at its end: the tiles of a large tree also hold every smaller
tree, so that the root and the proofs of any size come from a few tiles, without reading the log.

Hashes travel as `bytes` of 32, runs of hashes as their concatenation.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final, Protocol

HASH_BYTES: Final = 32
TILE_WIDTH_BITS: Final = 8
TILE_HASHES: Final = 1 << TILE_WIDTH_BITS
TILE_BYTES: Final = TILE_HASHES * HASH_BYTES

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162 §2.1.1)."""


class TreeDamaged(Exception):
    """A stored tile is missing or shorter than the size of the tree asks for."""


class TileReader(Protocol):
    """Where tiles are kept."""

    def read(self, level: int, index: int) -> bytes:
        """The hashes of one tile, as many as are stored; empty when there is no such tile."""
        ...


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry) (RFC 9162 §2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: bytes, levels: int) -> bytes:
    """Hash neighbours together, `levels` times over. The number of hashes is a multiple of 2^levels."""
    pair = 2 * HASH_BYTES
    for _ in range(levels):
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)])
    return hashes


class Frontier:
    """The right edge of a tree: the open tile of each level, from which the tree grows and its root is known.

    Holds at most 255 hashes a level, whatever the size of the tree.
    """

    def __init__(self, size: int = 0, edge: list[bytes] | None = None) -> None:
        self.size = size
        """Leaves in the tree."""
        self._edge = edge or []  # by level: the hashes of its open tile

    @classmethod
    def at(cls, tiles: TileReader, size: int) -> "Frontier":
        """The edge that the tree had when it held `size` leaves. Raises `TreeDamaged`."""
        edge = []
        for level in range(levels_of(size)):
            index, width = divmod(entries_of(level, size), TILE_HASHES)
            edge.append(read_hashes(tiles, level, index * TILE_HASHES, width) if width else b"")
        return cls(size, edge)

    def extend(self, leaves: bytes) -> dict[tuple[int, int], bytes]:
        """Add leaf hashes in order; returns the tiles that came or grew, by (level, index)."""
        grown: dict[tuple[int, int], bytes] = {}
        first, self.size = self.size, self.size + len(leaves) // HASH_BYTES
        level, added = 0, leaves
        while added:
            if level == len(self._edge):
                self._edge.append(b"")
            run = self._edge[level] + added
            index = entries_of(level, first) // TILE_HASHES
            for at in range(0, len(run), TILE_BYTES):
                grown[level, index + at // TILE_BYTES] = run[at : at + TILE_BYTES]
            full = len(run) - len(run) % TILE_BYTES
            self._edge[level] = run[full:]
            level, added = level + 1, fold(run[:full], TILE_WIDTH_BITS)
        return grown

    def read(self, page: Iterable[tuple[int, bytes]]) -> None:
        """Add the next events, as a log stores them: positions and bytes."""
        self.extend(b"".join([leaf_hash(data) for _, data in page]))

    def root(self) -> bytes:
        """The tree's head (RFC 9162 §2.1.1): the complete subtrees of the edge, joined from right to left."""
        root = b""
        for hashes in self._edge:
            for subtree in _complete_subtrees(hashes):
                root = node_hash(subtree, root) if root else subtree
        return root or EMPTY_ROOT


def _complete_subtrees(hashes: bytes) -> Iterator[bytes]:
    """The roots of the largest complete subtrees that an open tile is made of, from right to left."""
    end = len(hashes) // HASH_BYTES
    while end:
        width = end & -end
        start = end - width
        yield fold(hashes[start * HASH_BYTES : end * HASH_BYTES], width.bit_length() - 1)
        end = start


def entries_of(level: int, size: int) -> int:
    """How many hashes a level holds in a tree of `size` leaves: only complete subtrees count."""
    return size >> (TILE_WIDTH_BITS * level)


def levels_of(size: int) -> int:
    """How many levels of tiles a tree of `size` leaves has."""
    return -(-size.bit_length() // TILE_WIDTH_BITS)


def read_hashes(tiles: TileReader, level: int, first: int, count: int) -> bytes:
    """`count` neighbouring hashes of a level, which do not cross a tile. Raises `TreeDamaged`."""
    index, offset = divmod(first, TILE_HASHES)
    hashes = tiles.read(level, index)[offset * HASH_BYTES : (offset + count) * HASH_BYTES]
    if len(hashes) != count * HASH_BYTES:
        raise TreeDamaged(f"tile {level}/{index} holds less than the tree needs")
    return hashes


def root_of(tiles: TileReader, size: int) -> bytes:
    """The root that the tree had at `size`. Raises `TreeDamaged`."""
    return Frontier.at(tiles, size).root()
