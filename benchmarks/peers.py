"""What one would write first: peers that solve the same problem without our solver.

Both get the problem at the waist and nothing else. Their totals are ours to compare with;
neither looks at bands, moves or ties, which makes their task easier than ours.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from placement_engine.problem import FORBIDDEN, UNLIMITED, IntArray, PlacementProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAnswer:
    """Total in micro-nats (None without a plan), whether the peer calls it optimal, seconds."""

    total: int | None
    bound: int | None
    proved: bool
    seconds: float


def allowed_sites(problem: PlacementProblem) -> list[IntArray]:
    """Site indices of each subject that no mask forbids."""
    everywhere = np.arange(len(problem.sites))
    return [
        np.array([problem.fixed[k]])
        if k in problem.fixed
        else np.setdiff1d(everywhere, np.fromiter(subject.forbidden, dtype=np.int64))
        for k, subject in enumerate(problem.subjects)
    ]


def single_model(problem: PlacementProblem, *, time_s: float, workers: int) -> PeerAnswer:
    """One CP-SAT model: a Boolean for each subject and site, pair costs by implication."""
    from ortools.sat.python import cp_model

    start = time.perf_counter()
    model = cp_model.CpModel()
    sites = allowed_sites(problem)
    here = [
        {int(m): model.new_bool_var(f"x{k},{m}") for m in allowed}
        for k, allowed in enumerate(sites)
    ]
    for choices in here:
        model.add_exactly_one(choices.values())
    for m, capacity in enumerate(problem.capacity.tolist()):
        users = [(k, choices[m]) for k, choices in enumerate(here) if m in choices]
        if capacity != UNLIMITED and users:
            used = sum(problem.subjects[k].demand * x for k, x in users)
            model.add(used <= capacity)
    shares = [
        [int(problem.subjects[k].unary[m]) * x for m, x in choices.items()]
        for k, choices in enumerate(here)
    ]
    total = [term for terms in shares for term in terms]
    for number, pair in enumerate(problem.pairs):
        costs = problem.pair_costs(pair)[np.ix_(sites[pair.a], sites[pair.b])]
        if not costs.any():
            continue
        cost = model.new_int_var(0, int(costs.max(initial=0)), f"pair{number}")
        for i, m in enumerate(sites[pair.a].tolist()):
            x = here[pair.a][m]
            for j in np.flatnonzero(costs[i] == FORBIDDEN).tolist():
                model.add_bool_or([x.negated(), here[pair.b][int(sites[pair.b][j])].negated()])
            paying = np.flatnonzero(costs[i] > 0).tolist()
            if paying:
                terms = [int(costs[i, j]) * here[pair.b][int(sites[pair.b][j])] for j in paying]
                model.add(cost >= sum(terms)).only_enforce_if(x)
        shares[pair.a].append(cost)
        shares[pair.b].append(cost)
        total.append(cost)
    for subject, terms in zip(problem.subjects, shares, strict=True):
        if subject.ceiling is not None and subject.ceiling < UNLIMITED:
            model.add(sum(terms) <= subject.ceiling)
    model.minimize(sum(total))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = max(0.1, time_s - (time.perf_counter() - start))
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return PeerAnswer(
        total=round(solver.objective_value) if found else None,
        bound=round(solver.best_objective_bound) if found else None,
        proved=status == cp_model.OPTIMAL,
        seconds=time.perf_counter() - start,
    )


def greedy(problem: PlacementProblem) -> PeerAnswer:
    """Who has the fewest places chooses first, always the cheapest place that is left."""
    start = time.perf_counter()
    sites = allowed_sites(problem)
    count = len(problem.subjects)
    mask = np.zeros((count, len(problem.sites)), dtype=np.bool_)
    for k, allowed in enumerate(sites):
        mask[k, allowed] = True
    cost = np.stack([subject.unary for subject in problem.subjects]).astype(np.int64)
    free = problem.capacity.copy()
    total = 0
    for k in sorted(range(count), key=lambda k: (k not in problem.fixed, len(sites[k]), k)):
        fits = mask[k] & (free >= problem.subjects[k].demand)
        if not fits.any():
            return PeerAnswer(
                total=None, bound=None, proved=False, seconds=time.perf_counter() - start
            )
        site = int(np.argmin(np.where(fits, cost[k], np.iinfo(np.int64).max)))
        total += int(cost[k, site])
        if free[site] != UNLIMITED:
            free[site] -= problem.subjects[k].demand
        for pair in problem.pairs:
            if k in (pair.a, pair.b):
                table = problem.pair_costs(pair)
                line = table[site] if k == pair.a else table[:, site]
                other = pair.b if k == pair.a else pair.a
                mask[other] &= line != FORBIDDEN
                cost[other] += np.maximum(line, 0)
    return PeerAnswer(total=total, bound=None, proved=False, seconds=time.perf_counter() - start)
