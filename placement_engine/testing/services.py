"""Facilities and care providers of a synthetic world."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from placement_engine.geo import Geography
from placement_engine.intelligence import Facility
from placement_engine.vocabulary import Need, ProviderId

PROVIDERS = 60
COMMON_AT = {
    Need.SCHOOL: 1,
    Need.FAMILY_HOME: 12_000,
    Need.HVB: 18_000,
    Need.PROTECTED_HOUSING: 20_000,
    Need.ADDICTION_TREATMENT: 25_000,
    Need.PSYCHIATRY: 30_000,
}
"""Inhabitants at which every second municipality has a facility of the kind."""


def build_facilities(
    rng: np.random.Generator, geography: Geography, as_of: date
) -> tuple[Facility, ...]:
    """Facilities by kind and size of municipality; every third has no known provider."""
    facilities: list[Facility] = []
    for kind, half in COMMON_AT.items():
        for place in geography.municipalities:
            if rng.random() >= place.population / (place.population + half):
                continue
            named = kind is not Need.SCHOOL and rng.random() < 0.67
            facilities.append(
                Facility(
                    municipality=place.code,
                    kind=kind,
                    capacity=None if kind is Need.SCHOOL else int(rng.integers(2, 13)),
                    last_seen=as_of - timedelta(days=int(rng.integers(5, 700))),
                    source="ABC"[int(rng.integers(0, 3))],
                    provider=ProviderId(f"PR-{1 + int(rng.integers(0, PROVIDERS)):03d}")
                    if named
                    else None,
                )
            )
    return tuple(facilities)
