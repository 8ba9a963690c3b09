"""What may have changed is named: nothing that did change is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.graph import RivalGraph, changed_pairs, changes, touched
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
B2 = Grade("B", 2)
Rows = tuple[TieReport, ...]
implied = st.frozensets(st.sampled_from(("P0", "P1", "nobody")), max_size=2)
confirmed = st.frozensets(
    st.tuples(st.sampled_from(("P0", "P1", "P2")), st.sampled_from(("G0", "G1"))), max_size=2
)


def built(
    rows: Rows,
    left: frozenset[str] = frozenset(),
    sure: frozenset[tuple[str, str]] = frozenset(),
    as_of: date = AS_OF,
) -> RivalGraph:
    return RivalGraph.build(
        network_of(rows),
        as_of=as_of,
        policy=POLICY,
        implied_defectors=left,
        confirmed_defectors=sure,
    )


def differing(before: RivalGraph, after: RivalGraph) -> set[tuple[str, str]]:
    ids = sorted({*before.nodes, *after.nodes})
    old, new = before.scores(ids, ids), after.scores(ids, ids)
    unlike = (old.h_max != new.h_max) | (old.direct != new.direct)
    unlike |= ~np.isclose(old.h_or, new.h_or, rtol=0, atol=1e-12)
    return {(ids[i], ids[j]) for i, j in zip(*np.nonzero(np.triu(unlike)), strict=True)}


def check(before: RivalGraph, after: RivalGraph) -> None:
    ids = {*before.nodes, *after.nodes}
    unlike = differing(before, after)
    named = changed_pairs(before, after, ids)
    assert unlike <= named
    assert {node for pair in named for node in pair} <= (everyone := touched(before, after))
    assert {
        node
        for node in ids
        if before.coverage(node).graded_ties != after.coverage(node).graded_ties
    } <= everyone
    some = sorted(ids)[::2]
    assert changed_pairs(before, after, some) == {p for p in named if set(p) <= set(some)}


@settings(max_examples=60, deadline=None)
@given(tie_reports(as_of=AS_OF), tie_reports(as_of=AS_OF, max_rows=3), implied, confirmed)
def test_more_ties(
    rows: Rows, more: Rows, left: frozenset[str], sure: frozenset[tuple[str, str]]
) -> None:
    check(built(rows, left, sure), built((*rows, *more), left, sure))
    check(built((*rows, *more), left, sure), built(rows, left, sure))


@settings(max_examples=40, deadline=None)
@given(tie_reports(as_of=AS_OF), implied, confirmed, implied, confirmed)
def test_other_leavers(
    rows: Rows,
    left: frozenset[str],
    sure: frozenset[tuple[str, str]],
    left_then: frozenset[str],
    sure_then: frozenset[tuple[str, str]],
) -> None:
    check(built(rows, left, sure), built(rows, left_then, sure_then))


@settings(max_examples=20, deadline=None)
@given(tie_reports(as_of=AS_OF), tie_reports(as_of=AS_OF))
def test_any_two_networks(one: Rows, other: Rows) -> None:
    check(built(one), built(other))


@settings(max_examples=20, deadline=None)
@given(tie_reports(as_of=AS_OF), st.integers(1, 500))
def test_another_day(rows: Rows, days: int) -> None:
    check(built(rows), built(rows, as_of=AS_OF + timedelta(days=days)))


def test_a_change_far_off_names_nobody_else() -> None:
    rows = tuple(
        TieReport(a=a, b=b, kind=kind, grade=B2, last_seen=AS_OF)
        for a, b, kind in (
            ("P0", "G0", TieKind.MEMBERSHIP),
            ("P1", "G1", TieKind.MEMBERSHIP),
            ("G0", "G1", TieKind.RIVALRY),
            ("P2", "P3", TieKind.KINSHIP),
        )
    )
    before = built(rows)
    # A bond without any enmity near touches its own two ends (what is known of them) alone.
    more = TieReport(a="P2", b="P4", kind=TieKind.KINSHIP, grade=B2, last_seen=AS_OF)
    assert touched(before, built((*rows, more))) == {"P2", "P4"}
    assert changed_pairs(before, built((*rows, more)), before.nodes) == frozenset()
    member = replace(rows[0], a="P3")
    assert changed_pairs(before, built((*rows, member)), before.nodes) == {
        ("P1", "P3"),
        ("G1", "P3"),
        ("G1", "P2"),
    }
    assert touched(before, before) == frozenset()
    assert changed_pairs(before, before, before.nodes) == frozenset()


def test_many_changes_name_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "MANY", 0)
    rows = (TieReport(a="P0", b="P1", kind=TieKind.CONFLICT, grade=B2, last_seen=AS_OF),)
    before, after = built(rows), built((*rows, replace(rows[0], b="P2")))
    assert touched(before, after) == {"P0", "P1", "P2"}
    assert len(changed_pairs(before, after, ["P0", "P1", "P2"])) == 3
