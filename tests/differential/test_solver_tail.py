"""Tail risk against trying every plan, in fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement_engine.errors import InvalidProblem
from placement_engine.problem import PlacementProblem, ProblemPair, ProblemSubject
from placement_engine.solver import Limits, NoSafePlacement, witness
from placement_engine.solver.tail import Aim, Scenario, TailAnswer, _under, tail_plan
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

LIMITS = Limits(time_s=60.0)


def uncertain(seed: int) -> tuple[PlacementProblem, list[Scenario]]:
    random = np.random.default_rng(seed)
    sites, people = int(random.integers(2, 5)), int(random.integers(1, 4))
    at = random.integers(0, 4, sites) * 60_000
    distance = np.abs(at[:, None] - at[None]).astype(np.int64)
    ends = list(itertools.combinations(range(people + 1), 2))
    problem = PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(sites)),
        distance_m=distance,
        exposure_ppm=np.maximum(0, 900_000 - 4 * distance).astype(np.int64),
        capacity=random.integers(1, 4, sites, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(
                id=SubjectRef(f"S{k}"),
                unary=random.integers(0, 9_000, sites, dtype=np.int64),
                forbidden={int(s): ("home",) for s in np.flatnonzero(random.random(sites) < 0.2)}
                if k < people
                else {},
                ceiling=90_000 if random.random() < 0.3 and k < people else None,
            )
            for k in range(people + 1)
        ),
        pairs=tuple(
            ProblemPair(
                a=a, b=b, hostility_ppm=20_000, separation_m=int(random.integers(0, 70_000))
            )
            for a, b in ends
        ),
        fixed={people: int(random.integers(0, sites))},
    )
    scenarios = [
        Scenario(
            hostility={n: int(random.integers(0, 200_000)) for n in range(len(ends)) if n % 2},
            unary={0: random.integers(0, 30_000, sites, dtype=np.int64)},
        )
        for _ in range(int(random.integers(1, 6)))
    ]
    return problem, scenarios


def by_definition(totals: list[int], weight: int, tail: int) -> Fraction:
    """Mean and conditional value at risk, the least over every threshold."""
    count = len(totals)
    share = Fraction(tail, 100)
    risk = min(
        t + sum(Fraction(max(0, total - t)) for total in totals) / (share * count) for t in totals
    )
    return Fraction(100 - weight, 100) * Fraction(sum(totals), count) + Fraction(weight, 100) * risk


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([0, 30, 100]), st.sampled_from([5, 40, 100]))
def test_equals_trying_every_plan(seed: int, weight: int, tail: int) -> None:
    problem, scenarios = uncertain(seed)
    under = [_under(problem, one, "here") for one in scenarios]
    plans = [
        plan
        for plan in itertools.product(range(len(problem.sites)), repeat=len(problem.subjects))
        if next(witness.violations(problem, plan), None) is None
    ]
    aim = Aim(weight_percent=weight, tail_percent=tail)
    answer = tail_plan(problem, scenarios, aim=aim, limits=LIMITS)
    if not plans:
        assert isinstance(answer, NoSafePlacement)
        return
    best = min(
        by_definition([witness.total(one, plan) for one in under], weight, tail) for plan in plans
    )
    assert isinstance(answer, TailAnswer)
    assert answer.plan.proved
    scale = 100 * tail * len(scenarios)
    assert Fraction(answer.plan.value, scale) == best
    assert answer.plan.value <= answer.mean_only.value
    assert answer.mean_only.mean <= answer.plan.mean + 1e-6
    assert answer.plan.tail >= answer.plan.mean - 1e-6
    least = min(sum(witness.total(one, plan) for one in under) for plan in plans)
    assert sum(answer.mean_only.totals) == least


def one_or_other() -> tuple[PlacementProblem, list[Scenario]]:
    """A site that is nearly always safe, and one that always costs a little."""
    flat = np.zeros((2, 2), dtype=np.int64)
    problem = PlacementProblem(
        sites=(MunicipalityCode("1000"), MunicipalityCode("1001")),
        distance_m=flat,
        exposure_ppm=flat,
        capacity=np.array([1, 1], dtype=np.int64),
        subjects=(ProblemSubject(id=SubjectRef("S0"), unary=np.array([0, 100], dtype=np.int64)),),
    )
    rare = Scenario(unary={0: np.array([900, 100], dtype=np.int64)})
    return problem, [Scenario()] * 19 + [rare]


def test_the_tail_avoids_a_rare_great_danger_and_tells_the_difference() -> None:
    problem, scenarios = one_or_other()
    answer = tail_plan(problem, scenarios, aim=Aim(weight_percent=50, tail_percent=5))
    assert isinstance(answer, TailAnswer)
    assert answer.mean_only.assignment == (0,)
    assert (answer.mean_only.mean, answer.mean_only.tail) == (45.0, 900.0)
    assert answer.plan.assignment == (1,)
    assert (answer.plan.mean, answer.plan.tail) == (100.0, 100.0)
    assert answer.changed == (0,)
    even = tail_plan(problem, scenarios, aim=Aim(weight_percent=0))
    assert isinstance(even, TailAnswer)
    assert even.changed == ()


def test_scenarios_out_of_range_name_their_field() -> None:
    problem, _ = one_or_other()
    for scenarios, field in (
        ([], "scenarios"),
        ([Scenario(hostility={3: 1})], r"scenarios\[0\]\.hostility"),
        ([Scenario(unary={3: np.zeros(2, dtype=np.int64)})], r"scenarios\[0\]\.unary"),
    ):
        with pytest.raises(InvalidProblem, match=field):
            tail_plan(problem, scenarios)
    with pytest.raises(InvalidProblem, match="out of range"):
        Aim(tail_percent=0)


def test_without_work_the_bound_is_below_the_value() -> None:
    problem, scenarios = uncertain(9)
    answer = tail_plan(problem, scenarios, limits=Limits(time_s=None, max_work=60))
    if isinstance(answer, TailAnswer):
        assert answer.plan.lower_bound <= answer.plan.value
