"""The solver against a brute force that imports neither the search nor the witness."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from placement_engine.problem import (
    FORBIDDEN,
    PPM,
    UNLIMITED,
    IntArray,
    Level,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
)
from placement_engine.solver import (
    ConflictMember,
    Faulted,
    NoSafePlacement,
    Proposed,
    Undecided,
    solve,
)
from placement_engine.solver.exhaustive import evaluate, exhaust
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

CODES = ("home", "presence", "needs")


def symmetric(random: np.random.Generator, sites: int, high: int) -> IntArray:
    drawn = random.integers(0, high, (sites, sites), dtype=np.int64)
    return np.maximum(drawn, drawn.T)


def everything(seed: int) -> PlacementProblem:
    """A small problem in which each thing that the format knows of is present."""
    random = np.random.default_rng(seed)
    sites, movable = int(random.integers(3, 6)), int(random.integers(2, 4))
    hard = seed % 3 == 0  # a third of them so tight that many are impossible
    distance = symmetric(random, sites, 200_000)
    np.fill_diagonal(distance, 0)
    table = random.integers(0, 60_000, (sites, sites), dtype=np.int64)
    table[random.random((sites, sites)) < 0.2] = FORBIDDEN
    count = movable + 1
    subjects = []
    for k in range(count):
        sites_forbidden = np.flatnonzero(random.random(sites) < (0.5 if hard else 0.15))
        forbidden = {
            int(site): tuple(random.choice(CODES, int(random.integers(1, 3)), replace=False))
            for site in (sites_forbidden if k < movable else ())
        }
        subjects.append(
            ProblemSubject(
                id=SubjectRef(f"S{k}"),
                unary=random.integers(0, 40_000, sites, dtype=np.int64),
                forbidden=forbidden,
                demand=2 if k == 0 else 1,
                current=int(random.integers(0, sites)),
                move_cost=int(random.integers(0, 50)),
                preference=random.integers(0, 50, sites, dtype=np.int64),
                ceiling=int(random.integers(40_000, 100_000 if hard else 400_000)),
            )
        )
    ends = [(a, b) for a in range(count) for b in range(a + 1, count)]
    random.shuffle(ends)
    pairs = [
        ProblemPair(
            a=ends[0][0],
            b=ends[0][1],
            hostility_ppm=int(random.integers(0, 60_000)),
            reunion_ppm=int(random.integers(0, 60_000)),
            separation_m=int(random.integers(1, 120_000)),
        ),
        ProblemPair(
            a=ends[1][0],
            b=ends[1][1],
            hostility_ppm=int(random.integers(0, 60_000)),
            separation_m=int(random.integers(1, 120_000)),
            penalty=int(random.integers(0, 20_000)),
        ),
        ProblemPair(a=ends[2][0], b=ends[2][1], table="t1"),
    ]
    capacity = random.integers(1, 4, sites, dtype=np.int64)
    capacity[int(random.integers(0, sites))] = UNLIMITED
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(sites)),
        distance_m=distance,
        exposure_ppm=symmetric(random, sites, PPM),
        capacity=capacity,
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        tables={"t1": table},
        fixed={movable: int(random.integers(0, sites))},
        lexicographic=tuple(random.permutation(np.array(list(Level), dtype=object))),
        tie_key=bytes(random.bytes(8)),
    )


def only(problem: PlacementProblem, members: tuple[ConflictMember, ...]) -> PlacementProblem:
    """The problem with these rules alone; everything else is lifted."""
    reasons = {(m.subjects[0], m.rule) for m in members if len(m.subjects) == 1}
    apart = {m.subjects for m in members if m.rule == "separation"}
    bound = {m.subjects[0] for m in members if m.rule == "ceiling"}
    limited = any(m.rule == "capacity" for m in members)
    takers = {k for m in members if m.rule == "capacity" for k in m.subjects}
    tables = {"lifted": np.maximum(problem.tables["t1"], 0), **problem.tables}
    pairs = []
    for pair in problem.pairs:
        if (pair.a, pair.b) in apart:
            pairs.append(pair)
        elif pair.table is not None:
            pairs.append(replace(pair, table="lifted"))
        elif pair.penalty is None:
            pairs.append(replace(pair, separation_m=0))
        else:
            pairs.append(pair)
    return replace(
        problem,
        tables=tables,
        pairs=tuple(pairs),
        capacity=problem.capacity if limited else np.full(len(problem.sites), UNLIMITED),
        subjects=tuple(
            replace(
                subject,
                ceiling=subject.ceiling if k in bound else None,
                demand=subject.demand if k in takers else 0,
                forbidden={
                    site: codes
                    for site, codes in subject.forbidden.items()
                    if any((k, code) in reasons for code in codes)
                },
            )
            for k, subject in enumerate(problem.subjects)
        ),
    )


def fewer_takers(member: ConflictMember) -> list[ConflictMember]:
    """A capacity without each of those whom it names."""
    if member.rule != "capacity":
        return []
    return [
        replace(member, subjects=tuple(k for k in member.subjects if k != out))
        for out in member.subjects
    ]


@pytest.mark.parametrize("block", range(10))
def test_500_small_problems_equal_the_brute_force(block: int) -> None:
    proposed = impossible = 0
    for seed in range(50 * block, 50 * block + 50):
        problem = everything(seed)
        best = exhaust(problem)
        match solve(problem, clock=time.monotonic):
            case Proposed() as answer:
                assert best is not None, seed
                assert answer.proved_optimal, seed
                assert tuple(level.value for level in answer.levels) == best.values, seed
                assert answer.assignment == best.assignment, seed
                proposed += 1
            case NoSafePlacement() as answer:
                assert best is None, seed
                assert answer.conflict
                assert exhaust(only(problem, answer.conflict)) is None, seed
                for left_out in answer.conflict:
                    rest = tuple(m for m in answer.conflict if m is not left_out)
                    assert exhaust(only(problem, rest)) is not None, seed
                    for fewer in fewer_takers(left_out):
                        assert exhaust(only(problem, (*rest, fewer))) is not None, seed
                impossible += 1
            case Undecided() | Faulted() as answer:
                pytest.fail(f"{seed}: {answer}")
    assert proposed >= 10
    assert impossible >= 1


def test_20_newcomers_together_never_lift_a_placed_person_over_her_ceiling() -> None:
    sites, newcomers = 6, 20
    exposure = np.full((sites, sites), 100_000, dtype=np.int64)
    np.fill_diagonal(exposure, 900_000)
    placed = ProblemSubject(
        id=SubjectRef("placed"),
        unary=np.zeros(sites, dtype=np.int64),
        ceiling=51_293,
    )
    # All are drawn to where she lives, and each alone would leave her under her ceiling.
    drawn = np.full(sites, 30_000, dtype=np.int64)
    drawn[0] = 0
    problem = PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(sites)),
        distance_m=np.zeros((sites, sites), dtype=np.int64),
        exposure_ppm=exposure,
        capacity=np.full(sites, UNLIMITED, dtype=np.int64),
        subjects=(
            *(ProblemSubject(id=SubjectRef(f"S{k}"), unary=drawn) for k in range(newcomers)),
            placed,
        ),
        pairs=tuple(ProblemPair(a=k, b=newcomers, hostility_ppm=5_000) for k in range(newcomers)),
        fixed={newcomers: 0},
    )
    answer = solve(problem, clock=time.monotonic)
    assert isinstance(answer, Proposed)
    beside_her = answer.assignment.count(0) - 1
    assert 0 < beside_her < newcomers
    lifted = replace(placed, ceiling=None)
    free = solve(replace(problem, subjects=(*problem.subjects[:-1], lifted)), clock=time.monotonic)
    assert isinstance(free, Proposed)
    assert free.assignment.count(0) - 1 == newcomers
    assert evaluate(problem, answer.assignment) is not None
    assert evaluate(problem, free.assignment) is None
