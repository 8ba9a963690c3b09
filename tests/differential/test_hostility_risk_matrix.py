"""The risk of everybody everywhere is that of the cases' own rule, in both of its forms."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.cases.gangs import gang_cost
from placement_engine.compiled import COMPILED
from placement_engine.graph import RivalGraph
from placement_engine.graph.edges import NUMBER
from placement_engine.graph.reference import all_pairs, reference_graph
from placement_engine.graph.risk_matrix import Dangers, risk_matrix
from placement_engine.policy import Policy
from placement_engine.problem import micronats
from placement_engine.testing.networks import PresenceReport, TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, MunicipalityCode, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
SITES = {MunicipalityCode("0114"): 0, MunicipalityCode("0180"): 1, MunicipalityCode("2583"): 2}
EXPOSURE = np.array([[0.9, 0.5, 0.0], [0.5, 0.8, 0.01], [0.0, 0.01, 0.6]])
FORMS = (False, True) if COMPILED else (False,)
presences = st.lists(
    st.builds(
        PresenceReport,
        actor=st.sampled_from(("P0", "P1", "P2", "P3", "G0", "G1")),
        municipality=st.sampled_from(sorted(SITES)),
        strength=st.sampled_from((0.2, 0.7, 1.0)),
        grade=st.sampled_from((Grade("A", 1), Grade("B", 2))),
        last_seen=st.just(AS_OF),
    ),
    max_size=8,
)


def gang_of(graph: RivalGraph, actor: str) -> str:
    """A group counts with itself, a person with the strongest membership, of equals the first."""
    e, at = graph.edges, graph.index[actor]
    memberships = [
        (-float(e.strength[i]), graph.nodes[int(e.b[i])])
        for i in np.flatnonzero((e.kind == NUMBER[TieKind.MEMBERSHIP]) & (e.a == at)).tolist()
        if not e.is_group[at]
    ]
    return min(memberships)[1] if memberships else actor


@settings(max_examples=80, deadline=None)
@given(tie_reports(as_of=AS_OF), presences)
def test_matrix_equals_the_rule_of_one_gang(
    rows: tuple[TieReport, ...], seen: list[PresenceReport]
) -> None:
    network = network_of(rows, presences=seen)
    graph = RivalGraph.build(network, as_of=AS_OF, policy=POLICY)
    hostile = all_pairs(reference_graph(network, as_of=AS_OF, policy=POLICY))
    people = np.flatnonzero(~network.is_group)
    dangers = Dangers.of(graph, SITES)
    at = graph.presences()
    gangs = sorted({gang_of(graph, p.actor) for p in at})
    for compiled in FORMS:
        found = risk_matrix(graph, people, dangers, EXPOSURE, compiled=compiled)
        assert found.shape == (len(people), len(SITES))
        for row, node in zip(found, people.tolist(), strict=True):
            h = [
                hostile[network.nodes[node], p.actor].h_or
                if (network.nodes[node], p.actor) in hostile
                else 0.0
                for p in at
            ]
            gang = [gangs.index(gang_of(graph, p.actor)) for p in at]
            for site, risk in enumerate(row.tolist()):
                met = [
                    chance * p.strength * EXPOSURE[site, SITES[p.municipality]]
                    for chance, p in zip(h, at, strict=True)
                ]
                # The rule rounds once for each gang.
                assert micronats(risk) == pytest.approx(gang_cost(h, met, gang), abs=len(gangs) + 1)


def test_no_presence_is_no_known_risk() -> None:
    graph = RivalGraph.build(network_of((), nodes=("P0",)), as_of=AS_OF, policy=POLICY)
    for compiled in FORMS:
        found = risk_matrix(
            graph, np.array([0]), Dangers.of(graph, SITES), EXPOSURE, compiled=compiled
        )
        assert found.tolist() == [[0.0, 0.0, 0.0]]


@settings(max_examples=60, deadline=None)
@given(tie_reports(as_of=AS_OF), presences)
def test_dangers_are_the_presences_gang_by_gang(
    rows: tuple[TieReport, ...], seen: list[PresenceReport]
) -> None:
    graph = RivalGraph.build(network_of(rows, presences=seen), as_of=AS_OF, policy=POLICY)
    dangers = Dangers.of(graph, SITES)
    actors = [p.actor for p in graph.presences()]
    assert list(graph.gangs_of(actors)) == [gang_of(graph, actor) for actor in actors]
    ordered = sorted(graph.presences(), key=lambda p: (gang_of(graph, p.actor), p.actor))
    count = np.diff(dangers.start)
    told = [
        [graph.nodes[node] for node in np.repeat(column, count).tolist()]
        for column in (dangers.gang, dangers.actor)
    ]
    assert told == [[gang_of(graph, p.actor) for p in ordered], [p.actor for p in ordered]]
    assert dangers.site.tolist() == [SITES[p.municipality] for p in ordered]
    assert dangers.strength.tolist() == [p.strength for p in ordered]
    assert dangers.start[-1] == len(ordered)
