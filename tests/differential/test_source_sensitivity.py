"""What rests on one source, against scores of every pair with and without it."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings

from placement_engine.graph import RivalGraph
from placement_engine.graph.sensitivity import LeftOut, Without, dependences, without_each
from placement_engine.intelligence import Network
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Band, Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
PEOPLE = ("P0", "P1", "P2", "nobody")


def build(network: Network) -> RivalGraph:
    return RivalGraph.build(network, as_of=AS_OF, policy=POLICY)


def bands(graph: RivalGraph) -> dict[tuple[str, str], Band]:
    h_or = graph.scores(PEOPLE, PEOPLE).h_or
    steps = (POLICY.risk.pair_medium, POLICY.risk.pair_high)
    return {
        (a, b): tuple(Band)[sum(h_or[i, j] >= step - 1e-12 for step in steps)]
        for i, a in enumerate(PEOPLE)
        for j, b in enumerate(PEOPLE)
        if a < b
    }


@settings(max_examples=30)
@given(rows=tie_reports(as_of=AS_OF))
def test_bands_equal_those_of_every_pair(rows: tuple[TieReport, ...]) -> None:
    graph = build(network_of(rows, nodes=PEOPLE[:3]))
    parts = list(without_each(graph.network, LeftOut.SOURCE, most=6))
    assert sum(part.dropped for part in parts) == graph.network.tie_count
    before = bands(graph)
    found = dependences(graph, parts, build, PEOPLE, POLICY)
    told = {one.name: {(c.a, c.b): (c.before, c.after) for c in one.changes} for one in found}
    for part in parts:
        after = bands(build(part.network))
        assert told[part.name] == {
            pair: (before[pair], after[pair]) for pair in before if before[pair] != after[pair]
        }


def test_two_ids_of_one_person_are_told_once() -> None:
    row = TieReport(a="P0", b="P1", kind=TieKind.RIVALRY, grade=Grade("A", 1), last_seen=AS_OF)
    network = network_of([row])
    graph = RivalGraph.build(network, as_of=AS_OF, policy=POLICY, aliases={"P9": "P0"})
    nothing = Without(name="A", dropped=1, network=network_of([], nodes=("P0", "P1")))
    (found,) = dependences(graph, [nothing], build, ["P9", "P1", "P0"], POLICY)
    assert [(change.a, change.b) for change in found.changes] == [("P0", "P1")]
    assert found.changes[0].before is Band.HIGH
    assert found.changes[0].after is Band.LOW
