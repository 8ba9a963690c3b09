"""Two real signed networks hold what the model promises: sixteen tribes, and traders of bitcoin.

The traders rated each other from -10 to 10 (Kumar et al., "Edge weight prediction in weighted
signed networks", ICDM 2016); here a rating is a bond or an enmity whose severity is its size.
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from placement_engine.graph import RivalGraph
from placement_engine.graph.balance import count_triangles, signed_pairs
from placement_engine.graph.frustration import frustration
from placement_engine.graph.reliability import path_family, reliability
from placement_engine.graph.sensitivity import with_ties
from placement_engine.intelligence import read_network
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, TieKind
from tests.acceptance.test_highland_tribes import tribes
from tests.acceptance.test_hostility_cases import AS_OF, POLICY, tie

TRADERS = (
    Path(__file__).parents[2].parent
    / "shared"
    / "data"
    / "networks"
    / "bitcoin_otc"
    / "soc-sign-bitcoinotc.csv"
)


def graph_of_tribes() -> RivalGraph:
    rows = [
        tie(a, TieKind.ALLIANCE if ally else TieKind.RIVALRY, b, "B2", 24)
        for (a, b), ally in tribes().items()
    ]
    return RivalGraph.build(network_of(rows), as_of=AS_OF, policy=POLICY)


@cache
def graph_of_traders() -> RivalGraph:
    if not TRADERS.exists():
        pytest.skip("the network of the bitcoin traders is not beside this checkout")
    return RivalGraph.build(network_of(ratings()), as_of=AS_OF, policy=POLICY)


def rows_of(graph: RivalGraph, rows: NDArray[np.int64]) -> RivalGraph:
    """The graph of these rows of the network, in this order."""
    return RivalGraph.build(with_ties(graph.network, rows), as_of=AS_OF, policy=POLICY)


@cache
def ratings() -> list[TieReport]:
    with TRADERS.open(encoding="utf-8", newline="") as stream:
        return [
            TieReport(
                a=f"P{a}",
                b=f"P{b}",
                kind=TieKind.ASSOCIATION if int(rating) > 0 else TieKind.RIVALRY,
                grade=Grade("C", 3),
                last_seen=datetime.fromtimestamp(float(when), UTC).date(),
                severity=abs(int(rating)) / 10,
                origin=a,
            )
            for a, b, rating, when in csv.reader(stream)
        ]


def test_the_tribes_have_the_published_balance() -> None:
    pairs = signed_pairs(graph_of_tribes(), groups_only=True)
    found = count_triangles(pairs)
    assert (len(pairs), found.count, found.balanced) == (58, 68, 59)
    split = frustration(pairs)
    assert split.exact
    assert split.lower == split.upper == len(split.left_over) == 7
    assert not pairs.ambivalent.any()


def test_the_traders_load_with_the_published_counts() -> None:
    graph = graph_of_traders()
    assert graph.network.person_count == 5_881
    assert graph.network.tie_count == 35_592
    assert (graph.network.ties.kind == list(TieKind).index(TieKind.RIVALRY)).sum() == 3_563


def test_the_traders_can_be_imported_from_a_folder(tmp_path: Path) -> None:
    graph = graph_of_traders()
    lines = [
        f"{r.a},{r.b},{r.kind},C,3,{r.last_seen.isoformat()},{r.severity},{r.origin}\n"
        for r in ratings()
    ]
    people = "".join(f"{node},other\n" for node in graph.nodes)
    (tmp_path / "persons.csv").write_text("person_id,role\n" + people, encoding="utf-8")
    (tmp_path / "groups.csv").write_text("group_id,category,environment\n", encoding="utf-8")
    (tmp_path / "ties.csv").write_text(
        "a,b,kind,source,information,last_seen,severity,origin\n" + "".join(lines),
        encoding="utf-8",
    )
    read = read_network(tmp_path, codes=frozenset())
    assert (read.person_count, read.tie_count) == (5_881, 35_592)
    told = RivalGraph.build(read, as_of=AS_OF, policy=POLICY)
    near, far = some_traders(graph)[:10], some_traders(graph)[10:30]
    expected = graph.scores(near, far, max_length=2)
    assert np.allclose(told.scores(near, far, max_length=2).h_or, expected.h_or, atol=1e-12)


def test_the_triangles_of_the_traders_equal_a_count_by_neighbours() -> None:
    pairs = signed_pairs(graph_of_traders(), groups_only=False)
    sign = {
        (u, v): not enemy
        for u, v, enemy in zip(
            pairs.u.tolist(), pairs.v.tolist(), pairs.enemies.tolist(), strict=True
        )
    }
    near: dict[int, set[int]] = {}
    for u, v in sign:
        near.setdefault(u, set()).add(v)
        near.setdefault(v, set()).add(u)
    counted = balanced = 0
    for u, v in sign:
        for w in near[u] & near[v]:
            if w > v:
                counted += 1
                balanced += (sign[u, v] + sign[u, w] + sign[v, w]) % 2 == 1
    found = count_triangles(pairs)
    assert (found.count, found.balanced) == (counted, balanced)
    assert found.count == 33_493
    assert pairs.ambivalent.sum() > 100


def test_the_bounds_on_the_camps_of_the_traders_hold_together() -> None:
    split = frustration(signed_pairs(graph_of_traders(), groups_only=False))
    assert 0 < split.lower <= split.upper < 3_563
    assert not split.exact


def some_traders(graph: RivalGraph) -> list[str]:
    return list(graph.nodes[:: len(graph.nodes) // 40])


def test_hostility_of_the_traders_is_symmetric_and_needs_no_order_of_rows() -> None:
    graph = graph_of_traders()
    near, far = some_traders(graph)[:20], some_traders(graph)[20:40]
    one, other = graph.scores(near, far, max_length=2), graph.scores(far, near, max_length=2)
    assert np.allclose(one.h_or, other.h_or.T, atol=1e-12)
    assert np.allclose(one.reunion, other.reunion.T, atol=1e-12)
    assert (one.h_max <= one.h_or + 1e-12).all()
    turned = rows_of(graph, np.arange(35_592)[::-1])
    assert np.allclose(turned.scores(near, far, max_length=2).h_or, one.h_or, atol=1e-12)


def test_one_more_enmity_lowers_the_hostility_of_no_trader() -> None:
    graph = graph_of_traders()
    people = some_traders(graph)
    more = TieReport(
        a=people[0],
        b=people[1],
        kind=TieKind.RIVALRY,
        grade=Grade("B", 2),
        last_seen=date(2016, 1, 1),
    )
    added = RivalGraph.build(network_of([*ratings(), more]), as_of=AS_OF, policy=POLICY)
    before = graph.scores(people[:5], people, max_length=2)
    after = added.scores(people[:5], people, max_length=2)
    assert (after.h_or >= before.h_or - 1e-12).all()
    assert after.h_or[0, 1] > before.h_or[0, 1]


def test_worlds_of_traders_lie_between_the_best_path_and_all_joined() -> None:
    graph = graph_of_traders()
    people = some_traders(graph)[:12]
    scores = graph.scores(people, people, max_length=2)
    a, b = np.unravel_index(int(scores.h_or.argmax()), scores.h_or.shape)
    family = path_family(graph, people[int(a)], people[int(b)], max_length=2)
    found = reliability(family, worlds=20_000, seed=1)
    slack = 5 * found.standard_error
    assert scores.h_max[a, b] - slack <= found.value <= scores.h_or[a, b] + slack


def test_a_rating_that_is_told_twice_changes_nothing() -> None:
    graph = graph_of_traders()
    again = rows_of(graph, np.concatenate([np.arange(35_592), np.arange(500)]))
    people = some_traders(graph)[:10]
    before, after = (g.scores(people, people, max_length=2) for g in (graph, again))
    assert np.array_equal(before.h_or, after.h_or)
