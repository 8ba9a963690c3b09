"""The obvious solver: try every plan. For small problems, and to hold the others to.

Written straight from the format of the problem, as plainly as possible. It imports
neither the search nor the witness, and repeats their definitions on purpose.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import dataclass

from placement_engine.problem import FORBIDDEN, UNLIMITED, PlacementProblem, ProblemPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted:
    """The best of all plans.

    Parameters
    ----------
    assignment
        Site index for each subject; the only plan with these values and this tie hash.
    values
        Value of each level of the problem's order.
    """

    assignment: tuple[int, ...]
    values: tuple[int, ...]


def exhaust(problem: PlacementProblem) -> Exhausted | None:
    """The best plan of all, or None where none is allowed.

    Work grows as sites to the power of subjects that are not fixed.
    """
    everywhere = range(len(problem.sites))
    options = [
        [problem.fixed[k]] if k in problem.fixed else list(everywhere)
        for k in range(len(problem.subjects))
    ]
    best: tuple[tuple[int, ...], int, tuple[int, ...]] | None = None
    for plan in itertools.product(*options):
        values = evaluate(problem, plan)
        if values is None:
            continue
        found = (values, tie_hash(problem, plan), plan)
        if best is None or found < best:
            best = found
    return None if best is None else Exhausted(assignment=best[2], values=best[0])


def evaluate(problem: PlacementProblem, plan: tuple[int, ...]) -> tuple[int, ...] | None:
    """Value of each level of the problem's order, None where the plan is not allowed."""
    for k, subject in enumerate(problem.subjects):
        if plan[k] in subject.forbidden:
            return None
    for site in set(plan):
        demand = sum(s.demand for k, s in enumerate(problem.subjects) if plan[k] == site)
        if problem.capacity[site] != UNLIMITED and demand > problem.capacity[site]:
            return None
    total = 0
    share = [0] * len(problem.subjects)
    for k, subject in enumerate(problem.subjects):
        total += int(subject.unary[plan[k]])
        share[k] += int(subject.unary[plan[k]])
    for pair in problem.pairs:
        cost = cost_of_pair(problem, pair, plan[pair.a], plan[pair.b])
        if cost is None:
            return None
        total += cost
        share[pair.a] += cost
        share[pair.b] += cost
    for k, subject in enumerate(problem.subjects):
        if subject.ceiling is not None and share[k] > subject.ceiling:
            return None
    moves = 0
    for k, subject in enumerate(problem.subjects):
        if subject.current is not None and subject.current != plan[k]:
            moves += subject.move_cost
        if subject.preference is not None:
            moves += int(subject.preference[plan[k]])
    medium, high = problem.bands
    worst_band = max(2 if s >= high else 1 if s >= medium else 0 for s in share)
    values = {"worst_band": worst_band, "total": total, "moves": moves}
    return tuple(values[level] for level in problem.lexicographic)


def cost_of_pair(problem: PlacementProblem, pair: ProblemPair, m: int, n: int) -> int | None:
    """Cost of a pair with `a` at site m and `b` at site n, None where not allowed."""
    if pair.table is not None:
        entry = int(problem.tables[pair.table][m, n])
        return None if entry == FORBIDDEN else entry
    cost = 0
    for ppm in (pair.hostility_ppm, pair.reunion_ppm):
        p = min(ppm / 10**6 * (int(problem.exposure_ppm[m, n]) / 10**6), 1 - 10**-6)
        cost += round(-(10**6) * math.log1p(-p))
    if problem.distance_m[m, n] < pair.separation_m:
        if pair.penalty is None:
            return None
        cost += pair.penalty
    return cost


def tie_hash(problem: PlacementProblem, plan: tuple[int, ...]) -> int:
    """Sum over those who are not fixed of a keyed hash of subject and site."""
    value = 0
    for k, site in enumerate(plan):
        if k not in problem.fixed:
            words = f"{problem.subjects[k].id}\n{problem.sites[site]}".encode()
            digest = hashlib.blake2b(words, key=problem.tie_key, digest_size=4).digest()
            value += int.from_bytes(digest, "big")
    return value
