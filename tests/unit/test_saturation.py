"""A network that makes nearly everybody hostile says so, and which ties do it."""

from __future__ import annotations

from datetime import date

import pytest

from placement_engine.graph import RivalGraph, saturation
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
LOWEST = POLICY.separation.hostility[-1]
PEOPLE = tuple(f"P{i:02d}" for i in range(20))


def graph_of(*ties: tuple[str, str, TieKind]) -> RivalGraph:
    rows = [
        TieReport(a=a, b=b, kind=kind, grade=Grade("B", 2), last_seen=AS_OF) for a, b, kind in ties
    ]
    return RivalGraph.build(network_of(rows, nodes=PEOPLE), as_of=AS_OF, policy=POLICY)


def halves() -> list[tuple[str, str, TieKind]]:
    return [(p, f"G{i % 2}", TieKind.MEMBERSHIP) for i, p in enumerate(PEOPLE)]


def test_two_districts_at_war_are_named_by_what_joins_them() -> None:
    graph = graph_of(
        *halves(),
        ("G0", "G1", TieKind.RIVALRY),
        ("P00", "P01", TieKind.CONFLICT),
        ("P02", "P04", TieKind.KINSHIP),
    )
    found = saturation(graph, PEOPLE, threshold=LOWEST)
    assert found is not None
    assert found.share == pytest.approx(100 / 190, abs=0.02)
    assert found.people == 20
    assert {cause.kind for cause in found.kinds} == {TieKind.MEMBERSHIP, TieKind.RIVALRY}
    assert all(cause.without < 0.15 for cause in found.kinds)
    assert found.kinds[0].without <= found.kinds[1].without


def test_a_few_enemies_saturate_nothing() -> None:
    graph = graph_of(*halves(), ("P00", "P01", TieKind.CONFLICT))
    assert saturation(graph, PEOPLE, threshold=0.35) is None
    assert saturation(graph, [], threshold=0.35) is None
    assert saturation(graph, ["P00"], threshold=0.35) is None


def test_people_whom_nobody_reports_thin_the_share() -> None:
    graph = graph_of(*halves(), ("G0", "G1", TieKind.RIVALRY))
    strangers = [f"S{i}" for i in range(60)]
    found = saturation(graph, [*PEOPLE, *strangers], threshold=LOWEST, limit=0.0)
    assert found is not None
    assert found.share == pytest.approx(100 / (80 * 79 / 2))
    assert saturation(graph, [*PEOPLE, *strangers], threshold=LOWEST) is None
