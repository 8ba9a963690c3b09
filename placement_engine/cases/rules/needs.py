"""The place must offer what the case needs; a need without any data is never met."""

from __future__ import annotations

import numpy as np

from placement_engine.cases.facilities import on_record, open_facilities, sites_with, stands
from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    forbidden, unchecked = False, False
    for need in world.cases[case].needs:
        if not on_record(world, need):
            unchecked = True
        elif not stands(world, need, site):
            forbidden = True
    return Verdict(forbidden=forbidden, unchecked=unchecked)


def _compile(world: World, case: int) -> Effect:
    forbidden = np.zeros(world.sites, dtype=np.bool_)
    unchecked = np.zeros(world.sites, dtype=np.bool_)
    for need in world.cases[case].needs:
        if on_record(world, need):
            forbidden |= ~sites_with(world, open_facilities(world, need))
        else:
            unchecked[:] = True
    return Effect.of(world.sites, forbidden=forbidden, unchecked=unchecked)


RULE = Rule(
    code="needs",
    data_source="Facilities on record by the day, with their capacity",
    when_missing="Unchecked everywhere if no facility of a needed kind is on record in the country",
    wording=Wording(
        sv="Kommunen saknar en verksamhet som ärendet kräver.",
        en="The municipality lacks a service that the case needs.",
    ),
    meaning=_meaning,
    compile=_compile,
)
