"""Protected people who are hostile to each other live far apart.

The subject's own ties; those of the household are in ``household.py``. Each placed person
n demands the step of ``policy.separation`` that ``h_or`` takes, the highest one if a
direct enmity is on record. Neighbours always fail, whatever the crow-fly distance.
"""

from __future__ import annotations

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.steps import (
    forbidden_near,
    required_separation,
    separation_steps,
    steps_of,
)
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    scores = world.ties[case].placed
    for n in range(len(world.placed.subjects)):
        step = required_separation(
            world.policy, float(scores.h_or[0, n]), bool(scores.direct[0, n])
        )
        if step and step.forbids(world.geography, site, int(world.placed.site[n])):
            return Verdict(forbidden=True)
    return Verdict()


def _compile(world: World, case: int) -> Effect:
    scores = world.ties[case].placed
    steps = separation_steps(world.policy)
    taken = steps_of(steps, scores.h_or[0], scores.direct[0])
    return Effect.of(
        world.sites,
        forbidden=forbidden_near(world.geography, steps, taken, world.placed.site),
    )


RULE = Rule(
    code="separation",
    data_source="The tie network; placements in force; crow-fly distance, borders and labour "
    "markets of the municipality data",
    when_missing="Without ties it demands nothing; `unknown_subject` then holds the band up",
    wording=Wording(
        sv="Avståndskravet till en annan skyddsperson är inte uppfyllt.",
        en="The required separation from another protected person is not met.",
    ),
    meaning=_meaning,
    compile=_compile,
)
