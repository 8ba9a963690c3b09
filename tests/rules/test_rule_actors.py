from __future__ import annotations

import pytest

from placement_engine.cases.rules import separation
from placement_engine.cases.rules.actors import RULE
from placement_engine.testing.rule_bench import RuleBench
from placement_engine.testing.worlds_strategy import PlacedFact, PresentFact
from placement_engine.vocabulary import MunicipalityCode

UPPSALA = MunicipalityCode("0380")


def actor(hostility: float, *, direct: bool = False, strength: float = 1.0) -> PresentFact:
    return PresentFact(
        at=UPPSALA, hostility=(hostility,), direct=(direct,), strength=strength, is_group=False
    )


@pytest.mark.parametrize(("hostility", "direct"), [(0.05, False), (0.2, False), (0.01, True)])
def test_an_actor_is_kept_away_like_a_rival_who_is_placed(
    bench: RuleBench, hostility: float, direct: bool
) -> None:
    world = bench.world(present=[actor(hostility, direct=direct)])
    rival = PlacedFact(at=UPPSALA, hostility=(hostility,), direct=(direct,))
    assert bench.judge(RULE, world, "0380").forbidden
    assert not bench.judge(RULE, world, "2580").forbidden
    assert bench.forbidden(RULE, world) == bench.forbidden(
        separation.RULE, bench.world(placed=[rival])
    )


def test_a_faint_presence_of_a_person_keeps_its_distance(bench: RuleBench) -> None:
    faint = bench.world(present=[actor(0.35, strength=0.01)])
    assert bench.forbidden(RULE, faint) == bench.forbidden(RULE, bench.world(present=[actor(0.35)]))


def test_a_harmless_actor_and_a_hostile_group_forbid_nothing_here(bench: RuleBench) -> None:
    world = bench.world(present=[actor(0.04), PresentFact(at=UPPSALA, hostility=(1.0,))])
    verdict = bench.judge(RULE, world, "0380")
    assert not verdict.forbidden
    assert not verdict.unchecked
    assert verdict.cost == 0


def test_without_any_actor_on_record_it_is_unchecked(bench: RuleBench) -> None:
    group = PresentFact(at=UPPSALA, hostility=(1.0,))
    for world in (bench.world(), bench.world(present=[group])):
        verdict = bench.judge(RULE, world, "0380")
        assert verdict.unchecked
        assert not verdict.forbidden
