"""Short cuts that a fast join is tempted to take, each shown to give a wrong number."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from placement_engine.compiled import COMPILED
from placement_engine.graph import RivalGraph
from placement_engine.graph.join import PairTable, join
from placement_engine.graph.reference import hostility_reference, reference_graph
from placement_engine.intelligence import Network
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
B2 = Grade("B", 2)
FORMS = [False, pytest.param(True, marks=pytest.mark.skipif(not COMPILED, reason="no numba"))]
Tie = tuple[str, str, TieKind]


def network(*ties: Tie, grade: Grade = B2, severity: float = 1.0) -> Network:
    return network_of(
        [
            TieReport(a=a, b=b, kind=kind, grade=grade, last_seen=AS_OF, severity=severity)
            for a, b, kind in ties
        ]
    )


def joined(told: Network, *people: str, threshold: float, compiled: bool) -> PairTable:
    graph = RivalGraph.build(told, as_of=AS_OF, policy=POLICY)
    nodes = np.array([graph.index[person] for person in people], dtype=np.int64)
    return join(graph.edges, nodes, length=3, threshold=threshold, compiled=compiled)


def by_pair(table: PairTable) -> dict[tuple[int, int], float]:
    ends = zip(table.source.tolist(), table.target.tolist(), strict=True)
    return dict(zip(ends, table.h_or.tolist(), strict=True))


def meant(told: Network, a: str, b: str) -> tuple[float, float]:
    slow = reference_graph(told, as_of=AS_OF, policy=POLICY)
    pair = hostility_reference(slow, a, b)
    return pair.h_max, pair.h_or


@pytest.mark.parametrize("compiled", FORMS)
def test_many_weak_paths_are_not_pruned_by_the_threshold(compiled: bool) -> None:
    # Each path alone is far below the threshold; only together do they reach it. A bound on
    # single paths, or on the hops that are left, would lose the pair.
    ties: list[Tie] = [
        tie
        for i in range(40)
        for tie in (
            ("P-a", f"P{i}", TieKind.ASSOCIATION),
            (f"P{i}", f"Q{i}", TieKind.CONFLICT),
            (f"Q{i}", "P-b", TieKind.ASSOCIATION),
        )
    ]
    told = network(*ties, grade=Grade("C", 3))
    h_max, h_or = meant(told, "P-a", "P-b")
    assert h_max < 0.05 < h_or
    found = joined(told, "P-a", "P-b", threshold=0.05, compiled=compiled)
    assert found.h_or.tolist() == pytest.approx([h_or], abs=1e-12)
    assert found.h_max.tolist() == pytest.approx([h_max], abs=1e-12)


@pytest.mark.parametrize("compiled", FORMS)
def test_a_walk_that_visits_somebody_twice_is_no_path(compiled: bool) -> None:
    # a is x's friend and x's enemy. The walk a - x = a - b has one enmity and three ties and
    # would make a and his own friend b enemies.
    told = network(
        ("P-a", "P-x", TieKind.KINSHIP),
        ("P-a", "P-x", TieKind.CONFLICT),
        ("P-a", "P-b", TieKind.KINSHIP),
        ("P-b", "P-y", TieKind.KINSHIP),
    )
    assert meant(told, "P-a", "P-b") == (0.0, 0.0)
    assert len(joined(told, "P-a", "P-b", threshold=0.0, compiled=compiled)) == 0
    found = joined(told, "P-x", "P-b", threshold=0.0, compiled=compiled)
    assert found.h_or.tolist() == pytest.approx([meant(told, "P-x", "P-b")[1]], abs=1e-12)


@pytest.mark.parametrize("compiled", FORMS)
def test_a_threshold_is_not_met_or_missed_by_single_precision(compiled: bool) -> None:
    # Two hostilities a hundred-millionth apart are one and the same 32-bit float.
    quality = POLICY.grading.quality(B2)
    for severity, count in ((0.35 / quality, 1), ((0.35 - 1e-8) / quality, 0)):
        told = network(("P-a", "G-b", TieKind.CONFLICT), severity=severity)
        h = meant(told, "P-a", "G-b")[1]
        assert np.float32(h) == np.float32(0.35)
        found = joined(told, "P-a", "G-b", threshold=0.35, compiled=compiled)
        assert len(found) == count
        assert found.h_or.dtype == np.float64


@pytest.mark.parametrize("compiled", FORMS)
def test_a_hub_of_eight_thousand_members(compiled: bool) -> None:
    members: list[Tie] = [(f"P{i:04d}", "G-hub", TieKind.MEMBERSHIP) for i in range(8000)]
    told = network(
        *members,
        ("G-hub", "G-foe", TieKind.RIVALRY),
        ("Q-0", "G-foe", TieKind.MEMBERSHIP),
        ("P0001", "P0002", TieKind.CONFLICT),
        ("Q-1", "P7999", TieKind.THREAT),
    )
    people = ("P0001", "P0002", "P0003", "Q-0", "Q-1")
    found = by_pair(joined(told, *people, threshold=0.0, compiled=compiled))
    graph = RivalGraph.build(told, as_of=AS_OF, policy=POLICY)
    scores = graph.scores(people, people)
    pairs = {(i, j) for i in range(5) for j in range(i + 1, 5) if scores.h_or[i, j] > 0}
    assert found.keys() == pairs
    for pair, h in found.items():
        assert h == pytest.approx(scores.h_or[pair], abs=1e-12)
    assert (0, 3) in found  # through the hub and its rival
    assert (2, 4) in found  # whoever threatens one of the hub threatens all a little


@pytest.mark.parametrize("compiled", FORMS)
def test_a_split_inside_a_gang_beats_the_common_membership(compiled: bool) -> None:
    told = network(
        *((f"P-{i}", "G-1", TieKind.MEMBERSHIP) for i in range(4)),
        ("P-0", "P-2", TieKind.CONFLICT),
    )
    people = ("P-0", "P-1", "P-2", "P-3")
    h = by_pair(joined(told, *people, threshold=0.05, compiled=compiled))
    quality = POLICY.grading.quality(B2)
    assert h[0, 2] == pytest.approx(quality)
    # Their comrades are drawn in by two bonds; those who took no side stay comrades.
    bond = POLICY.ties.membership.bond_factor
    assert bond is not None
    drawn = quality * (bond * quality) ** 2
    assert [h[pair] for pair in ((0, 1), (0, 3), (1, 2), (2, 3))] == pytest.approx([drawn] * 4)
    assert (1, 3) not in h


@pytest.mark.parametrize("compiled", FORMS)
def test_blocks_and_threads_do_not_change_the_answer(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bonds in a ring with enmities across it: paths of two bonds before, after and around one.
    ties: list[Tie] = []
    for i in range(12):
        ties.append((f"P{i:02d}", f"P{(i + 1) % 12:02d}", TieKind.ASSOCIATION))
        ties.append((f"P{i:02d}", f"P{(5 * i + 3) % 12:02d}", TieKind.CONFLICT))
    told = network(*(tie for tie in ties if tie[0] != tie[1]))
    graph = RivalGraph.build(told, as_of=AS_OF, policy=POLICY)
    people = np.arange(12)

    def found(targets: np.ndarray | None, workers: int) -> list[list[float]]:
        table = join(
            graph.edges,
            people,
            targets,
            length=3,
            threshold=0.0,
            compiled=compiled,
            workers=workers,
        )
        columns = table.source, table.target, table.h_max, table.h_or
        rows: list[list[float]] = np.column_stack(columns).tolist()
        return rows

    whole = [found(targets, 1) for targets in (None, people[:3])]
    monkeypatch.setattr("placement_engine.graph.join_arrays._CELLS", 20)
    monkeypatch.setattr("placement_engine.graph.join._ROWS", 2)
    parts = [found(targets, 2) for targets in (None, people[:3])]
    assert [len(rows) for rows in parts] == [len(rows) for rows in whole]
    assert len(whole[0]) > 12
    for one, other in zip(whole, parts, strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-12)
