"""How likely two people meet, from where each of them lives.

Chances per year, as whole parts per million. The numbers are choices of the policy without
published Swedish support, which is why every proposal is checked against half and double
the reach.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placement_engine.geo.distance import BoolArray, IntArray
from placement_engine.geo.municipality import Municipality
from placement_engine.policy import Policy

PPM = 1_000_000


def exposure(
    policy: Policy,
    municipalities: Sequence[Municipality],
    *,
    road_m: IntArray,
    same_labour_market: BoolArray,
    adjacent: BoolArray,
    d0_km: float | None = None,
) -> IntArray:
    """Chance within a year that people of two municipalities meet, in parts per million.

    Apart, it is the greatest of three: they share a labour market, they share a border,
    they travel. Each falls with the road between. At home it is `local_exposure`, or that
    of the most exposing other municipality if it is greater: no other place exposes more
    than one's own.

    Parameters
    ----------
    road_m, same_labour_market, adjacent
        (M, M), symmetric.
    d0_km
        Reach of travel; the policy's unless given.

    Returns
    -------
    (M, M) int64
        Symmetric, in [0, 10**6], rounded half to even.
    """
    numbers = policy.exposure
    road_km = road_m / 1000
    near = np.exp(-road_km / numbers.d1_km)
    travel = np.exp(-road_km / (numbers.d0_km if d0_km is None else d0_km))
    apart = np.maximum(
        travel,
        near
        * np.maximum(numbers.same_labour_market * same_labour_market, numbers.adjacent * adjacent),
    )
    ppm: IntArray = np.rint(apart * PPM).astype(np.int64)
    np.fill_diagonal(ppm, 0)
    np.fill_diagonal(ppm, np.maximum(local_exposure(policy, municipalities), ppm.max(axis=1)))
    return ppm


def local_exposure(policy: Policy, municipalities: Sequence[Municipality]) -> IntArray:
    """Chance within a year that two people of one municipality meet.

    Falls with inhabitants and with land; (M,), parts per million.
    """
    numbers = policy.local
    people, land = _people(municipalities), _land(municipalities)
    chance = (
        numbers.base
        * (people / 10_000) ** -numbers.population_exponent
        * (land / 500) ** -numbers.area_exponent
    )
    ppm: IntArray = np.rint(np.clip(chance, numbers.minimum, numbers.maximum) * PPM).astype(
        np.int64
    )
    return ppm


def capacity(policy: Policy, municipalities: Sequence[Municipality]) -> IntArray:
    """How many protected people each municipality can take; (M,)."""
    numbers = policy.capacity
    places = np.floor(_people(municipalities) / numbers.inhabitants_per_place)
    return np.maximum(places.astype(np.int64), numbers.minimum)


def _people(municipalities: Sequence[Municipality]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([m.population for m in municipalities], dtype=np.float64)


def _land(municipalities: Sequence[Municipality]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([m.land_area_km2 for m in municipalities], dtype=np.float64)
