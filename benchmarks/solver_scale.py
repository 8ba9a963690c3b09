"""Large problems: gap, proof, first plan and memory from 50 newcomers to thousands.

The country is that of `solver_instances`, drawn in whole arrays: there the instances have
20 newcomers, here up to 4,000 against 20,000 placed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.solver_instances import CEILING, ROAD, bordered, pair, points
from placement_engine.problem import (
    PPM,
    IntArray,
    Level,
    PlacementProblem,
    ProblemSubject,
    micronats,
    micronats_array,
)
from placement_engine.solver import Proposed
from placement_engine.solver.model import Standing, apart
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

FloatArray = NDArray[np.float64]

PENALTY = micronats(0.02)


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
    limits
        Whether newcomers have ceilings and separations are hard; else they cost.
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
    limits: bool = True


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
            ceiling=CEILING if scale.limits else None,
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
    penalty = None if scale.limits else PENALTY
    pairs += [pair(a, b, chance, penalty=penalty) for a, b in sorted(rivals)]
    for a in range(k):
        met = chance.choice(n, min(n, int(chance.poisson(scale.met))), replace=False)
        pairs += [pair(a, k + b, chance, penalty=penalty) for b in sorted(met.tolist())]
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
    _, _, km = points(scale.sites, chance)
    local = np.clip(0.9 * np.exp(chance.normal(0.25, 0.25, scale.sites)) / 2, 0.05, 0.95)
    exposure, distance = bordered(np.exp(-ROAD * km / scale.reach_km), km, local)
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
                ceiling=3 * CEILING if scale.limits else None,
            )
        )
    return found


def on_two_cores() -> float:
    """Processor seconds, as two free cores would need them at the least: a clock for threads.

    Those of the main thread, or half of all if that is more.
    """
    main = threading.main_thread().ident
    assert main is not None
    return max(time.clock_gettime(time.pthread_getcpuclockid(main)), time.process_time() / 2)


def peak_mb() -> float:
    """Most memory of this process; what its parent had when it began does not count."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) / 1024


def beyond_those_who_stay(problem: PlacementProblem, answer: Proposed) -> tuple[int, int]:
    """Objective and bound, without what those who stay cost among themselves."""
    stays = cost_of_staying(problem)
    return answer.objective - stays, answer.lower_bound - stays


def cost_of_staying(problem: PlacementProblem) -> int:
    """What those who stay cost by themselves and among themselves, in micro-nats."""
    stays = Standing(problem)
    stays.add_pairs(problem, apart(problem)[0])
    return stays.total
