"""What must hold of hostility in every network, whatever stands in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from placement_engine.graph import PairScores, RivalGraph
from placement_engine.intelligence.network import KINDS
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import SOURCES, Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
IDS = ("P0", "P1", "P2", "P3", "P4", "G0", "G1", "G2")
ENMITIES = (TieKind.RIVALRY, TieKind.THREAT, TieKind.CONFLICT, TieKind.DEFECTION)
TOLERANCE = 1e-12
Rows = tuple[TieReport, ...]
networks = tie_reports(as_of=AS_OF, max_persons=5)
FEW = settings(max_examples=60, deadline=None)


def scores(rows: Rows, ids: tuple[str, ...] = IDS) -> PairScores:
    graph = RivalGraph.build(network_of(rows, nodes=IDS), as_of=AS_OF, policy=POLICY)
    return graph.scores(ids, ids)


def lowers_nothing(before: PairScores, after: PairScores) -> None:
    assert (after.h_or >= before.h_or - TOLERANCE).all()
    assert (after.h_max >= before.h_max - TOLERANCE).all()
    assert (after.direct >= before.direct).all()


def same(one: PairScores, other: PairScores, tolerance: float = TOLERANCE) -> None:
    for name in ("h_max", "h_or", "reunion", "direct"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=0, atol=tolerance, err_msg=name
        )


@st.composite
def enmities(draw: st.DrawFn) -> TieReport:
    kind = draw(st.sampled_from(ENMITIES))
    if kind is TieKind.DEFECTION:
        a, b = draw(st.sampled_from(IDS[:5])), draw(st.sampled_from(IDS[5:]))
    else:
        a, b = draw(st.permutations(IDS))[:2]
    return TieReport(
        a=a,
        b=b,
        kind=kind,
        grade=Grade(draw(st.sampled_from(SOURCES)), draw(st.integers(1, 6))),
        last_seen=AS_OF - timedelta(days=draw(st.integers(0, 3000))),
        severity=draw(st.sampled_from((1.0, 0.4))),
        origin=draw(st.sampled_from(("", "one", "three"))),
    )


@FEW
@given(networks, enmities())
def test_one_more_enmity_lowers_nothing(rows: Rows, more: TieReport) -> None:
    before, after = scores(rows), scores((*rows, more))
    if more.kind is TieKind.DEFECTION:
        # The leaver's own pairs aside: he no longer carries the group's will.
        rest = [i for i, node in enumerate(IDS) if node != more.a]
        before, after = (
            PairScores(
                **{
                    name: getattr(table, name)[np.ix_(rest, rest)]
                    for name in ("h_max", "h_or", "reunion", "direct")
                }
            )
            for table in (before, after)
        )
    lowers_nothing(before, after)


@FEW
@given(networks, st.data())
def test_a_better_grade_lowers_nothing(rows: Rows, data: st.DataObject) -> None:
    # Defections aside: a better report of one's own may give the privilege of a leaver, or
    # make a return believed. 6 and F are unknown, not doubtful, so steps go within A to E.
    chosen = [
        at
        for at, row in enumerate(rows)
        if row.kind is not TieKind.DEFECTION and row.grade.source != "F"
    ]
    assume(chosen)
    at = data.draw(st.sampled_from(chosen))
    row = rows[at]
    better = [
        Grade(source, information)
        for source in SOURCES[: SOURCES.index(row.grade.source) + 1]
        for information in range(1, 7)
        if _credibility(information) >= _credibility(row.grade.information)
        and not (row.grade.information < 6 and information == 6)
    ]
    # A stated origin, so that a better source letter is not another origin as well.
    named = tuple(replace(r, origin=r.origin or f"of {r.grade.source}") for r in rows)
    raised = replace(named[at], grade=data.draw(st.sampled_from(better)))
    before, after = scores(named), scores((*named[:at], raised, *named[at + 1 :]))
    assert (after.h_or >= before.h_or - TOLERANCE).all()
    assert (after.h_max >= before.h_max - TOLERANCE).all()


def _credibility(information: int) -> float:
    return POLICY.grading.credibility[information - 1]


@FEW
@given(networks)
def test_hostility_is_symmetric(rows: Rows) -> None:
    found = scores(rows)
    for name in ("h_max", "h_or", "reunion", "direct"):
        table = getattr(found, name)
        np.testing.assert_allclose(table, table.T, rtol=0, atol=TOLERANCE, err_msg=name)
        assert not np.diagonal(table).any()


@FEW
@given(networks, st.randoms(use_true_random=False))
def test_order_of_rows_and_of_ids_is_nothing(rows: Rows, random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    same(scores(rows), scores(tuple(shuffled)))
    ids = tuple(reversed(IDS))
    turned = scores(rows, ids)
    straight = scores(rows)
    np.testing.assert_allclose(turned.h_or[::-1, ::-1], straight.h_or, rtol=0, atol=TOLERANCE)


@FEW
@given(networks, st.permutations(range(100, 100 + len(IDS))))
def test_names_are_nothing(rows: Rows, numbers: list[int]) -> None:
    renamed = {node: f"{'GP'[node[0] == 'P']}{n}" for node, n in zip(IDS, numbers, strict=True)}
    named = tuple(replace(row, a=renamed[row.a], b=renamed[row.b]) for row in rows)
    network = network_of(named, nodes=renamed.values())
    graph = RivalGraph.build(network, as_of=AS_OF, policy=POLICY)
    ids = tuple(renamed[node] for node in IDS)
    same(scores(rows), graph.scores(ids, ids))


@FEW
@given(networks)
def test_ends_of_a_mutual_tie_may_stand_in_any_order(rows: Rows) -> None:
    directed = {TieKind.MEMBERSHIP, TieKind.DEFECTION, TieKind.THREAT}
    turned = tuple(r if r.kind in directed else replace(r, a=r.b, b=r.a) for r in rows)
    same(scores(rows), scores(turned))


@FEW
@given(networks, st.data())
def test_duplicate_reports_change_nothing(rows: Rows, data: st.DataObject) -> None:
    assume(rows)
    again = data.draw(st.lists(st.sampled_from(rows), max_size=6))
    same(scores(rows), scores((*rows, *again)), tolerance=0)


@FEW
@given(networks, enmities(), st.sampled_from(KINDS), st.integers(1, 900))
def test_later_reports_do_not_exist(rows: Rows, row: TieReport, kind: TieKind, days: int) -> None:
    if kind not in (TieKind.MEMBERSHIP, TieKind.DEFECTION) and row.kind is not TieKind.DEFECTION:
        row = replace(row, kind=kind)
    later = replace(row, last_seen=AS_OF + timedelta(days=days))
    same(scores(rows), scores((*rows, later)), tolerance=0)
    begun = replace(row, last_seen=AS_OF, first_seen=AS_OF + timedelta(days=days))
    same(scores(rows), scores((*rows, begun)), tolerance=0)


@FEW
@given(networks, st.integers(1, 900))
def test_an_end_to_come_is_no_end(rows: Rows, days: int) -> None:
    open_ended = tuple(replace(row, ended=None) for row in rows)
    to_come = tuple(replace(row, ended=AS_OF + timedelta(days=days)) for row in rows)
    same(scores(open_ended), scores(to_come), tolerance=0)


@settings(max_examples=60, deadline=None)
@given(enmities(), enmities(), st.integers(1, 6))
def test_a_second_enmity_on_a_path_adds_nothing(
    one: TieReport, other: TieReport, information: int
) -> None:
    # u – x – y – v with enmities at both ends, in whatever grade: two say nothing of u and v.
    grade = Grade("A", information)
    chain = (
        replace(one, kind=TieKind.CONFLICT, a="P0", b="P1"),
        TieReport(a="P1", b="P2", kind=TieKind.KINSHIP, grade=grade, last_seen=AS_OF),
        replace(other, kind=TieKind.THREAT, a="P2", b="P3"),
    )
    found = scores(chain)
    assert found.h_or[0, 3] == found.h_max[0, 3] == found.reunion[0, 3] == 0
    assert (found.h_or[0, 2] > 0) == (one.severity > 0)
    straight = scores((*chain, replace(one, kind=TieKind.CONFLICT, a="P0", b="P3")))
    alone = scores((replace(one, kind=TieKind.CONFLICT, a="P0", b="P3"),))
    assert straight.h_or[0, 3] == alone.h_or[0, 3]


@pytest.mark.parametrize("kind", [TieKind.CONFLICT, TieKind.RIVALRY])
def test_one_origin_counts_once_and_two_raise(kind: TieKind) -> None:
    def h(*origins: str, letters: str = "BBB") -> float:
        rows = tuple(
            TieReport(a="P0", b="P1", kind=kind, grade=Grade(s, 2), last_seen=AS_OF, origin=origin)
            for origin, s in zip(origins, letters, strict=False)
        )
        return float(scores(rows).h_or[0, 1])

    q = 0.75 * 0.7 + 0.25 * 0.75
    assert h("one") == h("") == h("one", "one") == h("", "") == pytest.approx(q)
    assert h("one", "two") == pytest.approx(1 - (1 - q) ** 2)
    # Blank is one origin for each source letter, and never a stated one.
    assert h("", "one") == pytest.approx(1 - (1 - q) ** 2)
    q_c = 0.75 * 0.7 + 0.25 * 0.5
    assert h("", "", letters="BC") == pytest.approx(1 - (1 - q) * (1 - q_c))


def test_within_one_origin_the_strongest_counts() -> None:
    old = TieReport(
        a="P0",
        b="P1",
        kind=TieKind.CONFLICT,
        grade=Grade("A", 1),
        last_seen=AS_OF - timedelta(days=3000),
        origin="one",
    )
    new = replace(old, grade=Grade("E", 5), last_seen=AS_OF)
    assert scores((old, new)).h_or[0, 1] == scores((old,)).h_or[0, 1] > 0.5
