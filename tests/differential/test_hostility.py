"""The fast rival graph says what the plain enumeration says, on a thousand networks."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.graph import RivalGraph, hostile_pairs
from placement_engine.graph.reference import (
    ReferenceGraph,
    all_pairs,
    hostility_reference,
    reference_graph,
    reliability_by_worlds,
)
from placement_engine.intelligence import Network
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
B2 = Grade("B", 2)
PERSONS = tuple(f"P{i}" for i in range(6))
GROUPS = ("G0", "G1", "G2")
GROUP_KINDS = (
    TieKind.MEMBERSHIP,
    TieKind.MEMBERSHIP,
    TieKind.ALLIANCE,
    TieKind.RIVALRY,
    TieKind.CONFLICT,
)
LEAVER_KINDS = (TieKind.MEMBERSHIP, TieKind.DEFECTION, TieKind.DEFECTION, TieKind.RIVALRY)
lengths = st.integers(1, 3)
few_days = st.sampled_from([AS_OF - timedelta(days=300 * at) for at in range(-1, 4)])
longer = st.integers(1, 5)
grades = st.builds(Grade, st.sampled_from("ABCDEF"), st.integers(1, 6))
implied = st.frozensets(st.sampled_from((*PERSONS, "nobody")), max_size=3)
confirmed = st.frozensets(
    st.tuples(st.sampled_from((*PERSONS, "nobody")), st.sampled_from((*GROUPS, "nothing"))),
    max_size=3,
)
Rows = tuple[TieReport, ...]


def check(
    rows: Rows,
    length: int,
    left: frozenset[str] = frozenset(),
    sure: frozenset[tuple[str, str]] = frozenset(),
) -> ReferenceGraph:
    network = network_of(rows)
    fast = RivalGraph.build(
        network,
        as_of=AS_OF,
        policy=POLICY,
        implied_defectors=left,
        confirmed_defectors=sure,
    )
    slow = reference_graph(
        network,
        as_of=AS_OF,
        policy=POLICY,
        implied_defectors=left,
        confirmed_defectors=sure,
    )
    ids = network.nodes
    found = fast.scores(ids, ids, max_length=length)
    expected = np.zeros((4, len(ids), len(ids)))
    for (u, v), pair in all_pairs(slow, max_length=length).items():
        at = ids.index(u), ids.index(v)
        expected[(slice(None), *at)] = pair.h_max, pair.h_or, pair.reunion, pair.direct
        if u > v:
            continue
        best = fast.explain(u, v, count=3, max_length=length)
        (path,) = fast.best_paths([(u, v)], max_length=length)
        hostile = {way.nodes: way.chance for way in sorted(pair.hostile, key=lambda w: w.chance)}
        assert hostile.get(path, 0.0) == pytest.approx(pair.h_max, abs=1e-9)
        chances = sorted((path.chance for path in pair.hostile), reverse=True)[:3]
        assert [path.probability for path in best] == pytest.approx(chances, abs=1e-9)
    for name, wanted in zip(("h_max", "h_or", "reunion", "direct"), expected, strict=True):
        np.testing.assert_allclose(getattr(found, name), wanted, rtol=0, atol=1e-9, err_msg=name)
    return slow


@settings(max_examples=350, deadline=None)
@given(tie_reports(as_of=AS_OF), lengths, implied, confirmed)
def test_fast_equals_reference_on_all_kinds(
    rows: Rows, length: int, left: frozenset[str], sure: frozenset[tuple[str, str]]
) -> None:
    check(rows, length, left, sure)


@settings(max_examples=200, deadline=None)
@given(st.data(), longer, implied)
def test_fast_equals_reference_between_groups(
    data: st.DataObject, length: int, left: frozenset[str]
) -> None:
    # A chain of three groups, so that the group level with an ally is always reached.
    seen = data.draw(st.sampled_from((AS_OF, date(2024, 2, 29))))
    chain = [
        TieReport(a=a, b=b, kind=kind, grade=data.draw(grades), last_seen=seen)
        for a, b, kind in (
            ("P0", "G0", TieKind.MEMBERSHIP),
            ("G0", "G1", TieKind.ALLIANCE),
            ("G1", "G2", TieKind.RIVALRY),
            ("P1", "G2", TieKind.MEMBERSHIP),
        )
    ]
    more = data.draw(tie_reports(as_of=AS_OF, kinds=GROUP_KINDS, max_rows=10))
    check((*chain, *more), length, left)


@settings(max_examples=250, deadline=None)
@given(
    tie_reports(as_of=AS_OF, kinds=LEAVER_KINDS, max_persons=4, max_groups=2),
    lengths,
    implied,
    confirmed,
)
def test_fast_equals_reference_among_leavers(
    rows: Rows, length: int, left: frozenset[str], sure: frozenset[tuple[str, str]]
) -> None:
    check(rows, length, left, sure)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.builds(
            TieReport,
            a=st.sampled_from(("P0", "P1")),
            b=st.just("G0"),
            kind=st.just(TieKind.DEFECTION),
            grade=st.sampled_from((Grade("A", 1), B2, Grade("C", 3))),
            last_seen=few_days,
            ended=st.none() | few_days,
        ),
        max_size=5,
    ),
    lengths,
    st.frozensets(st.just(("P0", "G0"))),
)
def test_fast_equals_reference_where_somebody_leaves_and_returns(
    reports: list[TieReport], length: int, sure: frozenset[tuple[str, str]]
) -> None:
    # Few days, so that leaving and returning fall on the same one, and a third who has left.
    always = [
        TieReport(a=person, b="G0", kind=kind, grade=B2, last_seen=AS_OF)
        for person, kind in (
            ("P0", TieKind.MEMBERSHIP),
            ("P1", TieKind.MEMBERSHIP),
            ("P2", TieKind.DEFECTION),
        )
    ]
    check((*always, *reports), length, sure=sure)


@settings(max_examples=120, deadline=None)
@given(tie_reports(as_of=AS_OF, max_rows=9, max_persons=4), lengths)
def test_reliability_lies_between_the_best_path_and_the_joined_ones(
    rows: Rows, length: int
) -> None:
    slow = check(rows, length)
    for (u, v), pair in all_pairs(slow, max_length=length).items():
        if u > v:
            continue
        for paths, joined in ((pair.hostile, pair.h_or), (pair.friendly, pair.reunion)):
            if not paths:
                continue
            best = max(path.chance for path in paths)
            assert best - 1e-12 <= reliability_by_worlds(paths) <= joined + 1e-12


@settings(max_examples=60, deadline=None)
@given(
    tie_reports(as_of=AS_OF, max_rows=8),
    st.lists(st.sampled_from((*PERSONS, *GROUPS, "nobody")), max_size=6),
    st.lists(st.sampled_from((*PERSONS, *GROUPS, "nobody")), max_size=12),
)
def test_ids_may_repeat_and_be_unknown(rows: Rows, sources: list[str], targets: list[str]) -> None:
    network = network_of(rows)
    found = RivalGraph.build(network, as_of=AS_OF, policy=POLICY).scores(sources, targets)
    slow = reference_graph(network, as_of=AS_OF, policy=POLICY)
    assert found.h_or.shape == found.h_max.shape == (len(sources), len(targets))
    assert found.reunion.shape == found.direct.shape == (len(sources), len(targets))
    for i, u in enumerate(sources):
        for j, v in enumerate(targets):
            pair = hostility_reference(slow, u, v)
            assert found.h_or[i, j] == pytest.approx(pair.h_or, abs=1e-9)
            assert found.h_max[i, j] == pytest.approx(pair.h_max, abs=1e-9)
            assert found.reunion[i, j] == pytest.approx(pair.reunion, abs=1e-9)
            assert found.direct[i, j] == pair.direct


def test_many_sources_at_once_equal_one_at_a_time() -> None:
    rows = [
        TieReport(a=f"P{i}", b=f"G{i % 3}", kind=TieKind.MEMBERSHIP, grade=B2, last_seen=AS_OF)
        for i in range(150)
    ]
    rows += [
        TieReport(a="G0", b="G1", kind=TieKind.RIVALRY, grade=B2, last_seen=AS_OF),
        TieReport(a="P7", b="P9", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF),
        TieReport(a="P9", b="P10", kind=TieKind.KINSHIP, grade=B2, last_seen=AS_OF),
    ]
    graph = RivalGraph.build(network_of(rows), as_of=AS_OF, policy=POLICY)
    ids = [f"P{i}" for i in range(150)]
    together = graph.scores(ids, ids)
    for i in range(0, 150, 13):
        alone = graph.scores(ids[i : i + 1], ids)
        np.testing.assert_allclose(together.h_or[i], alone.h_or[0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(together.reunion[i], alone.reunion[0], rtol=0, atol=1e-12)
        np.testing.assert_array_equal(together.h_max[i], alone.h_max[0])
        np.testing.assert_array_equal(together.direct[i], alone.direct[0])
    pairs = [
        ("P0", "P1"),
        ("P7", "P9"),
        ("P7", "nobody"),
        ("P149", "P9"),
        ("P0", "P1"),
        ("P3", "P3"),
    ]
    assert graph.best_paths(pairs) == (
        ("P0", "G0", "G1", "P1"),
        ("P7", "P9"),
        (),
        (),
        ("P0", "G0", "G1", "P1"),
        (),
    )
    assert graph.best_paths([("nobody", "P1")]) == ((),)
    assert graph.best_paths([]) == ()


@pytest.mark.parametrize("length", [0, -1])
def test_paths_of_no_length_are_refused(length: int) -> None:
    graph = RivalGraph.build(Network.empty(), as_of=AS_OF, policy=POLICY)
    with pytest.raises(ValueError, match="at least 1"):
        graph.scores(["P0"], ["P1"], max_length=length)


def test_hostile_pairs_are_all_pairs_above_the_threshold() -> None:
    # More people than are compared at once.
    rows = [
        TieReport(a=f"P{i}", b=f"G{i % 3}", kind=TieKind.MEMBERSHIP, grade=B2, last_seen=AS_OF)
        for i in range(140)
    ]
    rows.append(TieReport(a="G0", b="G1", kind=TieKind.RIVALRY, grade=B2, last_seen=AS_OF))
    rows.append(TieReport(a="P7", b="P9", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF))
    network = network_of(rows)
    graph = RivalGraph.build(network, as_of=AS_OF, policy=POLICY)
    ids = sorted(node for node in network.nodes if node.startswith("P"))
    scores = graph.scores(ids, ids)
    for threshold in (0.0, 0.2, 0.5):
        found = hostile_pairs(
            network, as_of=AS_OF, policy=POLICY, subjects=[*ids, "P9"], threshold=threshold
        )
        told = {(pair.a, pair.b): (pair.h_max, pair.h_or) for pair in found}
        wanted = {
            (a, b): (scores.h_max[i, j], scores.h_or[i, j])
            for i, a in enumerate(ids)
            for j, b in enumerate(ids)
            if a < b and scores.h_or[i, j] > threshold
        }
        assert told.keys() == wanted.keys() != set()
        for key, numbers in told.items():
            assert numbers == pytest.approx(wanted[key], abs=1e-12)
        assert [pair.h_or for pair in found] == sorted((p.h_or for p in found), reverse=True)
        for pair in found[:: max(1, len(found) // 50)]:
            (best,) = graph.explain(pair.a, pair.b, count=1)
            assert best.probability == pytest.approx(pair.h_max, abs=1e-12)
            assert (pair.path[0], pair.path[-1]) == (pair.a, pair.b)
            assert len(pair.path) == len(best.nodes)


def test_worlds_of_two_parallel_paths() -> None:
    rows = (
        TieReport(a="P0", b="P1", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF),
        TieReport(a="P0", b="P2", kind=TieKind.KINSHIP, grade=B2, last_seen=AS_OF),
        TieReport(a="P1", b="P2", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF),
    )
    slow = reference_graph(network_of(rows), as_of=AS_OF, policy=POLICY)
    pair = hostility_reference(slow, "P0", "P1")
    q = 0.75 * 0.7 + 0.25 * 0.75
    assert len(pair.hostile) == 2
    # The two share no edge, so joining them is exact.
    assert reliability_by_worlds(pair.hostile) == pytest.approx(pair.h_or)
    assert pair.h_or == pytest.approx(1 - (1 - q) * (1 - 0.7 * q * q))


def test_too_many_edges_for_worlds_are_refused() -> None:
    rows = tuple(
        TieReport(a=a, b=b, kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF)
        for a, b in (("P0", f"P{i}") for i in range(1, 17))
    )
    slow = reference_graph(network_of(rows), as_of=AS_OF, policy=POLICY)
    paths = [hostility_reference(slow, "P0", f"P{i}").hostile[0] for i in range(1, 17)]
    with pytest.raises(ValueError, match="more than 14 edges"):
        reliability_by_worlds(paths)
