from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.cases.rules.separation import RULE
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.testing.worlds_strategy import PlacedFact
from placement_engine.vocabulary import MunicipalityCode

STOCKHOLM = MunicipalityCode("0180")


def apart(bench: RuleBench, code: str) -> int:
    here, there = bench.geography.index[MunicipalityCode(code)], bench.geography.index[STOCKHOLM]
    return int(bench.geography.separation_m[here, there])


@pytest.mark.parametrize(
    ("hostility", "kilometres"), [(0.05, 50), (0.1499, 50), (0.15, 100), (0.35, 150), (1.0, 150)]
)
def test_each_step_keeps_its_distance(bench: RuleBench, hostility: float, kilometres: int) -> None:
    world = bench.world(placed=[PlacedFact(at=STOCKHOLM, hostility=(hostility,))])
    forbidden = bench.forbidden(RULE, world)
    nearer = {c for c in bench.geography.codes if apart(bench, c) < kilometres * 1000}
    assert nearer <= forbidden
    assert bench.judge(RULE, world, "0180").forbidden
    assert not bench.judge(RULE, world, "2580").forbidden
    if hostility < 0.35:
        assert forbidden == nearer


def test_below_the_lowest_step_nothing_is_forbidden(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=STOCKHOLM, hostility=(0.049999,), reunion=(1.0,))])
    assert bench.forbidden(RULE, world) == frozenset()
    assert not bench.judge(RULE, world, "0180").forbidden


def test_a_hostility_that_floats_leave_short_of_a_step_takes_it(bench: RuleBench) -> None:
    short = 0.1 + 0.05 - 2e-17 - 1e-13
    world = bench.world(placed=[PlacedFact(at=STOCKHOLM, hostility=(short,))])
    same = bench.world(placed=[PlacedFact(at=STOCKHOLM, hostility=(0.15,))])
    assert bench.forbidden(RULE, world) == bench.forbidden(RULE, same)


def test_the_highest_step_also_wants_another_labour_market(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=STOCKHOLM, hostility=(0.35,))])
    geography, forbidden = bench.geography, bench.forbidden(RULE, world)
    there = geography.index[STOCKHOLM]
    market = {c for i, c in enumerate(geography.codes) if geography.same_labour_market[i, there]}
    assert market <= forbidden


def test_a_direct_enmity_takes_the_highest_step_however_weak(bench: RuleBench) -> None:
    weak = bench.world(placed=[PlacedFact(at=STOCKHOLM, hostility=(0.01,), direct=(True,))])
    strong = bench.world(placed=[PlacedFact(at=STOCKHOLM, hostility=(1.0,))])
    assert bench.forbidden(RULE, weak) == bench.forbidden(RULE, strong)
    assert bench.judge(RULE, weak, "0380").forbidden


def test_neighbours_fail_at_every_step(bench: RuleBench) -> None:
    kiruna = MunicipalityCode("2584")  # its neighbour's seat is far beyond 50 km
    world = bench.world(placed=[PlacedFact(at=kiruna, hostility=(0.05,))])
    gallivare = bench.geography.index[MunicipalityCode("2523")]
    assert bench.geography.crow_m[gallivare, bench.geography.index[kiruna]] > 50_000
    assert bench.judge(RULE, world, "2523").forbidden


def test_without_ties_nothing_is_demanded(bench: RuleBench) -> None:
    world = bench.world(placed=[PlacedFact(at=STOCKHOLM)], graded_ties=[0])
    assert bench.forbidden(RULE, world) == frozenset()
    assert not bench.judge(RULE, world, "0180").forbidden


def test_without_anybody_placed_nothing_is_demanded(bench: RuleBench) -> None:
    assert not bench.judge(RULE, bench.world(), "0180").forbidden


def test_the_household_is_another_rule(bench: RuleBench) -> None:
    case = replace(PLAIN, household=household(30))
    world = bench.world(case, placed=[PlacedFact(at=STOCKHOLM, hostility=(0.0, 1.0))])
    assert not bench.judge(RULE, world, "0180").forbidden
