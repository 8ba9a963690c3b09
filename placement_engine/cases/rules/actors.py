"""Named threat actors are kept away like a hostile person who is placed.

The steps are those of separation with the kilometres of ``policy.actors``; the strength of
the presence does not lower them, since one person who is there is there. What the actors
cost is counted with the groups in ``presence.py``.
"""

from __future__ import annotations

import numpy as np

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.steps import actor_steps, forbidden_near, step_of, steps_of
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    scores, present = world.ties[case].present, world.present
    steps = actor_steps(world.policy)
    forbidden, known = False, False
    for a in range(len(present.actors)):
        if not present.is_group[a]:
            known = True
            step = step_of(steps, float(scores.h_or[0, a]), bool(scores.direct[0, a]))
            forbidden |= step is not None and step.forbids(
                world.geography, site, int(present.site[a])
            )
    return Verdict(forbidden=forbidden, unchecked=not known)


def _compile(world: World, case: int) -> Effect:
    scores, present = world.ties[case].present, world.present
    actors = ~present.is_group
    steps = actor_steps(world.policy)
    taken = steps_of(steps, scores.h_or[0, actors], scores.direct[0, actors])
    return Effect.of(
        world.sites,
        forbidden=forbidden_near(world.geography, steps, taken, present.site[actors]),
        unchecked=np.full(world.sites, not actors.any()),
    )


RULE = Rule(
    code="threat_actor",
    data_source="Presences of named persons, dated and graded; the tie network",
    when_missing="Unchecked everywhere if no named actor's presence is on record",
    wording=Wording(
        sv="En hotaktör som är fientlig mot skyddspersonen har känd närvaro i eller nära kommunen.",
        en="A threat actor hostile to the protected person is known to be present in or near the "
        "municipality.",
    ),
    meaning=_meaning,
    compile=_compile,
)
