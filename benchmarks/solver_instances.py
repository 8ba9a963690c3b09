"""Instances of the problem at the waist, of the size and shape of real questions.

A country of points in clusters, placed people who stay, newcomers from hostile gangs, and
sites that everybody wants. Nothing here is real, but the formulas of exposure and the
steps of separation are those of the default policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Row
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
from placement_engine.solver import Limits, Proposed, solve
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

FloatArray = NDArray[np.float64]

SIZE_KM = (400.0, 1300.0)
REGIONS = 6
ROAD = 1.18
"""Road for each unit of distance as the crow flies."""
CEILING = micronats(0.05)
LIMITS = Limits(time_s=60.0)
STEPS = ((0.35, 150_000), (0.15, 100_000), (0.05, 50_000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an instance looks like.

    Parameters
    ----------
    newcomers, placed, sites
        How many move, stay, and places there are.
    rivalry
        Chance that two newcomers have a pair.
    met
        Chance that a newcomer has a pair with somebody placed.
    presences
        Hostile presences of each newcomer, on average.
    inhabitants_per_place
        Fewer inhabitants for a place make capacities wide, more make them tight.
    """

    newcomers: int = 20
    placed: int = 300
    sites: int = 290
    rivalry: float = 0.2
    met: float = 0.08
    presences: int = 12
    inhabitants_per_place: float = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Country:
    """Sites with distances, exposures and capacities."""

    distance_m: IntArray
    exposure: FloatArray
    capacity: IntArray
    region: IntArray


def instance(shape: Shape, *, seed: int) -> PlacementProblem:
    """One problem; the same for the same shape and seed."""
    chance = np.random.default_rng(seed)
    country = _country(shape, chance)
    m = shape.sites
    fixed_sites = _settled(shape, country, chance)
    names = [f"N{i}" for i in range(shape.newcomers)]
    subjects = [_newcomer(SubjectRef(name), shape, country, chance) for name in names]
    pairs = [
        pair(a, b, chance)
        for a in range(shape.newcomers)
        for b in range(a + 1, shape.newcomers)
        if chance.random() < shape.rivalry
    ]
    fixed: dict[int, int] = {}
    for i, site in enumerate(fixed_sites):
        place = shape.newcomers + i
        fixed[place] = site
        subjects.append(
            ProblemSubject(
                id=SubjectRef(f"P{i}"),
                unary=np.full(m, int(chance.integers(0, CEILING * 8 // 10)), dtype=np.int64),
                current=site,
                ceiling=CEILING,
            )
        )
        pairs += [
            pair(newcomer, place, chance)
            for newcomer in range(shape.newcomers)
            if chance.random() < shape.met
        ]
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{i:04d}") for i in range(1, m + 1)),
        distance_m=country.distance_m,
        exposure_ppm=np.rint(country.exposure * PPM).astype(np.int64),
        capacity=country.capacity,
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        fixed=fixed,
        lexicographic=(Level.WORST_BAND, Level.TOTAL, Level.MOVES),
        tie_key=seed.to_bytes(8, "big"),
    )


def points(m: int, chance: np.random.Generator) -> tuple[FloatArray, FloatArray, FloatArray]:
    """M sites in clusters: where they and the clusters' centres are, and (M, M) kilometres."""
    centres = chance.uniform((0, 0), SIZE_KM, (max(1, m // 15), 2))
    near = centres[chance.integers(0, len(centres), m)] + chance.normal(0, 25, (m, 2))
    far = chance.uniform((0, 0), SIZE_KM, (m, 2))
    at = np.where(chance.random(m)[:, None] < 0.6, near, far)
    return at, centres, np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2))


def bordered(
    exposure: FloatArray, km: FloatArray, local: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Exposure over borders and inside each site added, and distances with 0 for neighbours."""
    adjacent = (km < 35) & ~np.eye(len(km), dtype=np.bool_)
    over_border = np.where(adjacent, 0.5 * np.exp(-ROAD * km / 120), 0)
    exposure = np.maximum(exposure, over_border)
    np.fill_diagonal(exposure, 0)
    np.fill_diagonal(exposure, np.maximum(local, exposure.max(axis=1)))
    distance = np.rint(km * 1000).astype(np.int64)
    distance[adjacent] = 0
    return exposure, distance


def _country(shape: Shape, chance: np.random.Generator) -> Country:
    m = shape.sites
    at, centres, km = points(m, chance)
    people = np.exp(chance.normal(9.7, 0.95, m))
    market = np.argmin(((at[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
    road = ROAD * km
    together = market[:, None] == market[None]
    exposure = np.maximum(np.exp(-road / 40), np.where(together, 0.7 * np.exp(-road / 120), 0))
    local = np.clip(0.9 * (people / 10_000) ** -0.25, 0.05, 0.95)
    exposure, distance = bordered(exposure, km, local)
    return Country(
        distance_m=distance,
        exposure=exposure,
        capacity=np.maximum(2, (people / shape.inhabitants_per_place).astype(np.int64)),
        region=(at[:, 1] // (SIZE_KM[1] / REGIONS)).astype(np.int64),
    )


def _settled(shape: Shape, country: Country, chance: np.random.Generator) -> list[int]:
    free = country.capacity.copy()
    sites = []
    for _ in range(shape.placed):
        open_sites = np.flatnonzero(free > 0)
        site = int(chance.choice(open_sites))
        free[site] -= 1
        sites.append(site)
    return sites


def _newcomer(
    name: SubjectRef, shape: Shape, country: Country, chance: np.random.Generator
) -> ProblemSubject:
    m = shape.sites
    home = int(chance.integers(m))
    cost = np.zeros(m, dtype=np.int64)
    count = max(1, int(chance.poisson(shape.presences)))
    # A gang is strongest near where the newcomer comes from.
    weight = country.exposure[home] + 0.002
    for site in chance.choice(m, count, p=weight / weight.sum()).tolist():
        strength = chance.uniform(0.05, 0.5)
        cost += micronats_array(strength * country.exposure[site] * 0.7)
    forbidden = {int(site): ("home",) for site in np.flatnonzero(country.distance_m[home] < 60_000)}
    for site in chance.choice(m, 25, replace=False).tolist():
        forbidden[site] = (*forbidden.get(site, ()), "needs")
    changed = country.region != country.region[home]
    return ProblemSubject(
        id=name,
        unary=cost,
        forbidden=forbidden,
        demand=int(chance.choice([1, 1, 1, 2, 3])),
        current=home,
        preference=np.where(changed, 10_000, 0).astype(np.int64),
        ceiling=CEILING,
    )


def pair(a: int, b: int, chance: np.random.Generator, *, penalty: int | None = None) -> ProblemPair:
    """Two who are hostile; ``penalty`` is what breaking their separation costs, None: never."""
    hostility = float(min(0.95, chance.lognormal(-2.2, 1.0)))
    metres = next((metres for step, metres in STEPS if hostility >= step), 0)
    reunion = float(chance.uniform(0, 0.3)) if chance.random() < 0.2 else 0.0
    return ProblemPair(
        a=a,
        b=b,
        hostility_ppm=round(hostility * PPM),
        reunion_ppm=round(reunion * PPM),
        separation_m=metres,
        penalty=penalty,
    )


def rows(runs: int) -> list[Row]:
    """Median seconds to the proof of every level: one newcomer, 20, and 20 who all feud."""
    asked = (
        ("1 of 300 placed, made up", Shape(newcomers=1), 1.0),
        ("20 jointly, 300 placed, made up", Shape(), 10.0),
        ("20 jointly, dense rivalry, made up", Shape(rivalry=0.6), None),
    )
    found = []
    for what, shape, target in asked:
        answers = [solve(instance(shape, seed=seed), limits=LIMITS) for seed in range(1, runs + 1)]
        proved = sum(isinstance(a, Proposed) and a.proved_optimal for a in answers)
        found.append(
            Row(
                what=what,
                value=median(answer.seconds for answer in answers),
                unit="s",
                target=target if proved == runs else 0.0 if target else None,
                note=f"{proved} of {runs} proved; worst {max(a.seconds for a in answers):.3g} s",
            )
        )
    return found
