"""Judgements in order, merged records, and quarrels that are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_engine.errors import InvalidInput
from placement_engine.graph import RivalGraph
from placement_engine.intelligence.identity import (
    Identity,
    last_end,
    merged,
    without_quarrels_that_ended,
)
from placement_engine.intelligence.judgements import (
    Judgement,
    JudgementKind,
    in_force,
    next_key,
    read_log,
)
from placement_engine.policy import Policy
from placement_engine.testing.networks import PresenceReport, TieReport, network_of, tie_reports
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()


def entry(kind: JudgementKind, a: str, b: str = "", **changes: object) -> Judgement:
    plain = Judgement(kind=kind, a=a, b=b, day=AS_OF, by="A. Analyst", reason="seen")
    return replace(plain, **changes)  # type: ignore[arg-type]


def merging(*pairs: tuple[str, str]) -> Identity:
    return Identity.of_merges(entry(JudgementKind.MERGE, a, b) for a, b in pairs)


def tie(a: str, kind: TieKind, b: str, **changes: object) -> TieReport:
    plain = TieReport(a=a, b=b, kind=kind, grade=Grade("B", 2), last_seen=AS_OF)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_an_entry_comes_back_from_its_bytes() -> None:
    told = entry(JudgementKind.PEACE, "G1", "G2", until=date(2026, 1, 1))
    assert read_log({"1": told.to_bytes()}) == (("1", told),)
    assert "seen" not in repr(told)
    assert "G1" not in repr(told)


@pytest.mark.parametrize("payload", [b"{}", b"\xff", b'{"schema":"x","version":1}'])
def test_an_unknown_entry_is_refused_and_not_passed_over(payload: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_log({"1": payload})


def test_later_entries_replace_and_revoke_earlier_ones() -> None:
    clear = entry(JudgementKind.CLEAR, "P1")
    again = replace(clear, by="B. Analyst")
    peace = entry(JudgementKind.PEACE, "G1", "G2")
    back = entry(JudgementKind.PEACE, "G2", "G1", revoked=True)
    assert in_force([clear, peace], AS_OF) == (clear, peace)
    assert in_force([clear, peace, again, back], AS_OF) == (again,)
    assert in_force([clear, back, peace], AS_OF - timedelta(days=1)) == ()
    assert in_force([replace(clear, day=AS_OF + timedelta(days=1))], AS_OF) == ()
    assert sorted([next_key(10, b"a"), next_key(9, b"z")])[0] == next_key(9, b"z")


def test_the_first_named_record_stands_for_all() -> None:
    identity = merging(("P1", "P2"), ("P3", "P1"), ("P2", "P4"))
    assert {identity.of(f"P{n}") for n in range(1, 5)} == {"P3"}
    assert identity.aliases("P2") == ("P1", "P2", "P4")
    assert identity.of("P9") == "P9"


def test_records_become_one() -> None:
    rows = [
        tie("P1", TieKind.MEMBERSHIP, "G1", origin="one"),
        tie("P2", TieKind.MEMBERSHIP, "G1", origin="one"),
        tie("P2", TieKind.MEMBERSHIP, "G1", origin="two"),
        tie("P1", TieKind.ASSOCIATION, "P2"),
        tie("P2", TieKind.RIVALRY, "P3"),
    ]
    present = PresenceReport(
        actor="P2", municipality="0180", strength=0.5, grade=Grade("B", 2), last_seen=AS_OF
    )
    network = network_of(rows, presences=[present, replace(present, actor="P1")])
    network = replace(network, role=np.array([-1, 2, 0, 2], dtype="<i1"))
    one = merged(network, merging(("P1", "P2")))
    assert one.nodes == ("G1", "P1", "P3")
    assert one.tie_count == 3  # the equal row and the tie with himself are gone
    assert one.presence_count == 1
    assert one.role.tolist() == [-1, 0, 2]  # nobody stops being a subject


def test_a_kept_id_that_no_import_knows_takes_the_record_over() -> None:
    network = network_of([tie("P2", TieKind.RIVALRY, "P3")])
    identity = merging(("A1", "P2"))
    graph = RivalGraph.build(
        merged(network, identity), as_of=AS_OF, policy=POLICY, aliases=identity.kept
    )
    assert graph.scores(["A1", "P2"], ["P3", "A1"]).h_or[:, 0].min() > 0
    assert graph.scores(["P2"], ["A1"]).h_or.tolist() == [[0.0]]
    assert graph.coverage("P2") == graph.coverage("A1")


def test_a_person_is_never_merged_with_a_group() -> None:
    network = network_of([tie("P1", TieKind.MEMBERSHIP, "G1")])
    with pytest.raises(InvalidInput):
        merged(network, merging(("P1", "G1")))


@given(rows=tie_reports(as_of=AS_OF), kept=st.sampled_from(["P0", "P1"]))
def test_a_merge_equals_a_network_that_was_written_so(
    rows: tuple[TieReport, ...], kept: str
) -> None:
    other = "P1" if kept == "P0" else "P0"
    people = ("P0", "P1", "G0")
    written = [
        replace(row, a=kept if row.a == other else row.a, b=kept if row.b == other else row.b)
        for row in rows
    ]
    told = network_of([row for row in written if row.a != row.b], nodes=people)
    identity = merging((kept, other))
    one = RivalGraph.build(
        merged(network_of(rows, nodes=people), identity),
        as_of=AS_OF,
        policy=POLICY,
        aliases=identity.kept,
    )
    expected = RivalGraph.build(told, as_of=AS_OF, policy=POLICY)
    ids = sorted({*told.nodes} - {other})
    assert np.allclose(one.scores(ids, ids).h_or, expected.scores(ids, ids).h_or, atol=1e-12)
    assert np.array_equal(one.scores([other], ids).h_or, one.scores([kept], ids).h_or)


@given(rows=tie_reports(as_of=AS_OF))
def test_hostility_after_a_merge_taken_back_is_the_same_to_the_last_bit(
    rows: tuple[TieReport, ...],
) -> None:
    network = network_of(rows, nodes=("P0", "P1"))
    log = [
        entry(JudgementKind.MERGE, "P0", "P1"),
        entry(JudgementKind.MERGE, "P1", "P0", revoked=True),
    ]
    after = merged(network, Identity.of_merges(in_force(log, AS_OF)))
    assert after.content_hash == network.content_hash
    ids = network.nodes
    before = RivalGraph.build(network, as_of=AS_OF, policy=POLICY).scores(ids, ids)
    again = RivalGraph.build(after, as_of=AS_OF, policy=POLICY).scores(ids, ids)
    assert before.h_or.tobytes() == again.h_or.tobytes()
    assert before.h_max.tobytes() == again.h_max.tobytes()


def hostility(rows: list[TieReport]) -> float:
    graph = RivalGraph.build(network_of(rows), as_of=AS_OF, policy=POLICY)
    return float(graph.scores(["P1"], ["P2"]).h_or[0, 0])


def test_what_is_repeated_from_one_origin_does_not_raise_confidence() -> None:
    first = tie("P1", TieKind.RIVALRY, "P2", origin="one")
    repeated = [replace(first, last_seen=AS_OF - timedelta(days=d)) for d in (0, 30, 60)]
    assert hostility([first, first]) == hostility([first])
    assert hostility(repeated) == hostility([first])
    assert hostility([first, replace(first, origin="two")]) > hostility([first])


def test_a_merge_of_sources_of_one_origin_does_not_raise_confidence() -> None:
    rows = [
        tie("P1", TieKind.RIVALRY, "P2", origin="one"),
        tie("P9", TieKind.RIVALRY, "P2", origin="one", last_seen=AS_OF - timedelta(days=3)),
    ]
    one = merged(network_of(rows), merging(("P1", "P9")))
    found = RivalGraph.build(one, as_of=AS_OF, policy=POLICY).scores(["P1"], ["P2"])
    assert float(found.h_or[0, 0]) == hostility(rows[:1])


def test_a_peace_ends_what_was_seen_by_then_and_nothing_later() -> None:
    day = date(2026, 3, 1)
    old = tie("G1", TieKind.RIVALRY, "G2", last_seen=date(2025, 1, 1), origin="one")
    over = replace(old, last_seen=date(2026, 4, 1), ended=day, origin="two")
    later = replace(old, last_seen=date(2026, 5, 1), origin="three")
    shot = replace(old, kind=TieKind.CONFLICT)
    other = replace(old, b="G3")
    network = network_of([old, over, later, shot, other])
    assert last_end(network, "G2", "G1", AS_OF) == day
    assert last_end(network, "G2", "G1", date(2026, 3, 31)) is None  # not yet reported
    peace = entry(JudgementKind.PEACE, "G2", "G1", until=day)
    left = without_quarrels_that_ended(network, [peace])
    assert left.tie_count == 3
    assert without_quarrels_that_ended(network, []) is network
    assert last_end(left, "G1", "G2", AS_OF) is None
