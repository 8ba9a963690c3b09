"""Those already placed are protected too: nobody is lifted over her ceiling by a newcomer.

The share of a placed person grows by what the household would cost her: hostility and
reunion, each as in the problem's pairs. Somebody to whom the household adds nothing never
forbids, whatever her share.
"""

from __future__ import annotations

import numpy as np

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import BoolArray, World
from placement_engine.problem import micronats, micronats_array


def _meaning(world: World, case: int, site: int) -> Verdict:
    ties, placed = world.ties[case], world.placed
    for n in range(len(placed.subjects)):
        exposure = float(world.exposure[site, int(placed.site[n])])
        added: int = micronats(float(ties.household_placed[n]) * exposure)
        added += micronats(float(ties.household_reunion[n]) * exposure)
        if added > 0 and int(placed.share[n]) + added > int(placed.ceiling[n]):
            return Verdict(forbidden=True)
    return Verdict()


def _compile(world: World, case: int) -> Effect:
    ties, placed = world.ties[case], world.placed
    touched = np.flatnonzero((ties.household_placed > 0) | (ties.household_reunion > 0))
    exposure = world.exposure[:, placed.site[touched]]
    added = micronats_array(ties.household_placed[touched] * exposure)
    added += micronats_array(ties.household_reunion[touched] * exposure)
    over: BoolArray = (added > 0) & (placed.share[touched] + added > placed.ceiling[touched])
    forbidden: BoolArray = np.logical_or.reduce(over, axis=1)
    return Effect.of(world.sites, forbidden=forbidden)


RULE = Rule(
    code="other_over_ceiling",
    data_source="Shares and ceilings of placements in force; the tie network; exposure",
    when_missing="Without ties it forbids nothing; `unknown_subject` then holds the band up",
    wording=Wording(
        sv="Risken för en redan placerad skyddsperson skulle bli högre än tillåtet.",
        en="A person already placed would be lifted above the highest risk allowed.",
    ),
    meaning=_meaning,
    compile=_compile,
)
