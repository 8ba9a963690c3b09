from __future__ import annotations

from dataclasses import replace

from placement_engine.cases.rules.collision import RULE
from placement_engine.problem import micronats
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.testing.worlds_strategy import PlacedFact
from placement_engine.vocabulary import MunicipalityCode

UPPSALA = MunicipalityCode("0380")


def test_it_costs_hostility_times_exposure(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=UPPSALA, hostility=(0.04,), reunion=(1.0,))])
    here, there = bench.geography.index[MunicipalityCode("0180")], bench.geography.index[UPPSALA]
    exposure = float(world.exposure[here, there])
    assert 0 < exposure < 1
    assert bench.judge(RULE, world, "0180").cost == micronats(0.04 * exposure)
    assert bench.judge(RULE, world, "0380").cost > bench.judge(RULE, world, "0180").cost
    assert not bench.judge(RULE, world, "0380").forbidden


def test_every_placed_person_adds_to_it(bench: RuleBench) -> None:
    one = PlacedFact(at=UPPSALA, hostility=(0.04,))
    alone, both = bench.world(placed=[one]), bench.world(placed=[one, one])
    cost = bench.judge(RULE, alone, "0380").cost
    assert bench.judge(RULE, both, "0380").cost == 2 * cost > 0


def test_the_household_is_counted_as_at_least_one_of_them(bench: RuleBench) -> None:
    case = replace(PLAIN, household=household(30))
    both = bench.world(case, placed=[PlacedFact(at=UPPSALA, hostility=(0.1, 0.1))])
    one = bench.world(case, placed=[PlacedFact(at=UPPSALA, hostility=(0.19,))])
    assert bench.judge(RULE, both, "0380").cost == bench.judge(RULE, one, "0380").cost


def test_whoever_stands_in_the_problem_is_not_counted_twice(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=UPPSALA, hostility=(0.5,), folded=False)])
    assert bench.judge(RULE, world, "0380").cost == 0


def test_without_ties_or_placed_people_it_costs_nothing(bench: RuleBench) -> None:
    stranger = PlacedFact(at=UPPSALA, share=50_000)
    for world in (bench.world(), bench.world(placed=[stranger], graded_ties=[0])):
        assert bench.judge(RULE, world, "0380").cost == 0
