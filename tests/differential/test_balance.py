"""Triangles and camps against plain counting, on small networks and on large ones."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_engine.graph import balance
from placement_engine.graph import frustration as camps
from placement_engine.graph.balance import SignedPairs, count_triangles
from placement_engine.graph.frustration import frustration

Signed = tuple[int, dict[tuple[int, int], bool]]


@st.composite
def signed_networks(draw: st.DrawFn) -> Signed:
    n = draw(st.integers(1, 8))
    every = list(combinations(range(n), 2))
    chosen = draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    return n, {pair: draw(st.booleans()) for pair in chosen}


def pairs_of(n: int, enemies: dict[tuple[int, int], bool]) -> SignedPairs:
    ends = np.array([*enemies], dtype=np.int64).reshape(-1, 2)
    signs = np.array([*enemies.values()], dtype=np.bool_)
    return SignedPairs.of(tuple(map(str, range(n))), ends[:, 1], ends[:, 0], signs)


def least(n: int, enemies: dict[tuple[int, int], bool]) -> int:
    return min(
        sum((split[u] != split[v]) != foe for (u, v), foe in enemies.items())
        for split in product((0, 1), repeat=n)
    )


@given(signed_networks())
def test_triangles_equal_a_plain_count(network: Signed) -> None:
    n, enemies = network
    every = [
        [enemies[pair] for pair in combinations(three, 2)]
        for three in combinations(range(n), 3)
        if all(pair in enemies for pair in combinations(three, 2))
    ]
    found = count_triangles(pairs_of(n, enemies))
    assert (found.count, found.balanced) == (
        len(every),
        sum(sum(three) % 2 == 0 for three in every),
    )


@given(signed_networks())
def test_camps_of_small_parts_leave_over_as_few_as_can_be(network: Signed) -> None:
    n, enemies = network
    found = frustration(pairs_of(n, enemies))
    assert found.exact
    assert found.upper == len(found.left_over) == least(n, enemies)


@given(signed_networks())
def test_bounds_enclose_the_index(network: Signed) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camps, "EXACT_NODES", 0)
        patch.setattr(balance, "_AT_ONCE", 3)
        n, enemies = network
        found = frustration(pairs_of(n, enemies))
    assert found.lower <= least(n, enemies) <= found.upper == len(found.left_over)


def test_two_friend_camps_at_war_are_found_however_many_they_are() -> None:
    random = np.random.default_rng(5)
    camp = random.integers(0, 2, 120)
    enemies = {
        (u, v): bool(camp[u] != camp[v])
        for u, v in combinations(range(120), 2)
        if random.random() < 0.08
    }
    found = frustration(pairs_of(120, enemies))
    assert (found.lower, found.upper) == (0, 0)
    assert set(found.part.tolist()) == {0}
    assert len({(int(a), int(b)) for a, b in zip(camp, found.camp, strict=True)}) == 2


def test_friend_and_foe_at_once_counts_as_foe_and_is_told() -> None:
    ends = np.array([0, 0, 1, 0], dtype=np.int64), np.array([1, 1, 2, 2], dtype=np.int64)
    enmity = np.array([True, False, False, False])
    pairs = SignedPairs.of(("a", "b", "c"), *ends, enmity)
    assert pairs.enemies.tolist() == [True, False, False]
    assert pairs.ambivalent.tolist() == [True, False, False]
    assert frustration(pairs).upper == 1
    assert count_triangles(pairs).share == 0


def test_nothing_known_is_balanced_and_has_no_share() -> None:
    pairs = pairs_of(3, {})
    assert count_triangles(pairs).share is None
    assert frustration(pairs).part.tolist() == [-1, -1, -1]
