"""Every rule is written twice; here the two are held against each other on random worlds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement_engine.cases.rule import Rule
from placement_engine.cases.rules.registry import COST_RULES, RULES
from placement_engine.cases.world import World
from placement_engine.geo import Geography, load_geography
from placement_engine.policy import Policy
from placement_engine.testing.rule_bench import FormsDifferError, RuleBench, agreed
from placement_engine.testing.worlds_strategy import NEIGHBOURHOODS, small_worlds
from placement_engine.vocabulary import MunicipalityCode

GEOGRAPHY = st.deferred(lambda: st.just(load_geography(Policy.default())))
"""Loaded once, and not while tests are collected."""
WORLDS = GEOGRAPHY.flatmap(small_worlds)


def behind_a_stranger(world: World) -> World:
    """The same world with a case before its first that nobody knows anything of."""
    ties = world.ties[0]
    unknown = replace(
        ties,
        placed=replace(
            ties.placed,
            h_or=np.zeros_like(ties.placed.h_or),
            reunion=np.zeros_like(ties.placed.reunion),
            direct=np.zeros_like(ties.placed.direct),
        ),
        household_placed=np.zeros_like(ties.household_placed),
        household_reunion=np.zeros_like(ties.household_reunion),
    )
    return replace(
        world,
        cases=(replace(world.cases[0], needs=(), avoid=()), *world.cases),
        ties=(unknown, ties),
        current=(None, *world.current),
        regions_lived=((), *world.regions_lived),
    )


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(WORLDS, st.sets(st.integers(0, 289), max_size=3), st.booleans())
def test_meaning_and_compiled_form_say_the_same(
    world: World, elsewhere: set[int], second: bool
) -> None:
    near = {world.geography.index[MunicipalityCode(code)] for code in NEIGHBOURHOODS}
    sites = sorted(near | elsewhere)
    case = int(second)
    if second:
        world = behind_a_stranger(world)
    for rule in RULES:
        effect = rule.compile(world, case)
        assert effect.forbidden.shape == effect.unchecked.shape == (world.sites,)
        assert effect.cost.dtype == effect.preference.dtype == np.int64
        assert effect.cost.min() >= 0
        assert effect.preference.min() >= 0
        assert len(agreed(rule, world, case, sites, effect)) == len(sites)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(WORLDS)
def test_only_cost_rules_cost(world: World) -> None:
    others = [rule for rule in RULES if rule not in COST_RULES]
    assert not any(rule.compile(world, 0).cost.any() for rule in others)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.code))
def test_a_rule_whose_forms_differ_would_be_found(bench: RuleBench, rule: Rule) -> None:
    world = bench.world()
    effect = rule.compile(world, 0)
    wrong = replace(effect, forbidden=~effect.forbidden)
    with pytest.raises(FormsDifferError, match=rule.code):
        agreed(rule, world, 0, [0], wrong)


def test_geography_is_whole(geography: Geography) -> None:
    assert set(NEIGHBOURHOODS) <= set(geography.codes)
