"""A real signed network: sixteen tribes of the New Guinea highlands (Read 1954)."""

from __future__ import annotations

import csv
from itertools import combinations
from math import prod

import numpy as np
import pytest

from placement_engine.graph import RivalGraph
from placement_engine.graph.reference import all_pairs, reference_graph
from placement_engine.testing.networks import network_of
from placement_engine.vocabulary import TieKind
from tests.acceptance.test_hostility_cases import AS_OF, POLICY, TRIBES, tie


def tribes() -> dict[tuple[str, str], bool]:
    """Pairs of tribes, and whether they are allied; skips where the file is not there."""
    path = TRIBES / "tribes.edges.csv"
    if not path.exists():
        pytest.skip("the network of the highland tribes is not beside this checkout")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        (min(a, b), max(a, b)): float(row["sign"]) > 0
        for row in rows
        for a, b in [(f"G{int(row['source']):02d}", f"G{int(row['target']):02d}")]
    }


def test_the_tribes_have_the_published_triangles() -> None:
    signs = tribes()
    names = sorted({name for pair in signs for name in pair})
    triangles = [
        [signs[pair] for pair in combinations(three, 2)]
        for three in combinations(names, 3)
        if all(pair in signs for pair in combinations(three, 2))
    ]
    assert (len(names), sum(signs.values()), len(signs)) == (16, 29, 58)
    assert len(triangles) == 68
    assert sum(prod(1 if ally else -1 for ally in three) > 0 for three in triangles) == 59


@pytest.mark.parametrize("length", [2, 3])
def test_hostile_tribes_equal_the_reference(length: int) -> None:
    signs = tribes()
    rows = [
        tie(a, TieKind.ALLIANCE if ally else TieKind.RIVALRY, b, "B2", 24)
        for (a, b), ally in signs.items()
    ]
    network = network_of(rows)
    found = RivalGraph.build(network, as_of=AS_OF, policy=POLICY).scores(
        network.nodes, network.nodes, max_length=length
    )
    slow = all_pairs(reference_graph(network, as_of=AS_OF, policy=POLICY), max_length=length)
    expected = {pair for pair, score in slow.items() if score.h_or > 0}
    names = network.nodes
    hostile = {(names[i], names[j]) for i, j in np.argwhere(found.h_or > 0).tolist()}
    assert hostile == expected
    for (a, b), score in slow.items():
        at = names.index(a), names.index(b)
        assert found.h_or[at] == pytest.approx(score.h_or, abs=1e-9)
        assert found.reunion[at] == pytest.approx(score.reunion, abs=1e-9)
    # Every enmity is hostile; allies too where a third is the enemy of one of them.
    assert {pair for pair, ally in signs.items() if not ally} <= hostile
    assert any(pair in hostile for pair, ally in signs.items() if ally)
