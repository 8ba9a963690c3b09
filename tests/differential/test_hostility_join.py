"""The join of many people says what the plain enumeration says, in both of its forms."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.compiled import COMPILED
from placement_engine.graph import RivalGraph
from placement_engine.graph.half_edges import Backs, EdgeColumns
from placement_engine.graph.join import PairTable, join
from placement_engine.graph.join_tables import Tables, tables_of
from placement_engine.graph.reference import all_pairs, reference_graph
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
B2 = Grade("B", 2)
FORMS = (False, True) if COMPILED else (False,)
LEAVER_KINDS = (TieKind.MEMBERSHIP, TieKind.DEFECTION, TieKind.DEFECTION, TieKind.RIVALRY)
GROUP_KINDS = (TieKind.MEMBERSHIP, TieKind.MEMBERSHIP, TieKind.ALLIANCE, TieKind.RIVALRY)
Rows = tuple[TieReport, ...]
lengths = st.integers(1, 3)
thresholds = st.sampled_from((0.0, 0.05, 0.35))
implied = st.frozensets(st.sampled_from(("P0", "P1", "P2", "nobody")), max_size=3)
confirmed = st.frozensets(
    st.tuples(st.sampled_from(("P0", "P1", "P2")), st.sampled_from(("G0", "G1"))), max_size=3
)


def told(
    table: PairTable, near: np.ndarray, far: np.ndarray
) -> dict[tuple[int, int], tuple[float, float, bool]]:
    ends = zip(near[table.source].tolist(), far[table.target].tolist(), strict=True)
    scores = zip(table.h_max.tolist(), table.h_or.tolist(), table.direct.tolist(), strict=True)
    return dict(zip(ends, scores, strict=True))


def check(
    rows: Rows,
    length: int,
    threshold: float,
    left: frozenset[str],
    sure: frozenset[tuple[str, str]],
    split: int,
) -> None:
    network = network_of(rows)
    graph = RivalGraph.build(
        network, as_of=AS_OF, policy=POLICY, implied_defectors=left, confirmed_defectors=sure
    )
    slow = reference_graph(
        network, as_of=AS_OF, policy=POLICY, implied_defectors=left, confirmed_defectors=sure
    )
    wanted = all_pairs(slow, max_length=length)
    everyone = np.arange(len(network.nodes))
    near, far = everyone[split % 3 :: 2], everyone[split % 4 :]
    for sources, targets in ((everyone, None), (near, far), (everyone[::-1].copy(), None)):
        ends = sources if targets is None else targets
        expected = {}
        for i, u in enumerate(sources.tolist()):
            for v in (ends[i + 1 :] if targets is None else ends).tolist():
                pair = wanted.get((network.nodes[u], network.nodes[v]))
                if pair is not None and pair.hostile and (pair.h_or >= threshold or pair.direct):
                    expected[u, v] = pair.h_max, pair.h_or, pair.direct
        for compiled in FORMS:
            table = join(
                graph.edges,
                sources,
                targets,
                length=length,
                threshold=threshold,
                compiled=compiled,
            )
            found = told(table, sources, ends)
            assert len(found) == len(table)
            assert found.keys() == expected.keys()
            for key, scores in found.items():
                assert scores == pytest.approx(expected[key], abs=1e-12)
            order = np.lexsort((table.target, table.source))
            assert (order == np.arange(len(table))).all()


Back = tuple[int, int, float, bool]


def two_bonds_of(tables: Tables) -> list[list[Back]]:
    """Of each node every two bonds to a target that is not itself, by its rank."""
    half, end = tables.bond_to_bond, tables.bond_end
    return [
        sorted(
            (
                (int(end.rank[i]), int(half.far[j]), half.chance[j] * end.chance[i], half.past[j])
                for j in range(half.start[node], half.start[node + 1])
                for i in range(end.start[half.far[j]], end.start[half.far[j] + 1])
                if end.far[i] != node
            ),
            key=lambda back: back[0],
        )
        for node in range(len(half.start) - 1)
    ]


def told_by_node(backs: Backs) -> list[list[Back]]:
    """The same as the compiled form lays it out."""
    columns = zip(
        backs.rank.tolist(),
        backs.between.tolist(),
        backs.chance.tolist(),
        backs.past.tolist(),
        strict=True,
    )
    rows = list(columns)
    return [rows[first:last] for first, last in pairwise(backs.start.tolist())]


@pytest.mark.skipif(not COMPILED, reason="numba is not installed")
@settings(max_examples=60, deadline=None)
@given(tie_reports(as_of=AS_OF), implied, st.integers(0, 11), st.integers(1, 2))
def test_tables_are_the_same_compiled(
    rows: Rows, left: frozenset[str], split: int, workers: int
) -> None:
    graph = RivalGraph.build(network_of(rows), as_of=AS_OF, policy=POLICY, implied_defectors=left)
    columns = EdgeColumns.of(graph.edges).writable()
    everyone = np.arange(graph.edges.nodes)
    ends = everyone[split % 3 :: 2], everyone[split % 4 :][::-1].copy()
    for sources, targets in (ends, (everyone, everyone)):
        plain, quick = (
            tables_of(columns, sources, targets, compiled=compiled, workers=workers)
            for compiled in (False, True)
        )
        assert plain.backs is None
        assert quick.backs is not None
        assert told_by_node(quick.backs) == two_bonds_of(plain)
        for name in plain._fields:
            if name == "backs":
                continue
            one, other = getattr(plain, name), getattr(quick, name)
            parts: list[tuple[Any, Any]] = [(one, other)]
            if isinstance(one, tuple):
                parts = list(zip(one, other, strict=True))
            for wanted, found in parts:
                assert np.array_equal(wanted, found), name
                # Compiled code takes whole numbers of half the size, all of one kind.
                assert found.dtype in (wanted.dtype, np.int32), name


@settings(max_examples=60, deadline=None)
@given(tie_reports(as_of=AS_OF), lengths, thresholds, implied, confirmed, st.integers(0, 11))
def test_join_equals_reference_on_all_kinds(
    rows: Rows,
    length: int,
    threshold: float,
    left: frozenset[str],
    sure: frozenset[tuple[str, str]],
    split: int,
) -> None:
    check(rows, length, threshold, left, sure, split)


@settings(max_examples=60, deadline=None)
@given(
    tie_reports(as_of=AS_OF, kinds=LEAVER_KINDS, max_persons=4, max_groups=2),
    lengths,
    implied,
    confirmed,
    st.integers(0, 11),
)
def test_join_equals_reference_on_leavers(
    rows: Rows,
    length: int,
    left: frozenset[str],
    sure: frozenset[tuple[str, str]],
    split: int,
) -> None:
    check(rows, length, 0.0, left, sure, split)


@settings(max_examples=60, deadline=None)
@given(tie_reports(as_of=AS_OF, kinds=GROUP_KINDS, max_rows=12), lengths, implied)
def test_join_equals_reference_between_groups(
    rows: Rows, length: int, left: frozenset[str]
) -> None:
    chain = tuple(
        TieReport(a=a, b=b, kind=kind, grade=B2, last_seen=AS_OF)
        for a, b, kind in (
            ("P0", "G0", TieKind.MEMBERSHIP),
            ("G0", "G1", TieKind.ALLIANCE),
            ("G1", "G2", TieKind.RIVALRY),
            ("P1", "G2", TieKind.MEMBERSHIP),
        )
    )
    check((*chain, *rows), length, 0.0, left, frozenset(), 0)
