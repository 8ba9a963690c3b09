"""Large problems: gap, proof, first plan and memory from 50 newcomers to thousands.

The country is that of `solver_instances`, drawn in whole arrays: there the instances have
20 newcomers, here up to 4,000 against 20,000 placed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement_engine.problem import (
    PPM,
    IntArray,
    Level,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
    micronats,
    micronats_array,
)
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

FloatArray = NDArray[np.float64]

SIZE_KM = (400.0, 1300.0)
CEILING = micronats(0.05)
STEPS = ((0.35, 150_000), (0.15, 100_000), (0.05, 50_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What a large instance looks like.

    Parameters
    ----------
    newcomers, placed, sites
        How many move, stay, and places there are.
    degree
        Rivals that a newcomer has among newcomers, on average.
    met
        Placed people that a newcomer has a pair with, on average.
    presences
        Hostile presences of each newcomer, on average.
    room, least_free
        Free places for each place that newcomers need, and besides at every site.
    reach_km
        Road distance at which exposure has fallen to 1 / e.
    """

    newcomers: int
    placed: int
    sites: int = 290
    degree: float = 2.0
    met: float = 8.0
    presences: int = 12
    room: float = 1.0
    least_free: int = 2
    reach_km: float = 40.0


def large(scale: Scale, *, seed: int) -> PlacementProblem:
    """One problem; the same for the same scale and seed."""
    chance = np.random.default_rng(seed)
    k, n, m = scale.newcomers, scale.placed, scale.sites
    metres, exposure = _country(scale, chance)
    demand = chance.choice([1, 1, 1, 2, 3], k)
    weight = np.exp(chance.normal(0, 0.95, m))
    weight /= weight.sum()
    sites = chance.choice(m, n, p=weight)
    free = scale.least_free + chance.multinomial(int(scale.room * demand.sum()), weight)
    subjects = _newcomers(scale, metres, exposure, demand, chance)
    subjects += [
        ProblemSubject(
            id=SubjectRef(f"P{i}"),
            unary=np.full(m, int(risk), dtype=np.int64),
            current=int(site),
            ceiling=CEILING,
        )
        for i, (site, risk) in enumerate(
            zip(sites, chance.integers(0, CEILING // 2, n), strict=True)
        )
    ]
    pairs = []
    rivals: set[tuple[int, int]] = set()
    while len(rivals) < min(round(k * scale.degree / 2), k * (k - 1) // 2):
        a, b = sorted(chance.integers(0, k, 2).tolist())
        if a < b:
            rivals.add((a, b))
    pairs += [_pair(a, b, chance) for a, b in sorted(rivals)]
    for a in range(k):
        met = chance.choice(n, min(n, int(chance.poisson(scale.met))), replace=False)
        pairs += [_pair(a, k + b, chance) for b in sorted(met.tolist())]
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{i:04d}") for i in range(1, m + 1)),
        distance_m=metres,
        exposure_ppm=np.rint(exposure * PPM).astype(np.int64),
        capacity=np.bincount(sites, minlength=m).astype(np.int64) + free,
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        fixed={k + i: int(site) for i, site in enumerate(sites)},
        lexicographic=(Level.TOTAL, Level.MOVES),
        tie_key=seed.to_bytes(8, "big"),
    )


def _country(scale: Scale, chance: np.random.Generator) -> tuple[IntArray, FloatArray]:
    m = scale.sites
    centres = chance.uniform((0, 0), SIZE_KM, (max(1, m // 15), 2))
    near = centres[chance.integers(0, len(centres), m)] + chance.normal(0, 25, (m, 2))
    far = chance.uniform((0, 0), SIZE_KM, (m, 2))
    at = np.where(chance.random(m)[:, None] < 0.6, near, far)
    km = np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2))
    road = 1.18 * km
    exposure = np.exp(-road / scale.reach_km)
    adjacent = (km < 35) & ~np.eye(m, dtype=np.bool_)
    exposure = np.maximum(exposure, np.where(adjacent, 0.5 * np.exp(-road / 120), 0))
    np.fill_diagonal(exposure, 0)
    local = np.clip(0.9 * np.exp(chance.normal(0.25, 0.25, m)) / 2, 0.05, 0.95)
    np.fill_diagonal(exposure, np.maximum(local, exposure.max(axis=1)))
    distance = np.rint(km * 1000).astype(np.int64)
    distance[adjacent] = 0
    return distance, exposure


def _newcomers(
    scale: Scale,
    metres: IntArray,
    exposure: FloatArray,
    demand: IntArray,
    chance: np.random.Generator,
) -> list[ProblemSubject]:
    m = scale.sites
    found = []
    for i, places in enumerate(demand.tolist()):
        home = int(chance.integers(m))
        # A gang is strongest near where the newcomer comes from.
        weight = exposure[home] + 0.002
        where = chance.choice(
            m, max(1, int(chance.poisson(scale.presences))), p=weight / weight.sum()
        )
        strength = chance.uniform(0.05, 0.5, len(where))
        cost = micronats_array(0.7 * strength[:, None] * exposure[where]).sum(axis=0)
        forbidden = {int(site): ("home",) for site in np.flatnonzero(metres[home] < 60_000)}
        for site in chance.choice(m, m // 12, replace=False).tolist():
            forbidden[site] = (*forbidden.get(site, ()), "needs")
        found.append(
            ProblemSubject(
                id=SubjectRef(f"N{i}"),
                unary=cost,
                forbidden=forbidden,
                demand=places,
                current=home,
                ceiling=3 * CEILING,
            )
        )
    return found


def _pair(a: int, b: int, chance: np.random.Generator) -> ProblemPair:
    hostility = float(min(0.95, chance.lognormal(-2.2, 1.0)))
    metres = next((metres for step, metres in STEPS if hostility >= step), 0)
    reunion = float(chance.uniform(0, 0.3)) if chance.random() < 0.2 else 0.0
    return ProblemPair(
        a=a,
        b=b,
        hostility_ppm=round(hostility * PPM),
        reunion_ppm=round(reunion * PPM),
        separation_m=metres,
    )
