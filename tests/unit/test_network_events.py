"""Events are evidence of enmity: once each, of the right kind, hot for two weeks."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_engine.intelligence import Network
from placement_engine.intelligence.events import tie_kind
from placement_engine.intelligence.heat import fresh_enmities, heat
from placement_engine.intelligence.network import KINDS
from placement_engine.policy import Policy
from placement_engine.vocabulary import EventKind, TieKind
from tests.unit.test_network_reader import Files, equal, files, places, read

HEADER = "event_id,kind,date,municipality,a,b,source,information\n"
POLICY = Policy.default()
DAY = date(2026, 5, 1)


def with_events(*rows: str) -> Files:
    return files() | {"events.csv": HEADER + "".join(f"{row}\n" for row in rows)}


def ties_of(network: Network, origin: str) -> list[int]:
    number = network.origins.index(origin)
    return [at for at, one in enumerate(network.ties.origin.tolist()) if one == number]


def test_an_event_is_a_tie_with_the_event_as_its_origin(tmp_path: Path) -> None:
    shooting = "E-1,shooting,2026-05-01,0180,G1,G2,B,2"
    network = read(tmp_path / "one", with_events(shooting, "E-2,threat,2026-05-02,,P1,P2,A,1"))
    plain = read(tmp_path / "plain", files())
    assert network.tie_count == plain.tie_count + 2
    (at,) = ties_of(network, "event:E-1")
    assert KINDS[network.ties.kind[at]] is TieKind.CONFLICT
    assert date.fromordinal(int(network.ties.last_seen[at])) == DAY
    (at,) = ties_of(network, "event:E-2")
    assert KINDS[network.ties.kind[at]] is TieKind.THREAT
    assert [network.nodes[end[at]] for end in (network.ties.a, network.ties.b)] == ["P1", "P2"]
    assert equal(Network.from_bytes(network.to_bytes()), network)


def test_one_event_told_twice_counts_once(tmp_path: Path) -> None:
    row = "E-1,shooting,2026-05-01,0180,G1,G2,B,2"
    once = read(tmp_path / "one", with_events(row))
    assert equal(read(tmp_path / "two", with_events(row, row.replace("0180", "1480"))), once)
    # Another report of it is another row of the same origin, of which the strongest counts.
    told = read(tmp_path / "three", with_events(row, row.replace("B,2", "C,3")))
    assert len(ties_of(told, "event:E-1")) == 2


def test_an_event_may_have_several_parties_and_be_cited_by_a_tie(tmp_path: Path) -> None:
    content = with_events("E-1,robbery,2026-05-01,,G1,G2,B,2", "E-1,robbery,2026-05-01,,P1,G2,B,2")
    content["ties.csv"] += "P1,G2,conflict,C,3,2026-05-01,,,,event:E-1,\n"
    assert len(ties_of(read(tmp_path, content), "event:E-1")) == 3


def test_faults_of_events_have_the_names_of_their_columns(tmp_path: Path) -> None:
    content = with_events(
        "E 1,stabbing,1 May,9999,P7,P1,G,9",
        f"{'E' * 59},arson,2026-05-01,,P1,P2,B,2",
        "E-3,arson,2026-05-01,,P1,P1,B,2",
    )
    assert places(tmp_path, content) == {
        *(("events.csv", 2, name) for name in ("event_id", "kind", "date", "municipality")),
        *(("events.csv", 2, name) for name in ("a", "source", "information")),
        ("events.csv", 3, "event_id"),
        ("events.csv", 4, "kind"),
    }


def test_a_file_of_events_without_a_column(tmp_path: Path) -> None:
    content = files() | {"events.csv": "event_id,kind\nE-1,arson\n"}
    assert {name for _, _, name in places(tmp_path, content)} == {
        "date",
        "a",
        "b",
        "source",
        "information",
    }


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_is_an_enmity(kind: EventKind) -> None:
    assert not tie_kind(kind).is_bond


@given(days=st.integers(0, 5000))
def test_heat_halves_and_never_rises(days: int) -> None:
    now, later = (heat(DAY, DAY + timedelta(days=d), POLICY) for d in (days, days + 85))
    assert later.value == pytest.approx(now.value / 2)
    assert now.hot == (days <= 14)


def test_an_event_to_come_is_not_hot() -> None:
    to_come = heat(DAY, DAY - timedelta(days=1), POLICY)
    assert (to_come.value, to_come.hot) == (0.0, False)
    assert heat(DAY, DAY, POLICY).value == 1.0


def test_fresh_enmities_are_told_hottest_first(tmp_path: Path) -> None:
    content = with_events(
        "E-1,shooting,2026-05-01,,G2,G1,B,2",
        "E-2,arson,2026-04-01,,G1,G2,B,2",
        "E-3,threat,2026-04-20,,P2,P1,B,2",
        "E-4,assault,2026-05-06,,P1,P2,B,2",
        "E-5,assault,2025-05-01,,P2,P3,B,2",
    )
    content["ties.csv"] += "P3,P2,conflict,A,1,2026-05-01,,,,,sealed\n"
    network = read(tmp_path, content)
    day = date(2026, 5, 5)
    found, withheld = fresh_enmities(network, as_of=day, policy=POLICY)
    told = [(one.a, one.b, one.kind, one.last, one.heat.hot) for one in found]
    assert told == [
        ("G1", "G2", TieKind.CONFLICT, DAY, True),
        ("P2", "P1", TieKind.THREAT, date(2026, 4, 20), False),
    ]
    assert found[0].heat == heat(DAY, day, POLICY)
    assert withheld == 1
    found, withheld = fresh_enmities(network, as_of=day, policy=POLICY, codes=["sealed"])
    assert [(one.a, one.b) for one in found] == [("G1", "G2"), ("P2", "P3"), ("P2", "P1")]
    assert withheld == 0
    assert fresh_enmities(Network.empty(), as_of=day, policy=POLICY) == ((), 0)


def test_two_half_lives_later_an_act_is_no_longer_fresh(tmp_path: Path) -> None:
    network = read(tmp_path, with_events("E-1,shooting,2026-05-01,,G1,G2,B,2"))
    for days, known in ((0, 1), (170, 1), (171, 0)):
        found, _ = fresh_enmities(network, as_of=DAY + timedelta(days=days), policy=POLICY)
        assert len(found) == known
