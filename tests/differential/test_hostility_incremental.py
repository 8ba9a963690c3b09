"""One report at a time gives the numbers of a full build, whatever the order of changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.graph import RivalGraph
from placement_engine.graph.incremental import LiveGraph, Reported
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
SUBJECTS = ("P0", "P1", "P2", "P3", "G0", "G1")
Rows = tuple[TieReport, ...]
Left = frozenset[str]
Sure = frozenset[tuple[str, str]]
implied = st.frozensets(st.sampled_from(("P0", "P1", "P4")), max_size=2)
confirmed = st.frozensets(
    st.tuples(st.sampled_from(("P0", "P1", "P4")), st.sampled_from(("G0", "G1"))), max_size=2
)
sequences = st.lists(tie_reports(as_of=AS_OF, max_rows=3), min_size=1, max_size=4)


def built(rows: Rows, left: Left, sure: Sure) -> RivalGraph:
    return RivalGraph.build(
        network_of(rows),
        as_of=AS_OF,
        policy=POLICY,
        implied_defectors=left,
        confirmed_defectors=sure,
    )


def table(graph: RivalGraph) -> dict[tuple[str, str], tuple[float, float, bool]]:
    found = graph.scores(SUBJECTS, SUBJECTS)
    pairs = {}
    for i, a in enumerate(SUBJECTS):
        for j, b in enumerate(SUBJECTS):
            if a < b:
                scores = found.h_max[i, j], found.h_or[i, j], found.direct[i, j]
                pairs[a, b] = float(scores[0]), float(scores[1]), bool(scores[2])
    return pairs


def change(rows: Rows, more: Rows, drop: bool) -> tuple[Rows, Reported]:
    """Rows after `more` came, or after everything between its ends went."""
    ends = frozenset((row.a, row.b) for row in more)
    among = {frozenset(pair) for pair in ends}
    between = tuple(row for row in rows if frozenset((row.a, row.b)) in among)
    rest = tuple(row for row in rows if row not in between)
    now = () if drop else (*between, *more)
    return (*rest, *now), Reported(ends=ends, told=network_of(now))


@settings(max_examples=60, deadline=None)
@given(tie_reports(as_of=AS_OF), sequences, implied, confirmed, st.data())
def test_a_sequence_of_changes_equals_a_full_build(
    rows: Rows, steps: list[Rows], left: Left, sure: Sure, data: st.DataObject
) -> None:
    graph = built(rows, left, sure)
    known = table(graph)
    live = LiveGraph.of(graph, implied_defectors=left, confirmed_defectors=sure)
    for more in steps:
        rows, reported = change(rows, more, data.draw(st.booleans()))
        live, found = live.after(reported, SUBJECTS)
        for pair, *scores in zip(found.pairs, found.h_max, found.h_or, found.direct, strict=True):
            known[pair] = float(scores[0]), float(scores[1]), bool(scores[2])
        wanted = table(built(rows, left, sure))
        assert known.keys() == wanted.keys()
        for pair, numbers in wanted.items():
            assert known[pair] == pytest.approx(numbers, abs=1e-12)


def test_a_changed_grade_recomputes_only_its_own_pairs() -> None:
    b2 = Grade("B", 2)
    rows = tuple(
        TieReport(a=a, b=b, kind=kind, grade=b2, last_seen=AS_OF)
        for a, b, kind in (
            ("P0", "G0", TieKind.MEMBERSHIP),
            ("P1", "G1", TieKind.MEMBERSHIP),
            ("G0", "G1", TieKind.RIVALRY),
            ("P2", "P3", TieKind.CONFLICT),
        )
    )
    live = LiveGraph.of(built(rows, frozenset(), frozenset()))
    better = replace(rows[3], grade=Grade("A", 1))
    reported = Reported(ends=frozenset({("P2", "P3")}), told=network_of([better]))
    _, found = live.after(reported, ("P0", "P1", "P2", "P3"))
    assert found.pairs == (("P2", "P3"),)
    assert found.h_or == pytest.approx([0.75 * 0.9 + 0.25])
    nothing = Reported(ends=frozenset({("P2", "P3")}), told=network_of(()))
    live, found = live.after(nothing, ("P2", "P3"))
    assert (found.pairs, found.h_or.tolist()) == ((("P2", "P3"),), [0.0])
    # Once gone, the tie touches nobody when it goes again.
    _, found = live.after(nothing, ("P2", "P3"))
    assert found.pairs == ()


def test_a_merged_record_moves_its_ties() -> None:
    b2 = Grade("B", 2)
    tie = TieReport(a="P9", b="G0", kind=TieKind.MEMBERSHIP, grade=b2, last_seen=AS_OF)
    rival = TieReport(a="G0", b="G1", kind=TieKind.RIVALRY, grade=b2, last_seen=AS_OF)
    other = replace(tie, a="P1", b="G1")
    live = LiveGraph.of(built((tie, rival, other), frozenset(), frozenset()))
    moved = replace(tie, a="P0")
    ends = frozenset({("P9", "G0"), ("P0", "G0")})
    _, found = live.after(Reported(ends=ends, told=network_of([moved])), ("P0", "P1", "P9"))
    full = built((moved, rival, other), frozenset(), frozenset())
    scores = dict(zip(found.pairs, np.asarray(found.h_or).tolist(), strict=True))
    assert scores[("P0", "P1")] == pytest.approx(float(full.scores(["P0"], ["P1"]).h_or[0, 0]))
    assert scores[("P1", "P9")] == 0.0
