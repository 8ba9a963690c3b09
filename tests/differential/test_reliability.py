"""Worlds drawn at random against all worlds counted one by one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given, settings

from placement_engine.graph import RivalGraph
from placement_engine.graph import reliability as module
from placement_engine.graph.reference import (
    MOST_EDGES,
    hostility_reference,
    reference_graph,
    reliability_by_worlds,
)
from placement_engine.graph.reliability import path_family, reliability
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
WORLDS = 20_000


def tie(a: str, kind: TieKind, b: str, grade: str = "B2") -> TieReport:
    return TieReport(a=a, b=b, kind=kind, grade=Grade(grade[0], int(grade[1])), last_seen=AS_OF)


@settings(max_examples=60)
@given(rows=tie_reports(as_of=AS_OF, max_rows=9))
def test_random_worlds_equal_all_worlds(rows: tuple[TieReport, ...]) -> None:
    network = network_of(rows, nodes=("P0", "P1"))
    slow = hostility_reference(reference_graph(network, as_of=AS_OF, policy=POLICY), "P0", "P1")
    used = {edge for path in slow.hostile for edge in path.edges}
    assume(len(used) <= MOST_EDGES)
    exact = reliability_by_worlds(slow.hostile)
    family = path_family(RivalGraph.build(network, as_of=AS_OF, policy=POLICY), "P0", "P1")
    found = reliability(family, worlds=WORLDS, seed=7)
    assert (found.paths, found.ties) == (len(slow.hostile), len(used))
    assert slow.h_max - 1e-12 <= exact <= slow.h_or + 1e-12
    # Six standard errors: one false alarm in five hundred million.
    assert abs(found.value - exact) <= 6 * found.standard_error


SQUARE = network_of(
    [
        tie("P1", TieKind.MEMBERSHIP, "G1"),
        tie("G1", TieKind.RIVALRY, "G2"),
        tie("P2", TieKind.MEMBERSHIP, "G2"),
        tie("P1", TieKind.KINSHIP, "P3"),
        tie("P3", TieKind.CONFLICT, "P2"),
        tie("P1", TieKind.THREAT, "P2", "D4"),
    ]
)


def test_worlds_lie_between_the_best_path_and_all_paths_joined() -> None:
    graph = RivalGraph.build(SQUARE, as_of=AS_OF, policy=POLICY)
    scores = graph.scores(["P1"], ["P2"])
    found = reliability(path_family(graph, "P1", "P2"), worlds=200_000, seed=1)
    slack = 5 * found.standard_error
    assert scores.h_max[0, 0] - slack <= found.value <= scores.h_or[0, 0] + slack
    assert found.standard_error < 0.002


def test_the_same_seed_gives_the_same_worlds_whatever_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    family = path_family(RivalGraph.build(SQUARE, as_of=AS_OF, policy=POLICY), "P1", "P2")
    whole = reliability(family, worlds=5_000, seed=3)
    monkeypatch.setattr(module, "CELLS_AT_ONCE", 50)
    assert reliability(family, worlds=5_000, seed=3) == whole
    assert reliability(family, worlds=5_000, seed=4) != whole


def test_whoever_has_no_path_has_no_reliability() -> None:
    graph = RivalGraph.build(SQUARE, as_of=AS_OF, policy=POLICY)
    for pair in (("P1", "P1"), ("P1", "nobody"), ("nobody", "P1")):
        found = reliability(path_family(graph, *pair), worlds=10, seed=0)
        assert (found.value, found.standard_error, found.paths) == (0.0, 0.0, 0)
    with pytest.raises(ValueError, match="worlds"):
        reliability(path_family(graph, "P1", "P2"), worlds=0, seed=0)
