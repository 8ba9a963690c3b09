"""Places that know the person, one rule for each reason: home, family, offence, other.

Each zone forbids its municipality and every other whose seat lies within the radius,
crow-fly, border included.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World
from placement_engine.vocabulary import AvoidReason


def _meaning(why: AvoidReason) -> Callable[[World, int, int], Verdict]:
    def meaning(world: World, case: int, site: int) -> Verdict:
        for zone in world.cases[case].avoid:
            if zone.why is why:
                centre = world.site_of(zone.municipality)
                metres = int(world.geography.crow_m[site, centre])
                if site == centre or metres <= zone.radius_km * 1000:
                    return Verdict(forbidden=True)
        return Verdict()

    return meaning


def _compile(why: AvoidReason) -> Callable[[World, int], Effect]:
    def compile_(world: World, case: int) -> Effect:
        forbidden = np.zeros(world.sites, dtype=np.bool_)
        for zone in world.cases[case].avoid:
            if zone.why is why:
                centre = world.site_of(zone.municipality)
                forbidden |= world.geography.crow_m[:, centre] <= zone.radius_km * 1000
                forbidden[centre] = True
        return Effect.of(world.sites, forbidden=forbidden)

    return compile_


def _rule(why: AvoidReason, code: str, wording: Wording) -> Rule:
    return Rule(
        code=code,
        data_source="Places to avoid in the case; crow-fly distance between seats",
        when_missing="Forbids nothing: only the case officer knows these places",
        wording=wording,
        meaning=_meaning(why),
        compile=_compile(why),
    )


HOME = _rule(
    AvoidReason.HOME,
    "home",
    Wording(
        sv="Kommunen ligger i området kring skyddspersonens hemort.",
        en="The municipality lies in the area around the protected person's home town.",
    ),
)
FAMILY = _rule(
    AvoidReason.FAMILY,
    "family",
    Wording(
        sv="Kommunen ligger i ett område där skyddspersonen har anhöriga.",
        en="The municipality lies in an area where the protected person has family.",
    ),
)
OFFENCE = _rule(
    AvoidReason.OFFENCE,
    "offence",
    Wording(
        sv="Kommunen ligger i ett område där skyddspersonen är känd genom tidigare brott.",
        en="The municipality lies in an area that knows the protected person by past offences.",
    ),
)
OTHER_PLACE = _rule(
    AvoidReason.OTHER,
    "other_place",
    Wording(
        sv="Kommunen ligger i ett område där skyddspersonen är känd av annat skäl.",
        en="The municipality lies in an area that knows the protected person for another reason.",
    ),
)
