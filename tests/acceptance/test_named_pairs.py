"""Pairs that practitioners named, from the files that tell of them to what is forbidden.

Each stands as rows of a network folder and goes through reader, graph and rules.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from placement_engine import PairScores, Policy, RivalGraph, read_network
from placement_engine.cases.steps import Step, highest_step
from placement_engine.vocabulary import Band

AS_OF = date(2026, 11, 1)
MONTHS_24, MONTHS_36 = "2024-10-31", "2023-10-31"
CODES = frozenset({"0180"})


def scores(folder: Path, ties: str) -> PairScores:
    (folder / "persons.csv").write_text("person_id,role\nP-u,subject\nP-v,subject\n")
    (folder / "groups.csv").write_text(
        "group_id,category,environment\n"
        "G-1,self_defined,criminal_network\nG-2,self_defined,criminal_network\n"
    )
    header = "a,b,kind,source,information,last_seen,ended\n"
    (folder / "ties.csv").write_text(header + ties)
    graph = RivalGraph.build(
        read_network(folder, codes=CODES), as_of=AS_OF, policy=Policy.default()
    )
    return graph.scores(["P-u"], ["P-v"])


def pair_band(found: PairScores) -> Band:
    risk, h = Policy.default().risk, float(found.h_or[0, 0])
    return Band.HIGH if h >= risk.pair_high else Band.MEDIUM if h >= risk.pair_medium else Band.LOW


def separation(found: PairScores) -> Step | None:
    return highest_step(Policy.default(), found.h_or, found.direct)


def test_past_members_of_rival_groups_need_a_hard_separation_and_are_a_high_pair(
    tmp_path: Path,
) -> None:
    found = scores(
        tmp_path,
        f"P-u,G-1,membership,B,2,{MONTHS_36},{MONTHS_36}\n"
        f"P-v,G-2,membership,B,2,{MONTHS_36},{MONTHS_36}\n"
        f"G-1,G-2,rivalry,B,2,{MONTHS_24},\n",
    )
    assert pair_band(found) is Band.HIGH
    step = separation(found)
    assert step is not None
    assert step.metres == 100_000
    np.testing.assert_allclose(found.h_or, 0.1546, atol=5e-4)


def test_two_leavers_of_one_group_reunite_and_need_no_separation(tmp_path: Path) -> None:
    found = scores(
        tmp_path,
        f"P-u,G-1,membership,A,1,{MONTHS_24},{MONTHS_24}\n"
        f"P-u,G-1,defection,A,1,{MONTHS_24},\n"
        f"P-v,G-1,membership,A,1,{MONTHS_24},{MONTHS_24}\n"
        f"P-v,G-1,defection,A,1,{MONTHS_24},\n",
    )
    assert separation(found) is None
    assert found.h_or[0, 0] == 0.0
    assert found.reunion[0, 0] > 0.3


def test_a_leaver_and_an_active_member_of_the_group_are_a_high_pair(tmp_path: Path) -> None:
    found = scores(
        tmp_path,
        f"P-u,G-1,membership,A,1,{MONTHS_24},{MONTHS_24}\n"
        f"P-u,G-1,defection,A,1,{MONTHS_24},\n"
        f"P-v,G-1,membership,A,1,{MONTHS_24},\n",
    )
    assert pair_band(found) is Band.HIGH
    assert separation(found) is not None
