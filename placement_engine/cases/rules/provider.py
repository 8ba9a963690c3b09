"""Two who collide never share a care provider, in one municipality or in two.

For each need that a facility meets, a site is forbidden if every open facility of the kind
there is run by a provider who already houses somebody hostile to a member of the
household. Where only some are, or where a provider is not on record, the choice of
facility decides and the analyst is told that it is unchecked.
"""

from __future__ import annotations

import numpy as np

from placement_engine.cases.facilities import open_facilities, sites_with
from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.steps import required_separation, separation_steps, steps_of
from placement_engine.cases.world import World
from placement_engine.vocabulary import Need, ProviderId

HOUSED = (
    Need.PROTECTED_HOUSING,
    Need.HVB,
    Need.FAMILY_HOME,
    Need.ADDICTION_TREATMENT,
    Need.PSYCHIATRY,
)
"""Needs that a care provider meets; a school is not one."""


def _meaning(world: World, case: int, site: int) -> Verdict:
    scores, placed = world.ties[case].placed, world.placed
    hostile: set[ProviderId | None] = set()
    for n in range(len(placed.subjects)):
        for member in range(len(world.ties[case].members)):
            h, direct = float(scores.h_or[member, n]), bool(scores.direct[member, n])
            if required_separation(world.policy, h, direct):
                hostile.add(placed.provider[n])
    forbidden, unchecked = False, False
    for need in world.cases[case].needs:
        here = [
            facility.provider
            for facility in (open_facilities(world, need) if need in HOUSED else ())
            if facility.municipality == world.geography.codes[site]
        ]
        known_hostile = [p is not None and p in hostile for p in here]
        if here and all(known_hostile):
            forbidden = True
        elif here and (any(known_hostile) or None in here or None in hostile):
            unchecked = True
    return Verdict(forbidden=forbidden, unchecked=unchecked)


def _compile(world: World, case: int) -> Effect:
    hostile = _hostile_providers(world, case)
    forbidden = np.zeros(world.sites, dtype=np.bool_)
    unchecked = np.zeros(world.sites, dtype=np.bool_)
    for need in world.cases[case].needs:
        if need not in HOUSED:
            continue
        facilities = open_facilities(world, need)
        shared = [f for f in facilities if f.provider is not None and f.provider in hostile]
        others = [f for f in facilities if f.provider is None or f.provider not in hostile]
        with_shared, with_others = sites_with(world, shared), sites_with(world, others)
        nameless = sites_with(world, [f for f in others if f.provider is None])
        forbidden |= with_shared & ~with_others
        unchecked |= with_others & (with_shared | nameless | (None in hostile))
    return Effect.of(world.sites, forbidden=forbidden, unchecked=unchecked)


def houses_rival(world: World, case: int, provider: ProviderId) -> bool:
    """Whether a provider already houses somebody who collides with the household."""
    return provider in _hostile_providers(world, case)


def _hostile_providers(world: World, case: int) -> set[ProviderId | None]:
    """Providers of the placed people who collide with the household; None for unknown ones."""
    scores = world.ties[case].placed
    steps = separation_steps(world.policy)
    collides = (steps_of(steps, scores.h_or, scores.direct) < len(steps)).any(axis=0)
    return {world.placed.provider[n] for n in np.flatnonzero(collides)}


RULE = Rule(
    code="same_provider",
    data_source="Facilities with their providers; providers of placements in force; the tie "
    "network",
    when_missing="Unchecked where a facility that the case needs stands and its provider, or the "
    "provider of a placed person who collides, is not on record",
    wording=Wording(
        sv="Behovet kan bara tillgodoses hos en vårdgivare där personer som måste hållas isär "
        "skulle mötas.",
        en="The need can only be met by a care provider where people who must be kept apart "
        "would meet.",
    ),
    meaning=_meaning,
    compile=_compile,
)
