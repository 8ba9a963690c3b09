"""A municipality takes only so many protected people; the whole household counts.

The problem carries the capacity itself, so that several cases share what is left. The
rule stands here for its meaning, for its wording and for counting what it excludes.
"""

from __future__ import annotations

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    left = int(world.capacity[site]) - int(world.used[site])
    return Verdict(forbidden=left < world.cases[case].demand)


def _compile(world: World, case: int) -> Effect:
    full = world.capacity - world.used < world.cases[case].demand
    return Effect.of(world.sites, forbidden=full)


RULE = Rule(
    code="capacity",
    data_source="Population and the policy's inhabitants per place; households already placed",
    when_missing="Cannot be missing: population is known for every municipality",
    wording=Wording(
        sv="Kommunen har inte plats för hushållet.",
        en="The municipality has no room for the household.",
    ),
    meaning=_meaning,
    compile=_compile,
    carried=True,
)
