"""One case is solved without ortools, and workers change no proved answer."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from placement_engine.problem import (
    PPM,
    UNLIMITED,
    PlacementProblem,
    ProblemPair,
    ProblemSubject,
)
from placement_engine.solver import Proposed, solve
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

ROOT = Path(__file__).parents[2]
ONE = """
import sys, time
from tests.differential.test_solver_light import country
from placement_engine.solver import Proposed, solve
answer = solve(country(1, 3), clock=time.monotonic)
assert isinstance(answer, Proposed) and answer.proved_optimal
print(sorted(name for name in sys.modules if name.partition(".")[0] == "ortools"))
"""


def country(subjects: int, seed: int, sites: int = 40) -> PlacementProblem:
    """A made-up country in which everybody wants the same quiet places."""
    random = np.random.default_rng(seed)
    x, y = random.integers(0, 500_000, (2, sites))
    distance = np.hypot(x[:, None] - x, y[:, None] - y).astype(np.int64)
    exposure = np.rint(np.exp(-distance / 60_000) * PPM).astype(np.int64)
    quiet = random.integers(0, 20_000, sites)
    ends = [(a, b) for a in range(subjects) for b in range(a + 1, subjects)]
    chosen = [ends[i] for i in random.permutation(len(ends))[: 2 * subjects]]
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(sites)),
        distance_m=distance,
        exposure_ppm=exposure,
        capacity=np.full(sites, 1 if subjects > 1 else UNLIMITED, dtype=np.int64),
        subjects=tuple(
            ProblemSubject(
                id=SubjectRef(f"S{k}"),
                unary=quiet + random.integers(0, 2_000, sites),
                forbidden={int(s): ("home",) for s in random.integers(0, sites, 8)},
            )
            for k in range(subjects)
        ),
        pairs=tuple(
            ProblemPair(
                a=a,
                b=b,
                hostility_ppm=int(random.integers(50_000, 700_000)),
                separation_m=100_000,
            )
            for a, b in chosen
        ),
        tie_key=b"country",
    )


def test_one_case_needs_no_second_solver() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_proved_answer_is_the_same_at_any_number_of_workers() -> None:
    for seed in range(2):
        problem = country(6, seed)
        answers = [solve(problem, workers=n, seed=n, clock=time.monotonic) for n in (1, 2, 8)]
        told = []
        for answer in answers:
            assert isinstance(answer, Proposed)
            assert answer.proved_optimal
            told.append(repr(replace(answer, seconds=0.0, trajectory=())))
        assert len(set(told)) == 1
