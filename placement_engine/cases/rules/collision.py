"""The risk of meeting placed people who are hostile: counted, never a prohibition by itself.

Uses the chance that at least one member of the household is hostile to each of them.
"""

from __future__ import annotations

from placement_engine.cases.encounters import encounter_cost, encounter_costs
from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    return Verdict(cost=encounter_cost(world, world.ties[case].household_placed, site))


def _compile(world: World, case: int) -> Effect:
    return Effect.of(world.sites, cost=encounter_costs(world, world.ties[case].household_placed))


RULE = Rule(
    code="collision",
    data_source="The tie network; placements in force; exposure between municipalities",
    when_missing="Costs nothing; `unknown_subject` then holds the band up",
    wording=Wording(
        sv="Risk att möta en annan skyddsperson som kan vara fientlig.",
        en="Risk of meeting another protected person who may be hostile.",
    ),
    meaning=_meaning,
    compile=_compile,
)
