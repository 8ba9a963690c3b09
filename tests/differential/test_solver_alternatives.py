"""Alternatives against trying every plan."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.problem import Level, PlacementProblem, ProblemPair, ProblemSubject
from placement_engine.solver import Limits, Proposed, solve
from placement_engine.solver.alternatives import alternatives
from placement_engine.solver.exhaustive import evaluate
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

LIMITS = Limits(time_s=60.0)


def spread(seed: int, people: int) -> PlacementProblem:
    """A few on sites along a line."""
    random = np.random.default_rng(seed)
    sites = int(random.integers(3, 6))
    at = np.arange(sites) * 40_000
    distance = np.abs(at[:, None] - at[None]).astype(np.int64)
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(sites)),
        distance_m=distance,
        exposure_ppm=np.maximum(0, 900_000 - 4 * distance).astype(np.int64),
        capacity=random.integers(1, 4, sites, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(
                id=SubjectRef(f"S{k}"),
                unary=random.integers(0, 9_000, sites, dtype=np.int64),
                forbidden={int(s): ("home",) for s in np.flatnonzero(random.random(sites) < 0.2)},
            )
            for k in range(people)
        ),
        pairs=tuple(
            ProblemPair(a=a, b=b, hostility_ppm=20_000, separation_m=60_000)
            for a, b in itertools.combinations(range(people), 2)
        ),
        lexicographic=(Level.TOTAL, Level.MOVES),
    )


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32), st.integers(1, 3), st.sampled_from([0, 40_001, 80_001]), st.booleans()
)
def test_each_is_the_best_that_differs_from_all_before(
    seed: int, people: int, apart_m: int, by_region: bool
) -> None:
    problem = spread(seed, people)
    best = solve(problem, limits=LIMITS)
    if not isinstance(best, Proposed):
        return
    sites = len(problem.sites)
    region = [site // 2 for site in range(sites)] if by_region else None
    found = alternatives(problem, best, count=3, apart_m=apart_m, region=region, limits=LIMITS)
    plans = [best.assignment]

    def differs(plan: tuple[int, ...]) -> bool:
        return any(
            all(
                plan[k] != shown[k]
                and problem.distance_m[plan[k], shown[k]] >= apart_m
                and (region is None or region[plan[k]] != region[shown[k]])
                for shown in plans
            )
            for k in range(people)
        )

    for number in range(3):
        values = [
            evaluate(problem, plan)
            for plan in itertools.product(range(sites), repeat=people)
            if differs(plan)
        ]
        least = min((value for value in values if value is not None), default=None)
        if least is None:
            assert len(found) == number
            return
        other = found[number]
        assert differs(other.assignment)
        assert other.proved
        assert other.total == least[0]
        assert other.within == other.total - best.objective
        plans.append(other.assignment)


def test_without_time_the_others_stay_and_the_bound_is_that_of_the_best() -> None:
    problem = replace(spread(5, 2), pairs=())
    best = solve(problem, limits=LIMITS)
    assert isinstance(best, Proposed)
    for other in alternatives(problem, best, count=2, apart_m=0, limits=Limits(time_s=0.0)):
        assert best.lower_bound <= other.lower_bound <= other.total
        changed = [k for k in range(2) if other.assignment[k] != best.assignment[k]]
        assert changed == [other.subject]
