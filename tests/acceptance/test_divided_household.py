"""An enmity between people who are to live together is said, and stops nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from placement_engine.cases.assembly import assemble
from placement_engine.cases.case import Case
from placement_engine.cases.observe import Observer
from placement_engine.geo import load_geography
from placement_engine.graph import RivalGraph
from placement_engine.intelligence import Network
from placement_engine.policy import Policy
from placement_engine.proposal.compose import compose
from placement_engine.proposal.outcome import Notice
from placement_engine.provenance import Provenance
from placement_engine.solver import solve
from placement_engine.testing.networks import TieReport, network_of
from placement_engine.testing.rule_bench import PLAIN, household
from placement_engine.vocabulary import Grade, TieKind

AS_OF = date(2026, 11, 1)
CASE = replace(PLAIN, household=household(31))


def told(case: Case, network: Network) -> tuple[Notice, ...]:
    policy = Policy.default()
    geography = load_geography(policy)
    graph = RivalGraph.build(network, as_of=AS_OF, policy=policy)
    observer = Observer(
        graph=graph,
        policy=policy,
        geography=geography,
        placements=(),
        facilities=(),
        households={},
    )
    assembly = assemble(observer.world([case]), graph)
    answer = solve(assembly.problem, clock=lambda: 0.0)
    provenance = Provenance(
        engine_version="0",
        as_of=AS_OF,
        policy_hash=policy.hash,
        network_hash=graph.network_hash,
        geography_hash=geography.content_hash,
    )
    return compose(assembly, answer, provenance=provenance, single_user=False).cases[0].notices


def between(kind: TieKind, information: int = 2) -> Network:
    grade = Grade("B", information)
    other = CASE.household[0].id
    return network_of([TieReport(a=other, b=CASE.subject, kind=kind, grade=grade, last_seen=AS_OF)])


@pytest.mark.parametrize("kind", [TieKind.THREAT, TieKind.CONFLICT, TieKind.RIVALRY])
def test_an_enmity_inside_is_told(kind: TieKind) -> None:
    assert Notice.DIVIDED_HOUSEHOLD in told(CASE, between(kind))


def test_kin_alone_is_not_told_and_neither_is_somebody_alone() -> None:
    assert Notice.DIVIDED_HOUSEHOLD not in told(CASE, between(TieKind.KINSHIP))
    assert Notice.DIVIDED_HOUSEHOLD not in told(PLAIN, between(TieKind.THREAT))
