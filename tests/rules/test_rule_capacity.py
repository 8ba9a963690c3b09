from __future__ import annotations

from dataclasses import replace

from placement_engine.cases.rules.capacity import RULE
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.vocabulary import MunicipalityCode

UPPSALA = MunicipalityCode("0380")


def test_the_whole_household_counts(bench: RuleBench) -> None:
    family = replace(PLAIN, household=household(34, 9))
    places = int(bench.world().capacity[bench.geography.index[UPPSALA]])
    assert places > 3
    for left, forbidden in ((3, False), (2, True), (0, True)):
        world = bench.world(family, used={UPPSALA: places - left})
        assert bench.judge(RULE, world, "0380").forbidden is forbidden
    assert not bench.judge(RULE, bench.world(used={UPPSALA: places - 1}), "0380").forbidden


def test_a_municipality_that_is_overfull_stays_forbidden(bench: RuleBench) -> None:
    world = bench.world(used={UPPSALA: 10_000})
    assert bench.forbidden(RULE, world) == {"0380"}


def test_the_problem_carries_it(bench: RuleBench) -> None:
    assert RULE.carried


def test_no_municipality_lacks_a_capacity(bench: RuleBench) -> None:
    world = bench.world()
    assert (world.capacity >= 2).all()
    assert bench.forbidden(RULE, world) == frozenset()
