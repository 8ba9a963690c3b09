from __future__ import annotations

from dataclasses import replace

from placement_engine.cases.rules import collision
from placement_engine.cases.rules.reunion import RULE
from placement_engine.problem import micronats
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.testing.worlds_strategy import PlacedFact
from placement_engine.vocabulary import MunicipalityCode

UPPSALA = MunicipalityCode("0380")


def test_it_costs_reunion_times_exposure_and_nothing_of_hostility(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=UPPSALA, hostility=(1.0,), reunion=(0.3,))])
    there = bench.geography.index[UPPSALA]
    expected = micronats(0.3 * float(world.exposure[there, there]))
    assert bench.judge(RULE, world, "0380").cost == expected > 0


def test_it_never_forbids(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=UPPSALA, reunion=(1.0,))])
    assert not bench.judge(RULE, world, "0380").forbidden
    assert bench.judge(collision.RULE, world, "0380").cost == 0


def test_the_households_comrades_count(bench: RuleBench) -> None:
    case = replace(PLAIN, household=household(30))
    world = bench.world(case, placed=[PlacedFact(at=UPPSALA, reunion=(0.0, 0.4))])
    assert bench.judge(RULE, world, "0380").cost > 0


def test_without_ties_it_costs_nothing(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=UPPSALA)], graded_ties=[0])
    assert bench.judge(RULE, world, "0380").cost == 0
    assert bench.judge(RULE, bench.world(), "0380").cost == 0
