"""What is broken at a plan in force, and the smaller problem in which only some may move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np

from placement_engine.problem import (
    FORBIDDEN,
    MAX_COST,
    PPM,
    UNLIMITED,
    IntArray,
    Level,
    PlacementProblem,
    micronats_array,
)
from placement_engine.solver.hitting import Demand


def standing_costs(problem: PlacementProblem, plan: Sequence[int]) -> IntArray:
    """Cost of each pair of the problem at a plan, `FORBIDDEN` where it may not stand there."""
    ends = np.array([(pair.a, pair.b) for pair in problem.pairs], dtype=np.int64).reshape(-1, 2)
    at = np.asarray(plan, dtype=np.int64)[ends]
    exposure = problem.exposure_ppm[at[:, 0], at[:, 1]] / PPM
    numbers = np.array(
        [
            (p.hostility_ppm, p.reunion_ppm, p.separation_m, -1 if p.penalty is None else p.penalty)
            for p in problem.pairs
        ],
        dtype=np.int64,
    ).reshape(-1, 4)
    cost = micronats_array(numbers[:, 0] / PPM * exposure)
    cost += micronats_array(numbers[:, 1] / PPM * exposure)
    near = problem.distance_m[at[:, 0], at[:, 1]] < numbers[:, 2]
    cost = np.where(
        near & (numbers[:, 3] < 0), FORBIDDEN, cost + near * np.maximum(numbers[:, 3], 0)
    )
    for i, pair in enumerate(problem.pairs):
        if pair.table is not None:
            cost[i] = problem.tables[pair.table][at[i, 0], at[i, 1]]
    return cost


def demands_of(problem: PlacementProblem, plan: Sequence[int], costs: IntArray) -> Iterator[Demand]:
    """What is broken at a plan, as those of whom some must move.

    Each holds for every plan that keeps the rules: whoever stays costs and takes at least
    what she does now together with the others who stay.

    Parameters
    ----------
    costs
        As `standing_costs` tells.
    """

    def movable(weights: dict[int, int]) -> dict[int, int]:
        return {k: weight for k, weight in weights.items() if k not in problem.fixed and weight}

    share = [int(subject.unary[plan[k]]) for k, subject in enumerate(problem.subjects)]
    around: dict[int, dict[int, int]] = defaultdict(dict)
    for pair, cost in zip(problem.pairs, costs.tolist(), strict=True):
        if cost == FORBIDDEN:
            yield Demand(weights=movable({pair.a: 1, pair.b: 1}), need=1)
        elif cost:
            share[pair.a] += cost
            share[pair.b] += cost
            around[pair.a][pair.b] = around[pair.b][pair.a] = cost
    users: dict[int, dict[int, int]] = defaultdict(dict)
    for k, subject in enumerate(problem.subjects):
        users[plan[k]][k] = subject.demand
        if plan[k] in subject.forbidden:
            yield Demand(weights=movable({k: 1}), need=1)
        over = 0 if subject.ceiling is None else share[k] - subject.ceiling
        if over > 0:
            lifting = {other: min(cost, over) for other, cost in around[k].items()}
            yield Demand(weights=movable({k: over, **lifting}), need=over)
    for site, there in users.items():
        free = int(problem.capacity[site])
        over = 0 if free == UNLIMITED else sum(there.values()) - free
        if over > 0:
            yield Demand(weights=movable({k: min(d, over) for k, d in there.items()}), need=over)


def freed(
    problem: PlacementProblem, plan: Sequence[int], costs: IntArray, free: Collection[int]
) -> tuple[PlacementProblem, tuple[int, ...]]:
    """The smaller problem in which only some may move, and who is in it, by old index.

    Those who stay and meet none of the freed leave it; what they take of a site's capacity
    and cost others who stay goes with them. `free` must meet all that `demands_of` tells.
    """
    free = set(free)
    near = {k for pair in problem.pairs for k in (pair.a, pair.b) if {pair.a, pair.b} & free}
    kept = tuple(sorted(free | near))
    number = {k: i for i, k in enumerate(kept)}
    unary = {k: problem.subjects[k].unary for k in kept}
    pairs = []
    for pair, cost in zip(problem.pairs, costs.tolist(), strict=True):
        if pair.a in free or pair.b in free:
            pairs.append(replace(pair, a=number[pair.a], b=number[pair.b]))
        else:
            for k in (pair.a, pair.b):
                if k in number and cost > 0:
                    # A cost that high is over any ceiling; the witness sees the true one.
                    unary[k] = np.minimum(unary[k] + cost, MAX_COST - 1)
    capacity = problem.capacity.copy()
    for k, site in enumerate(plan):
        if k not in number and capacity[site] != UNLIMITED:
            capacity[site] = max(0, int(capacity[site]) - problem.subjects[k].demand)
    subjects = [
        replace(problem.subjects[k], unary=unary[k], current=plan[k], move_cost=1, preference=None)
        for k in kept
    ]
    smaller = replace(
        problem,
        capacity=capacity,
        subjects=tuple(subjects),
        pairs=tuple(pairs),
        fixed={number[k]: plan[k] for k in kept if k not in free},
        lexicographic=(Level.MOVES, Level.TOTAL),
    )
    return smaller, kept
