"""A tree of hashes over a list that only grows, after RFC 6962, section 2.1.

The root tells the whole list. Appending needs only the roots of the full subtrees, one for
each bit of the size; a proof of `inclusion` or `consistency` shows that one leaf, or a
shorter list, is part of what a root tells, to somebody who holds nothing but the roots.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_SIZE = 32
EMPTY = hashlib.sha256(b"").digest()
"""Root of the empty list."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf; the first byte keeps leaves and nodes apart."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontier:
    """What has to be kept of a tree to go on growing it.

    Parameters
    ----------
    size
        Number of leaves.
    roots
        Root of each full subtree, the largest and leftmost first: one for each bit that is
        set in `size`, 32 bytes each.
    """

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def grown(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier after these leaf hashes were appended.

        Examples
        --------
        >>> Frontier().grown([leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")]).size
        3
        """
        size, roots = self.size, list(self.roots)
        for leaf in leaves:
            joined, rest = leaf, size
            while rest & 1:
                joined = node_hash(roots.pop(), joined)
                rest >>= 1
            roots.append(joined)
            size += 1
        return Frontier(size=size, roots=tuple(roots))

    @property
    def root(self) -> bytes:
        """The tree head: 32 bytes that tell the whole list."""
        if not self.roots:
            return EMPTY
        *rest, joined = self.roots
        for left in reversed(rest):
            joined = node_hash(left, joined)
        return joined


def root(leaves: Sequence[bytes]) -> bytes:
    """Root over all these leaf hashes."""
    return Frontier().grown(leaves).root


def inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Proof that leaf number `index`, counted from 0, is in the tree of these leaf hashes.

    RFC 6962, section 2.1.1: the sibling of each node on the way up.
    """
    if not 0 <= index < len(leaves):
        raise ValueError("there is no such leaf")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low = middle
    return tuple(reversed(path))


def includes(
    leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root_hash: bytes
) -> bool:
    """Whether a proof of `inclusion` holds for a leaf hash under a root."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    joined = leaf
    for sibling in path:
        if not last:
            return False
        if at & 1 or at == last:
            joined = node_hash(sibling, joined)
            while at and not at & 1:  # a last node without a sibling rises by itself
                at, last = at >> 1, last >> 1
        else:
            joined = node_hash(joined, sibling)
        at, last = at >> 1, last >> 1
    return not last and joined == root_hash


def consistency(leaves: Sequence[bytes], earlier: int) -> tuple[bytes, ...]:
    """Proof that the first `earlier` of these leaf hashes are the beginning of them all.

    RFC 6962, section 2.1.2. Empty if `earlier` is 0 or all of them.
    """
    if not 0 <= earlier <= len(leaves):
        raise ValueError("there were never so many leaves")
    if earlier in (0, len(leaves)):
        return ()
    path: list[bytes] = []
    low, high = 0, len(leaves)
    whole = True  # whether the subtree we are in begins at 0, so that its root is known
    while high - low != earlier - low:
        middle = low + _split(high - low)
        if earlier <= middle:
            path.append(root(leaves[middle:high]))
            high = middle
        else:
            path.append(root(leaves[low:middle]))
            low, whole = middle, False
    if not whole:
        path.append(root(leaves[low:high]))
    return tuple(reversed(path))


def extends(
    earlier: int,
    earlier_root: bytes,
    *,
    size: int,
    root_hash: bytes,
    path: Sequence[bytes],
) -> bool:
    """Whether a proof of `consistency` holds between two roots."""
    if not 0 <= earlier <= size:
        return False
    if earlier == size:
        return not path and earlier_root == root_hash
    if earlier == 0:
        return not path and earlier_root == EMPTY
    at, last = earlier - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    rest = list(path)
    if at:
        if not rest:
            return False
        old = new = rest.pop(0)
    else:
        old = new = earlier_root
    for sibling in rest:
        if not last:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return not last and old == earlier_root and new == root_hash


def _split(size: int) -> int:
    """The largest power of two below `size`: where the tree parts into left and right."""
    return 1 << ((size - 1).bit_length() - 1)
