"""Fewest moves: 2,000 people placed, 40 new hard rivalries between neighbours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measure import Row
from benchmarks.solver_instances import CEILING
from benchmarks.solver_scale import Scale, large
from placement_engine.problem import PlacementProblem, ProblemPair
from placement_engine.solver import Limits
from placement_engine.solver.moves import Moves, fewest_moves

PLACED, RIVALRIES = 2_000, 40
APART_M, OLD_APART_M = 150_000, 50_000
PAIRS_EACH = 4


def settled(seed: int) -> tuple[PlacementProblem, tuple[int, ...]]:
    """Everybody placed and free to move, and rivalries that the plan in force breaks."""
    base = large(Scale(newcomers=1, placed=PLACED, met=0.0), seed=seed)
    chance = np.random.default_rng(seed)
    plan = tuple(base.fixed[k] for k in range(1, PLACED + 1))
    m = len(base.sites)
    pairs: dict[tuple[int, int], ProblemPair] = {}
    while len(pairs) < PAIRS_EACH * PLACED:
        a, b = sorted(chance.integers(0, PLACED, 2).tolist())
        if a < b:
            far = int(base.distance_m[plan[a], plan[b]]) >= OLD_APART_M
            apart = OLD_APART_M if far and chance.random() < 0.5 else 0
            ppm = int(chance.integers(5_000, 50_000))
            pairs[a, b] = ProblemPair(a=a, b=b, hostility_ppm=ppm, separation_m=apart)
    broken = 0
    while broken < RIVALRIES:
        a, b = sorted(chance.integers(0, PLACED, 2).tolist())
        if a < b and (a, b) not in pairs and base.distance_m[plan[a], plan[b]] < APART_M:
            pairs[a, b] = ProblemPair(a=a, b=b, hostility_ppm=200_000, separation_m=APART_M)
            broken += 1
    subjects = []
    for k, site in enumerate(plan):
        shut = {int(s): ("needs",) for s in chance.choice(m, m // 12, replace=False) if s != site}
        unary = chance.integers(0, CEILING // 2, m, dtype=np.int64)
        subjects.append(
            replace(
                base.subjects[k + 1], unary=unary, forbidden=shut, current=site, ceiling=8 * CEILING
            )
        )
    problem = replace(base, subjects=tuple(subjects), pairs=tuple(pairs.values()), fixed={})
    return problem, plan


def run(folder: Path, runs: int) -> list[Row]:
    """Seconds until the number of moves is proved, and how many moves."""
    del folder
    taken, moved = [], []
    for seed in range(1, runs + 1):
        problem, plan = settled(seed)
        answer = fewest_moves(problem, plan, limits=Limits(time_s=3.0))
        proved = isinstance(answer, Moves) and answer.proved_after is not None
        taken.append(answer.proved_after or 0.0 if isinstance(answer, Moves) and proved else 9e9)
        moved.append(len(answer.moved) if isinstance(answer, Moves) else -1)
    return [
        Row(
            what="fewest moves, 2,000 placed, 40 new hard rivalries: proved after",
            value=median(taken),
            unit="s",
            target=1.0,
            note=f"worst {max(taken):.3g} s of {runs} seeds; moves {moved}",
        )
    ]
