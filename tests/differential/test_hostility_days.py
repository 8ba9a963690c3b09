"""A graph that is taken to another day is the graph that a full build gives on that day."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.graph import RivalGraph, beside
from placement_engine.graph.ageing import Ageing
from placement_engine.graph.beside import Beside, edges_beside
from placement_engine.graph.edges import Edges, HalfEdges, edges_of, left_of
from placement_engine.intelligence import Network
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
NAMES = [f.name for f in fields(RivalGraph.build(network_of(()), as_of=AS_OF, policy=POLICY).edges)]
days = st.lists(st.sampled_from((-3000, -400, -31, -1, 0, 1, 40, 900)), min_size=1, max_size=3)
implied = st.frozensets(st.sampled_from(("P0", "P1", "P4")), max_size=2)
confirmed = st.frozensets(
    st.tuples(st.sampled_from(("P0", "P1", "P4")), st.sampled_from(("G0", "G1"))), max_size=2
)


def assert_same(found: RivalGraph, wanted: RivalGraph, *, bits: bool = True) -> None:
    """Every array of the edges, to the last bit.

    Without `bits`, but for the last of a strength and for which of equal reports is told.
    """
    assert found.as_of == wanted.as_of
    for name in NAMES:
        one, other = getattr(found.edges, name), getattr(wanted.edges, name)
        if isinstance(one, HalfEdges):
            assert all(
                np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)
            ), name
        elif not bits and name in ("strength", "chance"):
            assert np.allclose(one, other, rtol=0, atol=1e-15)
        elif bits or name not in ("source", "information"):
            assert np.array_equal(one, other), name
            assert np.asarray(one).dtype == np.asarray(other).dtype, name


@settings(max_examples=60, deadline=None)
@given(tie_reports(as_of=AS_OF), days, implied, confirmed)
def test_steps_of_the_date_equal_full_builds(
    rows: tuple[TieReport, ...],
    steps: list[int],
    left: frozenset[str],
    sure: frozenset[tuple[str, str]],
) -> None:
    network = network_of(rows)

    def built(day: date) -> RivalGraph:
        return RivalGraph.build(
            network,
            as_of=day,
            policy=POLICY,
            implied_defectors=left,
            confirmed_defectors=sure,
        )

    aged = Ageing.of(built(AS_OF), implied_defectors=left, confirmed_defectors=sure)
    for step in steps:
        aged = aged.on(AS_OF + timedelta(days=step))
        assert_same(aged.graph, built(aged.graph.as_of))


def test_a_day_on_which_nothing_begins_or_ends_keeps_what_is_laid_out() -> None:
    row = TieReport(
        a="P0", b="P1", kind=TieKind.CONFLICT, grade=Grade("B", 2), last_seen=AS_OF, origin="x"
    )
    before = Ageing.of(RivalGraph.build(network_of((row,)), as_of=AS_OF, policy=POLICY))
    after = before.on(AS_OF + timedelta(days=30))
    assert after.laid is before.laid
    assert after.graph.edges.enmity is before.graph.edges.enmity
    assert after.graph.edges.strength[0] < before.graph.edges.strength[0]
    assert before.on(AS_OF - timedelta(days=1)).laid is not before.laid


@settings(max_examples=40, deadline=None)
@given(tie_reports(as_of=AS_OF), tie_reports(as_of=AS_OF), st.booleans())
def test_a_graph_like_another_is_the_graph_that_is_built_alone(
    rows: tuple[TieReport, ...], others: tuple[TieReport, ...], regraded: bool
) -> None:
    if regraded:  # the same ties, and a node more that nothing touches
        others = tuple(replace(row, grade=Grade("C", 3)) for row in rows)
    like = RivalGraph.build(network_of(rows), as_of=AS_OF, policy=POLICY)
    network = network_of(others, nodes=("Z9",) if regraded else ())
    alone = RivalGraph.build(network, as_of=AS_OF, policy=POLICY)
    assert_same(RivalGraph.build(network, as_of=AS_OF, policy=POLICY, like=like), alone)


@settings(max_examples=150, deadline=None)
@given(
    tie_reports(as_of=AS_OF),
    tie_reports(as_of=AS_OF, max_rows=3),
    st.integers(0, 3),
    st.sampled_from((("x",), ("B", "x"), ())),
    implied,
    confirmed,
)
def test_what_is_taken_from_a_graph_beside_equals_a_full_build(
    rows: tuple[TieReport, ...],
    more: tuple[TieReport, ...],
    fewer: int,
    nodes: tuple[str, ...],
    left: frozenset[str],
    sure: frozenset[tuple[str, str]],
) -> None:
    there = network_of((*rows, *more), nodes=nodes)
    here = network_of(rows[fewer:])
    for network, other in ((here, there), (there, here)):
        like, alone = (
            RivalGraph.build(
                told,
                as_of=AS_OF,
                policy=POLICY,
                implied_defectors=left,
                confirmed_defectors=sure,
            )
            for told in (other, network)
        )
        people, pairs = left_of(alone.index, len(network.nodes), left, sure)
        with mock.patch.object(beside, "MOST", 0):
            edges = edges_beside(
                network,
                as_of=AS_OF,
                policy=POLICY,
                implied=people,
                confirmed=pairs,
                other=Beside(network=other, edges=like.edges),
            )
        assert edges is not None
        found = RivalGraph(
            network=network, edges=edges, policy=POLICY, as_of=AS_OF, index=dict(alone.index)
        )
        assert_same(found, alone, bits=network.origins == other.origins)


def test_few_changes_among_many_ties_are_graded_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = tuple(
        TieReport(
            a=f"P{n}",
            b=f"P{n * 7 % 50 + 50}",
            kind=kind,
            grade=Grade("B", 2),
            last_seen=AS_OF,
            origin="x",
        )
        for n in range(50)
        for kind in (TieKind.CONFLICT, TieKind.KINSHIP)
    )
    worse = tuple(replace(row, grade=Grade("D", 4)) for row in rows[:3])
    like = RivalGraph.build(network_of(rows), as_of=AS_OF, policy=POLICY)
    network = network_of((*worse, *rows[3:]))
    alone = RivalGraph.build(network, as_of=AS_OF, policy=POLICY)
    graded: list[int] = []

    def counted(told: Network, **terms: Any) -> Edges:
        graded.append(len(told.ties))
        return edges_of(told, **terms)

    monkeypatch.setattr(beside, "edges_of", counted)
    found = RivalGraph.build(network, as_of=AS_OF, policy=POLICY, like=like)
    assert_same(found, alone)
    assert graded == [4]
    assert found.edges.enmity is like.edges.enmity


def test_a_graph_of_another_day_or_of_other_leavers_is_not_taken_from() -> None:
    rows = tuple(
        TieReport(
            a=f"P{n}",
            b="G0",
            kind=TieKind.MEMBERSHIP,
            grade=Grade("B", 2),
            last_seen=AS_OF,
            origin="x",
        )
        for n in range(20)
    )
    network = network_of(rows)
    like = RivalGraph.build(network, as_of=AS_OF, policy=POLICY)
    later = AS_OF + timedelta(days=30)
    for day, left in ((later, frozenset[str]()), (AS_OF, frozenset({"P0"}))):
        alone, found = (
            RivalGraph.build(network, as_of=day, policy=POLICY, implied_defectors=left, like=other)
            for other in (None, like)
        )
        assert_same(found, alone)
        assert not np.array_equal(found.edges.strength, like.edges.strength)
