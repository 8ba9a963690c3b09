"""The risk that former comrades meet again: a second harm, counted apart from hostility.

Uses the chance that at least one member of the household would reunite with each of them.
"""

from __future__ import annotations

from placement_engine.cases.encounters import encounter_cost, encounter_costs
from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    return Verdict(cost=encounter_cost(world, world.ties[case].household_reunion, site))


def _compile(world: World, case: int) -> Effect:
    return Effect.of(world.sites, cost=encounter_costs(world, world.ties[case].household_reunion))


RULE = Rule(
    code="reunion",
    data_source="The tie network; placements in force; exposure between municipalities",
    when_missing="Costs nothing; `unknown_subject` then holds the band up",
    wording=Wording(
        sv="Risk för återförening med någon från den tidigare miljön.",
        en="Risk of reunion with somebody from the former environment.",
    ),
    meaning=_meaning,
    compile=_compile,
)
