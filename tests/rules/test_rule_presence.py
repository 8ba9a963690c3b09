from __future__ import annotations

from dataclasses import replace

import pytest

from placement_engine.cases.rules.presence import RULE
from placement_engine.problem import micronats
from placement_engine.testing.rule_bench import PLAIN, RuleBench, household
from placement_engine.testing.worlds_strategy import PresentFact
from placement_engine.vocabulary import MunicipalityCode

UPPSALA = MunicipalityCode("0380")


def within(bench: RuleBench, metres: int) -> frozenset[str]:
    geography = bench.geography
    there = geography.index[UPPSALA]
    near = geography.separation_m[:, there] < metres
    return frozenset(c for i, c in enumerate(geography.codes) if near[i]) | {UPPSALA}


@pytest.mark.parametrize(
    ("hostility", "strength", "metres"),
    [(0.35, 1.0, 50_000), (0.5, 0.3, 25_000), (0.05, 1.0, 0), (1.0, 0.05, 0)],
)
def test_each_step_of_hostility_times_strength(
    bench: RuleBench, hostility: float, strength: float, metres: int
) -> None:
    fact = PresentFact(at=UPPSALA, hostility=(hostility,), strength=strength)
    world = bench.world(present=[fact])
    assert bench.forbidden(RULE, world) == within(bench, metres)
    assert bench.judge(RULE, world, "0380").forbidden
    assert not bench.judge(RULE, world, "1480").forbidden


def test_a_presence_too_weak_forbids_nothing_and_still_costs(bench: RuleBench) -> None:
    world = bench.world(present=[PresentFact(at=UPPSALA, hostility=(0.9,), strength=0.05)])
    verdict = bench.judge(RULE, world, "0380")
    assert not verdict.forbidden
    exposure = float(world.exposure[bench.geography.index[UPPSALA]].max())
    assert verdict.cost == pytest.approx(micronats(0.9 * 0.05 * exposure), abs=1)
    assert verdict.cost > bench.judge(RULE, world, "0180").cost > 0


def test_a_friendly_group_is_no_danger(bench: RuleBench) -> None:
    world = bench.world(present=[PresentFact(at=UPPSALA)])
    verdict = bench.judge(RULE, world, "0380")
    assert not verdict.forbidden
    assert verdict.cost == 0
    assert not verdict.unchecked


def test_named_actors_cost_here_and_forbid_elsewhere(bench: RuleBench) -> None:
    world = bench.world(present=[PresentFact(at=UPPSALA, hostility=(1.0,), is_group=False)])
    verdict = bench.judge(RULE, world, "0380")
    assert not verdict.forbidden
    assert verdict.cost > 0


def test_one_gang_costs_less_than_two(bench: RuleBench) -> None:
    def cost(*gangs: int) -> int:
        facts = [PresentFact(at=UPPSALA, hostility=(0.3,), strength=0.1, gang=g) for g in gangs]
        return bench.judge(RULE, bench.world(present=facts), "0380").cost

    assert cost(1) < cost(1, 1) < cost(1, 2)
    assert cost(*[1] * 60) <= micronats(0.3)


def test_the_households_enemies_count(bench: RuleBench) -> None:
    case = replace(PLAIN, household=household(30))
    fact = PresentFact(at=UPPSALA, hostility=(0.0, 0.2), strength=0.1)
    verdict = bench.judge(RULE, bench.world(case, present=[fact]), "0380")
    assert verdict.cost > 0
    assert not verdict.forbidden


def test_without_any_presence_on_record_it_is_unchecked(bench: RuleBench) -> None:
    assert bench.judge(RULE, bench.world(), "0380").unchecked
    actor = PresentFact(at=UPPSALA, is_group=False)
    assert bench.judge(RULE, bench.world(present=[actor]), "0380").unchecked
    assert bench.forbidden(RULE, bench.world()) == frozenset()
