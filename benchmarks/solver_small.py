"""Small random problems with all options, against brute force: feasibility, objective, bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.measure import Row
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
from placement_engine.solver import Limits, NoSafePlacement, Proposed, solve
from placement_engine.solver.exhaustive import exhaust
from placement_engine.vocabulary import MunicipalityCode, SubjectRef

PROBLEMS = 2_000
SITES, SUBJECTS = 4, 4
LEVELS = (
    (Level.TOTAL, Level.MOVES),
    (Level.WORST_BAND, Level.TOTAL, Level.MOVES),
    (Level.MOVES, Level.TOTAL),
)


@dataclass(slots=True)
class Tally:
    """What was counted over problems."""

    impossible: int = 0
    wrong: int = 0
    unproved: int = 0
    above: int = 0


def rows(problems: int = PROBLEMS) -> list[Row]:
    """One row: problems in which anything differs from brute force."""
    tally = Tally()
    for seed in range(problems):
        problem = drawn(seed)
        best, answer = exhaust(problem), solve(problem, limits=Limits(time_s=None), workers=1)
        tally.impossible += best is None
        if best is None:
            tally.wrong += not isinstance(answer, NoSafePlacement)
            continue
        if not isinstance(answer, Proposed):
            tally.wrong += 1
            continue
        told = tuple(level.value for level in answer.levels)
        tally.wrong += told != best.values or answer.assignment != best.assignment
        tally.unproved += not answer.proved_optimal
        optimal = dict(zip(problem.lexicographic, best.values, strict=True))
        tally.above += any(level.lower_bound > optimal[level.name] for level in answer.levels)
    note = (
        f"{tally.impossible} have no plan; {tally.unproved} not proved;"
        f" {tally.above} bounds above the optimum"
    )
    return [
        Row(
            what=f"{problems:,} random small problems, all options: differ from brute force",
            value=tally.wrong + tally.above,
            unit="",
            target=0,
            note=note,
        )
    ]


def drawn(seed: int) -> PlacementProblem:
    """A problem with every option drawn by chance."""
    chance = np.random.default_rng(seed)
    m, k = int(chance.integers(1, SITES + 1)), int(chance.integers(1, SUBJECTS + 1))
    metres = _symmetric(chance, m, 200_000)
    np.fill_diagonal(metres, 0)
    table = _symmetric(chance, m, 60_000)
    table[chance.random((m, m)) < 0.2] = FORBIDDEN
    pairs = [
        _pair(chance, a, b) for a in range(k) for b in range(a + 1, k) if chance.random() < 0.6
    ]
    capacity = chance.integers(0, 4, m)
    capacity[chance.random(m) < 0.4] = UNLIMITED
    fixed = {0: int(chance.integers(m))} if k > 1 and chance.random() < 0.4 else {}
    return PlacementProblem(
        sites=tuple(MunicipalityCode(f"{1000 + i}") for i in range(m)),
        distance_m=metres,
        exposure_ppm=_symmetric(chance, m, PPM),
        capacity=capacity,
        subjects=tuple(_subject(chance, i, m) for i in range(k)),
        pairs=tuple(pairs),
        tables={"t": table},
        fixed=fixed,
        lexicographic=LEVELS[int(chance.integers(len(LEVELS)))],
        tie_key=seed.to_bytes(8, "big"),
    )


def _symmetric(chance: np.random.Generator, m: int, high: int) -> IntArray:
    half = np.triu(chance.integers(0, high + 1, (m, m)))
    found: IntArray = np.maximum(half, half.T)
    return found


def _subject(chance: np.random.Generator, i: int, m: int) -> ProblemSubject:
    def maybe(high: int) -> int | None:
        return int(chance.integers(high)) if chance.random() < 0.5 else None

    return ProblemSubject(
        id=SubjectRef(f"S{i}"),
        unary=chance.integers(0, 60_000, m),
        forbidden={s: ("needs",) for s in range(m) if chance.random() < 0.15},
        demand=int(chance.integers(0, 3)),
        current=maybe(m),
        move_cost=int(chance.integers(0, 100)),
        preference=chance.integers(0, 50, m) if chance.random() < 0.3 else None,
        ceiling=maybe(400_000),
    )


def _pair(chance: np.random.Generator, a: int, b: int) -> ProblemPair:
    return ProblemPair(
        a=a,
        b=b,
        hostility_ppm=int(chance.integers(0, 300_000)),
        reunion_ppm=int(chance.integers(0, 50_000)) if chance.random() < 0.3 else 0,
        separation_m=int(chance.integers(0, 150_000)) if chance.random() < 0.6 else 0,
        penalty=int(chance.integers(0, 30_000)) if chance.random() < 0.5 else None,
        table="t" if chance.random() < 0.2 else None,
    )
