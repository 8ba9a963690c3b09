"""The reports behind each edge, and what differs between two days, against plain loops."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.graph import RivalGraph
from placement_engine.graph.differences import Change, tie_changes
from placement_engine.graph.ego import EgoTie, ego_network
from placement_engine.graph.evidence import evidence
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()


def built(rows: tuple[TieReport, ...], day: date, implied: tuple[str, ...] = ()) -> RivalGraph:
    network = network_of(rows, nodes=("P0", "P1", "G0"))
    return RivalGraph.build(network, as_of=day, policy=POLICY, implied_defectors=frozenset(implied))


def all_ties(graph: RivalGraph) -> dict[tuple[object, ...], EgoTie]:
    return {
        (tie.a, tie.b, tie.kind, tie.past): tie
        for node in graph.nodes
        for tie in ego_network(graph, node).own
    }


@settings(max_examples=60)
@given(rows=tie_reports(as_of=AS_OF), implied=st.sampled_from([(), ("P0",)]))
def test_every_edge_has_reports_and_they_hold_its_grade_and_age(
    rows: tuple[TieReport, ...], implied: tuple[str, ...]
) -> None:
    graph = built(rows, AS_OF, implied)
    ties = all_ties(graph)
    assert len(ties) == len(graph.edges.a)
    keys = [(tie.a, tie.b, tie.kind, tie.past) for tie in ties.values()]
    for tie, told in zip(ties.values(), evidence(graph, keys, policy=POLICY), strict=True):
        assert told.reports
        assert all(report.seen <= AS_OF for report in told.reports)
        if not implied:
            assert not told.implied
            assert max(report.seen for report in told.reports) == tie.latest
            assert tie.grade in {report.grade for report in told.reports}


@settings(max_examples=60)
@given(rows=tie_reports(as_of=AS_OF), days=st.integers(0, 2000))
def test_differences_equal_a_comparison_tie_by_tie(rows: tuple[TieReport, ...], days: int) -> None:
    before, after = built(rows, AS_OF - timedelta(days=days)), built(rows, AS_OF)
    old, new = all_ties(before), all_ties(after)
    expected = (
        {(Change.NEW, *key) for key in new.keys() - old.keys()}
        | {(Change.GONE, *key) for key in old.keys() - new.keys()}
        | {(Change.REGRADED, *k) for k in old.keys() & new.keys() if old[k].grade != new[k].grade}
    )
    found = tie_changes(before, after)
    assert {(one.change, one.a, one.b, one.kind, one.past) for one in found} == expected
    assert len(found) == len(expected)
    mirrored = tie_changes(after, before)
    assert [(one.before, one.after) for one in mirrored if one.change is Change.REGRADED] == [
        (one.after, one.before) for one in found if one.change is Change.REGRADED
    ]
    assert tie_changes(after, after) == ()


@given(rows=tie_reports(as_of=AS_OF), most=st.integers(1, 4))
def test_an_ego_network_holds_the_strongest_neighbours(
    rows: tuple[TieReport, ...], most: int
) -> None:
    graph = built(rows, AS_OF)
    whole, part = ego_network(graph, "P0"), ego_network(graph, "P0", most=most)
    assert part.left_out == max(0, len(whole.neighbours) - most)
    assert part.neighbours == whole.neighbours[:most]
    strongest = [
        max(tie.strength for tie in whole.own if node in (tie.a, tie.b))
        for node in whole.neighbours
    ]
    assert np.all(np.diff(strongest) <= 0)
    assert all({tie.a, tie.b} <= {*part.neighbours} for tie in part.among)
