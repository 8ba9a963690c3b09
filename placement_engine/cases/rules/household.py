"""Those who move along have enemies of their own.

Row 0 of a case's ties is the subject and is judged by the rules ``separation``,
``presence`` and ``threat_actor``. This rule holds every other member of the household to
the same distances. It costs nothing of its own: the rules that cost already use the
chance that *at least one* member is hostile (`CaseTies.household_placed` and others).
"""

from __future__ import annotations

import numpy as np

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.steps import (
    actor_steps,
    forbidden_near,
    presence_steps,
    separation_steps,
    step_of,
    steps_of,
)
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    for member in range(1, len(world.ties[case].members)):
        if _near_placed(world, case, member, site) or _near_present(world, case, member, site):
            return Verdict(forbidden=True)
    return Verdict()


def _near_placed(world: World, case: int, member: int, site: int) -> bool:
    scores, steps = world.ties[case].placed, separation_steps(world.policy)
    for n in range(len(world.placed.subjects)):
        step = step_of(steps, float(scores.h_or[member, n]), bool(scores.direct[member, n]))
        if step and step.forbids(world.geography, site, int(world.placed.site[n])):
            return True
    return False


def _near_present(world: World, case: int, member: int, site: int) -> bool:
    scores, present = world.ties[case].present, world.present
    for a in range(len(present.actors)):
        hostility = float(scores.h_or[member, a])
        if present.is_group[a]:
            weighed = hostility * float(present.strength[a])
            step = step_of(presence_steps(world.policy), weighed, False)
        else:
            direct = bool(scores.direct[member, a])
            step = step_of(actor_steps(world.policy), hostility, direct)
        if step and step.forbids(world.geography, site, int(present.site[a])):
            return True
    return False


def _compile(world: World, case: int) -> Effect:
    ties, placed, present, policy = world.ties[case], world.placed, world.present, world.policy
    forbidden = np.zeros(world.sites, dtype=np.bool_)
    actor, group = ~present.is_group, present.is_group
    for member in range(1, len(ties.members)):
        hostility, direct = ties.present.h_or[member], ties.present.direct[member]
        weighed = hostility[group] * present.strength[group]
        for steps, taken, site in (
            (
                separation_steps(policy),
                steps_of(
                    separation_steps(policy), ties.placed.h_or[member], ties.placed.direct[member]
                ),
                placed.site,
            ),
            (
                presence_steps(policy),
                steps_of(presence_steps(policy), weighed, np.zeros(len(weighed), dtype=np.bool_)),
                present.site[group],
            ),
            (
                actor_steps(policy),
                steps_of(actor_steps(policy), hostility[actor], direct[actor]),
                present.site[actor],
            ),
        ):
            forbidden |= forbidden_near(world.geography, steps, taken, site)
    return Effect.of(world.sites, forbidden=forbidden)


RULE = Rule(
    code="household",
    data_source="The household in the case; the tie network; placements and presences in force",
    when_missing="Without ties it demands nothing; `unknown_subject` then holds the band up",
    wording=Wording(
        sv="En medföljande i hushållet har kopplingar som utesluter kommunen.",
        en="A member of the household has ties of their own that rule the municipality out.",
    ),
    meaning=_meaning,
    compile=_compile,
)
