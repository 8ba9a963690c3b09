"""Paths of bonds over changed edges: exactly those among all paths of bonds that use one."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.graph import RivalGraph
from placement_engine.graph.bond_changes import bond_walks_over
from placement_engine.graph.paths import Ends, Walks, friendly_walks
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports

DAY = date(2026, 1, 10)
POLICY = Policy.default()


def _told(walks: Walks) -> list[tuple[tuple[int, ...], tuple[int, ...], float]]:
    nodes, edges = walks.nodes.tolist(), walks.edges.tolist()
    chances = np.round(walks.chance, 12).tolist()
    return [(tuple(n), tuple(e), c) for n, e, c in zip(nodes, edges, chances, strict=True)]


@settings(max_examples=60, deadline=None)
@given(
    tie_reports(as_of=DAY, max_rows=18),
    st.sets(st.integers(0, 17)),
    st.sets(st.integers(0, 9), min_size=2),
    st.integers(1, 3),
)
def test_every_path_over_a_changed_edge_is_told_once(
    rows: tuple[TieReport, ...], picked: set[int], ends: set[int], length: int
) -> None:
    graph = RivalGraph.build(network_of(rows), as_of=DAY, policy=POLICY)
    edges = graph.edges
    changed = np.array(sorted(e for e in picked if e < len(edges.a)), dtype=np.int64)
    people = np.array(sorted(n for n in ends if n < edges.nodes), dtype=np.int64)
    every = [
        told
        for walks in friendly_walks(edges, people, Ends.of(edges, people), length)
        for told in _told(walks)
    ]
    over = [
        told for walks in bond_walks_over(edges, changed, people, length) for told in _told(walks)
    ]
    wanted = [told for told in every if set(told[1]) & set(changed.tolist())]
    assert Counter(over) == Counter(wanted)
