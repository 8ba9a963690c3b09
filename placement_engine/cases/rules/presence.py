"""Groups hostile to the household keep it out of where they are, and cost where they are near.

Forbidden by the steps of ``policy.presence`` on the subject's ``h_or`` times the strength
of the presence. The cost counts groups and named actors together, gang by gang, so that
one gang is not counted once for each of its people (``docs/adr/0006-dangers-of-one-gang.md``).
"""

from __future__ import annotations

import numpy as np

from placement_engine.cases.gangs import gang_cost, gang_costs
from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.steps import forbidden_near, presence_steps, step_of, steps_of
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    ties, present = world.ties[case], world.present
    forbidden = False
    hostility: list[float] = []
    met: list[float] = []
    for a in range(len(present.actors)):
        strength, where = float(present.strength[a]), int(present.site[a])
        if present.is_group[a]:
            weighed = float(ties.present.h_or[0, a]) * strength
            step = step_of(presence_steps(world.policy), weighed, False)
            forbidden |= step is not None and step.forbids(world.geography, site, where)
        hostility.append(float(ties.household_present[a]))
        met.append(hostility[a] * strength * float(world.exposure[site, where]))
    return Verdict(
        forbidden=forbidden,
        cost=gang_cost(hostility, met, present.gang.tolist()),
        unchecked=not any(present.is_group),
    )


def _compile(world: World, case: int) -> Effect:
    ties, present = world.ties[case], world.present
    groups = present.is_group
    steps = presence_steps(world.policy)
    weighed = ties.present.h_or[0, groups] * present.strength[groups]
    taken = steps_of(steps, weighed, np.zeros(len(weighed), dtype=np.bool_))
    hostile = np.flatnonzero(ties.household_present > 0)
    hostility = ties.household_present[hostile]
    exposure = world.exposure[:, present.site[hostile]]
    return Effect.of(
        world.sites,
        forbidden=forbidden_near(world.geography, steps, taken, present.site[groups]),
        cost=gang_costs(
            hostility, hostility * present.strength[hostile] * exposure, present.gang[hostile]
        ),
        unchecked=np.full(world.sites, not groups.any()),
    )


RULE = Rule(
    code="presence",
    data_source="Presences of groups and named actors, dated and graded; the tie network; exposure",
    when_missing="Unchecked everywhere if no presence of any group is on record",
    wording=Wording(
        sv="En gruppering som är fientlig mot skyddspersonen har känd närvaro i eller nära "
        "kommunen.",
        en="A group hostile to the protected person is known to be present in or near the "
        "municipality.",
    ),
    meaning=_meaning,
    compile=_compile,
)
