"""The growing tree and its proofs against the definition of RFC 6962, word for word."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.register import merkle

LEAVES = st.lists(st.binary(max_size=4), max_size=40)


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    both = defined_root(leaves[:k]) + defined_root(leaves[k:])
    return hashlib.sha256(b"\x01" + both).digest()


def defined_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return [*defined_path(index, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(index - k, leaves[k:]), defined_root(leaves[:k])]


def defined_proof(earlier: int, leaves: list[bytes], known: bool = True) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if earlier == len(leaves):
        return [] if known else [defined_root(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if earlier <= k:
        return [*defined_proof(earlier, leaves[:k], known), defined_root(leaves[k:])]
    return [*defined_proof(earlier - k, leaves[k:], False), defined_root(leaves[:k])]


def hashes(leaves: list[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(leaf) for leaf in leaves]


@settings(deadline=None)
@given(LEAVES, st.integers(0, 40))
def test_growing_in_two_steps_gives_the_defined_root(leaves: list[bytes], cut: int) -> None:
    grown = merkle.Frontier().grown(hashes(leaves[:cut])).grown(hashes(leaves[cut:]))
    assert grown.root == defined_root(leaves)
    assert grown.size == len(leaves)
    assert len(grown.roots) == len(leaves).bit_count()
    assert merkle.root(hashes(leaves)) == defined_root(leaves)


@settings(deadline=None)
@given(LEAVES.filter(bool), st.data())
def test_inclusion_is_as_defined_and_holds_nowhere_else(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    all_hashes = hashes(leaves)
    path = merkle.inclusion(all_hashes, index)
    assert list(path) == defined_path(index, leaves)
    root = defined_root(leaves)

    def holds(leaf: bytes, at: int, size: int, way: tuple[bytes, ...], top: bytes) -> bool:
        return merkle.includes(leaf, index=at, size=size, path=way, root_hash=top)

    leaf = all_hashes[index]
    assert holds(leaf, index, len(leaves), path, root)
    assert not holds(merkle.leaf_hash(leaf), index, len(leaves), path, root)
    assert not holds(leaf, index, len(leaves), (*path, leaf), root)
    assert not holds(leaf, index, len(leaves), path, merkle.leaf_hash(root))
    assert not holds(leaf, len(leaves), len(leaves), path, root)
    assert not holds(leaf, -1, len(leaves), path, root)
    if path:
        assert not holds(leaf, index, len(leaves), path[1:], root)
        assert not holds(leaf, index, len(leaves), (merkle.leaf_hash(path[0]), *path[1:]), root)
    other = data.draw(st.integers(0, len(leaves) - 1))
    if all_hashes.count(leaf) == 1 and other != index:
        assert not holds(leaf, other, len(leaves), path, root)


@settings(deadline=None)
@given(LEAVES, st.data())
def test_consistency_is_as_defined_and_holds_nowhere_else(
    leaves: list[bytes], data: st.DataObject
) -> None:
    earlier = data.draw(st.integers(0, len(leaves)))
    all_hashes = hashes(leaves)
    path = merkle.consistency(all_hashes, earlier)
    assert list(path) == (defined_proof(earlier, leaves) if earlier else [])
    old, new = defined_root(leaves[:earlier]), defined_root(leaves)

    def holds(m: int, before: bytes, n: int, after: bytes, way: tuple[bytes, ...]) -> bool:
        return merkle.extends(m, before, size=n, root_hash=after, path=way)

    assert holds(earlier, old, len(leaves), new, path)
    assert not holds(earlier, merkle.leaf_hash(old), len(leaves), new, path)
    assert not holds(earlier, old, len(leaves), new, (*path, old))
    assert not holds(len(leaves) + 1, old, len(leaves), new, path)
    assert not holds(-1, old, len(leaves), new, path)
    if earlier > 0:
        assert not holds(earlier, old, len(leaves), merkle.leaf_hash(new), path)
    for at in range(len(path)):
        bent = (*path[:at], merkle.leaf_hash(path[at]), *path[at + 1 :])
        assert not holds(earlier, old, len(leaves), new, bent)
        assert not holds(earlier, old, len(leaves), new, path[:at])


@settings(deadline=None)
@given(LEAVES.filter(bool), st.data())
def test_an_edited_past_has_no_proof(leaves: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, len(leaves)))
    at = data.draw(st.integers(0, earlier - 1))
    edited = [*leaves[:at], leaves[at] + b"!", *leaves[at + 1 :]]
    path = merkle.consistency(hashes(edited), earlier)
    assert not merkle.extends(
        earlier,
        defined_root(leaves[:earlier]),
        size=len(edited),
        root_hash=defined_root(edited),
        path=path,
    )


def test_every_proof_of_every_small_tree() -> None:
    """Up to 40 leaves: each leaf, the last one among them, and each earlier size."""
    all_leaves = [bytes([n]) for n in range(40)]
    for size in range(1, 41):
        leaves = all_leaves[:size]
        own, new = hashes(leaves), defined_root(leaves)
        for index in range(size):
            path = merkle.inclusion(own, index)
            for at in range(-1, size + 2):
                holds = merkle.includes(own[index], index=at, size=size, path=path, root_hash=new)
                assert holds is (at == index)
        for earlier in range(size + 1):
            way = merkle.consistency(own, earlier)
            old = defined_root(leaves[:earlier])
            for guess in range(-1, size + 2):
                holds = merkle.extends(guess, old, size=size, root_hash=new, path=way)
                assert holds is (guess == earlier)


def test_what_was_never_there_cannot_be_proved() -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion(hashes([b"a"]), 1)
    with pytest.raises(ValueError, match="never so many"):
        merkle.consistency(hashes([b"a"]), 2)


def test_roots_of_the_published_examples() -> None:
    """The roots of Certificate Transparency's own test data, over its first three leaves."""
    leaves = [b"", b"\x00", b"\x10"]
    assert merkle.root([]).hex().startswith("e3b0c44298fc1c14")
    assert merkle.root(hashes(leaves[:1])).hex().startswith("6e340b9cffb37a98")
    assert merkle.root(hashes(leaves[:2])).hex().startswith("fac54203e7cc696c")
    assert merkle.root(hashes(leaves)).hex().startswith("aeb6bcfe274b70a1")


def test_a_grown_tree_knows_its_size() -> None:
    leaves = hashes([b"a", b"b", b"c"])
    assert merkle.Frontier().grown(leaves[:1]).grown(leaves[1:]) == merkle.Frontier(
        size=3, roots=(merkle.node_hash(leaves[0], leaves[1]), leaves[2])
    )
