"""Members of groups at war are hostile, however short the paths that are asked for."""

from __future__ import annotations

from datetime import date

import pytest

from placement_engine.graph import RivalGraph
from placement_engine.graph.reference import hostility_reference, reference_graph
from placement_engine.policy import Policy
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
POLICY = Policy.default()
QUALITY = 0.75 * 0.7 + 0.25 * 0.75
"""Of B2."""
MEMBER, ALLY = 0.9 * QUALITY, 0.5 * QUALITY
LENGTHS = (1, 2, 3, 4, 5)


def h_or(chain: str, length: int) -> float:
    """Hostility of the ends of a chain: ids, with m member, a alliance, r rivalry between."""
    kinds = {"m": TieKind.MEMBERSHIP, "a": TieKind.ALLIANCE, "r": TieKind.RIVALRY}
    words = chain.split()
    rows = [
        TieReport(a=a, b=b, kind=kinds[kind], grade=Grade("B", 2), last_seen=AS_OF)
        for one, kind, other in zip(words[:-1:2], words[1::2], words[2::2], strict=True)
        for a, b in [sorted((one, other), key=lambda node: node.startswith("G"))]
    ]
    network = network_of(rows)
    graph = RivalGraph.build(network, as_of=AS_OF, policy=POLICY)
    found = float(graph.scores(words[:1], words[-1:], max_length=length).h_or[0, 0])
    slow = reference_graph(network, as_of=AS_OF, policy=POLICY)
    pair = hostility_reference(slow, words[0], words[-1], max_length=length)
    assert found == pytest.approx(pair.h_or, abs=1e-12)
    return found


@pytest.mark.parametrize("length", LENGTHS)
def test_members_of_rival_groups_are_hostile_at_every_length(length: int) -> None:
    wanted = pytest.approx(MEMBER * QUALITY * MEMBER)
    assert h_or("P0 m G0 r G1 m P1", length) == wanted


@pytest.mark.parametrize("length", LENGTHS)
def test_one_ally_on_either_side_counts_at_every_length(length: int) -> None:
    wanted = pytest.approx(MEMBER * ALLY * QUALITY * MEMBER)
    assert h_or("P0 m G0 a G1 r G2 m P1", length) == wanted
    assert h_or("P0 m G0 r G1 a G2 m P1", length) == wanted


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    "chain",
    [
        "P0 m G0 a G1 r G2 a G3 m P1",  # an ally on both sides
        "P0 m G0 a G1 a G2 r G3 m P1",  # an ally of an ally
        "P0 a P2 m G0 r G1 m P1",  # a comrade of a member
        "P0 a G0 a G1 r G2 m P1",  # no member at one end
        "P0 m G0 a P2 r G1 m P1",  # a person in place of an allied group
    ],
)
def test_what_is_longer_counts_only_where_the_length_holds_it(chain: str, length: int) -> None:
    edges = len(chain.split()) // 2
    assert (h_or(chain, length) > 0) == (length >= edges)


@pytest.mark.parametrize("length", LENGTHS)
def test_two_enmities_between_groups_say_nothing(length: int) -> None:
    assert h_or("P0 m G0 r G1 r G2 m P1", length) == 0.0
