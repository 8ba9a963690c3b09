"""The case's own limits: only within some municipalities, never in others."""

from __future__ import annotations

import numpy as np

from placement_engine.cases.rule import Effect, Rule, Verdict, Wording
from placement_engine.cases.world import World


def _meaning(world: World, case: int, site: int) -> Verdict:
    stated = world.cases[case]
    code = world.geography.codes[site]
    outside = stated.within is not None and code not in stated.within
    return Verdict(forbidden=outside or code in stated.exclude)


def _compile(world: World, case: int) -> Effect:
    stated = world.cases[case]
    forbidden = np.full(world.sites, stated.within is not None)
    forbidden[[world.site_of(code) for code in stated.within or ()]] = False
    forbidden[[world.site_of(code) for code in stated.exclude]] = True
    return Effect.of(world.sites, forbidden=forbidden)


RULE = Rule(
    code="limits",
    data_source="The limits in the case",
    when_missing="Forbids nothing: a case without limits has none",
    wording=Wording(
        sv="Kommunen ligger utanför de avgränsningar som anges i ärendet.",
        en="The municipality lies outside the limits stated in the case.",
    ),
    meaning=_meaning,
    compile=_compile,
)
