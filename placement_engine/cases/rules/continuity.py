"""Each move to another health-care region puts the person last in a new queue.

A preference, apart from risk, that grows with the changes so far; a prohibition where the
case requires the region to be kept.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World
from placement_engine.vocabulary import Continuity


def _meaning(world: World, case: int, site: int) -> Verdict:
    wish = world.cases[case].keep_health_region
    current = world.current[case]
    if wish is Continuity.NO:
        return Verdict()
    if current is None:
        return Verdict(unchecked=True)
    regions = world.geography.health_region
    if int(regions[site]) == int(regions[current]):
        return Verdict()
    if wish is Continuity.REQUIRE:
        return Verdict(forbidden=True)
    return Verdict(preference=_points(world, case))


def _compile(world: World, case: int) -> Effect:
    wish = world.cases[case].keep_health_region
    current = world.current[case]
    if wish is Continuity.NO:
        return Effect.of(world.sites)
    if current is None:
        return Effect.of(world.sites, unchecked=np.ones(world.sites, dtype=np.bool_))
    regions = world.geography.health_region
    outside = regions != regions[current]
    if wish is Continuity.REQUIRE:
        return Effect.of(world.sites, forbidden=outside)
    return Effect.of(
        world.sites, preference=np.where(outside, _points(world, case), 0).astype(np.int64)
    )


def _points(world: World, case: int) -> int:
    """Preference points of one more change, by the changes so far."""
    earlier = sum(a != b for a, b in pairwise(world.regions_lived[case]))
    numbers = world.policy.continuity
    return numbers.change_points + numbers.per_earlier_change_points * earlier


RULE = Rule(
    code="health_region",
    data_source="Health-care regions of the municipality data; the subject's earlier placements",
    when_missing="Unchecked everywhere if it is not known where the subject lives",
    wording=Wording(
        sv="Kommunen ligger i en annan sjukvårdsregion än den nuvarande.",
        en="The municipality lies in another health-care region than the present one.",
    ),
    meaning=_meaning,
    compile=_compile,
)
