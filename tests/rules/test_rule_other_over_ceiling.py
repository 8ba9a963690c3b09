from __future__ import annotations

import numpy as np

from placement_engine.cases.rules import collision, reunion
from placement_engine.cases.rules.other_over_ceiling import RULE
from placement_engine.testing.rule_bench import RuleBench
from placement_engine.testing.worlds_strategy import PlacedFact
from placement_engine.vocabulary import MunicipalityCode

UPPSALA = MunicipalityCode("0380")


def test_nobody_is_lifted_over_her_ceiling(bench: RuleBench) -> None:
    fact = PlacedFact(at=UPPSALA, hostility=(0.04,), reunion=(0.02,), share=50_000, ceiling=51_293)
    world = bench.world(placed=[fact])
    added = collision.RULE.compile(world, 0).cost + reunion.RULE.compile(world, 0).cost
    over = np.flatnonzero(added > 51_293 - 50_000)
    assert 0 < len(over) < world.sites
    assert bench.forbidden(RULE, world) == {bench.geography.codes[site] for site in over}
    assert bench.judge(RULE, world, "0380").forbidden


def test_exactly_the_ceiling_is_allowed(bench: RuleBench) -> None:
    bare = bench.world(placed=[PlacedFact(at=UPPSALA, hostility=(0.04,))])
    added = bench.judge(collision.RULE, bare, "0380").cost
    for spare, forbidden in ((0, False), (-1, True)):
        fact = PlacedFact(at=UPPSALA, hostility=(0.04,), share=1000, ceiling=1000 + added + spare)
        world = bench.world(placed=[fact])
        assert bench.judge(RULE, world, "0380").forbidden is forbidden


def test_it_counts_those_who_stand_in_the_problem_too(bench: RuleBench) -> None:
    fact = PlacedFact(at=UPPSALA, hostility=(0.9,), share=0, ceiling=10, folded=False)
    assert bench.judge(RULE, bench.world(placed=[fact]), "0380").forbidden


def test_somebody_untouched_never_forbids(bench: RuleBench) -> None:
    fact = PlacedFact(at=UPPSALA, share=90_000, ceiling=51_293)
    world = bench.world(placed=[fact], graded_ties=[0])
    assert bench.forbidden(RULE, world) == frozenset()
    assert not bench.judge(RULE, world, "0380").forbidden


def test_without_anybody_placed_nothing_is_forbidden(bench: RuleBench) -> None:
    assert not bench.judge(RULE, bench.world(), "0380").forbidden
